//! Faults: what goes wrong, and how often.

/// What goes wrong, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// Failures of a drone per hour in the air.
    pub drone_failure_per_flight_hour: f64,
    /// Share of messages whose handler panics.
    pub actor_panic_per_message: f64,
    /// Share of couriers' reports that come twice.
    pub carrier_duplicate: f64,
    /// Share of couriers' news that comes late, after what was reported later.
    pub carrier_disorder: f64,
    /// A mistake built into dispatch, to try those who should notice it. No scenario file can ask for it.
    pub sabotage: Option<Sabotage>,
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
