//! Pure. The numbers of the field as types that are checked once, at the door.

use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::duration::duration_of_text;
pub use crate::duration::duration_text;
use crate::error::Error;

/// Parts per billion in one.
const PPB: u64 = 1_000_000_000;

/// The share of events that must be good, between 0 and 1, both excluded.
///
/// Kept in parts per billion, so that `0.9999995` stays what it is and `1 - target` has no rounding noise.
///
/// # Examples
///
/// ```
/// use sre_core::units::Target;
///
/// let target = Target::try_new(0.999)?;
/// assert_eq!(target.budget_ppb(), 1_000_000);
/// assert_eq!(target.to_string(), "0.999");
/// # Ok::<(), sre_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "f64")]
pub struct Target {
    ppb: u32,
}

impl Target {
    /// A target known at compile time.
    ///
    /// # Panics
    ///
    /// When `ratio`, rounded to parts per billion, is not between 0 and 1, both excluded. In a `const` or
    /// `static` that is a compile error. Values from outside go through [`Target::try_new`].
    #[must_use]
    #[expect(clippy::panic, reason = "a bad constant must not compile")]
    pub const fn new(ratio: f64) -> Self {
        match Self::checked(ratio) {
            Some(target) => target,
            None => {
                panic!("the target of an objective must lie between 0 and 1, both excluded, such as 0.999")
            }
        }
    }

    /// A target that comes from outside the program.
    ///
    /// # Errors
    ///
    /// [`Error::Target`] when `ratio`, rounded to parts per billion, is not between 0 and 1, both excluded.
    pub const fn try_new(ratio: f64) -> Result<Self, Error> {
        match Self::checked(ratio) {
            Some(target) => Ok(target),
            None => Err(Error::Target { value: ratio }),
        }
    }

    const fn checked(ratio: f64) -> Option<Self> {
        if !(ratio > 0.0 && ratio < 1.0) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range was checked above"
        )]
        let ppb = (ratio * 1e9 + 0.5) as u32;
        if ppb == 0 || ppb as u64 >= PPB { None } else { Some(Self { ppb }) }
    }

    /// The target in parts per billion, from 1 to 999,999,999.
    #[must_use]
    pub const fn ppb(self) -> u32 {
        self.ppb
    }

    /// The share of events that may be bad, `1 - target`, in parts per billion.
    #[must_use]
    pub const fn budget_ppb(self) -> u32 {
        1_000_000_000 - self.ppb
    }

    /// The target as a ratio between 0 and 1.
    #[must_use]
    pub fn ratio(self) -> f64 {
        f64::from(self.ppb) / 1e9
    }

    /// The share of events that may be bad, as a ratio between 0 and 1.
    #[must_use]
    pub fn budget_ratio(self) -> f64 {
        f64::from(self.budget_ppb()) / 1e9
    }

    /// The highest burn rate there can be, `1 / (1 - target)`: that of a total outage.
    #[must_use]
    pub fn burn_rate_max(self) -> f64 {
        1e9 / f64::from(self.budget_ppb())
    }
}

impl From<Target> for f64 {
    fn from(target: Target) -> Self {
        target.ratio()
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

/// The shortest decimal that reads back to the same target.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ratio())
    }
}

/// Good and bad events of one span; `total` is derived, so the three always agree.
///
/// Ignored events are in neither side. Sums saturate instead of wrapping.
///
/// # Examples
///
/// ```
/// use sre_core::units::EventCounts;
///
/// let minute = EventCounts::new(997, 3);
/// assert_eq!(minute.total(), 1_000);
/// assert_eq!((minute + minute).bad(), 6);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventCounts {
    good: u64,
    bad: u64,
}

impl EventCounts {
    /// No events.
    pub const ZERO: Self = Self::new(0, 0);

    /// Counts of one span.
    #[must_use]
    pub const fn new(good: u64, bad: u64) -> Self {
        Self { good, bad }
    }

    /// Counts from a total and the bad ones in it; `bad` is clamped to `total`.
    #[must_use]
    pub const fn from_total(total: u64, bad: u64) -> Self {
        let bad = if bad > total { total } else { bad };
        Self { good: total - bad, bad }
    }

    /// Events that met the objective.
    #[must_use]
    pub const fn good(self) -> u64 {
        self.good
    }

    /// Events that did not.
    #[must_use]
    pub const fn bad(self) -> u64 {
        self.bad
    }

    /// Valid events, `good + bad`.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.good.saturating_add(self.bad)
    }

    /// Whether there were no events, which is "no data" and neither healthy nor broken.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.good == 0 && self.bad == 0
    }

    /// `bad / total`; `None` without events.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts above 2^53 lose less than one part in 10^15")]
    pub fn error_ratio(self) -> Option<f64> {
        if self.is_empty() { None } else { Some(self.bad as f64 / self.total() as f64) }
    }

    /// What was added since `earlier`; a side that went back counts as zero.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self { good: self.good.saturating_sub(earlier.good), bad: self.bad.saturating_sub(earlier.bad) }
    }
}

impl core::ops::Add for EventCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { good: self.good.saturating_add(other.good), bad: self.bad.saturating_add(other.bad) }
    }
}

impl core::ops::AddAssign for EventCounts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl core::iter::Sum for EventCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::ZERO, core::ops::Add::add)
    }
}

/// Speed at which an error budget is spent; `1.0` empties it exactly at the end of the period.
///
/// No unit; zero or more, and at most [`Target::burn_rate_max`].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct BurnRate(f64);

impl BurnRate {
    /// A burn rate; a negative number or NaN becomes zero.
    #[must_use]
    pub const fn new(value: f64) -> Self {
        Self(if value > 0.0 { value } else { 0.0 })
    }

    /// The plain number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq<f64> for BurnRate {
    fn eq(&self, other: &f64) -> bool {
        self.0 == *other
    }
}

impl PartialOrd<f64> for BurnRate {
    fn partial_cmp(&self, other: &f64) -> Option<core::cmp::Ordering> {
        self.0.partial_cmp(other)
    }
}

impl fmt::Display for BurnRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Nanoseconds of a duration, clamped to `u64::MAX` (584 years).
#[must_use]
#[inline]
pub const fn saturating_nanos(duration: Duration) -> u64 {
    const SECONDS_MAX: u64 = u64::MAX / PPB - 1;
    if duration.as_secs() > SECONDS_MAX {
        u64::MAX
    } else {
        duration.as_secs() * PPB + duration.subsec_nanos() as u64
    }
}

/// Reads `300ms`, `1h30m`, `7d` or `4w`: whole numbers, each with a unit (`w d h m s ms us ns`).
///
/// # Errors
///
/// [`Error::DurationText`] when the text is empty, has no unit, an unknown unit or a number that is too large.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sre_core::units::parse_duration;
///
/// assert_eq!(parse_duration("1h30m")?, Duration::from_secs(5_400));
/// assert!(parse_duration("300").is_err());
/// # Ok::<(), sre_core::Error>(())
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, Error> {
    duration_of_text(text).ok_or_else(|| Error::DurationText { text: text.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_target(ratio: f64, expected: Option<u32>) {
        assert_eq!(Target::try_new(ratio).ok().map(Target::ppb), expected, "target {ratio}");
    }

    #[test]
    fn targets_are_kept_in_parts_per_billion() {
        check_target(0.999, Some(999_000_000));
        check_target(0.999_999_5, Some(999_999_500));
        check_target(0.000_000_001, Some(1));
        check_target(0.999_999_999, Some(999_999_999));
    }

    #[test]
    fn targets_outside_the_open_unit_interval_are_refused() {
        for ratio in [0.0, 1.0, -0.1, 1.2, 1e-10, 0.999_999_999_9, f64::NAN, f64::INFINITY, 99.9] {
            check_target(ratio, None);
        }
    }

    #[test]
    fn a_refused_target_says_value_range_and_next_step() {
        let message = Target::try_new(99.9).unwrap_err().to_string();
        assert_eq!(
            message,
            "target 99.9 must lie between 0 and 1, both excluded: write 0.999 for 99.9 percent"
        );
    }

    #[test]
    fn budget_and_highest_burn_follow_from_the_target() {
        let target = Target::new(0.999);
        assert_eq!(target.budget_ppb(), 1_000_000);
        assert!((target.burn_rate_max() - 1_000.0).abs() < 1e-9);
    }

    #[test]
    fn counts_saturate_and_never_go_back() {
        let full = EventCounts::new(u64::MAX, 1);
        assert_eq!(full.total(), u64::MAX);
        assert_eq!((full + full).good(), u64::MAX);
        assert_eq!(EventCounts::new(1, 1).since(EventCounts::new(2, 0)), EventCounts::new(0, 1));
        assert_eq!(EventCounts::from_total(3, 5), EventCounts::new(0, 3));
    }

    #[test]
    fn no_events_have_no_ratio() {
        assert_eq!(EventCounts::ZERO.error_ratio(), None);
    }

    #[test]
    fn burn_compares_with_numbers() {
        assert!(BurnRate::new(14.5) > 14.4);
        assert!(BurnRate::new(f64::NAN) == 0.0);
    }

    #[test]
    fn durations_are_clamped_at_584_years() {
        assert_eq!(saturating_nanos(Duration::MAX), u64::MAX);
        assert_eq!(saturating_nanos(Duration::from_millis(300)), 300_000_000);
    }
}
