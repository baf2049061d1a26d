//! Diversions: where home is too far for the battery, out of service, or no lawful way leads there, a drone comes down at another depot.
//!
//! ```text
//! too far for its reserve ─► Flying(divert) to the nearest depot it can reach, home among them ──ReservePad──► kept
//!                                 └──PadRefused──► the next one, or on to this one and into its queue
//! lands ─► WaitingForPad ─► Charging ─► home is in reach ─► Flying(return)
//!                                └► it is not ─► Visiting ──VisitDue──► looks again; fetched in the end
//! ```
//!
//! It is under way before the depot answers: whatever flies has somewhere to go, however long word takes between regions.

use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::SimDuration;

use super::flying::Flight;
use super::replanning::Turning;
use super::{Drone, DroneMessage, DroneState};
use crate::depot::DepotMessage;
use crate::event::LegPurpose;
use crate::flight::{FlightPlan, Manoeuvre};
use crate::ids::DepotId;
use crate::tree::Skyhaul;

/// How many depots are looked at, the nearest first: what lies beyond eight others is out of reach, or no nearer than home.
const DEPOTS_TRIED_MAX: usize = 8;

/// How many depots are asked for a pad. The last one has it in its queue: to fly from one full depot to the next costs what is left in the battery.
const REFUSALS_MAX: u8 = 3;

/// How often a guest looks whether it can go home: zones and weather that keep it away last for tens of minutes.
const LOOK_EVERY: SimDuration = SimDuration::from_mins(10);

/// The longest that a drone is a guest. What lasts longer keeps it from home for good: it is fetched, like one that failed.
const VISIT_MAX: SimDuration = SimDuration::from_mins(24 * 60);

/// Where a drone comes down, and how it gets there.
pub(super) struct Landing {
    depot: DepotId,
    flight: Flight,
    plan: FlightPlan,
}

impl Drone {
    /// Home, where the battery brings it there with its reserve and it is in service; else the nearest depot it can reach, home among them.
    pub(super) fn find_landing(&self, turning: &Turning<'_>) -> Option<Landing> {
        let reserve = self.spec(turning.surroundings).reserve_energy();
        let is_out = is_out(self.depot, turning);
        match self.landing_at(self.depot, turning) {
            Some(home) if !is_out && turning.battery - home.plan.energy >= reserve => Some(home),
            home => self.nearest_landing(turning, 0).or(home),
        }
    }

    /// The nearest depot it can reach, but for so many that are nearer.
    fn nearest_landing(&self, turning: &Turning<'_>, but_for: u8) -> Option<Landing> {
        nearest_in_service(turning)
            .into_iter()
            .filter_map(|depot| self.landing_at(depot, turning))
            .nth(usize::from(but_for))
    }

    /// The way to a depot, where there is a lawful one for which the battery holds.
    fn landing_at(&self, depot: DepotId, turning: &Turning<'_>) -> Option<Landing> {
        let wanted = turning.flight.errand.filter(|_| !turning.flight.is_called_off);
        let flight = Flight {
            purpose: LegPurpose::Divert,
            departure: turning.here,
            manoeuvre: Manoeuvre::Direct,
            to: turning.surroundings.environment.depot(depot).at,
            errand: wanted.filter(|_| turning.flight.parcel.is_some()),
            is_called_off: false,
            ..turning.flight
        };
        let is_in_air = turning.here.altitude_m > 0.0;
        let (flight, plan) = if is_in_air {
            self.find_way(&Turning { flight, ..*turning })?
        } else {
            (flight, self.plan(&flight, turning.surroundings).ok()?)
        };
        (plan.energy <= turning.battery).then_some(Landing { depot, flight, plan })
    }

    /// Takes off for a depot, or turns there, and has it keep a pad where it is not its own.
    pub(super) fn head_for(&mut self, landing: Landing, ctx: &mut Ctx<'_, Skyhaul>) {
        let Landing { depot, flight, plan } = landing;
        if depot != self.berth {
            self.leave_berth(ctx);
            self.berth = depot;
            if depot != self.depot {
                let (drone, addr) = (self.id, ctx.me());
                let depot = ctx.shared().atlas.depot(depot);
                ctx.send(depot, DepotMessage::ReservePad { drone, addr });
            }
        }
        if depot == self.depot {
            let purpose = LegPurpose::Return;
            self.fly_home(Flight { purpose, ..flight }, plan, ctx);
        } else {
            self.depart(flight, plan, ctx);
        }
    }

    /// Gives back the pad that another depot keeps for it, and belongs home again.
    pub(super) fn leave_berth(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.berth != self.depot {
            self.free_pad(ctx);
            self.berth = self.depot;
        }
    }

    /// Turns to the next depot in the air, where there is one; else it flies on, and waits there.
    pub(super) fn on_pad_refused(&mut self, depot: DepotId, ctx: &mut Ctx<'_, Skyhaul>) {
        let DroneState::Flying(flight) = self.state() else {
            return;
        };
        if depot != self.berth || flight.purpose != LegPurpose::Divert || flight.refused >= REFUSALS_MAX {
            return;
        }
        let surroundings = ctx.shared_arc();
        let (here, spent) = self.progress(&flight, ctx.now(), &surroundings);
        let refused = flight.refused + 1;
        let turning = Turning {
            flight: Flight { refused, ..flight },
            here,
            battery: self.battery - spent,
            surroundings: &surroundings,
        };
        if let Some(landing) = self.nearest_landing(&turning, refused)
            && landing.depot != depot
        {
            self.cut_short(&flight, ctx);
            self.head_for(landing, ctx);
        }
    }

    /// A guest with a charged battery goes home, or stays until it can.
    pub(super) fn leave_for_home(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        let now = ctx.now();
        let since = match self.state() {
            DroneState::Visiting { since } => since,
            _ => now,
        };
        let flight = self.homewards(self.standing(now), None, ctx.shared());
        let reserve = self.spec(ctx.shared()).reserve_energy();
        let is_out = ctx.shared().environment.faults.is_out(self.depot, now);
        match self.plan(&flight, ctx.shared()) {
            Ok(plan) if !is_out && plan.energy + reserve <= self.battery => {
                self.berth = self.depot;
                self.fly_home(flight, plan, ctx);
            }
            _ if now.since(since) >= VISIT_MAX => self.strand(ctx),
            _ => {
                self.enter(DroneState::Visiting { since });
                let generation = self.generation;
                ctx.send_in(
                    LOOK_EVERY,
                    ctx.me::<Self>(),
                    DroneMessage::VisitDue { generation },
                );
            }
        }
    }
}

/// Whether a depot is out of service now.
fn is_out(depot: DepotId, turning: &Turning<'_>) -> bool {
    turning
        .surroundings
        .environment
        .faults
        .is_out(depot, turning.here.time)
}

/// Of the depots in service the nearest ones, in order; the others are not put in order.
fn nearest_in_service(turning: &Turning<'_>) -> Vec<DepotId> {
    let here = turning.here.at;
    let depots = (0..).map(DepotId).zip(&turning.surroundings.environment.depots);
    let mut near: Vec<(f64, DepotId)> = depots
        .filter(|(id, _)| !is_out(*id, turning))
        .map(|(id, depot)| (here.distance_m(depot.at), id))
        .collect();
    let by_distance = |(one_m, one): &(f64, DepotId), (other_m, other): &(f64, DepotId)| {
        one_m.total_cmp(other_m).then(one.cmp(other))
    };
    if near.len() > DEPOTS_TRIED_MAX {
        near.select_nth_unstable_by(DEPOTS_TRIED_MAX, by_distance);
        near.truncate(DEPOTS_TRIED_MAX);
    }
    near.sort_unstable_by(by_distance);
    near.into_iter().map(|(_, depot)| depot).collect()
}
