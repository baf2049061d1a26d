//! `[weather]`: the air the fleet flies in.

use std::ops::RangeInclusive;

use skyhaul_actors::environment::Weather;

use crate::error::ScenarioError;
use crate::file::Section;

/// The keys of the table.
const WEATHER_KEYS: &[&str] = &["kind", "wind_mps", "wind_from_deg", "rho", "file", "format"];

/// Densities from a hot day at 5,000 m to an arctic one at sea level.
const RHO: RangeInclusive<f64> = 0.4..=1.8;
/// Winds, m/s.
const WIND_MPS: RangeInclusive<f64> = 0.0..=100.0;

/// Wind and air.
///
/// # Errors
/// The first mistake.
pub(in crate::scenario) fn read_weather(root: &Section<'_>) -> Result<Weather, ScenarioError> {
    let calm = Weather::STANDARD;
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
    let rho = section.number_or("rho", calm.rho, RHO)?;
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
        ..calm
    })
}
