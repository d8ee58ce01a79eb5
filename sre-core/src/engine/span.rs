//! Pure. The span that the budget of one objective is counted over: rolling, or a unit of the calendar.

use core::time::Duration;

use super::memory::{KeptLeft, KeptPeriod};
use super::past::{Past, Resumed};
use crate::error::Error;
use crate::slo::{Period, PeriodKind};
use crate::units::{EventCounts, saturating_nanos};
use crate::window::{Calendar, CalendarSpan, Mark};

/// What the budget is counted over.
#[derive(Clone, Debug)]
pub(super) enum BudgetSpan {
    /// A window that moves with now, by its place in the past.
    Rolling {
        /// Place of the window.
        place: usize,
    },
    /// The current unit of a calendar.
    Calendar(Box<CalendarBudget>),
}

/// The current unit of a calendar, and what had been counted when it began.
#[derive(Clone, Debug)]
pub(super) struct CalendarBudget {
    calendar: Calendar,
    span: CalendarSpan,
    base: Mark,
    left: Option<LeftUnit>,
}

/// The unit of the calendar that was left last, should the wall clock have been wrong.
#[derive(Clone, Debug)]
struct LeftUnit {
    span: CalendarSpan,
    base: Mark,
    /// Until when one may return to it, by the monotonic clock.
    until_ns: u64,
}

/// How much of a new unit is lived until the one before is over for good.
const RETURN_NS_MAX: u64 = 3_600_000_000_000;

/// The period at one tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PeriodReading {
    /// When it began.
    pub(super) start_ns: u64,
    /// Events of the period so far, those in flight and excluded ones not included.
    pub(super) counts: EventCounts,
    /// Excluded ones.
    pub(super) excluded: EventCounts,
    /// The whole period.
    pub(super) length: Duration,
    /// How much of it is over: all of a rolling one.
    pub(super) elapsed: Duration,
    /// How much of what is over was observed.
    pub(super) observed: Duration,
}

impl PeriodReading {
    /// Share of what is over that was observed, from 0 to 1.
    pub(super) fn coverage(self) -> f64 {
        let elapsed = self.elapsed.as_secs_f64();
        if elapsed > 0.0 { (self.observed.as_secs_f64() / elapsed).min(1.0) } else { 1.0 }
    }
}

impl BudgetSpan {
    /// The span of `period`, with the rolling ones already among the windows of `past`.
    ///
    /// # Errors
    ///
    /// [`Error::TimeZone`] when the zone of a calendar period is unknown.
    pub(super) fn new(period: Period, past: &Past) -> Result<Self, Error> {
        Ok(match period.kind() {
            PeriodKind::Rolling(length) => Self::Rolling { place: past.units().place(length) },
            PeriodKind::Calendar { unit, zone } => {
                let calendar = Calendar::try_new(unit, zone)?;
                let span = calendar.span_at(Duration::from_nanos(past.line().now_ns()));
                Self::Calendar(Box::new(CalendarBudget { calendar, span, base: Mark::default(), left: None }))
            }
        })
    }

    /// Begins the next unit of the calendar when it is due; `counted` tells what was counted before its start.
    ///
    /// Nothing is deleted: the windows of the alerts roll on, only the start of the budget moves. A clock that returns
    /// within an hour to the unit that it left finds the budget as it was, and what was counted meanwhile in it.
    /// Otherwise one that steps back into an earlier unit gives no budget back.
    pub(super) fn turn(&mut self, now_ns: u64, elapsed_ns: u64, counted: impl Fn(u64) -> Mark) {
        let Self::Calendar(budget) = self else { return };
        let now = Duration::from_nanos(now_ns);
        if budget.span.contains(now) {
            return;
        }
        let left = budget.left.take();
        if let Some(left) = left.filter(|left| left.span.contains(now) && elapsed_ns <= left.until_ns) {
            (budget.span, budget.base) = (left.span, left.base);
            return;
        }
        let until_ns = elapsed_ns.saturating_add(RETURN_NS_MAX);
        budget.left = Some(LeftUnit { span: budget.span, base: budget.base, until_ns });
        let is_later = now >= budget.span.end();
        budget.span = budget.calendar.span_at(now);
        if is_later {
            budget.base = counted(saturating_nanos(budget.span.start()));
        }
    }

    /// What outlives the process: the current unit of the calendar, with what it has counted so far.
    pub(super) fn kept(&self, past: &Past) -> Option<KeptPeriod> {
        let Self::Calendar(budget) = self else { return None };
        let counted = |base: Mark| past.units().sum().since(base.judged).into();
        let excluded = |base: Mark| past.aside_sum().since(base.aside).into();
        let left = budget.left.as_ref().map(|left| KeptLeft {
            start_ns: saturating_nanos(left.span.start()),
            counts: counted(left.base),
            excluded: excluded(left.base),
            for_ns: left.until_ns.saturating_sub(past.line().last().elapsed_ns),
        });
        Some(KeptPeriod {
            start_ns: saturating_nanos(budget.span.start()),
            counts: counted(budget.base),
            excluded: excluded(budget.base),
            left: left.filter(|left| left.for_ns > 0),
        })
    }

    /// Takes over what an earlier process counted in the unit in which it left off; `past` has done so before.
    pub(super) fn take_over(&mut self, kept: KeptPeriod, past: &Past) {
        let Self::Calendar(budget) = self else { return };
        if saturating_nanos(budget.span.start()) == kept.start_ns {
            budget.base = Mark {
                at_ns: kept.start_ns,
                judged: past.units().sum().minus(kept.counts.into()),
                aside: past.aside_sum().minus(kept.excluded.into()),
            };
        }
        budget.left = kept.left.map(|left| LeftUnit {
            span: budget.calendar.span_at(Duration::from_nanos(left.start_ns)),
            base: Mark {
                at_ns: left.start_ns,
                judged: past.units().sum().minus(left.counts.into()),
                aside: past.aside_sum().minus(left.excluded.into()),
            },
            until_ns: past.line().last().elapsed_ns.saturating_add(left.for_ns),
        });
    }

    /// Begins the next unit if it began while there was no process.
    pub(super) fn resume(&mut self, resumed: &Resumed, elapsed_ns: u64) {
        if let Self::Calendar(budget) = self
            && let Some(left) = &mut budget.left
        {
            left.until_ns = left.until_ns.saturating_sub(resumed.absent_ns());
        }
        self.turn(resumed.now_ns(), elapsed_ns, |start_ns| resumed.counted_at(start_ns));
    }

    /// The period as it stands.
    pub(super) fn read(&self, past: &Past) -> PeriodReading {
        match self {
            Self::Rolling { place } => {
                let length = Duration::from_nanos(past.units().length_ns(*place));
                PeriodReading {
                    start_ns: past.units().start_ns(*place),
                    counts: past.units().counts(*place),
                    excluded: past.excluded(*place),
                    length,
                    elapsed: length,
                    observed: Duration::from_nanos(past.observed_ns(*place)),
                }
            }
            Self::Calendar(budget) => {
                let start_ns = saturating_nanos(budget.span.start());
                PeriodReading {
                    start_ns,
                    counts: past.units().sum().since(budget.base.judged),
                    excluded: past.aside_sum().since(budget.base.aside),
                    length: budget.span.length(),
                    elapsed: budget.span.elapsed(Duration::from_nanos(past.line().now_ns())),
                    observed: Duration::from_nanos(past.observed_since_ns(start_ns)),
                }
            }
        }
    }

    /// The sums that it keeps.
    pub(super) fn marks(&mut self) -> Vec<&mut Mark> {
        match self {
            Self::Rolling { .. } => Vec::new(),
            Self::Calendar(budget) => {
                let left = budget.left.as_mut().map(|left| &mut left.base);
                left.into_iter().chain([&mut budget.base]).collect()
            }
        }
    }

    /// Whether it is a unit of the calendar.
    pub(super) const fn is_calendar(&self) -> bool {
        matches!(self, Self::Calendar(_))
    }
}
