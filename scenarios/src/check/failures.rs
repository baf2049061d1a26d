//! DR-5: a failed drone stays on the ground.

use std::collections::BTreeSet;

use super::entry::{Entry, What};
use super::{Checker, Findings};

/// Drones that fly, and drones that are failed.
#[derive(Default)]
pub(super) struct Failures {
    flying: BTreeSet<String>,
    failed: BTreeSet<String>,
}

impl Checker for Failures {
    fn apply(&mut self, entry: &Entry<'_>, findings: &mut Findings) {
        match &entry.what {
            What::LegStarted(leg) => {
                self.flying.insert(leg.drone.clone().into_owned());
                self.refuse_failed(&leg.drone, "takes off", findings);
            }
            What::LegEnded(leg) => {
                self.flying.remove(&*leg.drone);
            }
            What::DroneAssigned(assigned) => self.refuse_failed(&assigned.drone, "gets a delivery", findings),
            What::DroneFailed(failed) => {
                if self.flying.remove(&*failed.drone) {
                    findings.object("DR-5", || format!("{} fails before its leg ended", failed.drone));
                }
                self.failed.insert(failed.drone.clone().into_owned());
            }
            What::DroneRecovered(recovered) => self.on_recovered(&recovered.drone, findings),
            _ => {}
        }
    }
}

impl Failures {
    fn on_recovered(&mut self, drone: &str, findings: &mut Findings) {
        if !self.failed.remove(drone) {
            findings.object("DR-5", || format!("{drone} recovers, but had not failed"));
        }
    }

    fn refuse_failed(&self, drone: &str, does: &str, findings: &mut Findings) {
        if self.failed.contains(drone) {
            findings.object("DR-5", || format!("{drone} {does} while it is failed"));
        }
    }
}
