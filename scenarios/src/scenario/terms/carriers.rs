//! `[carriers]`, or `[[carriers]]` where there are several: third-party transportation.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use skyhaul_actors::environment::CarrierSpec;
use skyhaul_engine::units::Kilograms;

use super::dispatch::WAIT;
use crate::error::ScenarioError;
use crate::file::{Field, Section};

/// The keys of the table.
const CARRIER_KEYS: &[&str] = &[
    "enabled",
    "name",
    "base_usd",
    "per_mile_usd",
    "speed_mps",
    "pickup_delay",
    "pickup_delay_hourly",
    "couriers",
    "failure",
    "payload_max_kg",
];

/// The carrier's name where the file does not say.
const CARRIER_NAME_DEFAULT: &str = "courier";
/// Most carriers: each of them is asked for a quote for each parcel that no drone takes. More are refused.
const CARRIERS_MAX: usize = 16;
/// Prices, USD.
const USD: RangeInclusive<f64> = 0.0..=100_000.0;
/// Shares.
const SHARE: RangeInclusive<f64> = 0.0..=1.0;
/// How much longer or shorter the delay is in an hour.
const HOUR_FACTOR: RangeInclusive<f64> = 0.0..=100.0;
/// Couriers of a carrier in one region.
const COURIERS: RangeInclusive<u32> = 1..=10_000;

/// The third-party carriers: one with the usual terms where the file says nothing of them, else those that are enabled.
///
/// # Errors
/// The first mistake.
pub(in crate::scenario) fn read_carriers(root: &Section<'_>) -> Result<Vec<CarrierSpec>, ScenarioError> {
    let Some(field) = root.get("carriers") else {
        return Ok(vec![CarrierSpec::new(CARRIER_NAME_DEFAULT)]);
    };
    let Ok(items) = field.items() else {
        return Ok(read_carrier(&field.table(CARRIER_KEYS)?)?.into_iter().collect());
    };
    if items.len() > CARRIERS_MAX {
        return Err(field.refuse(format_args!(
            "has {} entries, must have at most {CARRIERS_MAX}",
            items.len()
        )));
    }
    let mut carriers = Vec::with_capacity(items.len());
    let mut names = BTreeSet::new();
    for item in items {
        let section = item.table(CARRIER_KEYS)?;
        let name = section.require("name")?;
        if !names.insert(name.text()?.to_lowercase()) {
            return Err(name.refuse(format_args!(
                "`{}` is the name of another carrier; choose another",
                name.text()?
            )));
        }
        carriers.extend(read_carrier(&section)?);
    }
    Ok(carriers)
}

/// A carrier; `None` where it is not enabled.
fn read_carrier(section: &Section<'_>) -> Result<Option<CarrierSpec>, ScenarioError> {
    let mut carrier = CarrierSpec::new(CARRIER_NAME_DEFAULT);
    if let Some(name) = section.get("name") {
        name.text()?.clone_into(&mut carrier.name);
    }
    carrier.base_usd = section.number_or("base_usd", carrier.base_usd, USD)?;
    carrier.per_mile_usd = section.number_or("per_mile_usd", carrier.per_mile_usd, USD)?;
    carrier.speed_mps = section.number_or("speed_mps", carrier.speed_mps, 0.1..=100.0)?;
    if let Some(delay) = section.duration("pickup_delay", WAIT)? {
        carrier.pickup_delay = delay;
    }
    if let Some(hourly) = section.get("pickup_delay_hourly") {
        carrier.pickup_delay_hourly = read_hourly(&hourly)?;
    }
    if let Some(couriers) = section.get("couriers") {
        carrier.couriers = Some(couriers.count(COURIERS)?);
    }
    carrier.failure = section.number_or("failure", carrier.failure, SHARE)?;
    let payload_kg = section.number_or("payload_max_kg", carrier.payload_max.get(), 0.001..=100_000.0)?;
    carrier.payload_max = Kilograms::new(payload_kg);
    Ok(section.boolean_or("enabled", true)?.then_some(carrier))
}

fn read_hourly(field: &Field<'_>) -> Result<[f64; 24], ScenarioError> {
    let items = field.items()?;
    let factors: Vec<f64> = items
        .iter()
        .map(|item| item.number(HOUR_FACTOR))
        .collect::<Result<_, _>>()?;
    let count = factors.len();
    factors.try_into().map_err(|_| {
        field.refuse(format_args!(
            "has {count} numbers, must have 24, one a local hour from midnight"
        ))
    })
}
