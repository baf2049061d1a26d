//! Context: what all services see of the world.

use std::sync::Arc;

use parking_lot::RwLock;
use skyhaul_actors::command::{Command, DeliveryRequest, Place};
use skyhaul_actors::environment::Environment;
use skyhaul_actors::tree::Surroundings;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;
use skyhaul_scenarios::gazetteer::Gazetteer;
use skyhaul_telemetry::clock::VirtualClock;
use skyhaul_telemetry::tracks::Tracks;

use crate::calendar::Calendar;
use crate::change::ChangeDesk;
use crate::health::Readiness;
use crate::http::etag::Edits;
use crate::http::problem::Problem;
use crate::inbox::Inbox;
use crate::people::People;
use crate::ports::CommandPort;
use crate::services::Settings;
use crate::sky::Sky;

/// Ground speed assumed in an estimate before the scheduler has spoken, m/s: that of a slow drone.
const ESTIMATED_SPEED_MPS: f64 = 12.0;

/// Climb, descent and handling assumed in the same.
const ESTIMATED_HANDLING: SimDuration = SimDuration::from_secs(90);

/// What all services see of the world.
pub(crate) struct Context {
    pub(crate) environment: Arc<Environment>,
    pub(crate) gazetteer: Arc<Gazetteer>,
    pub(crate) tracks: Arc<RwLock<Tracks>>,
    pub(crate) clock: Arc<dyn VirtualClock>,
    pub(crate) commands: Arc<dyn CommandPort>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) calendar: Calendar,
    pub(crate) changes: ChangeDesk,
    pub(crate) settings: Settings,
    pub(crate) sky: Sky,
    pub(crate) edits: Edits,
    pub(crate) readiness: Arc<Readiness>,
    pub(crate) people: Arc<People>,
    /// The heaviest parcel that an aircraft of the fleet or a carrier takes.
    pub(crate) heaviest: Kilograms,
}

impl Context {
    /// Submits a request. It may be read from then on.
    pub(crate) async fn take(&self, request: DeliveryRequest) -> Result<(), Problem> {
        let entry = self.inbox.admit(&request, self.clock.now())?;
        self.commands.submit(Command::RequestDelivery(request)).await?;
        entry.keep();
        Ok(())
    }

    /// What flights are planned by now.
    pub(crate) fn surroundings(&self) -> Arc<Surroundings> {
        let zones = self.tracks.read().zones().to_vec();
        self.sky.with(&zones, &self.environment)
    }

    /// When a parcel would be picked up and brought, before the scheduler has said anything.
    pub(crate) fn first_estimate(&self, pickup: Place, dropoff: Place, from: SimTime) -> (SimTime, SimTime) {
        let depots = self.environment.depots.iter();
        let nearest_m = depots
            .map(|depot| depot.at.distance_m(pickup.at))
            .fold(f64::INFINITY, f64::min);
        let out_m = if nearest_m.is_finite() { nearest_m } else { 0.0 };
        let pickup_eta = from + flight(out_m);
        (pickup_eta, pickup_eta + flight(pickup.at.distance_m(dropoff.at)))
    }
}

fn flight(distance_m: f64) -> SimDuration {
    SimDuration::from_seconds_f64(distance_m / ESTIMATED_SPEED_MPS) + ESTIMATED_HANDLING
}

/// The heaviest parcel that an aircraft of the fleet or a carrier takes.
pub(crate) fn heaviest(environment: &Environment) -> Kilograms {
    let drones = environment
        .fleets
        .iter()
        .map(|fleet| environment.aircraft(fleet.aircraft).payload_max);
    let carriers = environment.carriers.iter().map(|carrier| carrier.payload_max);
    drones.chain(carriers).max().unwrap_or(Kilograms::ZERO)
}
