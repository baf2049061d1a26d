//! WX-1, WX-2: depots that the weather, or an operator, keeps on the ground.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::{Entry, Grounding, LegStarted, Micros, Purpose, What};
use super::{Checker, Findings};

/// Groundings that are not the weather's: drones finish then what they have begun.
const NOT_BY_WEATHER: [&str; 2] = ["operator", "outage"];

/// Depots on the ground, and where drones belong.
#[derive(Default)]
pub(super) struct Groundings {
    /// Reasons by depot.
    grounded: BTreeMap<String, BTreeSet<String>>,
    homes: BTreeMap<String, String>,
    /// When a drone last ended a leg: one that starts another at that instant is in the air.
    ended: BTreeMap<String, Micros>,
}

impl Checker for Groundings {
    fn apply(&mut self, entry: &Entry<'_>, findings: &mut Findings) {
        match &entry.what {
            What::DroneCommissioned(drone) => {
                self.homes
                    .insert(drone.drone.clone().into_owned(), drone.depot.clone().into_owned());
            }
            What::DroneMoved(moved) => {
                self.homes
                    .insert(moved.drone.clone().into_owned(), moved.depot.clone().into_owned());
            }
            What::FleetGrounded(grounding) => self.on_grounded(grounding, findings),
            What::FleetReleased(grounding) => self.on_released(grounding, findings),
            What::LegStarted(leg) => self.on_started(leg, entry.t, findings),
            What::LegEnded(leg) => {
                self.ended.insert(leg.drone.clone().into_owned(), entry.t);
            }
            _ => {}
        }
    }
}

impl Groundings {
    fn on_grounded(&mut self, grounding: &Grounding<'_>, findings: &mut Findings) {
        let reasons = self
            .grounded
            .entry(grounding.depot.clone().into_owned())
            .or_default();
        if !reasons.insert(grounding.reason.clone().into_owned()) {
            findings.object("WX-1", || {
                format!("{} is grounded for {} twice", grounding.depot, grounding.reason)
            });
        }
    }

    fn on_released(&mut self, grounding: &Grounding<'_>, findings: &mut Findings) {
        let reasons = self.grounded.get_mut(&*grounding.depot);
        if !reasons.is_some_and(|reasons| reasons.remove(&*grounding.reason)) {
            findings.object("WX-1", || {
                format!(
                    "{} is released, but was not grounded for {}",
                    grounding.depot, grounding.reason
                )
            });
        }
    }

    fn on_started(&self, leg: &LegStarted<'_>, now: Micros, findings: &mut Findings) {
        let is_in_the_air = self.ended.get(&*leg.drone) == Some(&now);
        let by_weather = self
            .homes
            .get(&*leg.drone)
            .and_then(|home| self.grounded.get(home))
            .and_then(|reasons| {
                reasons
                    .iter()
                    .find(|reason| !NOT_BY_WEATHER.contains(&reason.as_str()))
            });
        // Away from home a drone may hang on its winch, in the air.
        if let Some(reason) = by_weather
            && leg.purpose == Purpose::Pickup
            && !is_in_the_air
        {
            findings.object("WX-2", || {
                format!(
                    "{} takes off while {reason} keeps its depot on the ground",
                    leg.drone
                )
            });
        }
    }
}
