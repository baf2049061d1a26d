//! Reductions: how much less than its seed drew a case holds, as a word on the command line: `demand:aa,commands:ab,panics:0`.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use thiserror::Error;

/// Most steps of one dimension: half of half of … 2⁻²⁰ of anything drawn is next to nothing. More are refused.
const STEPS_MAX: usize = 20;

/// What of a case can be made less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dimension {
    /// How long it lasts.
    Duration,
    /// The commands from outside; a list.
    Commands,
    /// The requests that come by themselves.
    Demand,
    /// Where the second run is cut, saved and loaded; a list.
    Cuts,
    /// The no-fly zones; a list.
    Zones,
    /// The depots.
    Depots,
    /// The drones at each.
    Drones,
    /// Failures of drones.
    Failures,
    /// Panics of actors.
    Panics,
    /// The wind.
    Wind,
    /// Failures of carriers, and reports of their couriers that go astray.
    Carriers,
}

/// All dimensions with their names, those first whose reduction makes a case shorter most.
const DIMENSIONS: [(Dimension, &str); 11] = [
    (Dimension::Duration, "duration"),
    (Dimension::Commands, "commands"),
    (Dimension::Demand, "demand"),
    (Dimension::Cuts, "cuts"),
    (Dimension::Zones, "zones"),
    (Dimension::Depots, "depots"),
    (Dimension::Drones, "drones"),
    (Dimension::Failures, "failures"),
    (Dimension::Panics, "panics"),
    (Dimension::Wind, "wind"),
    (Dimension::Carriers, "carriers"),
];

impl Dimension {
    /// All of them, in the order in which they are best tried.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        DIMENSIONS.iter().map(|(dimension, _)| *dimension)
    }

    fn name(self) -> &'static str {
        DIMENSIONS
            .iter()
            .find(|(dimension, _)| *dimension == self)
            .map_or("", |(_, name)| name)
    }

    /// The steps that make it less; of lists either half may stay.
    pub(super) const fn steps(self) -> &'static [Step] {
        match self {
            Self::Commands | Self::Cuts | Self::Zones => &[Step::Nothing, Step::First, Step::Second],
            _ => &[Step::Nothing, Step::First],
        }
    }
}

/// One step of a reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// As little as there can be.
    Nothing,
    /// The first half.
    First,
    /// The second half.
    Second,
}

const LETTERS: [(Step, char); 3] = [(Step::Nothing, '0'), (Step::First, 'a'), (Step::Second, 'b')];

/// How much less than its seed drew a case holds: the steps of each dimension, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reduction(BTreeMap<Dimension, Vec<Step>>);

/// The text is no reduction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no reduction: it is NAME:STEPS, such as `commands:ab`, of 1 to {STEPS_MAX} steps `0`, `a` or `b`"
)]
pub struct ParseReductionError(String);

impl Reduction {
    /// Whether it leaves everything as drawn.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// This reduction and one step more; `None` where the dimension cannot be made less.
    pub(super) fn and(&self, dimension: Dimension, step: Step) -> Option<Self> {
        let steps = self.steps(dimension);
        if steps.last() == Some(&Step::Nothing) || steps.len() >= STEPS_MAX {
            return None;
        }
        let mut more = self.clone();
        more.0.entry(dimension).or_default().push(step);
        Some(more)
    }

    fn steps(&self, dimension: Dimension) -> &[Step] {
        self.0.get(&dimension).map_or(&[], Vec::as_slice)
    }

    /// The share of a number that is left.
    pub(super) fn share(&self, dimension: Dimension) -> f64 {
        self.steps(dimension)
            .iter()
            .map(|step| if *step == Step::Nothing { 0.0 } else { 0.5 })
            .product()
    }

    /// What is left of a count, at least `least`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count is a count"
    )]
    pub(super) fn count(&self, dimension: Dimension, count: u32, least: u32) -> u32 {
        ((f64::from(count) * self.share(dimension)) as u32).max(least.min(count))
    }

    /// What is left of a list of this length.
    pub(super) fn range(&self, dimension: Dimension, length: usize) -> Range<usize> {
        let mut range = 0..length;
        for step in self.steps(dimension) {
            let middle = range.start.midpoint(range.end);
            range = match step {
                Step::Nothing => range.start..range.start,
                Step::First => range.start..middle,
                Step::Second => middle..range.end,
            };
        }
        range
    }
}

impl fmt::Display for Reduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (dimension, steps)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}:", dimension.name())?;
            for step in steps {
                let letter = LETTERS.iter().find(|(known, _)| known == step);
                write!(f, "{}", letter.map_or('?', |(_, letter)| *letter))?;
            }
        }
        Ok(())
    }
}

impl FromStr for Reduction {
    type Err = ParseReductionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut read = Self::default();
        for part in text.split(',') {
            let wrong = || ParseReductionError(part.to_owned());
            let (name, letters) = part.split_once(':').ok_or_else(wrong)?;
            let known = DIMENSIONS.iter().find(|(_, known)| *known == name);
            let (dimension, _) = known.ok_or_else(wrong)?;
            if letters.is_empty() {
                return Err(wrong());
            }
            for letter in letters.chars() {
                let (step, _) = LETTERS
                    .iter()
                    .find(|(_, known)| *known == letter)
                    .ok_or_else(wrong)?;
                read = read.and(*dimension, *step).ok_or_else(wrong)?;
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in ["duration:a", "commands:abb0,demand:aa", "panics:0"] {
            let read: Reduction = text.parse().expect("a reduction");
            assert_eq!(read.to_string(), text);
        }
        for text in ["", "fly:a", "demand", "demand:", "demand:c", "demand:0a"] {
            assert!(text.parse::<Reduction>().is_err(), "{text}");
        }
        let long = format!("demand:{}", "a".repeat(STEPS_MAX + 1));
        assert!(long.parse::<Reduction>().is_err());
    }

    #[test]
    fn halves_numbers_and_takes_halves_of_lists() {
        let read: Reduction = "demand:aa,commands:ab,zones:0,drones:a"
            .parse()
            .expect("a reduction");
        let near = |share: f64, expected: f64| (share - expected).abs() < 1e-9;
        assert!(near(read.share(Dimension::Demand), 0.25) && near(read.share(Dimension::Wind), 1.0));
        assert_eq!(read.range(Dimension::Commands, 8), 2..4);
        assert_eq!(read.range(Dimension::Zones, 8), 0..0);
        assert_eq!(read.count(Dimension::Drones, 7, 1), 3);
        assert_eq!(read.count(Dimension::Drones, 1, 1), 1);
    }
}
