//! A drone that moves to another depot, where drones are wanted.

use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::SimTime;

use super::flying::Flight;
use super::replanning::Turning;
use super::{Drone, DroneState};
use crate::atlas;
use crate::event::{Event, LegPurpose};
use crate::flight::FlightPlan;
use crate::ids::DepotId;
use crate::scheduler::SchedulerMessage;
use crate::tree::{Skyhaul, Surroundings};

impl Drone {
    /// Belongs to another depot and flies there, where it stands ready, is about to fly home or does so, and gets there with its reserve. Else it
    /// stays where it belongs, and says so.
    pub(super) fn on_reposition(&mut self, depot: DepotId, ctx: &mut Ctx<'_, Skyhaul>) {
        let home = self.depot;
        let has_moved = match self.state() {
            DroneState::Unloading(_) => {
                let surroundings = ctx.shared_arc();
                let can_go = self
                    .way_to_new_home(depot, &self.setting_out(ctx.now(), &surroundings))
                    .is_some();
                if can_go {
                    self.move_home(depot, ctx);
                }
                can_go
            }
            DroneState::Idle => {
                let surroundings = ctx.shared_arc();
                let turning = self.setting_out(ctx.now(), &surroundings);
                self.fly_to_new_home(depot, &turning, ctx)
            }
            DroneState::Flying(flight) if flight.is_homeward() && self.takes_in_air(ctx) => {
                let surroundings = ctx.shared_arc();
                let turning = self.turning(flight, ctx.now(), &surroundings);
                self.fly_to_new_home(depot, &turning, ctx)
            }
            _ => false,
        };
        if !has_moved {
            let drone = self.id;
            let message = SchedulerMessage::RepositionRefused { drone, home };
            ctx.send(atlas::scheduler(ctx.region()), message);
            if self.state() == DroneState::Idle {
                self.stand_by(ctx);
            }
        }
    }

    /// As it leaves from where it stands, with nothing.
    fn setting_out<'a>(&self, now: SimTime, surroundings: &'a Surroundings) -> Turning<'a> {
        let here = self.standing(now);
        Turning {
            flight: self.homewards(here, None, surroundings),
            here,
            battery: self.battery,
            surroundings,
        }
    }

    /// The way to a depot, where there is one on which it keeps its reserve.
    fn way_to_new_home(&self, depot: DepotId, turning: &Turning<'_>) -> Option<(Flight, FlightPlan)> {
        let flight = Flight {
            purpose: LegPurpose::Reposition,
            departure: turning.here,
            to: turning.surroundings.environment.depot(depot).at,
            ..self.homewards(turning.here, None, turning.surroundings)
        };
        let reserve = self.spec(turning.surroundings).reserve_energy();
        let plan = self.plan(&flight, turning.surroundings).ok()?;
        (plan.energy + reserve <= turning.battery).then_some((flight, plan))
    }

    /// Leaves for home with nothing, or for its new one, where it has been moved since its parcel came out.
    pub(super) fn on_leave_due(&mut self, was_home: DepotId, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        match self.way_to_new_home(self.depot, &self.setting_out(ctx.now(), &surroundings)) {
            Some((flight, plan)) if self.depot != was_home => self.depart(flight, plan, ctx),
            _ => self.go_home(None, ctx),
        }
    }

    fn move_home(&mut self, depot: DepotId, ctx: &mut Ctx<'_, Skyhaul>) {
        let drone = self.id;
        ctx.emit(Event::DroneMoved { drone, depot });
        (self.depot, self.berth) = (depot, depot);
    }

    /// Takes off for a depot, or turns there; `false` where it does not get there with its reserve.
    fn fly_to_new_home(&mut self, depot: DepotId, turning: &Turning<'_>, ctx: &mut Ctx<'_, Skyhaul>) -> bool {
        let Some((flight, plan)) = self.way_to_new_home(depot, turning) else {
            return false;
        };
        if let DroneState::Flying(homeward) = self.state() {
            self.cut_short(&homeward, ctx);
        }
        self.move_home(depot, ctx);
        self.depart(flight, plan, ctx);
        true
    }
}
