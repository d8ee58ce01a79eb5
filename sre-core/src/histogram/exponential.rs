//! Pure. Base-2 exponential buckets, as OTLP, Elastic and Prometheus native histograms want them.

use core::time::Duration;

use super::layout::Layout;
use super::snapshot::Snapshot;
use crate::units::saturating_nanos;

/// The coarsest scale: a bucket spans a factor of `2^1024`.
const SCALE_MIN: i8 = -10;

/// Counts in base-2 exponential buckets of one scale.
///
/// With base `b = 2^(2^-scale)`, bucket `i` holds the values above `b^i` up to and including `b^(i + 1)`: the
/// index of OTLP and Elastic. The one of Prometheus is `i + 1`, with `scale` as its schema. Zero has a count
/// of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Exponential {
    scale: i8,
    zero_count: u64,
    offset: i32,
    counts: Vec<u64>,
}

impl Snapshot {
    /// The counts in base-2 exponential buckets; `unit` is the value called one, a second for most receivers.
    ///
    /// Each bucket moves as a whole, by its midpoint, so the count stays the same and no value is taken
    /// further from itself than by one bucket on either side. `scale` is kept between -10 and one less than
    /// [`Layout::bits`], so that the result does not look finer than what was recorded; ask the result for it.
    /// A `unit` of zero counts as one nanosecond.
    ///
    /// # Formula
    ///
    /// Bucket `ceil(log2(value / unit) * 2^scale) - 1`, exact at powers of two. Source: OpenTelemetry
    /// specification, "Exponential Histogram".
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use sre_core::histogram::{Layout, Snapshot};
    ///
    /// let second = Duration::from_secs(1);
    /// let snapshot = Snapshot::from_durations(Layout::default(), [second * 3, second * 3, second * 5]);
    /// let exponential = snapshot.exponential(0, second);
    /// // Two values in (2, 4], one in (4, 8].
    /// assert_eq!((exponential.offset(), exponential.counts()), (1, [2, 1].as_slice()));
    /// ```
    pub fn exponential(&self, scale: i8, unit: Duration) -> Exponential {
        let unit_ns = saturating_nanos(unit).max(1);
        let mut exponential = Exponential::empty(scale.clamp(SCALE_MIN, scale_max(self.layout())));
        for bucket in self.buckets() {
            match exponential_index(bucket.midpoint_ns(), unit_ns, exponential.scale) {
                Some(index) => exponential.push(index, bucket.count()),
                None => exponential.zero_count = exponential.zero_count.saturating_add(bucket.count()),
            }
        }
        exponential
    }
}

impl Exponential {
    /// No counts.
    const fn empty(scale: i8) -> Self {
        Self { scale, zero_count: 0, offset: 0, counts: Vec::new() }
    }

    /// The scale, which is also the schema of Prometheus native histograms.
    #[must_use]
    pub const fn scale(&self) -> i8 {
        self.scale
    }

    /// How many values were zero.
    #[must_use]
    pub const fn zero_count(&self) -> u64 {
        self.zero_count
    }

    /// The index of the first of [`counts`](Self::counts); zero without counts.
    #[must_use]
    pub const fn offset(&self) -> i32 {
        self.offset
    }

    /// The counts of consecutive buckets; neither the first nor the last is zero.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The number of all values, zeros included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(self.zero_count, |total, &count| total.saturating_add(count))
    }

    /// Index and count of the buckets that are not empty, ascending; zeros are not among them.
    pub fn buckets(&self) -> impl Iterator<Item = (i32, u64)> {
        (self.offset..).zip(self.counts.iter().copied()).filter(|&(_, count)| count > 0)
    }

    /// The same counts at a scale lower by `steps`, exactly: each step joins buckets in pairs.
    ///
    /// Stops at scale -10.
    pub fn scaled_down(&self, steps: u8) -> Self {
        let scale =
            i8::try_from(i16::from(self.scale) - i16::from(steps)).unwrap_or(SCALE_MIN).max(SCALE_MIN);
        let joined = self.scale.abs_diff(scale);
        let mut coarser = Self { zero_count: self.zero_count, ..Self::empty(scale) };
        for (index, count) in self.buckets() {
            coarser.push(index >> joined, count);
        }
        coarser
    }

    /// The highest scale at or below this one that needs at most `buckets_max` consecutive buckets.
    ///
    /// OTLP SDKs keep to 160, CloudWatch to 100. At scale -10 two buckets always suffice.
    pub fn limited(&self, buckets_max: usize) -> Self {
        let Ok(span) = i32::try_from(self.counts.len().saturating_sub(1)) else {
            return self.scaled_down(u8::MAX);
        };
        let (first, last) = (self.offset, self.offset.saturating_add(span));
        let steps_max = self.scale.abs_diff(SCALE_MIN);
        let fits = |steps: &u8| ((last >> steps).abs_diff(first >> steps) as usize) < buckets_max.max(1);
        self.scaled_down((0..steps_max).find(fits).unwrap_or(steps_max))
    }

    /// Adds to the bucket `index`, which must not lie before one pushed earlier.
    fn push(&mut self, index: i32, count: u64) {
        if self.counts.is_empty() {
            self.offset = index;
        }
        let position = usize::try_from(index.saturating_sub(self.offset)).unwrap_or(0);
        if position >= self.counts.len() {
            self.counts.resize(position + 1, 0);
        }
        if let Some(cell) = self.counts.get_mut(position) {
            *cell = cell.saturating_add(count);
        }
    }
}

/// One less than the bits of the layout: an octave keeps at least two recorded buckets per exponential one.
fn scale_max(layout: Layout) -> i8 {
    i8::try_from(layout.bits()).unwrap_or(1) - 1
}

/// `ceil(log2(value / unit) * 2^scale) - 1`; `None` for zero.
fn exponential_index(value_ns: u64, unit_ns: u64, scale: i8) -> Option<i32> {
    let octave = octave(value_ns, unit_ns)?;
    if scale <= 0 {
        return Some(octave >> scale.unsigned_abs());
    }
    let per_octave = 1_i32 << scale;
    Some(octave * per_octave + part(value_ns, unit_ns, octave, per_octave))
}

/// The `e` with `unit * 2^e < value <= unit * 2^(e + 1)`, in integers; `None` for zero.
fn octave(value_ns: u64, unit_ns: u64) -> Option<i32> {
    let (value, unit) = (value_ns.checked_ilog2()?.cast_signed(), unit_ns.checked_ilog2()?.cast_signed());
    let guess = value - unit;
    let (value, unit) = (u128::from(value_ns), u128::from(unit_ns));
    let above = if guess >= 0 { value > unit << guess } else { value << -guess > unit };
    Some(if above { guess } else { guess - 1 })
}

/// Which of `per_octave` parts of its octave holds the value; octave edges cannot be missed by rounding.
#[expect(clippy::cast_precision_loss, reason = "53 bits tell values apart that 10 bits of layout kept apart")]
#[expect(clippy::cast_possible_truncation, reason = "clamped to the parts of one octave in the next step")]
fn part(value_ns: u64, unit_ns: u64, octave: i32, per_octave: i32) -> i32 {
    let ratio = value_ns as f64 / (unit_ns as f64 * f64::from(octave).exp2());
    let part = (ratio.log2() * f64::from(per_octave)).ceil() as i32 - 1;
    part.clamp(0, per_octave - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unsigned integers of any length, least significant limb first: an oracle without rounding.
    fn times(left: &[u32], right: &[u32]) -> Vec<u32> {
        let mut product = vec![0_u32; left.len() + right.len()];
        for (i, &l) in left.iter().enumerate() {
            let mut carry = 0_u64;
            for (j, &r) in right.iter().enumerate() {
                let cell = u64::from(l) * u64::from(r) + u64::from(product[i + j]) + carry;
                product[i + j] = (cell & 0xffff_ffff) as u32;
                carry = cell >> 32;
            }
            product[i + right.len()] = u32::try_from(carry).unwrap();
        }
        product
    }

    fn exceeds(left: &[u32], right: &[u32]) -> bool {
        let limb = |number: &[u32], at: usize| number.get(at).copied().unwrap_or(0);
        let most = (0..left.len().max(right.len())).rev();
        most.map(|at| limb(left, at).cmp(&limb(right, at)))
            .find(|order| order.is_ne())
            .is_some_and(|o| o.is_gt())
    }

    /// `number^(2^scale) * 2^shift`.
    fn power(number: u64, scale: i8, shift: u32) -> Vec<u32> {
        let mut power = vec![(number & 0xffff_ffff) as u32, (number >> 32) as u32];
        for _ in 0..scale {
            power = times(&power, &power);
        }
        let mut two = vec![0; shift as usize / 32];
        two.push(1 << (shift % 32));
        times(&power, &two)
    }

    /// `value > unit * b^index`, raised to the power `2^scale`.
    fn is_above(value: u64, unit: u64, index: i32, scale: i8) -> bool {
        let up = u32::try_from(index.max(0)).unwrap();
        let down = u32::try_from((-index).max(0)).unwrap();
        exceeds(&power(value, scale, down), &power(unit, scale, up))
    }

    #[track_caller]
    fn check_formula(value: u64, unit: u64, scale: i8) {
        let index = exponential_index(value, unit, scale).unwrap();
        assert!(is_above(value, unit, index, scale), "{value}/{unit} scale {scale} index {index} too high");
        assert!(
            !is_above(value, unit, index + 1, scale),
            "{value}/{unit} scale {scale} index {index} too low"
        );
    }

    #[test]
    fn indexes_are_those_of_exact_arithmetic() {
        for unit in [1, 1_000, 1_000_000_000] {
            for octave in 0..64 {
                let power = 1_u64 << octave;
                for value in [power, power + 1, power - 1, power | (power >> 1), power | 0x1234_5678] {
                    for scale in 0..=5 {
                        if value > 0 {
                            check_formula(value, unit, scale);
                        }
                    }
                }
            }
            check_formula(u64::MAX, unit, 6);
        }
    }

    #[test]
    fn powers_of_two_belong_to_the_lower_bucket() {
        for scale in 0..=9 {
            for octave in 0..63 {
                let per_octave = 1 << scale;
                let at = exponential_index(1 << octave, 1, scale);
                assert_eq!(at, Some(octave * per_octave - 1), "2^{octave} scale {scale}");
                if octave > 20 {
                    let above = exponential_index((1 << octave) + 1, 1, scale);
                    assert_eq!(above, Some(octave * per_octave), "2^{octave} + 1 scale {scale}");
                }
            }
        }
    }

    #[test]
    fn negative_scales_are_exact() {
        for (value, scale, index) in
            [(1, 0, -1), (2, 0, 0), (3, 0, 1), (4, -1, 0), (5, -1, 1), (16, -2, 0), (17, -2, 1), (1, -10, -1)]
        {
            assert_eq!(exponential_index(value, 1, scale), Some(index), "{value} scale {scale}");
        }
        assert_eq!(exponential_index(0, 1, 3), None);
        // A nanosecond in seconds, and the whole range at the coarsest scale.
        assert_eq!(exponential_index(1, 1_000_000_000, 0), Some(-30));
        assert_eq!(exponential_index(u64::MAX, 1_000_000_000, -10), Some(0));
    }

    fn spread() -> Snapshot {
        let values = (0..2_000_u64).map(|i| Duration::from_nanos(i * i * i * 7));
        Snapshot::from_durations(Layout::BITS_10, values)
    }

    #[test]
    fn counts_are_moved_whole_and_none_is_lost() {
        let snapshot = spread();
        for scale in -10..=9 {
            let exponential = snapshot.exponential(scale, Duration::from_secs(1));
            assert_eq!((exponential.scale(), exponential.zero_count()), (scale, 1));
            assert_eq!(exponential.count(), snapshot.count(), "scale {scale}");
            assert_ne!((exponential.counts().first(), exponential.counts().last()), (Some(&0), Some(&0)));
        }
    }

    #[test]
    fn scaling_down_is_converting_at_the_lower_scale() {
        let second = Duration::from_secs(1);
        let finest = spread().exponential(9, second);
        for steps in 0..=19 {
            let scale = 9 - i8::try_from(steps).unwrap();
            assert_eq!(finest.scaled_down(steps), spread().exponential(scale, second), "{steps} steps");
        }
        assert_eq!(finest.scaled_down(3).scaled_down(4), finest.scaled_down(7));
        assert_eq!(finest.scaled_down(255), finest.scaled_down(19));
    }

    #[test]
    fn the_scale_is_never_finer_than_the_recording() {
        let coarse = spread().coarsened(Layout::BITS_6);
        assert_eq!(coarse.exponential(20, Duration::from_secs(1)).scale(), 5);
        assert_eq!(coarse.exponential(i8::MIN, Duration::ZERO).scale(), SCALE_MIN);
    }

    #[test]
    fn a_limit_on_buckets_takes_the_highest_scale_that_fits() {
        let full = spread().exponential(9, Duration::from_secs(1));
        for limit in [160, 100, 20, 2] {
            let limited = full.limited(limit);
            assert!(limited.counts().len() <= limit, "limit {limit}");
            let finer = full.scaled_down(full.scale().abs_diff(limited.scale()) - 1);
            assert!(finer.counts().len() > limit, "limit {limit} would hold scale {}", finer.scale());
            assert_eq!(limited.count(), full.count());
        }
        assert_eq!(full.limited(usize::MAX), full);
    }

    #[test]
    fn nothing_converts_to_nothing() {
        let empty = Snapshot::default().exponential(3, Duration::from_secs(1));
        assert_eq!((empty.count(), empty.offset(), empty.counts()), (0, 0, [].as_slice()));
        assert_eq!(empty.limited(1), empty);
        assert_eq!(empty.scaled_down(1).count(), 0);
    }
}
