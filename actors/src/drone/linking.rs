//! A drone that nobody can reach: its link is lost for a while.
//!
//! ```text
//! Flying(pickup | dropoff) ──LinkLossDue──► hovers, up to a minute ──LinkBackDue──► flies on
//!                                              └──LinkWaitDue──► Flying(return), with the parcel where it has one
//! Flying(home | elsewhere) ──LinkLossDue──► flies on
//! Flying ──lands──► its link is back
//! ```
//!
//! Meanwhile no word of dispatch or of an operator reaches it: it takes nothing new, and what it is told to let go of it lets go of once its link is
//! back. Zones are told to all who fly, not to each: those it hears of.

use std::num::NonZeroU32;

use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Metres;

use super::flying::Flight;
use super::replanning::Turning;
use super::{Drone, DroneMessage, DroneState};
use crate::atlas;
use crate::event::{DroneFailure, Event, LegPurpose, ReleaseReason};
use crate::flight::Manoeuvre;
use crate::scheduler::SchedulerMessage;
use crate::tree::{Skyhaul, Surroundings};

/// How long a drone hovers for its link: as a lost-link procedure is set for routes of some minutes. It is less than the reserve holds for many times over.
const LINK_WAIT: SimDuration = SimDuration::from_mins(1);

/// How long a link is lost, in the mean, without memory: an assumption, since nobody publishes it. So about every third drone that hovers comes home.
const LOST_FOR_MEAN_S: f64 = 60.0;

impl Drone {
    /// Whether nobody can reach it.
    pub(super) const fn is_out_of_reach(&self) -> bool {
        self.link_lost_in.is_some()
    }

    /// When its link is lost on a flight of this length, if so: by flight hour, without memory.
    pub(super) fn draw_link_loss(
        &mut self,
        duration: SimDuration,
        ctx: &Ctx<'_, Skyhaul>,
    ) -> Option<SimDuration> {
        let rate_per_hour = ctx.shared().environment.faults.link_loss_per_flight_hour;
        if self.is_out_of_reach() {
            return None;
        }
        self.draw_within(duration, rate_per_hour)
    }

    pub(super) fn on_link_loss_due(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        let DroneState::Flying(flight) = self.state() else {
            return;
        };
        let surroundings = ctx.shared_arc();
        let turning = self.turning(flight, ctx.now(), &surroundings);
        // It has not left the ground yet, by the millimetres in which heights are kept: who stands beside it reaches it.
        if Metres::new(turning.here.altitude_m) == Metres::ZERO {
            return;
        }
        self.link_lost_in = NonZeroU32::new(self.generation);
        ctx.emit(Event::LinkLost {
            drone: self.id,
            at: turning.here.at,
        });
        let drone = self.id;
        ctx.send(
            atlas::scheduler(ctx.region()),
            SchedulerMessage::DroneOutOfReach { drone },
        );
        let lost_for = SimDuration::from_seconds_f64(self.random.exponential(LOST_FOR_MEAN_S));
        let generation = self.generation;
        ctx.send_in(
            lost_for,
            ctx.me::<Self>(),
            DroneMessage::LinkBackDue { generation },
        );
        if flight.is_on_mission() {
            self.hover_for_link(&turning, ctx);
        }
    }

    /// Hovers where it may; else it does at once what it would do after that.
    fn hover_for_link(&mut self, turning: &Turning<'_>, ctx: &mut Ctx<'_, Skyhaul>) {
        let until = ctx.now() + LINK_WAIT;
        match self.try_out(turning, Manoeuvre::Hold { until }) {
            Some((hovering, plan)) => {
                self.go_round(&turning.flight, hovering, plan, ctx);
                let generation = self.generation;
                ctx.send_at(until, ctx.me::<Self>(), DroneMessage::LinkWaitDue { generation });
            }
            None => self.turn_back(turning, ReleaseReason::LinkLost, ctx),
        }
    }

    /// It has hovered for its link as long as it does.
    pub(super) fn on_link_wait_due(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if let DroneState::Flying(flight) = self.state()
            && self.is_out_of_reach()
        {
            let surroundings = ctx.shared_arc();
            let turning = self.turning(flight, ctx.now(), &surroundings);
            self.turn_back(&turning, ReleaseReason::LinkLost, ctx);
        }
    }

    /// Its link is back: it does what it was told meanwhile, or goes on with what it had begun.
    pub(super) fn on_link_back_due(&mut self, lost_in: u32, ctx: &mut Ctx<'_, Skyhaul>) {
        let DroneState::Flying(flight) = self.state() else {
            return;
        };
        if self.link_lost_in.map(NonZeroU32::get) != Some(lost_in) {
            return;
        }
        self.restore_link(ctx);
        if flight.is_called_off {
            self.turn_home(flight, ctx);
        } else if self.is_recalled && flight.purpose == LegPurpose::Pickup {
            self.heed_recall(ctx);
        } else if flight.is_on_mission() {
            let surroundings = ctx.shared_arc();
            let turning = self.turning(flight, ctx.now(), &surroundings);
            self.go_on_sooner(&turning, ctx);
        } else if flight.is_homeward() && !self.is_recalled {
            if let Ok(plan) = self.plan(&flight, ctx.shared()) {
                self.say_homeward(flight, plan.arrives(), ctx);
            }
        } else {
            self.bring_after_all(flight, ctx);
        }
    }

    /// Turns to the drop-off again with a parcel that it brings back, where it may and the battery lasts.
    fn bring_after_all(&mut self, flight: Flight, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some(errand) = flight.errand.filter(|_| flight.failure == DroneFailure::LinkLost) else {
            return;
        };
        let surroundings = ctx.shared_arc();
        let here = self.turning(flight, ctx.now(), &surroundings);
        let to = errand.errand.dropoff;
        let turning = Turning {
            flight: Flight::towards(LegPurpose::Dropoff, to, errand, here.here),
            ..here
        };
        if let Some((onward, plan)) = self.try_out(&turning, Manoeuvre::Direct) {
            self.leave_berth(ctx);
            self.go_round(&flight, onward, plan, ctx);
        }
    }

    /// What lands is at a depot, or by people: its link is back.
    pub(super) fn restore_link(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.link_lost_in.take().is_some() {
            ctx.emit(Event::LinkRestored { drone: self.id });
        }
    }

    /// A flight under way, where it is now.
    pub(super) fn turning<'a>(
        &self,
        flight: Flight,
        now: SimTime,
        surroundings: &'a Surroundings,
    ) -> Turning<'a> {
        let (here, spent) = self.progress(&flight, now, surroundings);
        Turning {
            flight,
            here,
            battery: self.battery - spent,
            surroundings,
        }
    }
}
