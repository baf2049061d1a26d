//! What a drone does where zones come up, or are lifted, while it flies.
//!
//! Whatever it may still fly as planned it does. Else it looks, in this order, for a way round to where it goes; for a moment soon at which the way is
//! open again, up to which it hovers; for a way home; for a way to another depot; and where there is none, it comes down where it is. A zone is told of
//! [`crate::environment::ZONE_NOTICE`] before it comes into force: what flies in it leaves it by the shortest way, or is on the ground by then.

use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, WattHours};

use super::flying::Flight;
use super::{Drone, DroneErrand, DroneMessage, DroneState};
use crate::airspace::Sky;
use crate::atlas;
use crate::environment::Arrival;
use crate::event::{DroneFailure, LegPurpose, ReleaseReason};
use crate::flight::{Departure, FlightPlan, Manoeuvre, estimate_flight};
use crate::mission::{LOADING, UNLOADING};
use crate::scheduler::SchedulerMessage;
use crate::tree::{Skyhaul, Surroundings};

/// How long a drone hovers for a zone to end, at the most: what would take longer is done from the ground. Ten minutes are a third of what
/// a battery holds for.
const HOLD_MAX: SimDuration = SimDuration::from_mins(10);

/// How many moments at which a zone ends are tried. Beyond them the drone turns home.
const HOLDS_TRIED_MAX: usize = 4;

/// How long it takes until a parcel that came back is out of the drone and the drone in order.
const HAND_BACK: SimDuration = SimDuration::from_mins(5);

/// A drone that looks for a way on.
pub(super) struct Turning<'a> {
    /// What it is to fly on with, or flies.
    pub(super) flight: Flight,
    pub(super) here: Departure,
    /// What is left in its battery here.
    pub(super) battery: WattHours,
    pub(super) surroundings: &'a Surroundings,
}

impl Drone {
    pub(super) fn on_airspace_changed(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        let DroneState::Flying(flight) = self.state() else {
            return;
        };
        let surroundings = ctx.shared_arc();
        let Ok(plan) = self.plan(&flight, &surroundings) else {
            return;
        };
        let now = ctx.now();
        let turning = self.turning(flight, now, &surroundings);
        let sky = self.sky(now, &surroundings);
        let goes_on = !sky.is_barred(&plan.rest(now))
            && (flight.purpose != LegPurpose::Pickup
                || self.can_go_on(&flight, &plan, self.battery, &surroundings));
        let waits_for_link = self.is_out_of_reach() && flight.is_for_errand();
        match (goes_on, waits_for_link) {
            (false, true) => self.turn_back(&turning, ReleaseReason::LinkLost, ctx),
            (false, false) => self.turn(&turning, ctx),
            (true, true) => {}
            (true, false) => self.go_on_sooner(&turning, ctx),
        }
    }

    /// Hovers no longer, where it need not.
    pub(super) fn go_on_sooner(&mut self, turning: &Turning<'_>, ctx: &mut Ctx<'_, Skyhaul>) {
        let flight = turning.flight;
        if let Manoeuvre::Hold { until } = flight.manoeuvre
            && ctx.now() < until
            && let Ok(plan) = self.plan(&flight, turning.surroundings)
            && let Some((sooner, sooner_plan)) = self.try_out(turning, Manoeuvre::Direct)
            && sooner_plan.arrives() < plan.arrives()
        {
            self.go_round(&flight, sooner, sooner_plan, ctx);
        }
    }

    fn sky<'a>(&self, now: SimTime, surroundings: &'a Surroundings) -> Sky<'a> {
        let level_m = self.spec(surroundings).altitude_m;
        surroundings.conditions(now).airspace.at_level(level_m)
    }

    /// Finds another way to where it goes, else home, else comes down.
    fn turn(&mut self, turning: &Turning<'_>, ctx: &mut Ctx<'_, Skyhaul>) {
        let flight = turning.flight;
        if let Some((other, plan)) = self.find_way(turning) {
            self.go_round(&flight, other, plan, ctx);
            return;
        }
        self.turn_back(turning, ReleaseReason::NoFlyZone, ctx);
    }

    /// Turns home, or to another depot, with the parcel where it has one; else comes down.
    pub(super) fn turn_back(
        &mut self,
        turning: &Turning<'_>,
        reason: ReleaseReason,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let flight = turning.flight;
        let wanted = flight.errand.filter(|_| !flight.is_called_off);
        // A parcel that somebody wants is handed over at home.
        let errand = wanted.filter(|_| flight.parcel.is_some());
        let homeward = Turning {
            flight: Flight {
                failure: match reason {
                    ReleaseReason::LinkLost => DroneFailure::LinkLost,
                    _ => flight.failure,
                },
                ..self.homeward(&flight, errand, turning.surroundings)
            },
            ..*turning
        };
        match self.find_landing(&homeward) {
            Some(landing) => {
                if let Some(wanted) = wanted.filter(|_| errand.is_none()) {
                    self.refuse_errand(wanted.id, reason, ctx);
                }
                self.cut_short(&flight, ctx);
                self.head_for(landing, ctx);
            }
            None => {
                let fall = self.fall(ctx);
                self.fail(DroneFailure::Stranded, &fall, ctx);
            }
        }
    }

    fn homeward(&self, flight: &Flight, errand: Option<DroneErrand>, surroundings: &Surroundings) -> Flight {
        Flight {
            purpose: LegPurpose::Return,
            to: surroundings.environment.depot(self.depot).at,
            errand,
            is_called_off: false,
            refused: 0,
            ..*flight
        }
    }

    /// A way to where the flight goes: out of a zone, round what is closed, or after a while.
    pub(super) fn find_way(&self, turning: &Turning<'_>) -> Option<(Flight, FlightPlan)> {
        let now = turning.here.time;
        let sky = self.sky(now, turning.surroundings);
        if let Some(by) = sky.way_out(turning.here.at, now) {
            return self.try_out(turning, Manoeuvre::Leave { by });
        }
        self.try_out(turning, Manoeuvre::Direct).or_else(|| {
            let holds = sky.openings(now, now + HOLD_MAX);
            let mut holds = holds.into_iter().take(HOLDS_TRIED_MAX);
            holds.find_map(|until| self.try_out(turning, Manoeuvre::Hold { until }))
        })
    }

    pub(super) fn try_out(
        &self,
        turning: &Turning<'_>,
        manoeuvre: Manoeuvre,
    ) -> Option<(Flight, FlightPlan)> {
        let flight = Flight {
            departure: turning.here,
            manoeuvre,
            energy: WattHours::ZERO,
            ..turning.flight
        };
        let plan = self.plan(&flight, turning.surroundings).ok()?;
        self.can_go_on(&flight, &plan, turning.battery, turning.surroundings)
            .then_some((flight, plan))
    }

    /// Whether what comes after a flight is still possible, with what is then in the battery.
    pub(super) fn can_go_on(
        &self,
        flight: &Flight,
        plan: &FlightPlan,
        battery: WattHours,
        surroundings: &Surroundings,
    ) -> bool {
        let left = battery - plan.energy;
        let wanted = flight.errand.filter(|_| !flight.is_called_off);
        let reserve = self.spec(surroundings).reserve_energy();
        match (flight.purpose, wanted) {
            (LegPurpose::Pickup, Some(errand)) => {
                let onward = self.energy_onward(flight, &errand, plan.arrives(), surroundings);
                onward.is_some_and(|onward| left - onward >= reserve)
            }
            (LegPurpose::Dropoff, Some(errand)) => {
                let leaves_at = plan.arrives() + UNLOADING;
                let home = self.estimate(flight, None, (errand.errand.dropoff, leaves_at), surroundings);
                // Where no way leads home from there yet, the parcel is there at least.
                home.map_or(left >= reserve, |(_, home)| left - home >= reserve)
            }
            _ => left > WattHours::ZERO,
        }
    }

    /// What the rest of a mission takes after the pickup is reached; `None` where no lawful way leads on.
    fn energy_onward(
        &self,
        flight: &Flight,
        errand: &DroneErrand,
        arrives_at: SimTime,
        surroundings: &Surroundings,
    ) -> Option<WattHours> {
        let (pickup, dropoff) = (errand.errand.pickup, errand.errand.dropoff);
        let with_parcel = Some((errand.errand.weight, dropoff));
        let (there_at, over) =
            self.estimate(flight, with_parcel, (pickup, arrives_at + LOADING), surroundings)?;
        let (_, home) = self.estimate(flight, None, (dropoff, there_at + UNLOADING), surroundings)?;
        Some(over + home)
    }

    /// When a later flight of the mission ends and what it takes, by what is known now: with a parcel to a place, or home without.
    fn estimate(
        &self,
        flight: &Flight,
        parcel: Option<(Kilograms, skyhaul_engine::geo::Position)>,
        (at, time): (skyhaul_engine::geo::Position, SimTime),
        surroundings: &Surroundings,
    ) -> Option<(SimTime, WattHours)> {
        let home = surroundings.environment.depot(self.depot).at;
        let spec = self.spec(surroundings);
        let (payload, to) = parcel.unwrap_or((Kilograms::ZERO, home));
        let (leaves, arrival) = match parcel {
            Some(_) => (Arrival::Pickup, Arrival::Dropoff),
            None => (Arrival::Dropoff, Arrival::Landing),
        };
        let departure = Departure {
            at,
            altitude_m: spec.height_at(leaves).get(),
            time,
        };
        let conditions = surroundings.conditions(flight.departure.time);
        let (end, energy) = estimate_flight(spec, payload, departure, to, arrival, conditions).ok()?;
        Some((end.time, energy))
    }

    /// Ends one leg in the air and begins another for the same errand.
    pub(super) fn go_round(
        &mut self,
        flight: &Flight,
        other: Flight,
        plan: FlightPlan,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let arrives_at = plan.arrives();
        self.cut_short(flight, ctx);
        if matches!(other.purpose, LegPurpose::Return | LegPurpose::Reposition) {
            self.fly_home(other, plan, ctx);
            return;
        }
        self.depart(other, plan, ctx);
        let is_for_it = matches!(other.purpose, LegPurpose::Pickup | LegPurpose::Dropoff);
        let Some(errand) = other.errand.filter(|_| is_for_it && !other.is_called_off) else {
            return;
        };
        let eta_pickup = (other.purpose == LegPurpose::Pickup).then_some(arrives_at + LOADING);
        let there_at = match eta_pickup {
            Some(picked_up_at) => {
                let with_parcel = Some((errand.errand.weight, errand.errand.dropoff));
                let from = (errand.errand.pickup, picked_up_at);
                let over = self.estimate(&other, with_parcel, from, ctx.shared());
                over.map(|(there_at, _)| there_at)
            }
            None => Some(arrives_at),
        };
        if let Some(there_at) = there_at {
            let message = SchedulerMessage::DroneDelayed {
                drone: self.id,
                delivery: errand.id,
                eta_pickup,
                eta_dropoff: there_at + UNLOADING,
            };
            ctx.send(atlas::scheduler(ctx.region()), message);
        }
    }

    /// Brings home, or to another depot, a parcel that it stands with, where its drop-off is closed; fails where it stands where all are.
    pub(super) fn bring_back(&mut self, errand: DroneErrand, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let here = self.standing(ctx.now());
        let parcel = Some(errand.errand.weight);
        let turning = Turning {
            flight: Flight {
                errand: Some(errand),
                ..self.homewards(here, parcel, &surroundings)
            },
            here,
            battery: self.battery,
            surroundings: &surroundings,
        };
        match self.find_landing(&turning) {
            Some(landing) => self.head_for(landing, ctx),
            None => self.strand(ctx),
        }
    }

    /// Stands at a depot with a parcel that could not be brought: somebody takes it out, and it is fetched from there.
    pub(super) fn hand_back(&mut self, failure: DroneFailure, ctx: &mut Ctx<'_, Skyhaul>) {
        let mut fall = self.lie();
        fall.parcel_at = Some(self.at);
        self.fail_for(failure, &fall, HAND_BACK, ctx);
    }

    /// Says again, a little later, that it stands ready, where it was given what it cannot do.
    pub(super) fn stand_by(&self, ctx: &mut Ctx<'_, Skyhaul>) {
        let generation = self.generation;
        ctx.send_in(
            STAND_BY,
            ctx.me::<Self>(),
            DroneMessage::StandByDue { generation },
        );
    }
}

/// A drone that refused what it was given says only so much later that it stands ready: what was wrong is over by then, or known.
const STAND_BY: SimDuration = SimDuration::from_secs(10);
