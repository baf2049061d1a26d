//! Drones whose link is lost in the air.

use skyhaul_actors::command::Command;
use skyhaul_actors::environment::{Environment, Zone, ZoneShape};
use skyhaul_actors::event::{ChangeRefusal, DroneFailure, Event, Leg, LegPurpose, ReleaseReason};
use skyhaul_actors::ids::{DeliveryId, DroneId};
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::city::{City, environment, place, trace};
use crate::invariants::broken;

/// A city whose links are lost so often an hour.
fn unlinked(drones: u32, seed: u64, per_hour: f64) -> Environment {
    let mut planned = environment(drones);
    planned.seed = seed;
    planned.faults.link_loss_per_flight_hour = per_hour;
    planned
}

fn all_is_well(city: &City) {
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

/// When the first link was lost.
fn first_loss(city: &City) -> Option<SimTime> {
    let lost = |event: &Event| matches!(event, Event::LinkLost { .. });
    city.events
        .iter()
        .find(|event| lost(&event.event))
        .map(|event| event.at)
}

/// A city with one drone, whose link was lost on its way to the parcel of `delivery`, and is not back after the second's end.
fn lost_on_the_way() -> (City, DeliveryId) {
    let found = (0..200).find_map(|seed| {
        let mut city = City::new(unlinked(1, seed, 30.0));
        let delivery = city.request(1, place(0.0, 4_000.0), place(0.0, 6_000.0), 1.0);
        while city.world.now() < SimTime::ZERO + SimDuration::from_secs(120) && first_loss(&city).is_none() {
            city.run_s(1);
        }
        let is_lost = first_loss(&city).is_some() && restored(&city) == 0;
        is_lost.then_some((city, delivery))
    });
    found.expect("of so many seeds one")
}

fn restored(city: &City) -> usize {
    city.count(|event| matches!(event, Event::LinkRestored { .. }))
}

/// Whether the leg begins with a minute in the air at one place.
fn hovers(leg: &Leg) -> bool {
    let minute = SimDuration::from_mins(1);
    leg.path
        .windows(2)
        .any(|pair| pair[0].at == pair[1].at && pair[1].time.since(pair[0].time) == minute)
}

#[test]
fn a_drone_hovers_for_its_link_and_flies_on_or_comes_home() {
    let mut planned = unlinked(6, 7, 50.0);
    planned.demand = Some(trace(80, 60));
    let mut city = City::new(planned);
    city.run_s(8 * 3_600);
    all_is_well(&city);
    let lost = city.count(|event| matches!(event, Event::LinkLost { .. }));
    assert!(lost > 40, "{lost} links were lost");
    assert_eq!(restored(&city), lost);
    let hovered = city.count(|event| matches!(event, Event::LegStarted(leg) if hovers(leg)));
    let gave_up = city.count(|event| {
        matches!(
            event,
            Event::DroneReleased {
                reason: ReleaseReason::LinkLost,
                ..
            } | Event::DroneFailed {
                reason: DroneFailure::LinkLost,
                ..
            }
        )
    });
    assert!(hovered > 20, "{hovered} hovered");
    assert!(
        0 < gave_up && gave_up < hovered * 2 / 3,
        "{gave_up} of {hovered} came home"
    );
    assert_eq!(
        city.count(|event| matches!(event, Event::DeliveryCompleted { .. })),
        80
    );
}

#[test]
fn no_link_is_lost_where_none_is_planned_to_be() {
    let mut planned = unlinked(6, 7, 0.0);
    planned.demand = Some(trace(80, 60));
    let mut city = City::new(planned);
    city.run_s(8 * 3_600);
    assert_eq!(city.count(|event| matches!(event, Event::LinkLost { .. })), 0);
}

#[test]
fn a_drone_that_is_out_of_reach_gives_nothing_back() {
    let (mut city, delivery) = lost_on_the_way();
    city.ask(Command::ReleaseDelivery { delivery });
    city.run_s(1);
    let refused = city.events.iter().any(|event| {
        matches!(
            event.event,
            Event::DeliveryReleaseRefused {
                reason: ChangeRefusal::OutOfReach,
                ..
            }
        )
    });
    assert!(refused);
    city.run_s(24 * 3_600);
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
    all_is_well(&city);
}

#[test]
fn a_cancellation_reaches_a_drone_with_its_link() {
    let (mut city, delivery) = lost_on_the_way();
    let legs_before = city.count(|event| matches!(event, Event::LegStarted(_)));
    let back_before = restored(&city);
    city.ask(Command::CancelDelivery { delivery });
    city.run_s(1);
    assert!(city.story(delivery).contains(&"cancelled"));
    assert_eq!(restored(&city), back_before, "the next second, it is still lost");
    assert_eq!(
        city.count(|event| matches!(event, Event::LegStarted(_))),
        legs_before
    );
    city.run_s(3_600);
    let last = city.events.iter().rev().find_map(|event| match &event.event {
        Event::LegStarted(leg) => Some(leg.purpose),
        _ => None,
    });
    assert_eq!(last, Some(LegPurpose::Return));
    assert_eq!(
        city.count(|event| matches!(event, Event::PackagePickedUp { .. })),
        0
    );
    all_is_well(&city);
}

#[test]
fn a_zone_that_comes_up_elsewhere_tells_it_nothing_of_a_cancellation() {
    let (mut city, delivery) = lost_on_the_way();
    let legs_before = city.count(|event| matches!(event, Event::LegStarted(_)));
    city.ask(Command::CancelDelivery { delivery });
    let shape = ZoneShape::Circle {
        centre: place(-4_000.0, -4_000.0),
        radius_m: 50.0,
    };
    let zone = Zone::permanent("fire".to_owned(), shape);
    city.ask(Command::DeclareZone { zone });
    city.run_s(1);
    assert_eq!(city.count(|event| matches!(event, Event::ZoneDeclared { .. })), 1);
    assert_eq!(
        city.count(|event| matches!(event, Event::LegStarted(_))),
        legs_before,
        "it hovers on"
    );
    city.run_s(3_600);
    all_is_well(&city);
}

#[test]
fn a_recall_is_heeded_once_it_is_heard() {
    let (mut city, delivery) = lost_on_the_way();
    city.ask(Command::RecallDrone { drone: DroneId(0) });
    city.run_s(1);
    assert_eq!(city.story(delivery).last(), Some(&"assigned"));
    city.run_s(90);
    assert_eq!(
        city.count(|event| matches!(event, Event::DroneReleased { .. })),
        1
    );
    city.run_s(24 * 3_600);
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
    all_is_well(&city);
}
