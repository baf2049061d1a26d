//! `[faults]`: what goes wrong, and how often.

use std::ops::RangeInclusive;

use skyhaul_actors::environment::Faults;

use crate::error::ScenarioError;
use crate::file::Section;

/// The keys of the table.
const FAULT_KEYS: &[&str] = &[
    "drone_failure_per_flight_hour",
    "link_loss_per_flight_hour",
    "actor_panic_per_message",
    "carrier_duplicate",
    "carrier_disorder",
];

/// Failures of a drone per flight hour: one a minute breaks every flight.
const FAILURES_PER_HOUR: RangeInclusive<f64> = 0.0..=60.0;
/// Losses of a drone's link per flight hour: with one a minute it hovers half the time.
const LOSSES_PER_HOUR: RangeInclusive<f64> = 0.0..=60.0;
/// Share of messages whose handler panics: beyond a tenth nothing would get done.
const PANIC_SHARE: RangeInclusive<f64> = 0.0..=0.1;

/// Share of couriers' reports.
const REPORT_SHARE: RangeInclusive<f64> = 0.0..=1.0;

/// What goes wrong, and how often.
///
/// # Errors
/// The first mistake.
pub(in crate::scenario) fn read_faults(root: &Section<'_>) -> Result<Faults, ScenarioError> {
    let Some(section) = root.table("faults", FAULT_KEYS)? else {
        return Ok(Faults::default());
    };
    Ok(Faults {
        drone_failure_per_flight_hour: section.number_or(
            "drone_failure_per_flight_hour",
            0.0,
            FAILURES_PER_HOUR,
        )?,
        link_loss_per_flight_hour: section.number_or("link_loss_per_flight_hour", 0.0, LOSSES_PER_HOUR)?,
        actor_panic_per_message: section.number_or("actor_panic_per_message", 0.0, PANIC_SHARE)?,
        carrier_duplicate: section.number_or("carrier_duplicate", 0.0, REPORT_SHARE)?,
        carrier_disorder: section.number_or("carrier_disorder", 0.0, REPORT_SHARE)?,
        outages: Vec::new(),
        sabotage: None,
    })
}
