//! EV-5 for drones: which there are. One of which nothing was said since it was commissioned, as of most in a large fleet, the other checkers do not
//! know yet: it is kept by name and kind, and they are shown it before the first line that names it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;

use super::Findings;
use super::entry::{DroneCommissioned, Milli, What};

/// All drones, by name.
#[derive(Default)]
pub(super) struct Roster {
    drones: BTreeMap<Box<str>, Drone>,
    /// Drones but for their names: all of a fleet are alike.
    kinds: Vec<DroneCommissioned<'static>>,
}

/// A drone that was commissioned.
enum Drone {
    /// The other checkers know it.
    Shown,
    /// They do not know it yet; of which kind it is.
    Kept(u32),
}

impl Roster {
    /// Takes in a drone; `false` where the other checkers are to be shown the line, as it may be wrong.
    pub(super) fn keep(&mut self, drone: &DroneCommissioned<'_>, findings: &mut Findings) -> bool {
        match self.drones.entry(drone.drone.as_ref().into()) {
            Place::Occupied(mut before) => {
                findings.object("EV-5", || format!("{} is commissioned twice", drone.drone));
                before.insert(Drone::Shown);
                false
            }
            Place::Vacant(place) => {
                let kind = kind_of(drone, &mut self.kinds);
                let is_kept = kind.is_some();
                place.insert(kind.map_or(Drone::Shown, Drone::Kept));
                is_kept
            }
        }
    }

    /// A line names a drone; gives what the other checkers are to be shown before it.
    pub(super) fn call(&mut self, name: &str, findings: &mut Findings) -> Option<What<'static>> {
        let Some(drone) = self.drones.get_mut(name) else {
            findings.object("EV-5", || format!("{name} was never commissioned"));
            return None;
        };
        match std::mem::replace(drone, Drone::Shown) {
            Drone::Shown => None,
            Drone::Kept(kind) => {
                let kind = &self.kinds[kind as usize];
                Some(What::DroneCommissioned(kind.called(name.to_owned())))
            }
        }
    }
}

/// Of which kind it is; none where its battery cannot hold what it is said to, for others to object.
fn kind_of(drone: &DroneCommissioned<'_>, kinds: &mut Vec<DroneCommissioned<'static>>) -> Option<u32> {
    if !(Milli(0)..=drone.capacity_wh).contains(&drone.battery_wh) {
        return None;
    }
    let kind = drone.called(String::new());
    if kinds.last() != Some(&kind) {
        kinds.push(kind);
    }
    u32::try_from(kinds.len() - 1).ok()
}
