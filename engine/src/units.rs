//! Quantities as types: whole thousandths of a unit, so that what is stored and logged is exact everywhere.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};

use serde::{Deserialize, Serialize};

use crate::rounding::nearest;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(i64);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0);

            /// From whole thousandths of the unit.
            #[must_use]
            pub const fn from_milli(milli: i64) -> Self {
                Self(milli)
            }

            /// From the unit itself, rounded to the nearest thousandth.
            #[must_use]
            #[inline]
            pub fn new(value: f64) -> Self {
                Self(nearest(value * 1_000.0))
            }

            /// Whole thousandths of the unit.
            #[must_use]
            pub const fn milli(self) -> i64 {
                self.0
            }

            /// The value in the unit, for physics, statistics and display.
            #[must_use]
            pub fn get(self) -> f64 {
                self.0 as f64 / 1_000.0
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
                parts.fold(Self::ZERO, Add::add)
            }
        }

        impl fmt::Display for $name {
            /// The value with three decimals, exactly.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let sign = if self.0 < 0 { "-" } else { "" };
                let milli = self.0.unsigned_abs();
                write!(f, "{sign}{}.{:03}", milli / 1_000, milli % 1_000)
            }
        }
    };
}

quantity!(
    /// A length in metres, held in millimetres.
    Metres
);
quantity!(
    /// A mass in kilograms, held in grams.
    Kilograms
);
quantity!(
    /// An energy in watt-hours, held in milliwatt-hours.
    WattHours
);
quantity!(
    /// A speed in metres per second, held in millimetres per second.
    MetresPerSecond
);
quantity!(
    /// Money in US dollars, held in tenths of a cent.
    Usd
);
