//! Seeded random streams: one small generator an actor, the same numbers on every host.

use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};

/// A random stream of its own: PCG-XSH-RR 64/32 (O'Neill 2014), 16 bytes, part of its actor's state.
///
/// Streams of one seed differ in state and increment, both drawn from `SplitMix64` of seed and stream number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RandomStream(Pcg32);

impl RandomStream {
    /// The stream `number` of `seed`.
    #[must_use]
    pub fn new(seed: u64, number: u64) -> Self {
        let mut state = seed ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&split_mix(&mut state).to_le_bytes());
        bytes[8..].copy_from_slice(&split_mix(&mut state).to_le_bytes());
        Self(Pcg32::from_seed(bytes))
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

    /// An exponentially distributed number of the given mean.
    #[inline]
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.unit())
    }
}

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
    fn an_index_stays_below_its_count_and_reaches_both_ends() {
        let mut stream = RandomStream::new(5, 5);
        let seen: std::collections::BTreeSet<_> = (0..1_000).map(|_| stream.index(7)).collect();
        assert_eq!(seen, (0..7).collect());
    }
}
