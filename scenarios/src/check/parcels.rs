//! PK-1 to PK-4: where parcels are, and who has them.

use std::collections::BTreeMap;

use super::entry::{By, Entry, Handover, What};
use super::geometry::Point;
use super::{Checker, Findings};

/// How far from its place a parcel may change hands, m.
const HANDOVER_MAX_M: f64 = 100.0;

/// Every parcel that has not arrived, and where drones stand.
#[derive(Default)]
pub(super) struct Parcels {
    parcels: BTreeMap<String, Parcel>,
    drones: BTreeMap<String, Stand>,
}

struct Parcel {
    place: Place,
    dropoff: Point,
    /// Who was given the delivery last.
    given_to: Option<Carrier>,
}

enum Place {
    Lying(Point),
    With(Carrier),
    Arrived(Carrier),
}

/// Whoever carries.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Carrier {
    Drone(String),
    Other(String),
}

struct Stand {
    at: Point,
    is_flying: bool,
    /// The delivery whose parcel it carries.
    carries: Option<String>,
}

impl Checker for Parcels {
    fn apply(&mut self, entry: &Entry<'_>, findings: &mut Findings) {
        match &entry.what {
            What::DroneCommissioned(_)
            | What::LegStarted(_)
            | What::LegEnded(_)
            | What::DroneFailed(_)
            | What::DroneRecovered(_) => self.follow_drone(&entry.what),
            What::DeliveryRequested(request) => {
                let parcel = Parcel {
                    place: Place::Lying(request.pickup),
                    dropoff: request.dropoff,
                    given_to: None,
                };
                self.parcels.insert(request.delivery.clone().into_owned(), parcel);
            }
            What::DroneAssigned(assigned) => self.give(
                &assigned.delivery,
                Some(Carrier::Drone(assigned.drone.clone().into_owned())),
            ),
            What::DroneReleased(released) => self.give(&released.delivery, None),
            What::CarrierBooked(booked) => {
                self.give(
                    &booked.delivery,
                    Some(Carrier::Other(booked.carrier.clone().into_owned())),
                );
            }
            What::CarrierFailed(failed) => {
                self.on_carrier_failed(&failed.delivery, &failed.carrier, failed.at, findings);
            }
            What::PackagePickedUp(handover) => self.on_picked_up(handover, findings),
            What::PackageDroppedOff(handover) => self.on_dropped_off(handover, findings),
            What::DeliveryRescheduled(changed) => {
                self.on_rescheduled(&changed.delivery, changed.pickup, changed.dropoff, findings);
            }
            What::DeliveryCompleted(completed) => {
                self.on_completed(&completed.delivery, completed.by, findings);
            }
            What::DeliveryCancelled(cancelled) => {
                self.parcels.remove(&*cancelled.delivery);
            }
            _ => {}
        }
    }
}

impl Parcels {
    fn follow_drone(&mut self, what: &What<'_>) {
        let (drone, at, is_flying) = match what {
            What::DroneCommissioned(drone) => (&drone.drone, drone.at, false),
            What::LegStarted(leg) => {
                if let Some(stand) = self.drones.get_mut(&*leg.drone) {
                    stand.is_flying = true;
                }
                return;
            }
            What::LegEnded(leg) => (&leg.drone, leg.at, false),
            What::DroneFailed(failed) => (&failed.drone, failed.at, false),
            What::DroneRecovered(recovered) => (&recovered.drone, recovered.at, false),
            _ => return,
        };
        let carries = self
            .drones
            .get_mut(&**drone)
            .and_then(|stand| stand.carries.take());
        let falls = matches!(what, What::DroneFailed(_));
        if let Some(parcel) = carries
            .as_ref()
            .filter(|_| falls)
            .and_then(|delivery| self.parcels.get_mut(delivery))
        {
            parcel.place = Place::Lying(at);
        }
        let stand = Stand {
            at,
            is_flying,
            carries: carries.filter(|_| !falls),
        };
        self.drones.insert(drone.clone().into_owned(), stand);
    }

    fn give(&mut self, delivery: &str, to: Option<Carrier>) {
        if let Some(parcel) = self.parcels.get_mut(delivery) {
            parcel.given_to = to;
        }
    }

    fn on_picked_up(&mut self, handover: &Handover<'_>, findings: &mut Findings) {
        let delivery = &handover.delivery;
        let by = carrier(handover);
        self.look_at_drone(handover, findings);
        let Some(parcel) = self.parcels.get_mut(&**delivery) else {
            return;
        };
        match parcel.place {
            Place::Lying(place) => look_at_distance(delivery, place, handover.at, findings),
            Place::With(_) | Place::Arrived(_) => {
                findings.object("PK-1", || {
                    format!("the parcel of {delivery} is picked up, but lies nowhere")
                });
            }
        }
        if parcel.given_to != by {
            findings.object("PK-3", || {
                format!(
                    "{by:?} picks up the parcel of {delivery}, which {:?} has",
                    parcel.given_to
                )
            });
        }
        let Some(by) = by else { return };
        if let Carrier::Drone(drone) = &by
            && let Some(stand) = self.drones.get_mut(drone)
        {
            stand.carries = Some(delivery.clone().into_owned());
        }
        parcel.place = Place::With(by);
    }

    fn on_dropped_off(&mut self, handover: &Handover<'_>, findings: &mut Findings) {
        let delivery = &handover.delivery;
        self.look_at_drone(handover, findings);
        if let Some(stand) = handover
            .drone
            .as_ref()
            .and_then(|drone| self.drones.get_mut(&**drone))
        {
            stand.carries = None;
        }
        let Some(parcel) = self.parcels.get_mut(&**delivery) else {
            return;
        };
        look_at_distance(delivery, parcel.dropoff, handover.at, findings);
        match (&parcel.place, carrier(handover)) {
            (Place::With(has), Some(by)) if *has == by => parcel.place = Place::Arrived(by),
            (_, by) => {
                findings.object("PK-1", || {
                    format!("{by:?} puts down the parcel of {delivery}, but has it not")
                });
            }
        }
    }

    /// PK-4: who hands over stands there.
    fn look_at_drone(&self, handover: &Handover<'_>, findings: &mut Findings) {
        let Some(name) = &handover.drone else { return };
        let Some(stand) = self.drones.get(&**name) else {
            return;
        };
        let away_m = stand.at.distance_m(handover.at);
        if stand.is_flying || away_m > HANDOVER_MAX_M {
            let does = if stand.is_flying {
                "flies"
            } else {
                "stands elsewhere"
            };
            findings.object("PK-4", || {
                format!("{name} hands over the parcel of {} but {does}", handover.delivery)
            });
        }
    }

    fn on_carrier_failed(&mut self, delivery: &str, carrier: &str, at: Point, findings: &mut Findings) {
        let Some(parcel) = self.parcels.get_mut(delivery) else {
            return;
        };
        match &parcel.place {
            Place::With(Carrier::Other(has)) if has == carrier => {}
            Place::Lying(place) => look_at_distance(delivery, *place, at, findings),
            Place::With(_) | Place::Arrived(_) => {
                findings.object("PK-1", || {
                    format!("{carrier} puts back the parcel of {delivery}, but has it not")
                });
            }
        }
        parcel.place = Place::Lying(at);
        parcel.given_to = None;
    }

    /// What is asked anew is asked of a parcel that lies where its client says.
    fn on_rescheduled(&mut self, delivery: &str, pickup: Point, dropoff: Point, findings: &mut Findings) {
        let Some(parcel) = self.parcels.get_mut(delivery) else {
            return;
        };
        if !matches!(parcel.place, Place::Lying(_)) {
            findings.object("PK-1", || {
                format!("{delivery} is rescheduled while its parcel is under way")
            });
        }
        parcel.place = Place::Lying(pickup);
        parcel.dropoff = dropoff;
    }

    fn on_completed(&mut self, delivery: &str, by: By, findings: &mut Findings) {
        let Some(parcel) = self.parcels.remove(delivery) else {
            return;
        };
        let brought_by = match parcel.place {
            Place::Arrived(Carrier::Drone(_)) => Some(By::Drone),
            Place::Arrived(Carrier::Other(_)) => Some(By::Carrier),
            Place::Lying(_) | Place::With(_) => None,
        };
        match brought_by {
            None => findings.object("PK-1", || {
                format!("{delivery} is completed, but its parcel has not arrived")
            }),
            Some(brought_by) if brought_by != by => {
                findings.object("PK-3", || {
                    format!("{delivery} was brought by {brought_by:?}, not {by:?}")
                });
            }
            Some(_) => {}
        }
    }
}

/// Who hands over; nobody where the line names none.
fn carrier(handover: &Handover<'_>) -> Option<Carrier> {
    let drone = handover
        .drone
        .as_ref()
        .map(|drone| Carrier::Drone(drone.clone().into_owned()));
    drone.or_else(|| {
        handover
            .carrier
            .as_ref()
            .map(|carrier| Carrier::Other(carrier.clone().into_owned()))
    })
}

/// PK-2: parcels change hands at their place.
fn look_at_distance(delivery: &str, place: Point, at: Point, findings: &mut Findings) {
    let away_m = place.distance_m(at);
    if away_m > HANDOVER_MAX_M {
        findings.object("PK-2", || {
            format!("the parcel of {delivery} changes hands {away_m:.0} m from its place")
        });
    }
}
