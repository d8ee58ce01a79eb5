//! Pure. How long calls take that succeed.

use core::time::Duration;

use super::normal::{normal_quantile, normal_share};
use super::span::{Span, share_of_calls};
use crate::units::saturating_nanos;

/// How long the calls take that succeed, until a fault says otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency(Shape);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Constant(u64),
    TwoPoint { usual_ns: u64, slow_ns: u64, slow: f64 },
    LogNormal { median_ns: f64, sigma: f64 },
}

/// Some calls that take the same time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) duration_ns: u64,
    /// Their share of all calls.
    pub(crate) share: f64,
}

impl Latency {
    /// All calls take as long.
    #[must_use]
    #[track_caller]
    pub fn constant(duration: impl Span) -> Self {
        Self(Shape::Constant(saturating_nanos(duration.into_duration())))
    }

    /// A share of the calls, between 0 and 1, takes `slow`, the others take `usual`.
    ///
    /// # Panics
    ///
    /// As [`Span`] says, and when the share does not lie between 0 and 1.
    #[must_use]
    #[track_caller]
    pub fn two_point(usual: impl Span, slow: impl Span, share_slow: f64) -> Self {
        Self(Shape::TwoPoint {
            usual_ns: saturating_nanos(usual.into_duration()),
            slow_ns: saturating_nanos(slow.into_duration()),
            slow: share_of_calls(share_slow),
        })
    }

    /// As real services have it: half of the calls take less than `median`, one in a hundred longer than `p99`.
    ///
    /// # Panics
    ///
    /// When the median is zero, or `p99` shorter than it.
    #[must_use]
    #[track_caller]
    pub fn log_normal(median: impl Span, p99: impl Span) -> Self {
        let (median, p99) = (median.into_duration().as_secs_f64(), p99.into_duration().as_secs_f64());
        assert!(median > 0.0 && p99 >= median, "the median is above zero and at most the 99th percentile");
        let sigma = (p99 / median).ln() / normal_quantile(0.99);
        Self(Shape::LogNormal { median_ns: median * 1e9, sigma })
    }

    /// Calls in groups, of which none crosses one of `thresholds_ns`, which are sorted.
    pub(crate) fn points(&self, thresholds_ns: &[u64]) -> Vec<Point> {
        match self.0 {
            Shape::Constant(duration_ns) => vec![Point { duration_ns, share: 1.0 }],
            Shape::TwoPoint { usual_ns, slow_ns, slow } => vec![
                Point { duration_ns: slow_ns, share: slow },
                Point { duration_ns: usual_ns, share: 1.0 - slow },
            ],
            Shape::LogNormal { median_ns, sigma } => log_normal(median_ns, sigma, thresholds_ns),
        }
    }
}

impl Default for Latency {
    /// 20 ms each.
    fn default() -> Self {
        Self::constant(Duration::from_millis(20))
    }
}

/// One group between two thresholds each, which takes as long as its median; the slowest first.
fn log_normal(median_ns: f64, sigma: f64, thresholds_ns: &[u64]) -> Vec<Point> {
    let below = |threshold_ns: u64| match sigma > 0.0 {
        true => normal_share((nanos(threshold_ns) / median_ns).ln() / sigma),
        false => f64::from(u8::from(nanos(threshold_ns) >= median_ns)),
    };
    let edges: Vec<f64> =
        [0.0].into_iter().chain(thresholds_ns.iter().map(|ns| below(*ns))).chain([1.0]).collect();
    let group = |(place, (from, to)): (usize, (&f64, &f64))| {
        let median = (median_ns * (sigma * normal_quantile(f64::midpoint(*from, *to))).exp()).round();
        let least = place.checked_sub(1).and_then(|below| thresholds_ns.get(below));
        let most = thresholds_ns.get(place).copied().unwrap_or(u64::MAX);
        // Rounding must not carry a group over its edge.
        let duration_ns = whole(median).clamp(least.map_or(0, |ns| ns.saturating_add(1)), most);
        (to > from).then_some(Point { duration_ns, share: to - from })
    };
    let mut points: Vec<Point> =
        edges.iter().zip(edges.iter().skip(1)).enumerate().filter_map(group).collect();
    points.reverse();
    points
}

#[expect(clippy::cast_precision_loss, reason = "durations of calls are far below 2^53 ns")]
const fn nanos(ns: u64) -> f64 {
    ns as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, which is what is wanted"
)]
const fn whole(ns: f64) -> u64 {
    ns as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn one_in_a_hundred_is_above_the_percentile_and_half_above_the_median() {
        let points = Latency::log_normal("80ms", "300ms").points(&[80 * MS, 300 * MS]);
        let shares: Vec<f64> = points.iter().map(|point| point.share).collect();
        for (share, expected) in shares.iter().zip([0.01, 0.49, 0.5]) {
            assert!((share - expected).abs() < 1e-8, "{shares:?}");
        }
        let durations: Vec<u64> = points.iter().map(|point| point.duration_ns / MS).collect();
        assert!(
            durations[0] > 300 && (80..300).contains(&durations[1]) && durations[2] < 80,
            "{durations:?}"
        );
    }

    #[test]
    fn a_duration_at_the_threshold_is_below_it() {
        let points = Latency::log_normal("80ms", "80ms").points(&[80 * MS]);
        assert_eq!(points, [Point { duration_ns: 80 * MS, share: 1.0 }]);
    }

    #[test]
    #[should_panic(expected = "a share lies between 0 and 1")]
    fn five_is_no_share() {
        let _ = Latency::two_point("10ms", "1s", 5.0);
    }
}
