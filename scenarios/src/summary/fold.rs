//! Folds events into a summary. Holds what is open, and two numbers for each delivery that ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::{AssignmentRefusal, Event, Leg, Transport};
use skyhaul_actors::flight::energy_of_wind;
use skyhaul_actors::ids::{AircraftId, DeliveryId, DroneId};
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Usd, WattHours};

use self::groundings::Groundings;
use super::{
    CarrierFigures, DeliveryCounts, DroneFigures, EnergyFigures, EtaError, EtaErrorShare, FallbackFigures,
    GroundingFigures, Summary, WindFigures,
};
use crate::log::refusal_word;
use crate::stats::{Sample, Spread, ratio};

mod groundings;

/// A summary while the run goes on.
#[derive(Clone, Debug)]
pub struct SummaryFold {
    environment: Arc<Environment>,
    deliveries: DeliveryCounts,
    open: BTreeMap<DeliveryId, OpenDelivery>,
    drones: BTreeMap<DroneId, AircraftId>,
    /// Those that fly or handle a parcel: of a large fleet few.
    at_work: BTreeMap<DroneId, DroneTimes>,
    wait_s: Sample,
    door_to_door_s: Sample,
    eta_error_s: Sample,
    eta_error_share: Sample,
    late: u64,
    busy: SimDuration,
    metres: f64,
    flights: u64,
    energy: WattHours,
    wind: WattHours,
    groundings: Groundings,
    bookings: u64,
    booked_for: BTreeMap<AssignmentRefusal, u64>,
    usd: Usd,
    fees: Usd,
    restarts: u64,
    /// Since when figures are taken.
    began_at: SimTime,
}

/// The figures that events alone give.
pub(crate) struct Figures {
    pub(crate) deliveries: DeliveryCounts,
    pub(crate) wait_s: Spread,
    pub(crate) door_to_door_s: Spread,
    pub(crate) eta_error_s: EtaError,
    pub(crate) eta_error_share: EtaErrorShare,
    pub(crate) on_time_share: Option<f64>,
    pub(crate) drones: DroneFigures,
    pub(crate) energy_wh: EnergyFigures,
    pub(crate) wind: WindFigures,
    pub(crate) groundings: GroundingFigures,
    pub(crate) fallback: FallbackFigures,
    pub(crate) carriers: CarrierFigures,
    pub(crate) restarts: u64,
}

/// A delivery that has not ended.
#[derive(Clone, Debug)]
struct OpenDelivery {
    requested_at: SimTime,
    deadline: Option<SimTime>,
    picked_up: bool,
    /// When it was first given to someone since its client last changed it, and when that one was to arrive.
    assigned: Option<(SimTime, SimTime)>,
}

/// What a drone at work is at.
#[derive(Clone, Debug)]
struct DroneTimes {
    since: SimTime,
    leg: Option<Arc<Leg>>,
    /// What the wind makes the whole of that leg take.
    wind: WattHours,
}

impl DroneTimes {
    /// At work from then on.
    fn new(since: SimTime) -> Self {
        Self {
            since,
            leg: None,
            wind: WattHours::ZERO,
        }
    }
}

impl SummaryFold {
    /// Nothing yet, of a world that follows this plan.
    #[must_use]
    pub fn new(environment: &Arc<Environment>) -> Self {
        Self {
            environment: Arc::clone(environment),
            deliveries: DeliveryCounts::default(),
            open: BTreeMap::new(),
            drones: BTreeMap::new(),
            at_work: BTreeMap::new(),
            wait_s: Sample::default(),
            door_to_door_s: Sample::default(),
            eta_error_s: Sample::default(),
            eta_error_share: Sample::default(),
            late: 0,
            busy: SimDuration::ZERO,
            metres: 0.0,
            flights: 0,
            energy: WattHours::ZERO,
            wind: WattHours::ZERO,
            groundings: Groundings::default(),
            bookings: 0,
            booked_for: BTreeMap::new(),
            usd: Usd::ZERO,
            fees: Usd::ZERO,
            restarts: 0,
            began_at: SimTime::ZERO,
        }
    }

    /// Takes one event in.
    pub fn apply(&mut self, event: &Numbered<Event>) {
        self.apply_to_deliveries(&event.event, event.at);
        self.apply_to_drones(&event.event, event.at);
    }

    /// Forgets all figures so far, and takes them from `now` on, by this plan; what is open, grounded or busy stays known.
    pub fn begin_at(&mut self, now: SimTime, environment: &Arc<Environment>) {
        let mut at_work = std::mem::take(&mut self.at_work);
        for times in at_work.values_mut() {
            times.since = now;
        }
        *self = Self {
            open: std::mem::take(&mut self.open),
            drones: std::mem::take(&mut self.drones),
            at_work,
            groundings: std::mem::take(&mut self.groundings).begin_at(now),
            began_at: now,
            ..Self::new(environment)
        };
    }

    /// The figures of a stretch of a run that ends now, without a log.
    #[must_use]
    pub fn summarise(self, state_digest: u64, ended_at: SimTime) -> Summary {
        let virtual_s = ended_at.since(self.began_at).as_seconds_f64();
        let environment = Arc::clone(&self.environment);
        Summary::new(&environment, self.finish(ended_at), virtual_s, state_digest)
    }

    /// Deliveries so far.
    #[must_use]
    pub fn deliveries(&self) -> DeliveryCounts {
        DeliveryCounts {
            open: self.open.len() as u64,
            ..self.deliveries
        }
    }

    fn apply_to_deliveries(&mut self, event: &Event, at: SimTime) {
        match event {
            Event::DeliveryRequested { request, .. } => {
                self.deliveries.requested += 1;
                let open = OpenDelivery {
                    requested_at: at,
                    deadline: request.deadline,
                    picked_up: false,
                    assigned: None,
                };
                self.open.insert(request.delivery, open);
            }
            Event::DroneAssigned {
                delivery,
                eta_dropoff,
                ..
            } => self.on_assigned(*delivery, *eta_dropoff, at),
            Event::CarrierBooked {
                delivery,
                eta_dropoff,
                price,
                reason,
                ..
            } => {
                self.bookings += 1;
                *self.booked_for.entry(*reason).or_default() += 1;
                self.usd += *price;
                self.on_assigned(*delivery, *eta_dropoff, at);
            }
            Event::CarrierFailed { fee, .. } => self.fees += *fee,
            Event::PackagePickedUp { delivery, .. } => self.on_picked_up(*delivery, at),
            Event::DeliveryRescheduled {
                delivery, deadline, ..
            } => {
                if let Some(open) = self.open.get_mut(delivery) {
                    (open.deadline, open.assigned) = (*deadline, None);
                }
            }
            Event::DeliveryCompleted { delivery, by } => self.on_completed(*delivery, *by, at),
            Event::DeliveryCancelled { delivery, .. } => {
                self.deliveries.cancelled += 1;
                self.open.remove(delivery);
            }
            Event::ActorRestarted { .. } => self.restarts += 1,
            _ => {}
        }
    }

    fn on_assigned(&mut self, delivery: DeliveryId, eta_dropoff: SimTime, at: SimTime) {
        if let Some(open) = self.open.get_mut(&delivery) {
            open.assigned.get_or_insert((at, eta_dropoff));
        }
    }

    /// A parcel that was put down and is fetched again has waited already.
    fn on_picked_up(&mut self, delivery: DeliveryId, at: SimTime) {
        if let Some(open) = self.open.get_mut(&delivery).filter(|open| !open.picked_up) {
            open.picked_up = true;
            self.wait_s.push(at.since(open.requested_at).as_seconds_f64());
        }
    }

    fn on_completed(&mut self, delivery: DeliveryId, by: Transport, at: SimTime) {
        self.deliveries.completed += 1;
        match by {
            Transport::Drone(_) => self.deliveries.by_drone += 1,
            Transport::Carrier(_) => self.deliveries.by_carrier += 1,
        }
        let Some(open) = self.open.remove(&delivery) else {
            return;
        };
        self.door_to_door_s
            .push(at.since(open.requested_at).as_seconds_f64());
        self.late += u64::from(open.deadline.is_some_and(|deadline| at > deadline));
        if let Some((assigned_at, eta)) = open.assigned {
            let error_s = at.as_seconds_f64() - eta.as_seconds_f64();
            self.eta_error_s.push(error_s);
            if let Some(share) = ratio(error_s, at.since(assigned_at).as_seconds_f64()) {
                self.eta_error_share.push(share);
            }
        }
    }

    fn apply_to_drones(&mut self, event: &Event, at: SimTime) {
        match event {
            Event::DroneCommissioned { drone, aircraft, .. } => {
                self.drones.insert(*drone, *aircraft);
            }
            Event::DroneAssigned { drone, .. } => self.set_busy(*drone, true, at),
            Event::LegStarted(leg) => self.on_leg_started(leg, at),
            Event::LegEnded {
                drone,
                delivery,
                battery,
                ..
            } => {
                self.on_leg_ended(*drone, *battery, at);
                self.set_busy(*drone, delivery.is_some(), at);
            }
            Event::PackageDroppedOff {
                by: Transport::Drone(drone),
                ..
            }
            | Event::DroneReleased { drone, .. }
            | Event::ChargeStarted { drone, .. }
            | Event::DroneFailed { drone, .. } => {
                let flies = self.at_work.get(drone).is_some_and(|times| times.leg.is_some());
                self.set_busy(*drone, flies, at);
            }
            Event::FleetGrounded { depot, reason } => self.groundings.on_grounded(*depot, *reason, at),
            Event::FleetReleased { depot, reason } => self.groundings.on_released(*depot, *reason, at),
            _ => {}
        }
    }

    fn set_busy(&mut self, drone: DroneId, busy: bool, at: SimTime) {
        if busy {
            let times = self.at_work.entry(drone).or_insert(DroneTimes::new(at));
            self.busy += at.since(std::mem::replace(&mut times.since, at));
        } else if let Some(times) = self.at_work.remove(&drone) {
            self.busy += at.since(times.since);
        }
    }

    fn on_leg_started(&mut self, leg: &Arc<Leg>, at: SimTime) {
        self.flights += 1;
        self.set_busy(leg.drone, true, at);
        let aircraft = *self.drones.entry(leg.drone).or_default();
        let aircraft = self.environment.aircraft(aircraft);
        let weather = self.environment.weather.at_level(aircraft.altitude_m).at(at);
        if let Some(times) = self.at_work.get_mut(&leg.drone) {
            times.wind = energy_of_wind(aircraft, leg.payload, &leg.path, weather);
            times.leg = Some(Arc::clone(leg));
        }
    }

    fn on_leg_ended(&mut self, drone: DroneId, battery: WattHours, at: SimTime) {
        let Some(times) = self.at_work.get_mut(&drone) else {
            return;
        };
        if let Some(leg) = times.leg.take() {
            self.energy += leg.battery - battery;
            let flown_m = flown_m(&leg, at);
            self.metres += flown_m;
            let share = ratio(flown_m, leg.distance.get()).unwrap_or(0.0);
            self.wind += WattHours::new(times.wind.get() * share);
        }
    }

    /// The figures at the end of the run.
    pub(crate) fn finish(mut self, ended_at: SimTime) -> Figures {
        let deliveries = self.deliveries();
        let overdue = self
            .open
            .values()
            .filter(|open| open.deadline.is_some_and(|deadline| ended_at > deadline));
        let overdue = overdue.count() as u64;
        let still_busy = self.at_work.values();
        let busy = still_busy.fold(self.busy, |sum, times| sum + ended_at.since(times.since));
        let span_s = ended_at.since(self.began_at).as_seconds_f64();
        let drone_time_s = self.drones.len() as f64 * span_s;
        let off_by = self.eta_error_s.magnitudes().spread();
        let off_by_share = self.eta_error_share.magnitudes().spread();
        Figures {
            deliveries,
            wait_s: self.wait_s.spread(),
            door_to_door_s: self.door_to_door_s.spread(),
            eta_error_s: EtaError {
                mean: self.eta_error_s.mean(),
                p50_abs: off_by.p50,
                p95_abs: off_by.p95,
            },
            eta_error_share: EtaErrorShare {
                p50_abs: off_by_share.p50,
                p95_abs: off_by_share.p95,
            },
            on_time_share: ratio(
                (deliveries.completed - self.late) as f64,
                (deliveries.completed + overdue) as f64,
            ),
            drones: DroneFigures {
                count: self.drones.len() as u64,
                utilisation: ratio(busy.as_seconds_f64(), drone_time_s),
                km: self.metres / 1_000.0,
                flights: self.flights,
            },
            energy_wh: EnergyFigures {
                total: self.energy.get(),
                per_delivery: ratio(self.energy.get(), deliveries.by_drone as f64),
            },
            wind: WindFigures {
                energy_wh: self.wind.get(),
                share: ratio(self.wind.get(), self.energy.get()),
            },
            groundings: self.groundings.finish(ended_at),
            fallback: FallbackFigures {
                share: ratio(deliveries.by_carrier as f64, deliveries.completed as f64),
                reasons: self
                    .booked_for
                    .into_iter()
                    .map(|(reason, bookings)| (refusal_word(reason), bookings))
                    .collect(),
            },
            carriers: CarrierFigures {
                bookings: self.bookings,
                usd: self.usd.get(),
                fees_usd: self.fees.get(),
            },
            restarts: self.restarts,
        }
    }
}

/// How far along its path the leg came until `at`.
fn flown_m(leg: &Leg, at: SimTime) -> f64 {
    if at >= leg.arrives() {
        return leg.distance.get();
    }
    leg.path
        .windows(2)
        .map(|pair| {
            let span = pair[1].time.since(pair[0].time).as_seconds_f64();
            let share = ratio(at.since(pair[0].time).as_seconds_f64(), span)
                .unwrap_or(1.0)
                .min(1.0);
            share * pair[0].at.distance_m(pair[1].at)
        })
        .sum()
}

#[cfg(test)]
mod tests;
