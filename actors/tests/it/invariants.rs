//! What an independent reader of the events may rely on, checked by folding them.

use std::collections::BTreeMap;

use skyhaul_actors::environment::{AircraftSpec, Environment, Zone, ZoneShape};
use skyhaul_actors::event::{Event, Leg, LegPurpose, Transport};
use skyhaul_actors::ids::{DeliveryId, DroneId};
use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, WattHours};

use crate::city::{City, environment, place, trace};

/// Flown paths are looked at this often.
const LOOK_EVERY: SimDuration = SimDuration::from_millis(500);

/// A drone picks up and drops off within this distance of the place, m.
const AT_PLACE_M: f64 = 100.0;

struct DroneFold {
    at: Position,
    battery: WattHours,
    since: SimTime,
    flying: Option<Leg>,
    has_failed: bool,
    has: Option<DeliveryId>,
    /// What it last had, and until when: in that instant word of both is under way.
    had: Option<(DeliveryId, SimTime)>,
}

struct ParcelFold {
    lies_at: Option<Position>,
    with: Option<Transport>,
    weight: Kilograms,
    pickup_at: SimTime,
    dropoff: Position,
}

struct Fold<'a> {
    environment: &'a Environment,
    drones: BTreeMap<DroneId, DroneFold>,
    parcels: BTreeMap<DeliveryId, ParcelFold>,
    broken: Vec<String>,
}

/// Everything that the events break, in words.
pub(crate) fn broken(environment: &Environment, events: &[Numbered<Event>]) -> Vec<String> {
    let mut fold = Fold {
        environment,
        drones: BTreeMap::new(),
        parcels: BTreeMap::new(),
        broken: Vec::new(),
    };
    for (number, event) in (0..).zip(events) {
        fold.require(event.number == number, || {
            format!("number {} for {number}", event.number)
        });
        fold.take(event.at, &event.event);
    }
    fold.broken
}

impl Fold<'_> {
    fn require(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(otherwise());
        }
    }

    fn spec(&self, drone: DroneId) -> &AircraftSpec {
        let mut first = 0;
        for fleet in &self.environment.fleets {
            first += fleet.count;
            if drone.0 < first {
                return self.environment.aircraft(fleet.aircraft);
            }
        }
        panic!("{drone} is in no fleet")
    }

    fn drone(&mut self, drone: DroneId) -> &mut DroneFold {
        self.drones.get_mut(&drone).expect("commissioned")
    }

    fn take(&mut self, at: SimTime, event: &Event) {
        match event {
            Event::DroneCommissioned {
                drone,
                at: place,
                battery,
                ..
            } => {
                let fold = DroneFold {
                    at: *place,
                    battery: *battery,
                    since: at,
                    flying: None,
                    has_failed: false,
                    has: None,
                    had: None,
                };
                self.drones.insert(*drone, fold);
            }
            Event::DeliveryRequested { request, .. } => {
                let parcel = ParcelFold {
                    lies_at: Some(request.pickup.at),
                    with: None,
                    weight: request.package.weight,
                    pickup_at: request.pickup_at,
                    dropoff: request.dropoff.at,
                };
                self.parcels.insert(request.delivery, parcel);
            }
            Event::DeliveryRescheduled {
                delivery,
                pickup,
                dropoff,
                pickup_at,
                ..
            } => {
                let parcel = self.parcels.get_mut(delivery).expect("requested");
                parcel.lies_at = Some(pickup.at);
                (parcel.pickup_at, parcel.dropoff) = (*pickup_at, dropoff.at);
            }
            Event::DroneAssigned { delivery, drone, .. } => {
                let has = self.drone(*drone).has.replace(*delivery);
                self.require(has.is_none(), || {
                    format!("DR-1: {drone} has {has:?} and gets {delivery}")
                });
            }
            Event::DroneReleased { delivery, drone, .. } => {
                let fold = self.drone(*drone);
                let has = fold.has.take();
                fold.had = Some((*delivery, at));
                self.require(has == Some(*delivery), || {
                    format!("{drone} had {has:?}, not {delivery}")
                });
            }
            Event::LegStarted(leg) => self.on_leg_started(at, leg),
            Event::LegEnded {
                drone,
                at: place,
                battery,
                ..
            } => self.on_leg_ended(at, *drone, *place, *battery),
            Event::PackagePickedUp {
                delivery,
                by,
                at: place,
            } => self.on_picked_up(at, *delivery, *by, *place),
            Event::PackageDroppedOff {
                delivery,
                by,
                at: place,
            } => self.on_dropped_off(*delivery, *by, *place),
            Event::ChargeEnded { drone, battery, .. } => self.drone(*drone).battery = *battery,
            Event::DroneFailed { drone, at: place, .. } => self.on_failed(*drone, *place),
            Event::DroneRecovered {
                drone,
                at: place,
                battery,
            } => {
                let fold = self.drone(*drone);
                (fold.has_failed, fold.at) = (false, *place);
                let same = fold.battery == *battery;
                self.require(same, || format!("{drone} recovered with another battery"));
            }
            Event::CarrierFailed {
                delivery, at: place, ..
            } => {
                let parcel = self.parcels.get_mut(delivery).expect("requested");
                (parcel.lies_at, parcel.with) = (Some(*place), None);
            }
            _ => {}
        }
    }

    fn on_leg_started(&mut self, at: SimTime, leg: &Leg) {
        let drone = leg.drone;
        let fold = self.drone(drone);
        let starts_where_it_was = leg.path[0].at == fold.at && leg.departs() == at && fold.since <= at;
        let (same_battery, may_fly) = (
            leg.battery == fold.battery,
            fold.flying.is_none() && !fold.has_failed,
        );
        let had = fold
            .had
            .filter(|(_, until)| *until == at)
            .map(|(delivery, _)| delivery);
        let its_errand = leg.delivery.is_none() || leg.delivery == fold.has || leg.delivery == had;
        fold.flying = Some(leg.clone());
        self.require(starts_where_it_was, || {
            format!("{drone} at {at} starts elsewhere")
        });
        self.require(same_battery, || {
            format!("{drone} at {at} starts with another battery")
        });
        self.require(may_fly, || {
            format!("{drone} at {at} flies though it flies or failed")
        });
        self.require(its_errand, || {
            format!("{drone} at {at} flies for a delivery it does not have")
        });
        let spec = self.spec(drone);
        let speed_max = spec.cruise_mps + self.environment.weather.highest().wind_max_mps() + 0.01;
        let lifts = leg.payload <= spec.payload_max;
        self.require(lifts, || format!("{drone} at {at} carries too much"));
        let carries = (leg.purpose == LegPurpose::Dropoff)
            .then_some(leg.delivery)
            .flatten();
        let weight = carries
            .and_then(|delivery| self.parcels.get(&delivery))
            .map(|parcel| parcel.weight);
        self.require(weight.is_none_or(|weight| weight == leg.payload), || {
            format!("{drone} at {at} carries another weight")
        });
        for pair in leg.path.windows(2) {
            let span = pair[1].time.since(pair[0].time).as_seconds_f64();
            let distance = pair[0].at.distance_m(pair[1].at);
            // Places are whole centimetres.
            self.require(
                pair[0].time <= pair[1].time && distance <= speed_max * span + 0.05,
                || format!("{drone} at {at} flies {distance} m in {span} s"),
            );
        }
    }

    fn on_leg_ended(&mut self, at: SimTime, drone: DroneId, place: Position, battery: WattHours) {
        let fold = self.drone(drone);
        let Some(leg) = fold.flying.take() else {
            return self
                .broken
                .push(format!("{drone} at {at} ends a leg it did not begin"));
        };
        (fold.at, fold.battery, fold.since) = (place, battery, at);
        let (reserve, zero) = (self.spec(drone).reserve_energy(), WattHours::ZERO);
        let in_time = at <= leg.arrives();
        self.require(in_time, || format!("{drone} ends its leg at {at}, late"));
        let arrived = at == leg.arrives();
        let as_said = !arrived || Some(place) == leg.path.last().map(|last| last.at);
        let spent = leg.battery - battery;
        let adds_up = if arrived {
            spent == leg.energy
        } else {
            spent >= zero && spent <= leg.energy
        };
        self.require(as_said, || format!("{drone} at {at} ends elsewhere"));
        self.require(adds_up, || {
            format!("{drone} at {at} spent {spent} of {}", leg.energy)
        });
        let above = battery >= reserve || leg.purpose == LegPurpose::Divert;
        self.require(above, || {
            format!("{drone} at {at} has {battery}, reserve {reserve}")
        });
        self.require(battery >= zero, || format!("{drone} at {at} has {battery}"));
        self.look_along(&leg, at);
    }

    /// Looks for zones in force along the part of a leg that was flown.
    fn look_along(&mut self, leg: &Leg, until: SimTime) {
        for pair in leg.path.windows(2) {
            let mut time = pair[0].time;
            while time <= pair[1].time.min(until) {
                let place = pair[0].place_at(pair[1], time);
                let environment = self.environment;
                for zone in &environment.zones {
                    let in_force = zone.from.is_none_or(|from| from <= time)
                        && zone.until.is_none_or(|until| time < until);
                    let inside = in_force && contains(&zone.shape, place);
                    self.require(!inside, || {
                        format!("{} at {time} flies in {}", leg.drone, zone.name)
                    });
                }
                time = time + LOOK_EVERY;
            }
        }
    }

    fn on_picked_up(&mut self, at: SimTime, delivery: DeliveryId, by: Transport, place: Position) {
        let parcel = self.parcels.get_mut(&delivery).expect("requested");
        let lay = parcel.lies_at.take();
        let in_time = parcel.pickup_at <= at;
        let was_with = parcel.with.replace(by);
        self.require(lay == Some(place) && was_with.is_none(), || {
            format!("PK-1: {delivery} lay at {lay:?}")
        });
        self.require(in_time, || format!("{delivery} picked up early, at {at}"));
        self.require_at_place(delivery, by, place);
    }

    fn on_dropped_off(&mut self, delivery: DeliveryId, by: Transport, place: Position) {
        let parcel = self.parcels.get_mut(&delivery).expect("requested");
        let (was_with, dropoff) = (parcel.with.take(), parcel.dropoff);
        parcel.lies_at = Some(place);
        self.require(was_with == Some(by), || {
            format!("PK-1: {delivery} was with {was_with:?}")
        });
        self.require(place.distance_m(dropoff) <= AT_PLACE_M, || {
            format!("{delivery} left elsewhere")
        });
        self.require_at_place(delivery, by, place);
        if let Transport::Drone(drone) = by {
            self.drone(drone).has = None;
        }
    }

    fn require_at_place(&mut self, delivery: DeliveryId, by: Transport, place: Position) {
        if let Transport::Drone(drone) = by {
            let fold = self.drone(drone);
            let there = fold.flying.is_none() && fold.at.distance_m(place) <= AT_PLACE_M;
            let its = fold.has == Some(delivery);
            self.require(there, || format!("{drone} is not where {delivery} is"));
            self.require(its, || format!("{drone} does not have {delivery}"));
        }
    }

    fn on_failed(&mut self, drone: DroneId, place: Position) {
        let fold = self.drone(drone);
        let there = fold.flying.is_none() && fold.at == place;
        fold.has_failed = true;
        self.require(there, || format!("{drone} failed elsewhere"));
        for parcel in self.parcels.values_mut() {
            if parcel.with == Some(Transport::Drone(drone)) {
                (parcel.with, parcel.lies_at) = (None, Some(place));
            }
        }
    }
}

/// Whether the place lies inside the zone itself.
fn contains(shape: &ZoneShape, place: Position) -> bool {
    match shape {
        ZoneShape::Circle { centre, radius_m } => centre.distance_m(place) < *radius_m,
        ZoneShape::Polygon(points) => {
            let plane = LocalPlane::new(place);
            let flat: Vec<(f64, f64)> = points.iter().map(|point| plane.to_xy(*point)).collect();
            let crosses = |(a, b): ((f64, f64), (f64, f64))| {
                (a.1 > 0.0) != (b.1 > 0.0) && a.0 - a.1 * (b.0 - a.0) / (b.1 - a.1) > 0.0
            };
            let edges = (0..flat.len()).map(|i| (flat[i], flat[(i + 1) % flat.len()]));
            edges.filter(|edge| crosses(*edge)).count() % 2 == 1
        }
    }
}

/// A run in which nothing goes wrong.
fn clean() -> (Environment, Vec<Numbered<Event>>) {
    let mut planned = environment(2);
    planned.demand = Some(trace(6, 45));
    let mut city = City::new(planned.clone());
    city.run_s(2 * 3_600);
    (planned, city.events)
}

/// Whether the change to the first event that it changes is noticed.
fn notices(doctor: fn(&mut Event) -> bool) -> bool {
    let (planned, mut events) = clean();
    assert!(
        events.iter_mut().any(|event| doctor(&mut event.event)),
        "changed one"
    );
    !broken(&planned, &events).is_empty()
}

#[test]
fn a_clean_run_breaks_nothing_and_a_doctored_one_does() {
    let (planned, events) = clean();
    assert_eq!(broken(&planned, &events), Vec::<String>::new());
    assert!(notices(|event| match event {
        Event::LegEnded { battery, .. } => {
            *battery += WattHours::new(1.0);
            true
        }
        _ => false,
    }));
    assert!(notices(|event| match event {
        Event::LegEnded { at, .. } | Event::PackageDroppedOff { at, .. } => {
            *at = place(9_000.0, 0.0);
            true
        }
        _ => false,
    }));
    assert!(notices(|event| match event {
        Event::PackagePickedUp { by, .. } => {
            *by = Transport::Drone(DroneId(1));
            true
        }
        _ => false,
    }));
    assert!(notices(|event| match event {
        Event::DroneAssigned { drone, .. } => {
            *drone = DroneId(1);
            true
        }
        _ => false,
    }));
    assert!(notices(|event| match event {
        Event::LegStarted(leg) => {
            let mut faster = Leg::clone(leg);
            let middle = faster.path.len() / 2;
            faster.path[middle].time = faster.path[middle - 1].time;
            *leg = faster.into();
            true
        }
        _ => false,
    }));
}

#[test]
fn a_flight_through_a_zone_is_noticed() {
    let (mut planned, events) = clean();
    for (from_s, until_s, noticed) in [(0, 7_200, true), (6_000, 7_200, false)] {
        let second = |s| Some(SimTime::ZERO + SimDuration::from_secs(s));
        planned.zones = vec![Zone {
            name: "late".to_owned(),
            shape: ZoneShape::Polygon(vec![
                place(-300.0, -300.0),
                place(300.0, -300.0),
                place(300.0, 300.0),
                place(-300.0, 300.0),
            ]),
            from: second(from_s),
            until: second(until_s),
            announced: None,
            floor_m: 0.0,
            ceiling_m: None,
        }];
        assert_eq!(!broken(&planned, &events).is_empty(), noticed);
    }
}
