//! Faults: what goes wrong, how often, and when.

use skyhaul_engine::time::SimTime;

use crate::ids::DepotId;

/// What goes wrong, how often, and when.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// Failures of a drone per hour in the air.
    pub drone_failure_per_flight_hour: f64,
    /// How often a drone's link is lost per hour in the air.
    pub link_loss_per_flight_hour: f64,
    /// Share of messages whose handler panics.
    pub actor_panic_per_message: f64,
    /// Share of couriers' reports that come twice.
    pub carrier_duplicate: f64,
    /// Share of couriers' news that comes late, after what was reported later.
    pub carrier_disorder: f64,
    /// Depots that are out of service for a time. Those of one depot do not overlap.
    pub outages: Vec<Outage>,
    /// A mistake built into dispatch, to try those who should notice it. No scenario file can ask for it.
    pub sabotage: Option<Sabotage>,
}

/// A depot is out of service: its drones take nothing new, no pad is given to anybody, and no other depot's drone is taken in. Nobody knows of it
/// before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Which.
    pub depot: DepotId,
    /// From when.
    pub from: SimTime,
    /// Until when, after `from`.
    pub until: SimTime,
}

impl Faults {
    /// Whether a depot is out of service at a time.
    #[must_use]
    pub fn is_out(&self, depot: DepotId, time: SimTime) -> bool {
        let is_then = |outage: &Outage| outage.depot == depot && outage.from <= time && time < outage.until;
        self.outages.iter().any(is_then)
    }
}

/// Mistakes that dispatch can be made to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// A drone that was given a delivery still counts as ready.
    GivesTwice,
    /// A request that has to wait is forgotten.
    ForgetsWaiting,
    /// No zone is kept out of.
    IgnoresZones,
    /// No parcel is too heavy.
    IgnoresPayload,
}
