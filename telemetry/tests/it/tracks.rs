//! Tracks against what a world says, event by event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use skyhaul_actors::command::{ConfirmationKind, DeliveryRequest};
use skyhaul_actors::environment::Maintenance;
use skyhaul_actors::event::{Event, GroundingReason, Leg};
use skyhaul_actors::ids::{DeliveryId, DepotId, DroneId};
use skyhaul_actors::stage::Stage;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_telemetry::tracks::motion::along;
use skyhaul_telemetry::tracks::{ALERTS_MAX, AlertKind, ENDED_KEPT_MAX, Tracks};
use skyhaul_telemetry::view::{Between, DeliveryView, DroneState};

use crate::city::{City, environment, place, request, trace, troubled};

fn fold(city: &City) -> Tracks {
    let mut tracks = Tracks::new(Arc::clone(city.world.environment()));
    for event in &city.events {
        tracks.apply(event);
    }
    tracks
}

/// Folds event by event and looks at the tracks after each and between it and the next.
fn watch(city: &City, mut look: impl FnMut(&Tracks, &Numbered<Event>, SimTime)) {
    let mut tracks = Tracks::new(Arc::clone(city.world.environment()));
    for (index, event) in city.events.iter().enumerate() {
        tracks.apply(event);
        let next = city.events.get(index + 1).map_or(event.at, |next| next.at);
        let between = event.at + SimDuration::from_micros(next.since(event.at).micros() / 2);
        for now in [event.at, between] {
            look(&tracks, event, now);
        }
    }
}

fn requested(city: &City) -> BTreeSet<DeliveryId> {
    let ids = city.events.iter().filter_map(|event| match &event.event {
        Event::DeliveryRequested { request, .. } => Some(request.delivery),
        _ => None,
    });
    ids.collect()
}

/// A troubled day: requests, failures, panics, carriers that fail.
fn troubled_city(seed: u64) -> City {
    let mut city = City::new(troubled(3, 60, seed));
    city.run_s(6 * 3_600);
    city
}

fn check_times(view: &DeliveryView, now: SimTime) {
    assert!(view.pickup_eta <= view.delivery_eta, "{view:?}");
    for (eta, between) in [
        (view.pickup_eta, view.pickup_between),
        (view.delivery_eta, view.delivery_between),
    ] {
        assert!(between.low <= eta && eta <= between.high, "{view:?}");
        assert!(between.low >= eta.min(now), "{view:?}");
    }
    match (view.stage, view.arrived_at) {
        (Stage::Created | Stage::Rescheduled | Stage::HeadedToPickup, None) => {
            assert!(view.pickup_eta >= now);
        }
        (Stage::HeadedToDropoff, None) => assert!(view.pickup_eta <= now && view.delivery_eta >= now),
        (Stage::HeadedToDropoff | Stage::Completed, Some(at)) => {
            assert!(at <= now && view.delivery_between == Between::exactly(at));
        }
        (Stage::Cancelled, None) => {}
        _ => panic!("{view:?}"),
    }
}

#[test]
fn eta_is_never_in_the_past_and_equals_the_arrival_in_the_end() {
    let city = troubled_city(11);
    let ids = requested(&city);
    let mut completed = 0;
    watch(&city, |tracks, event, now| {
        for view in ids.iter().filter_map(|id| tracks.delivery(*id, now)) {
            check_times(&view, now);
        }
        if let Event::DeliveryCompleted { delivery, .. } = event.event {
            let view = tracks.delivery(delivery, now).expect("it is kept");
            assert_eq!((view.stage, view.delivery_eta), (Stage::Completed, event.at));
            completed += 1;
        }
    });
    assert!(completed > 2 * 40, "looked twice at each of {completed}");
}

#[test]
fn a_parcel_that_waits_for_its_receiver_has_arrived_and_nobody_counts_down_to_it() {
    let mut city = City::new(environment(1));
    let asked = DeliveryRequest {
        confirmation: ConfirmationKind::Picture,
        ..request(1, place(-500.0, 0.0), place(700.0, 0.0), 1.0)
    };
    let id = city.order(asked);
    city.run_s(2 * 3_600);
    let at = |is: fn(&Event) -> bool| {
        let mut events = city.events.iter();
        events.find(|event| is(&event.event)).expect("it is").at
    };
    let put_down = at(|event| matches!(event, Event::PackageDroppedOff { .. }));
    let completed = at(|event| matches!(event, Event::DeliveryCompleted { .. }));
    assert_eq!(completed.since(put_down), SimDuration::from_mins(30));
    watch(&city, |tracks, _, now| {
        if let Some(view) = tracks.delivery(id, now) {
            check_times(&view, now);
            let is_there = (view.arrived_at, view.delivery_eta) == (Some(put_down), put_down);
            assert!(is_there || now <= put_down, "{view:?}");
        }
    });
}

#[test]
fn stages_are_those_that_events_enter() {
    let city = troubled_city(12);
    let mut stages: BTreeMap<DeliveryId, Stage> = BTreeMap::new();
    watch(&city, |tracks, event, now| {
        if let Event::DeliveryRequested { request, .. } = &event.event {
            stages.entry(request.delivery).or_default();
        }
        if let Some((id, stage)) = Stage::entered_by(&event.event) {
            let known = stages.get_mut(&id).expect("it was requested");
            if !known.is_final() {
                *known = stage;
            }
        }
        for (id, stage) in &stages {
            assert_eq!(tracks.delivery(*id, now).map(|view| view.stage), Some(*stage));
        }
        let counted = tracks.stats(now).deliveries;
        for stage in Stage::ALL {
            let expected = stages.values().filter(|known| **known == stage).count();
            assert_eq!(counted[&stage], expected as u64);
        }
    });
}

#[test]
fn every_change_of_stage_can_be_read_afterwards_in_order() {
    let city = troubled_city(13);
    let tracks = fold(&city);
    for id in requested(&city) {
        let mut expected = Vec::new();
        for event in &city.events {
            if let Some((about, stage)) = Stage::entered_by(&event.event)
                && about == id
                && expected.last() != Some(&stage)
                && !expected.last().is_some_and(|last: &Stage| last.is_final())
                && !(expected.is_empty() && stage == Stage::Created)
            {
                expected.push(stage);
            }
        }
        let seen: Vec<Stage> = tracks.milestones_after(id, 0).map(|view| view.stage).collect();
        assert_eq!(seen, expected);
        assert_eq!(tracks.milestones(id), u32::try_from(expected.len()).ok());
        let last: Vec<Stage> = tracks.milestones_after(id, 1).map(|view| view.stage).collect();
        assert_eq!(last, expected[1..]);
    }
}

#[test]
fn a_drone_is_where_its_leg_says_and_where_it_landed() {
    let city = troubled_city(14);
    let mut legs = BTreeMap::new();
    watch(&city, |tracks, event, now| match &event.event {
        Event::LegStarted(leg) => {
            legs.insert(leg.drone, Arc::clone(leg));
            let view = tracks.drone(leg.drone, now).expect("it was commissioned");
            assert_eq!(view.arrives_at, Some(leg.arrives()));
            assert_eq!(view.delivery, leg.delivery);
            let plan = leg.path.partition_point(|waypoint| waypoint.time <= now);
            let (from, to) = (leg.path[plan - 1], leg.path[plan.min(leg.path.len() - 1)]);
            let via = from.at.distance_m(view.at) + view.at.distance_m(to.at);
            assert!((via - from.at.distance_m(to.at)).abs() < 0.1, "on the segment");
            assert!(view.speed_mps < 26.0);
        }
        Event::LegEnded {
            drone, at, battery, ..
        } => {
            let view = tracks.drone(*drone, now).expect("it was commissioned");
            let leg: &Arc<Leg> = &legs[drone];
            // In the air where the leg was broken off.
            let altitude_m = if now < leg.arrives() {
                along(leg, now).altitude_m
            } else {
                0.0
            };
            assert_eq!((view.at, view.altitude_m, view.speed_mps), (*at, altitude_m, 0.0));
            assert!((view.battery - battery.get() / 500.0).abs() < 1e-9);
            assert!(tracks.leg(*drone).is_none());
        }
        _ => {}
    });
}

#[test]
fn the_parcel_is_at_the_pickup_then_with_the_drone_then_at_the_drop_off() {
    let mut city = City::new(environment(2));
    let (pickup, dropoff) = (place(-3_000.0, 500.0), place(1_000.0, -500.0));
    let id = city.request(1, pickup, dropoff, 0.5);
    city.run_s(3_600);
    let mut was_between = false;
    watch(&city, |tracks, _, now| {
        let Some(view) = tracks.delivery(id, now) else {
            return;
        };
        match view.stage {
            Stage::Created | Stage::HeadedToPickup => assert_eq!(view.at, pickup),
            Stage::HeadedToDropoff => {
                let drone = tracks
                    .drone(view.drone.expect("a drone brings it"), now)
                    .expect("it is known");
                assert!((drone.at, drone.altitude_m) == (view.at, view.altitude_m) || view.at == dropoff);
                was_between |= view.at != pickup && view.at != dropoff && view.altitude_m > 0.0;
            }
            _ => assert_eq!(view.at, dropoff),
        }
    });
    assert!(was_between);
    let tracks = fold(&city);
    let flown: Vec<_> = tracks.flown(id).collect();
    assert_eq!(flown.len(), 2, "to the pickup and to the drop-off");
    assert!(flown.iter().all(|leg| leg.ended.is_some()));
}

#[test]
fn a_carrier_moves_the_parcel_straight_along() {
    let mut city = City::new(environment(1));
    let (pickup, dropoff) = (place(-2_000.0, 0.0), place(2_000.0, 0.0));
    let id = city.request(1, pickup, dropoff, 10.0);
    city.run_s(2 * 3_600);
    let picked_up = city
        .events
        .iter()
        .find_map(|e| matches!(e.event, Event::PackagePickedUp { .. }).then_some(e.at))
        .expect("it was picked up");
    let mut tracks = Tracks::new(Arc::clone(city.world.environment()));
    for event in city.events.iter().filter(|event| event.at <= picked_up) {
        tracks.apply(event);
    }
    let view = tracks.delivery(id, picked_up).expect("it is known");
    let half_way = picked_up + SimDuration::from_micros(view.delivery_eta.since(picked_up).micros() / 2);
    let there = tracks.delivery(id, half_way).expect("it is known");
    assert!(there.carrier.is_some() && there.drone.is_none());
    assert!(there.at.distance_m(pickup.towards(dropoff, 0.5)) < 1.0);
}

#[test]
fn states_and_depots_count_every_drone_once() {
    let mut planned = troubled(3, 60, 15);
    for aircraft in &mut planned.aircraft {
        aircraft.maintenance = Some(Maintenance {
            every: SimDuration::from_mins(30),
            takes: SimDuration::from_mins(10),
        });
    }
    let mut city = City::new(planned);
    city.run_s(6 * 3_600);
    let mut seen = BTreeSet::new();
    watch(&city, |tracks, _, now| {
        let mut by_state: BTreeMap<DroneState, u64> = DroneState::ALL.map(|state| (state, 0)).into();
        let mut flying = 0;
        for drone in tracks.drones(now) {
            *by_state.entry(drone.state).or_default() += 1;
            flying += u32::from(tracks.leg(drone.drone).is_some());
            seen.insert(drone.state);
        }
        assert_eq!(tracks.stats(now).drones, by_state);
        let depots: Vec<_> = tracks.depots().collect();
        assert_eq!(depots.iter().map(|depot| depot.flying).sum::<u32>(), flying);
        let all: u32 = depots
            .iter()
            .map(|d| d.idle + d.flying + d.handling + d.charging + d.queue + d.maintained + d.failed)
            .sum();
        assert_eq!(u64::from(all), by_state.values().sum::<u64>());
    });
    assert_eq!(seen, DroneState::ALL.into());
}

#[test]
fn the_state_agrees_with_the_actors() {
    let mut city = City::new(troubled(3, 60, 16));
    for _ in 0..120 {
        city.run_s(60);
        let tracks = fold(&city);
        let idle = tracks.stats(city.world.now()).drones[&DroneState::Idle];
        let depots: u64 = tracks.depots().map(|depot| u64::from(depot.queue)).sum();
        let census = city.world.census();
        assert_eq!(
            (idle, depots),
            (census.drones_ready as u64, census.pads_awaited as u64)
        );
    }
}

#[test]
fn a_reschedule_and_a_cancellation_show() {
    let mut city = City::new(environment(1));
    let id = city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    city.run_s(10);
    city.reschedule(id, place(500.0, 0.0));
    city.run_s(5);
    city.cancel(id);
    city.run_s(600);
    let tracks = fold(&city);
    let stages: Vec<Stage> = tracks.milestones_after(id, 0).map(|view| view.stage).collect();
    let expected = [
        Stage::HeadedToPickup,
        Stage::Rescheduled,
        Stage::HeadedToPickup,
        Stage::Cancelled,
    ];
    assert_eq!(stages, expected);
    let view = tracks.delivery(id, city.world.now()).expect("it is kept");
    assert_eq!((view.drone, view.leg), (None, None));
    assert!(
        tracks
            .drones(city.world.now())
            .all(|drone| drone.delivery.is_none())
    );
}

#[test]
fn what_was_taken_in_before_changes_nothing() {
    let city = troubled_city(17);
    let once = fold(&city);
    let mut twice = once.clone();
    for event in &city.events {
        twice.apply(event);
    }
    assert!(once == twice);
}

#[test]
fn damaged_or_foreign_bytes_are_refused() {
    let city = troubled_city(18);
    let bytes = fold(&city).save();
    let home = city.world.environment();
    assert!(Tracks::load(Arc::clone(home), &[]).is_err());
    assert!(Tracks::load(Arc::clone(home), &bytes[..bytes.len() / 2]).is_err());
    let mut other_layout = bytes.clone();
    other_layout[0] = 99;
    assert!(Tracks::load(Arc::clone(home), &other_layout).is_err());
    let mut elsewhere = environment(3);
    elsewhere.depots.truncate(1);
    assert!(Tracks::load(Arc::new(elsewhere), &bytes).is_err());
}

#[test]
fn alerts_tell_of_what_went_wrong() {
    let city = troubled_city(19);
    let tracks = fold(&city);
    let numbers: Vec<u64> = tracks.alerts().map(|alert| alert.number).collect();
    assert!(numbers.len() <= ALERTS_MAX && numbers.is_sorted_by(|a, b| a > b));
    for kind in [
        AlertKind::DroneFailed,
        AlertKind::ActorRestarted,
        AlertKind::DeliveryLate,
    ] {
        assert!(tracks.alerts().any(|alert| alert.kind == kind), "{kind:?}");
    }
    let failures = city
        .events
        .iter()
        .filter(|event| matches!(event.event, Event::DroneFailed { .. }));
    let told: Vec<_> = tracks
        .alerts()
        .filter(|a| a.kind == AlertKind::DroneFailed)
        .collect();
    assert_eq!(told.len(), failures.count());
    assert!(
        told.iter()
            .all(|alert| alert.drone.is_some() && alert.place.is_some())
    );
}

#[test]
fn ended_deliveries_take_bounded_room() {
    let city = City::new(environment(1));
    let mut tracks = Tracks::new(Arc::clone(city.world.environment()));
    let ids = 0..(ENDED_KEPT_MAX as u128 + 500);
    let mut number = 0;
    let mut say = |tracks: &mut Tracks, event| {
        tracks.apply(&Numbered {
            number,
            at: SimTime::from_micros(number),
            event,
        });
        number += 1;
    };
    for id in ids.clone() {
        let request = Arc::new(request(id, place(0.0, 0.0), place(1.0, 1.0), 1.0));
        say(
            &mut tracks,
            Event::DeliveryRequested {
                command: None,
                request,
            },
        );
        say(
            &mut tracks,
            Event::DeliveryCancelled {
                delivery: DeliveryId(id),
                command: None,
                reason: skyhaul_actors::event::CancelReason::Requested,
            },
        );
    }
    let kept = ids.filter(|id| tracks.delivery(DeliveryId(*id), SimTime::ZERO).is_some());
    assert_eq!(kept.count(), ENDED_KEPT_MAX);
    assert_eq!(
        tracks.stats(SimTime::ZERO).deliveries[&Stage::Cancelled],
        ENDED_KEPT_MAX as u64 + 500
    );
}

#[test]
fn drones_are_found_by_their_last_change() {
    let mut city = City::new(environment(3));
    let mut tracks = fold(&city);
    let before = tracks.next_event();
    assert_eq!(tracks.changed_since(before).count(), 0);
    city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    city.run_s(5);
    for event in &city.events {
        tracks.apply(event);
    }
    let changed: Vec<DroneId> = tracks.changed_since(before).collect();
    let assigned = tracks
        .drones(city.world.now())
        .find(|drone| drone.delivery.is_some());
    assert!(changed.contains(&assigned.expect("one flies").drone));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Saved anywhere and loaded again, tracks go on as if nothing had been.
    #[test]
    fn saving_and_loading_changes_nothing(seed in 0..u64::MAX, percent in 0..100_usize) {
        let mut planned = troubled(2, 30, seed);
        planned.demand = Some(trace(30, 60));
        let mut city = City::new(planned);
        city.run_s(2 * 3_600);
        let environment = city.world.environment();
        let cut = city.events.len() * percent / 100;
        let mut whole = Tracks::new(Arc::clone(environment));
        city.events[..cut].iter().for_each(|event| whole.apply(event));
        let mut halved = Tracks::load(Arc::clone(environment), &whole.save()).expect("they were just saved");
        prop_assert!(halved == whole);
        for event in &city.events[cut..] {
            whole.apply(event);
            halved.apply(event);
        }
        prop_assert!(halved == whole);
        prop_assert_eq!(halved.save(), whole.save());
    }
}

#[test]
fn a_depot_that_is_grounded_for_two_reasons_flies_again_once_both_are_gone() {
    let mut tracks = Tracks::new(Arc::new(environment(1)));
    let depot = DepotId(0);
    let (wind, operator) = (GroundingReason::Wind, GroundingReason::Operator);
    let story = [
        (Event::FleetGrounded { depot, reason: wind }, true),
        (
            Event::FleetGrounded {
                depot,
                reason: operator,
            },
            true,
        ),
        (Event::FleetReleased { depot, reason: wind }, true),
        (
            Event::FleetReleased {
                depot,
                reason: operator,
            },
            false,
        ),
    ];
    for (number, (event, is_grounded)) in (0..).zip(story) {
        let at = SimTime::from_micros(number);
        tracks.apply(&Numbered { number, at, event });
        let shown: Vec<bool> = tracks.depots().map(|depot| depot.is_grounded).collect();
        assert_eq!(shown, [is_grounded, false]);
    }
}
