//! CSV files, read by column name, with the line of every mistake.

use std::ops::RangeInclusive;

use csv::{ReaderBuilder, StringRecord, Trim};
use skyhaul_engine::geo::Position;

use crate::error::ScenarioError;
use crate::file::suggest;

/// Most rows of a table: a country's postcodes. More are refused.
const ROWS_MAX: usize = 2_000_000;

/// A CSV file with a row of column names.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    file: &'a str,
    columns: Vec<String>,
    rows: Vec<(usize, StringRecord)>,
}

/// A row, which knows its line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    table: &'a Table<'a>,
    line: usize,
    record: &'a StringRecord,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column(usize);

impl<'a> Table<'a> {
    /// Reads a file's text.
    ///
    /// # Errors
    /// Where it is not CSV, has rows of unequal length, or none.
    pub(crate) fn read(file: &'a str, text: &str) -> Result<Self, ScenarioError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text.as_bytes());
        let not_csv = |error: &csv::Error| {
            let line = error.position().map_or(1, csv::Position::line);
            let line = usize::try_from(line).unwrap_or(usize::MAX);
            ScenarioError::on_line(file, line, format_args!("not a CSV row: {}", reason(error)))
        };
        let columns = reader.headers().map_err(|error| not_csv(&error))?;
        let columns = columns.iter().map(str::to_lowercase).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| not_csv(&error))?;
            rows.push((line_of(&record, text), record));
            if rows.len() > ROWS_MAX {
                return Err(ScenarioError::of_file(
                    file,
                    format_args!("has more than {ROWS_MAX} rows; shorten it"),
                ));
            }
        }
        if rows.is_empty() {
            return Err(ScenarioError::of_file(
                file,
                "has no rows; it needs a row of column names, then one row a place",
            ));
        }
        Ok(Self { file, columns, rows })
    }

    /// The column of this name, whatever the case of its letters.
    pub(crate) fn column(&self, name: &str) -> Option<Column> {
        let name = name.to_lowercase();
        self.columns.iter().position(|column| *column == name).map(Column)
    }

    /// The column of this name, which must be there.
    ///
    /// # Errors
    /// Where it is not.
    pub(crate) fn require(&self, name: &str) -> Result<Column, ScenarioError> {
        self.column(name).ok_or_else(|| {
            let known = self.columns.iter().map(String::as_str);
            let why = format!(
                "there is no column `{name}`; {}",
                suggest(name, known, "there are")
            );
            ScenarioError::on_line(self.file, 1, why)
        })
    }

    /// All rows.
    pub(crate) fn rows(&'a self) -> impl Iterator<Item = Row<'a>> {
        self.rows.iter().map(|(line, record)| Row {
            table: self,
            line: *line,
            record,
        })
    }

    /// All rows with the place that their columns `lat` and `lon` give.
    ///
    /// # Errors
    /// Where a column is missing, or a row is no place.
    pub(crate) fn places(&'a self) -> Result<Vec<(Row<'a>, Position)>, ScenarioError> {
        let (lat, lon) = (self.require("lat")?, self.require("lon")?);
        self.rows()
            .map(|row| {
                let (lat, lon) = (row.number(lat, -90.0..=90.0)?, row.number(lon, -180.0..=180.0)?);
                let at = Position::new(lat, lon).ok_or_else(|| row.error("is not a place on the Earth"))?;
                Ok((row, at))
            })
            .collect()
    }
}

impl Row<'_> {
    /// A cell.
    pub(crate) fn text(&self, column: Column) -> &str {
        self.record.get(column.0).unwrap_or("")
    }

    /// A cell that is a number within limits.
    ///
    /// # Errors
    /// Where it is not.
    pub(crate) fn number(&self, column: Column, range: RangeInclusive<f64>) -> Result<f64, ScenarioError> {
        let text = self.text(column);
        text.parse()
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                let (low, high) = (range.start(), range.end());
                self.error(format_args!(
                    "column `{}` is `{text}`, must be a number between {low} and {high}",
                    self.table.columns[column.0]
                ))
            })
    }

    /// A mistake in this row.
    pub(crate) fn error(&self, why: impl std::fmt::Display) -> ScenarioError {
        ScenarioError::on_line(self.table.file, self.line, why)
    }
}

/// The line on which a record begins; its position is before the empty lines that it follows.
fn line_of(record: &StringRecord, text: &str) -> usize {
    let Some(position) = record.position() else {
        return 1;
    };
    let offset = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let before = text.as_bytes().get(offset..).unwrap_or_default();
    let empty = before.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    let skipped = empty.filter(|byte| **byte == b'\n').count();
    usize::try_from(position.line())
        .unwrap_or(usize::MAX)
        .saturating_add(skipped)
}

/// The crate's words without the position, which is said already.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!("it has {len} cells, the first row has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> String {
        Table::read("a.csv", text)
            .and_then(|table| table.places().map(|_| ()))
            .expect_err("it is wrong")
            .to_string()
    }

    #[test]
    fn reads_columns_by_name_in_any_order_and_case() {
        let table =
            Table::read("a.csv", "\u{feff}Name, LON ,lat\n\"two\nlines\",11.25,43.77\n").expect("it is CSV");
        let places = table.places().expect("they are places");
        assert_eq!(places[0].1, Position::new(43.77, 11.25).expect("on the sphere"));
        assert_eq!(
            places[0].0.text(table.require("name").expect("it is there")),
            "two\nlines"
        );
    }

    #[test]
    fn says_the_line_of_a_bad_row() {
        for (text, expected) in [
            (
                "",
                "a.csv: has no rows; it needs a row of column names, then one row a place",
            ),
            (
                "lat,lng\n1,2\n",
                "a.csv:1: there is no column `lon`; the nearest known is `lng`; there are `lat`, `lng`",
            ),
            (
                "lat,lon\n1,2\n1\n",
                "a.csv:3: not a CSV row: it has 1 cells, the first row has 2",
            ),
            (
                "lat,lon\n1,2\n\n91,2\n",
                "a.csv:4: column `lat` is `91`, must be a number between -90 and 90",
            ),
            (
                "lat,lon\n1,NaN\n",
                "a.csv:2: column `lon` is `NaN`, must be a number between -180 and 180",
            ),
            (
                "lat,lon\n,2\n",
                "a.csv:2: column `lat` is ``, must be a number between -90 and 90",
            ),
        ] {
            assert_eq!(mistake(text), expected);
        }
    }
}
