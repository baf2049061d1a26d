//! What is counted of notices to clients.

use prometheus::{IntCounterVec, IntGauge, Opts, Registry};
use skyhaul_web::notification::outbox::Outcome;

/// Notices sent and waiting.
#[derive(Clone)]
pub struct NoticeMetrics {
    sent: IntCounterVec,
    /// How many wait to be sent, or to be sent again.
    pub waiting: IntGauge,
}

impl NoticeMetrics {
    /// The metrics, registered.
    ///
    /// # Errors
    /// Where one of the names is taken.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            sent: IntCounterVec::new(
                Opts::new(
                    "skyhaul_notice_attempts_total",
                    "Attempts to tell clients of their deliveries: `delivered`, `failed` and tried again, or `parked` for good",
                ),
                &["outcome"],
            )?,
            waiting: IntGauge::new(
                "skyhaul_notices_waiting",
                "Notices that wait to be sent, or to be sent again; at most 100,000, further ones wait in the store",
            )?,
        };
        registry.register(Box::new(metrics.sent.clone()))?;
        registry.register(Box::new(metrics.waiting.clone()))?;
        Ok(metrics)
    }

    /// Counts an attempt.
    pub fn count(&self, outcome: &Outcome) {
        let name = match outcome {
            Outcome::Delivered => "delivered",
            Outcome::Failed(_) => "failed",
            Outcome::Parked(_) => "parked",
        };
        self.sent.with_label_values(&[name]).inc();
    }
}
