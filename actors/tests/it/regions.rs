//! Several regions: who serves whom, across which border, and that threads change nothing.

use std::sync::Arc;

use proptest::prelude::*;
use skyhaul_actors::command::{Command, Place, RescheduleChanges};
use skyhaul_actors::environment::{DepotSpec, Environment, FleetSpec};
use skyhaul_actors::event::{ChangeRefusal, Event, ReleaseReason};
use skyhaul_actors::ids::{AircraftId, DeliveryId, DepotId, DroneId};
use skyhaul_actors::world::World;
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

use crate::city::{City, environment, light, place, request, trace};
use crate::invariants::broken;
use crate::mishaps::mishaps;

/// East of the border: nearer to the second depot.
const EAST_M: f64 = 4_000.0;

/// Two depots 6 km apart, each a region with so many drones.
fn two_regions(west: u32, east: u32) -> Environment {
    let mut planned = environment(west);
    planned.depots.push(DepotSpec {
        name: "east".to_owned(),
        at: place(6_000.0, 0.0),
        region: RegionId(1),
        ..planned.depots[0].clone()
    });
    planned.fleets.push(FleetSpec {
        depot: DepotId(1),
        aircraft: AircraftId(0),
        count: east,
    });
    planned
}

/// The first drone of the east, where the west has so many.
fn first_of_east(west: u32) -> DroneId {
    DroneId(west)
}

fn assert_lawful(city: &City) {
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

/// Which drone was given the delivery last, with the estimates it was given with.
fn assigned(city: &City, id: DeliveryId) -> Option<(DroneId, SimTime, SimTime)> {
    city.events.iter().rev().find_map(|event| match event.event {
        Event::DroneAssigned {
            delivery,
            drone,
            eta_pickup,
            eta_dropoff,
        } if delivery == id => Some((drone, eta_pickup, eta_dropoff)),
        _ => None,
    })
}

fn when(city: &City, wanted: impl Fn(&Event) -> bool) -> Option<SimTime> {
    let first = city.events.iter().find(|event| wanted(&event.event));
    first.map(|event| event.at)
}

/// A request in the west that the east serves, because the west has one drone and it is out.
fn lent() -> (City, DeliveryId) {
    let mut city = City::new(two_regions(1, 2));
    city.request(1, place(500.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(10);
    let id = city.request(2, place(2_500.0, 0.0), place(2_500.0, 1_500.0), 1.0);
    city.run_s(5);
    (city, id)
}

#[test]
fn a_request_belongs_to_the_region_of_its_pickup() {
    let mut city = City::new(two_regions(3, 3));
    let west = city.request(1, place(2_900.0, 0.0), place(EAST_M, 0.0), 1.0);
    let east = city.request(2, place(3_100.0, 0.0), place(0.0, 0.0), 1.0);
    city.run_s(1);
    assert!(assigned(&city, west).is_some_and(|(drone, ..)| drone < first_of_east(3)));
    assert!(assigned(&city, east).is_some_and(|(drone, ..)| drone >= first_of_east(3)));
    for region in [RegionId(0), RegionId(1)] {
        assert_eq!(city.world.actors(region).deliveries.len(), 1);
    }
}

#[test]
fn a_request_near_the_border_is_served_by_the_neighbours_drone() {
    let (mut city, id) = lent();
    let (drone, eta_pickup, eta_dropoff) = assigned(&city, id).expect("the east has a drone");
    assert_eq!(drone, first_of_east(1));
    assert_eq!(city.world.census().lent, 1);
    city.run_s(3 * 3_600);
    assert_eq!(
        city.story(id),
        [
            "requested",
            "queued",
            "assigned",
            "picked up",
            "dropped off",
            "completed"
        ]
    );
    let picked_up = when(
        &city,
        |event| matches!(event, Event::PackagePickedUp { delivery, .. } if *delivery == id),
    );
    let completed = when(
        &city,
        |event| matches!(event, Event::DeliveryCompleted { delivery, .. } if *delivery == id),
    );
    assert_eq!(
        (picked_up, completed),
        (Some(eta_pickup), Some(eta_dropoff)),
        "the estimate is what happens"
    );
    assert_lawful(&city);
    let census = city.world.census();
    assert_eq!((census.drones_ready, census.lent, census.assigned), (3, 0, 0));
}

#[test]
fn a_parcel_that_only_a_neighbour_lifts_is_brought_by_it_and_one_that_nobody_lifts_by_a_carrier() {
    let mut planned = two_regions(2, 1);
    planned.aircraft.push(light());
    planned.aircraft[1].payload_max = Kilograms::new(8.0);
    planned.fleets[1].aircraft = AircraftId(1);
    let mut city = City::new(planned);
    let heavy = city.request(1, place(500.0, 0.0), place(1_000.0, 500.0), 5.0);
    let second = city.request(2, place(500.0, 0.0), place(1_000.0, 500.0), 5.0);
    let heaviest = city.request(3, place(500.0, 0.0), place(1_000.0, 500.0), 20.0);
    city.run_s(5 * 3_600);
    for id in [heavy, second] {
        assert!(assigned(&city, id).is_some_and(|(drone, ..)| drone == first_of_east(2)));
        assert_eq!(city.story(id).last(), Some(&"completed"));
    }
    assert_eq!(
        city.story(heaviest),
        [
            "requested",
            "refused",
            "carrier booked",
            "picked up",
            "dropped off",
            "completed"
        ]
    );
    assert_lawful(&city);
}

#[test]
fn a_request_that_waits_gets_the_drone_that_comes_home_next_door() {
    let mut planned = two_regions(0, 1);
    planned.carriers.clear();
    let mut city = City::new(planned);
    let ids: Vec<_> = (1..=3)
        .map(|n| city.request(n, place(2_000.0, 0.0), place(2_500.0, 800.0), 1.0))
        .collect();
    city.run_s(2 * 3_600);
    for id in ids {
        assert_eq!(city.story(id).last(), Some(&"completed"));
    }
    assert_lawful(&city);
}

#[test]
fn a_lent_drone_whose_request_is_cancelled_turns_home_and_is_ready_again() {
    let (mut city, delivery) = lent();
    city.run_s(20);
    city.ask(Command::CancelDelivery { delivery });
    city.run_s(2 * 3_600);
    assert_eq!(
        city.story(delivery),
        ["requested", "queued", "assigned", "cancelled", "released"]
    );
    assert_lawful(&city);
    assert_eq!(city.world.census().drones_ready, 3);
}

#[test]
fn a_request_that_is_cancelled_while_a_neighbour_keeps_a_drone_for_it_is_never_assigned() {
    let mut city = City::new(two_regions(0, 1));
    let delivery = city.request(1, place(2_000.0, 0.0), place(2_500.0, 800.0), 1.0);
    city.world
        .run_until(SimTime::from_micros(1_500_000), &mut city.events)
        .expect("the world goes on");
    assert_eq!(city.world.census().lent, 1, "kept for it");
    city.ask(Command::CancelDelivery { delivery });
    city.run_s(10);
    assert_eq!(city.story(delivery), ["requested", "queued", "cancelled"]);
    assert_eq!(
        (city.world.census().drones_ready, city.world.census().lent),
        (1, 0)
    );
}

#[test]
fn a_request_that_is_cancelled_in_the_instant_its_drone_is_taken_is_let_go_of_once_that_has_taken_off() {
    let mut city = City::new(two_regions(0, 1));
    let delivery = city.request(1, place(2_000.0, 0.0), place(2_500.0, 800.0), 1.0);
    city.world
        .run_until(SimTime::from_micros(2_000_000), &mut city.events)
        .expect("the world goes on");
    city.ask(Command::CancelDelivery { delivery });
    city.run_s(3_600);
    let story = city.story(delivery);
    assert_eq!(story[..2], ["requested", "queued"]);
    assert!(story.contains(&"assigned") && story.contains(&"cancelled"));
    assert_eq!(story.last(), Some(&"released"));
    assert_lawful(&city);
    assert_eq!(city.world.census().drones_ready, 1);
}

#[test]
fn a_request_that_a_neighbours_drone_has_is_rescheduled_only_once_that_drone_has_let_go() {
    let (mut city, delivery) = lent();
    city.run_s(20);
    let changes = RescheduleChanges {
        dropoff: Some(Place::on_ground(place(2_000.0, 1_000.0))),
        ..RescheduleChanges::default()
    };
    city.ask(Command::RescheduleDelivery { delivery, changes });
    city.run_s(2 * 3_600);
    let story = city.story(delivery);
    let place_of = |word| story.iter().position(|told| *told == word);
    assert_eq!(story.last(), Some(&"completed"));
    assert!(place_of("rescheduled") < place_of("released"));
    let again = story.iter().rposition(|told| *told == "assigned");
    assert!(place_of("released") < again);
    assert_lawful(&city);
}

#[test]
fn a_lent_drone_that_fails_is_replaced() {
    let mut planned = two_regions(0, 3);
    planned.carriers.clear();
    planned.faults.drone_failure_per_flight_hour = 6.0;
    let mut city = City::new(planned);
    for n in 1..=20 {
        city.request(n, place(2_000.0, 0.0), place(2_500.0, 800.0), 1.0);
    }
    city.run_s(24 * 3_600);
    let lost = city.count(|event| {
        matches!(
            event,
            Event::DroneReleased {
                reason: ReleaseReason::DroneFailed,
                ..
            }
        )
    });
    assert!(lost > 0, "none failed while it was lent");
    assert_lawful(&city);
    assert_eq!(city.world.census().open, 0);
}

/// Cancels what the background demand asked for: nobody outside knows in which region it lives.
#[test]
fn a_delivery_that_lives_nobody_knows_where_is_found_and_one_that_never_was_is_not() {
    let mut planned = two_regions(1, 1);
    planned.demand = Some(trace(4, 60));
    let mut city = City::new(planned);
    city.run_s(62);
    let delivery = city
        .events
        .iter()
        .find_map(|event| match &event.event {
            Event::DeliveryRequested { request, .. } => Some(request.delivery),
            _ => None,
        })
        .expect("asked for at 60 s");
    let found = city.ask(Command::CancelDelivery { delivery });
    city.run_s(1);
    assert!(city.events.iter().any(
        |event| matches!(&event.event, Event::DeliveryCancelled { command, .. } if *command == Some(found))
    ));
    let never = DeliveryId(99);
    let sought = city.ask(Command::CancelDelivery { delivery: never });
    let changes = RescheduleChanges::default();
    let moved = city.ask(Command::RescheduleDelivery {
        delivery: never,
        changes,
    });
    city.run_s(3);
    let refused = |wanted| {
        city.events.iter().any(|event| match event.event {
            Event::DeliveryCancelRefused { command, reason, .. }
            | Event::DeliveryRescheduleRefused { command, reason, .. } => {
                command == Some(wanted) && reason == ChangeRefusal::Unknown
            }
            _ => false,
        })
    };
    assert!(refused(sought) && refused(moved));
}

#[test]
fn asking_again_with_a_pickup_next_door_changes_the_delivery_where_it_lives() {
    let mut city = City::new(two_regions(1, 1));
    let id = city.request(1, place(500.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(1);
    city.ask(Command::RequestDelivery(request(
        1,
        place(5_500.0, 0.0),
        place(5_000.0, 500.0),
        1.0,
    )));
    city.run_s(2 * 3_600);
    let story = city.story(id);
    assert_eq!(story.iter().filter(|word| **word == "requested").count(), 1);
    assert!(story.contains(&"rescheduled"));
    assert_eq!(story.last(), Some(&"completed"));
    assert_lawful(&city);
}

#[test]
fn requests_of_the_background_demand_come_at_their_instants_in_every_region() {
    let mut planned = two_regions(1, 1);
    planned.demand = Some(trace(5, 60));
    let mut city = City::new(planned);
    city.run_s(400);
    let at: Vec<u64> = city
        .events
        .iter()
        .filter(|event| matches!(event.event, Event::DeliveryRequested { .. }))
        .map(|event| event.at.micros() / 1_000_000)
        .collect();
    assert_eq!(at, [60, 120, 180, 240, 300]);
}

#[test]
fn an_actor_that_restarts_is_named_as_it_is_everywhere() {
    let mut planned = two_regions(2, 2);
    planned.faults.actor_panic_per_message = 0.2;
    planned.demand = Some(trace(20, 30));
    let mut city = City::new(planned);
    city.run_s(3_600);
    let mut drones = Vec::new();
    for event in &city.events {
        if let Event::ActorRestarted { actor, .. } = &event.event
            && actor.starts_with("drone-")
        {
            drones.push(actor.parse::<DroneId>().expect("a drone's name"));
        }
    }
    assert!(drones.iter().any(|drone| *drone >= first_of_east(2)));
    assert!(drones.iter().all(|drone| drone.0 < 4));
}

#[test]
fn a_snapshot_of_other_regions_is_refused() {
    let apart = Arc::new(two_regions(1, 1));
    let mut together = two_regions(1, 1);
    together.depots[1].region = RegionId(0);
    let mut world = World::found(&apart);
    world
        .run_until(SimTime::from_micros(1), &mut Vec::new())
        .expect("the world goes on");
    let bytes = world.save().expect("saved between two runs");
    assert!(World::load(Arc::clone(&apart), &bytes).is_ok());
    assert!(World::load(Arc::new(together), &bytes).is_err());
}

/// A row of depots, each a region of its own.
fn many_regions(count: u16) -> Environment {
    let mut planned = environment(2);
    let mut fleets = vec![planned.fleets[0].clone()];
    for number in 1..count {
        let (column, row) = (f64::from(number % 3), f64::from(number / 3));
        planned.depots.push(DepotSpec {
            name: format!("depot {number}"),
            at: place(column * 2_500.0, row * 2_500.0),
            region: RegionId(number),
            ..planned.depots[0].clone()
        });
        fleets.push(FleetSpec {
            depot: DepotId(number),
            aircraft: AircraftId(0),
            count: u32::from(number % 3),
        });
    }
    planned.fleets = fleets;
    planned.faults.drone_failure_per_flight_hour = 0.5;
    planned.faults.actor_panic_per_message = 0.01;
    planned
}

fn ask_everywhere(city: &mut City) {
    for n in 0..60_u32 {
        let (column, row) = (f64::from(n % 7) * 900.0, f64::from(n % 5) * 1_100.0);
        let pickup: Position = place(column, row);
        let delivery = city.request(u128::from(n), pickup, place(row, column), 1.0);
        city.run_s(20);
        if n % 6 == 0 {
            city.ask(Command::CancelDelivery { delivery });
        }
    }
    city.run_s(3 * 3_600);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let run = |threads| {
        let mut city = City::new(many_regions(9));
        city.world.set_threads(threads);
        ask_everywhere(&mut city);
        (city.world.digest(), city.world.counters(), city.events)
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert!(one == run(threads), "{threads} threads");
    }
    let mut borrowed = 0;
    for event in &one.2 {
        borrowed += usize::from(matches!(event.event, Event::DeliveryQueued { .. }));
    }
    assert!(borrowed > 5, "neighbours are asked");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// With messages that cross a border at any instant, failures and changes of mind at any other.
    #[test]
    fn worlds_of_two_regions_keep_every_rule_at_any_delay_of_word(
        mishaps in mishaps(),
        delay_ms in 1..=10_000_u64,
    ) {
        let mut planned = mishaps.environment();
        planned.depots[1].region = RegionId(1);
        planned.dispatch.region_delay = SimDuration::from_millis(delay_ms);
        let mut city = City::new(planned);
        mishaps.change_minds(&mut city, |_| {});
        city.run_s(24 * 3_600);
        prop_assert_eq!(broken(city.world.environment(), &city.events), Vec::<String>::new());
        let census = city.world.census();
        prop_assert_eq!((census.open, census.lent, census.assigned, census.waiting), (0, 0, 0, 0));
        prop_assert_eq!(census.drones_ready, census.drones);
    }
}
