//! Traces: by one number callers find again what became of a request, in their own records, in the log, and in what receivers are told
//! (W3C Trace Context, 2021).
//!
//! A caller that sends `traceparent` has its trace carried through journal and world; any other request gets a trace of its own once somebody wants
//! to know it, and a delivery that began without one is its own: its id is the trace. So nothing is kept for those who do not ask.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use actix_web::http::header::HeaderMap;
use skyhaul_actors::ids::DeliveryId;
use uuid::Uuid;

pub use skyhaul_actors::trace::TraceContext;

pub use self::kept::DeliveryTraces;

pub(crate) mod kept;
pub(crate) mod port;
pub mod span;

/// The header that holds a trace.
pub const TRACEPARENT: &str = "traceparent";

/// The length of the header in the version that is written here; later ones are longer.
const HEADER_BYTES: usize = 55;

/// The flag of what is recorded.
const SAMPLED: u8 = 1;

tokio::task_local! {
    /// What is being worked on.
    static CURRENT: Rc<Current>;
}

/// What is being worked on, and to which trace it belongs.
#[derive(Debug, Default)]
pub(crate) struct Current {
    caller: Option<TraceContext>,
    here: Cell<Option<TraceContext>>,
    delivery: Cell<Option<DeliveryId>>,
}

impl Current {
    /// A request with these headers.
    pub(crate) fn of(headers: &HeaderMap) -> Rc<Self> {
        Rc::new(Self {
            caller: sent(headers),
            ..Self::default()
        })
    }

    /// Where it stands in its trace.
    pub(crate) fn here(&self) -> TraceContext {
        let here = self.here.get().unwrap_or_else(|| match self.caller {
            Some(caller) => child(caller),
            None => begun(Uuid::new_v4().as_u128()),
        });
        self.here.set(Some(here));
        here
    }

    /// The place in its trace that the caller named.
    pub(crate) fn caller(&self) -> Option<TraceContext> {
        self.caller
    }

    /// On what it hangs: the caller's span.
    pub(crate) fn parent(&self) -> Option<u64> {
        self.caller.map(|caller| caller.span)
    }

    /// The delivery that it is about.
    pub(crate) fn delivery(&self) -> Option<DeliveryId> {
        self.delivery.get()
    }
}

/// The trace that a request's headers name; one that is wrong, or there twice, counts as none.
fn sent(headers: &HeaderMap) -> Option<TraceContext> {
    let mut values = headers.get_all(TRACEPARENT);
    let value = values.next()?;
    let text = value.to_str().ok().filter(|_| values.next().is_none())?;
    parse(text)
}

/// What a header says; of later versions what this one knows.
#[must_use]
pub fn parse(text: &str) -> Option<TraceContext> {
    let bytes = text.as_bytes();
    let version = hex(bytes.get(..2)?)?;
    let is_whole = match (version, bytes.get(HEADER_BYTES)) {
        (0xff, _) => false,
        (0, rest) => rest.is_none(),
        (_, rest) => rest.is_none_or(|byte| *byte == b'-'),
    };
    let parts = bytes.get(..HEADER_BYTES).filter(|_| is_whole)?;
    let are_parted = [2, 35, 52].iter().all(|place| parts[*place] == b'-');
    let trace = hex(&parts[3..35]).filter(|trace| *trace != 0)?;
    let span = hex(&parts[36..52]).and_then(|span| u64::try_from(span).ok())?;
    let flags = hex(&parts[53..]).and_then(|flags| u8::try_from(flags).ok())?;
    let context = TraceContext {
        trace,
        span,
        // Of other flags nobody knows yet what they ask for.
        flags: flags & SAMPLED,
    };
    (are_parted && span != 0).then_some(context)
}

/// Lower-case hexadecimal digits, and nothing else.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

/// The header for what hangs on a place in a trace.
#[must_use]
pub fn header(context: TraceContext) -> String {
    let TraceContext { trace, span, flags } = context;
    format!("00-{trace:032x}-{span:016x}-{flags:02x}")
}

/// Whether what belongs to the trace is recorded.
#[must_use]
pub const fn is_recorded(context: TraceContext) -> bool {
    context.flags & SAMPLED != 0
}

/// Another place in the same trace.
#[must_use]
pub fn child(context: TraceContext) -> TraceContext {
    TraceContext {
        span: getrandom::u64().unwrap_or_default().max(1),
        ..context
    }
}

/// The first place in a trace that begins here: whoever knows the trace knows it.
fn begun(trace: u128) -> TraceContext {
    let [.., a, b, c, d, e, f, g, h] = trace.to_be_bytes();
    TraceContext {
        trace: trace.max(1),
        span: u64::from_be_bytes([a, b, c, d, e, f, g, h]).max(1),
        flags: SAMPLED,
    }
}

/// The trace of a delivery whose caller named none.
#[must_use]
pub fn of_delivery(delivery: DeliveryId) -> TraceContext {
    begun(delivery.0)
}

/// Works on something that belongs to this trace.
pub fn within<T>(here: TraceContext, delivery: Option<DeliveryId>, work: impl FnOnce() -> T) -> T {
    let current = Current {
        caller: None,
        here: Cell::new(Some(here)),
        delivery: Cell::new(delivery),
    };
    CURRENT.sync_scope(Rc::new(current), work)
}

/// What is being worked on: its place in its trace, and the delivery it is about.
#[must_use]
pub fn current() -> Option<(TraceContext, Option<DeliveryId>)> {
    CURRENT
        .try_with(|current| (current.here(), current.delivery()))
        .ok()
}

/// Works on a request.
pub(crate) async fn scope<T>(current: Rc<Current>, work: impl Future<Output = T>) -> T {
    CURRENT.scope(current, work).await
}

/// Works on what this is about, beside it.
pub(crate) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let current = CURRENT.try_with(Rc::clone).unwrap_or_default();
    CURRENT.scope(current, work)
}

/// What is being worked on is about a delivery.
pub(crate) fn concerns(delivery: DeliveryId) {
    let _ = CURRENT.try_with(|current| current.delivery.set(Some(delivery)));
}

/// The same, and the delivery begins with it: both belong to one trace.
pub(crate) fn begins(delivery: DeliveryId) {
    let _ = CURRENT.try_with(|current| {
        current.delivery.set(Some(delivery));
        if current.caller.is_none() {
            current.here.set(Some(of_delivery(delivery)));
        }
    });
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_header_is_written_as_it_is_read() {
        let read = parse(GOOD).expect("as in the standard");
        assert_eq!(read.trace, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!(read.span, 0x00f0_67aa_0ba9_02b7);
        assert!(is_recorded(read));
        assert_eq!(header(read), GOOD);
    }

    #[test]
    fn of_a_later_version_is_read_what_is_known() {
        for later in [GOOD.replacen("00", "01", 1), format!("cc{}-and-more", &GOOD[2..])] {
            assert_eq!(parse(&later), parse(GOOD), "{later}");
        }
        assert_eq!(parse(&format!("cc{}.and-more", &GOOD[2..])), None);
    }

    #[test]
    fn what_is_wrong_names_no_trace() {
        let zero_trace = format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32));
        let zero_span = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", "0".repeat(16));
        for wrong in [
            "",
            "00",
            &GOOD[..54],
            &GOOD.to_uppercase(),
            &GOOD.replacen("00", "ff", 1),
            &format!("{GOOD}-"),
            &format!("{GOOD}00"),
            &GOOD.replace('-', "_"),
            &GOOD.replace("4bf9", "4bg9"),
            &GOOD.replace("-01", "-0x"),
            &GOOD.replacen("00-", "0g-", 1),
            &GOOD.replacen("00-4", "00-é", 1),
            &zero_trace,
            &zero_span,
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn two_headers_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(
            HeaderName::from_static(TRACEPARENT),
            HeaderValue::from_static(GOOD),
        );
        assert_eq!(sent(&headers), parse(GOOD));
        headers.append(
            HeaderName::from_static(TRACEPARENT),
            HeaderValue::from_static(GOOD),
        );
        assert_eq!(sent(&headers), None);
    }

    #[test]
    fn who_sends_none_has_the_trace_of_what_it_begins() {
        let id = DeliveryId(0x10);
        let current = Rc::new(Current::default());
        let before = current.here();
        assert_eq!(current.here(), before, "it is made once");
        CURRENT.sync_scope(Rc::clone(&current), || begins(id));
        assert_eq!(current.here(), of_delivery(id));
        assert_eq!(current.delivery(), Some(id));
        assert_eq!(current.parent(), None);
    }

    #[test]
    fn who_sends_one_keeps_it_with_a_span_of_its_own() {
        let caller = parse(GOOD);
        let current = Rc::new(Current {
            caller,
            ..Current::default()
        });
        CURRENT.sync_scope(Rc::clone(&current), || begins(DeliveryId(1)));
        let here = current.here();
        assert_eq!(Some(here.trace), caller.map(|caller| caller.trace));
        assert_ne!(Some(here.span), current.parent());
    }

    #[test]
    fn outside_of_all_work_nothing_is_current() {
        assert_eq!(current(), None);
        let here = of_delivery(DeliveryId(7));
        assert_eq!(within(here, None, current), Some((here, None)));
    }
}
