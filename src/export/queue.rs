//! The queue before the collector: spans wait in it, and nobody waits for them.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use prometheus::{IntCounterVec, IntGauge, Opts, Registry};
use skyhaul_web::trace::span::{Span, SpanSink, Spans};

use super::Export;

/// Most spans that wait, some 8 MB; further ones are dropped.
const WAITING_MAX: usize = 16_384;

/// Spans sent at once: what collectors take by default.
const BATCH_MAX: usize = 512;

/// How long a span waits for others.
const GATHERED_FOR: Duration = Duration::from_secs(1);

/// A span that has ended.
pub(super) struct Ended {
    pub(super) span: Span,
    pub(super) at_unix_micros: i64,
}

/// Takes batches of spans.
pub(super) trait Collector: Send + 'static {
    /// Sends a batch; blocks until it was taken or given up.
    fn send(&mut self, batch: Vec<Ended>) -> Result<(), String>;
}

enum Message {
    Span(Box<Ended>),
    /// Send what there is, say so, and end.
    Stop(SyncSender<()>),
}

/// Spans sent, dropped and waiting.
#[derive(Clone)]
struct ExportMetrics {
    spans: IntCounterVec,
    waiting: IntGauge,
}

impl ExportMetrics {
    fn new(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            spans: IntCounterVec::new(
                Opts::new(
                    "skyhaul_spans_total",
                    "Spans of traces that were `sent` to the collector, or `dropped` because it was away or too slow",
                ),
                &["outcome"],
            )?,
            waiting: IntGauge::new(
                "skyhaul_spans_waiting",
                "Spans that wait to be sent; at most 16,384, further ones are dropped",
            )?,
        };
        registry.register(Box::new(metrics.spans.clone()))?;
        registry.register(Box::new(metrics.waiting.clone()))?;
        Ok(metrics)
    }

    fn count(&self, outcome: &str, spans: usize) {
        self.spans.with_label_values(&[outcome]).inc_by(spans as u64);
    }
}

struct Queue {
    messages: SyncSender<Message>,
    metrics: ExportMetrics,
}

impl SpanSink for Queue {
    fn take(&self, span: Span, ended_unix_micros: i64) {
        let ended = Ended {
            span,
            at_unix_micros: ended_unix_micros,
        };
        // Counted first, so that it is never below what waits.
        self.metrics.waiting.inc();
        if self.messages.try_send(Message::Span(Box::new(ended))).is_err() {
            self.metrics.waiting.dec();
            self.metrics.count("dropped", 1);
        }
    }
}

/// Starts a thread that sends spans to a collector.
pub(super) fn start(collector: impl Collector, registry: &Registry) -> prometheus::Result<Export> {
    let metrics = ExportMetrics::new(registry)?;
    let (messages, received) = sync_channel(WAITING_MAX);
    let courier = Courier {
        collector,
        metrics: metrics.clone(),
        is_away: false,
    };
    let spawned = thread::Builder::new()
        .name("spans".to_owned())
        .spawn(move || courier.run(&received));
    if let Err(error) = spawned {
        tracing::error!(%error, "spans cannot be sent: no thread can be started");
    }
    let stop = messages.clone();
    let queue = Queue { messages, metrics };
    Ok(Export {
        spans: Spans::new(Arc::new(queue)),
        stop: Some(Box::new(move |within| {
            let (done, is_done) = sync_channel(1);
            // A full queue keeps nobody from stopping.
            if stop.try_send(Message::Stop(done)).is_ok() {
                let _ = is_done.recv_timeout(within);
            }
        })),
    })
}

/// Brings spans to the collector.
struct Courier<C> {
    collector: C,
    metrics: ExportMetrics,
    is_away: bool,
}

impl<C: Collector> Courier<C> {
    fn run(mut self, messages: &Receiver<Message>) {
        while let Ok(first) = messages.recv() {
            let mut batch = Vec::new();
            let mut stopping = self.add(first, &mut batch);
            let until = Instant::now() + GATHERED_FOR;
            while stopping.is_none() && batch.len() < BATCH_MAX {
                match messages.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(message) => stopping = self.add(message, &mut batch),
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
                }
            }
            self.send(batch);
            if let Some(done) = stopping {
                let _ = done.send(());
                return;
            }
        }
    }

    /// Adds a span; who waits for the end, where the message says so.
    fn add(&self, message: Message, batch: &mut Vec<Ended>) -> Option<SyncSender<()>> {
        match message {
            Message::Span(ended) => {
                self.metrics.waiting.dec();
                batch.push(*ended);
                None
            }
            Message::Stop(done) => Some(done),
        }
    }

    fn send(&mut self, batch: Vec<Ended>) {
        let count = batch.len();
        if count == 0 {
            return;
        }
        match self.collector.send(batch) {
            Ok(()) => {
                self.metrics.count("sent", count);
                if std::mem::take(&mut self.is_away) {
                    tracing::info!("the collector takes spans again");
                }
            }
            Err(error) => {
                self.metrics.count("dropped", count);
                if !std::mem::replace(&mut self.is_away, true) {
                    tracing::warn!(
                        error,
                        "the collector does not take spans; they are dropped and counted until it does"
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::ids::DeliveryId;
    use skyhaul_web::trace;
    use skyhaul_web::trace::span::Kind;

    use super::*;

    fn span(number: usize) -> Span {
        Span {
            name: number.to_string(),
            kind: Kind::Internal,
            context: trace::of_delivery(DeliveryId(1)),
            parent: None,
            began_unix_micros: 0,
            attributes: Vec::new(),
            failure: None,
        }
    }

    /// Says what it was sent, and answers what it is told to.
    struct Told {
        sent: SyncSender<Vec<String>>,
        answers: Receiver<Result<(), String>>,
    }

    impl Collector for Told {
        fn send(&mut self, batch: Vec<Ended>) -> Result<(), String> {
            let names = batch.into_iter().map(|ended| ended.span.name).collect();
            let _ = self.sent.send(names);
            self.answers.recv().unwrap_or(Ok(()))
        }
    }

    type Collected = (
        Export,
        Receiver<Vec<String>>,
        SyncSender<Result<(), String>>,
        Registry,
    );

    fn started() -> Collected {
        let ((sent, received), (answer, answers)) = (sync_channel(WAITING_MAX), sync_channel(1));
        let registry = Registry::new();
        let export = start(Told { sent, answers }, &registry).expect("names are free");
        (export, received, answer, registry)
    }

    fn counted(registry: &Registry, outcome: &str) -> u64 {
        let families = registry.gather();
        let spans = families
            .iter()
            .find(|family| family.name() == "skyhaul_spans_total");
        let metrics = spans
            .map(prometheus::proto::MetricFamily::get_metric)
            .unwrap_or_default();
        let of = metrics
            .iter()
            .find(|metric| metric.get_label()[0].value() == outcome);
        #[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
        of.map_or(0, |metric| metric.get_counter().get_value() as u64)
    }

    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn what_waits_is_sent_together_and_what_is_left_at_the_end() {
        let (export, received, answer, registry) = started();
        drop(answer);
        for number in 0..BATCH_MAX + 3 {
            export.spans.end(span(number));
        }
        export.stop(PATIENCE);
        let names: Vec<String> = received.try_iter().flatten().collect();
        let wanted: Vec<String> = (0..BATCH_MAX + 3).map(|number| number.to_string()).collect();
        assert_eq!(names, wanted);
        assert_eq!(counted(&registry, "sent"), wanted.len() as u64);
    }

    #[test]
    fn nobody_waits_for_a_collector_that_does_not_answer_and_what_is_dropped_is_counted() {
        let (export, received, answer, registry) = started();
        for number in 0..BATCH_MAX {
            export.spans.end(span(number));
        }
        let first = received.recv_timeout(PATIENCE).expect("a batch is sent");
        // It has not answered: what comes now waits, up to the limit.
        let waiting = BATCH_MAX - first.len();
        for number in 0..WAITING_MAX + 7 {
            export.spans.end(span(number));
        }
        assert_eq!(counted(&registry, "dropped"), (7 + waiting) as u64);
        answer.send(Err("away".to_owned())).expect("it waits");
        drop(answer);
        // Room is made by what is taken now.
        while received
            .recv_timeout(PATIENCE)
            .is_ok_and(|batch| batch.len() == BATCH_MAX)
        {
            if registry_waits(&registry) == 0 {
                break;
            }
        }
        assert_eq!(
            counted(&registry, "dropped"),
            (7 + waiting + first.len()) as u64,
            "the batch that was refused is dropped as well"
        );
    }

    fn registry_waits(registry: &Registry) -> i64 {
        let families = registry.gather();
        let waits = families
            .iter()
            .find(|family| family.name() == "skyhaul_spans_waiting");
        #[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
        waits.map_or(0, |family| family.get_metric()[0].get_gauge().get_value() as i64)
    }

    #[test]
    fn what_is_not_recorded_is_not_sent() {
        let (export, received, answer, _) = started();
        drop(answer);
        let mut quiet = span(1);
        quiet.context.flags = 0;
        export.spans.end(quiet);
        export.stop(PATIENCE);
        assert_eq!(received.try_iter().count(), 0);
    }
}
