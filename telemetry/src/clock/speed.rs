//! Speed: how fast virtual time is to run.

use serde::{Deserialize, Serialize};

/// The slowest and the fastest speed that can be named.
pub const FACTORS: std::ops::RangeInclusive<f64> = 0.1..=1_000.0;

/// How fast virtual time runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Speed {
    /// So many virtual seconds a wall second.
    Times(f64),
    /// As fast as the machine can.
    Max,
}

impl Speed {
    /// That of the wall clock.
    pub const REAL: Self = Self::Times(1.0);

    /// Virtual seconds a wall second; infinite for [`Speed::Max`].
    #[must_use]
    pub const fn factor(self) -> f64 {
        match self {
            Self::Times(factor) => factor,
            Self::Max => f64::INFINITY,
        }
    }
}

impl Default for Speed {
    fn default() -> Self {
        Self::REAL
    }
}

impl std::str::FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("max") {
            return Ok(Self::Max);
        }
        match text.parse::<f64>() {
            Ok(factor) if FACTORS.contains(&factor) => Ok(Self::Times(factor)),
            _ => Err(format!(
                "`{text}` is no speed: a number from 0.1 to 1000, or `max`"
            )),
        }
    }
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Times(factor) => write!(f, "{factor}"),
            Self::Max => f.write_str("max"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_speeds_and_says_what_is_wrong_with_others() {
        assert_eq!("60".parse(), Ok(Speed::Times(60.0)));
        assert_eq!("MAX".parse(), Ok(Speed::Max));
        for wrong in ["0", "-1", "1001", "fast", "NaN"] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
    }
}
