//! `[weather]`: the air the fleet flies in.

use std::ops::RangeInclusive;

use skyhaul_actors::environment::{AircraftSpec, Epoch, Weather};

use crate::bundle::ScenarioBundle;
use crate::error::ScenarioError;
use crate::file::Section;
use crate::weather::{Format, PlannedWeather, Reading, read_record};

/// The keys of the table.
const WEATHER_KEYS: &[&str] = &["kind", "wind_mps", "wind_from_deg", "rho", "file", "format"];

/// Densities from a hot day at 5,000 m to an arctic one at sea level.
const RHO: RangeInclusive<f64> = 0.4..=1.8;
/// Winds, m/s.
const WIND_MPS: RangeInclusive<f64> = 0.0..=100.0;
/// Directions, degrees.
const FROM_DEG: RangeInclusive<f64> = 0.0..=360.0;

/// Where the wind of a daily list comes from where nobody says it: the south-west, as over most of the mid-latitudes.
const FROM_DEG_DAILY: f64 = 225.0;

/// For whom weather is read.
pub(in crate::scenario) struct Flown<'a> {
    /// The types of aircraft: wind and air are worked out for where each flies.
    pub(in crate::scenario) aircraft: &'a [AircraftSpec],
    /// Local time.
    pub(in crate::scenario) epoch: Epoch,
}

/// Wind, air and sky.
///
/// # Errors
/// The first mistake.
pub(in crate::scenario) fn read_weather(
    root: &Section<'_>,
    bundle: &ScenarioBundle,
    flown: &Flown<'_>,
) -> Result<PlannedWeather, ScenarioError> {
    let calm = Weather::STANDARD;
    let Some(section) = root.table("weather", WEATHER_KEYS)? else {
        return Ok(PlannedWeather::Always(calm));
    };
    let kind = match section.get("kind") {
        Some(field) => field.word(&["calm", "constant", "series"])?,
        None => "calm",
    };
    if kind == "series" {
        return read_series(&section, bundle, flown);
    }
    section.refuse_all(
        &["file", "format"],
        "belongs to weather kind = \"series\"; remove it, or change the kind",
    )?;
    let rho = section.number_or("rho", calm.rho, RHO)?;
    if kind == "calm" {
        section.refuse_all(
            &["wind_mps", "wind_from_deg"],
            "belongs to weather kind = \"constant\"; remove it, or change the kind",
        )?;
        return Ok(PlannedWeather::Always(Weather { rho, ..calm }));
    }
    Ok(PlannedWeather::Always(Weather {
        wind_mps: section.require("wind_mps")?.number(WIND_MPS)?,
        wind_from_deg: section.number_or("wind_from_deg", 0.0, FROM_DEG)?,
        rho,
        ..calm
    }))
}

fn read_series(
    section: &Section<'_>,
    bundle: &ScenarioBundle,
    flown: &Flown<'_>,
) -> Result<PlannedWeather, ScenarioError> {
    section.refuse_all(
        &["wind_mps", "rho"],
        "belongs to weather kind = \"constant\"; a series has its own, remove it",
    )?;
    let format = Format::of(section.require("format")?.word(&Format::WORDS)?);
    if format == Format::Hourly {
        section.refuse_all(
            &["wind_from_deg"],
            "belongs to format = \"vega-daily\", which has no directions; remove it",
        )?;
    }
    let wind_from_deg = section.number_or("wind_from_deg", FROM_DEG_DAILY, FROM_DEG)?;
    let (path, text) = bundle.file(&section.require("file")?)?;
    let read = |altitude_m| {
        let reading = Reading {
            format,
            altitude_m,
            wind_from_deg,
            utc_offset_s: flown.epoch.utc_offset_s,
        };
        read_record(path, text, reading)
    };
    let mut heights: Vec<f64> = flown
        .aircraft
        .iter()
        .map(|aircraft| aircraft.altitude_m)
        .collect();
    heights.sort_unstable_by(f64::total_cmp);
    heights.dedup();
    let highest = read(heights.pop().unwrap_or_default())?;
    let below = heights.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(PlannedWeather::Recorded { below, highest })
}
