//! The supervised parts while they run, and their end in order.

use std::sync::Arc;
use std::time::Duration;

use actix_rt::task::JoinHandle;
use parking_lot::Mutex;
use skyhaul_web::ports::Projection;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::backlog::Backlog;
use super::host::{Host, HostParts};
use super::projector::{Projector, ProjectorParts};
use super::sequencer::Sequencer;
use super::supervisor::{Part, Pulse, RESTARTS};
use super::world::{LivePicture, WorldFactory};
use crate::exit::Failure;

/// How long the sequencer may take to commit what waits.
const SEQUENCER_STOP: Duration = Duration::from_secs(5);

/// How long the host may take to run to the horizon and keep a snapshot, and the projectors to fold and flush.
const FOLD_STOP: Duration = Duration::from_secs(20);

/// What a projector folds, and where its events wait.
pub struct ProjectionAndBacklog {
    /// The projection's name.
    pub name: &'static str,
    /// The projection.
    pub projection: Arc<Mutex<Box<dyn Projection>>>,
    /// Its events.
    pub backlog: Arc<Backlog>,
}

/// A part under its supervisor, and how to stop it.
pub struct Supervised {
    name: &'static str,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Supervised {
    /// Starts a part on a thread of its own. `factory` is given what stops it.
    pub fn start<A, F>(
        name: &'static str,
        shared: &Shared,
        factory: impl FnOnce(CancellationToken) -> F,
    ) -> Self
    where
        A: actix::Actor<Context = actix::Context<A>> + Send,
        F: Fn(Pulse) -> A + Clone + Send + 'static,
    {
        let stop = CancellationToken::new();
        let part = Part {
            name,
            policy: RESTARTS,
            factory: factory(stop.clone()),
            stop: stop.clone(),
            fatal: shared.fatal.clone(),
            restarts: shared.metrics.part_restarts.with_label_values(&[name]),
        };
        let task = actix_rt::spawn(part.supervise());
        Self { name, stop, task }
    }

    /// Stops the part; false where it did not end in time.
    pub async fn stop(self, limit: Duration) -> bool {
        self.stop.cancel();
        let ended = tokio::time::timeout(limit, self.task).await.is_ok();
        if !ended {
            tracing::error!(part = self.name, "did not end in time");
        }
        ended
    }
}

/// The parts that run.
pub struct Running {
    /// What they share.
    pub shared: Arc<Shared>,
    sequencer: Supervised,
    host: Supervised,
    projectors: Vec<Supervised>,
}

impl ProjectionAndBacklog {
    /// Pairs projections with backlogs and tells the host of them.
    ///
    /// # Panics
    /// The second time for the same `shared`.
    #[must_use]
    pub fn pair(shared: &Shared, projections: Vec<Box<dyn Projection>>) -> Vec<Self> {
        let pairs: Vec<_> = projections
            .into_iter()
            .map(|projection| Self {
                name: projection.name(),
                backlog: Arc::new(Backlog::new(projection.next_event())),
                projection: Arc::new(Mutex::new(projection)),
            })
            .collect();
        shared.set_backlogs(pairs.iter().map(|pair| Arc::clone(&pair.backlog)).collect());
        pairs
    }
}

impl Running {
    /// Starts projectors, host and sequencer, each on a thread of its own.
    #[must_use]
    pub fn start(
        shared: &Arc<Shared>,
        projections: &[ProjectionAndBacklog],
        worlds: Arc<dyn WorldFactory>,
        picture: Arc<dyn LivePicture>,
    ) -> Self {
        let projectors = projections
            .iter()
            .map(|pair| start_projector(shared, pair))
            .collect();
        let host = Supervised::start("host", shared, |stop| {
            let parts = HostParts {
                shared: Arc::clone(shared),
                worlds,
                picture,
                stop,
            };
            move |pulse| Host::new(parts.clone(), pulse)
        });
        let sequencer = Supervised::start("sequencer", shared, |stop| {
            let shared = Arc::clone(shared);
            move |pulse| Sequencer::new(Arc::clone(&shared), stop.clone(), pulse)
        });
        Self {
            shared: Arc::clone(shared),
            sequencer,
            host,
            projectors,
        }
    }

    /// Ends the parts: who feeds before who is fed.
    ///
    /// # Errors
    /// Where one did not end in time: its last work may have to be done again from the journal.
    pub async fn stop(self) -> Result<(), Failure> {
        self.shared.inbox.close();
        let mut all_ended = self.sequencer.stop(SEQUENCER_STOP).await;
        all_ended &= self.host.stop(FOLD_STOP).await;
        for projector in self.projectors {
            all_ended &= projector.stop(FOLD_STOP).await;
        }
        if all_ended {
            Ok(())
        } else {
            Err(Failure::try_again(
                "a part did not end in time; what it had left is done again at the next start",
            ))
        }
    }
}

fn start_projector(shared: &Shared, pair: &ProjectionAndBacklog) -> Supervised {
    Supervised::start(pair.name, shared, |stop| {
        let parts = ProjectorParts {
            projection: Arc::clone(&pair.projection),
            flush_turn: Arc::clone(&shared.flush_turn),
            host_is_up: Arc::clone(&shared.host_is_up),
            backlog: Arc::clone(&pair.backlog),
            history: shared.retention.history,
            stop,
            failures: shared.metrics.store_failures.with_label_values(&[pair.name]),
        };
        move |pulse| Projector::new(parts.clone(), pulse)
    })
}
