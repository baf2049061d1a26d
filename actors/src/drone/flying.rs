//! A drone's legs: taking off, landing, turning away, falling.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, WattHours};

use super::replanning::Turning;
use super::weathering::Stay;
use super::{Drone, DroneErrand, DroneMessage, DroneState};
use crate::atlas;
use crate::environment::{AircraftSpec, Arrival};
use crate::event::{AssignmentRefusal, DroneFailure, Event, Leg, LegPurpose};
use crate::flight::{Departure, FlightPlan, Manoeuvre, plan_manoeuvre};
use crate::scheduler::{Coming, SchedulerMessage};
use crate::tree::{Skyhaul, Surroundings};

/// A leg under way. Its path is not kept: the same plan comes out whenever it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flight {
    /// What for.
    pub purpose: LegPurpose,
    /// Where and when it began.
    pub departure: Departure,
    /// What it begins with.
    pub manoeuvre: Manoeuvre,
    /// Where it ends.
    pub to: Position,
    /// For whom it is flown.
    pub errand: Option<DroneErrand>,
    /// Whether it is wanted no more, and flown to its end only because no lawful way led home.
    pub is_called_off: bool,
    /// Mass of the parcel in the drone, where there is one.
    pub parcel: Option<Kilograms>,
    /// What the whole leg takes.
    pub energy: WattHours,
    /// How many depots had no pad for it, where it is diverted.
    pub refused: u8,
    /// Why its parcel is brought back, where it is.
    pub failure: DroneFailure,
}

/// A flight home that may be broken off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Homeward {
    flight: Flight,
    /// Energy in the battery at take-off.
    battery: WattHours,
}

impl Homeward {
    /// Where it is at `now`, and what is left in its battery.
    pub(crate) fn at(
        &self,
        spec: &AircraftSpec,
        now: SimTime,
        surroundings: &Surroundings,
    ) -> Option<(Departure, WattHours)> {
        let plan = self.flight.plan(spec, surroundings).ok()?;
        let (here, spent) = plan.at(now);
        Some((here, self.battery - spent))
    }
}

impl Flight {
    /// A flight for an errand.
    pub(super) fn towards(
        purpose: LegPurpose,
        to: Position,
        errand: DroneErrand,
        departure: Departure,
    ) -> Self {
        Self {
            purpose,
            departure,
            manoeuvre: Manoeuvre::Direct,
            to,
            errand: Some(errand),
            is_called_off: false,
            parcel: (purpose == LegPurpose::Dropoff).then_some(errand.errand.weight),
            energy: WattHours::ZERO,
            refused: 0,
            failure: DroneFailure::DropoffClosed,
        }
    }

    /// Whether it is on its way to a parcel or with one, for somebody who wants it.
    pub(super) const fn is_on_mission(&self) -> bool {
        self.is_for_errand() && !self.is_called_off
    }

    /// Whether it is on its way to a parcel or with one, wanted or not: all that a drone knows whom no word reaches.
    pub(super) const fn is_for_errand(&self) -> bool {
        matches!(self.purpose, LegPurpose::Pickup | LegPurpose::Dropoff) && self.errand.is_some()
    }

    /// The same, wanted no more.
    pub(super) const fn called_off(self) -> Self {
        Self {
            is_called_off: true,
            ..self
        }
    }

    /// Whether it flies home with nothing, for nobody.
    pub(super) fn is_homeward(&self) -> bool {
        let is_home = matches!(self.purpose, LegPurpose::Return | LegPurpose::Reposition);
        is_home && self.errand.is_none() && self.parcel.is_none()
    }

    fn plan(
        &self,
        spec: &AircraftSpec,
        surroundings: &Surroundings,
    ) -> Result<FlightPlan, AssignmentRefusal> {
        self.plan_by(self.departure.time, spec, surroundings)
    }

    /// The plan by the zones that are known at `now`, where it takes off later.
    pub(super) fn plan_by(
        &self,
        now: SimTime,
        spec: &AircraftSpec,
        surroundings: &Surroundings,
    ) -> Result<FlightPlan, AssignmentRefusal> {
        let conditions = surroundings.conditions(now);
        let payload = self.parcel.unwrap_or_default();
        let to = (self.to, self.arrival());
        plan_manoeuvre(spec, payload, self.departure, to, conditions, self.manoeuvre)
    }

    /// How it ends.
    const fn arrival(&self) -> Arrival {
        match self.purpose {
            LegPurpose::Pickup => Arrival::Pickup,
            LegPurpose::Dropoff => Arrival::Dropoff,
            LegPurpose::Return | LegPurpose::Reposition | LegPurpose::Divert => Arrival::Landing,
        }
    }
}

/// How a drone lies after it fell.
pub(super) struct Fall {
    pub(super) at: Position,
    pub(super) battery: WattHours,
    /// Where the parcel lies, where it carried one.
    pub(super) parcel_at: Option<Position>,
}

impl Drone {
    /// Takes off from where it stands; `false` where no lawful way leads there, or the rest of the errand and the way home take more than it has. Who
    /// gave it the errand reckoned that; another region did so a while ago.
    pub(super) fn begin_leg(
        &mut self,
        purpose: LegPurpose,
        to: Position,
        errand: DroneErrand,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) -> bool {
        let flight = Flight::towards(purpose, to, errand, self.standing(ctx.now()));
        let surroundings = ctx.shared_arc();
        let Ok(plan) = self.plan(&flight, &surroundings) else {
            return false;
        };
        let was_just_reckoned = purpose == LegPurpose::Pickup && errand.delivery.region() == ctx.region();
        let is_affordable = plan.energy <= self.battery
            && (was_just_reckoned || self.can_go_on(&flight, &plan, self.battery, &surroundings));
        if is_affordable {
            self.depart(flight, plan, ctx);
        }
        is_affordable
    }

    /// Breaks its way home off for a pickup; `false` where no lawful way leads there.
    pub(super) fn turn_to_pickup(
        &mut self,
        homeward: Flight,
        errand: DroneErrand,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) -> bool {
        let (here, _) = self.progress(&homeward, ctx.now(), ctx.shared());
        let flight = Flight::towards(LegPurpose::Pickup, errand.errand.pickup, errand, here);
        match self.plan(&flight, ctx.shared()) {
            Ok(plan) => {
                self.cut_short(&homeward, ctx);
                self.depart(flight, plan, ctx);
                true
            }
            Err(_) => false,
        }
    }

    /// Flies home from where it stands, or to another depot, with the parcel where it holds one that nobody wants any more.
    pub(super) fn go_home(&mut self, parcel: Option<Kilograms>, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let here = self.standing(ctx.now());
        let turning = Turning {
            flight: self.homewards(here, parcel, &surroundings),
            here,
            battery: self.battery,
            surroundings: &surroundings,
        };
        match self.find_landing(&turning) {
            Some(landing) => self.head_for(landing, ctx),
            None => {
                let errand = None;
                self.wait_for_weather(Stay { errand, parcel }, ctx);
            }
        }
    }

    /// Turns home in the air, or to another depot, its errand called off. Where no lawful way leads to any, or the wind has grown so that the
    /// battery would not last, it flies on, and home from where that ends.
    pub(super) fn turn_home(&mut self, flight: Flight, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let (here, spent) = self.progress(&flight, ctx.now(), &surroundings);
        let turning = Turning {
            flight: self.homewards(here, flight.parcel, &surroundings),
            here,
            battery: self.battery - spent,
            surroundings: &surroundings,
        };
        match self.find_landing(&turning) {
            Some(landing) => {
                self.cut_short(&flight, ctx);
                self.head_for(landing, ctx);
            }
            None => {
                self.set_state(DroneState::Flying(flight.called_off()));
            }
        }
    }

    /// A flight home.
    pub(super) fn homewards(
        &self,
        departure: Departure,
        parcel: Option<Kilograms>,
        surroundings: &Surroundings,
    ) -> Flight {
        Flight {
            purpose: LegPurpose::Return,
            departure,
            manoeuvre: Manoeuvre::Direct,
            to: surroundings.environment.depot(self.depot).at,
            errand: None,
            is_called_off: false,
            parcel,
            energy: WattHours::ZERO,
            refused: 0,
            failure: DroneFailure::DropoffClosed,
        }
    }

    pub(super) fn fly_home(&mut self, mut flight: Flight, plan: FlightPlan, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.battery - plan.energy < self.spec(ctx.shared()).reserve_energy() {
            flight.purpose = LegPurpose::Divert;
        }
        self.depart(flight, plan, ctx);
    }

    pub(super) fn plan(
        &self,
        flight: &Flight,
        surroundings: &Surroundings,
    ) -> Result<FlightPlan, AssignmentRefusal> {
        flight.plan(self.spec(surroundings), surroundings)
    }

    pub(super) fn depart(&mut self, mut flight: Flight, plan: FlightPlan, ctx: &mut Ctx<'_, Skyhaul>) {
        if plan.is_nothing() {
            self.land(flight, ctx);
            return;
        }
        flight.energy = plan.energy;
        let (arrives, duration) = (plan.arrives(), plan.duration());
        ctx.emit(Event::LegStarted(Arc::new(Leg {
            drone: self.id,
            delivery: flight.errand.map(|errand| errand.id),
            purpose: flight.purpose,
            path: plan.path,
            distance: plan.distance,
            payload: flight.parcel.unwrap_or_default(),
            energy: plan.energy,
            battery: self.battery,
        })));
        self.enter(DroneState::Flying(flight));
        let (me, generation) = (ctx.me::<Self>(), self.generation);
        ctx.send_at(arrives, me, DroneMessage::ArrivalDue { generation });
        if flight.is_homeward() && !self.is_recalled && !self.is_out_of_reach() {
            self.say_homeward(flight, arrives, ctx);
        }
        if let Some(failure) = self.draw_failure(duration, ctx) {
            ctx.send_in(failure, me, DroneMessage::FailureDue { generation });
        }
        if let Some(loss) = self.draw_link_loss(duration, ctx) {
            ctx.send_in(loss, me, DroneMessage::LinkLossDue { generation });
        }
    }

    /// The scheduler hears that it may be turned to a parcel on its way home.
    pub(super) fn say_homeward(&self, flight: Flight, lands_at: SimTime, ctx: &mut Ctx<'_, Skyhaul>) {
        let battery = self.battery;
        let homeward = Homeward { flight, battery };
        self.say_coming(Coming::Homeward { homeward, lands_at }, ctx);
    }

    /// Tells the scheduler when it may be given something, where the plan's policy has a use for that.
    pub(super) fn say_coming(&self, coming: Coming, ctx: &mut Ctx<'_, Skyhaul>) {
        if ctx.shared().environment.dispatch.policy.looks_ahead() && !self.is_at_home_elsewhere(ctx) {
            let message = SchedulerMessage::DroneComing {
                drone: self.id,
                coming: Box::new(coming),
            };
            ctx.send(atlas::scheduler(ctx.region()), message);
        }
    }

    /// When something breaks on a flight of this length, if so: failures come by flight hour, without memory.
    fn draw_failure(&mut self, duration: SimDuration, ctx: &Ctx<'_, Skyhaul>) -> Option<SimDuration> {
        self.draw_within(
            duration,
            ctx.shared().environment.faults.drone_failure_per_flight_hour,
        )
    }

    /// When something happens within this time that happens so often an hour, without memory, if so.
    pub(super) fn draw_within(&mut self, duration: SimDuration, rate_per_hour: f64) -> Option<SimDuration> {
        if rate_per_hour <= 0.0 {
            return None;
        }
        let seconds = self.random.exponential(3_600.0 / rate_per_hour);
        let span = SimDuration::from_seconds_f64(seconds);
        (span < duration).then_some(span)
    }

    pub(super) fn on_arrival_due(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if let DroneState::Flying(flight) = self.state() {
            self.log_flight(ctx.now());
            self.battery -= flight.energy;
            self.at = flight.to;
            self.altitude_m = self.spec(ctx.shared()).height_at(flight.arrival()).get();
            self.say_leg_ended(&flight, self.at, self.battery, ctx);
            self.restore_link(ctx);
            self.land(flight, ctx);
        }
    }

    /// Goes on with what comes after the flight.
    fn land(&mut self, flight: Flight, ctx: &mut Ctx<'_, Skyhaul>) {
        if flight.is_called_off {
            self.go_home(flight.parcel, ctx);
            return;
        }
        match (flight.purpose, flight.errand) {
            (LegPurpose::Pickup | LegPurpose::Dropoff, Some(errand)) => {
                self.handle_parcel(errand, flight.purpose, ctx);
            }
            (LegPurpose::Return | LegPurpose::Divert, Some(_)) => self.hand_back(flight.failure, ctx),
            _ => self.get_ready(ctx),
        }
    }

    /// Ends the leg where it is now, in the air.
    pub(super) fn cut_short(&mut self, flight: &Flight, ctx: &mut Ctx<'_, Skyhaul>) {
        self.log_flight(ctx.now());
        let (here, spent) = self.progress(flight, ctx.now(), ctx.shared());
        self.battery -= spent;
        self.at = here.at;
        self.say_leg_ended(flight, self.at, self.battery, ctx);
    }

    /// Ends the leg, if there is one, as a failure does. Its own state stays as it was.
    pub(super) fn fall(&self, ctx: &mut Ctx<'_, Skyhaul>) -> Fall {
        match self.state() {
            DroneState::Flying(flight) => {
                let (here, spent) = self.progress(&flight, ctx.now(), ctx.shared());
                let battery = self.battery - spent;
                self.say_leg_ended(&flight, here.at, battery, ctx);
                Fall {
                    at: here.at,
                    battery,
                    parcel_at: flight.parcel.map(|_| here.at),
                }
            }
            _ => self.lie(),
        }
    }

    /// How it lies where it stands; a leg that brought it here has ended.
    pub(super) fn lie(&self) -> Fall {
        Fall {
            at: self.at,
            battery: self.battery,
            parcel_at: self.has_parcel_on_ground().then_some(self.at),
        }
    }

    /// Whether it stands with a parcel away from home.
    pub(super) fn has_parcel_on_ground(&self) -> bool {
        match self.state() {
            DroneState::Unloading(_) => true,
            DroneState::Grounded(stay) => stay.parcel.is_some(),
            _ => false,
        }
    }

    /// When it lands, where it flies.
    pub(crate) fn lands_at(&self, surroundings: &Surroundings) -> Option<SimTime> {
        match self.state() {
            DroneState::Flying(flight) => self.plan(&flight, surroundings).ok().map(|plan| plan.arrives()),
            _ => None,
        }
    }

    /// Where it is on its leg, and what the leg has taken so far.
    pub(super) fn progress(
        &self,
        flight: &Flight,
        now: SimTime,
        surroundings: &Surroundings,
    ) -> (Departure, WattHours) {
        match self.plan(flight, surroundings) {
            Ok(plan) => plan.at(now),
            Err(_) => (flight.departure, WattHours::ZERO),
        }
    }

    fn say_leg_ended(&self, flight: &Flight, at: Position, battery: WattHours, ctx: &mut Ctx<'_, Skyhaul>) {
        ctx.emit(Event::LegEnded {
            drone: self.id,
            delivery: flight.errand.map(|errand| errand.id),
            at,
            battery,
        });
    }
}
