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
    /// Who has seen it, where somebody said so.
    pub acknowledged: Option<Acknowledgement>,
}

/// That somebody has seen an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who.
    pub by: String,
    /// When.
    pub at: SimTime,
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
    /// What a receiver must give did not come in time.
    ConfirmationMissed,
    /// A drone in the air cannot be reached.
    LinkLost,
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
            Self::ConfirmationMissed => "confirmationMissed",
            Self::LinkLost => "linkLost",
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
            self.make_room();
        }
        self.kept.push_front(alert);
    }

    /// Forgets the oldest of those that somebody has seen; where there is none, of the least severe.
    fn make_room(&mut self) {
        let seen = self.kept.iter().rposition(|alert| alert.acknowledged.is_some());
        let least = self.kept.iter().map(|alert| alert.severity).min();
        let oldest = seen.or_else(|| self.kept.iter().rposition(|alert| Some(alert.severity) == least));
        oldest.map(|place| self.kept.remove(place));
    }

    /// Somebody has seen the alert of that number; whoever was first is kept.
    pub(super) fn acknowledge(&mut self, number: u64, by: &str, at: SimTime) {
        let found = self.kept.iter_mut().find(|alert| alert.number == number);
        if let Some(alert) = found.filter(|alert| alert.acknowledged.is_none()) {
            let by = by.to_owned();
            alert.acknowledged = Some(Acknowledgement { by, at });
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.kept.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(number: u64, severity: Severity) -> Alert {
        Alert {
            number,
            at: SimTime::ZERO,
            severity,
            kind: AlertKind::ActorRestarted,
            text: String::new(),
            drone: None,
            delivery: None,
            place: None,
            acknowledged: None,
        }
    }

    fn numbered(count: u64) -> Alerts {
        let mut alerts = Alerts::default();
        (0..count).for_each(|number| alerts.push(alert(number, Severity::Info)));
        alerts
    }

    #[test]
    fn whoever_acknowledges_an_alert_first_is_kept() {
        let mut alerts = numbered(3);
        for by in ["ann", "bob"] {
            alerts.acknowledge(1, by, SimTime::from_micros(5));
            alerts.acknowledge(7, by, SimTime::from_micros(5));
        }
        let seen: Vec<_> = alerts
            .iter()
            .map(|alert| alert.acknowledged.as_ref().map(|seen| seen.by.as_str()))
            .collect();
        assert_eq!(seen, [None, Some("ann"), None]);
    }

    #[test]
    fn the_newest_are_kept_and_come_first() {
        let alerts = numbered(300);
        let numbers: Vec<u64> = alerts.iter().map(|alert| alert.number).collect();
        assert_eq!(numbers.len(), ALERTS_MAX);
        assert_eq!((numbers[0], numbers[ALERTS_MAX - 1]), (299, 100));
    }

    #[test]
    fn what_nobody_has_seen_stays_longer_and_longest_where_it_is_worse() {
        let mut alerts = Alerts::default();
        alerts.push(alert(0, Severity::Critical));
        (1..200).for_each(|number| alerts.push(alert(number, Severity::Info)));
        alerts.acknowledge(150, "ann", SimTime::ZERO);
        let mut push_without = |number, forgotten| {
            alerts.push(alert(number, Severity::Warning));
            assert_eq!(alerts.iter().count(), ALERTS_MAX);
            assert!(
                alerts.iter().all(|alert| alert.number != forgotten),
                "{forgotten}"
            );
        };
        push_without(200, 150);
        push_without(201, 1);
        (202..600).for_each(|number| alerts.push(alert(number, Severity::Warning)));
        assert_eq!(alerts.iter().last().map(|alert| alert.number), Some(0));
    }
}
