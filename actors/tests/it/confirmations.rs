//! Deliveries whose receivers must give something.

use skyhaul_actors::command::{Command, ConfirmationKind, ConfirmationRecord, DeliveryRequest};
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::city::{City, environment, place, request};

const ID: DeliveryId = DeliveryId(1);

fn asks_for_a_picture() -> Command {
    Command::RequestDelivery(DeliveryRequest {
        confirmation: ConfirmationKind::Picture,
        ..request(1, place(0.0, 300.0), place(0.0, 1_000.0), 1.0)
    })
}

fn gives(kind: ConfirmationKind) -> Command {
    Command::RecordConfirmation(ConfirmationRecord {
        delivery: ID,
        kind,
        given_at_unix_micros: None,
        place: None,
        blob_digest: [1; 32],
        blob_bytes: 7,
    })
}

fn when(city: &City, wanted: fn(&Event) -> bool) -> Option<SimTime> {
    let found = city.events.iter().find(|event| wanted(&event.event));
    found.map(|Numbered { at, .. }| *at)
}

fn awaited(event: &Event) -> bool {
    matches!(event, Event::ConfirmationAwaited { .. })
}

fn missed(event: &Event) -> bool {
    matches!(event, Event::ConfirmationMissed { .. })
}

fn completed(event: &Event) -> bool {
    matches!(event, Event::DeliveryCompleted { .. })
}

#[test]
fn a_delivery_waits_for_what_was_asked_and_its_drone_does_not() {
    let mut city = City::new(environment(1));
    city.ask(asks_for_a_picture());
    city.run_s(600);
    let arrived = when(&city, awaited).expect("the parcel arrived");
    assert_eq!(when(&city, completed), None);
    assert!(
        city.events
            .iter()
            .any(|event| event.at > arrived && matches!(event.event, Event::ChargeEnded { .. })),
        "the drone is home and charged"
    );
    city.ask(gives(ConfirmationKind::Voice));
    city.run_s(1);
    assert_eq!(when(&city, completed), None, "a voice is no picture");
    city.ask(gives(ConfirmationKind::Picture));
    city.run_s(1);
    assert!(when(&city, completed).is_some());
    city.run_s(3_600);
    assert_eq!(when(&city, missed), None);
    assert_eq!(
        city.story(ID).iter().filter(|told| **told == "completed").count(),
        1
    );
}

#[test]
fn what_is_given_before_the_parcel_arrives_is_not_waited_for() {
    let mut city = City::new(environment(1));
    city.ask(asks_for_a_picture());
    city.run_s(1);
    city.ask(gives(ConfirmationKind::Picture));
    city.run_s(600);
    assert_eq!(when(&city, awaited), None);
    assert!(when(&city, completed).is_some());
}

#[test]
fn a_receiver_who_gives_nothing_is_waited_for_as_long_as_the_plan_says() {
    let mut planned = environment(1);
    planned.dispatch.confirmation_wait = SimDuration::from_mins(10);
    let mut city = City::new(planned);
    city.ask(asks_for_a_picture());
    city.run_s(3_600);
    let arrived = when(&city, awaited).expect("the parcel arrived");
    assert_eq!(when(&city, missed), Some(arrived + SimDuration::from_mins(10)));
    assert_eq!(when(&city, completed), when(&city, missed));
}

#[test]
fn a_delivery_whose_parcel_arrived_is_not_cancelled_any_more() {
    let mut city = City::new(environment(1));
    city.ask(asks_for_a_picture());
    city.run_s(600);
    city.ask(Command::CancelDelivery { delivery: ID });
    city.run_s(1);
    assert!(
        city.events
            .iter()
            .any(|event| matches!(event.event, Event::DeliveryCancelRefused { .. }))
    );
}

#[test]
fn what_is_given_after_the_end_is_kept() {
    let mut city = City::new(environment(1));
    city.ask(gives(ConfirmationKind::Picture));
    city.run_s(1);
    assert!(
        city.events
            .iter()
            .any(|event| matches!(event.event, Event::ConfirmationRecorded { .. }))
    );
}
