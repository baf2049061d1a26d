//! Reassignment: a request that has a drone gets another one, where reality has departed from the plan.
//!
//! * A drone is delayed: a ready one that would have the parcel sooner takes over. Of a neighbour's drone that is the request's home to decide.
//! * A drone comes free in the air, by a cancellation or after a delivery, and nobody waits: it takes over from one that is further from its pickup.
//!
//! The drone that is let go has not reached the parcel, and turns home. Each reassignment brings a pickup forward by [`GAIN`] at least, so that
//! they come to an end; one that is delayed again and again counts as given back ([`super::GIVEN_BACK_MAX`]), and the last drone keeps it.

use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::{SimDuration, SimTime};

use super::fleet::{assess_start, bound_from};
use super::waiting::Whose;
use super::{Assignment, Coming, Scheduler};
use crate::bearer::Bearer;
use crate::delivery::DeliveryMessage;
use crate::drone::DroneMessage;
use crate::event::{Event, ReleaseReason};
use crate::ids::{DeliveryId, DroneId};
use crate::mission::{LOADING, MissionEstimate};
use crate::tree::Skyhaul;

/// By how much sooner another drone must have the parcel: less is not worth the flight that was in vain.
pub(super) const GAIN: SimDuration = SimDuration::from_mins(1);

/// A drone so near to having the parcel keeps it: it may be loading already.
pub(super) const NEARLY_THERE: SimDuration = SimDuration::from_micros(2 * LOADING.micros());

/// A new estimate of a drone that is delayed.
#[derive(Clone, Copy)]
pub(super) struct Delay {
    pub(super) drone: DroneId,
    pub(super) delivery: DeliveryId,
    /// `None` where it has the parcel.
    pub(super) eta_pickup: Option<SimTime>,
    pub(super) eta_dropoff: SimTime,
}

impl Scheduler {
    pub(super) fn on_drone_delayed(&mut self, delay: Delay, ctx: &mut Ctx<'_, Skyhaul>) {
        let Delay {
            drone,
            delivery,
            eta_pickup,
            eta_dropoff,
        } = delay;
        ctx.emit(Event::DroneDelayed {
            delivery,
            drone,
            eta_pickup,
            eta_dropoff,
        });
        let Some(eta_pickup) = eta_pickup else {
            return;
        };
        let now = ctx.now();
        let surroundings = ctx.shared_arc();
        let assignment = self.assigned.get_mut(&delivery);
        let Some(assignment) = assignment.filter(|assignment| assignment.drone == drone) else {
            self.on_lent_drone_delayed(drone, delivery, eta_pickup, ctx);
            return;
        };
        assignment.eta_pickup = eta_pickup;
        if eta_pickup < now + NEARLY_THERE {
            return;
        }
        if !assignment.order.may_be_given_back() {
            return;
        }
        let errand = assignment.order.errand;
        if let Ok((other, estimate)) = self.fleet.take_ready(&errand, &surroundings, now, now) {
            if estimate.picked_up_at + GAIN <= eta_pickup {
                self.reassign(delivery, other, estimate, ReleaseReason::Delayed, ctx);
            } else {
                self.fleet.put_back(other);
            }
        }
    }

    /// Has a drone that comes free in the air take over from one that is further from its pickup, where nobody waits.
    pub(super) fn take_over(&mut self, drone: DroneId, coming: &Coming, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.waiting.queue(Whose::Own).next().is_some() {
            return;
        }
        let surroundings = ctx.shared_arc();
        let now = ctx.now();
        let Some((aircraft, depot)) = self.fleet.kind_of(drone) else {
            return;
        };
        let Some((true, starting)) = coming.start(aircraft, depot, now, &surroundings) else {
            return;
        };
        let mut best: Option<(SimDuration, DeliveryId, MissionEstimate)> = None;
        for (
            delivery,
            Assignment {
                order, eta_pickup, ..
            },
        ) in &self.assigned
        {
            let least = best.map_or(GAIN, |(gain, ..)| gain);
            let bound = bound_from(aircraft, starting, &order.errand, &surroundings);
            if *eta_pickup < (now + NEARLY_THERE).max(bound + least) {
                continue;
            }
            if let Ok(estimate) = assess_start(aircraft, starting, &order.errand, &surroundings, now)
                && estimate.picked_up_at + least <= *eta_pickup
            {
                best = Some((eta_pickup.since(estimate.picked_up_at), *delivery, estimate));
            }
        }
        if let Some((_, delivery, estimate)) = best {
            self.batching.coming.remove(&drone);
            self.reassign(delivery, drone, estimate, ReleaseReason::Reassigned, ctx);
        }
    }

    fn reassign(
        &mut self,
        delivery: DeliveryId,
        to: DroneId,
        estimate: MissionEstimate,
        reason: ReleaseReason,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let Some(Assignment { drone, mut order, .. }) = self.assigned.remove(&delivery) else {
            return;
        };
        order.note_given_back(reason);
        ctx.emit(Event::DroneReleased {
            delivery,
            drone,
            reason,
        });
        let addr = self.fleet.address(drone, &ctx.shared().atlas);
        let by = Bearer::Drone(drone, addr);
        ctx.send(order.delivery, DeliveryMessage::TransportReleased { by });
        ctx.send(addr, DroneMessage::ReleaseErrand { delivery });
        self.assign(order, to, estimate, ctx);
    }
}
