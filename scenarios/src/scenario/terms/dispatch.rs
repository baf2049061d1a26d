//! `[dispatch]`: how requests get drones.

use std::ops::RangeInclusive;

use skyhaul_actors::environment::{Dispatch, DispatchPolicy, REGION_DELAY_MAX};
use skyhaul_engine::time::SimDuration;

use crate::error::ScenarioError;
use crate::file::Section;

/// The keys of the table.
const DISPATCH_KEYS: &[&str] = &[
    "policy",
    "interval",
    "rebalance",
    "wait_max",
    "region_delay",
    "confirmation_wait",
];

/// How long a request waits for a drone before a carrier has it, and within which limits.
const WAIT_MAX_DEFAULT: SimDuration = SimDuration::from_mins(30);
pub(super) const WAIT: RangeInclusive<SimDuration> = SimDuration::ZERO..=SimDuration::from_mins(7 * 24 * 60);
/// How long word takes from one dispatch centre to another, and within which limits.
const REGION_DELAY_DEFAULT: SimDuration = SimDuration::from_secs(1);
const REGION_DELAY: RangeInclusive<SimDuration> = SimDuration::from_millis(1)..=REGION_DELAY_MAX;
/// How long a parcel that arrived waits for what its receiver must give, and within which limits.
const CONFIRMATION_WAIT_DEFAULT: SimDuration = SimDuration::from_mins(30);
/// How often a policy that matches in batches does so, and within which limits.
const INTERVAL_DEFAULT: SimDuration = SimDuration::from_secs(10);
const INTERVAL: RangeInclusive<SimDuration> = SimDuration::from_millis(100)..=SimDuration::from_mins(60);
/// How often drones move to where more are wanted: sooner than in a minute nobody knows what is wanted.
const REBALANCE: RangeInclusive<SimDuration> = SimDuration::from_mins(1)..=SimDuration::from_mins(24 * 60);

/// How drones are assigned.
///
/// # Errors
/// The first mistake.
pub(in crate::scenario) fn read_dispatch(root: &Section<'_>) -> Result<Dispatch, ScenarioError> {
    let mut dispatch = Dispatch {
        policy: DispatchPolicy::Nearest,
        interval: INTERVAL_DEFAULT,
        rebalance: None,
        wait_max: WAIT_MAX_DEFAULT,
        region_delay: REGION_DELAY_DEFAULT,
        confirmation_wait: CONFIRMATION_WAIT_DEFAULT,
    };
    let Some(section) = root.table("dispatch", DISPATCH_KEYS)? else {
        return Ok(dispatch);
    };
    if let Some(field) = section.get("policy") {
        dispatch.policy = match field.word(&["nearest", "batch", "adaptive"])? {
            "batch" => DispatchPolicy::Batch,
            "adaptive" => DispatchPolicy::Adaptive,
            _ => DispatchPolicy::Nearest,
        };
    }
    if let Some(interval) = section.duration("interval", INTERVAL)? {
        dispatch.interval = interval;
    }
    dispatch.rebalance = section.duration("rebalance", REBALANCE)?;
    if let Some(wait_max) = section.duration("wait_max", WAIT)? {
        dispatch.wait_max = wait_max;
    }
    if let Some(delay) = section.duration("region_delay", REGION_DELAY)? {
        dispatch.region_delay = delay;
    }
    if let Some(wait) = section.duration("confirmation_wait", WAIT)? {
        dispatch.confirmation_wait = wait;
    }
    Ok(dispatch)
}
