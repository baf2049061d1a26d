//! Spans of a real service, as a collector gets them by OTLP.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message as _;
use serde_json::json;

use crate::calls::read_call;
use crate::notifications::{OPEN, Receiver};
use crate::service::{PATIENCE, Service, data, eventually, parcel};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const KEY: &str = "a-secret-of-the-collectors";

/// A collector, and what it was sent.
struct Collector {
    address: SocketAddr,
    sent: mpsc::Receiver<ResourceSpans>,
}

impl Collector {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (sender, sent) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(request) = take(&stream) else { continue };
                let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = (&stream).write_all(answer.as_bytes());
                for spans in request.resource_spans {
                    if sender.send(spans).is_err() {
                        return;
                    }
                }
            }
        });
        Self { address, sent }
    }
}

fn take(stream: &TcpStream) -> Option<ExportTraceServiceRequest> {
    let (head, body) = read_call(stream)?;
    assert_eq!(head.first()?, "POST /v1/traces HTTP/1.1");
    for wanted in [
        "content-type: application/x-protobuf".to_owned(),
        format!("api-key: {KEY}"),
    ] {
        assert!(head.contains(&wanted), "{wanted}: {head:?}");
    }
    Some(ExportTraceServiceRequest::decode(&body[..]).expect("it is OTLP"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a any_value::Value> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    match value(attributes, key)? {
        any_value::Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn number(attributes: &[KeyValue], key: &str) -> Option<f64> {
    match value(attributes, key)? {
        any_value::Value::DoubleValue(number) => Some(*number),
        _ => None,
    }
}

#[test]
fn a_collector_gets_request_commit_steps_and_notices_of_a_delivery_as_one_trace() {
    let (collector, receiver) = (Collector::open(), Receiver::open(200));
    let endpoint = format!("http://{}", collector.address);
    let headers = format!("api-key={KEY}");
    let data = data();
    let service = Service::start_with(
        data.path(),
        &["--speed", "60", "--no-demand"],
        &[
            OPEN,
            ("SKYHAUL__TRACES__OTLP_ENDPOINT", &endpoint),
            ("SKYHAUL__TRACES__OTLP_HEADERS", &headers),
        ],
    );
    let sent = format!("00-{TRACE}-{CALLER}-01");
    let asked = service.call(
        "POST",
        "/api/deliveryrequests",
        Some(&parcel()),
        &[("traceparent", &sent)],
    );
    let id = asked.body["deliveryId"].as_str().expect("an id").to_owned();
    let path = format!("/api/deliveries/{id}/notifymerequests");
    assert_eq!(
        service
            .post(&path, &json!({"webhook": receiver.webhook()}))
            .status,
        204
    );
    service.wait_for_stage(&id, "Completed");
    let wanted = [
        "POST /api/deliveryrequests",
        "journal commit",
        "delivery booked",
        "delivery picked_up",
        "delivery dropped_off",
        "delivery completed",
        "notice by webhook",
    ];
    let mut spans: Vec<Span> = Vec::new();
    while !wanted
        .iter()
        .all(|name| spans.iter().any(|span| span.name == *name))
    {
        let sent = collector.sent.recv_timeout(PATIENCE).expect("spans are sent");
        let resource = sent.resource.expect("whose they are");
        assert_eq!(text(&resource.attributes, "service.name"), Some("skyhaul"));
        let of_trace = sent.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.extend(of_trace.filter(|span| hex(&span.trace_id) == TRACE));
    }
    let named = |name: &str| spans.iter().find(|span| span.name == name).expect("it is there");
    let request = named("POST /api/deliveryrequests");
    assert_eq!(hex(&request.parent_span_id), CALLER);
    assert_eq!(
        text(&request.attributes, "skyhaul.delivery.id"),
        Some(id.as_str())
    );
    for name in &wanted[1..] {
        assert_eq!(named(name).parent_span_id, request.span_id, "{name}");
    }
    let ids: BTreeSet<_> = spans.iter().map(|span| &span.span_id).collect();
    assert_eq!(ids.len(), spans.len(), "each has an id of its own");
    for span in &spans {
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano, "{span:?}");
    }
    let (picked_up, dropped_off) = (named("delivery picked_up"), named("delivery dropped_off"));
    let ended = number(&picked_up.attributes, "skyhaul.virtual.ended_s");
    assert!(ended.is_some_and(|seconds| seconds > 0.0));
    assert_eq!(ended, number(&dropped_off.attributes, "skyhaul.virtual.began_s"));
    let log = service.stop_and_read();
    assert!(!log.contains(KEY), "{log}");
}

#[test]
fn a_collector_that_is_away_keeps_nobody_waiting_and_is_said_once() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port that is free again");
    let endpoint = format!("http://{nobody}");
    let data = data();
    let service = Service::start_with(
        data.path(),
        &["--no-demand"],
        &[("SKYHAUL__TRACES__OTLP_ENDPOINT", &endpoint)],
    );
    let dropped = || {
        let metrics = service.get("/metrics").body;
        let line = metrics
            .as_str()
            .unwrap_or_default()
            .lines()
            .find_map(|line| line.strip_prefix("skyhaul_spans_total{outcome=\"dropped\"} "));
        line.and_then(|count| count.parse::<u64>().ok())
    };
    let first = eventually("spans to be dropped", dropped);
    service.request_delivery(&parcel());
    eventually("more to be dropped", || dropped().filter(|count| *count > first));
    let log = service.stop_and_read();
    assert_eq!(
        log.matches("the collector does not take spans").count(),
        1,
        "{log}"
    );
}
