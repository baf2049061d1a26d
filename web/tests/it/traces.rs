//! Traces of callers: carried through journal and world to those who are told, also after a restart.

use std::sync::Arc;

use actix_web::test::TestRequest;
use parking_lot::Mutex;
use serde_json::json;
use skyhaul_actors::event::Event;
use skyhaul_actors::trace::TraceContext;
use skyhaul_engine::time::SimDuration;
use skyhaul_web::trace::span::{Kind, Span, SpanSink, Spans, Value};
use skyhaul_web::trace::{self, DeliveryTraces};

use crate::city::City;
use crate::client::request;

const SENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn sent() -> TraceContext {
    trace::parse(SENT).expect("as in the standard")
}

fn is_traced(event: &Event) -> bool {
    matches!(event, Event::CommandTraced { .. })
}

fn order() -> TestRequest {
    TestRequest::post()
        .uri("/api/deliveryrequests")
        .set_json(request())
}

fn of(traces: &DeliveryTraces, id: &str) -> TraceContext {
    traces.of(id.parse().expect("an id")).expect("memory works")
}

#[actix_web::test]
async fn a_delivery_keeps_the_trace_of_whoever_asked_also_after_a_restart() {
    let city = City::new();
    let client = city.client().await;
    for key in ["", "a-key"] {
        let asked = order().insert_header(("traceparent", SENT));
        let asked = if key.is_empty() {
            asked
        } else {
            asked.insert_header(("Idempotency-Key", key))
        };
        let id = client.send(asked).await.json()["deliveryId"].clone();
        let id = id.as_str().expect("an id");
        let kept = of(&city.services.traces(), id);
        assert_eq!(kept.trace, sent().trace);
        assert_ne!(
            kept.span,
            sent().span,
            "it hangs on the request, and that on the caller"
        );
    }
    let id = client.order(&request()).await;
    assert_eq!(
        city.count(is_traced),
        2,
        "nothing is kept for those who send no trace"
    );
    let cancel = TestRequest::delete()
        .uri(&format!("/api/deliveries/{id}"))
        .insert_header(("traceparent", SENT));
    assert_eq!(client.send(cancel).await.status, 200);
    assert_eq!(city.count(is_traced), 3);
    let own = trace::of_delivery(id.parse().expect("an id"));
    assert_eq!(of(&city.services.traces(), &id), own, "it began without one");
    drop(client);
    let asked: Vec<String> = city
        .events()
        .iter()
        .filter_map(|event| match &event.event {
            Event::CommandTraced { trace, .. } => Some(trace.delivery?.to_string()),
            _ => None,
        })
        .collect();
    let city = city.restarted();
    for id in asked {
        assert_eq!(of(&city.services.traces(), &id).trace, sent().trace);
    }
}

#[actix_web::test]
async fn a_header_that_is_wrong_is_as_none() {
    let city = City::new();
    let client = city.client().await;
    for wrong in [&SENT[1..], "00-0-0-0", &SENT.to_uppercase()] {
        let answer = client.send(order().insert_header(("traceparent", wrong))).await;
        assert_eq!(answer.status, 202, "{wrong}");
    }
    assert_eq!(city.count(is_traced), 0);
}

#[actix_web::test]
async fn the_trace_is_said_before_what_comes_of_the_command() {
    let city = City::new();
    let client = city.client().await;
    let put = |path: &str, body| {
        TestRequest::put()
            .uri(path)
            .insert_header(("traceparent", SENT))
            .set_json(body)
    };
    let ground = TestRequest::post()
        .uri("/api/depots/middle/ground")
        .insert_header(("traceparent", SENT));
    assert_eq!(client.send(ground).await.status, 200);
    let package = put(
        "/api/packages/p",
        json!({"id": "p", "size": "Small", "weight": 1}),
    );
    assert_eq!(client.send(package).await.status, 201);
    let events = city.events();
    for wanted in [
        (|event| matches!(event, Event::OperatorActed { .. })) as fn(&Event) -> bool,
        |event| matches!(event, Event::PackageRecorded { .. }),
    ] {
        let at = events
            .iter()
            .position(|event| wanted(&event.event))
            .expect("it happened");
        assert!(is_traced(&events[at - 1].event), "{:?}", events[at - 1]);
    }
}

#[actix_web::test]
async fn the_trace_goes_with_the_delivery_once_its_history_is_over() {
    let city = City::new();
    let client = city.client().await;
    let answer = client.send(order().insert_header(("traceparent", SENT))).await;
    let id = answer.json()["deliveryId"].as_str().expect("an id").to_owned();
    city.run_s(3_600);
    assert_eq!(of(&city.services.traces(), &id).trace, sent().trace);
    city.run(SimDuration::from_mins(48 * 60));
    client.order(&request()).await;
    city.run_s(1);
    city.forget(SimDuration::from_mins(24 * 60));
    let own = trace::of_delivery(id.parse().expect("an id"));
    assert_eq!(of(&city.services.traces(), &id), own);
}

#[derive(Default)]
struct Recorded(Mutex<Vec<Span>>);

impl SpanSink for Recorded {
    fn take(&self, span: Span, ended_unix_micros: i64) {
        assert!(span.began_unix_micros <= ended_unix_micros);
        self.0.lock().push(span);
    }
}

#[actix_web::test]
async fn a_request_and_its_commit_are_spans_of_one_trace() {
    let recorded = Arc::new(Recorded::default());
    let city = City::that_records(Spans::new(Arc::clone(&recorded) as _));
    let client = city.client().await;
    let first = client.send(order().insert_header(("traceparent", SENT))).await;
    assert_eq!(first.status, 202);
    let [commit, answered] = &std::mem::take(&mut *recorded.0.lock())[..] else {
        panic!("two spans");
    };
    assert_eq!(answered.name, "POST /api/deliveryrequests");
    assert_eq!(
        (answered.kind, answered.parent),
        (Kind::Server, Some(sent().span))
    );
    assert_eq!(answered.context.trace, sent().trace);
    let id = first.json()["deliveryId"].as_str().expect("an id").to_owned();
    assert!(
        answered
            .attributes
            .contains(&("skyhaul.delivery.id", Value::Text(id)))
    );
    assert_eq!(
        (commit.name.as_str(), commit.parent),
        ("journal commit", Some(answered.context.span))
    );
    // Without a caller's, the trace is the delivery's own.
    let id = client.order(&request()).await;
    let own = trace::of_delivery(id.parse().expect("an id"));
    let spans = std::mem::take(&mut *recorded.0.lock());
    assert!(
        spans.iter().all(|span| span.context.trace == own.trace),
        "{spans:?}"
    );
    assert_eq!(spans[1].context, own);
    // Whoever says that the trace is not recorded has nothing recorded.
    let quiet = SENT.replace("-01", "-00");
    let asked = order().insert_header(("traceparent", quiet));
    assert_eq!(client.send(asked).await.status, 202);
    assert_eq!(recorded.0.lock().len(), 0);
}
