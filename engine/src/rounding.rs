//! Rounding to whole numbers.

/// The whole number nearest to `value`, halves away from zero: what `value.round() as i64` gives, limits and "not a number" included. By conversions
/// that every processor has, where `f64::round` calls a function on those that are not known to round.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what is wanted"
)]
pub(crate) fn nearest(value: f64) -> i64 {
    let whole = value as i64;
    let rest = value - whole as f64;
    whole.saturating_add(i64::from(rest >= 0.5) - i64::from(rest <= -0.5))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[expect(
        clippy::cast_possible_truncation,
        reason = "that it saturates is part of what is compared"
    )]
    fn by_the_library(value: f64) -> i64 {
        value.round() as i64
    }

    #[test]
    fn agrees_with_the_library_where_doubles_end_and_halves_lie() {
        let half_below = 0.5_f64.next_down();
        let edges = [
            0.0,
            -0.0,
            0.5,
            -0.5,
            1.5,
            -1.5,
            2.5,
            half_below,
            -half_below,
            4_503_599_627_370_495.5,
            -4_503_599_627_370_495.5,
            9_007_199_254_740_993.0,
            9.3e18,
            -9.3e18,
            f64::MAX,
            f64::MIN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ];
        for value in edges {
            assert_eq!(nearest(value), by_the_library(value), "{value}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_library(bits in any::<u64>(), near in -1e7_f64..1e7) {
            let any = f64::from_bits(bits);
            prop_assert_eq!(nearest(any), by_the_library(any));
            for value in [near, (near * 2.0).round() / 2.0] {
                prop_assert_eq!(nearest(value), by_the_library(value));
            }
        }
    }
}
