//! The policy that a plan names, with what it remembers.

use serde::{Deserialize, Serialize};

use super::policy::{Adaptive, Batch, Load, Nearest, Pace, Policy, Pressure};
use crate::environment::{Dispatch, DispatchPolicy};

/// What the policies remember. The plan may come to name another one ([`crate::world::World::branch`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pacing {
    pressure: Pressure,
}

impl Pacing {
    /// How the plan's policy deals with requests while things are so.
    pub fn pace(&mut self, plan: &Dispatch, load: Load) -> Pace {
        let interval = plan.interval;
        match plan.policy {
            DispatchPolicy::Nearest => Nearest.pace(load),
            DispatchPolicy::Batch => Batch { interval }.pace(load),
            DispatchPolicy::Adaptive => {
                let mut policy = Adaptive {
                    interval,
                    pressure: self.pressure,
                };
                let pace = policy.pace(load);
                self.pressure = policy.pressure;
                pace
            }
        }
    }
}
