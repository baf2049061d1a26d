//! A scenario file as written: tables and values that know where they stand.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::ScenarioError;

mod field;
mod section;

pub(crate) use crate::duration::{parse_duration, write_duration};
pub(crate) use field::Field;
pub(crate) use section::{Section, suggest};

/// A file's name and where its lines begin.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    name: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> Source<'a> {
    /// The source of a text.
    pub(crate) fn new(name: &'a str, text: &str) -> Self {
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self { name, line_starts }
    }

    /// The line, from 1, of a byte.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// A mistake at a byte.
    pub(crate) fn error_at(&self, offset: usize, why: impl std::fmt::Display) -> ScenarioError {
        ScenarioError::on_line(self.name, self.line_of(offset), why)
    }
}

/// Reads a text as TOML.
///
/// # Errors
/// Where it is not TOML.
pub(crate) fn read_tables<'t>(
    source: &Source<'_>,
    text: &'t str,
) -> Result<Spanned<DeTable<'t>>, ScenarioError> {
    DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        source.error_at(at, format_args!("not TOML: {}", error.message()))
    })
}

/// What a value is, in a reader's words.
const fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date and time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
