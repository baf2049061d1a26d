//! Who waits for what the engine decides on a command.

use std::collections::{BTreeMap, VecDeque};

use parking_lot::Mutex;
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::CommandId;
use skyhaul_web::ports::Decision;
use tokio::sync::oneshot;

/// Decisions kept for those who come to ask a moment later. Whoever asks comes within milliseconds; beyond this many the oldest go, and who
/// asks for one then waits until his own limit and is told the status's address.
const KEPT_MAX: usize = 65_536;

/// The decisions.
#[derive(Debug, Default)]
pub struct Decisions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    made: BTreeMap<CommandId, Decision>,
    order: VecDeque<CommandId>,
    waiting: BTreeMap<CommandId, Vec<oneshot::Sender<Decision>>>,
}

impl Decisions {
    /// Takes in what an event says about the command that caused it.
    pub fn note(&self, event: &Event) {
        let Some((command, decision)) = decided(event) else {
            return;
        };
        let mut state = self.0.lock();
        for waiter in state.waiting.remove(&command).unwrap_or_default() {
            let _ = waiter.send(decision);
        }
        if state.made.insert(command, decision).is_none() {
            state.order.push_back(command);
        }
        if state.order.len() > KEPT_MAX
            && let Some(oldest) = state.order.pop_front()
        {
            state.made.remove(&oldest);
        }
    }

    /// Receives the decision on a command once it is made.
    #[must_use]
    pub fn wait(&self, command: CommandId) -> oneshot::Receiver<Decision> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.0.lock();
        match state.made.get(&command) {
            Some(decision) => {
                let _ = sender.send(*decision);
            }
            None => {
                state.waiting.retain(|_, waiters| {
                    waiters.retain(|waiter| !waiter.is_closed());
                    !waiters.is_empty()
                });
                state.waiting.entry(command).or_default().push(sender);
            }
        }
        receiver
    }
}

/// The command that an event decides on, and how.
const fn decided(event: &Event) -> Option<(CommandId, Decision)> {
    match event {
        Event::DeliveryCancelled {
            command: Some(command),
            ..
        }
        | Event::DeliveryReleased {
            command: Some(command),
            ..
        }
        | Event::DeliveryRescheduled {
            command: Some(command),
            ..
        } => Some((*command, Decision::Accepted)),
        Event::DeliveryReleaseRefused {
            command: Some(command),
            reason,
            ..
        }
        | Event::DeliveryCancelRefused {
            command: Some(command),
            reason,
            ..
        }
        | Event::DeliveryRescheduleRefused {
            command: Some(command),
            reason,
            ..
        } => Some((*command, Decision::Refused(*reason))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::event::{CancelReason, ChangeRefusal};
    use skyhaul_actors::ids::DeliveryId;

    use super::*;

    const COMMAND: CommandId = CommandId(7);

    #[test]
    fn reaches_those_who_asked_before_and_those_who_ask_after() {
        let decisions = Decisions::default();
        let mut before = decisions.wait(COMMAND);
        assert!(before.try_recv().is_err());
        decisions.note(&Event::DeliveryCancelled {
            delivery: DeliveryId(1),
            command: Some(COMMAND),
            reason: CancelReason::Requested,
        });
        let mut after = decisions.wait(COMMAND);
        assert_eq!(before.try_recv(), Ok(Decision::Accepted));
        assert_eq!(after.try_recv(), Ok(Decision::Accepted));
    }

    #[test]
    fn tells_why_a_change_was_refused() {
        let decisions = Decisions::default();
        decisions.note(&Event::DeliveryCancelRefused {
            delivery: DeliveryId(1),
            command: Some(COMMAND),
            reason: ChangeRefusal::PickedUp,
        });
        assert_eq!(
            decisions.wait(COMMAND).try_recv(),
            Ok(Decision::Refused(ChangeRefusal::PickedUp))
        );
    }
}
