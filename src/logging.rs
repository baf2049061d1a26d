//! Logging: each line says to which trace it belongs, and about which delivery it is, where that is known.

use std::fmt;

use skyhaul_web::trace;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, MakeWriter};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogFormat;

/// Libraries of which, whatever level is asked for, only warnings are logged: those that write down what they send, since clients' addresses and
/// headers hold secrets, and those whose housekeeping is nobody's business.
const TELLTALES: [&str; 5] = ["ureq", "ureq_proto", "lettre", "fjall", "lsm_tree"];

/// Logs on standard error from now on.
pub(crate) fn start(format: LogFormat, level: &str) {
    subscriber(format, level, std::io::stderr).init();
}

fn subscriber<W>(format: LogFormat, level: &str, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = TELLTALES
        .iter()
        .fold(tracing_subscriber::EnvFilter::new(level), |filter, telltale| {
            let quiet = format!("{telltale}=warn").parse();
            filter.add_directive(quiet.expect("a name and a level are a directive"))
        });
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Where the log's disk is full there is nowhere to say so: saying it on standard error, which leads there, would end the thread.
        .log_internal_errors(false)
        .with_writer(writer);
    match format {
        LogFormat::Text => Box::new(
            builder
                .map_event_format(|lines| Traced { lines, format })
                .finish(),
        ),
        LogFormat::Json => {
            let builder = builder.json();
            Box::new(
                builder
                    .map_event_format(|lines| Traced { lines, format })
                    .finish(),
            )
        }
    }
}

/// Lines with the trace that they belong to.
struct Traced<F> {
    lines: F,
    format: LogFormat,
}

impl<S, N, F> FormatEvent<S, N> for Traced<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some((here, delivery)) = trace::current() else {
            return self.lines.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.lines.format_event(context, Writer::new(&mut line), event)?;
        let line = line.trim_end();
        let trace = here.trace;
        match (self.format, line.strip_suffix('}')) {
            (LogFormat::Json, Some(object)) => {
                write!(writer, r#"{object},"trace_id":"{trace:032x}""#)?;
                if let Some(delivery) = delivery {
                    write!(writer, r#","delivery_id":"{delivery}""#)?;
                }
                writeln!(writer, "}}")
            }
            (LogFormat::Json | LogFormat::Text, _) => {
                write!(writer, "{line} trace_id={trace:032x}")?;
                if let Some(delivery) = delivery {
                    write!(writer, " delivery_id={delivery}")?;
                }
                writeln!(writer)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use parking_lot::Mutex;
    use skyhaul_actors::ids::DeliveryId;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written of a line of no trace, of one of a trace, and of one of a trace and a delivery.
    fn written(format: LogFormat) -> Vec<String> {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = subscriber(format, "info", move || writer.clone());
        let id = DeliveryId(0x10);
        let here = trace::of_delivery(id);
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(number = 7, "alone");
            trace::within(here, None, || tracing::info!(number = 8, "a \"trace\"}}"));
            trace::within(here, Some(id), || tracing::warn!("both"));
            tracing::debug!("not asked for");
        });
        let text = String::from_utf8(written.0.lock().clone()).expect("text");
        text.lines().map(str::to_owned).collect()
    }

    const TRACE: &str = "00000000000000000000000000000010";
    const DELIVERY: &str = "00000000-0000-0000-0000-000000000010";

    #[test]
    fn a_line_of_json_says_its_trace_and_its_delivery() {
        let lines: Vec<serde_json::Value> = written(LogFormat::Json)
            .iter()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        let of = |line: usize, name: &str| lines[line].get(name).and_then(serde_json::Value::as_str);
        assert_eq!((of(0, "trace_id"), of(0, "delivery_id")), (None, None));
        assert_eq!((of(1, "trace_id"), of(1, "delivery_id")), (Some(TRACE), None));
        assert_eq!(
            (of(2, "trace_id"), of(2, "delivery_id")),
            (Some(TRACE), Some(DELIVERY))
        );
        assert_eq!(lines[1]["fields"]["message"], "a \"trace\"}");
        assert_eq!(lines[1]["fields"]["number"], 8);
    }

    #[test]
    fn a_line_of_text_ends_with_them() {
        let lines = written(LogFormat::Text);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(!lines[0].contains("trace_id"), "{lines:?}");
        assert!(lines[1].ends_with(&format!(" trace_id={TRACE}")), "{lines:?}");
        assert!(
            lines[2].ends_with(&format!(" trace_id={TRACE} delivery_id={DELIVERY}")),
            "{lines:?}"
        );
    }
}
