//! Rebalancing: ready drones move to where drones will be wanted.
//!
//! ```text
//! AssignDrone ─► counted at the nearest depot
//! RebalanceDue ─► what each depot wants, by what was asked there in the last half hour, or the last two spans where that is longer
//!              ├► Reposition: ready drones, from depots of the region that have more to those that have too few
//!              └► SendDrones: what is still lacking, of neighbouring regions
//! ErrandDone ─► Reposition: instead of home, to a nearer depot of the region that has fewer than it wants
//! ```
//!
//! A depot needs as many drones as are away at a time (requests a second, times how long one is away for each), and wants the square root of that
//! more, for the ups and downs. Nothing moves that its own depot wants, its last drone never, and no depot gets more than it wants, so that a move
//! never calls for the next. Few requests come by chance now here, now there: so much time is counted, however short a span is, and a depot has too few
//! drones only where chance does not explain it. A timer runs only while requests come. How drones go to another region: [`super::handing`].

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

use super::fleet::{Lack, Move, Wanted, reaches};
use super::handing::DronesWanted;
use super::{CarriersSaid, Order, Scheduler, SchedulerMessage};
use crate::drone::DroneMessage;
use crate::ids::{DepotId, DroneId};
use crate::tree::{Skyhaul, Surroundings};

/// The weight of one more measurement in the mean of how long a drone is away: one in so many.
const FADING: u64 = 16;

/// Drones away are counted in millionths, so that all is whole numbers.
const MILLIONTHS: u128 = 1_000_000;

/// What was asked in so long a time is counted, at the least: of some tens of requests an hour a shorter one tells little but chance, and drones that
/// follow it are away when they are wanted. What was asked longer ago says less of what comes.
const COUNTED_MIN: SimDuration = SimDuration::from_mins(30);

/// Spans that are counted: two at the least, so that one quiet one sends nobody away; and at the most, where somebody has all looked at every second.
const SPANS_MIN: u64 = 2;
const SPANS_MAX: u64 = 60;

/// What lies within so many square roots of the number of requests came by chance: beyond two, one look in forty still errs.
const CHANCE: u128 = 2;

/// What is remembered from one rebalancing to the next.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Balance {
    /// What was asked since the last one, by the nearest depot.
    asked: BTreeMap<DepotId, Asked>,
    /// What was asked in the spans before that are counted, the last one last.
    before: VecDeque<BTreeMap<DepotId, Asked>>,
    /// What each depot wants until the next one.
    wanted: BTreeMap<DepotId, Wanted>,
    /// When drones were given what they do.
    given: BTreeMap<DroneId, SimTime>,
    /// From when a drone is given a request until it stands ready again, in the mean of late.
    cycle: Option<SimDuration>,
    /// When the next one is due, where it is.
    due: Option<SimTime>,
}

/// Requests, and the mass of their parcels.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Asked {
    requests: u32,
    weight: Kilograms,
}

impl Asked {
    /// What most of the parcels weigh at the least: their mean, but for what chance adds to that of so few, where they differ as much as they weigh.
    fn lifting(&self) -> Kilograms {
        let requests = f64::from(self.requests.max(1));
        Kilograms::new(self.weight.get() / requests * (1.0 - 1.0 / requests.sqrt()))
    }
}

/// Whether any drone of the plan reaches another depot than its own with its reserve, as it begins: if none does, rebalancing moves nothing.
#[must_use]
pub fn may_rebalance(surroundings: &Surroundings) -> bool {
    let environment = &*surroundings.environment;
    environment.fleets.iter().any(|fleet| {
        let others = (0..).map(DepotId).take(environment.depots.len());
        let kind = (fleet.depot, fleet.aircraft);
        { others }
            .filter(|to| *to != fleet.depot)
            .any(|to| reaches(kind, to, SimTime::ZERO, surroundings))
    })
}

impl Balance {
    /// Whether it can be said what is wanted: not in the first span in which requests come.
    pub(super) fn knows_what_is_wanted(&self) -> bool {
        !self.before.is_empty() || self.due.is_none()
    }

    /// What each depot wants; one that is not named wants nothing.
    pub(super) const fn wanted(&self) -> &BTreeMap<DepotId, Wanted> {
        &self.wanted
    }

    /// A span ends: what was asked in it and the ones before is expected of the next.
    fn look(&mut self, interval: SimDuration) {
        let spans = COUNTED_MIN.micros().div_ceil(interval.micros().max(1));
        let spans = spans.clamp(SPANS_MIN, SPANS_MAX);
        self.before.push_back(std::mem::take(&mut self.asked));
        while self.before.len() as u64 > spans {
            self.before.pop_front();
        }
        let counted = SimDuration::from_micros(interval.micros() * self.before.len() as u64);
        let mut all: BTreeMap<DepotId, Asked> = BTreeMap::new();
        for (depot, asked) in self.before.iter().flatten() {
            let sum = all.entry(*depot).or_default();
            sum.requests += asked.requests;
            sum.weight += asked.weight;
        }
        let cycle = self.cycle.unwrap_or_default();
        let wanted = all.into_iter().map(|(depot, asked)| {
            let (least, drones) = drones_needed(asked.requests, cycle, counted);
            let wanted = Wanted {
                least,
                drones,
                lifting: asked.lifting(),
            };
            (depot, wanted)
        });
        self.wanted = wanted.collect();
        if self.wanted.is_empty() {
            self.before.clear();
        }
    }
}

/// How many drones are away at a time where so many requests come in an interval and one is away so long for each: at the least, where some of the
/// requests came by chance ([`CHANCE`]); and so many that they do when more are away than usual.
fn drones_needed(requests: u32, cycle: SimDuration, interval: SimDuration) -> (u32, u32) {
    let requests = u128::from(requests) * MILLIONTHS;
    let by_chance = CHANCE * (requests * MILLIONTHS).isqrt();
    let away = |requests: u128| requests * u128::from(cycle.micros()) / u128::from(interval.micros().max(1));
    let more = (away(requests) * MILLIONTHS).isqrt();
    let whole = |drones: u128| u32::try_from(drones.div_ceil(MILLIONTHS)).unwrap_or(u32::MAX);
    (
        whole(away(requests.saturating_sub(by_chance))),
        whole(away(requests) + more),
    )
}

impl Scheduler {
    /// Counts a request that is new, and has a rebalancing come, unless one is due. One that is overdue was lost with the message.
    pub(super) fn count_request(&mut self, order: &Order, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some(interval) = ctx.shared().environment.dispatch.rebalance else {
            return;
        };
        let nearest = ctx.shared().atlas.nearest_depot(order.errand.pickup);
        let Some(depot) = nearest.filter(|depot| ctx.shared().atlas.home_of(*depot) == ctx.region()) else {
            return;
        };
        if order.asked_at != ctx.now() || order.carriers != CarriersSaid::Nothing {
            return;
        }
        let asked = self.balance.asked.entry(depot).or_default();
        asked.requests += 1;
        asked.weight += order.errand.weight;
        if self.balance.due.is_none_or(|due| due < ctx.now()) {
            self.arm_rebalancing(interval, ctx);
        }
    }

    fn arm_rebalancing(&mut self, interval: SimDuration, ctx: &mut Ctx<'_, Skyhaul>) {
        let at = ctx.now() + interval;
        self.balance.due = Some(at);
        ctx.send_at(at, ctx.me::<Self>(), SchedulerMessage::RebalanceDue { at });
    }

    /// A drone is given a request.
    pub(super) fn note_given(&mut self, drone: DroneId, ctx: &Ctx<'_, Skyhaul>) {
        if ctx.shared().environment.dispatch.rebalance.is_some() {
            self.balance.given.insert(drone, ctx.now());
        }
    }

    /// A drone stands ready: that is how long it was away.
    pub(super) fn note_ready(&mut self, drone: DroneId, now: SimTime) {
        if let Some(given) = self.balance.given.remove(&drone) {
            let away = now.since(given).micros();
            let mean = self.balance.cycle.map_or(away, SimDuration::micros);
            let mean = mean - mean / FADING + away / FADING;
            self.balance.cycle = Some(SimDuration::from_micros(mean));
        }
    }

    /// A drone is out of order, or gone: how long it was away says nothing.
    pub(super) fn forget_given(&mut self, drone: DroneId) {
        self.balance.given.remove(&drone);
    }

    pub(super) fn on_rebalance_due(&mut self, at: SimTime, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.balance.due != Some(at) {
            return;
        }
        self.balance.due = None;
        let surroundings = ctx.shared_arc();
        let Some(interval) = surroundings.environment.dispatch.rebalance else {
            return;
        };
        self.balance.look(interval);
        let (wanted, expected) = (&self.balance.wanted, &self.handing.expected);
        let lacks = self.fleet.lacks(wanted, expected, ctx.now(), &surroundings);
        let mut moves = self.fleet.moves(&lacks, wanted, ctx.now(), &surroundings);
        moves.truncate(self.idle_beyond_waiting());
        for lack in lacks {
            Self::ask_neighbours(lack, &moves, ctx);
        }
        for Move { drone, to } in moves {
            self.move_to(drone, to, ctx);
        }
        if !self.balance.wanted.is_empty() {
            self.arm_rebalancing(interval, ctx);
        }
    }

    /// How many ready drones no request waits for.
    pub(super) fn idle_beyond_waiting(&self) -> usize {
        self.fleet.idle().saturating_sub(self.waiting.len())
    }

    /// Asks other regions for what is still lacking once the region's own drones have moved.
    fn ask_neighbours(lack: Lack, moves: &[Move], ctx: &mut Ctx<'_, Skyhaul>) {
        let own = moves.iter().filter(|own| own.to == lack.depot).count();
        let want = DronesWanted {
            depot: lack.depot,
            drones: lack.drones.saturating_sub(u32::try_from(own).unwrap_or(u32::MAX)),
            lifting: lack.lifting,
            asked: 0,
        };
        Self::ask_for_drones(want, ctx);
    }

    /// A drone has brought its parcel: where its depot has enough without it, and one that is nearer has not, it flies there instead of home.
    pub(super) fn home_elsewhere(&mut self, drone: DroneId, at: Position, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let to = self
            .fleet
            .better_home(drone, at, &self.balance.wanted, ctx.now(), &surroundings);
        if let Some(to) = to {
            self.move_to(drone, to, ctx);
        }
    }

    /// The depot nearest to a place that lacks drones, where they move at all.
    pub(super) fn lacking_near(&self, at: Position, ctx: &Ctx<'_, Skyhaul>) -> Option<DepotId> {
        let (wanted, expected) = (&self.balance.wanted, &self.handing.expected);
        self.fleet
            .lacking_near(at, wanted, expected, ctx.now(), ctx.shared())
    }

    fn move_to(&mut self, drone: DroneId, to: DepotId, ctx: &mut Ctx<'_, Skyhaul>) {
        self.fleet.rehome(drone, to);
        let addr = self.fleet.address(drone, &ctx.shared().atlas);
        ctx.send(addr, DroneMessage::Reposition { depot: to });
    }

    /// A drone could not take off for the depot to which it was moved: it stays where it was.
    pub(super) fn on_reposition_refused(
        &mut self,
        drone: DroneId,
        home: DepotId,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        match self.fleet.stay(drone, home) {
            Some(depot) => Self::call_off_move(drone, depot, ctx),
            None => self.fleet.rehome(drone, home),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: SimDuration = SimDuration::from_mins(15);

    #[test]
    fn a_depot_needs_those_that_are_away_and_the_square_root_of_them() {
        let cycle = SimDuration::from_mins(5);
        // 27 requests in 15 minutes, 5 minutes each: 9 away, and 3; 16.6 of them are no chance: 6 away.
        assert_eq!(drones_needed(27, cycle, INTERVAL), (6, 12));
        assert_eq!(drones_needed(0, cycle, INTERVAL), (0, 0));
        assert_eq!(drones_needed(1, cycle, INTERVAL), (0, 1));
        let most = drones_needed(u32::MAX, SimDuration::from_mins(1_000_000), INTERVAL);
        assert_eq!(most, (u32::MAX, u32::MAX));
    }

    #[test]
    fn what_was_asked_in_two_spans_is_expected_of_the_next() {
        let mut balance = Balance {
            cycle: Some(SimDuration::from_mins(15)),
            ..Balance::default()
        };
        let asked = Asked {
            requests: 16,
            weight: Kilograms::new(8.0),
        };
        balance.asked.insert(DepotId(3), asked);
        balance.look(INTERVAL);
        let wanted = Wanted {
            least: 8,
            drones: 20,
            lifting: Kilograms::new(0.375),
        };
        assert_eq!(balance.wanted, BTreeMap::from([(DepotId(3), wanted)]));
        balance.look(INTERVAL);
        let half = Wanted {
            least: 4,
            drones: 11,
            lifting: Kilograms::new(0.375),
        };
        assert_eq!(balance.wanted, BTreeMap::from([(DepotId(3), half)]));
        balance.look(INTERVAL);
        assert_eq!(balance.wanted, BTreeMap::new());
        assert!(balance.knows_what_is_wanted(), "nothing is asked, so nothing is");
    }

    #[test]
    fn half_an_hour_is_counted_however_short_a_span_is() {
        let span = SimDuration::from_mins(5);
        let mut balance = Balance {
            cycle: Some(SimDuration::from_mins(15)),
            ..Balance::default()
        };
        let mut wanted = |requests| {
            let asked = Asked {
                requests,
                weight: Kilograms::new(f64::from(requests)),
            };
            if requests > 0 {
                balance.asked.insert(DepotId(3), asked);
            }
            balance.look(span);
            balance.wanted.get(&DepotId(3)).map(|wanted| wanted.drones)
        };
        // Four in five minutes are 12 away at a time and 4, in half an hour 2 and 2.
        assert_eq!(wanted(4), Some(16));
        for _ in 0..4 {
            assert!(wanted(0) < Some(12));
        }
        assert_eq!(wanted(0), Some(4));
        assert_eq!(wanted(0), None);
    }

    #[test]
    fn one_heavy_parcel_asks_for_no_strong_drones_and_many_do() {
        let lifting = |requests: u32| {
            let weight = Kilograms::new(2.0 * f64::from(requests));
            Asked { requests, weight }.lifting()
        };
        assert_eq!(lifting(1), Kilograms::ZERO);
        assert_eq!(lifting(4), Kilograms::new(1.0));
        assert_eq!(lifting(100), Kilograms::new(1.8));
        assert_eq!(Asked::default().lifting(), Kilograms::ZERO);
    }

    #[test]
    fn nobody_knows_what_is_wanted_while_the_first_requests_come() {
        let mut balance = Balance::default();
        assert!(balance.knows_what_is_wanted());
        balance.due = Some(SimTime::ZERO + INTERVAL);
        balance.asked.insert(DepotId(3), Asked::default());
        assert!(!balance.knows_what_is_wanted());
        balance.look(INTERVAL);
        assert!(balance.knows_what_is_wanted());
    }
}
