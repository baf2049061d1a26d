//! The report.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::Plan;
use super::reckoning::Reckoning;
use super::sending::Sent;
use crate::exit::Failure;

/// Ids that are printed of a kind at most.
const NAMED_MAX: usize = 20;

/// What came of a load.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    scenario: String,
    file: String,
    owner: String,
    /// Requests a second that fell due.
    rate: f64,
    connections: usize,
    /// From the first request's time to the last answer.
    wall_s: f64,
    requests: Requests,
    /// Accepted a second, from the first request's time to the last answer.
    accepted_per_s: f64,
    /// From when a request was due to its acceptance.
    latency_ms: Latency,
    /// `null` where they could not be looked up.
    deliveries: Option<Deliveries>,
    /// Why not.
    #[serde(skip)]
    unread: Option<Failure>,
}

#[derive(Debug, Serialize)]
struct Requests {
    due: u64,
    accepted: u64,
    /// By status.
    refused: BTreeMap<u16, u64>,
    /// By what happened.
    failed: BTreeMap<String, u64>,
    /// Never sent: a million waited for a connection.
    dropped: u64,
}

#[derive(Debug, Serialize)]
struct Latency {
    mean: f64,
    p50: f64,
    p90: f64,
    p99: f64,
    #[serde(rename = "p99.9")]
    p999: f64,
    max: f64,
}

#[derive(Debug, Serialize)]
struct Deliveries {
    /// Accepted, and shown by the service.
    known: usize,
    /// Accepted, and unknown.
    lost: Vec<String>,
    /// Told to two requests.
    twice: Vec<String>,
    /// Made, though their requests have no answer.
    unanswered: usize,
    /// How long it took after the last answer until all were shown.
    shown_after_s: f64,
    /// Of those that are known.
    stages: BTreeMap<String, u64>,
}

impl Report {
    pub(super) fn new(plan: &Plan, file: &Path, sent: &Sent, reckoning: Result<Reckoning, Failure>) -> Self {
        let accepted = sent.accepted.len() as u64;
        let wall_s = sent.lasted.as_secs_f64();
        let ms = |micros: u64| micros as f64 / 1_000.0;
        let at = |quantile| ms(sent.latencies.value_at_quantile(quantile));
        let (reckoning, unread) = match reckoning {
            Ok(reckoning) => (Some(reckoning), None),
            Err(failure) => (None, Some(failure)),
        };
        Self {
            scenario: plan.environment.name.clone(),
            file: file.display().to_string(),
            owner: plan.owner.clone(),
            rate: plan.rate,
            connections: plan.connections,
            wall_s,
            requests: Requests {
                due: sent.due,
                accepted,
                refused: sent.refused.clone(),
                failed: sent
                    .failed
                    .iter()
                    .map(|(error, count)| (error.to_string(), *count))
                    .collect(),
                dropped: sent.dropped,
            },
            accepted_per_s: accepted as f64 / wall_s.max(f64::MIN_POSITIVE),
            latency_ms: Latency {
                mean: sent.latencies.mean() / 1_000.0,
                p50: at(0.5),
                p90: at(0.9),
                p99: at(0.99),
                p999: at(0.999),
                max: ms(sent.latencies.max()),
            },
            deliveries: reckoning.map(Deliveries::new),
            unread,
        }
    }

    /// Whether all that was accepted is there, once.
    pub(super) fn judge(&self) -> Result<(), Failure> {
        let Some(Deliveries { lost, twice, .. }) = &self.deliveries else {
            return self.unread.clone().map_or(Ok(()), Err);
        };
        if !lost.is_empty() || !twice.is_empty() {
            return Err(Failure::broken(format!(
                "{} deliveries were accepted and are not known{}; {} ids were given twice{}",
                lost.len(),
                named(lost),
                twice.len(),
                named(twice)
            )));
        }
        if self.requests.accepted == 0 {
            return Err(Failure::try_again(format!(
                "none of {} requests was accepted: {}",
                self.requests.due,
                self.requests.others()
            )));
        }
        Ok(())
    }
}

impl Deliveries {
    fn new(reckoning: Reckoning) -> Self {
        let text = |ids: &[_]| ids.iter().map(ToString::to_string).collect();
        Self {
            known: reckoning.known,
            lost: text(&reckoning.lost),
            twice: text(&reckoning.twice),
            unanswered: reckoning.unanswered,
            shown_after_s: reckoning.shown_after.as_secs_f64(),
            stages: reckoning.stages,
        }
    }
}

impl Requests {
    /// What became of those that were not accepted.
    fn others(&self) -> String {
        let refused = self
            .refused
            .iter()
            .map(|(status, count)| format!("{count} × status {status}"));
        let failed = self
            .failed
            .iter()
            .map(|(what, count)| format!("{count} × {what}"));
        let dropped = (self.dropped > 0).then(|| format!("{} × never sent", self.dropped));
        let all: Vec<_> = refused.chain(failed).chain(dropped).collect();
        if all.is_empty() {
            "none".to_owned()
        } else {
            all.join(", ")
        }
    }
}

fn named(ids: &[String]) -> String {
    if ids.is_empty() {
        return String::new();
    }
    let more = if ids.len() > NAMED_MAX { " …" } else { "" };
    format!(" ({}{more})", ids[..ids.len().min(NAMED_MAX)].join(", "))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (requests, latency) = (&self.requests, &self.latency_ms);
        writeln!(f, "{} ({}), as {}", self.scenario, self.file, self.owner)?;
        writeln!(
            f,
            "  due        {} at {} a second on {} connections, in {:.1} s",
            requests.due, self.rate, self.connections, self.wall_s
        )?;
        writeln!(
            f,
            "  accepted   {} ({:.1} a second); others: {}",
            requests.accepted,
            self.accepted_per_s,
            requests.others()
        )?;
        writeln!(
            f,
            "  latency    mean {:.1} ms, p50 {:.1}, p90 {:.1}, p99 {:.1}, p99.9 {:.1}, max {:.1}",
            latency.mean, latency.p50, latency.p90, latency.p99, latency.p999, latency.max
        )?;
        let Some(deliveries) = &self.deliveries else {
            return write!(f, "  deliveries were not looked up");
        };
        writeln!(
            f,
            "  deliveries {} known {:.1} s after the last answer, {} lost, {} told twice, {} made without an answer",
            deliveries.known,
            deliveries.shown_after_s,
            deliveries.lost.len(),
            deliveries.twice.len(),
            deliveries.unanswered
        )?;
        let stages: Vec<_> = deliveries
            .stages
            .iter()
            .map(|(stage, count)| format!("{stage} {count}"))
            .collect();
        write!(f, "  stages     {}", stages.join(", "))
    }
}
