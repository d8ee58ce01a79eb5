//! Pure. Log-linear buckets over all `u64` nanoseconds: value to bucket and back.

use core::fmt;

use crate::error::Error;

/// The bucket of a value at a precision fixed at compile time: the form for the hot path, without a branch.
///
/// Equal to [`Layout::index`] at the same number of bits, which must lie between [`Layout::BITS_MIN`] and
/// [`Layout::BITS_MAX`], else this does not compile. Wait-free; a handful of instructions.
///
/// # Examples
///
/// ```
/// use sre_core::histogram::{Layout, bucket_index};
///
/// assert_eq!(bucket_index::<6>(300_000_000), Layout::BITS_6.index(300_000_000));
/// ```
#[must_use]
#[inline]
pub const fn bucket_index<const BITS: u32>(value_ns: u64) -> usize {
    const { assert!(BITS >= Layout::BITS_MIN && BITS <= Layout::BITS_MAX, "bits must lie between 1 and 10") };
    index_at(BITS, value_ns)
}

/// `value | 2^bits` folds the values below the first octave into its branch-free formula.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "at most 62 * 2^bits + 2^(bits + 1), below 2^17")]
const fn index_at(bits: u32, value_ns: u64) -> usize {
    let shift = 63 - bits - (value_ns | (1 << bits)).leading_zeros();
    ((shift as usize) << bits) + (value_ns >> shift) as usize
}

/// How finely an octave (from one power of two to the next) is cut: into `2^bits` equal buckets.
///
/// Values below `2^(bits + 1)` ns have a bucket each. Above, a bucket of width `w` starts at `2^bits * w` or
/// later, so its midpoint is off by at most `2^-(bits + 1)` of the value:
///
/// | Layout | buckets | error of a midpoint | decimal digits |
/// |---|---|---|---|
/// | [`BITS_6`](Self::BITS_6), the default | 3,776 | 0.79 % | 2, nearly |
/// | [`BITS_7`](Self::BITS_7) | 7,424 | 0.40 % | 2 |
/// | [`BITS_10`](Self::BITS_10) | 56,320 | 0.05 % | 3 |
///
/// Layouts nest: each bucket of a coarser one is a whole number of buckets of a finer one, so
/// [`coarsen`](Self::coarsen) loses precision but never moves a count across an edge.
///
/// # Examples
///
/// ```
/// use sre_core::histogram::Layout;
///
/// let layout = Layout::default();
/// let bucket = layout.index(1_000_000);
/// assert_eq!((layout.lower(bucket), layout.upper(bucket)), (999_424, 1_007_615));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layout {
    bits: u8,
}

impl Layout {
    /// 64 buckets per octave: known to better than 0.8 %.
    pub const BITS_6: Self = Self { bits: 6 };

    /// 128 buckets per octave: the buckets of HdrHistogram at two significant figures.
    pub const BITS_7: Self = Self { bits: 7 };

    /// 1,024 buckets per octave: the buckets of HdrHistogram at three significant figures.
    pub const BITS_10: Self = Self { bits: 10 };

    /// 16 buckets per octave: the buckets of HdrHistogram at one significant figure.
    #[cfg(feature = "hdrhistogram")]
    pub(super) const BITS_4: Self = Self { bits: 4 };

    /// The coarsest layout has two buckets per octave.
    pub const BITS_MIN: u32 = 1;

    /// The finest layout has 1,024 buckets per octave.
    pub const BITS_MAX: u32 = 10;

    /// A layout with `2^bits` buckets per octave.
    ///
    /// # Errors
    ///
    /// [`Error::HistogramBits`] when `bits` is not between [`BITS_MIN`](Self::BITS_MIN) and
    /// [`BITS_MAX`](Self::BITS_MAX).
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked in the same expression")]
    pub const fn try_new(bits: u32) -> Result<Self, Error> {
        if bits >= Self::BITS_MIN && bits <= Self::BITS_MAX {
            Ok(Self { bits: bits as u8 })
        } else {
            Err(Error::HistogramBits { value: bits })
        }
    }

    /// The binary logarithm of the buckets per octave, from 1 to 10.
    #[must_use]
    #[inline]
    pub const fn bits(self) -> u32 {
        self.bits as u32
    }

    /// The number of buckets, over the whole `u64` range: `(65 - bits) * 2^bits`.
    #[must_use]
    #[inline]
    pub const fn buckets(self) -> usize {
        (65 - self.bits as usize) << self.bits
    }

    /// The highest share by which the midpoint of a bucket differs from a value in it: `2^-(bits + 1)`.
    #[must_use]
    pub fn relative_error(self) -> f64 {
        1.0 / f64::from(2_u32 << self.bits)
    }

    /// The bucket of a value in nanoseconds; below [`buckets`](Self::buckets) for any value.
    ///
    /// # Formula
    ///
    /// With `h` the position of the highest bit of `value | 2^bits` and `shift = h - bits`:
    /// `shift * 2^bits + value / 2^shift`, integer division.
    #[must_use]
    #[inline]
    pub const fn index(self, value_ns: u64) -> usize {
        index_at(self.bits as u32, value_ns)
    }

    /// The lowest value of a bucket, in nanoseconds; a bucket past the last one counts as the last.
    #[must_use]
    #[inline]
    pub const fn lower(self, index: usize) -> u64 {
        let (steps, shift) = self.steps(index);
        steps << shift
    }

    /// The highest value of a bucket, in nanoseconds, itself included: the `le` of upper-inclusive receivers.
    ///
    /// One less than [`lower`](Self::lower) of the next bucket, and `u64::MAX` for the last. A bucket past the
    /// last one counts as the last.
    #[must_use]
    #[inline]
    pub const fn upper(self, index: usize) -> u64 {
        let (steps, shift) = self.steps(index);
        (steps << shift) + ((1 << shift) - 1)
    }

    /// The value that stands for a bucket, in nanoseconds: halfway between its edges, rounded down.
    #[must_use]
    #[inline]
    pub const fn midpoint(self, index: usize) -> u64 {
        let (lower, upper) = (self.lower(index), self.upper(index));
        lower + (upper - lower) / 2
    }

    /// The bucket of `target` that holds the whole bucket `index` of this layout.
    ///
    /// The inverse direction is not exact: with a finer `target` the answer is only its first bucket.
    #[must_use]
    #[inline]
    pub const fn coarsen(self, index: usize, target: Self) -> usize {
        target.index(self.lower(index))
    }

    /// A bucket starts at `steps << shift` and is `1 << shift` wide.
    #[inline]
    const fn steps(self, index: usize) -> (u64, u32) {
        let last = self.buckets() - 1;
        let index = if index > last { last } else { index };
        let octave = index >> self.bits;
        let shift = octave.saturating_sub(1);
        #[expect(clippy::cast_possible_truncation, reason = "an octave number is below 65")]
        ((index - (shift << self.bits)) as u64, shift as u32)
    }
}

impl Default for Layout {
    fn default() -> Self {
        Self::BITS_6
    }
}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layout::BITS_{}", self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Layout> {
        (Layout::BITS_MIN..=Layout::BITS_MAX).map(|bits| Layout::try_new(bits).unwrap())
    }

    /// The definition in words: double the octave until the value fits, then divide.
    fn index_by_search(layout: Layout, value_ns: u64) -> usize {
        let per_octave = 1_u128 << layout.bits();
        let (mut octaves, mut width) = (0, 1);
        while u128::from(value_ns) >= 2 * per_octave * width {
            octaves += 1;
            width *= 2;
        }
        usize::try_from(octaves * per_octave + u128::from(value_ns) / width).unwrap()
    }

    #[test]
    fn buckets_tile_the_whole_range_without_gap_or_overlap() {
        for layout in all() {
            let mut next = 0_u128;
            for index in 0..layout.buckets() {
                let (lower, upper) = (layout.lower(index), layout.upper(index));
                assert_eq!(u128::from(lower), next, "{layout:?} bucket {index}");
                assert_eq!(layout.index(lower), index, "{layout:?} lower edge {lower}");
                assert_eq!(layout.index(upper), index, "{layout:?} upper edge {upper}");
                assert_eq!(index_by_search(layout, lower), index, "{layout:?} lower edge {lower}");
                assert_eq!(index_by_search(layout, upper), index, "{layout:?} upper edge {upper}");
                next = u128::from(upper) + 1;
            }
            assert_eq!(next, 1 << 64, "{layout:?} ends at the last u64");
        }
    }

    #[test]
    fn small_values_are_exact() {
        for layout in all() {
            for value in 0..2_u64 << layout.bits() {
                let index = layout.index(value);
                assert_eq!((layout.lower(index), layout.upper(index)), (value, value), "{layout:?}");
            }
        }
    }

    #[test]
    fn bucket_counts_are_those_of_the_table() {
        assert_eq!(Layout::BITS_6.buckets(), 3_776);
        assert_eq!(Layout::BITS_7.buckets(), 7_424);
        assert_eq!(Layout::BITS_10.buckets(), 56_320);
        assert_eq!(Layout::default(), Layout::BITS_6);
    }

    /// `|value - midpoint| / value <= 2^-(bits + 1)`, in integers.
    #[track_caller]
    fn check_error(layout: Layout, value: u64) {
        let off = layout.midpoint(layout.index(value)).abs_diff(value);
        let scaled = u128::from(off) << (layout.bits() + 1);
        assert!(scaled <= u128::from(value), "{layout:?} value {value} is off by {off}");
    }

    #[test]
    fn midpoints_are_as_close_as_stated_at_all_edges() {
        for layout in all() {
            for index in 0..layout.buckets() {
                check_error(layout, layout.lower(index));
                check_error(layout, layout.upper(index));
            }
        }
        // The percentages of the table.
        assert!(Layout::BITS_6.relative_error() < 0.007_9);
        assert!(Layout::BITS_7.relative_error() < 0.004_0);
        assert!(Layout::BITS_10.relative_error() < 0.000_5);
    }

    #[test]
    fn midpoints_are_as_close_as_stated_at_random_values() {
        let values = 300_000;
        // Multiply and rotate (SplitMix64), then cut to a random length so that all octaves are hit.
        let mut state = 1_u64;
        for _ in 0..values {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut bits = state;
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let value = (bits ^ (bits >> 31)) >> (state % 64);
            for layout in [Layout::BITS_6, Layout::BITS_7, Layout::BITS_10] {
                check_error(layout, value);
                assert_eq!(layout.index(value), index_by_search(layout, value), "{layout:?} {value}");
            }
            assert_eq!(bucket_index::<6>(value), Layout::BITS_6.index(value));
        }
    }

    #[test]
    fn layouts_nest() {
        for fine in all() {
            for coarse in all().filter(|coarse| coarse <= &fine) {
                for index in 0..fine.buckets() {
                    let target = fine.coarsen(index, coarse);
                    assert_eq!(coarse.index(fine.upper(index)), target, "{fine:?} {index} to {coarse:?}");
                }
            }
        }
    }

    #[test]
    fn the_const_form_agrees_at_the_edges() {
        const THRESHOLD: usize = bucket_index::<6>(300_000_000);
        assert_eq!(THRESHOLD, Layout::BITS_6.index(300_000_000));
        for value in [0, 1, 63, 64, 127, 128, u64::MAX - 1, u64::MAX] {
            assert_eq!(bucket_index::<7>(value), Layout::BITS_7.index(value));
            assert_eq!(bucket_index::<10>(value), Layout::BITS_10.index(value));
        }
        assert_eq!(bucket_index::<6>(u64::MAX), Layout::BITS_6.buckets() - 1);
    }

    #[test]
    fn buckets_past_the_end_count_as_the_last() {
        let layout = Layout::BITS_6;
        assert_eq!(layout.upper(usize::MAX), u64::MAX);
        assert_eq!(layout.lower(usize::MAX), layout.lower(layout.buckets() - 1));
    }

    #[test]
    fn bits_out_of_range_are_refused() {
        for bits in [0, 11, 64, u32::MAX] {
            assert_eq!(Layout::try_new(bits), Err(Error::HistogramBits { value: bits }));
        }
    }
}
