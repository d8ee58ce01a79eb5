//! Pure. One objective as the last tick judged it.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::ledger::LedgerReport;
use super::refill::{Refill, copy, refill_all, refill_any, refilled, share, share_any};
use crate::alert::{AlertState, Guarded, Incident, MeanTimes, Notice, Trend};
use crate::slo::{Budget, Forecast, Foresight, ObjectiveKind, Severity, Validity};
use crate::units::{BurnRate, EventCounts, Target};

/// One objective as the last tick judged it: plain data that every exporter, page and question reads.
///
/// Names are shared, so a clone copies two short vectors and little else.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ObjectiveReport {
    /// Name of the objective, unique in its engine.
    pub slo: Arc<str>,
    /// Name of the SLI it judges.
    pub sli: Arc<str>,
    /// What it asks of an event: `availability` or `latency`.
    #[serde(serialize_with = "kind_text")]
    pub kind: ObjectiveKind,
    /// The longest duration of a good event, for latency objectives; in seconds when serialised.
    #[serde(serialize_with = "seconds_or_none")]
    pub threshold: Option<Duration>,
    /// Which calls are valid events, for latency objectives.
    pub validity: Option<Validity>,
    /// The share of events that must be good.
    pub target: Target,
    /// Text of the period that the budget is granted for: `30d`, `month Europe/Berlin`.
    pub period: Arc<str>,
    /// How it is doing, in one word.
    pub state: ObjectiveState,
    /// Good and bad events since the process started; these are the exported counters.
    pub exported: EventCounts,
    /// Good and bad events, or slices, of the period so far, without calls that are still in flight; by the ledger, if
    /// there are entries.
    pub counts: EventCounts,
    /// Calls in flight that are overdue: counted when windows are judged, until they end.
    pub provisional: EventCounts,
    /// What is left of the budget of the period; `None` without events.
    #[serde(serialize_with = "budget_with_remains")]
    pub budget: Option<Budget>,
    /// The same for planning, in calendar periods: of the events that the whole period will have at the rate so far.
    #[serde(serialize_with = "budget_with_remains")]
    pub budget_projected: Option<Budget>,
    /// The same for planning, in calendar periods: of the events so far and those to come if traffic repeats its last
    /// day.
    #[serde(serialize_with = "budget_with_remains")]
    pub budget_forecast: Option<Budget>,
    /// When `budget_forecast` will be empty, in calendar periods: that of the whole period, granted at once. It may last
    /// for days while the budget of the events so far is empty.
    pub exhaustion_forecast: Option<Foresight>,
    /// Consumed budget minus the passed share of the period, for calendar periods: above zero is too fast.
    pub pace: Option<f64>,
    /// Every window in use, from the shortest on; the last one is the period.
    pub windows: Vec<WindowReport>,
    /// Every alert tier, from the fastest on.
    pub tiers: Vec<TierReport>,
    /// When `budget` will be empty; zero when and only when it is.
    pub forecast: Forecast,
    /// What the errors are doing: the worst that any tier sees.
    pub trend: Trend,
    /// Whether most calls end ignored or abandoned, so that the objective sees little: by the short windows of the most
    /// urgent tiers in which enough calls ended to tell.
    pub blind: bool,
    /// How many ticks came so late that their events were spread evenly over the slots missed, or that the time before
    /// them counts as not observed.
    pub late_ticks: u64,
    /// Alerts of all tiers and of blindness that were withheld.
    pub notices_withheld: u64,
    /// The incident that is not over.
    #[serde(serialize_with = "super::incident::open")]
    pub incident: Option<Incident>,
    /// The last 64 that are over, in the order of their starts; a state directory keeps them across restarts.
    #[serde(serialize_with = "super::incident::ended")]
    pub incidents: Arc<[Incident]>,
    /// What all of these say about how long it takes to notice and to recover.
    #[serde(serialize_with = "super::incident::times")]
    pub mean_times: MeanTimes,
    /// What all this would be without the entries of the ledger, where there are any.
    pub ledger: Option<Box<LedgerReport>>,
}

impl ObjectiveReport {
    /// The report of a window; one that is not in use is rounded up to the next, or down to the longest.
    #[must_use]
    pub fn window(&self, length: Duration) -> Option<&WindowReport> {
        let fitting = self.windows.iter().filter(|window| window.length >= length);
        fitting.min_by_key(|window| window.length).or(self.windows.last())
    }

    /// The burn rate of a window, rounded up like [`ObjectiveReport::window`]; `None` without events.
    #[must_use]
    pub fn burn_rate(&self, length: Duration) -> Option<BurnRate> {
        self.window(length).and_then(|window| window.burn)
    }

    /// The most urgent tier that fires.
    #[must_use]
    pub fn firing(&self) -> Option<&TierReport> {
        self.tiers.iter().filter(|tier| tier.state == AlertState::Firing).max_by_key(|tier| tier.severity)
    }

    /// The forecast as a sentence, with the range of its horizons:
    /// `at this rate the budget is empty in 3 h 20 min to 5 h`.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.budget.is_some_and(|budget| budget.remaining() <= 0.0) {
            return match self.forecast.recovery {
                Foresight::After(wait) => {
                    format!("the budget is empty; without errors it is positive again in {}", Spoken(wait))
                }
                _ => "the budget is empty".to_owned(),
            };
        }
        match (self.forecast.soonest(), self.forecast.latest()) {
            (Foresight::After(soonest), latest) => {
                format!("at this rate the budget is empty in {}", Range(soonest, latest))
            }
            (Foresight::Never, _) => "at this rate the budget lasts".to_owned(),
            (Foresight::NoData, _) => "no data, so no forecast".to_owned(),
        }
    }
}

refilled!(ObjectiveReport {
    share: slo, sli, period, incidents;
    refill_all: windows, tiers;
    copy: kind, threshold, validity, target, state, exported, counts, provisional, budget, budget_projected,
        budget_forecast, exhaustion_forecast, pace, forecast, trend, blind, late_ticks,
        notices_withheld, incident, mean_times;
    refill_any: ledger;
});

refilled!(WindowReport {
    share: text;
    copy: length, counts, burn, budget_share, coverage, late, estimated;
});

refilled!(TierReport {
    share: name;
    share_any: remedy;
    copy: severity, long, short, factor, state, since_wall_ns, trend, reachable, budget_share, guarded, infeasible,
        blind, inhibited, notice, notices_withheld;
});

/// How an objective is doing, in one word; the worst that applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ObjectiveState {
    /// No events in any window: the process is alive and idle.
    #[default]
    Idle,
    /// No events since the start while others of the same engine have traffic.
    Silent,
    /// Nothing is wrong.
    Ok,
    /// The budget of the period is spent, though nothing burns now.
    Exhausted,
    /// A tier has one of its windows above its factor.
    Pending,
    /// Most calls end ignored or abandoned: what is seen says little.
    Blind,
    /// A tier fires.
    Firing,
}

impl ObjectiveState {
    /// The word used in labels and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Silent => "silent",
            Self::Ok => "ok",
            Self::Exhausted => "exhausted",
            Self::Pending => "pending",
            Self::Blind => "blind",
            Self::Firing => "firing",
        }
    }
}

/// Events of one span that looks back from now.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WindowReport {
    /// Length; in seconds when serialised. For a calendar period the real one of the current unit.
    #[serde(serialize_with = "seconds")]
    pub length: Duration,
    /// Its text: `5m`, `1h`, `30d`; that of the period for a calendar period.
    pub text: Arc<str>,
    /// Good and bad events, or slices, calls in flight that are overdue included.
    pub counts: EventCounts,
    /// Burn rate of the events that the window has; `None` without events.
    pub burn: Option<BurnRate>,
    /// Share of the period's whole budget that its bad events are, by the events that the period will have at the rate
    /// of the longest window; `None` without events.
    pub budget_share: Option<f64>,
    /// Share of the window that was observed, from 0 to 1. For a calendar period: of its passed part.
    pub coverage: f64,
    /// Whether a late tick spread events evenly over some of its slots.
    pub late: bool,
    /// Whether some of its bad events are an estimate of what happened while there was no process, see
    /// [`Downtime`](crate::engine::Downtime).
    pub estimated: bool,
}

/// One alert tier as the last tick judged it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TierReport {
    /// Its number in the table of tiers, as text; value of the label `tier`.
    pub name: Arc<str>,
    /// Whom it reaches.
    pub severity: Severity,
    /// The window that gives significance; in seconds when serialised.
    #[serde(serialize_with = "seconds")]
    pub long: Duration,
    /// The window that lets go; in seconds when serialised.
    #[serde(serialize_with = "seconds")]
    pub short: Duration,
    /// The burn rate above which it holds.
    pub factor: f64,
    /// 0 ok, 1 pending, 2 firing on the wire.
    pub state: AlertState,
    /// When it entered the state, in nanoseconds since 1970 in UTC.
    pub since_wall_ns: u64,
    /// Where its two windows are going.
    pub trend: Trend,
    /// Whether it can fire at all: its factor is below the highest burn rate there can be.
    pub reachable: bool,
    /// The share of the period's budget that is spent when it fires.
    pub budget_share: f64,
    /// The guard for small traffic that keeps it from firing now.
    pub guarded: Option<Guarded>,
    /// Whether live traffic is too little for it to mean anything; it still fires when its guards hold.
    pub infeasible: bool,
    /// Whether most calls that ended in its short window were ignored or abandoned.
    pub blind: bool,
    /// Whether it fires, but a more urgent tier of the same objective fires too, so that nobody is told.
    pub inhibited: bool,
    /// Whether people were told of the alert that it fires, or of the last one.
    pub notice: Notice,
    /// Alerts that were withheld, because it had disturbed people often enough.
    pub notices_withheld: u64,
    /// What to do about an unreachable or infeasible tier.
    pub remedy: Option<Arc<str>>,
}

/// A duration as people say it, in its two largest units: `3 h 20 min`, `5 d 4 h`, `40 s`.
pub(super) struct Spoken(pub(super) Duration);

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
        let seconds = self.0.as_secs();
        let largest = UNITS.iter().position(|(length, _)| seconds >= *length).unwrap_or(UNITS.len() - 1);
        let mut rest = seconds;
        for (place, (length, name)) in UNITS.iter().enumerate().skip(largest).take(2) {
            let (count, unit_rest) = (rest / length, rest % length);
            rest = unit_rest;
            if place == largest {
                write!(f, "{count} {name}")?;
            } else if count > 0 {
                write!(f, " {count} {name}")?;
            }
        }
        Ok(())
    }
}

/// From a duration to a later one, or to never: `3 h 20 min to 5 h`, `3 h 20 min at the soonest`.
struct Range(Duration, Foresight);

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let soonest = Spoken(self.0).to_string();
        f.write_str(&soonest)?;
        match self.1 {
            Foresight::After(latest) => match Spoken(latest).to_string() {
                latest if latest == soonest => Ok(()),
                latest => write!(f, " to {latest}"),
            },
            _ => f.write_str(" at the soonest"),
        }
    }
}

/// A budget with what is left of it, which others would have to compute.
pub(super) fn budget_with_remains<S: Serializer>(
    budget: &Option<Budget>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct WithRemains<'a> {
        #[serde(flatten)]
        budget: &'a Budget,
        remaining: f64,
        remaining_clamped: f64,
    }
    let with_remains = budget.as_ref().map(|budget| WithRemains {
        budget,
        remaining: budget.remaining(),
        remaining_clamped: budget.remaining_clamped(),
    });
    with_remains.serialize(serializer)
}

fn kind_text<S: Serializer>(kind: &ObjectiveKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

pub(super) fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

pub(super) fn seconds_or_none<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs_f64()).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::alert::TierNumbers;
    use crate::report::WindowLedger;
    use crate::slo::Budget;

    fn names() -> impl Strategy<Value = Arc<str>> {
        prop::sample::select(vec!["1", "5m", "pay", "month UTC"]).prop_map(Arc::from)
    }

    fn one_of<T: Copy + fmt::Debug>(values: &[T]) -> impl Strategy<Value = T> + use<T> {
        let values = values.to_vec();
        (0..values.len()).prop_map(move |at| values[at])
    }

    fn maybe<T: Copy + fmt::Debug>(values: &[T]) -> impl Strategy<Value = Option<T>> + use<T> {
        prop::option::of(one_of(values))
    }

    fn lengths() -> impl Strategy<Value = Duration> {
        one_of(&[Duration::ZERO, Duration::from_secs(300), Duration::from_secs(86_400)])
    }

    fn counts() -> impl Strategy<Value = EventCounts> {
        (any::<u64>(), any::<u64>()).prop_map(|(good, bad)| EventCounts::new(good, bad))
    }

    fn shares() -> impl Strategy<Value = f64> {
        one_of(&[0.0, 0.25, -3.0, 14.4])
    }

    fn incidents() -> impl Strategy<Value = Incident> {
        (counts(), any::<u32>(), prop::option::of(any::<u32>())).prop_map(|(counts, fired, cleared)| {
            Incident {
                onset_unix_ns: 0,
                fired_unix_ns: fired.into(),
                cleared_unix_ns: cleared.map(u64::from),
                detected_after: Duration::from_secs(54),
                lasted: Duration::from_secs(600),
                severity: Severity::Page,
                tiers: TierNumbers::default(),
                counts,
                budget_spent: None,
                interrupted: false,
            }
        })
    }

    fn trends() -> impl Strategy<Value = Trend> {
        one_of(&[Trend::Calm, Trend::Recovering, Trend::Burning])
    }

    fn budgets() -> impl Strategy<Value = Option<Budget>> {
        let target = one_of(&[Target::new(0.9), Target::new(0.999)]);
        (counts(), target).prop_map(|(counts, target)| Budget::observed(counts, target))
    }

    fn forecasts() -> impl Strategy<Value = Forecast> {
        let foresight =
            || one_of(&[Foresight::NoData, Foresight::Never, Foresight::After(Duration::from_secs(60))]);
        (foresight(), foresight(), foresight(), foresight())
            .prop_map(|(at_5m, at_1h, seasonal, recovery)| Forecast { at_5m, at_1h, seasonal, recovery })
    }

    prop_compose! {
        fn ledgers()(
            (counts_raw, excluded, budget_raw) in (counts(), counts(), budgets()),
            excluding in any::<bool>(),
            texts in prop::collection::vec((names(), counts()), 0..4),
        ) -> Box<LedgerReport> {
            let window = |(text, counts_raw)| WindowLedger { text, counts_raw, burn_raw: None, excluded: counts_raw };
            let windows = texts.into_iter().map(window).collect();
            Box::new(LedgerReport { counts_raw, budget_raw, excluded, excluding, windows, entries: Arc::default() })
        }
    }

    prop_compose! {
        fn windows()(
            (length, text, counts) in (lengths(), names(), counts()),
            burn in maybe(&[1.0, 14.4]),
            budget_share in maybe(&[0.0, 0.5]),
            coverage in shares(),
            (late, estimated) in any::<(bool, bool)>(),
        ) -> WindowReport {
            WindowReport { length, text, counts, burn: burn.map(BurnRate::new), budget_share, coverage, late, estimated }
        }
    }

    prop_compose! {
        fn tiers()(
            (name, remedy) in (names(), prop::option::of(names())),
            severity in one_of(&[Severity::Page, Severity::Ticket]),
            (long, short, since_wall_ns) in (lengths(), lengths(), any::<u64>()),
            (factor, budget_share) in (shares(), shares()),
            state in one_of(&[AlertState::Ok, AlertState::Pending, AlertState::Firing]),
            (trend, guarded) in (trends(), maybe(&[Guarded::TooFewEvents, Guarded::NotConfident])),
            (reachable, infeasible, blind, inhibited) in any::<(bool, bool, bool, bool)>(),
            (notice, notices_withheld) in (one_of(&[Notice::Told, Notice::Withheld, Notice::Quiet]), any::<u64>()),
        ) -> TierReport {
            TierReport {
                name, severity, long, short, factor, state, since_wall_ns, trend, reachable, budget_share, guarded,
                infeasible, blind, inhibited, notice, notices_withheld, remedy,
            }
        }
    }

    prop_compose! {
        fn objectives()(
            (slo, sli, period) in (names(), names(), names()),
            kind in one_of(&[ObjectiveKind::Availability, ObjectiveKind::Latency { threshold: Duration::from_secs(1) }]),
            threshold in prop::option::of(lengths()),
            validity in maybe(&[Validity::AllValid, Validity::SuccessOnly, Validity::ErrorsAreSlow]),
            target in one_of(&[Target::new(0.9), Target::new(0.999)]),
            state in one_of(&[ObjectiveState::Idle, ObjectiveState::Firing]),
            (exported, counts, provisional) in (counts(), counts(), counts()),
            (budget, budget_projected, budget_forecast) in (budgets(), budgets(), budgets()),
            exhaustion_forecast in maybe(&[Foresight::NoData, Foresight::After(Duration::from_secs(60))]),
            pace in prop::option::of(shares()),
            windows in prop::collection::vec(windows(), 0..4),
            tiers in prop::collection::vec(tiers(), 0..4),
            (forecast, trend) in (forecasts(), trends()),
            (blind, late_ticks, notices_withheld) in any::<(bool, u64, u64)>(),
            incidents in prop::collection::vec(incidents(), 0..4),
            ledger in prop::option::of(ledgers()),
        ) -> ObjectiveReport {
            ObjectiveReport {
                slo, sli, kind, threshold, validity, target, period, state, exported, counts, provisional, budget,
                budget_projected, budget_forecast, exhaustion_forecast, pace, windows, tiers, forecast, trend, blind, late_ticks, notices_withheld, incident: incidents.first().copied(),
                mean_times: MeanTimes::of(&incidents), incidents: incidents.into(), ledger,
            }
        }
    }

    proptest! {
        #[test]
        fn a_report_that_is_filled_again_is_the_other_one(mut old in objectives(), new in objectives()) {
            old.refill(&new);
            prop_assert_eq!(old, new);
        }
    }

    #[test]
    fn a_forecast_is_told_as_a_range() {
        let minutes = |count: u64| Duration::from_secs(60 * count);
        for (soonest, latest, expected) in [
            (200, Foresight::After(minutes(200)), "3 h 20 min"),
            (200, Foresight::After(minutes(200) + Duration::from_secs(5)), "3 h 20 min"),
            (200, Foresight::After(minutes(300)), "3 h 20 min to 5 h"),
            (200, Foresight::Never, "3 h 20 min at the soonest"),
        ] {
            assert_eq!(Range(minutes(soonest), latest).to_string(), expected);
        }
    }

    #[track_caller]
    fn check_spoken(seconds: u64, expected: &str) {
        assert_eq!(Spoken(Duration::from_secs(seconds)).to_string(), expected, "{seconds} s");
    }

    #[test]
    fn durations_are_spoken_in_their_two_largest_units() {
        check_spoken(0, "0 s");
        check_spoken(59, "59 s");
        check_spoken(60, "1 min");
        check_spoken(61, "1 min 1 s");
        check_spoken(12_000, "3 h 20 min");
        check_spoken(3_601, "1 h");
        check_spoken(86_400 * 5 + 4 * 3_600 + 59, "5 d 4 h");
    }
}
