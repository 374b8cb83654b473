//! Percentiles of measured times, exact: every sample is kept. Nothing is averaged.

use crate::rehearse::tally::Sample;
use serde::Serialize;

/// How times are spread, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) count: usize,
    pub(crate) p50_ms: f64,
    pub(crate) p90_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    pub(crate) max_ms: f64,
}

impl Spread {
    /// Of all samples; zero without any.
    pub(crate) fn of(samples: &[Sample]) -> Self {
        let mut sorted: Vec<u64> = samples.iter().map(|sample| sample.took_us).collect();
        sorted.sort_unstable();
        let at = |permille| percentile(&sorted, permille);
        Self {
            count: sorted.len(),
            p50_ms: at(500),
            p90_ms: at(900),
            p99_ms: at(990),
            p999_ms: at(999),
            max_ms: at(1000),
        }
    }
}

/// The smallest time that at least so many thousandths do not exceed (nearest rank), in milliseconds.
fn percentile(sorted_us: &[u64], permille: usize) -> f64 {
    let rank = (sorted_us.len() * permille).div_ceil(1000).max(1);
    sorted_us
        .get(rank - 1)
        .map_or(0.0, |us| *us as f64 / 1000.0)
}

/// Each second's median and 99th percentile. `samples` are in order of time.
pub(crate) fn by_second(samples: &[Sample], begin_us: u64) -> Vec<(i64, f64, f64)> {
    let second = |sample: &Sample| (sample.at_us as i64 - begin_us as i64).div_euclid(1_000_000);
    let seconds = samples.chunk_by(|one, other| second(one) == second(other));
    seconds
        .map(|chunk| {
            let mut sorted: Vec<u64> = chunk.iter().map(|sample| sample.took_us).collect();
            sorted.sort_unstable();
            (
                second(&chunk[0]),
                percentile(&sorted, 500),
                percentile(&sorted, 990),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(took_us: impl Iterator<Item = u64>) -> Vec<Sample> {
        took_us
            .enumerate()
            .map(|(index, took_us)| Sample {
                at_us: index as u64 * 500_000,
                took_us,
            })
            .collect()
    }

    #[test]
    fn percentiles_are_samples_by_nearest_rank() {
        let spread = Spread::of(&samples((1..=1000).rev().map(|ms| ms * 1000)));
        assert_eq!(
            spread,
            Spread {
                count: 1000,
                p50_ms: 500.0,
                p90_ms: 900.0,
                p99_ms: 990.0,
                p999_ms: 999.0,
                max_ms: 1000.0
            }
        );
        assert_eq!(Spread::of(&[]), Spread::default());
        assert_eq!(Spread::of(&samples(std::iter::once(7000))).p50_ms, 7.0);
    }

    #[test]
    fn seconds_are_counted_from_the_first_click_and_may_be_before_it() {
        let rows = by_second(&samples([1000, 3000, 5000, 7000].into_iter()), 1_000_000);
        assert_eq!(rows, [(-1, 1.0, 3.0), (0, 5.0, 7.0)]);
    }
}
