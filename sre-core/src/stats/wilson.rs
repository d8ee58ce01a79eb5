//! Pure. How low the true ratio behind a sample may be.

/// The 95 % quantile of the standard normal distribution: one side, one in twenty.
const Z: f64 = 1.644_853_6;

/// The lower end of the one-sided 95 % Wilson interval for `part` out of `whole`.
///
/// The true ratio is above the result with 95 % confidence. Both are numbers of events, zero or more; `whole`
/// may be a fraction, because events that were not observed are estimated. The result lies between 0 and 1.
/// It says little for very few events (one of one gives 0.27), so it goes with a minimum number of them.
///
/// # Formula
///
/// `(p + z^2/2n - z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)`. Source: E. B. Wilson, 1927.
///
/// # No data
///
/// `None` when `whole` is zero, negative or not a number.
///
/// # Examples
///
/// ```
/// use sre_core::stats::wilson_lower_bound;
///
/// let low = wilson_lower_bound(3.0, 10.0).ok_or("no events")?;
/// assert!((low - 0.126_877).abs() < 1e-6);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn wilson_lower_bound(part: f64, whole: f64) -> Option<f64> {
    if !(whole > 0.0 && whole.is_finite()) {
        return None;
    }
    let ratio = (part / whole).clamp(0.0, 1.0);
    let square = Z * Z / whole;
    let spread = Z * (ratio * (1.0 - ratio) / whole + square / (4.0 * whole)).sqrt();
    Some(((ratio + square / 2.0 - spread) / (1.0 + square)).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_solves_the_equation_it_comes_from() {
        // At the bound l, the observed ratio lies z standard errors above: p - l = z sqrt(l(1-l)/n).
        for (part, whole) in [(1.0, 10.0), (3.0, 10.0), (10.0, 400.0), (7.0, 7.0), (500.0, 1_000_000.0)] {
            let low = wilson_lower_bound(part, whole).unwrap();
            let above = part / whole - low - Z * (low * (1.0 - low) / whole).sqrt();
            assert!(above.abs() < 1e-12, "{part} of {whole}: {low} is off by {above}");
        }
    }

    #[test]
    fn more_events_with_the_same_ratio_raise_it() {
        let bounds = [10.0, 100.0, 1e4, 1e9].map(|whole| wilson_lower_bound(whole / 10.0, whole).unwrap());
        assert!(bounds.is_sorted() && bounds.iter().all(|low| *low < 0.1), "{bounds:?}");
    }

    #[test]
    fn edges_stay_between_zero_and_one() {
        assert_eq!(wilson_lower_bound(0.0, 5.0).map(|low| low.abs() < 1e-12), Some(true));
        assert!(wilson_lower_bound(9.0, 5.0).unwrap() <= 1.0);
        for nothing in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(wilson_lower_bound(0.0, nothing), None);
        }
    }
}
