//! Shown: the engine's inside as it was at the end of the host's last run, for those outside who must not touch the engine.

use std::sync::Arc;

use skyhaul_actors::world::World;
use skyhaul_engine::kernel::DeadLetter;

use skyhaul_web::ports::simulation::{EngineState, ParkedMessage};

use super::Shared;
use super::world::LiveWorld;

/// What is shown of the engine.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Its state.
    pub state: EngineState,
    /// What it parked, oldest first. Made anew only when something was parked.
    pub parked: Arc<[ParkedMessage]>,
    /// The latest messages to actors that were gone, oldest first. Made anew only when there was another.
    pub dead_letters: Arc<[DeadLetter]>,
}

/// Bytes of a message or an actor's view that are shown: what a person reads of one.
const TEXT_BYTES_MAX: usize = 2_048;

/// The state of a world's engine.
pub(super) fn state_of(world: &World) -> EngineState {
    let counters = world.counters();
    EngineState {
        at: world.now(),
        next_due: world.next_due(),
        next_event: world.next_event(),
        digest: world.digest(),
        queued: world.queued() as u64,
        handled: counters.handled,
        undeliverable: counters.undeliverable,
        restarts: counters.restarts,
        given_up: counters.given_up,
        parked: counters.given_up + counters.skipped,
    }
}

/// What a world's engine has parked, oldest first.
pub(super) fn parked_of(world: &World) -> Vec<ParkedMessage> {
    let kept = world.parked();
    let counters = world.counters();
    let first = (counters.given_up + counters.skipped).saturating_sub(kept.len() as u64);
    let shown = (first..).zip(kept).map(|(number, parked)| ParkedMessage {
        number,
        at: parked.at,
        actor: World::name_of(parked),
        message: match &parked.message {
            Some(message) => cut(format!("{message:?}")),
            None => "the end of an actor that it watched".to_owned(),
        },
        cause: cut(parked.cause.clone()),
        view: cut(parked.view.clone()),
    });
    shown.collect()
}

/// A text of a length that can be shown.
fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push('…');
    }
    text
}

impl Shared {
    /// Shows the world as it stands, and says what was parked since it was last shown. `is_rebuilt`: it was rebuilt, and may have parked again what
    /// was said before it failed.
    pub(super) fn show(&self, world: &dyn LiveWorld, is_rebuilt: bool) {
        let state = world.state();
        self.metrics.handlers.note(&world.handler_times());
        let before = self.engine.borrow().clone();
        let is_same = before.state.parked == state.parked && !is_rebuilt;
        let parked = if is_same {
            before.parked
        } else {
            world.parked().into()
        };
        if !is_same && !is_rebuilt {
            for message in parked
                .iter()
                .filter(|message| message.number >= before.state.parked)
            {
                self.metrics.parked.inc();
                tracing::warn!(
                    number = message.number,
                    actor = message.actor,
                    at = %message.at,
                    asked = message.message,
                    cause = message.cause,
                    "a message is parked: its actor failed on it too often; GET /api/simulation/parked shows it"
                );
            }
        }
        let dead_letters = if before.state.undeliverable == state.undeliverable && !is_rebuilt {
            before.dead_letters
        } else {
            world.dead_letters().into()
        };
        self.engine.send_replace(Shown {
            state,
            parked,
            dead_letters,
        });
    }
}
