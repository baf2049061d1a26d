//! One drone as events tell of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::battery::{charged, level_after};
use skyhaul_actors::environment::{AircraftSpec, Environment};
use skyhaul_actors::event::{ChargeKind, Leg, LegPurpose};
use skyhaul_actors::ids::{AircraftId, DeliveryId, DepotId, DroneId};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::WattHours;

use super::motion::{Motion, along};
use crate::view::{DroneState, DroneView};

/// What a drone does, a little finer than it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Doing {
    /// Stands ready.
    Resting,
    /// Flies to a parcel, or stands there.
    Fetching,
    /// Has a parcel.
    Bringing,
    /// Flies home or elsewhere.
    Leaving,
    /// Waits for a pad.
    Queuing,
    /// Is on a pad.
    Charging(ChargeKind, SimTime),
    /// Is out of service.
    Maintained,
    /// Is out of order.
    Failed,
}

impl Doing {
    /// How it is shown.
    pub(super) const fn state(self) -> DroneState {
        match self {
            Self::Resting => DroneState::Idle,
            Self::Fetching => DroneState::ToPickup,
            Self::Bringing => DroneState::ToDropoff,
            Self::Leaving => DroneState::Returning,
            Self::Queuing | Self::Charging(..) => DroneState::Charging,
            Self::Maintained => DroneState::Maintenance,
            Self::Failed => DroneState::Failed,
        }
    }
}

/// What was last heard of a drone whose link is lost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct LastWord {
    motion: Motion,
    arrives_at: Option<SimTime>,
}

/// One drone as events tell of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DroneTrack {
    pub(super) depot: DepotId,
    pub(super) aircraft: AircraftId,
    pub(super) doing: Doing,
    /// Where it stands, or stood at take-off.
    pub(super) at: Position,
    /// How high it hangs there with its winch down, m; zero where it stands.
    altitude_m: f64,
    heading_deg: f64,
    battery: WattHours,
    pub(super) leg: Option<Arc<Leg>>,
    /// Where its link is lost. Its legs are followed meanwhile, but not shown.
    last_word: Option<LastWord>,
    pub(super) delivery: Option<DeliveryId>,
    /// The number of the event that changed it last.
    pub(super) changed_by: u64,
}

impl DroneTrack {
    pub(super) const fn new(
        depot: DepotId,
        aircraft: AircraftId,
        at: Position,
        battery: WattHours,
        changed_by: u64,
    ) -> Self {
        Self {
            depot,
            aircraft,
            doing: Doing::Resting,
            at,
            altitude_m: 0.0,
            heading_deg: 0.0,
            battery,
            leg: None,
            last_word: None,
            delivery: None,
            changed_by,
        }
    }

    pub(super) const fn on_assigned(&mut self, delivery: DeliveryId) {
        self.delivery = Some(delivery);
        self.doing = Doing::Fetching;
    }

    /// It no longer has the delivery. Where it flies, its leg's end says what comes next.
    pub(super) fn on_released(&mut self, delivery: DeliveryId, spec: &AircraftSpec) {
        if self.delivery == Some(delivery) {
            self.delivery = None;
            if self.leg.is_none() && self.doing != Doing::Failed {
                self.rest(spec);
            }
        }
    }

    pub(super) fn on_leg_started(&mut self, leg: &Arc<Leg>) {
        self.at = leg.path[0].at;
        self.battery = leg.battery;
        self.delivery = leg.delivery;
        self.doing = match leg.purpose {
            LegPurpose::Pickup => Doing::Fetching,
            LegPurpose::Dropoff => Doing::Bringing,
            LegPurpose::Return | LegPurpose::Reposition | LegPurpose::Divert => Doing::Leaving,
        };
        self.leg = Some(Arc::clone(leg));
    }

    pub(super) fn on_leg_ended(
        &mut self,
        at: Position,
        battery: WattHours,
        now: SimTime,
        spec: &AircraftSpec,
    ) {
        if let Some(leg) = self.leg.take() {
            let motion = along(&leg, now);
            (self.heading_deg, self.altitude_m) = (motion.heading_deg, motion.altitude_m);
        }
        self.at = at;
        self.battery = battery;
        if self.delivery.is_none() {
            self.rest(spec);
        }
    }

    pub(super) const fn on_picked_up(&mut self) {
        self.doing = Doing::Bringing;
    }

    pub(super) const fn on_charge_started(&mut self, battery: WattHours, kind: ChargeKind, now: SimTime) {
        self.battery = battery;
        self.doing = Doing::Charging(kind, now);
    }

    pub(super) const fn on_charge_ended(&mut self, battery: WattHours) {
        self.battery = battery;
        self.doing = Doing::Resting;
    }

    pub(super) const fn on_maintenance_started(&mut self) {
        self.doing = Doing::Maintained;
    }

    pub(super) fn on_maintenance_ended(&mut self, spec: &AircraftSpec) {
        self.rest(spec);
    }

    pub(super) fn on_failed(&mut self, at: Position) {
        self.at = at;
        self.altitude_m = 0.0;
        self.leg = None;
        self.last_word = None;
        self.delivery = None;
        self.doing = Doing::Failed;
    }

    /// Its link is lost: what is heard of it now is the last.
    pub(super) fn on_link_lost(&mut self, now: SimTime, spec: &AircraftSpec) {
        self.last_word = Some(LastWord {
            motion: self.motion(now, spec),
            arrives_at: self.leg.as_ref().map(|leg| leg.arrives()),
        });
    }

    pub(super) const fn on_link_restored(&mut self) {
        self.last_word = None;
    }

    /// The leg it flies, as far as is known: none where its link is lost.
    pub(super) const fn leg_known(&self) -> Option<&Arc<Leg>> {
        match &self.leg {
            Some(leg) if self.last_word.is_none() => Some(leg),
            _ => None,
        }
    }

    /// Whether its link is lost.
    pub(super) const fn is_out_of_reach(&self) -> bool {
        self.last_word.is_some()
    }

    pub(super) fn on_recovered(&mut self, at: Position, battery: WattHours, spec: &AircraftSpec) {
        self.at = at;
        self.altitude_m = 0.0;
        self.battery = battery;
        self.rest(spec);
    }

    /// Stands ready, or in the queue for a pad: which of the two no event says, but the battery does.
    fn rest(&mut self, spec: &AircraftSpec) {
        let is_ready = self.battery >= charged(spec);
        self.doing = if is_ready { Doing::Resting } else { Doing::Queuing };
    }

    /// Where it is and how it moves, or was and did where its link is lost.
    pub(super) fn motion(&self, now: SimTime, spec: &AircraftSpec) -> Motion {
        match (&self.last_word, &self.leg) {
            (Some(last), _) => last.motion,
            (None, Some(leg)) => along(leg, now),
            (None, None) => Motion {
                at: self.at,
                altitude_m: self.altitude_m,
                heading_deg: self.heading_deg,
                speed_mps: 0.0,
                climb_mps: 0.0,
                battery_wh: self.battery_wh(now, spec),
            },
        }
    }

    /// What is in the battery of a drone that stands.
    fn battery_wh(&self, now: SimTime, spec: &AircraftSpec) -> f64 {
        match self.doing {
            Doing::Charging(ChargeKind::Charge, since) => {
                level_after(spec, self.battery, now.since(since)).get()
            }
            _ => self.battery.get(),
        }
    }

    pub(super) fn view(&self, id: DroneId, now: SimTime, environment: &Environment) -> DroneView {
        let spec = environment.aircraft(self.aircraft);
        let motion = self.motion(now, spec);
        let arrives_at = match &self.last_word {
            Some(last) => last.arrives_at,
            None => self.leg.as_ref().map(|leg| leg.arrives()),
        };
        DroneView {
            drone: id,
            depot: self.depot,
            aircraft: self.aircraft,
            kind: spec.kind,
            state: self.doing.state(),
            at: motion.at,
            altitude_m: motion.altitude_m,
            heading_deg: motion.heading_deg,
            speed_mps: motion.speed_mps,
            climb_mps: motion.climb_mps,
            battery: (motion.battery_wh / spec.battery_capacity.get()).clamp(0.0, 1.0),
            delivery: self.delivery,
            arrives_at: arrives_at.map(|at| at.max(now)),
            is_stale: self.is_out_of_reach(),
        }
    }
}
