//! One value of a scenario file, read as what it should be.

use std::fmt;
use std::ops::RangeInclusive;

use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimDuration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::section::suggest;
use super::{Section, Source, kind_of, parse_duration, write_duration};
use crate::error::ScenarioError;

/// The longest text a value may hold, in characters: names end up in logs, paths and on screens.
const TEXT_CHARS_MAX: usize = 500;

/// A value, its path from the root, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Field<'a> {
    source: &'a Source<'a>,
    path: String,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Field<'a> {
    /// A value at a path.
    pub(crate) const fn new(source: &'a Source<'a>, path: String, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self { source, path, value }
    }

    /// A mistake here.
    pub(crate) fn refuse(&self, why: impl fmt::Display) -> ScenarioError {
        self.source
            .error_at(self.value.span().start, why)
            .about(self.path.clone())
    }

    fn wrong_type(&self, wanted: &str) -> ScenarioError {
        self.refuse(format_args!(
            "is {}, must be {wanted}",
            kind_of(self.value.get_ref())
        ))
    }

    /// Whether it is a text.
    pub(crate) fn is_text(&self) -> bool {
        self.value.get_ref().is_str()
    }

    /// A text that is not empty.
    ///
    /// # Errors
    /// Where it is another type, empty, too long, or holds control characters.
    pub(crate) fn text(&self) -> Result<&'a str, ScenarioError> {
        let text = self
            .value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.wrong_type("a string"))?;
        if text.trim().is_empty() {
            return Err(self.refuse("is empty, must say something"));
        }
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(self.refuse(format_args!(
                "is longer than {TEXT_CHARS_MAX} characters; shorten it"
            )));
        }
        if text.chars().any(char::is_control) {
            return Err(self.refuse("holds control characters; remove them"));
        }
        Ok(text)
    }

    /// One of some words.
    ///
    /// # Errors
    /// Where it is another type or none of them.
    pub(crate) fn word(&self, words: &[&'static str]) -> Result<&'static str, ScenarioError> {
        let text = self.text()?;
        words.iter().find(|word| **word == text).copied().ok_or_else(|| {
            self.refuse(format_args!(
                "`{text}` is not known; {}",
                suggest(text, words.iter().copied(), "must be one of")
            ))
        })
    }

    /// A truth.
    ///
    /// # Errors
    /// Where it is another type.
    pub(crate) fn boolean(&self) -> Result<bool, ScenarioError> {
        self.value
            .get_ref()
            .as_bool()
            .ok_or_else(|| self.wrong_type("true or false"))
    }

    /// A number within limits.
    ///
    /// # Errors
    /// Where it is another type or out of range.
    pub(crate) fn number(&self, range: RangeInclusive<f64>) -> Result<f64, ScenarioError> {
        let number = match self.value.get_ref() {
            DeValue::Integer(whole) => i64::from_str_radix(whole.as_str(), whole.radix())
                .ok()
                .map(|n| n as f64),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => return Err(self.wrong_type("a number")),
        };
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            self.refuse(format_args!(
                "is {}, must be between {} and {}",
                self.written(),
                range.start(),
                range.end()
            ))
        })
    }

    /// A whole number within limits.
    ///
    /// # Errors
    /// Where it is another type or out of range.
    pub(crate) fn whole(&self, range: RangeInclusive<u64>) -> Result<u64, ScenarioError> {
        let DeValue::Integer(whole) = self.value.get_ref() else {
            return Err(self.wrong_type("a whole number"));
        };
        u64::from_str_radix(whole.as_str(), whole.radix())
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                self.refuse(format_args!(
                    "is {}, must be between {} and {}",
                    self.written(),
                    range.start(),
                    range.end()
                ))
            })
    }

    /// A whole number of things.
    ///
    /// # Errors
    /// Where it is another type or out of range.
    pub(crate) fn count(&self, range: RangeInclusive<u32>) -> Result<u32, ScenarioError> {
        let whole = self.whole(u64::from(*range.start())..=u64::from(*range.end()))?;
        u32::try_from(whole).map_err(|_| self.refuse("is too large"))
    }

    /// A span of time within limits.
    ///
    /// # Errors
    /// Where it is another type, not a span, or out of range.
    pub(crate) fn duration(&self, range: RangeInclusive<SimDuration>) -> Result<SimDuration, ScenarioError> {
        if !self.is_text() {
            return Err(self.wrong_type("a string such as \"90s\", \"15m\", \"12h\" or \"7d\""));
        }
        let text = self.text()?;
        let span = parse_duration(text).ok_or_else(|| {
            self.refuse(format_args!(
                "`{text}` is not a span of time, must be a number and a unit, such as \"90s\", \"15m\", \"12h\" or \"7d\""
            ))
        })?;
        if range.contains(&span) {
            return Ok(span);
        }
        Err(self.refuse(format_args!(
            "is {text}, must be between {} and {}",
            write_duration(*range.start()),
            write_duration(*range.end())
        )))
    }

    /// A date and time with its offset from UTC, as written.
    ///
    /// # Errors
    /// Where it is another type or lacks a part.
    pub(crate) fn datetime(&self) -> Result<&'a toml::value::Datetime, ScenarioError> {
        let wanted = "a date and time with offset and without quotes, such as 2015-03-10T07:00:00-08:00";
        let datetime = self
            .value
            .get_ref()
            .as_datetime()
            .ok_or_else(|| self.wrong_type(wanted))?;
        if datetime.date.is_none() || datetime.time.is_none() || datetime.offset.is_none() {
            return Err(self.refuse(format_args!("is {datetime}, must be {wanted}")));
        }
        Ok(datetime)
    }

    /// A place: `[latitude, longitude]`.
    ///
    /// # Errors
    /// Where it is not a list of two numbers in range.
    pub(crate) fn position(&self) -> Result<Position, ScenarioError> {
        let parts = self.items()?;
        let [lat, lon] = parts.as_slice() else {
            return Err(self.refuse(format_args!(
                "has {} numbers, must be [latitude, longitude] in degrees",
                parts.len()
            )));
        };
        let (lat, lon) = (lat.number(-90.0..=90.0)?, lon.number(-180.0..=180.0)?);
        Position::new(lat, lon).ok_or_else(|| self.refuse("is not a place on the Earth"))
    }

    /// The values of a list.
    ///
    /// # Errors
    /// Where it is another type.
    pub(crate) fn items(&self) -> Result<Vec<Self>, ScenarioError> {
        let array = self
            .value
            .get_ref()
            .as_array()
            .ok_or_else(|| self.wrong_type("a list"))?;
        let items = array
            .iter()
            .enumerate()
            .map(|(index, value)| Self::new(self.source, format!("{}[{index}]", self.path), value));
        Ok(items.collect())
    }

    /// A table in which only these keys may stand.
    ///
    /// # Errors
    /// Where it is another type, or holds an unknown key.
    pub(crate) fn table(&self, known: &[&str]) -> Result<Section<'a>, ScenarioError> {
        Section::open(
            self.source,
            &self.path,
            self.value.span().start,
            self.as_table()?,
            known,
        )
    }

    /// A table whose keys are names that the file chooses.
    ///
    /// # Errors
    /// Where it is another type.
    pub(crate) fn named_tables(&self) -> Result<Section<'a>, ScenarioError> {
        Ok(Section::open_any(
            self.source,
            &self.path,
            self.value.span().start,
            self.as_table()?,
        ))
    }

    fn as_table(&self) -> Result<&'a DeTable<'a>, ScenarioError> {
        self.value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.wrong_type("a table"))
    }

    /// The number as the file has it.
    fn written(&self) -> String {
        match self.value.get_ref() {
            DeValue::Integer(whole) => whole.to_string(),
            DeValue::Float(number) => number.to_string(),
            other => kind_of(other).to_owned(),
        }
    }
}
