//! Spans: pieces of work that belong to traces, for whoever records them.

use std::sync::Arc;

use jiff::Timestamp;

use super::{TraceContext, is_recorded};

/// The attribute that names a delivery.
pub const DELIVERY: &str = "skyhaul.delivery.id";

/// Records spans that have ended.
pub trait SpanSink: Send + Sync {
    /// Takes one in, at once: whoever worked does not wait.
    fn take(&self, span: Span, ended_unix_micros: i64);
}

/// A piece of work that belongs to a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// What was done.
    pub name: String,
    /// On which side.
    pub kind: Kind,
    /// Its own place in the trace.
    pub context: TraceContext,
    /// The span it is a part of.
    pub parent: Option<u64>,
    /// When it began: wall clock, microseconds since 1970.
    pub began_unix_micros: i64,
    /// What is known of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// Why it failed, where it did.
    pub failure: Option<String>,
}

/// On which side of a call work was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For a caller.
    Server,
    /// Calling somebody.
    Client,
    /// Here.
    Internal,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Any number.
    Float(f64),
}

impl Value {
    /// A whole number; one that does not fit is the greatest that does.
    #[must_use]
    pub fn number(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// Where spans go; nowhere, unless somebody records them.
#[derive(Clone, Default)]
pub struct Spans(Option<Arc<dyn SpanSink>>);

impl Spans {
    /// Gives spans to somebody who records them.
    #[must_use]
    pub fn new(sink: Arc<dyn SpanSink>) -> Self {
        Self(Some(sink))
    }

    /// Whether what belongs to a trace is recorded; `None`: a trace that begins here.
    #[must_use]
    pub fn record(&self, context: Option<TraceContext>) -> bool {
        self.0.is_some() && context.is_none_or(is_recorded)
    }

    /// A span has ended.
    pub fn end(&self, span: Span) {
        if let Some(sink) = self.0.as_ref().filter(|_| is_recorded(span.context)) {
            sink.take(span, now_unix_micros());
        }
    }
}

/// When a span begins or ends.
#[must_use]
pub fn now_unix_micros() -> i64 {
    Timestamp::now().as_microsecond()
}
