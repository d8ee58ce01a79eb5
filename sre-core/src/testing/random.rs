//! Pure. Chance that is the same each time: draws by seed and place.

use super::normal::normal_quantile;

/// From this many expected events on, the normal distribution stands in for those of counts.
const MANY: f64 = 30.0;

/// Draws of one seed; the same place gives the same draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chance(pub(super) u64);

impl Chance {
    /// How many of independent events come, when `mean` are expected.
    pub(super) fn poisson(self, place: (u64, u64), mean: f64) -> u64 {
        let draw = self.uniform(place);
        if mean >= MANY {
            return rounded(normal_quantile(draw).mul_add(mean.sqrt(), mean));
        }
        let mut share = (-mean).exp();
        count_up(draw, u64::MAX, |count| {
            let this = share;
            share *= mean / (count + 1.0);
            this
        })
    }

    /// How many of `count` events are of a kind that each of them is with probability `share`.
    pub(super) fn binomial(self, place: (u64, u64), count: u64, share: f64) -> u64 {
        if share > 0.5 {
            return count - self.binomial(place, count, 1.0 - share);
        }
        let (draw, all) = (self.uniform(place), as_f64(count));
        let mean = all * share;
        if mean >= MANY {
            let deviation = (mean * (1.0 - share)).sqrt();
            return rounded(normal_quantile(draw).mul_add(deviation, mean)).min(count);
        }
        let mut probability = (all * (-share).ln_1p()).exp();
        count_up(draw, count, |taken| {
            let this = probability;
            probability *= (all - taken) / (taken + 1.0) * share / (1.0 - share);
            this
        })
    }

    /// Between 0 and 1, both excluded.
    fn uniform(self, (place, kind): (u64, u64)) -> f64 {
        let bits = mixed(mixed(self.0 ^ mixed(place)).wrapping_add(kind));
        (as_f64(bits >> 12) + 0.5) / as_f64(1 << 52)
    }
}

/// The count up to which probabilities add up to `draw`.
fn count_up(draw: f64, most: u64, mut probability: impl FnMut(f64) -> f64) -> u64 {
    let (mut count, mut sum) = (0, probability(0.0));
    // Rounding may leave the sum below the draw for good; by a thousand nothing is left of thirty.
    while draw > sum && count < most.min(1_000) {
        count += 1;
        sum += probability(as_f64(count));
    }
    count
}

/// The finaliser of `splitmix64`, by which neighbours become strangers.
const fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, which is what is wanted"
)]
fn rounded(value: f64) -> u64 {
    value.round() as u64
}

#[expect(clippy::cast_precision_loss, reason = "counts of a second")]
const fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: u64 = 20_000;

    /// Mean and variance of draws at many places.
    fn moments(draw: impl Fn(u64) -> u64) -> (f64, f64) {
        let draws: Vec<f64> = (0..DRAWS).map(|place| as_f64(draw(place))).collect();
        let mean = draws.iter().sum::<f64>() / as_f64(DRAWS);
        (mean, draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / as_f64(DRAWS))
    }

    #[track_caller]
    fn near(value: f64, expected: f64) {
        // Four deviations of a variance estimated from so many draws.
        assert!((value - expected).abs() <= 0.05 * expected, "{value} is not {expected}");
    }

    #[test]
    fn counts_have_the_mean_and_the_variance_of_their_kind() {
        for mean in [0.2, 5.0, 29.0, 31.0, 1_000.0] {
            let (seen, variance) = moments(|place| Chance(7).poisson((place, 0), mean));
            near(seen, mean);
            near(variance, mean);
        }
        for (count, share) in [(10, 0.05), (200, 0.3), (200, 0.9), (100_000, 0.001)] {
            let (seen, variance) = moments(|place| Chance(7).binomial((place, 1), count, share));
            near(seen, as_f64(count) * share);
            near(variance, as_f64(count) * share * (1.0 - share));
        }
    }

    #[test]
    fn the_ends_are_exact_and_the_same_seed_gives_the_same() {
        for place in 0..100 {
            assert_eq!(Chance(1).poisson((place, 0), 0.0), 0);
            assert_eq!(Chance(1).binomial((place, 0), 40, 0.0), 0);
            assert_eq!(Chance(1).binomial((place, 0), 40, 1.0), 40);
            assert_eq!(Chance(1).poisson((place, 0), 9.0), Chance(1).poisson((place, 0), 9.0));
        }
        assert!(
            (0..100).any(|place| Chance(1).poisson((place, 0), 9.0) != Chance(2).poisson((place, 0), 9.0))
        );
    }
}
