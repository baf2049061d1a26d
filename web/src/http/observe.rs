//! What is done to every answer: counted by its route's template, and given the headers that keep browsers safe.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::web::Data;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

use super::server::timed::{Answering, Line};
use crate::trace::span::{DELIVERY, Kind, Span, Spans, Value, now_unix_micros};
use crate::trace::{self, Current};

/// Bounds of the latency histogram, seconds: from a read in memory to the longest wait for a decision.
const LATENCY_BOUNDS_S: [f64; 12] = [
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// The route of a request that fits none: all of them together, so that nobody can make up labels.
const NO_ROUTE: &str = "none";

/// Headers of every answer. Frames are refused, types are not guessed, and addresses with delivery ids are not told to others.
const SAFETY: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// What pages other than the dashboard, which has a policy of its own, may load: their own files.
const OWN_FILES_ONLY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
                              object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Where connections are secured, browsers come back by no other way for a year.
const SECURED_ONLY: &str = "max-age=31536000";

/// What is still read of the body of a request that was refused, so that its connection may be used again. Where more is announced, or nobody says how
/// much, the connection is closed with the answer.
const UNWANTED_BYTES_MAX: u64 = 64 * 1024;

/// What is counted of requests.
pub(crate) struct HttpMetrics {
    requests: IntCounterVec,
    latency: HistogramVec,
}

impl HttpMetrics {
    /// Counters in a registry.
    pub(crate) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new("skyhaul_http_requests_total", "HTTP requests answered"),
            &["method", "route", "status"],
        )?;
        let latency = HistogramVec::new(
            HistogramOpts::new(
                "skyhaul_http_request_seconds",
                "From a request's head to its answer's head",
            )
            .buckets(LATENCY_BOUNDS_S.to_vec()),
            &["method", "route"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(latency.clone()))?;
        Ok(Self { requests, latency })
    }
}

/// Counts a request, lets its trace be known while it is answered, and makes its answer safe.
pub(crate) async fn observe(
    metrics: Data<HttpMetrics>,
    spans: Data<Spans>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let line = request.conn_data::<Rc<Line>>().cloned();
    let answering = line.as_ref().map(Line::answering);
    let began = Instant::now();
    let method = method_label(&request);
    let trace = Current::of(request.headers());
    let began_unix_micros = spans.record(trace.caller()).then(now_unix_micros);
    let mut response = trace::scope(Rc::clone(&trace), next.call(request)).await?;
    let seconds = began.elapsed().as_secs_f64();
    let route = response.request().match_pattern();
    let route = route
        .as_deref()
        .filter(|route| !route.is_empty())
        .unwrap_or(NO_ROUTE);
    let status = response.status();
    metrics
        .requests
        .with_label_values(&[method, route, status.as_str()])
        .inc();
    metrics
        .latency
        .with_label_values(&[method, route])
        .observe(seconds);
    if let Some(began) = began_unix_micros {
        spans.end(span(&trace, (method, route), status, began));
    }
    if (status.is_client_error() || status.is_server_error()) && may_send_much(response.request().head()) {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    let is_secured = line.is_some_and(|line| line.is_secured);
    let headers = response.headers_mut();
    if is_secured {
        let only = HeaderValue::from_static(SECURED_ONLY);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, only);
    }
    for (name, value) in SAFETY {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let policy = HeaderValue::from_static(OWN_FILES_ONLY);
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response.map_body(|_, body| Answer {
        body: BoxBody::new(body),
        _answering: answering,
    }))
}

/// The body of an answer: until it has gone, its connection awaits no further head, since a stream may go on for an hour.
struct Answer {
    body: BoxBody,
    _answering: Option<Answering>,
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

/// A request that was answered, as a span.
fn span(trace: &Current, (method, route): (&str, &str), status: StatusCode, began_unix_micros: i64) -> Span {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut attributes = vec![
        ("http.request.method", text(method)),
        ("http.route", text(route)),
        (
            "http.response.status_code",
            Value::number(u64::from(status.as_u16())),
        ),
    ];
    attributes.extend(trace.delivery().map(|id| (DELIVERY, text(&id.to_string()))));
    let reason = || status.canonical_reason().unwrap_or("it failed").to_owned();
    Span {
        name: format!("{method} {route}"),
        kind: Kind::Server,
        context: trace.here(),
        parent: trace.parent(),
        began_unix_micros,
        attributes,
        failure: status.is_server_error().then(reason),
    }
}

/// Whether much of a request's body may still be to come.
fn may_send_much(head: &RequestHead) -> bool {
    let headers = head.headers();
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    headers.contains_key(header::TRANSFER_ENCODING)
        || announced.is_some_and(|bytes| bytes > UNWANTED_BYTES_MAX)
}

/// The method, where it is a usual one; made-up ones are counted together.
fn method_label(request: &ServiceRequest) -> &'static str {
    match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}
