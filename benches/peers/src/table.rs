//! The table of one run: each engine's figures, and how many times as long as the kernel it takes.

use std::fmt::Write;
use std::str::FromStr;

use skyhaul_benches::phold::Run;
use skyhaul_benches::slices::Slices;

/// One engine's figures at one size, as a process of its own measured them.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The engine and what was run on it.
    pub name: String,
    /// Nanoseconds an event, the fastest slice.
    pub min: f64,
    /// Nanoseconds an event, the middle slice.
    pub median: f64,
    /// Bytes an actor, its state and its event included; 0 where the row tells nothing of memory.
    pub actor_bytes: f64,
    /// Whether it ended in the states that PHOLD ends in; `None` where it is not PHOLD.
    pub agrees: Option<bool>,
}

impl Row {
    /// The row of a run of PHOLD over so many actors, which ought to end in `expected` states.
    #[must_use]
    pub fn of(name: &str, run: &Run, actors: u32, expected: Option<u64>) -> Self {
        Self {
            actor_bytes: run.grown_bytes as f64 / f64::from(actors),
            agrees: expected.map(|expected| expected == run.states),
            ..Self::of_slices(name, &run.slices)
        }
    }

    /// The row of something that is no run of PHOLD.
    #[must_use]
    pub fn of_slices(name: &str, slices: &Slices) -> Self {
        Self {
            name: name.to_owned(),
            min: slices.min(),
            median: slices.median(),
            actor_bytes: 0.0,
            agrees: None,
        }
    }

    /// The row as one line, for another process to read.
    #[must_use]
    pub fn to_line(&self) -> String {
        let agrees = self.agrees.map_or("-".to_owned(), |agrees| agrees.to_string());
        let Self {
            name,
            min,
            median,
            actor_bytes,
            ..
        } = self;
        format!("{name}\t{min}\t{median}\t{actor_bytes}\t{agrees}")
    }
}

impl FromStr for Row {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, min, median, actor_bytes, agrees] = fields[..] else {
            return Err(format!("not a row: {line:?}"));
        };
        let number = |text: &str| text.parse().map_err(|error| format!("{text:?}: {error}"));
        Ok(Self {
            name: name.to_owned(),
            min: number(min)?,
            median: number(median)?,
            actor_bytes: number(actor_bytes)?,
            agrees: match agrees {
                "-" => None,
                other => Some(other == "true"),
            },
        })
    }
}

/// The table for one number of actors, in Markdown. The first row is the kernel's, which the others are divided by.
#[must_use]
pub fn table(actors: u32, rows: &[Row]) -> String {
    let mut text = format!(
        "{actors} actors\n\n| | ns an event, minimum / median | of the kernel's | bytes an actor | states |\n|---|---|---|---|---|\n"
    );
    let kernel = rows.first();
    for row in rows {
        let ratio = |time: fn(&Row) -> f64| time(row) / kernel.map_or(f64::NAN, time);
        let bytes = match row.actor_bytes {
            0.0 => String::new(),
            bytes => format!("{bytes:.0}"),
        };
        let states = match row.agrees {
            Some(true) => "agree",
            Some(false) => "DIFFER",
            None => "",
        };
        let _ = writeln!(
            text,
            "| {} | {:.0} / {:.0} | {:.1} / {:.1} | {bytes} | {states} |",
            row.name,
            row.min,
            row.median,
            ratio(|row| row.min),
            ratio(|row| row.median),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, median: f64) -> Row {
        Row {
            name: name.to_owned(),
            min: median / 2.0,
            median,
            actor_bytes: 160.0,
            agrees: Some(true),
        }
    }

    #[test]
    fn a_row_survives_its_line() {
        let rows = [
            row("kernel", 41.5),
            Row {
                agrees: None,
                ..row("floor", 30.0)
            },
        ];
        for row in rows {
            assert_eq!(row.to_line().parse(), Ok(row));
        }
        assert!("PHOLD went wrong".parse::<Row>().is_err());
    }

    #[test]
    fn the_table_divides_by_the_first_row() {
        let text = table(10, &[row("kernel", 40.0), row("peer", 500.0)]);
        assert!(
            text.contains("| peer | 250 / 500 | 12.5 / 12.5 | 160 | agree |"),
            "{text}"
        );
    }
}
