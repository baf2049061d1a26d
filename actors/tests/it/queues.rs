//! Requests that wait: what they are told, and how it turns out.

use skyhaul_actors::command::Command;
use skyhaul_actors::environment::{DispatchPolicy, Environment};
use skyhaul_actors::event::{CancelReason, Event};
use skyhaul_actors::ids::{DeliveryId, DepotId};
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::city::{City, environment, place};

/// Drones that charge on a single pad, for as long as it takes, and no carrier.
fn queueing(drones: u32, policy: DispatchPolicy) -> Environment {
    let mut planned = environment(drones);
    planned.dispatch.policy = policy;
    planned.dispatch.wait_max = SimDuration::from_mins(24 * 60);
    planned.carriers.clear();
    planned.depots[0].pads = 1;
    planned.depots[0].spare_batteries = 0;
    planned.aircraft[0].swap = None;
    planned
}

/// Asks for so many, one after another.
fn asked_of(city: &mut City, requests: u128) -> Vec<DeliveryId> {
    let ids = (1..=requests).map(|id| {
        let delivery = city.request(id, place(1_000.0, 0.0), place(0.0, 5_000.0), 1.0);
        city.run_s(1);
        delivery
    });
    ids.collect()
}

/// For when the pickup of a delivery was announced while it waited, and when that was said.
fn announced(city: &City, wanted: DeliveryId) -> Vec<(SimTime, SimTime)> {
    let queued = city.events.iter().filter_map(|event| match event.event {
        Event::DeliveryQueued {
            delivery, eta_pickup, ..
        } if delivery == wanted => Some((event.at, eta_pickup)),
        _ => None,
    });
    queued.collect()
}

fn picked_up_at(city: &City, wanted: DeliveryId) -> SimTime {
    let picked_up = city.events.iter().find_map(|event| match event.event {
        Event::PackagePickedUp { delivery, .. } if delivery == wanted => Some(event.at),
        _ => None,
    });
    picked_up.expect("it is flown")
}

#[test]
fn an_estimate_of_a_request_that_waits_counts_the_queue_at_the_pad_and_the_charging() {
    for policy in [DispatchPolicy::Nearest, DispatchPolicy::Batch] {
        let mut city = City::new(queueing(4, policy));
        let ids = asked_of(&mut city, 12);
        city.run_s(8 * 3_600);
        let last = picked_up_at(&city, ids[11]);
        let first_said = announced(&city, ids[11])[0].1;
        let off_by = first_said.max(last).since(first_said.min(last));
        assert!(
            off_by.micros() * 10 < last.micros(),
            "{policy:?}: {first_said:?} was said, {last:?} came"
        );
    }
}

#[test]
fn what_a_request_that_waits_was_told_is_said_anew_seldom_and_never_lies_in_the_past() {
    for policy in [DispatchPolicy::Nearest, DispatchPolicy::Batch] {
        let mut city = City::new(queueing(4, policy));
        let ids = asked_of(&mut city, 12);
        city.run_s(8 * 3_600);
        for id in &ids[4..] {
            let said = announced(&city, *id);
            assert!(said.len() <= 5, "{policy:?} {id:?}: {said:?}");
            let (picked_up, (_, last_said)) = (picked_up_at(&city, *id), said[said.len() - 1]);
            let slack = SimDuration::from_mins(5);
            assert!(
                last_said + slack >= picked_up,
                "{policy:?} {id:?}: {last_said:?}, {picked_up:?}"
            );
        }
    }
}

#[test]
fn a_request_that_waits_longer_than_it_was_told_is_told_so_until_a_drone_comes() {
    let mut city = City::new(queueing(1, DispatchPolicy::Nearest));
    city.ask(Command::GroundDepot { depot: DepotId(0) });
    let id = asked_of(&mut city, 1)[0];
    city.run_s(4 * 3_600);
    let said = announced(&city, id);
    assert!((4..=12).contains(&said.len()), "{said:?}");
    assert!(said.is_sorted_by_key(|(_, eta_pickup)| *eta_pickup), "{said:?}");
    let left = said.iter().map(|(at, eta_pickup)| eta_pickup.since(*at));
    assert!(left.min() > Some(SimDuration::from_mins(5)), "{said:?}");
    city.ask(Command::ReleaseDepot { depot: DepotId(0) });
    city.run_s(3_600);
    assert_eq!(city.story(id).last(), Some(&"completed"));
}

#[test]
fn whoever_has_waited_and_waits_on_is_passed_by_nobody_who_asked_later() {
    for policy in [DispatchPolicy::Nearest, DispatchPolicy::Batch] {
        let mut planned = queueing(1, policy);
        planned.dispatch.wait_max = SimDuration::from_mins(10);
        let mut city = City::new(planned);
        let ids = asked_of(&mut city, 12);
        city.run_s(20 * 3_600);
        let picked_up = ids.iter().map(|id| picked_up_at(&city, *id));
        let picked_up: Vec<SimTime> = picked_up.collect();
        assert!(picked_up.is_sorted(), "{policy:?}: {picked_up:?}");
        let refusals = city.count(|event| matches!(event, Event::DroneAssignmentRefused { .. }));
        assert!(
            refusals > 12 * 5,
            "{policy:?}: each waits again more than five times"
        );
    }
}

/// Why a delivery was cancelled, and when.
fn cancelled(city: &City, wanted: DeliveryId) -> Option<(SimTime, CancelReason)> {
    city.events.iter().find_map(|event| match event.event {
        Event::DeliveryCancelled { delivery, reason, .. } if delivery == wanted => Some((event.at, reason)),
        _ => None,
    })
}

#[test]
fn a_request_that_has_waited_for_a_day_is_given_up_as_that() {
    let mut planned = queueing(1, DispatchPolicy::Nearest);
    planned.dispatch.wait_max = SimDuration::from_mins(7 * 60);
    let mut city = City::new(planned);
    city.ask(Command::GroundDepot { depot: DepotId(0) });
    let id = asked_of(&mut city, 1)[0];
    city.run_s(27 * 3_600);
    assert_eq!(cancelled(&city, id), None);
    city.run_s(2 * 3_600);
    let (at, reason) = cancelled(&city, id).expect("it has waited for 28 hours");
    assert_eq!(reason, CancelReason::WaitedTooLong);
    assert!(at.since(SimTime::ZERO) >= SimDuration::from_mins(28 * 60));
    assert_eq!(city.world.census().workflows, 0);
}

#[test]
fn who_finds_as_many_waiting_as_may_is_given_up_as_that_at_once() {
    let mut city = City::new(queueing(1, DispatchPolicy::Nearest));
    city.ask(Command::GroundDepot { depot: DepotId(0) });
    for id in 1..=100_001 {
        city.request(id, place(1_000.0, 0.0), place(0.0, 5_000.0), 1.0);
    }
    city.run_s(1);
    assert_eq!(cancelled(&city, DeliveryId(100_000)), None);
    let last = cancelled(&city, DeliveryId(100_001));
    assert_eq!(last.map(|(_, reason)| reason), Some(CancelReason::WaitedTooLong));
}
