//! `[[incidents]]`: what happens once, at its time.

use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;

use skyhaul_actors::environment::{DepotSpec, Outage};
use skyhaul_engine::time::{SimDuration, SimTime};

use super::DURATION_MAX;
use super::describe::{quoted, span};
use super::fleet::{find_depot, limited};
use crate::error::ScenarioError;
use crate::file::Section;

/// The keys of an incident, and its kinds.
const KEYS: &[&str] = &["at", "kind", "depot", "for"];
const KINDS: &[&str] = &["depot-outage"];

/// Most incidents: every drone on the ground is asked about each. More are refused.
const INCIDENTS_MAX: usize = 1_000;

/// How long one may last, and when it may begin.
const SPANS: RangeInclusive<SimDuration> = SimDuration::from_secs(1)..=DURATION_MAX;
const TIMES: RangeInclusive<SimDuration> = SimDuration::ZERO..=DURATION_MAX;

/// The depots that go out of service.
///
/// # Errors
/// The first mistake.
pub(super) fn read(root: &Section<'_>, depots: &[DepotSpec]) -> Result<Vec<Outage>, ScenarioError> {
    let Some(list) = root.get("incidents") else {
        return Ok(Vec::new());
    };
    let mut outages: Vec<Outage> = Vec::new();
    for item in limited(&list, INCIDENTS_MAX)? {
        let section = item.table(KEYS)?;
        section.require("kind")?.word(KINDS)?;
        let at = section.require("at")?;
        let from = SimTime::ZERO + at.duration(TIMES)?;
        let outage = Outage {
            depot: find_depot(&section.require("depot")?, depots)?,
            from,
            until: from + section.require("for")?.duration(SPANS)?,
        };
        let overlaps = |other: &Outage| {
            other.depot == outage.depot && other.from <= outage.until && outage.from <= other.until
        };
        if outages.iter().any(overlaps) {
            return Err(at.refuse("its depot is out of service then already; make it one incident"));
        }
        outages.push(outage);
    }
    Ok(outages)
}

/// Writes them.
pub(super) fn write(outages: &[Outage], depots: &[DepotSpec], text: &mut String) -> fmt::Result {
    for outage in outages {
        let depot = &depots[usize::from(outage.depot.0)].name;
        writeln!(text, "\n[[incidents]]\nkind = \"depot-outage\"")?;
        writeln!(text, "at = {}", span(outage.from.since(SimTime::ZERO)))?;
        writeln!(text, "depot = {}", quoted(depot))?;
        writeln!(text, "for = {}", span(outage.until.since(outage.from)))?;
    }
    Ok(())
}
