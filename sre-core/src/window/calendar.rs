//! Pure. Where calendar periods begin and end, in the local time of a zone.

use core::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A span of the calendar that a budget is granted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CalendarUnit {
    /// From midnight to midnight; 23 or 25 hours where the clocks change.
    Day,
    /// From Monday to Monday.
    IsoWeek,
    /// From the first to the first.
    Month,
    /// From January, April, July or October on, three months.
    Quarter,
    /// From the first of January on.
    Year,
}

impl CalendarUnit {
    /// Every unit, from the shortest on.
    pub const ALL: [Self; 5] = [Self::Day, Self::IsoWeek, Self::Month, Self::Quarter, Self::Year];

    /// The word in texts: `day`, `week`, `month`, `quarter`, `year`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::IsoWeek => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The round length that alert tiers are derived for, so that they do not change from month to month:
    /// 1, 7, 30, 90 or 365 days.
    #[must_use]
    pub const fn nominal_length(self) -> Duration {
        let days = match self {
            Self::Day => 1,
            Self::IsoWeek => 7,
            Self::Month => 30,
            Self::Quarter => 90,
            Self::Year => 365,
        };
        Duration::from_secs(days * 86_400)
    }

    /// The first day of the unit that `date` lies in.
    fn first_day(self, date: Date) -> Option<Date> {
        match self {
            Self::Day => Some(date),
            Self::IsoWeek => {
                let days = date.weekday().to_monday_zero_offset();
                date.checked_sub(Span::new().days(days)).ok()
            }
            Self::Month => Some(date.first_of_month()),
            Self::Quarter => {
                let months = (date.month() - 1) % 3;
                date.first_of_month().checked_sub(Span::new().months(months)).ok()
            }
            Self::Year => Some(date.first_of_year()),
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Day => Span::new().days(1),
            Self::IsoWeek => Span::new().weeks(1),
            Self::Month => Span::new().months(1),
            Self::Quarter => Span::new().months(3),
            Self::Year => Span::new().years(1),
        }
    }
}

/// A unit of the calendar in one time zone, ready to answer where "now" lies in it.
///
/// # Examples
///
/// The day on which the clocks of Berlin go forward has 23 hours:
///
/// ```
/// use std::time::Duration;
/// use sre_core::window::{Calendar, CalendarUnit};
///
/// let days = Calendar::try_new(CalendarUnit::Day, "Europe/Berlin")?;
/// let noon = Duration::from_secs(1_774_778_400); // 2026-03-29 12:00 in Berlin
/// assert_eq!(days.span_at(noon).length(), Duration::from_secs(23 * 3_600));
/// # Ok::<(), sre_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    unit: CalendarUnit,
    zone: TimeZone,
}

impl Calendar {
    /// Looks the IANA zone up in the time-zone database of the system.
    ///
    /// # Errors
    ///
    /// [`Error::TimeZone`] when the database has no zone of that name.
    pub fn try_new(unit: CalendarUnit, zone: &str) -> Result<Self, Error> {
        let zone = TimeZone::get(zone).map_err(|_| Error::TimeZone { zone: zone.into() })?;
        Ok(Self { unit, zone })
    }

    /// The unit.
    #[must_use]
    pub const fn unit(&self) -> CalendarUnit {
        self.unit
    }

    /// The period that `now`, a time since the UNIX epoch, lies in.
    ///
    /// Looks up the zone three times. The answer holds until its end, so a caller that asks each second keeps it.
    /// Times outside the years that the calendar knows (1970 to 9999) give the nearest boundary known.
    #[must_use]
    pub fn span_at(&self, now: Duration) -> CalendarSpan {
        let local = timestamp(now).to_zoned(self.zone.clone()).date();
        let first = self.unit.first_day(local);
        let next = first.and_then(|day| day.checked_add(self.unit.span()).ok());
        CalendarSpan {
            start: first.and_then(|day| self.midnight(day)).unwrap_or(Duration::ZERO),
            end: next.and_then(|day| self.midnight(day)).unwrap_or_else(|| since_epoch(Timestamp::MAX)),
        }
    }

    /// The first instant of a day, which is not 00:00 where the clocks change at midnight.
    fn midnight(&self, day: Date) -> Option<Duration> {
        day.to_zoned(self.zone.clone()).ok().map(|start| since_epoch(start.timestamp()))
    }
}

/// One calendar period: from `start` on, up to and without `end`, both since the UNIX epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CalendarSpan {
    start: Duration,
    end: Duration,
}

impl CalendarSpan {
    /// The first instant, since the UNIX epoch.
    #[must_use]
    pub const fn start(self) -> Duration {
        self.start
    }

    /// The first instant after it, since the UNIX epoch.
    #[must_use]
    pub const fn end(self) -> Duration {
        self.end
    }

    /// The real length, clock changes included.
    #[must_use]
    pub const fn length(self) -> Duration {
        self.end.saturating_sub(self.start)
    }

    /// How much of it has passed at `now`; at most its length.
    #[must_use]
    pub fn elapsed(self, now: Duration) -> Duration {
        now.saturating_sub(self.start).min(self.length())
    }

    /// Whether `now` lies in it.
    #[must_use]
    pub fn contains(self, now: Duration) -> bool {
        self.start <= now && now < self.end
    }
}

fn timestamp(since_epoch: Duration) -> Timestamp {
    let seconds = i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

fn since_epoch(timestamp: Timestamp) -> Duration {
    u64::try_from(timestamp.as_second()).map_or(Duration::ZERO, Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    #[track_caller]
    fn check(unit: CalendarUnit, zone: &str, now: &str, start: &str, end: &str) {
        let at = |text: &str| since_epoch(text.parse::<Timestamp>().unwrap());
        let span = Calendar::try_new(unit, zone).unwrap().span_at(at(now));
        assert_eq!((span.start(), span.end()), (at(start), at(end)), "{unit:?} in {zone} at {now}");
        assert!(span.contains(at(now)), "{span:?} contains {now}");
    }

    #[test]
    fn months_begin_at_local_midnight_with_the_offset_of_that_day() {
        let berlin = "Europe/Berlin";
        check(
            CalendarUnit::Month,
            berlin,
            "2026-03-31T21:59:59Z",
            "2026-02-28T23:00:00Z",
            "2026-03-31T22:00:00Z",
        );
        check(
            CalendarUnit::Month,
            berlin,
            "2026-03-31T22:00:00Z",
            "2026-03-31T22:00:00Z",
            "2026-04-30T22:00:00Z",
        );
        check(
            CalendarUnit::Month,
            "UTC",
            "2024-02-29T12:00:00Z",
            "2024-02-01T00:00:00Z",
            "2024-03-01T00:00:00Z",
        );
    }

    #[test]
    fn weeks_begin_on_monday_even_across_the_year() {
        check(
            CalendarUnit::IsoWeek,
            "UTC",
            "2027-01-01T00:00:00Z",
            "2026-12-28T00:00:00Z",
            "2027-01-04T00:00:00Z",
        );
        check(
            CalendarUnit::IsoWeek,
            "UTC",
            "2026-12-28T00:00:00Z",
            "2026-12-28T00:00:00Z",
            "2027-01-04T00:00:00Z",
        );
    }

    #[test]
    fn quarters_and_years_begin_where_people_expect() {
        let york = "America/New_York";
        check(
            CalendarUnit::Quarter,
            york,
            "2026-08-15T00:00:00Z",
            "2026-07-01T04:00:00Z",
            "2026-10-01T04:00:00Z",
        );
        check(
            CalendarUnit::Quarter,
            york,
            "2026-02-15T00:00:00Z",
            "2026-01-01T05:00:00Z",
            "2026-04-01T04:00:00Z",
        );
        check(
            CalendarUnit::Year,
            york,
            "2026-12-31T23:00:00Z",
            "2026-01-01T05:00:00Z",
            "2027-01-01T05:00:00Z",
        );
    }

    #[test]
    fn days_have_23_or_25_hours_where_the_clocks_change() {
        let days = Calendar::try_new(CalendarUnit::Day, "America/New_York").unwrap();
        let at = |text: &str| since_epoch(text.parse::<Timestamp>().unwrap());
        let hours = |text: &str| days.span_at(at(text)).length().as_secs() / 3_600;
        assert_eq!(hours("2026-03-08T12:00:00Z"), 23);
        assert_eq!(hours("2026-11-01T12:00:00Z"), 25);
        assert_eq!(hours("2026-11-02T12:00:00Z"), 24);
    }

    #[test]
    fn a_day_may_begin_at_one_in_the_morning() {
        // The clocks of Sao Paulo went from 23:59:59 to 01:00 in the night to 2018-11-04.
        check(
            CalendarUnit::Day,
            "America/Sao_Paulo",
            "2018-11-04T12:00:00Z",
            "2018-11-04T03:00:00Z",
            "2018-11-05T02:00:00Z",
        );
    }

    #[test]
    fn spans_follow_each_other_without_gap_or_overlap() {
        for unit in CalendarUnit::ALL {
            for zone in ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"] {
                let calendar = Calendar::try_new(unit, zone).unwrap();
                let mut now = Duration::from_secs(1_700_000_000);
                for _ in 0..500 {
                    let span = calendar.span_at(now);
                    assert!(span.contains(now), "{unit:?} {zone} {now:?} {span:?}");
                    assert_eq!(calendar.span_at(span.end()).start(), span.end());
                    now = span.end();
                }
            }
        }
    }

    #[test]
    fn times_beyond_the_calendar_are_answered_with_its_edges() {
        let years = Calendar::try_new(CalendarUnit::Year, "Asia/Tokyo").unwrap();
        assert_eq!(years.span_at(Duration::ZERO).start(), Duration::ZERO);
        assert!(years.span_at(Duration::MAX).end() >= years.span_at(Duration::MAX).start());
    }

    #[test]
    fn elapsed_stays_within_the_span() {
        let span = Calendar::try_new(CalendarUnit::Day, "UTC").unwrap().span_at(Duration::from_secs(DAY));
        assert_eq!(span.elapsed(Duration::ZERO), Duration::ZERO);
        assert_eq!(span.elapsed(Duration::from_secs(DAY + 5)), Duration::from_secs(5));
        assert_eq!(span.elapsed(Duration::MAX), Duration::from_secs(DAY));
    }

    #[test]
    fn an_unknown_zone_is_named() {
        let error = Calendar::try_new(CalendarUnit::Day, "Mars/Olympus").unwrap_err();
        assert!(error.to_string().contains("Mars/Olympus"), "{error}");
    }
}
