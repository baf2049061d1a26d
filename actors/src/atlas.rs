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

    /// The region whose nearest depot is nearest to a depot of another one, but for so many that are nearer.
    #[must_use]
    pub fn neighbour(&self, depot: DepotId, but_for: usize) -> Option<RegionId> {
        let from = self.depots.get(usize::from(depot.0))?;
        let (x, y) = from.xy;
        let mut nearest = vec![f64::INFINITY; usize::from(self.count)];
        for place in &self.depots {
            let (dx, dy) = (place.xy.0 - x, place.xy.1 - y);
            let least = &mut nearest[usize::from(place.region.0)];
            *least = least.min(dx * dx + dy * dy);
        }
        let others = self.regions().zip(nearest);
        let mut others: Vec<(RegionId, f64)> = others
            .filter(|(region, away)| *region != from.region && away.is_finite())
            .collect();
        others.sort_by(|(one, near), (other, far)| near.total_cmp(far).then(one.cmp(other)));
        others.get(but_for).map(|(region, _)| *region)
    }

    /// The address that a drone had at its founding. One that joined later, or moved to another region, has another ([`crate::scheduler`] knows it).
    #[must_use]
    pub fn drone(&self, id: DroneId) -> Addr<Drone> {
        let after = self.fleets.partition_point(|fleet| fleet.first <= id.0);
        match after.checked_sub(1).map(|place| &self.fleets[place]) {
            Some(fleet) => Addr::first_tenant_in(fleet.region, fleet.index + (id.0 - fleet.first)),
            None => Addr::first_tenant(id.0),
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
