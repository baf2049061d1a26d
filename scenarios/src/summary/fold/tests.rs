//! Figures of a few events.

use skyhaul_actors::command::{ConfirmationKind, DeliveryRequest, PackageRecord, PackageSize, Place};
use skyhaul_actors::environment::Weather;
use skyhaul_actors::event::{AssignmentRefusal, GroundingReason, LegPurpose, ReleaseReason, Waypoint};
use skyhaul_actors::ids::{AircraftId, CarrierId, DepotId};
use skyhaul_engine::geo::Position;
use skyhaul_engine::units::{Kilograms, Metres, MetresPerSecond};

use super::*;
use crate::bundle::ScenarioBundle;
use crate::scenario::{BuildOptions, Scenario};

const DRONE: DroneId = DroneId(0);

fn s(seconds: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(seconds)
}

fn fold(events: Vec<(u64, Event)>) -> Figures {
    let mut fold = SummaryFold::new(&Arc::new(windy()));
    for (at, event) in events {
        fold.apply(&Numbered {
            number: 0,
            at: s(at),
            event,
        });
    }
    fold.finish(s(1_000))
}

/// Florence's plan, in a wind of 5 m/s from the north.
fn windy() -> Environment {
    let florence = Scenario::parse(&ScenarioBundle::florence()).expect("it is right");
    let mut environment = florence.environment(BuildOptions::default());
    environment.weather = Weather::windy(5.0, 0.0).into();
    environment
}

fn commissioned() -> Event {
    Event::DroneCommissioned {
        drone: DRONE,
        depot: DepotId(0),
        aircraft: AircraftId(0),
        at: Position::default(),
        battery: WattHours::new(100.0),
        speed_max: MetresPerSecond::new(20.0),
    }
}

fn assigned(delivery: DeliveryId, eta_s: u64) -> Event {
    Event::DroneAssigned {
        delivery,
        drone: DRONE,
        eta_pickup: s(0),
        eta_dropoff: s(eta_s),
    }
}

fn leg(delivery: Option<DeliveryId>, from: u64, to: u64) -> Event {
    let north = Position::new(0.01, 0.0).expect("on the sphere");
    let waypoint = |at, seconds| Waypoint {
        at,
        altitude: Metres::ZERO,
        time: s(seconds),
    };
    Event::LegStarted(Arc::new(Leg {
        drone: DRONE,
        delivery,
        purpose: LegPurpose::Pickup,
        path: vec![waypoint(Position::default(), from), waypoint(north, to)],
        distance: Metres::new(1_111.95),
        payload: Kilograms::ZERO,
        energy: WattHours::new(10.0),
        battery: WattHours::new(100.0),
    }))
}

fn landed(delivery: Option<DeliveryId>, battery_wh: f64) -> Event {
    Event::LegEnded {
        drone: DRONE,
        delivery,
        at: Position::default(),
        battery: WattHours::new(battery_wh),
    }
}

fn requested(delivery: DeliveryId, deadline: Option<SimTime>) -> Event {
    Event::DeliveryRequested {
        command: None,
        request: Arc::new(request(delivery, deadline)),
    }
}

fn request(delivery: DeliveryId, deadline: Option<SimTime>) -> DeliveryRequest {
    DeliveryRequest {
        delivery,
        owner: String::new(),
        account: None,
        pickup: Place::on_ground(Position::default()),
        dropoff: Place::on_ground(Position::default()),
        pickup_at: SimTime::ZERO,
        deadline,
        expedited: false,
        confirmation: ConfirmationKind::None,
        package: PackageRecord {
            label: String::new(),
            owner: None,
            size: PackageSize::Small,
            weight: Kilograms::ZERO,
            tag: None,
        },
        idempotency: None,
    }
}

fn completed(delivery: DeliveryId) -> Event {
    Event::DeliveryCompleted {
        delivery,
        by: Transport::Drone(DRONE),
    }
}

#[test]
fn late_is_what_arrived_after_its_deadline_or_is_still_open_then() {
    let [early, late, open, free] = [1, 2, 3, 4].map(DeliveryId);
    let figures = fold(vec![
        (0, requested(early, Some(s(300)))),
        (0, requested(late, Some(s(300)))),
        (0, requested(open, Some(s(300)))),
        (0, requested(free, None)),
        (300, completed(early)),
        (301, completed(late)),
        (900, completed(free)),
    ]);
    assert_eq!(figures.on_time_share, Some(0.5));
    assert_eq!(figures.deliveries.open, 1);
}

#[test]
fn an_estimate_is_judged_by_the_first_assignment_and_a_wait_ends_with_the_first_pickup() {
    let id = DeliveryId(1);
    let picked_up = || Event::PackagePickedUp {
        delivery: id,
        by: Transport::Drone(DRONE),
        at: Position::default(),
    };
    let booked = Event::CarrierBooked {
        delivery: id,
        carrier: CarrierId(0),
        price: Usd::new(9.75),
        eta_pickup: s(0),
        eta_dropoff: s(500),
        reason: AssignmentRefusal::Wind,
    };
    let figures = fold(vec![
        (10, requested(id, None)),
        (10, assigned(id, 200)),
        (70, picked_up()),
        (150, booked),
        (300, picked_up()),
        (490, completed(id)),
    ]);
    let share = figures.eta_error_share.p50_abs.expect("one was completed");
    assert!(
        (share - 290.0 / 480.0).abs() < 1e-12,
        "{share} of the trip since the first assignment"
    );
    assert_eq!(figures.wait_s.p50, Some(60.0));
    assert_eq!(figures.door_to_door_s.p50, Some(480.0));
    assert_eq!(
        (figures.eta_error_s.mean, figures.eta_error_s.p95_abs),
        (Some(290.0), Some(290.0))
    );
    assert_eq!((figures.carriers.bookings, figures.carriers.usd), (1, 9.75));
    assert_eq!(
        figures.fallback.reasons.into_iter().collect::<Vec<_>>(),
        [("wind", 1)]
    );
    assert_eq!(figures.fallback.share, Some(0.0));
}

#[test]
fn a_drone_is_busy_in_the_air_and_at_a_parcel_not_while_it_stands() {
    let id = DeliveryId(1);
    let released = Event::DroneReleased {
        delivery: id,
        drone: DRONE,
        reason: ReleaseReason::Cancelled,
    };
    let figures = fold(vec![
        (0, commissioned()),
        (100, assigned(id, 900)),
        (100, leg(Some(id), 100, 200)),
        (200, landed(Some(id), 90.0)),
        (250, released),
        (250, leg(None, 250, 350)),
        (350, landed(None, 80.0)),
    ]);
    assert_eq!(figures.drones.utilisation, Some(0.25));
    assert_eq!(figures.energy_wh.total, 30.0);
}

#[test]
fn a_leg_that_ended_early_counts_as_far_as_it_was_flown() {
    let id = DeliveryId(1);
    let figures = fold(vec![
        (0, commissioned()),
        (100, leg(Some(id), 100, 200)),
        (125, landed(Some(id), 98.0)),
    ]);
    assert!(
        (figures.drones.km - 1.111_95 / 4.0).abs() < 1e-4,
        "{}",
        figures.drones.km
    );
    assert_eq!((figures.drones.flights, figures.energy_wh.total), (1, 2.0));
}

#[test]
fn what_the_wind_costs_is_the_power_of_cruising_for_as_much_longer() {
    let environment = windy();
    let aircraft = environment.aircraft(AircraftId(0));
    let figures = fold(vec![
        (0, commissioned()),
        (100, leg(None, 100, 200)),
        (200, landed(None, 90.0)),
    ]);
    let power_w = skyhaul_actors::energy::powers(aircraft, Kilograms::ZERO, 1.225).cruise;
    let longer_s = 1_111.95 / (aircraft.cruise_mps - 5.0) - 1_111.95 / aircraft.cruise_mps;
    let expected_wh = power_w * longer_s / 3_600.0;
    assert!(
        (figures.wind.energy_wh - expected_wh).abs() < 0.002,
        "{} for {expected_wh}",
        figures.wind.energy_wh
    );
    let turned_away = fold(vec![
        (0, commissioned()),
        (100, leg(None, 100, 200)),
        (150, landed(None, 95.0)),
    ]);
    assert!((turned_away.wind.energy_wh * 2.0 - figures.wind.energy_wh).abs() < 0.003);
    let share = figures.wind.share.expect("something was flown");
    assert!((share * 10.0 - figures.wind.energy_wh).abs() < 1e-9);
}

#[test]
fn a_depot_grounded_for_two_reasons_at_once_is_on_the_ground_once() {
    let depot = DepotId(0);
    let grounded = |reason| Event::FleetGrounded { depot, reason };
    let released = |reason| Event::FleetReleased { depot, reason };
    let figures = fold(vec![
        (0, grounded(GroundingReason::Wind)),
        (180, grounded(GroundingReason::Operator)),
        (360, released(GroundingReason::Wind)),
        (540, released(GroundingReason::Operator)),
        (640, grounded(GroundingReason::Rain)),
    ]);
    let found = figures.groundings;
    assert_eq!(
        (found.count, found.hours),
        (2, 0.25),
        "0.15 h, and 0.1 h to the end"
    );
    let reasons = [("operator", 0.1), ("rain", 0.1), ("wind", 0.1)];
    assert_eq!(found.reasons.into_iter().collect::<Vec<_>>(), reasons);
}

#[test]
fn figures_that_begin_later_count_what_is_grounded_then_from_then_on() {
    let grounded = Event::FleetGrounded {
        depot: DepotId(0),
        reason: GroundingReason::Wind,
    };
    let environment = Arc::new(windy());
    let mut fold = SummaryFold::new(&environment);
    fold.apply(&Numbered {
        number: 0,
        at: s(0),
        event: grounded,
    });
    fold.begin_at(s(640), &environment);
    let found = fold.finish(s(1_000)).groundings;
    assert_eq!((found.count, found.hours), (1, 0.1));
}
