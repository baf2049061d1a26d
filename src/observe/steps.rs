//! How long the steps of deliveries take, in virtual time, from what is told of them.

use std::collections::HashMap;

use parking_lot::Mutex;
use prometheus::{HistogramOpts, HistogramVec, Registry, exponential_buckets};
use skyhaul_actors::event::{CancelReason, Event};
use skyhaul_actors::ids::DeliveryId;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;
use skyhaul_web::trace::span::{DELIVERY, Kind, Span, Spans, Value, now_unix_micros};
use skyhaul_web::trace::{self, TraceContext};

use super::traces::Traces;

/// Most deliveries whose last step is remembered, some 100 MB. Of those that come beyond it while so many are open no step is timed.
const OPEN_MAX: usize = 1_000_000;

/// Bounds of the histogram: the first is a second, each further one twice as long, the last nine hours.
const FIRST_BOUND_S: f64 = 1.0;
const BOUNDS: usize = 16;

/// The attributes of a step that say when it began and ended, in seconds of virtual time.
const BEGAN: &str = "skyhaul.virtual.began_s";
const ENDED: &str = "skyhaul.virtual.ended_s";

/// What ends with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// From the request, or since the last transport was lost: the workflow has booked a drone or a carrier.
    Booked,
    /// Since then: the parcel was picked up.
    PickedUp,
    /// Since then: it was put down.
    DroppedOff,
    /// Since then: its receiver confirmed it, where that was asked for; at once otherwise.
    Completed,
    /// Since the last of these: the delivery was cancelled.
    Cancelled,
    /// Since the last of these: the workflow of a delivery that was given up has undone what it had done.
    Undone,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::PickedUp => "picked_up",
            Self::DroppedOff => "dropped_off",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Undone => "undone",
        }
    }

    /// The step that an event ends, of which delivery, and whether another may follow.
    const fn ended_by(event: &Event) -> Option<(DeliveryId, Self, bool)> {
        match event {
            Event::DroneAssigned { delivery, .. } | Event::CarrierBooked { delivery, .. } => {
                Some((*delivery, Self::Booked, true))
            }
            Event::PackagePickedUp { delivery, .. } => Some((*delivery, Self::PickedUp, true)),
            Event::PackageDroppedOff { delivery, .. } => Some((*delivery, Self::DroppedOff, true)),
            Event::DeliveryCompleted { delivery, .. } => Some((*delivery, Self::Completed, false)),
            Event::DeliveryCancelled { delivery, reason, .. } => {
                let is_given_up = !matches!(reason, CancelReason::Requested);
                Some((*delivery, Self::Cancelled, is_given_up))
            }
            Event::WorkflowUndone { delivery, .. } => Some((*delivery, Self::Undone, false)),
            _ => None,
        }
    }
}

/// The steps' histograms.
pub(super) struct StepMetrics {
    seconds: HistogramVec,
    /// When the last step of each open delivery ended. Those that were open before the service started are not here.
    since: Mutex<HashMap<DeliveryId, Since>>,
    spans: Spans,
}

/// When a step of a delivery began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Since {
    at: SimTime,
    /// The same by the wall clock, where that is recorded.
    unix_micros: i64,
}

impl StepMetrics {
    /// The metrics, registered, and the way of the spans.
    ///
    /// # Errors
    /// Where the name is taken.
    pub(super) fn new(registry: &Registry, spans: Spans) -> prometheus::Result<Self> {
        let seconds = HistogramVec::new(
            HistogramOpts::new(
                "skyhaul_delivery_step_seconds",
                "Virtual time from one step of a delivery to the next: `booked` (a drone or carrier, from the request or the loss of the last one), `picked_up`, `dropped_off`, `completed`, `cancelled`, `undone`",
            )
            .buckets(exponential_buckets(FIRST_BOUND_S, 2.0, BOUNDS)?),
            &["step"],
        )?;
        registry.register(Box::new(seconds.clone()))?;
        Ok(Self {
            seconds,
            since: Mutex::default(),
            spans,
        })
    }

    /// Takes events in, in their order.
    pub(super) fn observe(&self, events: &[Numbered<Event>], traces: &Traces) {
        let unix_micros = if self.spans.record(None) {
            now_unix_micros()
        } else {
            0
        };
        let since_then = |at| Since { at, unix_micros };
        let mut since = self.since.lock();
        for event in events {
            match &event.event {
                Event::DeliveryRequested { request, .. } if since.len() < OPEN_MAX => {
                    // What is to be fetched later is not late before then.
                    since.insert(request.delivery, since_then(event.at.max(request.pickup_at)));
                }
                Event::DroneReleased { delivery, .. } | Event::CarrierFailed { delivery, .. } => {
                    since
                        .entry(*delivery)
                        .and_modify(|since| *since = since_then(event.at));
                }
                other => {
                    if let Some((delivery, step, goes_on)) = Step::ended_by(other)
                        && let Some(began) = since.remove(&delivery)
                    {
                        self.seconds
                            .with_label_values(&[step.name()])
                            .observe(event.at.since(began.at).as_seconds_f64());
                        if self.spans.record(None) {
                            self.record((delivery, step), began, event.at, traces.of(delivery));
                        }
                        if goes_on {
                            since.insert(delivery, since_then(event.at));
                        }
                    }
                }
            }
        }
    }
}

impl StepMetrics {
    /// A step as a span: its time by the wall clock, and what the world's own clock said.
    fn record(
        &self,
        (delivery, step): (DeliveryId, Step),
        began: Since,
        ended_at: SimTime,
        trace: TraceContext,
    ) {
        self.spans.end(Span {
            name: format!("delivery {}", step.name()),
            kind: Kind::Internal,
            context: trace::child(trace),
            parent: Some(trace.span),
            began_unix_micros: began.unix_micros,
            attributes: vec![
                (DELIVERY, Value::Text(delivery.to_string())),
                (BEGAN, Value::Float(began.at.as_seconds_f64())),
                (ENDED, Value::Float(ended_at.as_seconds_f64())),
            ],
            failure: matches!(step, Step::Undone).then(|| "it was given up".to_owned()),
        });
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::event::{ReleaseReason, Transport};
    use std::sync::Arc;

    use skyhaul_actors::ids::DroneId;
    use skyhaul_web::trace::span::SpanSink;

    use super::*;

    fn numbered(at_s: u64, event: Event) -> Numbered<Event> {
        Numbered {
            number: at_s,
            at: SimTime::from_micros(at_s * 1_000_000),
            event,
        }
    }

    #[derive(Default)]
    struct Recorded(Mutex<Vec<Span>>);

    impl SpanSink for Recorded {
        fn take(&self, span: Span, _: i64) {
            self.0.lock().push(span);
        }
    }

    fn observed(metrics: &StepMetrics, step: Step) -> (u64, f64) {
        let histogram = metrics.seconds.with_label_values(&[step.name()]);
        (histogram.get_sample_count(), histogram.get_sample_sum())
    }

    #[test]
    fn each_step_is_timed_from_the_one_before_and_what_ended_is_forgotten() {
        let recorded = Arc::new(Recorded::default());
        let spans = Spans::new(Arc::clone(&recorded) as _);
        let metrics = StepMetrics::new(&Registry::new(), spans).expect("a new registry takes all");
        let traces = Traces::default();
        let (delivery, drone) = (DeliveryId(1), DroneId(1));
        let begun = SimTime::from_micros(10_000_000);
        let since = Since {
            at: begun,
            unix_micros: 1,
        };
        metrics.since.lock().insert(delivery, since);
        let booked = || Event::DroneAssigned {
            delivery,
            drone,
            eta_pickup: begun,
            eta_dropoff: begun,
        };
        let completed = Event::DeliveryCompleted {
            delivery,
            by: Transport::Drone(drone),
        };
        let released = Event::DroneReleased {
            delivery,
            drone,
            reason: ReleaseReason::Recalled,
        };
        metrics.observe(
            &[
                numbered(12, booked()),
                numbered(20, released),
                numbered(25, booked()),
                numbered(40, completed),
            ],
            &traces,
        );
        assert_eq!(observed(&metrics, Step::Booked), (2, 7.0));
        assert_eq!(observed(&metrics, Step::Completed), (1, 15.0));
        assert!(metrics.since.lock().is_empty());
        let cancelled = Event::DeliveryCancelled {
            command: None,
            delivery,
            reason: CancelReason::Requested,
        };
        metrics.observe(&[numbered(50, cancelled)], &traces);
        let spans = recorded.0.lock();
        let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
        assert_eq!(
            names,
            ["delivery booked", "delivery booked", "delivery completed"]
        );
        let own = trace::of_delivery(delivery);
        for span in spans.iter() {
            assert_eq!((span.context.trace, span.parent), (own.trace, Some(own.span)));
        }
        assert_eq!(spans[0].began_unix_micros, 1);
        let virtually = [(BEGAN, Value::Float(25.0)), (ENDED, Value::Float(40.0))];
        assert_eq!(spans[2].attributes[1..], virtually);
        let of_unknown = observed(&metrics, Step::Cancelled);
        assert_eq!(of_unknown.0, 0, "nobody knows since when");
        assert!(metrics.since.lock().is_empty());
    }
}
