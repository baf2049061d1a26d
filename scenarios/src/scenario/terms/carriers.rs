//! `[carriers]`: third-party transportation.

use std::ops::RangeInclusive;

use skyhaul_actors::environment::CarrierSpec;
use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::Kilograms;

use super::dispatch::WAIT;
use crate::error::ScenarioError;
use crate::file::Section;

/// The keys of the table.
const CARRIER_KEYS: &[&str] = &[
    "enabled",
    "name",
    "base_usd",
    "per_mile_usd",
    "speed_mps",
    "pickup_delay",
    "failure",
    "payload_max_kg",
];

/// DoorDash Drive's published price (up to five miles, and each mile beyond), a bicycle's pace through traffic, and a van's usual limit.
const BASE_USD_DEFAULT: f64 = 9.75;
const PER_MILE_USD_DEFAULT: f64 = 0.75;
const CARRIER_SPEED_MPS_DEFAULT: f64 = 9.0;
const PICKUP_DELAY_DEFAULT: SimDuration = SimDuration::from_mins(12);
const CARRIER_FAILURE_DEFAULT: f64 = 0.01;
const CARRIER_PAYLOAD_KG_DEFAULT: f64 = 25.0;
const CARRIER_NAME_DEFAULT: &str = "courier";
/// Prices, USD.
const USD: RangeInclusive<f64> = 0.0..=100_000.0;
/// Shares.
const SHARE: RangeInclusive<f64> = 0.0..=1.0;

/// The third-party carriers: one, unless they are not enabled.
///
/// # Errors
/// The first mistake.
pub(in crate::scenario) fn read_carriers(root: &Section<'_>) -> Result<Vec<CarrierSpec>, ScenarioError> {
    let mut carrier = CarrierSpec {
        name: CARRIER_NAME_DEFAULT.to_owned(),
        base_usd: BASE_USD_DEFAULT,
        per_mile_usd: PER_MILE_USD_DEFAULT,
        speed_mps: CARRIER_SPEED_MPS_DEFAULT,
        pickup_delay: PICKUP_DELAY_DEFAULT,
        failure: CARRIER_FAILURE_DEFAULT,
        payload_max: Kilograms::new(CARRIER_PAYLOAD_KG_DEFAULT),
    };
    let Some(section) = root.table("carriers", CARRIER_KEYS)? else {
        return Ok(vec![carrier]);
    };
    if let Some(name) = section.get("name") {
        name.text()?.clone_into(&mut carrier.name);
    }
    carrier.base_usd = section.number_or("base_usd", BASE_USD_DEFAULT, USD)?;
    carrier.per_mile_usd = section.number_or("per_mile_usd", PER_MILE_USD_DEFAULT, USD)?;
    carrier.speed_mps = section.number_or("speed_mps", CARRIER_SPEED_MPS_DEFAULT, 0.1..=100.0)?;
    if let Some(delay) = section.duration("pickup_delay", WAIT)? {
        carrier.pickup_delay = delay;
    }
    carrier.failure = section.number_or("failure", CARRIER_FAILURE_DEFAULT, SHARE)?;
    let payload_kg = section.number_or("payload_max_kg", CARRIER_PAYLOAD_KG_DEFAULT, 0.001..=100_000.0)?;
    carrier.payload_max = Kilograms::new(payload_kg);
    Ok(if section.boolean_or("enabled", true)? {
        vec![carrier]
    } else {
        Vec::new()
    })
}
