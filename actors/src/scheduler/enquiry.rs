//! Enquiries: what a request would come to, were it asked now. Nothing is reserved; the fleet is as it is seen from outside, and the same code
//! decides as for a request.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::{SimDuration, SimTime};

use super::Order;
use super::batch::{offer, urgency};
use super::couriers::Couriers;
use super::fleet::{Choice, Fleet};
use crate::carrier::{Offer, time_cost};
use crate::dispatch::cost::{of_carrier, of_waiting};
use crate::dispatch::{Load, Pace, Pacing};
use crate::event::{AssignmentRefusal, GroundingReason};
use crate::ids::{AircraftId, DepotId, DroneId};
use crate::mission::{Errand, MissionEstimate};
use crate::tree::Surroundings;

/// What a request wants, as far as decisions go by it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wish {
    /// What is carried from where to where.
    pub errand: Errand,
    /// Whether it goes before others.
    pub is_expedited: bool,
    /// By when the parcel should be there.
    pub deadline: Option<SimTime>,
    /// When it first wanted a drone.
    pub asked_at: SimTime,
}

impl From<&Order> for Wish {
    fn from(order: &Order) -> Self {
        Self {
            errand: order.errand,
            is_expedited: order.is_expedited,
            deadline: order.deadline,
            asked_at: order.asked_at,
        }
    }
}

impl Wish {
    /// What a carrier's offer comes to, as dispatch weighs it: what it costs beside the time until the arrival, and that time.
    pub(crate) fn cost_of(&self, offer: &Offer, now: SimTime) -> i64 {
        let dropoff_in = offer.quote.eta_dropoff.since(now);
        let price = offer.cost - time_cost(dropoff_in, self.is_expedited);
        of_carrier(price, dropoff_in, &urgency(self, now))
    }
}

/// What a drone does, as far as requests are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It stands ready.
    Ready,
    /// It will be.
    Away,
    /// It will not be.
    Gone,
}

/// The fleet as it is seen from outside.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// Each drone, by its number.
    pub drones: Vec<Standing>,
    /// Those that belong to another depot than they did at first: of which type, and to which.
    pub moved: Vec<(DroneId, AircraftId, DepotId)>,
    /// The depots whose drones stay on the ground.
    pub grounded: Vec<DepotId>,
    /// How many requests wait.
    pub waiting: usize,
    /// When carriers' couriers are free, by region; of one that is not there all are.
    pub couriers: BTreeMap<RegionId, Couriers>,
}

/// The fleet as it was seen at one moment, for all who ask meanwhile: the drones of a region are put in order when it is first asked about.
#[derive(Debug)]
pub struct Seen {
    outside: Outside,
    /// By region.
    fleets: Vec<OnceLock<Fleet>>,
}

impl Seen {
    /// What was seen of a world with these surroundings.
    #[must_use]
    pub fn new(outside: Outside, surroundings: &Surroundings) -> Self {
        let fleets = surroundings.atlas.regions().map(|_| OnceLock::new());
        Self {
            fleets: fleets.collect(),
            outside,
        }
    }

    /// The depots whose drones stay on the ground.
    #[must_use]
    pub fn grounded(&self) -> &[DepotId] {
        &self.outside.grounded
    }

    fn fleet(&self, region: RegionId, surroundings: &Surroundings) -> Option<&Fleet> {
        let fleet = self.fleets.get(usize::from(region.0))?;
        Some(fleet.get_or_init(|| self.outside.fleet(region, surroundings)))
    }
}

/// What a request would come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// A drone.
    Drone {
        /// Were it to leave at once.
        estimate: MissionEstimate,
        /// Until it does.
        wait: SimDuration,
    },
    /// A carrier.
    Carrier {
        /// What it asks.
        offer: Offer,
        /// Why no drone.
        reason: AssignmentRefusal,
    },
    /// No drone and no carrier.
    Nobody {
        /// Why no drone.
        reason: AssignmentRefusal,
    },
}

/// What a request would come to that may be fetched from `at` on.
#[must_use]
pub fn enquire(wish: &Wish, seen: &Seen, surroundings: &Surroundings, at: SimTime) -> Answer {
    let environment = &*surroundings.environment;
    let region = surroundings.atlas.region_of(wish.errand.pickup);
    let (couriers, all_free) = (seen.outside.couriers.get(&region), Couriers::default());
    let couriers = couriers.unwrap_or(&all_free);
    let by_carrier = |reason, from| match couriers.best_offer(wish, from, environment) {
        Some(offer) => Answer::Carrier { offer, reason },
        None => Answer::Nobody { reason },
    };
    let (estimate, wait) = match by_drone(wish, seen, surroundings, at) {
        Ok((estimate, wait)) => (estimate, wait.max(interval(wish, seen, surroundings))),
        Err(reason) => return by_carrier(reason, at),
    };
    let urgency = urgency(wish, at);
    let waited = of_waiting(wait, &offer(&estimate, at), &urgency);
    let wait_max = environment.dispatch.wait_max;
    let is_cheaper = |carrier| wait > SimDuration::ZERO && carrier < waited;
    if couriers.cost(wish, at, environment).is_some_and(is_cheaper) {
        by_carrier(AssignmentRefusal::CarrierCheaper, at)
    } else if wait > wait_max {
        by_carrier(AssignmentRefusal::WaitedTooLong, at + wait_max)
    } else {
        Answer::Drone { estimate, wait }
    }
}

/// The drone that has the parcel first, with how long it is waited for: one of the pickup's region that is ready, a neighbour's that is, else whichever
/// comes home first.
fn by_drone(
    wish: &Wish,
    seen: &Seen,
    surroundings: &Surroundings,
    at: SimTime,
) -> Result<(MissionEstimate, SimDuration), AssignmentRefusal> {
    let own = surroundings.atlas.region_of(wish.errand.pickup);
    let others = surroundings.atlas.regions().filter(|region| *region != own);
    let mut closest = AssignmentRefusal::TooHeavy;
    let mut busy = None;
    let mut lent: Option<MissionEstimate> = None;
    for region in std::iter::once(own).chain(others) {
        let Some(fleet) = seen.fleet(region, surroundings) else {
            continue;
        };
        match fleet.would_choose(&wish.errand, surroundings, at) {
            Choice::Ready(_, estimate) if region == own => return Ok((estimate, SimDuration::ZERO)),
            Choice::Ready(_, estimate) => {
                if lent.is_none_or(|known| estimate.picked_up_at < known.picked_up_at) {
                    lent = Some(estimate);
                }
            }
            Choice::Busy(prospect) => {
                busy = busy.or(Some((prospect.estimate, prospect.wait(seen.outside.waiting))));
            }
            Choice::Unable(reason) => closest = closest.max(reason),
        }
    }
    let lent = lent.map(|estimate| (estimate, SimDuration::ZERO));
    lent.or(busy).ok_or(closest)
}

/// How long requests wait to be matched together in the pickup's region.
fn interval(wish: &Wish, seen: &Seen, surroundings: &Surroundings) -> SimDuration {
    let fleet = seen.fleet(surroundings.atlas.region_of(wish.errand.pickup), surroundings);
    let load = Load {
        idle: fleet.map_or(0, Fleet::idle),
        fleet: fleet.map_or(0, Fleet::serving),
        waiting: seen.outside.waiting,
    };
    match Pacing::default().pace(&surroundings.environment.dispatch, load) {
        Pace::AtOnce => SimDuration::ZERO,
        Pace::InBatches(batches) => batches.interval,
    }
}

impl Outside {
    /// A region's fleet, its drones as they are seen.
    fn fleet(&self, region: RegionId, surroundings: &Surroundings) -> Fleet {
        let Surroundings {
            environment, atlas, ..
        } = surroundings;
        let mut fleet = Fleet::new(environment, region);
        for (drone, aircraft, depot) in &self.moved {
            fleet.strike_off(*drone);
            if atlas.home_of(*depot) == region {
                fleet.welcome((*drone, *aircraft), *depot, atlas.drone(*drone));
                fleet.put_back(*drone);
            }
        }
        for (drone, standing) in (0..).map(DroneId).zip(&self.drones) {
            match standing {
                Standing::Ready => {}
                Standing::Away => fleet.take_out(drone),
                Standing::Gone => {
                    fleet.strike_off(drone);
                }
            }
        }
        for depot in &self.grounded {
            fleet.ground(*depot, GroundingReason::Operator);
        }
        fleet
    }
}
