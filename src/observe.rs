//! What is counted and what is logged of what happens. One match over all events decides, so that a new one does not compile until it is decided.

use std::sync::Arc;

use prometheus::core::Collector as _;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, PullingGauge, Registry, exponential_buckets,
};
use skyhaul_actors::event::{CancelReason, Event};
use skyhaul_engine::ports::Numbered;
use skyhaul_telemetry::clock::VirtualClock as _;
use skyhaul_web::trace::span::Spans;
use tracing::Level;

use crate::runtime::Shared;
use crate::runtime::handlers::HandlerMetrics;

pub use self::notices::NoticeMetrics;
use self::steps::StepMetrics;
use self::traces::Traces;

mod notices;
mod steps;
mod traces;

/// The runtime's metrics.
pub struct Metrics {
    /// How long a flush of the journal takes.
    pub flush_seconds: Histogram,
    /// Flushes that failed.
    pub flush_failures: IntCounter,
    /// Commands made durable.
    pub commands: IntCounter,
    /// Snapshots kept.
    pub snapshots: IntCounter,
    /// Commands put aside because the engine died at them.
    pub quarantined: IntCounter,
    /// Parts rebuilt after a failure, by part.
    pub part_restarts: IntCounterVec,
    /// Messages parked since the service started.
    pub parked: IntCounter,
    /// Failures of a store, by store.
    pub store_failures: IntCounterVec,
    /// How long handlers take.
    pub handlers: HandlerMetrics,
    /// To which traces deliveries belong.
    pub traces: Traces,
    events: IntCounterVec,
    steps: StepMetrics,
}

impl Metrics {
    /// The metrics, registered, and the way of the spans of what happens.
    ///
    /// # Errors
    /// Where one of the names is taken.
    pub fn new(registry: &Registry, spans: Spans) -> prometheus::Result<Self> {
        let metrics = Self {
            flush_seconds: Histogram::with_opts(
                HistogramOpts::new(
                    "skyhaul_journal_flush_seconds",
                    "Time to make a batch of commands durable",
                )
                .buckets(exponential_buckets(0.000_25, 2.0, 14)?),
            )?,
            flush_failures: IntCounter::new(
                "skyhaul_journal_flush_failures_total",
                "Flushes of the journal that failed",
            )?,
            commands: IntCounter::new("skyhaul_journal_commands_total", "Commands made durable")?,
            snapshots: IntCounter::new("skyhaul_snapshots_total", "Snapshots of the engine kept")?,
            quarantined: IntCounter::new(
                "skyhaul_commands_quarantined_total",
                "Commands of this world put aside because the engine died at them again and again",
            )?,
            part_restarts: IntCounterVec::new(
                Opts::new(
                    "skyhaul_part_restarts_total",
                    "Parts of the service rebuilt after a failure",
                ),
                &["part"],
            )?,
            parked: IntCounter::new(
                "skyhaul_parked_messages_total",
                "Messages parked because their actor failed on them too often, since the service started",
            )?,
            store_failures: IntCounterVec::new(
                Opts::new(
                    "skyhaul_store_failures_total",
                    "Writes to a service's store that failed and were tried again",
                ),
                &["store"],
            )?,
            handlers: HandlerMetrics::new(registry)?,
            events: IntCounterVec::new(
                Opts::new("skyhaul_events_total", "Events of the engine by type"),
                &["type"],
            )?,
            steps: StepMetrics::new(registry, spans)?,
            traces: Traces::default(),
        };
        registry.register(Box::new(metrics.flush_seconds.clone()))?;
        registry.register(Box::new(metrics.flush_failures.clone()))?;
        registry.register(Box::new(metrics.commands.clone()))?;
        registry.register(Box::new(metrics.snapshots.clone()))?;
        registry.register(Box::new(metrics.quarantined.clone()))?;
        registry.register(Box::new(metrics.part_restarts.clone()))?;
        registry.register(Box::new(metrics.parked.clone()))?;
        registry.register(Box::new(metrics.store_failures.clone()))?;
        registry.register(Box::new(metrics.events.clone()))?;
        Ok(metrics)
    }

    /// The parts that were started, and how often each was rebuilt, by name.
    #[must_use]
    pub fn restarts_by_part(&self) -> Vec<(String, u64)> {
        let families = self.part_restarts.collect();
        let mut parts: Vec<_> = families
            .iter()
            .flat_map(prometheus::proto::MetricFamily::get_metric)
            .filter_map(|metric| {
                let part = metric.get_label().first()?.value().to_owned();
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a counter of whole numbers far below 2⁵³"
                )]
                let restarts = metric.get_counter().get_value() as u64;
                Some((part, restarts))
            })
            .collect();
        parts.sort();
        parts
    }

    /// Counts events, and logs those of which an operator would want to read.
    pub fn observe(&self, events: &[Numbered<Event>]) {
        let mut counts: Vec<(&'static str, u64)> = Vec::new();
        for event in events {
            let (name, level) = seen_as(&event.event);
            match counts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => counts.push((name, 1)),
            }
            self.traces.note(event);
            if let Some(level) = level {
                self.traces.within(event, || log(event, name, level));
            }
        }
        self.steps.observe(events, &self.traces);
        for (name, count) in counts {
            self.events.with_label_values(&[name]).inc_by(count);
        }
    }
}

fn log(event: &Numbered<Event>, name: &'static str, level: Level) {
    let (number, t) = (event.number, event.at);
    match level {
        Level::ERROR => tracing::error!(number, %t, event = ?event.event, "{name}"),
        Level::WARN => tracing::warn!(number, %t, event = ?event.event, "{name}"),
        _ => tracing::info!(number, %t, event = ?event.event, "{name}"),
    }
}

/// An event's name, and how loud it is; `None`: counted only.
const fn seen_as(event: &Event) -> (&'static str, Option<Level>) {
    match event {
        Event::ZoneDeclared { .. } => ("ZoneDeclared", None),
        Event::ZoneLifted { .. } => ("ZoneLifted", None),
        Event::ZoneChangeRefused { .. } => ("ZoneChangeRefused", None),
        Event::DroneCommissioned { .. } => ("DroneCommissioned", None),
        Event::DeliveryRequested { .. } => ("DeliveryRequested", None),
        Event::DeliveryQueued { .. } => ("DeliveryQueued", None),
        Event::DroneAssigned { .. } => ("DroneAssigned", None),
        Event::DroneDelayed { .. } => ("DroneDelayed", None),
        Event::DroneReleased { .. } => ("DroneReleased", None),
        Event::DroneAssignmentRefused { .. } => ("DroneAssignmentRefused", None),
        Event::CarrierBooked { .. } => ("CarrierBooked", None),
        Event::CarrierFailed { .. } => ("CarrierFailed", Some(Level::WARN)),
        Event::CourierReported { .. } => ("CourierReported", None),
        Event::LegStarted(_) => ("LegStarted", None),
        Event::LegEnded { .. } => ("LegEnded", None),
        Event::PackagePickedUp { .. } => ("PackagePickedUp", None),
        Event::PackageDroppedOff { .. } => ("PackageDroppedOff", None),
        Event::DeliveryRescheduled { .. } => ("DeliveryRescheduled", None),
        Event::DeliveryRescheduleRefused { .. } => ("DeliveryRescheduleRefused", None),
        Event::DeliveryCompleted { .. } => ("DeliveryCompleted", None),
        Event::DeliveryCancelled {
            reason: CancelReason::Requested,
            ..
        } => ("DeliveryCancelled", None),
        Event::DeliveryCancelled { .. } => ("DeliveryCancelled", Some(Level::WARN)),
        Event::DeliveryCancelRefused { .. } => ("DeliveryCancelRefused", None),
        Event::ChargeStarted { .. } => ("ChargeStarted", None),
        Event::ChargeEnded { .. } => ("ChargeEnded", None),
        Event::MaintenanceStarted { .. } => ("MaintenanceStarted", None),
        Event::MaintenanceEnded { .. } => ("MaintenanceEnded", None),
        Event::DroneFailed { .. } => ("DroneFailed", Some(Level::WARN)),
        Event::DroneMoved { .. } => ("DroneMoved", None),
        Event::LinkLost { .. } => ("LinkLost", Some(Level::WARN)),
        Event::LinkRestored { .. } => ("LinkRestored", Some(Level::INFO)),
        Event::DroneRecovered { .. } => ("DroneRecovered", Some(Level::INFO)),
        Event::FleetGrounded { .. } => ("FleetGrounded", Some(Level::WARN)),
        Event::FleetReleased { .. } => ("FleetReleased", Some(Level::INFO)),
        Event::PackageRecorded { .. } => ("PackageRecorded", None),
        Event::ConfirmationRecorded { .. } => ("ConfirmationRecorded", None),
        Event::NotificationRequested { .. } => ("NotificationRequested", None),
        Event::AccountChanged { .. } => ("AccountChanged", Some(Level::INFO)),
        Event::DeliveryReleased { .. } => ("DeliveryReleased", None),
        Event::DeliveryReleaseRefused { .. } => ("DeliveryReleaseRefused", None),
        Event::DeliveryRetried { .. } => ("DeliveryRetried", Some(Level::INFO)),
        Event::WorkflowUndone { .. } => ("WorkflowUndone", Some(Level::INFO)),
        Event::ConfirmationAwaited { .. } => ("ConfirmationAwaited", None),
        Event::ConfirmationMissed { .. } => ("ConfirmationMissed", Some(Level::WARN)),
        Event::OperatorActed { .. } => ("OperatorActed", Some(Level::INFO)),
        Event::CommandTraced { .. } => ("CommandTraced", None),
        Event::ActorRestarted { .. } => ("ActorRestarted", Some(Level::WARN)),
        Event::ActorGivenUp { .. } => ("ActorGivenUp", Some(Level::ERROR)),
    }
}

/// Shows what stands and waits in the living world, read whenever the metrics are.
///
/// # Errors
/// Where one of the names is taken.
pub fn watch(registry: &Registry, shared: &Arc<Shared>) -> prometheus::Result<()> {
    let gauge = |name: &str, help: &str, read: fn(&Shared) -> f64| {
        let shared = Arc::clone(shared);
        let gauge = PullingGauge::new(name, help, Box::new(move || read(&shared)))?;
        registry.register(Box::new(gauge))
    };
    gauge(
        "skyhaul_clock_behind_seconds",
        "How far the engine lags behind the clock, in virtual seconds",
        |shared| shared.clock.behind_s(),
    )?;
    gauge(
        "skyhaul_clock_lagging",
        "1 while the engine is behind its clock by more than a person would notice",
        |shared| f64::from(u8::from(shared.lag.lock().lag().is_some())),
    )?;
    gauge(
        "skyhaul_clock_paused",
        "1 while an operator has paused virtual time",
        |shared| f64::from(u8::from(shared.clock.is_paused())),
    )?;
    gauge(
        "skyhaul_engine_queued_messages",
        "Messages on their way in the engine",
        |shared| shared.engine.borrow().state.queued as f64,
    )?;
    gauge(
        "skyhaul_clock_seconds",
        "Virtual time since the world was founded",
        |shared| shared.clock.now().as_seconds_f64(),
    )?;
    gauge(
        "skyhaul_journal_bytes",
        "Room taken by the journal; journal.keep_days and journal.keep_gb bound it",
        |shared| shared.journal.lock().bytes() as f64,
    )?;
    gauge(
        "skyhaul_inbox_commands",
        "Commands that wait to be made durable; at most 20,000",
        |shared| shared.inbox.len() as f64,
    )?;
    gauge(
        "skyhaul_handover_commands",
        "Durable commands that wait for the engine; at most 200,000",
        |shared| shared.handover.waiting() as f64,
    )?;
    gauge(
        "skyhaul_backlog_events",
        "Events that wait for the slowest store; at most 200,000",
        |shared| {
            shared
                .backlogs()
                .iter()
                .map(|backlog| backlog.events())
                .max()
                .unwrap_or(0) as f64
        },
    )?;
    gauge("skyhaul_host_up", "1 while the engine's host runs", |shared| {
        f64::from(u8::from(shared.host_is_up()))
    })
}
