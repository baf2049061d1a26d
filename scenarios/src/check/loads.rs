//! DR-1 and DR-6: what a drone has to do, and what it carries.

use std::collections::BTreeMap;

use super::entry::{DroneCommissioned, Entry, Milli, What};
use super::{Checker, Findings};

/// What each drone has, and the deliveries that have not ended.
#[derive(Default)]
pub(super) struct Loads {
    drones: BTreeMap<String, Hold>,
    deliveries: BTreeMap<String, Wanted>,
}

/// A delivery that has not ended.
struct Wanted {
    weight: Milli,
    /// The drone that was given it last.
    drone: Option<String>,
}

/// A drone's hold.
struct Hold {
    payload_max: Milli,
    delivery: Option<String>,
    parcel: Option<Parcel>,
}

/// A parcel in a hold.
struct Parcel {
    delivery: String,
    weight: Milli,
    /// Its delivery was cancelled: it goes home with the drone.
    is_unwanted: bool,
}

impl Checker for Loads {
    fn apply(&mut self, entry: &Entry<'_>, findings: &mut Findings) {
        match &entry.what {
            What::DroneCommissioned(drone) => self.commission(drone),
            What::DeliveryRequested(request) => {
                let wanted = Wanted {
                    weight: request.weight_kg,
                    drone: None,
                };
                self.deliveries
                    .insert(request.delivery.clone().into_owned(), wanted);
            }
            What::DroneAssigned(assigned) => self.on_assigned(&assigned.delivery, &assigned.drone, findings),
            What::DroneReleased(released) => self.on_released(&released.delivery, &released.drone, findings),
            What::PackagePickedUp(handover) => {
                if let Some(drone) = &handover.drone {
                    self.on_picked_up(&handover.delivery, drone, findings);
                }
            }
            What::PackageDroppedOff(handover) => {
                if let Some(hold) = handover
                    .drone
                    .as_ref()
                    .and_then(|drone| self.drones.get_mut(&**drone))
                {
                    hold.parcel = None;
                    hold.delivery = None;
                }
            }
            What::LegStarted(leg) => self.weigh(&leg.drone, leg.payload_kg, findings),
            What::LegEnded(leg) if leg.delivery.is_none() => self.unload_unwanted(&leg.drone),
            // Where it stood at a depot already, it has no leg to there.
            What::ChargeStarted(charge) => self.unload_unwanted(&charge.drone),
            What::DroneFailed(failed) => {
                if let Some(hold) = self.drones.get_mut(&*failed.drone) {
                    hold.parcel = None;
                }
            }
            What::DeliveryCompleted(completed) => {
                self.deliveries.remove(&*completed.delivery);
            }
            What::DeliveryCancelled(cancelled) => self.on_cancelled(&cancelled.delivery),
            _ => {}
        }
    }
}

impl Loads {
    fn commission(&mut self, drone: &DroneCommissioned<'_>) {
        let hold = Hold {
            payload_max: drone.payload_max_kg,
            delivery: None,
            parcel: None,
        };
        self.drones.insert(drone.drone.clone().into_owned(), hold);
    }

    fn on_assigned(&mut self, delivery: &str, drone: &str, findings: &mut Findings) {
        let before = self
            .deliveries
            .get_mut(delivery)
            .and_then(|wanted| wanted.drone.replace(drone.to_owned()));
        if let Some(hold) = before.and_then(|before| self.drones.get_mut(&before)) {
            hold.delivery.take_if(|has| has == delivery);
        }
        let Some(hold) = self.drones.get_mut(drone) else {
            return;
        };
        if let Some(other) = hold.delivery.replace(delivery.to_owned()) {
            findings.object("DR-1", || format!("{drone} gets {delivery} but has {other}"));
        }
        if let Some(parcel) = &hold.parcel {
            let other = &parcel.delivery;
            findings.object("DR-1", || {
                format!("{drone} gets {delivery} but carries the parcel of {other}")
            });
        }
    }

    fn on_released(&mut self, delivery: &str, drone: &str, findings: &mut Findings) {
        let Some(hold) = self.drones.get_mut(drone) else {
            return;
        };
        if hold.delivery.take_if(|has| has == delivery).is_none() {
            findings.object("DR-1", || {
                format!("{drone} is released of {delivery}, which it has not")
            });
        }
    }

    fn on_picked_up(&mut self, delivery: &str, drone: &str, findings: &mut Findings) {
        let weight = self
            .deliveries
            .get(delivery)
            .map_or(Milli(0), |wanted| wanted.weight);
        let Some(hold) = self.drones.get_mut(drone) else {
            return;
        };
        let parcel = Parcel {
            delivery: delivery.to_owned(),
            weight,
            is_unwanted: false,
        };
        if let Some(other) = hold.parcel.replace(parcel) {
            let other = other.delivery;
            findings.object("DR-1", || {
                format!("{drone} takes the parcel of {delivery} and carries that of {other}")
            });
        }
    }

    fn on_cancelled(&mut self, delivery: &str) {
        let drone = self.deliveries.remove(delivery).and_then(|wanted| wanted.drone);
        let hold = drone.and_then(|drone| self.drones.get_mut(&drone));
        if let Some(parcel) = hold
            .and_then(|hold| hold.parcel.as_mut())
            .filter(|parcel| parcel.delivery == delivery)
        {
            parcel.is_unwanted = true;
        }
    }

    fn unload_unwanted(&mut self, drone: &str) {
        if let Some(hold) = self.drones.get_mut(drone) {
            hold.parcel.take_if(|parcel| parcel.is_unwanted);
        }
    }

    fn weigh(&self, drone: &str, payload: Milli, findings: &mut Findings) {
        let Some(hold) = self.drones.get(drone) else {
            return;
        };
        if payload > hold.payload_max {
            let max = hold.payload_max.unit();
            findings.object("DR-6", || {
                format!("{drone} takes off with {} kg, more than {max}", payload.unit())
            });
        }
        let carried = hold.parcel.as_ref().map_or(Milli(0), |parcel| parcel.weight);
        if payload != carried {
            findings.object("DR-6", || {
                format!(
                    "{drone} takes off with {} kg but carries {}",
                    payload.unit(),
                    carried.unit()
                )
            });
        }
    }
}
