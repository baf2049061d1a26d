//! Zones that come up and are lifted while drones fly, and zones with floors and ceilings.

use std::sync::Arc;

use skyhaul_actors::command::Command;
use skyhaul_actors::environment::{DepotSpec, Environment, FleetSpec, ZONE_NOTICE, Zone, ZoneShape};
use skyhaul_actors::event::{DroneFailure, Event, Leg, LegPurpose, ReleaseReason, ZoneRefusal};
use skyhaul_actors::ids::{DepotId, DroneId};
use skyhaul_actors::world::World;
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::city::{City, environment, place};
use crate::invariants::broken;

fn second(second: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(second)
}

fn circle(east_m: f64, north_m: f64, radius_m: f64) -> Zone {
    let shape = ZoneShape::Circle {
        centre: place(east_m, north_m),
        radius_m,
    };
    Zone::permanent("fire".to_owned(), shape)
}

/// A city in which a zone is told of at second 60.
fn told_of(zone: Zone) -> Environment {
    let mut planned = environment(1);
    planned.zones = vec![zone.told_of_at(second(60))];
    planned
}

fn legs(city: &City) -> Vec<Arc<Leg>> {
    let leg = |event: &Event| match event {
        Event::LegStarted(leg) => Some(Arc::clone(leg)),
        _ => None,
    };
    city.events.iter().filter_map(|event| leg(&event.event)).collect()
}

fn purposes(city: &City) -> Vec<LegPurpose> {
    legs(city).iter().map(|leg| leg.purpose).collect()
}

fn failures(city: &City) -> Vec<DroneFailure> {
    let failure = |event: &Event| match event {
        Event::DroneFailed { reason, .. } => Some(*reason),
        _ => None,
    };
    city.events
        .iter()
        .filter_map(|event| failure(&event.event))
        .collect()
}

fn delays(city: &City) -> usize {
    city.count(|event| matches!(event, Event::DroneDelayed { .. }))
}

fn all_is_well(city: &City) {
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

#[test]
fn a_drone_flies_round_a_zone_that_comes_up_ahead_and_says_that_it_is_later() {
    let mut city = City::new(told_of(circle(0.0, 6_000.0, 700.0)));
    let id = city.request(1, place(0.0, 8_000.0), place(500.0, 8_000.0), 1.0);
    city.run_s(7_200);
    assert_eq!(city.story(id).last(), Some(&"completed"));
    let legs = legs(&city);
    assert_eq!(legs[0].path[1].at, place(0.0, 0.0));
    assert_eq!(
        (legs[0].purpose, legs[1].purpose),
        (LegPurpose::Pickup, LegPurpose::Pickup)
    );
    assert_eq!(legs[1].departs(), second(60));
    assert!(legs[1].arrives() > legs[0].arrives());
    assert!(delays(&city) >= 1);
    all_is_well(&city);
}

#[test]
fn nobody_plans_round_a_zone_before_it_is_told_of() {
    let mut late = circle(0.0, 3_000.0, 500.0).told_of_at(second(3_000));
    late.from = Some(second(3_120));
    let mut planned = environment(1);
    planned.zones = vec![late];
    let mut city = City::new(planned);
    city.request(1, place(0.0, 4_000.0), place(0.0, 6_000.0), 1.0);
    city.run_s(2_000);
    assert_eq!(
        purposes(&city),
        [LegPurpose::Pickup, LegPurpose::Dropoff, LegPurpose::Return]
    );
    assert!(legs(&city)[0].path.len() == 4, "straight there");
    assert_eq!(city.count(|event| matches!(event, Event::ZoneDeclared { .. })), 0);
    city.run_s(1_000);
    assert_eq!(city.count(|event| matches!(event, Event::ZoneDeclared { .. })), 1);
}

#[test]
fn a_drone_hovers_where_its_place_opens_soon() {
    let mut short = circle(0.0, 3_000.0, 300.0);
    short.until = Some(second(200));
    let mut planned = environment(1);
    planned.zones = vec![short.told_of_at(second(1))];
    let mut city = City::new(planned);
    let id = city.request(1, place(0.0, 3_000.0), place(500.0, 3_500.0), 1.0);
    city.run_s(7_200);
    assert_eq!(city.story(id).last(), Some(&"completed"));
    let legs = legs(&city);
    assert_eq!(legs[1].purpose, LegPurpose::Pickup);
    assert_eq!(legs[1].path[0].at, legs[1].path[1].at);
    assert_eq!(legs[1].path[1].time, second(200));
    all_is_well(&city);
}

#[test]
fn a_pickup_that_is_closed_is_left_and_the_drone_comes_home() {
    let mut city = City::new(told_of(circle(0.0, 6_000.0, 300.0)));
    let id = city.request(1, place(0.0, 6_000.0), place(500.0, 8_000.0), 1.0);
    city.run_s(7_200);
    assert!(city.story(id).contains(&"released"));
    assert!(city.story(id).contains(&"carrier booked"));
    assert_eq!(purposes(&city), [LegPurpose::Pickup, LegPurpose::Return]);
    assert_eq!(failures(&city), []);
    all_is_well(&city);
}

#[test]
fn a_parcel_whose_dropoff_is_closed_comes_home_and_goes_on_by_carrier() {
    let mut planned = environment(1);
    planned.zones = vec![circle(0.0, 7_000.0, 300.0).told_of_at(second(200))];
    let mut city = City::new(planned);
    let id = city.request(1, place(0.0, 1_000.0), place(0.0, 7_000.0), 1.0);
    city.run_s(7_200);
    let story = city.story(id);
    assert_eq!(story.last(), Some(&"completed"), "{story:?}");
    assert!(story.contains(&"carrier booked"));
    assert_eq!(
        purposes(&city),
        [LegPurpose::Pickup, LegPurpose::Dropoff, LegPurpose::Return]
    );
    assert_eq!(failures(&city), [DroneFailure::DropoffClosed]);
    assert_eq!(
        city.count(|event| matches!(event, Event::DroneRecovered { .. })),
        1
    );
    all_is_well(&city);
}

#[test]
fn a_drone_that_could_not_come_home_from_there_does_not_take_off_with_the_parcel() {
    let wall = |half_width_m: f64| {
        let corners = [
            (-half_width_m, 6_200.0),
            (half_width_m, 6_200.0),
            (half_width_m, 6_400.0),
            (-half_width_m, 6_400.0),
        ];
        let shape = ZoneShape::Polygon(corners.map(|(east_m, north_m)| place(east_m, north_m)).to_vec());
        let mut planned = environment(1);
        // It is told of while the drone loads.
        planned.zones = vec![Zone::permanent("wall".to_owned(), shape).told_of_at(second(20))];
        let mut city = City::new(planned);
        let id = city.request(1, place(0.0, 0.0), place(0.0, 7_000.0), 1.0);
        city.run_s(7_200);
        assert_eq!(city.story(id).last(), Some(&"completed"));
        all_is_well(&city);
        (purposes(&city), failures(&city))
    };
    let there_and_home = vec![LegPurpose::Dropoff, LegPurpose::Return];
    assert_eq!(wall(500.0), (there_and_home, vec![]), "a short way round");
    // There and home would take all but a watt-hour of what it has, the reserve included.
    assert_eq!(
        wall(5_000.0),
        (vec![], vec![DroneFailure::DropoffClosed]),
        "a long one"
    );
}

#[test]
fn a_request_whose_drone_has_to_go_a_long_way_round_goes_to_another_that_is_sooner_there() {
    let mut planned = environment(1);
    let north = DepotSpec {
        name: "north".to_owned(),
        at: place(0.0, 8_300.0),
        ..planned.depots[0].clone()
    };
    planned.depots.push(north);
    let fleet = FleetSpec {
        depot: DepotId(1),
        ..planned.fleets[0].clone()
    };
    planned.fleets.push(fleet);
    let corners = [
        (-2_500.0, 3_500.0),
        (2_500.0, 3_500.0),
        (2_500.0, 3_600.0),
        (-2_500.0, 3_600.0),
    ];
    let shape = ZoneShape::Polygon(corners.map(|(east_m, north_m)| place(east_m, north_m)).to_vec());
    planned.zones = vec![Zone::permanent("wall".to_owned(), shape).told_of_at(second(30))];
    let mut city = City::new(planned);
    let id = city.request(1, place(0.0, 4_100.0), place(0.0, 4_500.0), 1.0);
    city.run_s(7_200);
    let released = city.events.iter().find_map(|event| match &event.event {
        Event::DroneReleased { drone, reason, .. } => Some((*drone, *reason)),
        _ => None,
    });
    assert_eq!(released, Some((DroneId(0), ReleaseReason::Delayed)));
    let assigned = city.events.iter().filter_map(|event| match &event.event {
        Event::DroneAssigned { drone, .. } => Some(*drone),
        _ => None,
    });
    assert_eq!(assigned.collect::<Vec<_>>(), [DroneId(0), DroneId(1)]);
    assert_eq!(city.story(id).last(), Some(&"completed"));
    all_is_well(&city);
}

#[test]
fn what_flies_in_a_zone_is_out_of_it_or_on_the_ground_before_it_comes_into_force() {
    for radius_m in [400.0, 1_500.0, 4_000.0] {
        let mut city = City::new(told_of(circle(300.0, 1_200.0, radius_m)));
        city.request(1, place(0.0, 8_000.0), place(500.0, 8_000.0), 1.0);
        city.run_s(4 * 3_600);
        all_is_well(&city);
        assert_eq!(
            city.count(|event| matches!(event, Event::DroneCommissioned { .. })),
            1
        );
        let ended = city.count(|event| matches!(event, Event::LegEnded { .. }));
        assert_eq!(ended, legs(&city).len(), "nothing stays in the air");
    }
}

#[test]
fn a_command_declares_a_zone_and_another_lifts_it() {
    let mut city = City::new(environment(1));
    city.request(1, place(0.0, 3_000.0), place(500.0, 3_500.0), 1.0);
    city.run_s(1);
    let mut zone = circle(0.0, 3_000.0, 300.0);
    zone.until = Some(second(230));
    city.ask(Command::DeclareZone { zone: zone.clone() });
    city.ask(Command::DeclareZone { zone });
    city.run_s(100);
    let name = "fire".to_owned();
    city.ask(Command::LiftZone { name: name.clone() });
    city.ask(Command::LiftZone { name });
    city.run_s(3_600);
    let declared = city.events.iter().find_map(|event| match &event.event {
        Event::ZoneDeclared { command, zone } => Some((command.is_some(), zone.from, event.at)),
        _ => None,
    });
    let (is_asked_for, from, at) = declared.expect("it is declared");
    assert!(is_asked_for);
    assert_eq!(from, Some(at + ZONE_NOTICE));
    assert_eq!(city.count(|event| matches!(event, Event::ZoneLifted { .. })), 1);
    let refusals = city.events.iter().filter_map(|event| match &event.event {
        Event::ZoneChangeRefused { reason, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(
        refusals.collect::<Vec<_>>(),
        [ZoneRefusal::NameTaken, ZoneRefusal::Unknown]
    );
    let legs = legs(&city);
    assert_eq!(legs[1].path[1].time, second(230), "it hovers until it opens");
    assert!(legs[2].departs() < second(110), "and goes on once it is lifted");
    all_is_well(&city);
}

#[test]
fn a_zone_is_overflown_where_its_ceiling_is_low_and_not_landed_in() {
    let mut planned = environment(2);
    let mut low = circle(0.0, 3_000.0, 500.0);
    low.ceiling_m = Some(50.0);
    planned.zones = vec![low.clone()];
    let mut city = City::new(planned.clone());
    let over = city.request(1, place(0.0, 1_000.0), place(0.0, 6_000.0), 1.0);
    let into = city.request(2, place(0.0, 1_000.0), place(0.0, 3_000.0), 1.0);
    city.run_s(7_200);
    assert_eq!(city.story(over).last(), Some(&"completed"));
    assert!(city.story(into).contains(&"carrier booked"));
    let dropoff = legs(&city)
        .into_iter()
        .find(|leg| leg.purpose == LegPurpose::Dropoff);
    assert_eq!(dropoff.map(|leg| leg.path.len()), Some(4), "straight over it");
    planned.zones[0].ceiling_m = Some(60.0);
    let mut city = City::new(planned);
    city.request(1, place(0.0, 1_000.0), place(0.0, 6_000.0), 1.0);
    city.run_s(7_200);
    let dropoff = legs(&city)
        .into_iter()
        .find(|leg| leg.purpose == LegPurpose::Dropoff);
    assert!(dropoff.is_some_and(|leg| leg.path.len() > 4), "round it");
}

#[test]
fn declared_zones_are_part_of_the_state_and_no_cut_or_thread_changes_what_comes_of_them() {
    let run = |threads: usize, step_s: u64, is_saved: bool| {
        let mut planned = environment(3);
        let mut east = planned.depots[0].clone();
        east.name = "east".to_owned();
        east.at = place(4_000.0, 0.0);
        east.region = RegionId(1);
        planned.depots.push(east);
        let mut fleet = planned.fleets[0].clone();
        fleet.depot = skyhaul_actors::ids::DepotId(1);
        planned.fleets.push(fleet);
        let mut city = City::new(planned);
        city.world.set_threads(threads);
        for n in 0..8_u32 {
            let x = f64::from(n) * 500.0;
            city.request(u128::from(n) + 1, place(x, 5_000.0), place(x, 7_000.0), 1.0);
        }
        for (at_s, command) in [
            (
                100,
                Command::DeclareZone {
                    zone: circle(2_000.0, 3_000.0, 900.0),
                },
            ),
            (
                200,
                Command::LiftZone {
                    name: "fire".to_owned(),
                },
            ),
            (
                300,
                Command::DeclareZone {
                    zone: circle(1_000.0, 6_000.0, 700.0),
                },
            ),
        ] {
            while city.world.now() < second(at_s) {
                city.run_s(step_s);
            }
            city.ask(command);
            if is_saved {
                let bytes = city.world.save().expect("it can be saved");
                let planned = Arc::clone(city.world.environment());
                city.world = World::load(planned, &bytes).expect("and loaded");
                city.world.set_threads(threads);
            }
        }
        city.run_s(3_600);
        (city.world.digest(), city.events)
    };
    let one = run(1, 100, false);
    assert_eq!(
        one.1
            .iter()
            .filter(|event| matches!(event.event, Event::ZoneDeclared { .. }))
            .count(),
        2
    );
    for (threads, step_s, is_saved) in [(2, 100, false), (1, 10, false), (2, 50, true)] {
        let other = run(threads, step_s, is_saved);
        assert!(
            one.1 == other.1,
            "{threads} threads, steps of {step_s} s, saved: {is_saved}"
        );
    }
}
