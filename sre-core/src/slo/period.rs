//! Pure. The span a budget is granted for.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use super::intern;
use crate::error::Error;
use crate::units::{duration_text, parse_duration};
use crate::window::{Calendar, CalendarUnit};

const DAY: u64 = 86_400;

/// The span that an error budget is granted for: the last 30 days, or this month.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sre_core::slo::Period;
/// use sre_core::window::CalendarUnit;
///
/// assert_eq!("7d".parse::<Period>()?, Period::days(7));
/// assert_eq!(Period::calendar(CalendarUnit::Month, "Europe/Berlin").to_string(), "month Europe/Berlin");
/// # Ok::<(), sre_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    kind: PeriodKind,
}

/// The two kinds of period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: it moves with now, or with the calendar")]
pub enum PeriodKind {
    /// The last so long.
    Rolling(Duration),
    /// The current unit of the calendar.
    Calendar {
        /// Which unit.
        unit: CalendarUnit,
        /// The IANA name of the zone whose midnight counts.
        zone: &'static str,
    },
}

impl Period {
    /// The shortest rolling period, one minute; below a day tiers must be given by hand.
    pub const ROLLING_MIN: Duration = Duration::from_secs(60);
    /// The longest rolling period, 92 days.
    pub const ROLLING_MAX: Duration = Duration::from_secs(92 * DAY);

    /// The last so long, from 1 min to 92 d.
    ///
    /// # Panics
    ///
    /// When `length` is outside that range; in a `const` or `static` that is a compile error. Values from
    /// outside go through [`Period::try_rolling`].
    #[must_use]
    pub const fn rolling(length: Duration) -> Self {
        assert!(Self::is_accepted(length), "the period of an objective must lie between 1m and 92d");
        Self { kind: PeriodKind::Rolling(length) }
    }

    /// The last so many days, from 1 to 92.
    ///
    /// # Panics
    ///
    /// When `days` is outside that range; in a `const` or `static` that is a compile error.
    #[must_use]
    pub const fn days(days: u16) -> Self {
        Self::rolling(Duration::from_secs(days as u64 * DAY))
    }

    /// The last so long, for values from outside the program.
    ///
    /// # Errors
    ///
    /// [`Error::Period`] when `length` is not between 1 min and 92 d.
    pub const fn try_rolling(length: Duration) -> Result<Self, Error> {
        if Self::is_accepted(length) {
            Ok(Self { kind: PeriodKind::Rolling(length) })
        } else {
            Err(Error::Period { value: length })
        }
    }

    /// The current day, week, month, quarter or year in an IANA zone such as `Europe/Berlin`.
    ///
    /// The zone is looked up when the objective is checked or started, not here.
    #[must_use]
    pub const fn calendar(unit: CalendarUnit, zone: &'static str) -> Self {
        Self { kind: PeriodKind::Calendar { unit, zone } }
    }

    const fn is_accepted(length: Duration) -> bool {
        let nanos = length.as_nanos();
        nanos >= Self::ROLLING_MIN.as_nanos() && nanos <= Self::ROLLING_MAX.as_nanos()
    }

    /// Rolling or calendar.
    #[must_use]
    pub const fn kind(self) -> PeriodKind {
        self.kind
    }

    /// The length that tiers are derived for; for a calendar unit the nominal one (a month has 30 days).
    #[must_use]
    pub const fn length(self) -> Duration {
        match self.kind {
            PeriodKind::Rolling(length) => length,
            PeriodKind::Calendar { unit, .. } => unit.nominal_length(),
        }
    }

    /// Whether it is shorter than a day, where no tiers can be derived.
    #[must_use]
    pub const fn is_below_a_day(self) -> bool {
        self.length().as_secs() < DAY
    }
}

/// The last 30 days.
impl Default for Period {
    fn default() -> Self {
        Self::days(30)
    }
}

/// The shortest exact text: `30d`, `10m`, `month Europe/Berlin`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            PeriodKind::Rolling(length) => f.write_str(&duration_text(length)),
            PeriodKind::Calendar { unit, zone } => write!(f, "{} {zone}", unit.as_str()),
        }
    }
}

/// Serialised as its text.
impl serde::Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads what [`Display`](fmt::Display) writes, and a calendar unit without a zone as UTC. The zone is looked up.
impl FromStr for Period {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let (word, zone) = text.split_once(' ').unwrap_or((text, "UTC"));
        match CalendarUnit::ALL.into_iter().find(|unit| unit.as_str() == word) {
            Some(unit) => {
                Calendar::try_new(unit, zone.trim())?;
                Ok(Self::calendar(unit, intern::text(zone.trim())))
            }
            None => parse_duration(text)
                .map_err(|_| Error::PeriodText { text: text.into() })
                .and_then(Self::try_rolling),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(text: &str, expected: Period) {
        assert_eq!(text.parse(), Ok(expected), "{text}");
        assert_eq!(expected.to_string().parse(), Ok(expected), "{expected} read back");
    }

    #[test]
    fn periods_are_read_from_text_and_written_back() {
        check_text("30d", Period::default());
        check_text("4w", Period::days(28));
        check_text("10m", Period::rolling(Duration::from_secs(600)));
        check_text("month", Period::calendar(CalendarUnit::Month, "UTC"));
        check_text("week Europe/Berlin", Period::calendar(CalendarUnit::IsoWeek, "Europe/Berlin"));
    }

    #[test]
    fn both_edges_of_the_range_are_accepted_and_nothing_beyond() {
        let nano = Duration::from_nanos(1);
        for good in [Period::ROLLING_MIN, Period::ROLLING_MAX] {
            assert_eq!(Period::try_rolling(good).map(Period::length), Ok(good));
        }
        for bad in [Duration::ZERO, Period::ROLLING_MIN - nano, Period::ROLLING_MAX + nano, Duration::MAX] {
            assert_eq!(Period::try_rolling(bad), Err(Error::Period { value: bad }));
        }
    }

    #[test]
    fn refused_texts_say_what_to_write() {
        for text in ["", "30", "fortnight", "months"] {
            let error = text.parse::<Period>().unwrap_err();
            assert_eq!(error, Error::PeriodText { text: text.into() });
            assert!(error.to_string().contains("30d"), "{error}");
        }
        assert_eq!("month Mars".parse::<Period>(), Err(Error::TimeZone { zone: "Mars".into() }));
        assert_eq!("93d".parse::<Period>(), Err(Error::Period { value: Duration::from_secs(93 * DAY) }));
    }

    #[test]
    fn tiers_of_calendar_periods_come_from_round_lengths() {
        let days = |unit| Period::calendar(unit, "UTC").length().as_secs() / DAY;
        assert_eq!(CalendarUnit::ALL.map(days), [1, 7, 30, 90, 365]);
        assert!(!Period::calendar(CalendarUnit::Day, "UTC").is_below_a_day());
        assert!(Period::rolling(Duration::from_secs(DAY - 1)).is_below_a_day());
    }
}
