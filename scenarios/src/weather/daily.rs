//! Daily weather with the columns of the Seattle list of `vega_datasets`, spread over the hours of each local day by rule:
//!
//! * the temperature swings as a cosine between the day's least, at 3 h, and its greatest, at 15 h;
//! * the rain falls at 1 mm/h, in as many whole hours as that takes (at most all 24, then harder), one after another from an hour that moves on by
//!   seven from day to day, so that every hour of the day has its rain;
//! * the wind blows all day as the list says, from where the scenario says: the list does not.

use jiff::civil::Date;
use skyhaul_actors::air;
use skyhaul_actors::environment::Weather;

use super::{MICROS_PER_DAY, MICROS_PER_HOUR, PRESSURE_HPA, Reading, Record, midnight};
use crate::error::ScenarioError;
use crate::table::Table;

/// How hard it rains on a day with less than 24 mm, mm/h.
const RAIN_MM_H: f64 = 1.0;
/// When a day is warmest, h.
const WARMEST_H: f64 = 15.0;
/// By how much the rain's first hour moves on from day to day.
const RAIN_MOVES_H: i64 = 7;
const HOURS: i64 = 24;

/// A day's figures.
struct Day {
    /// Since 1970.
    number: i64,
    rain_mm: f64,
    warmest_c: f64,
    coldest_c: f64,
    wind_mps: f64,
}

/// Reads all rows into the record.
pub(super) fn read(table: &Table<'_>, record: &mut Record) -> Result<(), ScenarioError> {
    let date = table.require("date")?;
    let (rain, wind) = (table.require("precipitation")?, table.require("wind")?);
    let (warmest, coldest) = (table.require("temp_max")?, table.require("temp_min")?);
    for row in table.rows() {
        let text = row.text(date);
        let day: Date = text.replace('/', "-").parse().map_err(|_| {
            row.error(format_args!(
                "column `date` is `{text}`, must be a day such as `2012/01/31`"
            ))
        })?;
        let begins = midnight(day, record.reading.utc_offset_s)
            .ok_or_else(|| row.error("is too far from our time"))?;
        let day = Day {
            number: begins.div_euclid(MICROS_PER_DAY),
            rain_mm: row.number(rain, 0.0..=2_000.0)?,
            warmest_c: row.number(warmest, -90.0..=60.0)?,
            coldest_c: row.number(coldest, -90.0..=60.0)?,
            wind_mps: row.number(wind, 0.0..=100.0)?,
        };
        if let Some((before, _)) = record.rows.last() {
            let hours = (begins - before) / MICROS_PER_HOUR;
            record.hours_missing += u64::try_from(hours - 1).unwrap_or(0);
        }
        for hour in 0..HOURS {
            let weather = day.weather(hour, record.reading);
            record.push(row, begins + hour * MICROS_PER_HOUR, weather)?;
        }
        record.rows_read += 1;
    }
    Ok(())
}

impl Day {
    fn weather(&self, hour: i64, reading: Reading) -> Weather {
        let Reading {
            altitude_m,
            wind_from_deg,
            ..
        } = reading;
        let temperature_c = self.temperature_c(hour);
        Weather {
            wind_mps: air::wind_aloft(self.wind_mps, altitude_m),
            wind_from_deg,
            rain_mm_h: self.rain_mm_h(hour),
            temperature_c,
            rho: air::density(temperature_c, PRESSURE_HPA, altitude_m),
            ..Weather::STANDARD
        }
    }

    fn temperature_c(&self, hour: i64) -> f64 {
        let middle_c = (self.warmest_c + self.coldest_c) / 2.0;
        let swing_c = (self.warmest_c - self.coldest_c) / 2.0;
        let angle = (hour as f64 - WARMEST_H) / HOURS as f64 * std::f64::consts::TAU;
        middle_c + swing_c * libm::cos(angle)
    }

    fn rain_mm_h(&self, hour: i64) -> f64 {
        let wet_hours = (self.rain_mm / RAIN_MM_H).ceil().clamp(1.0, HOURS as f64);
        let since = (hour - self.number * RAIN_MOVES_H).rem_euclid(HOURS);
        if (since as f64) < wet_hours {
            self.rain_mm / wet_hours
        } else {
            0.0
        }
    }
}
