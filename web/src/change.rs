//! Changes: cancellations and reschedules, put through and answered with what was decided.

use std::sync::Arc;
use std::time::Duration;

use skyhaul_actors::command::Command;
use skyhaul_actors::event::ChangeRefusal;
use skyhaul_actors::ids::DeliveryId;
use tokio::time::{Instant, timeout_at};

use crate::http::problem::Problem;
use crate::inbox::Inbox;
use crate::ports::{CommandPort, Decision, StoreError};
use crate::store::Progress;

/// How long an answer waits for the decision. Decisions take milliseconds; whoever is told 202 instead reads the status.
const DECISION_WITHIN: Duration = Duration::from_secs(1);

/// How a delivery stands, as far as a service's own store knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It never was.
    Unknown,
    /// It is on its way.
    Open,
    /// It arrived.
    Completed,
    /// It was cancelled.
    Cancelled,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It took effect.
    Done,
    /// The parcel was picked up before.
    PickedUp,
    /// The delivery had ended, or never was.
    Ended(Standing),
    /// Nothing was decided within the time.
    Pending,
}

/// A service's own knowledge of deliveries.
pub(crate) trait Standings {
    /// How a delivery stands.
    fn standing(&self, id: DeliveryId) -> Result<Standing, StoreError>;

    /// When that may have changed.
    fn progress(&self) -> &Progress;
}

/// Puts changes through.
#[derive(Clone)]
pub(crate) struct ChangeDesk {
    commands: Arc<dyn CommandPort>,
    inbox: Arc<Inbox>,
}

impl ChangeDesk {
    /// A desk that submits to `commands`.
    pub(crate) fn new(commands: Arc<dyn CommandPort>, inbox: Arc<Inbox>) -> Self {
        Self { commands, inbox }
    }

    /// Submits a change of a delivery that is open, and waits for the decision and for it to be seen, within the limit. What is known to
    /// have ended, or never to have been, is not troubled.
    pub(crate) async fn change(
        &self,
        id: DeliveryId,
        command: Command,
        standings: &dyn Standings,
    ) -> Result<Verdict, Problem> {
        let standing = standings.standing(id)?;
        if standing != Standing::Open {
            return Ok(Verdict::Ended(standing));
        }
        let mut watch = self.inbox.watch_change(id);
        let number = self.commands.submit(command).await?;
        let limit = Instant::now() + DECISION_WITHIN;
        let Ok(decision) = timeout_at(limit, self.commands.decision(number)).await else {
            return Ok(Verdict::Pending);
        };
        match decision {
            Decision::Accepted => {
                let _ = timeout_at(limit, watch.seen()).await;
                Ok(Verdict::Done)
            }
            Decision::Refused(
                ChangeRefusal::PickedUp | ChangeRefusal::NoDrone | ChangeRefusal::OutOfReach,
            ) => Ok(Verdict::PickedUp),
            Decision::Refused(ChangeRefusal::Unknown) => {
                let ended = standings.progress().until(|| {
                    let standing = standings.standing(id)?;
                    Ok((standing != Standing::Open).then_some(standing))
                });
                match timeout_at(limit, ended).await {
                    Ok(standing) => Ok(Verdict::Ended(standing?)),
                    Err(_) => Ok(Verdict::Pending),
                }
            }
        }
    }
}

impl Verdict {
    /// The problem of a change that did not take effect; `None` where it did or may yet.
    pub(crate) fn problem(self) -> Option<Problem> {
        match self {
            Self::Done | Self::Pending | Self::Ended(Standing::Open) => None,
            Self::PickedUp => Some(Problem::conflict("the parcel has been picked up")),
            Self::Ended(Standing::Completed) => Some(Problem::conflict("the delivery is completed")),
            Self::Ended(Standing::Cancelled) => Some(Problem::conflict("the delivery is cancelled")),
            Self::Ended(Standing::Unknown) => Some(unknown_delivery()),
        }
    }
}

/// There is no such delivery.
pub(crate) fn unknown_delivery() -> Problem {
    Problem::not_found("no delivery has this id")
}

/// Reads a delivery's id; what is no UUID was never given to anyone.
pub(crate) fn delivery_id(text: &str) -> Result<DeliveryId, Problem> {
    text.parse().map_err(|_| unknown_delivery())
}

/// Where a delivery's status is read.
pub(crate) fn status_address(id: DeliveryId) -> String {
    format!("/api/deliveries/{id}/status")
}
