//! The collector as OTLP has it: protobuf over HTTP.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt as _;
use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, SpanId, TraceId};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks};
use skyhaul_web::trace::span::{Kind, Value};

use super::queue::{Collector, Ended};
use crate::outbound;

/// How long the collector may take for a batch.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);

/// By what name the collector knows the service.
const NAME: &str = "skyhaul";

/// Sends spans by OTLP.
pub(super) struct Otlp {
    exporter: SpanExporter,
    scope: InstrumentationScope,
}

impl Otlp {
    /// A collector at an address, called with these headers.
    ///
    /// # Errors
    /// Where it cannot be called so.
    pub(super) fn new(endpoint: &str, headers: &[(String, String)]) -> Result<Self, String> {
        let version = env!("CARGO_PKG_VERSION");
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Caller(outbound::calls(TAKEN_WITHIN).build().into()))
            .with_headers(headers.iter().cloned().collect())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint)
            .with_timeout(TAKEN_WITHIN)
            .build();
        let mut exporter =
            exporter.map_err(|error| format!("traces.otlp_endpoint cannot be used: {error}"))?;
        let resource = Resource::builder()
            .with_service_name(NAME)
            .with_attribute(KeyValue::new("service.version", version))
            .build();
        exporter.set_resource(&resource);
        Ok(Self {
            exporter,
            scope: InstrumentationScope::builder(NAME).with_version(version).build(),
        })
    }

    fn span(&self, ended: Ended) -> SpanData {
        let Ended { span, at_unix_micros } = ended;
        let context = span.context;
        SpanData {
            span_context: SpanContext::new(
                TraceId::from(context.trace),
                SpanId::from(context.span),
                TraceFlags::new(context.flags),
                false,
                TraceState::NONE,
            ),
            parent_span_id: span.parent.map_or(SpanId::INVALID, SpanId::from),
            parent_span_is_remote: span.kind == Kind::Server,
            span_kind: match span.kind {
                Kind::Server => SpanKind::Server,
                Kind::Client => SpanKind::Client,
                Kind::Internal => SpanKind::Internal,
            },
            name: span.name.into(),
            start_time: instant(span.began_unix_micros),
            // The wall clock may have been set back meanwhile.
            end_time: instant(at_unix_micros.max(span.began_unix_micros)),
            attributes: span.attributes.into_iter().map(attribute).collect(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: span.failure.map_or(Status::Unset, Status::error),
            instrumentation_scope: self.scope.clone(),
        }
    }
}

impl Collector for Otlp {
    fn send(&mut self, batch: Vec<Ended>) -> Result<(), String> {
        let spans = batch.into_iter().map(|ended| self.span(ended)).collect();
        // Its caller blocks, so that it is done when it is first looked at.
        match self.exporter.export(spans).now_or_never() {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(error.to_string()),
            None => Err("the call was not made at once".to_owned()),
        }
    }
}

fn instant(unix_micros: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(unix_micros.unsigned_abs())
}

fn attribute((name, value): (&'static str, Value)) -> KeyValue {
    match value {
        Value::Text(text) => KeyValue::new(name, text),
        Value::Number(number) => KeyValue::new(name, number),
        Value::Float(number) => KeyValue::new(name, number),
    }
}

/// Calls the collector, and blocks meanwhile.
struct Caller(ureq::Agent);

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Caller")
    }
}

impl Caller {
    fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.0.run(request.map(|body| body.to_vec()))?;
        let (head, mut body) = answer.into_parts();
        Ok(Response::from_parts(head, body.read_to_vec()?.into()))
    }
}

impl HttpClient for Caller {
    fn send_bytes<'a, 'made>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'made>>
    where
        'a: 'made,
        Self: 'made,
    {
        let answer = self.call(request);
        Box::pin(std::future::ready(answer))
    }
}
