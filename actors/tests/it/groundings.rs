//! Depots that are grounded and released, drones that are called home.

use skyhaul_actors::command::Command;
use skyhaul_actors::environment::{DepotSpec, DispatchPolicy, Environment, FleetSpec, Maintenance};
use skyhaul_actors::event::{AssignmentRefusal, Event, GroundingReason, Leg, LegPurpose, ReleaseReason};
use skyhaul_actors::ids::{DeliveryId, DepotId, DroneId};
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::city::{City, environment, place};
use crate::invariants::broken;

const MIDDLE: DepotId = DepotId(0);

fn legs(city: &City) -> Vec<&Leg> {
    city.events
        .iter()
        .filter_map(|event| match &event.event {
            Event::LegStarted(leg) => Some(&**leg),
            _ => None,
        })
        .collect()
}

#[test]
fn a_grounded_depots_requests_go_to_a_carrier_at_once_and_to_drones_again_after_its_release() {
    let mut city = City::new(environment(2));
    city.ask(Command::GroundDepot { depot: MIDDLE });
    let by_van = city.request(1, place(0.0, 200.0), place(0.0, 1_000.0), 1.0);
    city.run_s(60);
    assert_eq!(city.story(by_van), ["requested", "refused", "carrier booked"]);
    assert!(city.events.iter().any(|event| matches!(
        event.event,
        Event::DroneAssignmentRefused {
            reason: AssignmentRefusal::Grounded,
            ..
        }
    )));
    city.ask(Command::ReleaseDepot { depot: MIDDLE });
    let by_drone = city.request(2, place(0.0, 200.0), place(0.0, 1_000.0), 1.0);
    city.run_s(3_600);
    assert!(city.story(by_drone).contains(&"assigned"));
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

#[test]
fn a_grounded_depots_requests_wait_for_its_release_where_there_is_no_carrier() {
    let mut planned = environment(2);
    planned.carriers.clear();
    let mut city = City::new(planned);
    city.ask(Command::GroundDepot { depot: MIDDLE });
    let delivery = city.request(1, place(0.0, 200.0), place(0.0, 1_000.0), 1.0);
    city.run_s(1_200);
    assert_eq!(city.story(delivery), ["requested", "queued"]);
    city.ask(Command::ReleaseDepot { depot: MIDDLE });
    city.run_s(1_200);
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
}

#[test]
fn what_flies_when_its_depot_is_grounded_is_brought() {
    let mut city = City::new(environment(1));
    let delivery = city.request(1, place(0.0, 1_000.0), place(0.0, 2_000.0), 1.0);
    city.run_s(30);
    city.ask(Command::GroundDepot { depot: MIDDLE });
    city.run_s(3_600);
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
    let last = legs(&city).pop().expect("it flew");
    assert_eq!(last.purpose, LegPurpose::Return);
}

#[test]
fn a_depot_is_grounded_and_released_once_however_often_it_is_asked() {
    let mut city = City::new(environment(1));
    for _ in 0..2 {
        city.ask(Command::GroundDepot { depot: MIDDLE });
        city.run_s(1);
    }
    for _ in 0..2 {
        city.ask(Command::ReleaseDepot { depot: MIDDLE });
        city.run_s(1);
    }
    city.ask(Command::GroundDepot { depot: DepotId(99) });
    city.ask(Command::RecallDrone { drone: DroneId(99) });
    city.run_s(1);
    let said: Vec<&Event> = city
        .events
        .iter()
        .map(|event| &event.event)
        .filter(|event| !matches!(event, Event::DroneCommissioned { .. }))
        .collect();
    let (depot, reason) = (MIDDLE, GroundingReason::Operator);
    let expected = [
        Event::FleetGrounded { depot, reason },
        Event::FleetReleased { depot, reason },
    ];
    assert_eq!(said, expected.iter().collect::<Vec<_>>());
}

#[test]
fn a_neighbours_drone_comes_where_the_own_depot_is_grounded() {
    let mut planned = environment(1);
    let mut other = planned.depots[0].clone();
    other.name = "other".to_owned();
    other.at = place(3_000.0, 0.0);
    other.region = RegionId(1);
    planned.depots.push(other);
    let mut fleet = planned.fleets[0].clone();
    fleet.depot = DepotId(1);
    planned.fleets.push(fleet);
    let mut city = City::new(planned);
    city.ask(Command::GroundDepot { depot: MIDDLE });
    let delivery = city.request(1, place(0.0, 200.0), place(0.0, 1_000.0), 1.0);
    city.run_s(3_600);
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
    assert!(legs(&city).iter().all(|leg| leg.drone == DroneId(1)));
}

#[test]
fn a_drone_on_the_way_to_a_parcel_is_called_home_and_another_one_goes() {
    let mut city = City::new(environment(2));
    let delivery = city.request(1, place(0.0, 3_000.0), place(0.0, 4_000.0), 1.0);
    city.run_s(60);
    city.ask(Command::RecallDrone { drone: DroneId(0) });
    city.run_s(3_600);
    assert_eq!(
        city.story(delivery),
        [
            "requested",
            "assigned",
            "released",
            "assigned",
            "picked up",
            "dropped off",
            "completed"
        ]
    );
    assert!(city.events.iter().any(|event| matches!(
        event.event,
        Event::DroneReleased {
            drone: DroneId(0),
            reason: ReleaseReason::Recalled,
            ..
        }
    )));
    let flown = legs(&city);
    let purposes = |drone| -> Vec<LegPurpose> {
        let its = flown.iter().filter(|leg| leg.drone == drone);
        its.map(|leg| leg.purpose).collect()
    };
    assert_eq!(purposes(DroneId(0)), [LegPurpose::Pickup, LegPurpose::Return]);
    assert_eq!(
        purposes(DroneId(1)),
        [LegPurpose::Pickup, LegPurpose::Dropoff, LegPurpose::Return]
    );
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

#[test]
fn a_drone_that_has_a_parcel_brings_it_before_it_comes_home() {
    let mut city = City::new(environment(2));
    let delivery = city.request(1, place(0.0, 0.0), place(0.0, 4_000.0), 1.0);
    city.run_s(60);
    city.ask(Command::RecallDrone { drone: DroneId(0) });
    city.run_s(3_600);
    assert_eq!(
        city.story(delivery),
        ["requested", "assigned", "picked up", "dropped off", "completed"]
    );
}

/// What a recalled drone flies while requests wait, in batches: home, and nothing else before it has been there.
#[test]
fn a_recalled_drone_is_sent_to_nothing_else_on_its_way_home() {
    let mut planned = environment(1);
    planned.dispatch.policy = DispatchPolicy::Batch;
    planned.carriers.clear();
    let mut city = City::new(planned);
    let first = city.request(1, place(0.0, 3_000.0), place(0.0, 4_000.0), 1.0);
    city.run_s(60);
    city.ask(Command::RecallDrone { drone: DroneId(0) });
    city.run_s(3_600);
    assert_eq!(city.story(first).last(), Some(&"completed"));
    let purposes: Vec<LegPurpose> = legs(&city).iter().map(|leg| leg.purpose).collect();
    assert_eq!(purposes[..2], [LegPurpose::Pickup, LegPurpose::Return]);
    assert_eq!(
        legs(&city)[1].path.last().map(|last| last.at),
        Some(place(0.0, 0.0))
    );
    let home_at = legs(&city)[1].arrives();
    assert!(legs(&city)[2].departs() >= home_at);
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

#[test]
fn a_drone_is_maintained_at_home_after_its_hours_and_not_before() {
    let mut planned = environment(1);
    planned.aircraft[0].maintenance = Some(Maintenance {
        every: SimDuration::from_mins(6),
        takes: SimDuration::from_mins(20),
    });
    let mut city = City::new(planned);
    for id in 1..=3 {
        city.request(id, place(0.0, 200.0), place(0.0, 2_000.0), 1.0);
        city.run_s(3_600);
    }
    let mut in_air = SimDuration::ZERO;
    let (mut took_off, mut out_since) = (None, None);
    let mut maintained = 0;
    for event in &city.events {
        match &event.event {
            Event::LegStarted(_) => {
                assert!(out_since.is_none(), "it flies while it is maintained");
                took_off = Some(event.at);
            }
            Event::LegEnded { .. } => in_air += event.at.since(took_off.take().expect("it flew")),
            Event::MaintenanceStarted { depot, flown, .. } => {
                assert_eq!((*depot, *flown), (MIDDLE, in_air));
                assert!(in_air >= SimDuration::from_mins(6));
                out_since = Some(event.at);
            }
            Event::MaintenanceEnded { .. } => {
                let since = out_since.take().expect("it began");
                assert_eq!(event.at.since(since), SimDuration::from_mins(20));
                (in_air, maintained) = (SimDuration::ZERO, maintained + 1);
            }
            Event::ChargeStarted { .. } => assert!(in_air < SimDuration::from_mins(6), "it is due"),
            _ => {}
        }
    }
    assert!(maintained >= 1);
}

/// A depot with few drones, beside one with sixteen that is to be grounded.
pub(crate) fn many_grounded(flying: u32, policy: DispatchPolicy) -> Environment {
    let mut planned = environment(flying);
    planned.dispatch.policy = policy;
    planned.carriers.clear();
    planned.depots.push(DepotSpec {
        name: "east".to_owned(),
        at: place(3_000.0, 0.0),
        ..planned.depots[0].clone()
    });
    planned.fleets.push(FleetSpec {
        depot: DepotId(1),
        count: 16,
        ..planned.fleets[0].clone()
    });
    planned
}

#[test]
fn drones_that_are_kept_on_the_ground_do_not_make_a_fleet_plenty() {
    for (is_grounded, told) in [(true, "queued"), (false, "assigned")] {
        let mut city = City::new(many_grounded(8, DispatchPolicy::Adaptive));
        if is_grounded {
            city.ask(Command::GroundDepot { depot: DepotId(1) });
        }
        for id in 1..=8 {
            city.request(id, place(500.0, 0.0), place(0.0, 4_000.0), 1.0);
            city.run_s(1);
        }
        city.run_s(30);
        // With one drone of eight left a request waits for the next batch, with one of eight and sixteen others it has one at once.
        assert_eq!(city.story(DeliveryId(8))[1], told, "grounded: {is_grounded}");
        assert_eq!(city.story(DeliveryId(8)).last(), Some(&"assigned"));
    }
}

/// When the pickup of the last of four requests is said to be, where it begins to wait.
fn said_to_the_last(planned: Environment, grounded: Option<DepotId>) -> Option<SimTime> {
    let mut city = City::new(planned);
    if let Some(depot) = grounded {
        city.ask(Command::GroundDepot { depot });
    }
    city.run_s(1);
    for id in 1..=4 {
        city.request(id, place(500.0, 0.0), place(0.0, 4_000.0), 1.0);
        city.run_s(1);
    }
    city.events.iter().find_map(|event| match event.event {
        Event::DeliveryQueued {
            delivery: DeliveryId(4),
            eta_pickup,
            ..
        } => Some(eta_pickup),
        _ => None,
    })
}

#[test]
fn who_waits_is_told_as_if_drones_that_are_kept_on_the_ground_were_not_there() {
    for policy in [DispatchPolicy::Nearest, DispatchPolicy::Batch] {
        let with_sixteen = many_grounded(1, policy);
        let mut alone = with_sixteen.clone();
        alone.fleets.pop();
        let said = said_to_the_last(with_sixteen, Some(DepotId(1)));
        assert!(said.is_some(), "{policy:?}");
        assert_eq!(said, said_to_the_last(alone, None), "{policy:?}");
    }
}
