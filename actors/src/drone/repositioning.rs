//! A drone that moves to another depot, where drones are wanted.

use skyhaul_engine::kernel::Ctx;

use super::flying::Flight;
use super::replanning::Turning;
use super::{Drone, DroneState};
use crate::atlas;
use crate::event::{Event, LegPurpose};
use crate::ids::DepotId;
use crate::scheduler::SchedulerMessage;
use crate::tree::Skyhaul;

impl Drone {
    /// Belongs to another depot and flies there, where it stands ready, is about to fly home or does so, and gets there with its reserve. Else it
    /// stays where it belongs, and says so.
    pub(super) fn on_reposition(&mut self, depot: DepotId, ctx: &mut Ctx<'_, Skyhaul>) {
        let home = self.depot;
        let has_moved = match self.state() {
            DroneState::Unloading(_) => {
                self.move_home(depot, ctx);
                true
            }
            DroneState::Idle => {
                let surroundings = ctx.shared_arc();
                let here = self.homewards(self.standing(ctx.now()), None, &surroundings);
                let turning = self.turning(here, ctx.now(), &surroundings);
                self.fly_to_new_home(depot, &turning, ctx)
            }
            DroneState::Flying(flight)
                if flight.is_homeward() && !self.is_recalled && !self.is_out_of_reach() =>
            {
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

    fn move_home(&mut self, depot: DepotId, ctx: &mut Ctx<'_, Skyhaul>) {
        let drone = self.id;
        ctx.emit(Event::DroneMoved { drone, depot });
        (self.depot, self.berth) = (depot, depot);
    }

    /// Takes off for a depot, or turns there; `false` where it does not get there with its reserve.
    fn fly_to_new_home(&mut self, depot: DepotId, turning: &Turning<'_>, ctx: &mut Ctx<'_, Skyhaul>) -> bool {
        let flight = Flight {
            purpose: LegPurpose::Reposition,
            departure: turning.here,
            to: turning.surroundings.environment.depot(depot).at,
            ..self.homewards(turning.here, None, turning.surroundings)
        };
        let reserve = self.spec(turning.surroundings).reserve_energy();
        let Ok(plan) = self.plan(&flight, turning.surroundings) else {
            return false;
        };
        if plan.energy + reserve > turning.battery {
            return false;
        }
        if let DroneState::Flying(homeward) = self.state() {
            self.cut_short(&homeward, ctx);
        }
        self.move_home(depot, ctx);
        self.depart(flight, plan, ctx);
        true
    }
}
