//! SG-1, and EV-5 for deliveries: every one ends once, and nothing is said of those that are not there.

use std::collections::BTreeMap;

use super::entry::{Entry, Micros, What};
use super::{Checker, Findings};

/// The deliveries that are not over.
#[derive(Default)]
pub(super) struct Deliveries {
    open: BTreeMap<String, Open>,
    now: Micros,
    /// Deliveries that ended at the present instant: what was under way about them may still be said.
    ended_now: Vec<String>,
}

/// A delivery that is not over.
#[derive(Default)]
struct Open {
    /// Completed or cancelled, at this instant or before a drone lets go of it.
    is_ended: bool,
    has_drone: bool,
    /// When its parcel arrived.
    arrived_at: Option<Micros>,
    /// Until when it may wait for what its receiver must give.
    confirmed_by: Option<Micros>,
}

impl Checker for Deliveries {
    fn apply(&mut self, entry: &Entry<'_>, findings: &mut Findings) {
        if entry.t > self.now {
            self.end_instant();
            self.now = entry.t;
        }
        match &entry.what {
            What::DeliveryRequested(request) => self.on_requested(&request.delivery, findings),
            What::DroneAssigned(assigned) => {
                if let Some(open) = self.look_up(&assigned.delivery, findings) {
                    open.has_drone = true;
                }
            }
            What::DroneReleased(released) => self.on_released(&released.delivery, findings),
            What::CarrierBooked(booked) => {
                self.look_up(&booked.delivery, findings);
            }
            What::CarrierFailed(failed) => {
                self.look_up(&failed.delivery, findings);
            }
            What::DroneAssignmentRefused(refused) => {
                self.look_up(&refused.delivery, findings);
            }
            What::DeliveryRescheduled(rescheduled) => {
                self.look_up(&rescheduled.delivery, findings);
            }
            What::PackagePickedUp(handover) => {
                self.look_up(&handover.delivery, findings);
            }
            What::PackageDroppedOff(handover) => {
                if let Some(open) = self.look_up(&handover.delivery, findings) {
                    open.arrived_at = Some(entry.t);
                    open.has_drone = false;
                }
            }
            What::ConfirmationAwaited(awaited) => {
                if let Some(open) = self.look_up(&awaited.delivery, findings) {
                    open.confirmed_by = Some(awaited.until_t);
                }
            }
            What::LegStarted(leg) => {
                if let Some(delivery) = &leg.delivery {
                    self.look_up(delivery, findings);
                }
            }
            What::DeliveryCompleted(completed) => self.on_ended(&completed.delivery, findings),
            What::DeliveryCancelled(cancelled) => self.on_ended(&cancelled.delivery, findings),
            _ => {}
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        for (delivery, open) in &self.open {
            let ends_by = open.confirmed_by.or(open.arrived_at);
            if !open.is_ended && ends_by.is_some_and(|ends_by| ends_by < self.now) {
                findings.object("SG-1", || {
                    format!("the parcel of {delivery} arrived, but the delivery never ended")
                });
            }
        }
    }
}

impl Deliveries {
    fn on_requested(&mut self, delivery: &str, findings: &mut Findings) {
        if self.open.insert(delivery.to_owned(), Open::default()).is_some() {
            findings.object("SG-1", || {
                format!("{delivery} is requested again before it ended")
            });
        }
    }

    /// Time moves on: what ended is over, but where a drone still has to let go of it.
    fn end_instant(&mut self) {
        for delivery in self.ended_now.drain(..) {
            if self.open.get(&delivery).is_some_and(|open| !open.has_drone) {
                self.open.remove(&delivery);
            }
        }
    }

    /// The delivery, which must not be over.
    fn look_up(&mut self, delivery: &str, findings: &mut Findings) -> Option<&mut Open> {
        let open = self.open.get_mut(delivery);
        if open.is_none() {
            findings.object("EV-5", || format!("{delivery} was never requested, or is over"));
        }
        open
    }

    fn on_released(&mut self, delivery: &str, findings: &mut Findings) {
        let Some(open) = self.look_up(delivery, findings) else {
            return;
        };
        open.has_drone = false;
        if open.is_ended {
            self.ended_now.push(delivery.to_owned());
        }
    }

    fn on_ended(&mut self, delivery: &str, findings: &mut Findings) {
        match self.open.get_mut(delivery).filter(|open| !open.is_ended) {
            Some(open) => {
                open.is_ended = true;
                self.ended_now.push(delivery.to_owned());
            }
            None => findings.object("SG-1", || {
                format!("{delivery} ends, but was never requested or ended before")
            }),
        }
    }
}
