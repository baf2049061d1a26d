//! The summary of a run: what an operator asks first.

use std::collections::BTreeMap;

use serde::Serialize;
use skyhaul_actors::environment::Environment;

pub use self::compare::Comparison;
use self::fold::Figures;
pub use self::fold::SummaryFold;
use crate::log::hex;
pub use crate::stats::Spread;

mod compare;
mod fold;
mod table;

/// A run in figures, as `summary.json` has them. Means and percentiles are null where nothing was counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// Virtual seconds that were run.
    pub virtual_s: f64,
    /// Seconds it took.
    pub wall_s: f64,
    /// Lines of the event log.
    pub events: u64,
    /// Hex SHA-256 of the event log before its last line; null where none was written.
    pub digest: Option<String>,
    /// The kernel's own digest.
    pub state_digest: String,
    /// What became of the deliveries.
    pub deliveries: DeliveryCounts,
    /// From request to pickup, s.
    pub wait_s: Spread,
    /// From request to completion, s.
    pub door_to_door_s: Spread,
    /// Completion less the estimate given at the first assignment, s.
    pub eta_error_s: EtaError,
    /// The same as a share of the time from that assignment to the completion.
    pub eta_error_share: EtaErrorShare,
    /// Of the deliveries completed, or open past their deadline, the share that was not late. Those without a deadline are not late.
    pub on_time_share: Option<f64>,
    /// What the drones did.
    pub drones: DroneFigures,
    /// What the drones took from their batteries, in flights that ended.
    pub energy_wh: EnergyFigures,
    /// What the wind made the drones take.
    pub wind: WindFigures,
    /// For how long depots were kept on the ground.
    pub groundings: GroundingFigures,
    /// What went to carriers, and why.
    pub fallback: FallbackFigures,
    /// What carriers did.
    pub carriers: CarrierFigures,
    /// Actors rebuilt after a failure.
    pub restarts: u64,
    /// How often a checker of the event log objected.
    pub invariant_violations: u64,
}

impl Summary {
    /// A summary of figures, for the caller to add what is known of a log.
    pub(crate) fn new(
        environment: &Environment,
        figures: Figures,
        virtual_s: f64,
        state_digest: u64,
    ) -> Self {
        Self {
            scenario: environment.name.clone(),
            seed: environment.seed,
            virtual_s,
            wall_s: 0.0,
            events: 0,
            digest: None,
            state_digest: hex(&state_digest.to_be_bytes()),
            deliveries: figures.deliveries,
            wait_s: figures.wait_s,
            door_to_door_s: figures.door_to_door_s,
            eta_error_s: figures.eta_error_s,
            eta_error_share: figures.eta_error_share,
            on_time_share: figures.on_time_share,
            drones: figures.drones,
            energy_wh: figures.energy_wh,
            wind: figures.wind,
            groundings: figures.groundings,
            fallback: figures.fallback,
            carriers: figures.carriers,
            restarts: figures.restarts,
            invariant_violations: 0,
        }
    }
}

/// What became of the deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeliveryCounts {
    /// Asked for.
    pub requested: u64,
    /// Arrived.
    pub completed: u64,
    /// Arrived by drone.
    pub by_drone: u64,
    /// Arrived by carrier.
    pub by_carrier: u64,
    /// Not to be made.
    pub cancelled: u64,
    /// Neither at the end of the run.
    pub open: u64,
}

/// How far estimates were off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct EtaError {
    /// Mean; positive where deliveries came later than was said.
    pub mean: Option<f64>,
    /// Half were off by no more.
    pub p50_abs: Option<f64>,
    /// 95 in 100 were off by no more.
    pub p95_abs: Option<f64>,
}

/// How far estimates were off, as shares of the trips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct EtaErrorShare {
    /// Half were off by no more.
    pub p50_abs: Option<f64>,
    /// 95 in 100 were off by no more.
    pub p95_abs: Option<f64>,
}

/// What the drones did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DroneFigures {
    /// How many there are.
    pub count: u64,
    /// Share of all drones' time that was spent in the air or handling a parcel.
    pub utilisation: Option<f64>,
    /// Kilometres flown, in flights that ended.
    pub km: f64,
    /// Take-offs.
    pub flights: u64,
}

/// What the drones took from their batteries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct EnergyFigures {
    /// Altogether.
    pub total: f64,
    /// For each delivery completed by drone.
    pub per_delivery: Option<f64>,
}

/// What the wind made the drones take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct WindFigures {
    /// Energy that cruising took above what it takes in still air, in flights that ended.
    pub energy_wh: f64,
    /// The same as a share of all energy.
    pub share: Option<f64>,
}

/// For how long depots were kept on the ground.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GroundingFigures {
    /// How often a depot was.
    pub count: u64,
    /// For how long altogether, each depot counted for itself.
    pub hours: f64,
    /// The same by reason, as the event log names it; two may hold at once.
    pub reasons: BTreeMap<&'static str, f64>,
}

/// What went to carriers, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FallbackFigures {
    /// Of the deliveries completed, the share that carriers brought.
    pub share: Option<f64>,
    /// Bookings by reason, as the event log names it.
    pub reasons: BTreeMap<&'static str, u64>,
}

/// What carriers did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct CarrierFigures {
    /// Bookings, those that failed included.
    pub bookings: u64,
    /// Their prices.
    pub usd: f64,
    /// What was charged besides for parcels brought back.
    pub fees_usd: f64,
}
