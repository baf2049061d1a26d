//! Census: everything in a world, counted, so that it can be told whether all has come to rest and nothing got lost.

use crate::drone::DroneState;
use crate::environment::Environment;
use crate::tree::SkyhaulActors;

/// How much of everything there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Deliveries that have not ended, as ingestion knows them.
    pub open: usize,
    /// Delivery actors.
    pub deliveries: usize,
    /// Package actors.
    pub packages: usize,
    /// Workflow actors.
    pub workflows: usize,
    /// Requests that wait at a scheduler.
    pub waiting: usize,
    /// Requests that have a drone, as schedulers know them.
    pub assigned: usize,
    /// Drones that serve a neighbour's request, or are kept for one.
    pub lent: usize,
    /// Requests that are booked with carriers.
    pub booked: usize,
    /// Drones that were not given up.
    pub drones: usize,
    /// Drones that stand idle at their depot.
    pub drones_at_rest: usize,
    /// Drones that stand ready, as schedulers know them.
    pub drones_ready: usize,
    /// Pads without a drone.
    pub pads_free: u64,
    /// Drones that wait for a pad.
    pub pads_awaited: usize,
    /// Charged batteries on the shelves.
    pub spares: u64,
}

impl Census {
    /// Counts in all regions.
    #[must_use]
    pub fn new<'a>(regions: impl Iterator<Item = &'a SkyhaulActors>, environment: &Environment) -> Self {
        let mut census = Self::default();
        for actors in regions {
            census.add(actors, environment);
        }
        census
    }

    fn add(&mut self, actors: &SkyhaulActors, environment: &Environment) {
        self.open += actors
            .ingestion
            .iter()
            .map(|(_, ingestion)| ingestion.view())
            .sum::<usize>();
        self.deliveries += actors.deliveries.len();
        self.packages += actors.packages.len();
        self.workflows += actors.workflows.len();
        self.booked += actors
            .carriers
            .iter()
            .map(|(_, carrier)| carrier.view())
            .sum::<usize>();
        self.drones += actors.drones.len();
        for (_, scheduler) in actors.scheduler.iter() {
            let view = scheduler.view();
            self.waiting += view.waiting;
            self.assigned += view.assigned;
            self.lent += view.lent;
            self.drones_ready += view.idle;
        }
        for (_, drone) in actors.drones.iter() {
            let is_home = drone.view().at == environment.depot(drone.home()).at;
            self.drones_at_rest += usize::from(is_home && drone.view().state == DroneState::Idle);
        }
        for (_, depot) in actors.depots.iter() {
            let view = depot.view();
            self.pads_free += u64::from(view.pads_free);
            self.pads_awaited += view.queue;
            self.spares += u64::from(view.spares);
        }
    }

    /// What is there when nothing is under way in this world and so many drones were given up.
    #[must_use]
    pub fn at_rest(environment: &Environment, drones_lost: usize) -> Self {
        let founded: usize = environment.fleets.iter().map(|fleet| fleet.count as usize).sum();
        let drones = founded.saturating_sub(drones_lost);
        Self {
            drones,
            drones_at_rest: drones,
            drones_ready: drones,
            pads_free: environment.depots.iter().map(|depot| u64::from(depot.pads)).sum(),
            spares: environment
                .depots
                .iter()
                .map(|depot| u64::from(depot.spare_batteries))
                .sum(),
            ..Self::default()
        }
    }
}
