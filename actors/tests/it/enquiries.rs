//! What a request would come to, held against what it comes to.

use std::sync::Arc;

use skyhaul_actors::environment::{DepotSpec, DispatchPolicy, Environment};
use skyhaul_actors::event::{AssignmentRefusal, Event};
use skyhaul_actors::ids::{AircraftId, DepotId, DroneId};
use skyhaul_actors::mission::Errand;
use skyhaul_actors::scheduler::enquiry::{Answer, Outside, Seen, Standing, Wish, enquire};
use skyhaul_actors::tree::Surroundings;
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

use crate::city::{City, environment, place};
use crate::groundings::many_grounded;

fn wish(pickup: Position, dropoff: Position, weight_kg: f64) -> Wish {
    Wish {
        errand: Errand {
            pickup,
            dropoff,
            weight: Kilograms::new(weight_kg),
        },
        is_expedited: false,
        deadline: None,
        asked_at: SimTime::ZERO,
    }
}

fn outside(drones: &[Standing]) -> Outside {
    Outside {
        drones: drones.to_vec(),
        ..Outside::default()
    }
}

fn answer(planned: Environment, wish: &Wish, outside: &Outside) -> Answer {
    let surroundings = Surroundings::new(Arc::new(planned));
    let seen = Seen::new(outside.clone(), &surroundings);
    let answer = enquire(wish, &seen, &surroundings, SimTime::ZERO);
    let again = enquire(wish, &seen, &surroundings, SimTime::ZERO);
    assert_eq!(answer, again, "nothing is reserved");
    answer
}

#[test]
fn a_ready_drone_is_promised_as_it_is_then_assigned() {
    let mut city = City::new(environment(1));
    let now = city.world.now();
    let (pickup, dropoff) = (place(0.0, 500.0), place(0.0, 2_000.0));
    let asked = wish(pickup, dropoff, 1.0);
    let surroundings = Surroundings::new(Arc::clone(city.world.environment()));
    let at = now + SimDuration::from_micros(1);
    let seen = Seen::new(outside(&[Standing::Ready]), &surroundings);
    let Answer::Drone { estimate, wait } = enquire(&asked, &seen, &surroundings, at) else {
        panic!("a drone stands ready");
    };
    assert_eq!(wait, SimDuration::ZERO);
    city.request(1, pickup, dropoff, 1.0);
    city.run_s(1);
    let assigned = city.events.iter().find_map(|event| match event.event {
        Event::DroneAssigned { eta_dropoff, .. } => Some(eta_dropoff),
        _ => None,
    });
    assert_eq!(assigned, Some(estimate.dropped_off_at));
}

#[test]
fn a_busy_fleet_is_waited_for_the_longer_the_more_wait() {
    let asked = wish(place(0.0, 500.0), place(0.0, 2_000.0), 1.0);
    let mut planned = environment(1);
    planned.dispatch.wait_max = SimDuration::from_mins(60);
    let waits = [0, 3].map(|waiting| {
        let outside = Outside {
            waiting,
            ..outside(&[Standing::Away])
        };
        match answer(planned.clone(), &asked, &outside) {
            Answer::Drone { wait, .. } => wait,
            other => panic!("{other:?}"),
        }
    });
    assert!(waits[0] > SimDuration::ZERO && waits[1] > waits[0], "{waits:?}");
}

#[test]
fn a_fleet_that_queues_for_its_pads_and_charges_there_is_waited_for_longer() {
    let asked = wish(place(0.0, 500.0), place(0.0, 4_000.0), 1.0);
    let wait = |pads, swap| {
        let mut planned = environment(4);
        planned.dispatch.wait_max = SimDuration::from_mins(24 * 60);
        planned.depots[0].pads = pads;
        planned.depots[0].spare_batteries = 16;
        planned.aircraft[0].swap = swap;
        match answer(planned, &asked, &outside(&[Standing::Away; 4])) {
            Answer::Drone { wait, .. } => wait,
            other => panic!("{other:?}"),
        }
    };
    let swapping = wait(4, Some(SimDuration::from_secs(60)));
    let (charging, queueing) = (wait(4, None), wait(1, None));
    assert!(
        swapping < charging && charging < queueing,
        "{swapping:?} {charging:?} {queueing:?}"
    );
}

#[test]
fn a_quote_waits_for_the_next_batch_though_many_drones_are_kept_on_the_ground() {
    let asked = wish(place(0.0, 500.0), place(0.0, 2_000.0), 1.0);
    let mut drones = [Standing::Ready; 24];
    drones[1..8].fill(Standing::Away);
    for (grounded, expected) in [
        (vec![DepotId(1)], SimDuration::from_secs(10)),
        (Vec::new(), SimDuration::ZERO),
    ] {
        let outside = Outside {
            grounded,
            ..outside(&drones)
        };
        match answer(many_grounded(8, DispatchPolicy::Adaptive), &asked, &outside) {
            Answer::Drone { wait, .. } => assert_eq!(wait, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_no_drone_does_is_a_carriers_with_why() {
    let near = wish(place(0.0, 500.0), place(0.0, 2_000.0), 1.0);
    let heavy = wish(place(0.0, 500.0), place(0.0, 2_000.0), 4.0);
    let grounded = Outside {
        grounded: vec![DepotId(0)],
        ..outside(&[Standing::Ready])
    };
    let crowded = |waiting| Outside {
        waiting,
        ..outside(&[Standing::Away])
    };
    for (asked, outside, why) in [
        (near, grounded, AssignmentRefusal::Grounded),
        (near, outside(&[Standing::Gone]), AssignmentRefusal::TooHeavy),
        (heavy, outside(&[Standing::Ready]), AssignmentRefusal::TooHeavy),
        (near, crowded(3), AssignmentRefusal::WaitedTooLong),
        (near, crowded(10_000), AssignmentRefusal::CarrierCheaper),
    ] {
        match answer(environment(1), &asked, &outside) {
            Answer::Carrier { reason, offer } => {
                assert_eq!(reason, why);
                assert!(offer.quote.price.get() > 0.0 && offer.quote.eta_dropoff > SimTime::ZERO);
            }
            other => panic!("{other:?}, not {why:?}"),
        }
        let mut alone = environment(1);
        alone.carriers.clear();
        let without = answer(alone, &heavy, &outside);
        assert!(matches!(without, Answer::Nobody { .. }), "{without:?}");
    }
}

#[test]
fn requests_that_are_matched_in_batches_wait_for_the_next_one() {
    let mut planned = environment(1);
    planned.dispatch.policy = DispatchPolicy::Batch;
    let interval = planned.dispatch.interval;
    let asked = wish(place(0.0, 500.0), place(0.0, 2_000.0), 1.0);
    match answer(planned, &asked, &outside(&[Standing::Ready])) {
        Answer::Drone { wait, .. } => assert_eq!(wait, interval),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_drone_that_moved_is_promised_from_where_it_belongs_now() {
    let mut planned = environment(1);
    planned.depots.push(DepotSpec {
        name: "north".to_owned(),
        at: place(0.0, 7_000.0),
        region: RegionId(1),
        ..planned.depots[0].clone()
    });
    let there = wish(place(0.0, 7_100.0), place(500.0, 7_500.0), 1.0);
    let seen = outside(&[Standing::Ready]);
    let after = Outside {
        moved: vec![(DroneId(0), AircraftId(0), DepotId(1))],
        ..seen.clone()
    };
    let picked_up_at = |outside: &Outside| match answer(planned.clone(), &there, outside) {
        Answer::Drone { estimate, .. } => estimate.picked_up_at,
        other => panic!("a drone stands ready, not {other:?}"),
    };
    assert!(picked_up_at(&after) + SimDuration::from_mins(2) < picked_up_at(&seen));
}
