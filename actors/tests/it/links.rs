//! Drones whose link is lost in the air.

use skyhaul_actors::command::{Command, Place, RescheduleChanges};
use skyhaul_actors::environment::{Environment, Zone, ZoneShape};
use skyhaul_actors::event::{
    AssignmentRefusal, CancelReason, ChangeRefusal, DroneFailure, Event, Leg, LegPurpose, ReleaseReason,
};
use skyhaul_actors::ids::{DeliveryId, DroneId};
use skyhaul_actors::scheduler::GIVEN_BACK_MAX;
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
    assert!(lost > 30, "{lost} links were lost");
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

/// A city in which links are lost four times a minute, and a delivery to whose pickup no drone comes through.
fn never_through(seed: u64) -> Environment {
    unlinked(6, seed, 240.0)
}

fn request_far(city: &mut City) -> DeliveryId {
    city.request(1, place(0.0, 5_000.0), place(0.0, 6_000.0), 1.0)
}

fn given_back(city: &City) -> usize {
    city.count(|event| matches!(event, Event::DroneReleased { reason, .. } if reason.is_failed_attempt()))
}

#[test]
fn what_drones_give_back_again_and_again_goes_to_a_carrier() {
    for seed in 0..8 {
        let mut city = City::new(never_through(seed));
        let delivery = request_far(&mut city);
        city.run_s(24 * 3_600);
        assert_eq!(given_back(&city), usize::from(GIVEN_BACK_MAX), "seed {seed}");
        let refused = city.count(|event| {
            matches!(
                event,
                Event::DroneAssignmentRefused {
                    reason: AssignmentRefusal::GivenBackTooOften,
                    ..
                }
            )
        });
        assert_eq!(refused, 1);
        let story = city.story(delivery);
        let ending = [
            "refused",
            "carrier booked",
            "picked up",
            "dropped off",
            "completed",
        ];
        assert_eq!(story[story.len() - ending.len()..], ending);
        all_is_well(&city);
    }
}

#[test]
fn what_drones_give_back_again_and_again_ends_where_there_is_no_carrier() {
    let mut planned = never_through(3);
    planned.carriers.clear();
    let mut city = City::new(planned);
    let delivery = request_far(&mut city);
    city.run_s(24 * 3_600);
    let ended = city.events.iter().find_map(|event| match event.event {
        Event::DeliveryCancelled {
            delivery: id, reason, ..
        } if id == delivery => Some(reason),
        _ => None,
    });
    assert_eq!(ended, Some(CancelReason::AttemptsExhausted));
    let undone = city.count(|event| matches!(event, Event::WorkflowUndone { .. }));
    assert_eq!(undone, 1, "package and delivery are closed");
    all_is_well(&city);
}

#[test]
fn what_was_given_back_too_often_stays_with_carriers_when_they_fail() {
    let mut planned = never_through(3);
    planned.carriers[0].failure = 1.0;
    let mut city = City::new(planned);
    let delivery = request_far(&mut city);
    city.run_s(3 * 24 * 3_600);
    let story = city.story(delivery);
    let refused = story
        .iter()
        .position(|told| *told == "refused")
        .expect("it is refused");
    let after = &story[refused..];
    assert!(!after.contains(&"assigned"), "{after:?}");
    assert!(
        after.iter().filter(|told| **told == "carrier failed").count() > 1,
        "{after:?}"
    );
    assert_eq!(after.last(), Some(&"cancelled"));
    all_is_well(&city);
}

#[test]
fn drones_try_again_what_is_rescheduled() {
    let mut city = City::new(never_through(3));
    let delivery = request_far(&mut city);
    while !city.story(delivery).contains(&"carrier booked") {
        assert!(
            city.world.now() < SimTime::ZERO + SimDuration::from_mins(24 * 60),
            "it is booked some time"
        );
        city.run_s(10);
    }
    let changes = RescheduleChanges {
        dropoff: Some(Place::on_ground(place(0.0, 5_500.0))),
        ..RescheduleChanges::default()
    };
    city.ask(Command::RescheduleDelivery { delivery, changes });
    city.run_s(60);
    assert_eq!(city.story(delivery).last(), Some(&"assigned"));
}
