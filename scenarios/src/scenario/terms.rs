//! `[weather]`, `[dispatch]`, `[carriers]`, `[faults]`: under which terms the fleet works.

use std::ops::RangeInclusive;

use skyhaul_actors::environment::{CarrierSpec, Dispatch, DispatchPolicy, Faults, REGION_DELAY_MAX, Weather};
use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::Kilograms;

use crate::error::ScenarioError;
use crate::file::Section;

/// The keys of each table.
const WEATHER_KEYS: &[&str] = &["kind", "wind_mps", "wind_from_deg", "rho", "file", "format"];
const DISPATCH_KEYS: &[&str] = &["policy", "interval", "wait_max", "region_delay"];
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
const FAULT_KEYS: &[&str] = &[
    "drone_failure_per_flight_hour",
    "link_loss_per_flight_hour",
    "actor_panic_per_message",
];

/// Standard air at sea level, 15 °C, kg/m³.
const RHO_DEFAULT: f64 = 1.225;
/// Densities from a hot day at 5,000 m to an arctic one at sea level.
const RHO: RangeInclusive<f64> = 0.4..=1.8;
/// Winds, m/s.
const WIND_MPS: RangeInclusive<f64> = 0.0..=100.0;

/// How long a request waits for a drone before a carrier has it, and within which limits.
const WAIT_MAX_DEFAULT: SimDuration = SimDuration::from_mins(30);
const WAIT: RangeInclusive<SimDuration> = SimDuration::ZERO..=SimDuration::from_mins(7 * 24 * 60);
/// How long word takes from one dispatch centre to another, and within which limits.
const REGION_DELAY_DEFAULT: SimDuration = SimDuration::from_secs(1);
const REGION_DELAY: RangeInclusive<SimDuration> = SimDuration::from_millis(1)..=REGION_DELAY_MAX;
/// How often a policy that matches in batches does so.
const INTERVAL: RangeInclusive<SimDuration> = SimDuration::from_millis(100)..=SimDuration::from_mins(60);

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

/// Failures of a drone per flight hour: one a minute breaks every flight.
const FAILURES_PER_HOUR: RangeInclusive<f64> = 0.0..=60.0;
/// Shares.
const SHARE: RangeInclusive<f64> = 0.0..=1.0;
/// Share of messages whose handler panics: beyond a tenth nothing would get done.
const PANIC_SHARE: RangeInclusive<f64> = 0.0..=0.1;

/// Wind and air.
///
/// # Errors
/// The first mistake.
pub(super) fn read_weather(root: &Section<'_>) -> Result<Weather, ScenarioError> {
    let calm = Weather {
        wind_mps: 0.0,
        wind_from_deg: 0.0,
        rho: RHO_DEFAULT,
    };
    let Some(section) = root.table("weather", WEATHER_KEYS)? else {
        return Ok(calm);
    };
    let kind = match section.get("kind") {
        Some(field) => match field.word(&["calm", "constant", "series"])? {
            "series" => return Err(field.refuse("`series` is not built yet; use \"calm\" or \"constant\"")),
            word => word,
        },
        None => "calm",
    };
    section.refuse_all(
        &["file", "format"],
        "belongs to weather kind = \"series\", which is not built yet; remove it",
    )?;
    let rho = section.number_or("rho", RHO_DEFAULT, RHO)?;
    if kind == "calm" {
        section.refuse_all(
            &["wind_mps", "wind_from_deg"],
            "belongs to weather kind = \"constant\"; remove it, or change the kind",
        )?;
        return Ok(Weather { rho, ..calm });
    }
    Ok(Weather {
        wind_mps: section.require("wind_mps")?.number(WIND_MPS)?,
        wind_from_deg: section.number_or("wind_from_deg", 0.0, 0.0..=360.0)?,
        rho,
    })
}

/// How drones are assigned, and the interval that only policies in batches use.
///
/// # Errors
/// The first mistake.
pub(super) fn read_dispatch(root: &Section<'_>) -> Result<Dispatch, ScenarioError> {
    let mut dispatch = Dispatch {
        policy: DispatchPolicy::Nearest,
        wait_max: WAIT_MAX_DEFAULT,
        region_delay: REGION_DELAY_DEFAULT,
    };
    let Some(section) = root.table("dispatch", DISPATCH_KEYS)? else {
        return Ok(dispatch);
    };
    if let Some(field) = section.get("policy") {
        let word = field.word(&["nearest", "batch", "adaptive"])?;
        if word != "nearest" {
            return Err(field.refuse(format_args!("`{word}` is not built yet; use \"nearest\"")));
        }
    }
    section.duration("interval", INTERVAL)?;
    if let Some(wait_max) = section.duration("wait_max", WAIT)? {
        dispatch.wait_max = wait_max;
    }
    if let Some(delay) = section.duration("region_delay", REGION_DELAY)? {
        dispatch.region_delay = delay;
    }
    Ok(dispatch)
}

/// The third-party carriers: one, unless they are not enabled.
///
/// # Errors
/// The first mistake.
pub(super) fn read_carriers(root: &Section<'_>) -> Result<Vec<CarrierSpec>, ScenarioError> {
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

/// What goes wrong, and how often.
///
/// # Errors
/// The first mistake.
pub(super) fn read_faults(root: &Section<'_>) -> Result<Faults, ScenarioError> {
    let Some(section) = root.table("faults", FAULT_KEYS)? else {
        return Ok(Faults::default());
    };
    if let Some(field) = section.get("link_loss_per_flight_hour")
        && field.number(FAILURES_PER_HOUR)? > 0.0
    {
        return Err(field.refuse("lost links are not built yet; set it to 0"));
    }
    Ok(Faults {
        drone_failure_per_flight_hour: section.number_or(
            "drone_failure_per_flight_hour",
            0.0,
            FAILURES_PER_HOUR,
        )?,
        actor_panic_per_message: section.number_or("actor_panic_per_message", 0.0, PANIC_SHARE)?,
        sabotage: None,
    })
}
