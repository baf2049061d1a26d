//! Deliveries that their drones give back, that are given up, and that are asked for anew.

use skyhaul_actors::command::{Command, Operation, Traced};
use skyhaul_actors::environment::DispatchPolicy;
use skyhaul_actors::event::{CancelReason, ChangeRefusal, Event, LegPurpose, ReleaseReason};
use skyhaul_actors::ids::{DeliveryId, DepotId, DroneId};
use skyhaul_actors::trace::TraceContext;
use skyhaul_actors::workflow::saga::Step;

use crate::city::{City, environment, place, request};
use crate::invariants::broken;

fn events(city: &City, wanted: fn(&Event) -> bool) -> Vec<&Event> {
    let events = city.events.iter().map(|event| &event.event);
    events.filter(|event| wanted(event)).collect()
}

fn refusals(city: &City) -> Vec<ChangeRefusal> {
    let events = city.events.iter();
    let reasons = events.filter_map(|event| match event.event {
        Event::DeliveryReleaseRefused { reason, .. } => Some(reason),
        _ => None,
    });
    reasons.collect()
}

#[test]
fn a_drone_on_its_way_to_the_parcel_gives_the_delivery_to_another() {
    let mut city = City::new(environment(2));
    let delivery = city.request(1, place(0.0, 2_000.0), place(0.0, 3_000.0), 1.0);
    city.run_s(20);
    let command = city.ask(Command::ReleaseDelivery { delivery });
    city.run_s(1);
    let released = events(&city, |event| {
        matches!(
            event,
            Event::DeliveryReleased { .. } | Event::DroneReleased { .. }
        )
    });
    assert_eq!(
        released,
        [
            &Event::DeliveryReleased {
                delivery,
                drone: DroneId(0),
                command: Some(command)
            },
            &Event::DroneReleased {
                delivery,
                drone: DroneId(0),
                reason: ReleaseReason::Recalled
            },
        ]
    );
    city.run_s(3_600);
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
    let last = events(&city, |event| matches!(event, Event::DroneAssigned { .. })).pop();
    assert!(
        matches!(
            last,
            Some(Event::DroneAssigned {
                drone: DroneId(1),
                ..
            })
        ),
        "{last:?}"
    );
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

#[test]
fn a_drone_that_gave_a_delivery_back_gets_it_again_only_once_it_is_home() {
    let mut planned = environment(1);
    planned.dispatch.policy = DispatchPolicy::Batch;
    let mut city = City::new(planned);
    let delivery = city.request(1, place(0.0, 4_000.0), place(0.0, 5_000.0), 1.0);
    city.run_s(60);
    city.ask(Command::ReleaseDelivery { delivery });
    city.run_s(3_600);
    let legs = city.events.iter().filter_map(|event| match &event.event {
        Event::LegStarted(leg) => Some(leg.purpose),
        _ => None,
    });
    let legs: Vec<LegPurpose> = legs.collect();
    assert_eq!(
        legs[..4],
        [
            LegPurpose::Pickup,
            LegPurpose::Return,
            LegPurpose::Pickup,
            LegPurpose::Dropoff
        ]
    );
    let again = city
        .events
        .iter()
        .rev()
        .find(|event| matches!(event.event, Event::DroneAssigned { .. }));
    let charged = city
        .events
        .iter()
        .find(|event| matches!(event.event, Event::ChargeEnded { .. }));
    assert!(charged.map(|event| event.at) <= again.map(|event| event.at));
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
}

#[test]
fn what_no_drone_can_give_back_is_said_with_why() {
    let mut city = City::new(environment(1));
    let delivery = city.request(1, place(0.0, 300.0), place(0.0, 3_000.0), 1.0);
    let waiting = city.request(2, place(0.0, 300.0), place(0.0, 3_000.0), 1.0);
    city.run_s(90);
    for delivery in [delivery, waiting, DeliveryId(9)] {
        city.ask(Command::ReleaseDelivery { delivery });
        city.run_s(1);
    }
    assert_eq!(
        refusals(&city),
        [
            ChangeRefusal::PickedUp,
            ChangeRefusal::NoDrone,
            ChangeRefusal::Unknown
        ]
    );
    city.run_s(7_200);
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

#[test]
fn a_delivery_that_nobody_can_make_says_at_which_step_and_what_was_undone() {
    let mut planned = environment(1);
    planned.carriers.clear();
    let mut city = City::new(planned);
    let delivery = city.request(1, place(0.0, 300.0), place(0.0, 1_000.0), 50.0);
    city.run_s(60);
    let ended = events(&city, |event| {
        matches!(
            event,
            Event::DeliveryCancelled { .. } | Event::WorkflowUndone { .. }
        )
    });
    assert_eq!(
        ended,
        [
            &Event::DeliveryCancelled {
                delivery,
                command: None,
                reason: CancelReason::NobodyCan
            },
            &Event::WorkflowUndone {
                delivery,
                step: Step::BookTransport,
                undone: vec![Step::BookTransport, Step::OpenDelivery, Step::OpenPackage],
            },
        ]
    );
}

#[test]
fn what_was_given_up_is_asked_for_anew_under_a_name_of_its_own() {
    let mut planned = environment(1);
    planned.carriers.clear();
    let mut city = City::new(planned);
    let delivery = city.request(1, place(0.0, 300.0), place(0.0, 1_000.0), 50.0);
    city.run_s(60);
    let again = DeliveryId(2);
    let asked = request(2, place(0.0, 300.0), place(0.0, 1_000.0), 1.0);
    let retry = Command::RetryDelivery {
        delivery,
        request: Box::new(asked),
    };
    let operation = Operation {
        by: "an operator".to_owned(),
        at_unix_micros: 5,
        command: retry,
    };
    let command = Some(city.ask(Command::Operate(Box::new(operation))));
    city.run_s(3_600);
    let said = events(&city, |event| {
        matches!(event, Event::OperatorActed { .. } | Event::DeliveryRetried { .. })
    });
    assert!(matches!(said[0], Event::OperatorActed { operation, .. } if operation.by == "an operator"));
    assert_eq!(
        said[1],
        &Event::DeliveryRetried {
            delivery,
            command,
            by: again
        }
    );
    assert_eq!(city.story(again).last(), Some(&"completed"));
}

#[test]
fn what_an_operator_asks_is_said_before_it_is_done() {
    let mut city = City::new(environment(1));
    let operation = Operation {
        by: "an operator".to_owned(),
        at_unix_micros: 5,
        command: Command::GroundDepot { depot: DepotId(0) },
    };
    city.ask(Command::Operate(Box::new(operation)));
    city.run_s(1);
    let said = events(&city, |event| {
        matches!(event, Event::OperatorActed { .. } | Event::FleetGrounded { .. })
    });
    assert_eq!(said.len(), 2);
    assert!(matches!(said[0], Event::OperatorActed { .. }));
}

#[test]
fn a_trace_is_said_before_what_comes_of_the_command_and_changes_nothing_else() {
    let context = TraceContext {
        trace: 7,
        span: 8,
        flags: 1,
    };
    let asked = request(1, place(0.0, 300.0), place(0.0, 1_000.0), 1.0);
    let operation = Operation {
        by: "an operator".to_owned(),
        at_unix_micros: 5,
        command: Command::GroundDepot { depot: DepotId(0) },
    };
    let story = |is_traced: bool| {
        let mut city = City::new(environment(1));
        for command in [
            Command::RequestDelivery(asked.clone()),
            Command::Operate(Box::new(operation.clone())),
        ] {
            city.ask(if is_traced {
                Command::Traced(Box::new(Traced { context, command }))
            } else {
                command
            });
            city.run_s(1);
        }
        city.run_s(3_600);
        let said: Vec<_> = city
            .events
            .iter()
            .map(|event| (event.at, event.event.clone()))
            .collect();
        said
    };
    let (traced, plain) = (story(true), story(false));
    let is_word = |event: &Event| matches!(event, Event::CommandTraced { .. });
    let words: Vec<usize> = (0..traced.len()).filter(|at| is_word(&traced[*at].1)).collect();
    assert_eq!(words.len(), 2);
    let of = |at: usize| match &traced[at].1 {
        Event::CommandTraced { trace, .. } => *trace,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (of(words[0]).context, of(words[0]).delivery),
        (context, Some(DeliveryId(1)))
    );
    assert_eq!((of(words[1]).context, of(words[1]).delivery), (context, None));
    assert!(matches!(traced[words[0] + 1].1, Event::DeliveryRequested { .. }));
    assert!(matches!(traced[words[1] + 1].1, Event::OperatorActed { .. }));
    let rest: Vec<_> = traced.into_iter().filter(|(_, event)| !is_word(event)).collect();
    assert_eq!(rest, plain);
}
