//! SG-3: drones give a delivery back so often, then it is for carriers.

use std::collections::BTreeMap;

use skyhaul_actors::scheduler::GIVEN_BACK_MAX;

use super::entry::{DroneReleased, Entry, What};
use super::{Checker, Findings};

/// Deliveries that drones have, or have given back.
#[derive(Default)]
pub(super) struct Attempts {
    open: BTreeMap<String, Tally>,
}

/// What came of giving a delivery to drones, since it was booked anew.
#[derive(Default)]
struct Tally {
    drone: Option<String>,
    given_back: u8,
    is_for_carriers: bool,
}

impl Checker for Attempts {
    fn apply(&mut self, entry: &Entry<'_>, findings: &mut Findings) {
        match &entry.what {
            What::DroneAssigned(assigned) => {
                let tally = self.open.entry(assigned.delivery.to_string()).or_default();
                tally.drone = Some(assigned.drone.to_string());
                if tally.is_for_carriers {
                    findings.object("SG-3", || {
                        format!(
                            "{} is given to a drone again, though for carriers",
                            assigned.delivery
                        )
                    });
                }
            }
            What::DroneReleased(released) => self.on_released(released, findings),
            What::DroneAssignmentRefused(refused) => {
                if let Some(tally) = self.open.get_mut(&*refused.delivery) {
                    tally.is_for_carriers |= &*refused.reason == "givenBackTooOften";
                    tally.given_back = 0;
                }
            }
            What::DeliveryRescheduled(rescheduled) => {
                self.open.remove(&*rescheduled.delivery);
            }
            What::DeliveryCompleted(completed) => {
                self.open.remove(&*completed.delivery);
            }
            What::DeliveryCancelled(cancelled) => {
                self.open.remove(&*cancelled.delivery);
            }
            _ => {}
        }
    }
}

impl Attempts {
    fn on_released(&mut self, released: &DroneReleased<'_>, findings: &mut Findings) {
        let tally = self.open.get_mut(&*released.delivery);
        let Some(tally) = tally.filter(|tally| tally.drone.as_deref() == Some(&*released.drone)) else {
            return;
        };
        tally.drone = None;
        match &*released.reason {
            "linkLost" | "noFlyZone" | "droneRefused" | "delayed" => {
                tally.given_back += 1;
                if tally.given_back > GIVEN_BACK_MAX {
                    findings.object("SG-3", || {
                        format!("drones gave {} back too often", released.delivery)
                    });
                }
            }
            "droneFailed" => tally.given_back = 0,
            _ => {}
        }
    }
}
