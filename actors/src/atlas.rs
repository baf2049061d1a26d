//! Atlas: in which region everything lives, and at which address. A pure function of the environment, so that everybody reads the same.

use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::kernel::{Addr, RegionId, Regions};
use skyhaul_engine::time::SimDuration;

use crate::carrier::Carrier;
use crate::depot::Depot;
use crate::drone::Drone;
use crate::environment::{Environment, REGION_DELAY_MAX};
use crate::ids::{CarrierId, DepotId, DroneId};
use crate::ingestion::Ingestion;
use crate::scheduler::Scheduler;

/// Where everything lives.
#[derive(Clone, Debug)]
pub struct Atlas {
    count: u16,
    delay: SimDuration,
    plane: LocalPlane,
    depots: Vec<DepotPlace>,
    fleets: Vec<FleetPlace>,
}

/// A depot's place.
#[derive(Clone, Debug)]
struct DepotPlace {
    region: RegionId,
    /// Its place among the depots of its region.
    index: u32,
    /// Metres east and north of the area's centre.
    xy: (f64, f64),
}

/// A fleet's place.
#[derive(Clone, Debug)]
struct FleetPlace {
    first: u32,
    region: RegionId,
    /// The place of its first drone among the drones of its region.
    index: u32,
}

impl Atlas {
    /// The atlas of a planned world.
    ///
    /// # Panics
    /// Where word from one region to another takes no time, or longer than [`REGION_DELAY_MAX`].
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        let regions = environment.depots.iter().map(|depot| depot.region.0 + 1);
        let count = regions.max().unwrap_or(1);
        let delay = environment.dispatch.region_delay;
        assert!(
            SimDuration::ZERO < delay && delay <= REGION_DELAY_MAX,
            "word between regions takes time, and at most {REGION_DELAY_MAX}"
        );
        let plane = environment.plane();
        let mut depots_in = vec![0; usize::from(count)];
        let mut drones_in = vec![0; usize::from(count)];
        let place_depot = |depot: &crate::environment::DepotSpec| DepotPlace {
            region: depot.region,
            index: take(&mut depots_in, depot.region, 1),
            xy: plane.to_xy(depot.at),
        };
        let depots: Vec<_> = environment.depots.iter().map(place_depot).collect();
        let mut next = 0;
        let place_fleet = |fleet: &crate::environment::FleetSpec| {
            let region = environment.depot(fleet.depot).region;
            let first = next;
            next += fleet.count;
            let index = take(&mut drones_in, region, fleet.count);
            FleetPlace { first, region, index }
        };
        let fleets = environment.fleets.iter().map(place_fleet).collect();
        Self {
            count,
            delay,
            plane,
            depots,
            fleets,
        }
    }

    /// How the world is cut.
    #[must_use]
    pub const fn cut(&self) -> Regions {
        Regions {
            count: self.count,
            lookahead: self.delay,
        }
    }

    /// The regions in order.
    pub fn regions(&self) -> impl Iterator<Item = RegionId> + use<> {
        (0..self.count).map(RegionId)
    }

    /// How long it takes until an answer from another region is there; zero where there is none.
    #[must_use]
    pub fn round_trip(&self) -> SimDuration {
        if self.count > 1 {
            self.delay + self.delay
        } else {
            SimDuration::ZERO
        }
    }

    /// The region to which a parcel belongs that is to be fetched there: that of the nearest depot.
    #[must_use]
    pub fn region_of(&self, pickup: Position) -> RegionId {
        if self.count == 1 {
            return RegionId(0);
        }
        self.nearest(pickup)
            .map_or(RegionId(0), |depot| self.depots[depot].region)
    }

    /// The depot that is nearest on the flat map, the first of equals.
    #[must_use]
    pub fn nearest_depot(&self, place: Position) -> Option<DepotId> {
        let depot = u16::try_from(self.nearest(place)?).ok()?;
        Some(DepotId(depot))
    }

    fn nearest(&self, place: Position) -> Option<usize> {
        let (x, y) = self.plane.to_xy(place);
        let mut nearest = None;
        let mut least = f64::INFINITY;
        for (number, depot) in self.depots.iter().enumerate() {
            let (dx, dy) = (depot.xy.0 - x, depot.xy.1 - y);
            let away = dx * dx + dy * dy;
            if away < least {
                (nearest, least) = (Some(number), away);
            }
        }
        nearest
    }

    /// A drone's address, which it had from its founding.
    #[must_use]
    pub fn drone(&self, id: DroneId) -> Addr<Drone> {
        let after = self.fleets.partition_point(|fleet| fleet.first <= id.0);
        match after.checked_sub(1).map(|place| &self.fleets[place]) {
            Some(fleet) => Addr::first_tenant_in(fleet.region, fleet.index + (id.0 - fleet.first)),
            None => Addr::first_tenant(id.0),
        }
    }

    /// The drone that is so many drones into a region.
    fn drone_at(&self, region: RegionId, index: u32) -> Option<DroneId> {
        let mut fleets = self.fleets.iter().filter(|fleet| fleet.region == region).rev();
        let fleet = fleets.find(|fleet| fleet.index <= index)?;
        Some(DroneId(fleet.first + (index - fleet.index)))
    }

    /// The name by which events and people know the actor of type `kind` in a slot: a drone has its number in the world. Others beyond the first
    /// region are named with their region, as the kernel names them.
    #[must_use]
    pub fn name(&self, kind: &str, region: RegionId, index: u32) -> String {
        let drone = (kind == "drone").then(|| self.drone_at(region, index)).flatten();
        let depot = (kind == "depot").then(|| self.depot_at(region, index)).flatten();
        match (drone, depot, region) {
            (Some(drone), ..) => drone.to_string(),
            (_, Some(depot), _) => format!("depot-{}", depot.0),
            (.., RegionId(0)) => format!("{kind}-{index}"),
            (.., RegionId(region)) => format!("{kind}-{region}/{index}"),
        }
    }

    /// A depot's address.
    #[must_use]
    pub fn depot(&self, id: DepotId) -> Addr<Depot> {
        let place = &self.depots[usize::from(id.0)];
        Addr::first_tenant_in(place.region, place.index)
    }

    /// The region of a depot; the first for one that there is not.
    #[must_use]
    pub fn home_of(&self, id: DepotId) -> RegionId {
        let place = self.depots.get(usize::from(id.0));
        place.map_or(RegionId(0), |place| place.region)
    }

    /// The depot that is so many depots into a region.
    fn depot_at(&self, region: RegionId, index: u32) -> Option<DepotId> {
        let at = |depot: &DepotPlace| depot.region == region && depot.index == index;
        let number = self.depots.iter().position(at)?;
        u16::try_from(number).ok().map(DepotId)
    }
}

/// Gives out the next `count` places of a region.
fn take(places: &mut [u32], region: RegionId, count: u32) -> u32 {
    let next = &mut places[usize::from(region.0)];
    *next += count;
    *next - count
}

/// The one that takes requests in a region.
#[must_use]
pub const fn ingestion(region: RegionId) -> Addr<Ingestion> {
    Addr::first_tenant_in(region, 0)
}

/// The one that assigns drones in a region.
#[must_use]
pub const fn scheduler(region: RegionId) -> Addr<Scheduler> {
    Addr::first_tenant_in(region, 0)
}

/// A carrier's office in a region.
#[must_use]
pub const fn carrier(region: RegionId, id: CarrierId) -> Addr<Carrier> {
    Addr::first_tenant_in(region, id.0 as u32)
}
