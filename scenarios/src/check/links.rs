//! LK-1: drones that nobody can reach.

use std::collections::BTreeSet;

use super::entry::{Entry, What};
use super::{Checker, Findings};

/// Drones in the air, and drones whose link is lost.
#[derive(Default)]
pub(super) struct Links {
    flying: BTreeSet<String>,
    lost: BTreeSet<String>,
}

impl Checker for Links {
    fn apply(&mut self, entry: &Entry<'_>, findings: &mut Findings) {
        match &entry.what {
            What::LegStarted(leg) => {
                self.flying.insert(leg.drone.clone().into_owned());
            }
            What::LegEnded(leg) => {
                self.flying.remove(&*leg.drone);
            }
            What::LinkLost(lost) => {
                if !self.flying.contains(&*lost.drone) {
                    findings.object("LK-1", || format!("{} loses its link on the ground", lost.drone));
                }
                if !self.lost.insert(lost.drone.clone().into_owned()) {
                    findings.object("LK-1", || format!("{} loses its link twice", lost.drone));
                }
            }
            What::LinkRestored(restored) if !self.lost.remove(&*restored.drone) => {
                findings.object("LK-1", || {
                    format!("{} has its link back, but had not lost it", restored.drone)
                });
            }
            What::DroneFailed(failed) => {
                self.lost.remove(&*failed.drone);
            }
            What::ChargeStarted(charge) if self.lost.contains(&*charge.drone) => {
                findings.object("LK-1", || {
                    format!("{} stands on a pad without its link", charge.drone)
                });
            }
            _ => {}
        }
    }
}
