//! Branch: a world that goes on from a recorded state by another plan: more drones, another demand, other weather, zones or carriers.
//!
//! What stands stays: the area, the depots, the drones there are and the types they are of. What flies at the time of the branch ends its leg as
//! it was planned; a new zone comes into force once the last of those legs has ended.

use std::sync::Arc;

use skyhaul_engine::kernel::SnapshotError;
use skyhaul_engine::time::{SimDuration, SimTime};
use thiserror::Error;

use super::World;
use super::telling::Untold;
use crate::atlas;
use crate::carrier::Carrier;
use crate::demand::DemandMessage;
use crate::environment::Environment;
use crate::ids::{CarrierId, DroneId};
use crate::scheduler::SchedulerMessage;
use crate::tree::{DEMAND, Surroundings};

use self::plan::Fork;

mod plan;

/// Messages from outside at one instant are ordered by number. Those of a branch come after all commands, which are numbered from 0.
const ORDERS_FROM: u64 = 1 << 47;

/// Why a recorded world cannot go on by another plan.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BranchError {
    /// The state cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// Random streams are part of the state.
    #[error("a branch goes on with the random streams of the recorded run: leave the seed as it was")]
    SeedChanged,
    /// The area is not the same.
    #[error("a branch has the area of the recorded run: leave [area] as it was")]
    AreaChanged,
    /// Word between regions may be under way.
    #[error("a branch has the regions of the recorded run: leave `region_delay` as it was")]
    RegionDelayChanged,
    /// A depot is new, gone or different.
    #[error(
        "a branch has the depots of the recorded run: leave `{0}` and the order of the depots as they were"
    )]
    DepotsChanged(String),
    /// A fleet has fewer drones than fly.
    #[error(
        "`{depot}` has {had} drones of type `{aircraft}`, the branch wants {wanted}: a branch takes no drones away; it may have others beside them"
    )]
    DronesTaken {
        /// Where.
        depot: String,
        /// Of which type.
        aircraft: String,
        /// How many there are.
        had: u32,
        /// How many are wanted.
        wanted: u32,
    },
    /// A type of which there are drones is not the same.
    #[error(
        "there are drones of type `{0}`: leave it as it was, and give the changed aircraft a name of its own and a fleet beside"
    )]
    AircraftChanged(String),
}

impl World {
    /// The world whose state `bytes` hold, from there on by the plan `wanted`. `recorded` must be the plan it was founded with.
    ///
    /// # Errors
    /// [`BranchError`], where the state cannot be read, or `wanted` changes what must stay.
    pub fn branch(
        recorded: &Arc<Environment>,
        bytes: &[u8],
        wanted: &Environment,
    ) -> Result<Self, BranchError> {
        let before = Self::load(Arc::clone(recorded), bytes)?;
        let now = before.now();
        let surroundings = Arc::clone(before.engine.shared());
        let drones = before
            .regions()
            .flat_map(|region| before.actors(region).drones.iter());
        let landed_at = drones
            .filter_map(|(_, drone)| drone.lands_at(&surroundings))
            .max()
            .unwrap_or(now);
        let fork = Fork { now, landed_at };
        let environment = Arc::new(plan::merge(recorded, wanted, fork)?);
        let surroundings = Surroundings::changed(environment, recorded, now);
        let mut world = Self::load_into(surroundings, bytes)?;
        world.go_on_otherwise(recorded, wanted);
        Ok(world)
    }

    /// Puts in what is new, tells those who must know, and lets it be said.
    fn go_on_otherwise(&mut self, recorded: &Environment, wanted: &Environment) {
        let environment = Arc::clone(self.environment());
        let known = u32::try_from(recorded.zones.len()).unwrap_or(u32::MAX);
        self.announce(&environment, known);
        self.untold = Some(Untold {
            first_zone: known,
            first_drone: DroneId(recorded.drones()),
        });
        for id in (0..)
            .take(environment.carriers.len())
            .skip(recorded.carriers.len())
        {
            for region in self.regions() {
                let carrier = Carrier::new(CarrierId(id), region, environment.seed);
                self.engine.spawn_in(region, carrier);
            }
        }
        let soon = self.now() + SimDuration::from_micros(1);
        self.welcome_drones(recorded, &environment, soon);
        if environment.weather != recorded.weather || environment.fleets.len() > recorded.fleets.len() {
            self.follow_weather(soon, true);
        }
        if environment.demand != recorded.demand {
            self.engine
                .inject(soon, ORDERS_FROM, DEMAND, DemandMessage::PlanChanged);
        }
        let panics = wanted.faults.actor_panic_per_message;
        if panics.to_bits() != recorded.faults.actor_panic_per_message.to_bits() {
            self.set_panics(panics);
        }
    }

    fn welcome_drones(&mut self, recorded: &Environment, environment: &Environment, soon: SimTime) {
        let mut next = recorded.drones();
        let joining = environment.fleets.iter().skip(recorded.fleets.len());
        for (order, fleet) in (ORDERS_FROM + 1..).zip(joining) {
            let first = DroneId(next);
            let mut settled = Vec::new();
            for drone in (next..next + fleet.count).map(DroneId) {
                let addr = self.commission(drone, fleet, environment);
                if addr != self.engine.shared().atlas.drone(drone) {
                    settled.push((drone, addr));
                }
            }
            next += fleet.count;
            let depot = fleet.depot;
            let message = SchedulerMessage::FleetJoined {
                first,
                fleet: fleet.clone(),
                settled,
            };
            let scheduler = atlas::scheduler(environment.depot(depot).region);
            self.engine.inject(soon, order, scheduler, message);
        }
    }
}
