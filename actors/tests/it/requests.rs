//! What becomes of requests.

use skyhaul_actors::account::{AccountChange, AccountRecord, KeyId};
use skyhaul_actors::command::{Command, ConfirmationKind, ConfirmationRecord, Place, RescheduleChanges};
use skyhaul_actors::event::{AssignmentRefusal, CancelReason, ChangeRefusal, Event, LegPurpose};
use skyhaul_actors::ids::{AccountId, CommandId, DeliveryId};
use skyhaul_actors::stage::Stage;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::city::{City, environment, place, request};

#[test]
fn a_request_is_flown_from_its_pickup_to_its_dropoff_and_the_drone_comes_home() {
    let mut city = City::new(environment(1));
    let id = city.request(1, place(1_000.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(3_600);
    assert_eq!(
        city.story(id),
        ["requested", "assigned", "picked up", "dropped off", "completed"]
    );
    let purposes: Vec<LegPurpose> = city
        .events
        .iter()
        .filter_map(|event| match &event.event {
            Event::LegStarted(leg) => Some(leg.purpose),
            _ => None,
        })
        .collect();
    assert_eq!(
        purposes,
        [LegPurpose::Pickup, LegPurpose::Dropoff, LegPurpose::Return]
    );
    assert_eq!(city.count(|event| matches!(event, Event::ChargeEnded { .. })), 1);
    let census = city.world.census();
    assert_eq!((census.deliveries, census.packages, census.workflows), (0, 0, 0));
    assert_eq!(
        city.world.counters().undeliverable,
        0,
        "no message was lost on the way"
    );
}

#[test]
fn the_estimate_at_assignment_is_what_happens() {
    let mut city = City::new(environment(1));
    city.request(1, place(1_000.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(3_600);
    let mut promised = None;
    for event in &city.events {
        match event.event {
            Event::DroneAssigned {
                eta_pickup,
                eta_dropoff,
                ..
            } => promised = Some((eta_pickup, eta_dropoff)),
            Event::PackagePickedUp { .. } => assert_eq!(promised.map(|etas| etas.0), Some(event.at)),
            Event::DeliveryCompleted { .. } => assert_eq!(promised.map(|etas| etas.1), Some(event.at)),
            _ => {}
        }
    }
    assert!(promised.is_some());
}

#[test]
fn a_parcel_too_heavy_for_any_drone_goes_by_carrier() {
    let mut city = City::new(environment(1));
    let id = city.request(1, place(1_000.0, 0.0), place(0.0, 2_000.0), 10.0);
    city.run_s(7_200);
    assert_eq!(
        city.story(id),
        [
            "requested",
            "refused",
            "carrier booked",
            "picked up",
            "dropped off",
            "completed"
        ]
    );
    assert!(city.events.iter().any(|event| matches!(
        event.event,
        Event::CarrierBooked {
            reason: AssignmentRefusal::TooHeavy,
            ..
        }
    )));
}

#[test]
fn a_parcel_that_nobody_can_carry_is_cancelled() {
    let mut city = City::new(environment(1));
    let id = city.request(1, place(1_000.0, 0.0), place(0.0, 2_000.0), 100.0);
    city.run_s(60);
    assert_eq!(city.story(id), ["requested", "refused", "cancelled"]);
    assert!(city.events.iter().any(|event| matches!(
        event.event,
        Event::DeliveryCancelled {
            reason: CancelReason::NobodyCan,
            ..
        }
    )));
    assert_eq!(city.world.census().workflows, 0);
}

#[test]
fn a_request_waits_for_a_busy_drone_and_expedited_ones_go_first() {
    let mut city = City::new(environment(1));
    let first = city.request(1, place(1_000.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(1);
    let second = city.request(2, place(500.0, 0.0), place(0.0, 1_000.0), 1.0);
    city.run_s(1);
    let mut hurry = request(3, place(500.0, 0.0), place(0.0, 1_000.0), 1.0);
    hurry.expedited = true;
    city.ask(Command::RequestDelivery(hurry));
    city.run_s(3_600);
    let completed: Vec<DeliveryId> = city
        .events
        .iter()
        .filter_map(|event| match event.event {
            Event::DeliveryCompleted { delivery, .. } => Some(delivery),
            _ => None,
        })
        .collect();
    assert_eq!(completed, [first, DeliveryId(3), second]);
    assert_eq!(city.story(second)[..3], ["requested", "queued", "assigned"]);
}

#[test]
fn a_request_that_waited_too_long_goes_by_carrier() {
    let mut planned = environment(1);
    planned.dispatch.wait_max = SimDuration::from_secs(120);
    let mut city = City::new(planned);
    city.request(1, place(3_000.0, 0.0), place(0.0, 3_000.0), 1.0);
    city.run_s(1);
    let second = city.request(2, place(500.0, 0.0), place(0.0, 1_000.0), 1.0);
    city.run_s(119);
    assert_eq!(city.story(second), ["requested", "queued"]);
    city.run_s(3_600);
    assert_eq!(city.story(second)[2..4], ["refused", "carrier booked"]);
}

#[test]
fn a_pickup_time_in_the_future_is_waited_for() {
    let mut city = City::new(environment(1));
    let mut later = request(1, place(1_000.0, 0.0), place(0.0, 2_000.0), 1.0);
    later.pickup_at = SimTime::ZERO + SimDuration::from_mins(10);
    city.ask(Command::RequestDelivery(later));
    city.run_s(599);
    assert_eq!(city.story(DeliveryId(1)), ["requested"]);
    city.run_s(2);
    assert_eq!(city.story(DeliveryId(1)), ["requested", "assigned"]);
}

#[test]
fn cancelling_before_the_pickup_turns_the_drone_round() {
    let mut city = City::new(environment(1));
    let id = city.request(1, place(3_000.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(60);
    let command = city.ask(Command::CancelDelivery { delivery: id });
    city.run_s(1_200);
    assert_eq!(city.story(id), ["requested", "assigned", "cancelled", "released"]);
    assert!(city.events.iter().any(|event| matches!(
        event.event,
        Event::DeliveryCancelled { command: Some(by), .. } if by == command
    )));
    assert_eq!(city.world.census().drones_ready, 1);
}

#[test]
fn cancelling_while_the_drone_loads_or_the_request_waits_frees_both() {
    let mut city = City::new(environment(1));
    let loading = city.request(1, place(0.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(10);
    let waiting = city.request(2, place(500.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(1);
    city.ask(Command::CancelDelivery { delivery: loading });
    city.run_s(1);
    assert_eq!(
        city.story(waiting),
        ["requested", "queued", "assigned"],
        "the drone stood at its depot"
    );
    city.ask(Command::CancelDelivery { delivery: waiting });
    city.run_s(3_600);
    assert_eq!(city.story(waiting).last(), Some(&"released"));
    assert_eq!(
        city.count(|event| matches!(event, Event::PackagePickedUp { .. })),
        0
    );
}

#[test]
fn cancelling_after_the_pickup_or_the_end_is_refused() {
    let mut city = City::new(environment(1));
    let id = city.request(1, place(100.0, 0.0), place(0.0, 4_000.0), 1.0);
    city.run_s(120);
    city.ask(Command::CancelDelivery { delivery: id });
    city.run_s(1_200);
    city.ask(Command::CancelDelivery { delivery: id });
    city.run_s(1);
    let reasons: Vec<ChangeRefusal> = city
        .events
        .iter()
        .filter_map(|event| match event.event {
            Event::DeliveryCancelRefused { reason, .. } => Some(reason),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, [ChangeRefusal::PickedUp, ChangeRefusal::Unknown]);
    assert_eq!(
        city.count(|event| matches!(event, Event::DeliveryCompleted { .. })),
        1
    );
}

#[test]
fn a_rescheduled_delivery_goes_to_its_new_place() {
    let mut city = City::new(environment(2));
    let id = city.request(1, place(3_000.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(60);
    let (pickup, dropoff) = (place(-1_000.0, 0.0), place(-1_000.0, 1_500.0));
    city.ask(Command::RescheduleDelivery {
        delivery: id,
        changes: RescheduleChanges {
            pickup: Some(Place::on_ground(pickup)),
            dropoff: Some(Place::on_ground(dropoff)),
            ..RescheduleChanges::default()
        },
    });
    city.run_s(3_600);
    assert_eq!(
        city.story(id),
        [
            "requested",
            "assigned",
            "rescheduled",
            "released",
            "assigned",
            "picked up",
            "dropped off",
            "completed"
        ]
    );
    assert!(city.events.iter().any(|event| matches!(
        event.event, Event::PackagePickedUp { at, .. } if at == pickup
    )));
    assert!(city.events.iter().any(|event| matches!(
        event.event, Event::PackageDroppedOff { at, .. } if at == dropoff
    )));
}

#[test]
fn a_waiting_request_may_be_rescheduled_to_later() {
    let mut city = City::new(environment(1));
    city.request(1, place(1_000.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(1);
    let id = city.request(2, place(1_000.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(1);
    city.ask(Command::RescheduleDelivery {
        delivery: id,
        changes: RescheduleChanges {
            pickup_at: Some(city.world.now() + SimDuration::from_mins(60)),
            ..RescheduleChanges::default()
        },
    });
    city.run_s(3_000);
    assert_eq!(city.story(id), ["requested", "queued", "rescheduled"]);
    city.run_s(3_000);
    assert_eq!(city.story(id).last(), Some(&"completed"));
}

#[test]
fn what_is_said_about_packages_confirmations_and_accounts_is_repeated_as_an_event() {
    let mut city = City::new(environment(1));
    let package = request(1, place(0.0, 0.0), place(0.0, 1_000.0), 1.0).package;
    let confirmation = ConfirmationRecord {
        delivery: DeliveryId(1),
        kind: ConfirmationKind::Picture,
        given_at_unix_micros: Some(1_700_000_000_000_000),
        place: Some(Place::on_ground(place(0.0, 1_000.0))),
        blob_digest: [7; 32],
        blob_bytes: 40_000,
    };
    let record = AccountRecord {
        account: AccountId(1),
        by: "a test".to_owned(),
        at_unix_micros: 1_700_000_000_000_000,
        change: AccountChange::KeyRevoked(KeyId(1)),
    };
    let commands = [
        city.ask(Command::RecordPackage(package.clone())),
        city.ask(Command::RecordConfirmation(confirmation.clone())),
        city.ask(Command::ChangeAccount(record.clone())),
    ]
    .map(Some);
    city.run_s(1);
    let said: Vec<&Event> = city
        .events
        .iter()
        .map(|event| &event.event)
        .filter(|event| !matches!(event, Event::DroneCommissioned { .. }))
        .collect();
    let (first, second, third) = (
        Event::PackageRecorded {
            command: commands[0],
            package,
        },
        Event::ConfirmationRecorded {
            command: commands[1],
            confirmation,
        },
        Event::AccountChanged {
            command: commands[2],
            record: Box::new(record),
        },
    );
    assert_eq!(said, [&first, &second, &third]);
}

#[test]
fn a_new_deadline_turns_no_drone_round_and_costs_no_place_in_the_queue() {
    let mut city = City::new(environment(1));
    let flying = city.request(1, place(3_000.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(60);
    let (second, third) = (
        city.request(2, place(500.0, 0.0), place(0.0, 1_000.0), 1.0),
        city.request(3, place(500.0, 0.0), place(0.0, 1_000.0), 1.0),
    );
    city.run_s(1);
    for delivery in [flying, second] {
        let changes = RescheduleChanges {
            deadline: Some(Some(city.world.now() + SimDuration::from_mins(1))),
            pickup_at: Some(SimTime::from_micros(1)),
            ..RescheduleChanges::default()
        };
        city.ask(Command::RescheduleDelivery { delivery, changes });
        city.run_s(1);
    }
    let stages = |city: &City, id| {
        city.events
            .iter()
            .filter_map(|event| Stage::entered_by(&event.event))
            .filter(|(delivery, _)| *delivery == id)
            .fold(Stage::Created, |stage, (_, entered)| stage.then(entered))
    };
    assert_eq!(stages(&city, flying), Stage::HeadedToPickup);
    assert_eq!(stages(&city, second), Stage::Rescheduled);
    city.run_s(2 * 3_600);
    assert_eq!(
        city.count(|event| matches!(event, Event::DroneReleased { .. })),
        0
    );
    let ended: Vec<DeliveryId> = city
        .events
        .iter()
        .filter_map(|event| match event.event {
            Event::DeliveryCompleted { delivery, .. } => Some(delivery),
            _ => None,
        })
        .collect();
    assert_eq!(ended, [flying, second, third], "also after their deadlines");
}

#[test]
fn a_request_that_is_put_aside_ends_as_it_begins_and_says_why() {
    let mut city = City::new(environment(1));
    let asked = request(1, place(0.0, 0.0), place(0.0, 1_000.0), 1.0);
    let id = asked.delivery;
    let stamp = city.world.now() + SimDuration::from_micros(1);
    city.world
        .turn_down(CommandId(1), stamp, Command::RequestDelivery(asked));
    city.run_s(60);
    assert_eq!(city.story(id), ["requested", "cancelled"]);
    assert_eq!(
        city.count(|event| matches!(
            event,
            Event::DeliveryCancelled {
                reason: CancelReason::Quarantined,
                ..
            }
        )),
        1
    );
    assert_eq!(city.world.census().workflows, 0);
}
