//! What deserves an operator's eye, newest first.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use skyhaul_actors::ids::{DeliveryId, DroneId};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;

/// How many alerts are kept: more than a person reads in one sitting; the oldest goes first.
pub const ALERTS_MAX: usize = 200;

/// Something an operator should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The number of the event that says so; newer alerts have greater ones.
    pub number: u64,
    /// When.
    pub at: SimTime,
    /// How bad.
    pub severity: Severity,
    /// Of which kind.
    pub kind: AlertKind,
    /// What happened, in one sentence.
    pub text: String,
    /// The drone it is about.
    pub drone: Option<DroneId>,
    /// The delivery it is about.
    pub delivery: Option<DeliveryId>,
    /// Where.
    pub place: Option<Position>,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something did not go as planned, and was dealt with.
    Warning,
    /// A person must look.
    Critical,
}

impl Severity {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Of which kind an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlertKind {
    /// A drone is out of order.
    DroneFailed,
    /// A carrier could not do it.
    CarrierFailed,
    /// An actor was rebuilt after a failure.
    ActorRestarted,
    /// An actor failed too often and was stopped.
    ActorGivenUp,
    /// A depot's drones stay on the ground.
    FleetGrounded,
    /// A delivery will not be made, though nobody asked for that.
    DeliveryFailed,
    /// A delivery arrived after its deadline.
    DeliveryLate,
}

impl AlertKind {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DroneFailed => "droneFailed",
            Self::CarrierFailed => "carrierFailed",
            Self::ActorRestarted => "actorRestarted",
            Self::ActorGivenUp => "actorGivenUp",
            Self::FleetGrounded => "fleetGrounded",
            Self::DeliveryFailed => "deliveryFailed",
            Self::DeliveryLate => "deliveryLate",
        }
    }
}

/// The newest alerts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Alerts {
    kept: VecDeque<Alert>,
}

impl Alerts {
    pub(super) fn push(&mut self, alert: Alert) {
        if self.kept.len() == ALERTS_MAX {
            self.kept.pop_back();
        }
        self.kept.push_front(alert);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.kept.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_come_first() {
        let mut alerts = Alerts::default();
        for number in 0..300 {
            alerts.push(Alert {
                number,
                at: SimTime::ZERO,
                severity: Severity::Info,
                kind: AlertKind::ActorRestarted,
                text: String::new(),
                drone: None,
                delivery: None,
                place: None,
            });
        }
        let numbers: Vec<u64> = alerts.iter().map(|alert| alert.number).collect();
        assert_eq!(numbers.len(), ALERTS_MAX);
        assert_eq!((numbers[0], numbers[ALERTS_MAX - 1]), (299, 100));
    }
}
