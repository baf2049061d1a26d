//! Seeded random streams: one small generator an actor, the same numbers on every host.

use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

/// A random stream of its own: PCG-MCG-XSL-RR 128/64 (O'Neill 2014), 16 bytes, part of its actor's state.
///
/// Streams of one seed begin at states drawn from `SplitMix64` of seed and stream number: places on one circle of 2¹²⁶, so far apart that none
/// ever comes near another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RandomStream(Pcg64Mcg);

impl RandomStream {
    /// The stream `number` of `seed`.
    #[must_use]
    pub fn new(seed: u64, number: u64) -> Self {
        let mut state = seed ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&split_mix(&mut state).to_le_bytes());
        bytes[8..].copy_from_slice(&split_mix(&mut state).to_le_bytes());
        Self(Pcg64Mcg::from_seed(bytes))
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `[0, 1)`, a multiple of 2⁻⁵³.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with probability `p`.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// An index in `0..count`; `count` must not be 0.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the high half of a 64 × 64 bit product is below `count`"
    )]
    #[inline]
    pub fn index(&mut self, count: usize) -> usize {
        ((u128::from(self.bits()) * count as u128) >> 64) as usize
    }

    /// An exponentially distributed number of the given mean: algorithm SA of Ahrens and Dieter (1972), which adds, compares and multiplies once,
    /// so that every host draws the same.
    #[inline]
    pub fn exponential(&mut self, mean: f64) -> f64 {
        // The lowest bit is set, so that the number is not zero and its leading zeros end.
        let bits = self.bits() | 1;
        let halvings = bits.leading_zeros();
        let past_the_one = (bits << halvings) << 1;
        let whole = f64::from(halvings) * LN_2_SUMS[0];
        let rest = (past_the_one >> 11) as f64 / (1_u64 << 53) as f64;
        if rest <= LN_2_SUMS[0] {
            return mean * (whole + rest);
        }
        mean * (whole + self.least_of_many(rest) * LN_2_SUMS[0])
    }

    /// The least of as many uniform numbers as `rest` asks for, two at least.
    #[inline(never)]
    fn least_of_many(&mut self, rest: f64) -> f64 {
        let mut least = self.unit();
        for sum in &LN_2_SUMS[1..] {
            least = least.min(self.unit());
            if rest <= *sum {
                break;
            }
        }
        least
    }
}

/// `LN_2_SUMS[k]` is the sum of (ln 2)ⁱ / i! for i from 1 to k + 1.
const LN_2_SUMS: [f64; 16] = [
    std::f64::consts::LN_2,
    0.933_373_687_519_045_9,
    0.988_877_796_183_867_5,
    0.998_495_925_291_496,
    0.999_829_281_106_138_9,
    0.999_983_316_410_072_7,
    0.999_998_569_143_876_7,
    0.999_999_890_692_555_8,
    0.999_999_992_473_415_9,
    0.999_999_999_528_327_5,
    0.999_999_999_972_881_4,
    0.999_999_999_998_559_8,
    0.999_999_999_999_929,
    0.999_999_999_999_996_8,
    0.999_999_999_999_999_9,
    1.0,
];

/// One step of `SplitMix64` (Steele, Lea, Flood 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_same_numbers_for_the_same_seed_and_stream() {
        let draw = |seed, number| RandomStream::new(seed, number).bits();
        assert_eq!(draw(42, 7), draw(42, 7));
        assert_ne!(draw(42, 7), draw(42, 8));
        assert_ne!(draw(42, 7), draw(43, 7));
    }

    #[test]
    fn exponential_numbers_have_the_mean_asked_for() {
        let mut stream = RandomStream::new(1, 1);
        let mean = (0..100_000).map(|_| stream.exponential(3.0)).sum::<f64>() / 100_000.0;
        assert!((mean - 3.0).abs() < 0.05, "mean {mean}");
    }

    #[test]
    fn exponential_numbers_have_their_distribution() {
        let mut stream = RandomStream::new(2, 1);
        let mut drawn: Vec<f64> = (0..100_000).map(|_| stream.exponential(1.0)).collect();
        drawn.sort_by(f64::total_cmp);
        let farthest = (0..).zip(&drawn).fold(0.0_f64, |far, (rank, x)| {
            let share = f64::from(rank) / 100_000.0;
            far.max((share - (1.0 - libm::exp(-x))).abs())
        });
        // Kolmogorov and Smirnov: beyond 1.95 / √n in one of a thousand samples.
        assert!(farthest < 1.95 / 100_000.0_f64.sqrt(), "{farthest}");
    }

    #[test]
    fn the_sums_are_those_of_the_series() {
        let (mut term, mut sum) = (1.0, 0.0);
        for (number, expected) in (1..).zip(LN_2_SUMS) {
            term *= std::f64::consts::LN_2 / f64::from(number);
            sum += term;
            assert!((sum - expected).abs() < 1e-15, "{number}");
        }
    }

    #[test]
    fn an_index_stays_below_its_count_and_reaches_both_ends() {
        let mut stream = RandomStream::new(5, 5);
        let seen: std::collections::BTreeSet<_> = (0..1_000).map(|_| stream.index(7)).collect();
        assert_eq!(seen, (0..7).collect());
    }
}
