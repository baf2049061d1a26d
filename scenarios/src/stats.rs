//! Figures over many values: mean and exact percentiles.

use serde::Serialize;

/// Values gathered over a run, all kept: a percentile of eight bytes a delivery is exact, and a million deliveries cost 8 MB.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample(Vec<f64>);

/// How values spread, in their own unit; null where there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Their mean.
    pub mean: Option<f64>,
    /// Half are no greater.
    pub p50: Option<f64>,
    /// 95 in 100 are no greater.
    pub p95: Option<f64>,
    /// 99 in 100 are no greater.
    pub p99: Option<f64>,
}

impl Sample {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        ratio(self.0.iter().sum(), self.0.len() as f64)
    }

    /// The values' distances from zero.
    pub(crate) fn magnitudes(&self) -> Self {
        Self(self.0.iter().map(|value| value.abs()).collect())
    }

    pub(crate) fn spread(&mut self) -> Spread {
        self.0.sort_unstable_by(f64::total_cmp);
        Spread {
            mean: self.mean(),
            p50: self.percentile(50),
            p95: self.percentile(95),
            p99: self.percentile(99),
        }
    }

    /// The least value that `percent` in 100 do not exceed (nearest rank), of sorted values.
    fn percentile(&self, percent: usize) -> Option<f64> {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0.get(rank.checked_sub(1)?).copied()
    }
}

/// `part / whole`, or nothing where there is no whole.
pub(crate) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let mut sample = Sample::default();
        for value in (1..=200).rev() {
            sample.push(f64::from(value));
        }
        assert_eq!(
            sample.spread(),
            Spread {
                mean: Some(100.5),
                p50: Some(100.0),
                p95: Some(190.0),
                p99: Some(198.0),
            }
        );
    }

    #[test]
    fn of_nothing_nothing_is_said() {
        assert_eq!(Sample::default().spread(), Spread::default());
    }
}
