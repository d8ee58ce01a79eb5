//! Pure. How sure a ratio is to be above a bound, given what was seen and what was thought before.

/// Terms of the continued fraction at most; some times the square root of the events are enough.
const TERMS_MAX: u32 = 20_000;

/// A share of a term that no longer matters.
const NOISE: f64 = 1e-14;

/// The probability that a ratio with the distribution `Beta(a, b)` is above `bound`.
///
/// `a` and `b` are numbers of bad and of good events, seen and thought of before; both above zero. The answer lies
/// between 0 and 1.
///
/// # Formula
///
/// `1 - I_bound(a, b)`, the regularised incomplete beta function by its continued fraction. Source: NIST Digital
/// Library of Mathematical Functions, 8.17.22.
///
/// # No data
///
/// `None` when `a` or `b` is zero, negative or not finite, or `bound` is not a number.
///
/// # Cost
///
/// Some times the square root of the events in steps of a few nanoseconds each.
///
/// # Examples
///
/// ```
/// use sre_core::stats::beta_above;
///
/// // Of everything between 0 and 1 without preference, a quarter is above three quarters.
/// let quarter = beta_above(0.75, 1.0, 1.0).ok_or("no events")?;
/// assert!((quarter - 0.25).abs() < 1e-12);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn beta_above(bound: f64, a: f64, b: f64) -> Option<f64> {
    let is_number = |x: f64| x > 0.0 && x.is_finite();
    if !is_number(a) || !is_number(b) || bound.is_nan() {
        return None;
    }
    let below = if bound <= 0.0 {
        0.0
    } else if bound >= 1.0 {
        1.0
    } else if bound < (a + 1.0) / (a + b + 2.0) {
        tail(bound, a, b)
    } else {
        1.0 - tail(1.0 - bound, b, a)
    };
    Some((1.0 - below).clamp(0.0, 1.0))
}

/// The probability of a ratio below `x`, for an `x` that is not above the mean by much.
fn tail(x: f64, a: f64, b: f64) -> f64 {
    let scale = a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) - a.ln();
    scale.exp() / fraction(x, a, b)
}

/// `1 + d1 / (1 + d2 / (1 + ..))` by the method of Lentz.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let away_from_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut value, mut numerators, mut denominators) = (1.0, 1.0, 0.0);
    for number in 1..TERMS_MAX {
        let half = f64::from(number / 2);
        let term = if number % 2 == 0 {
            half * (b - half) * x / ((a + 2.0 * half - 1.0) * (a + 2.0 * half))
        } else {
            -(a + half) * (a + b + half) * x / ((a + 2.0 * half) * (a + 2.0 * half + 1.0))
        };
        denominators = away_from_zero(1.0 + term * denominators).recip();
        numerators = away_from_zero(1.0 + term / numerators);
        let change = numerators * denominators;
        value *= change;
        if (change - 1.0).abs() < NOISE {
            break;
        }
    }
    value
}

/// The logarithm of the gamma function for a number above zero, by the series of Stirling.
fn ln_gamma(x: f64) -> f64 {
    // Below ten the series is too coarse, so it is asked above and divided back.
    let (mut x, mut product) = (x, 1.0);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1_260.0 - square / 1_680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * core::f64::consts::TAU.ln() + series - f64::ln(product)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For whole numbers: the probability that fewer than `a` of `a + b - 1` coins fall on the side of `x`.
    fn by_coins(x: f64, a: u32, b: u32) -> f64 {
        let coins = a + b - 1;
        let mut term = (1.0 - x).powi(i32::try_from(coins).unwrap());
        let mut sum = 0.0;
        for heads in 0..a {
            sum += term;
            term *= f64::from(coins - heads) / f64::from(heads + 1) * x / (1.0 - x);
        }
        sum
    }

    #[test]
    fn whole_numbers_agree_with_counted_coins() {
        for (a, b) in [(1, 1), (1, 9), (3, 7), (10, 390), (40, 40), (20, 3)] {
            for x in [1e-6, 0.001, 0.0144, 0.1, 0.25, 0.5, 0.9, 0.999] {
                let (found, expected) =
                    (beta_above(x, f64::from(a), f64::from(b)).unwrap(), by_coins(x, a, b));
                assert!((found - expected).abs() < 1e-11, "{x}: Beta({a}, {b}) is {found}, not {expected}");
            }
        }
    }

    #[test]
    fn a_power_is_its_own_distribution() {
        for a in [0.001, 0.5, 2.5, 1e3] {
            for x in [1e-9, 0.3, 0.999] {
                let found = beta_above(x, a, 1.0).unwrap();
                assert!((found - (1.0 - x.powf(a))).abs() < 1e-11, "{x} {a}: {found}");
            }
        }
    }

    #[test]
    fn the_mirror_image_is_the_rest() {
        for (x, a, b) in [(0.01, 3.2, 400.5), (0.5, 0.1, 0.2), (0.2, 1e5, 4e5), (1e-3, 1e6, 1e9)] {
            let both = beta_above(x, a, b).unwrap() + beta_above(1.0 - x, b, a).unwrap();
            assert!((both - 1.0).abs() < 1e-9, "{x} {a} {b}: {both}");
        }
    }

    #[test]
    fn edges_are_certain_and_nothing_is_no_data() {
        assert_eq!(beta_above(-1.0, 1.0, 1.0).map(|all| all >= 1.0), Some(true));
        assert_eq!(beta_above(2.0, 1.0, 1.0).map(|none| none <= 0.0), Some(true));
        for (bound, a, b) in
            [(0.5, 0.0, 1.0), (0.5, 1.0, -1.0), (f64::NAN, 1.0, 1.0), (0.5, f64::INFINITY, 1.0)]
        {
            assert_eq!(beta_above(bound, a, b), None);
        }
        assert!(beta_above(0.5, 1e18, 1e18).is_some_and(|half| (0.0..=1.0).contains(&half)));
    }
}
