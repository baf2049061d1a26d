//! The table of a round: which drones take part, and what each could do for a request.

use std::collections::BTreeMap;

use skyhaul_engine::time::SimTime;

use super::offer;
use crate::dispatch::cost::{Urgency, of_drone};
use crate::dispatch::{Batches, Seat};
use crate::ids::{AircraftId, DroneId};
use crate::mission::{MissionEstimate, Starting};
use crate::scheduler::Order;
use crate::scheduler::coming::Coming;
use crate::scheduler::fleet::{Fleet, assess_start, bound_from};
use crate::tree::Surroundings;

/// Ready drones of one kind that take part in a round: more than would be matched in one.
const SEATS_OF_A_GROUP: usize = 128;

/// Who takes part.
pub(super) struct Table {
    pub(super) seats: Vec<Seat>,
    stands: Vec<Stand>,
}

/// Seats that start alike: the ready drones of a group; of the others each.
struct Stand {
    first: usize,
    count: usize,
    aircraft: AircraftId,
    starting: Starting,
}

/// What the seats could do for one request: those of the first stand that may have it, then of the next.
pub(super) struct Taker {
    able: Vec<(std::ops::Range<usize>, MissionEstimate)>,
    /// The seats that take part for it.
    seats: Vec<usize>,
}

impl Table {
    /// All that may be given something now, or within the lookahead.
    pub(super) fn lay(
        fleet: &Fleet,
        coming: &BTreeMap<DroneId, Coming>,
        batches: Batches,
        now: SimTime,
        surroundings: &Surroundings,
    ) -> Self {
        let mut table = Self {
            seats: Vec::new(),
            stands: Vec::new(),
        };
        for (aircraft, starting, drones) in fleet.ready_groups(now, surroundings) {
            let drones: Vec<DroneId> = drones.take(SEATS_OF_A_GROUP).collect();
            table.add(&drones, true, aircraft, starting);
        }
        for (drone, coming) in coming {
            let Some((aircraft, depot)) = fleet.kind_of(*drone) else {
                continue;
            };
            if fleet.is_grounded(depot) {
                continue;
            }
            let start = coming.start(aircraft, depot, now, surroundings);
            if let Some((is_free, starting)) = start
                && starting.time <= now + batches.lookahead
            {
                table.add(&[*drone], is_free, aircraft, starting);
            }
        }
        table
    }

    fn add(&mut self, drones: &[DroneId], is_free: bool, aircraft: AircraftId, starting: Starting) {
        self.stands.push(Stand {
            first: self.seats.len(),
            count: drones.len(),
            aircraft,
            starting,
        });
        let seats = drones.iter().map(|drone| Seat {
            drone: drone.0,
            is_free,
        });
        self.seats.extend(seats);
    }

    /// What the nearest `neighbours` seats could do for a request, which is `row`th in the round.
    pub(super) fn taker(
        &self,
        row: usize,
        order: &Order,
        neighbours: usize,
        now: SimTime,
        surroundings: &Surroundings,
    ) -> Taker {
        let mut near: Vec<(SimTime, usize)> = (0..)
            .zip(&self.stands)
            .map(|(index, stand)| {
                let bound = bound_from(stand.aircraft, stand.starting, &order.errand, surroundings);
                (bound.max(now), index)
            })
            .collect();
        near.sort_unstable();
        let mut taker = Taker {
            able: Vec::new(),
            seats: Vec::new(),
        };
        for (_, index) in near {
            let stand = &self.stands[index];
            let room = neighbours - taker.seats.len();
            if room == 0 {
                break;
            }
            let Ok(estimate) = assess_start(stand.aircraft, stand.starting, &order.errand, surroundings, now)
            else {
                continue;
            };
            // Of many that are alike each request sees some, not all the same ones.
            let some = (0..stand.count.min(room)).map(|n| stand.first + (row + n) % stand.count);
            taker.seats.extend(some);
            taker
                .able
                .push((stand.first..stand.first + stand.count, estimate));
        }
        taker
    }
}

impl Taker {
    /// What each of its seats costs.
    pub(super) fn offers(&self, urgency: &Urgency, now: SimTime) -> Vec<(u32, i64)> {
        let cost = |seat: &usize| {
            let estimate = self.estimate(*seat)?;
            let column = u32::try_from(*seat).ok()?;
            Some((column, of_drone(&offer(&estimate, now), urgency)))
        };
        self.seats.iter().filter_map(cost).collect()
    }

    /// When the seat's drone would do what.
    pub(super) fn estimate(&self, seat: usize) -> Option<MissionEstimate> {
        let stand = self.able.iter().find(|(seats, _)| seats.contains(&seat));
        stand.map(|(_, estimate)| *estimate)
    }
}
