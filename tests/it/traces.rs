//! Traces of callers: in the log of a real service, and in what receivers are told, also when it was killed in between.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::notifications::{OPEN, Receiver};
use crate::service::{Service, data, eventually, parcel};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SENT: (&str, &str) = (
    "traceparent",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
);
const ARGS: [&str; 3] = ["--speed", "60", "--no-demand"];
const JSON: (&str, &str) = ("SKYHAUL__LOG__FORMAT", "json");

/// Requests a delivery with these headers, of which the receiver is told.
fn request(service: &Service, receiver: &Receiver, headers: &[(&str, &str)]) -> String {
    let answer = service.call("POST", "/api/deliveryrequests", Some(&parcel()), headers);
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = answer.body["deliveryId"].as_str().expect("an id").to_owned();
    let path = format!("/api/deliveries/{id}/notifymerequests");
    let asked = service.post(&path, &json!({"webhook": receiver.webhook()}));
    assert_eq!(asked.status, 204, "{asked:?}");
    id
}

fn wait_for_failed_notice(service: &Service, id: &str) {
    eventually("a notice to fail", || {
        let listed = service.get(&format!("/api/deliveries/{id}/notifymerequests"));
        (listed.body[0]["notices"][0]["state"] == "retrying").then_some(())
    });
}

/// The traces and spans that a receiver is told for a delivery's three stages.
fn told(receiver: &Receiver) -> Vec<(String, String)> {
    let header = |head: &[String]| {
        let line = head.iter().find_map(|line| line.strip_prefix("traceparent: "));
        let parts: Vec<_> = line.expect("a trace").split('-').map(str::to_owned).collect();
        assert_eq!((parts[0].as_str(), parts[3].as_str()), ("00", "01"), "{parts:?}");
        (parts[1].clone(), parts[2].clone())
    };
    (0..3).map(|_| header(&receiver.next().0)).collect()
}

#[test]
fn receivers_are_told_the_callers_trace_also_after_the_service_was_killed() {
    let receiver = Receiver::open(503);
    let data = data();
    let service = Service::start_with(data.path(), &ARGS, &[OPEN]);
    let id = request(&service, &receiver, &[SENT]);
    wait_for_failed_notice(&service, &id);
    service.kill();
    receiver.status.store(200, Ordering::SeqCst);
    let service = Service::start_with(data.path(), &ARGS, &[OPEN]);
    let told = told(&receiver);
    assert!(told.iter().all(|(trace, _)| trace == TRACE), "{told:?}");
    let spans: BTreeSet<_> = told.iter().map(|(_, span)| span.as_str()).collect();
    assert_eq!(spans.len(), 3, "each attempt is a span of its own: {told:?}");
    assert!(!spans.contains("00f067aa0ba902b7"), "{told:?}");
    assert!(service.stop());
}

#[test]
fn without_a_callers_trace_a_delivery_is_told_under_its_own_id() {
    let receiver = Receiver::open(200);
    let data = data();
    let service = Service::start_with(data.path(), &ARGS, &[OPEN]);
    let id = request(&service, &receiver, &[("traceparent", "00-nonsense-01")]);
    let own = id.replace('-', "");
    assert!(told(&receiver).iter().all(|(trace, _)| *trace == own), "{own}");
}

#[test]
fn each_line_of_a_request_and_of_what_comes_of_it_names_trace_and_delivery() {
    let receiver = Receiver::open(503);
    let data = data();
    let service = Service::start_with(data.path(), &ARGS, &[OPEN, JSON]);
    let id = request(&service, &receiver, &[SENT]);
    let other = request(&service, &receiver, &[]);
    wait_for_failed_notice(&service, &id);
    wait_for_failed_notice(&service, &other);
    let depots = service.get("/api/depots").body;
    let depot = depots[0]["name"].as_str().or(depots["items"][0]["name"].as_str());
    let ground = format!(
        "/api/depots/{}/ground",
        depot.expect("a depot").replace(' ', "%20")
    );
    assert_eq!(service.call("POST", &ground, None, &[SENT]).status, 200);
    let log = service.stop_and_read();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    let of = |message: &str| -> Vec<(Option<&str>, Option<&str>)> {
        lines
            .iter()
            .filter(|line| line["fields"]["message"] == message)
            .map(|line| (line["trace_id"].as_str(), line["delivery_id"].as_str()))
            .collect()
    };
    let failed = of("a notice was not taken; it is tried again");
    assert!(failed.contains(&(Some(TRACE), Some(id.as_str()))), "{failed:?}");
    let own = other.replace('-', "");
    assert!(
        failed.contains(&(Some(own.as_str()), Some(other.as_str()))),
        "{failed:?}"
    );
    assert_eq!(of("OperatorActed"), [(Some(TRACE), None)]);
    assert_eq!(of("FleetGrounded"), [(Some(TRACE), None)]);
}
