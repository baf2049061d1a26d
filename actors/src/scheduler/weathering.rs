//! Weather: when it grounds a depot's drones, and when it lets them fly again.
//!
//! The plan says what the weather will be, so each depot has one timer, for the next row at which that changes.

use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::SimDuration;

use super::{Scheduler, SchedulerMessage};
use crate::ids::DepotId;
use crate::tree::Skyhaul;

/// Where a timer could not be handled, it is set again so much later.
const AGAIN: SimDuration = SimDuration::from_secs(1);

impl Scheduler {
    /// Grounds or releases a depot's drones as the weather now has it, and sets the timer for the next time at which that changes.
    pub(super) fn on_weather_due(&mut self, depot: DepotId, is_new_plan: bool, ctx: &mut Ctx<'_, Skyhaul>) {
        let now = ctx.now();
        let is_outdated = self.weather_due.get(&depot).is_some_and(|due| *due > now);
        if is_outdated && !is_new_plan {
            return;
        }
        let surroundings = ctx.shared_arc();
        let environment = &*surroundings.environment;
        match (
            self.fleet.grounded_by_weather(depot),
            environment.grounding(depot, now),
        ) {
            (None, Some(reason)) => self.on_ground_depot(depot, reason, ctx),
            (Some(reason), None) => self.on_release_depot(depot, reason, ctx),
            (Some(_), Some(_)) | (None, None) => {}
        }
        match environment.next_grounding_change(depot, now) {
            Some(due) => {
                self.weather_due.insert(depot, due);
                let message = SchedulerMessage::WeatherDue {
                    depot,
                    is_new_plan: false,
                };
                ctx.send_at(due, ctx.me::<Self>(), message);
            }
            None => {
                self.weather_due.remove(&depot);
            }
        }
    }

    /// Has the weather looked at again, where that failed too often.
    pub(super) fn look_at_weather_again(depot: DepotId, ctx: &mut Ctx<'_, Skyhaul>) {
        let message = SchedulerMessage::WeatherDue {
            depot,
            is_new_plan: true,
        };
        ctx.send_in(AGAIN, ctx.me::<Self>(), message);
    }
}
