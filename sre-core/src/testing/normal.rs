//! Pure. The standard normal distribution, both ways.

/// The value below which this share of a standard normal distribution lies.
///
/// `share` is between 0 and 1, both excluded. Off by at most 1.2e-9 of the result.
///
/// # Formula
///
/// Rational approximations in three pieces. Source: P. J. Acklam, 2003.
pub(super) fn normal_quantile(share: f64) -> f64 {
    const TAIL: f64 = 0.024_25;
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    if share > 1.0 - TAIL {
        return -normal_quantile(1.0 - share);
    }
    if share < TAIL {
        let q = (-2.0 * share.ln()).sqrt();
        return polynomial(&C, q) / polynomial(&D, q);
    }
    let q = share - 0.5;
    polynomial(&A, q * q) * q / polynomial(&B, q * q)
}

/// The share of a standard normal distribution below this value.
pub(super) fn normal_share(value: f64) -> f64 {
    // The quantile grows, so halving finds its argument.
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if normal_quantile(middle) < value { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (share, value) in [
            (0.5, 0.0),
            (0.841_344_746_068_543, 1.0),
            (0.975, 1.959_963_984_540_054),
            (0.99, 2.326_347_874_040_841),
            (0.999, 3.090_232_306_167_813),
            (0.999_999, 4.753_424_308_822_899),
        ] {
            assert!((normal_quantile(share) - value).abs() < 1e-7, "{share}: {}", normal_quantile(share));
            assert!((normal_quantile(1.0 - share) + value).abs() < 1e-7, "{share}");
            assert!((normal_share(value) - share).abs() < 1e-8, "{value}: {}", normal_share(value));
        }
    }
}
