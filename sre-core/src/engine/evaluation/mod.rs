//! Pure. One objective, judged tick by tick.

mod blank;
mod booking;
#[cfg(feature = "test-util")]
mod quick;
mod remembering;

use core::time::Duration;
use std::sync::Arc;

use blank::blank_report;
#[cfg(feature = "test-util")]
pub(crate) use quick::{Calm, Standing, Stretch};
use remembering::Saved;

use super::account::Account;
use super::alarm::{Alarm, Telling};
use super::incidents::{Blaze, Incidents};
use super::input::{Input, Transition};
use super::outlook::{self, Outlook};
use super::past::Past;
use super::shares::Share;
use super::sight::{self, Sight};
use super::span::BudgetSpan;
use super::tier::{Bench, TierJudge, Traffic};
use crate::alert::{
    AlertState, DerivedTier, Reading, TierNumbers, Trend, Yardstick, derive_tiers, inhibitor,
};
use crate::error::Error;
use crate::report::{ObjectiveReport, ObjectiveState, share};
use crate::slo::{
    Blindness, Budget, BurnModel, Confidence, Guards, InFlight, Objective, Period, PeriodKind, Severity,
    burn_rate, pace, projected_events,
};
use crate::units::EventCounts;
use crate::window::Tick;

/// The windows that every objective keeps besides those of its tiers, as far as its period reaches.
const USUAL_WINDOWS: [Duration; 3] =
    [Duration::from_secs(300), Duration::from_secs(3_600), Duration::from_secs(86_400)];

/// The most good or bad events of one tick that are judged.
const EVENTS_MAX: u64 = 1 << 48;

/// Judges one objective: a pure state machine that is fed counts and time.
///
/// Each tick it books what happened, and answers for every window in use how fast the budget burns, what every
/// tier makes of it, and what is left of the budget. It reads no clock, so a month can be replayed in a moment.
///
/// # Cost
///
/// A tick takes one or two microseconds and does not allocate, unless a tier changes its state or, each ten seconds
/// at most, a forecast is due: that walks over the slots of the period, which takes some fifty for 30 days. The
/// rings of a 30-day objective take less than 40 KiB.
///
/// # Examples
///
/// A total outage of a young service, at 100 events a second:
///
/// ```
/// use sre_core::engine::{Evaluator, Input};
/// use sre_core::slo::Objective;
/// use sre_core::units::EventCounts;
/// use sre_core::window::Tick;
///
/// let at = |second: u64| Tick { wall_ns: second * 1_000_000_000, elapsed_ns: second * 1_000_000_000 };
/// let objective = Objective::availability(0.999);
/// let mut evaluator = Evaluator::new("checkout", "checkout-availability", objective, at(0))?;
/// let outage = Input { delta: EventCounts::new(0, 100), ended: 100, ..Input::default() };
/// let fires = (1..3_600).find(|second| evaluator.tick(at(*second), outage).iter().any(|change| change.has_fired()));
/// assert_eq!(fires, Some(54));
/// # Ok::<(), sre_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Evaluator {
    objective: Objective,
    guards: Guards,
    past: Past,
    span: BudgetSpan,
    /// What the ledger says, where it says anything.
    account: Option<Box<Account>>,
    tiers: Vec<TierJudge>,
    /// What these judge, and their states, each in a row as inhibition wants them.
    derived: Vec<DerivedTier>,
    states: Vec<AlertState>,
    /// Blindness by severity, the most urgent first.
    sights: Vec<Sight>,
    outlook: Outlook,
    incidents: Incidents,
    ticks_clamped: u64,
    report: ObjectiveReport,
    transitions: Vec<Transition>,
    saved: Option<Saved>,
}

impl Evaluator {
    /// The name that a [`Transition`] of blindness has in place of a tier. Each severity of the tiers has its own.
    pub const BLIND: &'static str = "blind";

    /// An objective without a past, as of `start`.
    ///
    /// # Errors
    ///
    /// [`Error::TimeZone`] when its period is a unit of the calendar in an unknown zone.
    pub fn new(sli: &str, slo: &str, objective: Objective, start: Tick) -> Result<Self, Error> {
        let terms = objective.terms();
        let derived = derive_tiers(terms.period(), terms.tiers(), objective.target());
        let past = past_of(&objective, &derived, start);
        let span = BudgetSpan::new(terms.period(), &past)?;
        let sights = Sight::all(&sights_of(&objective, &derived), &past);
        let report = blank_report(sli, slo, &objective, &past, start);
        let mut evaluator = Self {
            guards: guards_of(objective, past.parts()),
            tiers: derived.iter().map(|tier| TierJudge::new(tier, &past)).collect(),
            states: vec![AlertState::Ok; derived.len()],
            outlook: Outlook::new(slo, terms.period().length()),
            incidents: Incidents::default(),
            transitions: Vec::with_capacity(derived.len() + sights.len()),
            sights,
            objective,
            past,
            ticks_clamped: 0,
            span,
            account: None,
            derived,
            report,
            saved: None,
        };
        evaluator.judge(start, EventCounts::ZERO, &mut Share::without_end());
        Ok(evaluator)
    }

    /// Books what happened since the tick before, judges everything, and tells which tiers changed.
    ///
    /// Clocks that step back, forward or not at all are borne: see [`Tick`]. Of more than 2^48 good or bad events, that
    /// many are judged.
    pub fn tick(&mut self, tick: Tick, input: Input) -> &[Transition] {
        self.tick_among(tick, input, &mut Share::without_end())
    }

    /// The same among many, of which not all may make a forecast in one tick.
    pub(super) fn tick_among(&mut self, tick: Tick, input: Input, forecasts: &mut Share) -> &[Transition] {
        let provisional = self.book(tick, input);
        self.judge(tick, provisional, forecasts);
        &self.transitions
    }

    /// Books what happened since the tick before; returns what calls in flight add when it is judged.
    fn book(&mut self, tick: Tick, input: Input) -> EventCounts {
        let input = match self.objective.terms().in_flight() {
            InFlight::Left => Input { provisional: EventCounts::ZERO, ..input },
            _ => input,
        };
        self.report.exported += input.delta;
        let input = Input { delta: self.clamp(input.delta), ..input };
        if self.past.leaps(tick) {
            self.leap(tick);
        }
        let step = self.past.advance(tick, input);
        if step.relabel_ns > 0 {
            self.saved = None;
            self.account.iter_mut().for_each(|account| account.relabel(step.relabel_ns));
        }
        // A slice that ends with the period still belongs to it; an event of this tick does not, unless it is late.
        let Self { past, span, .. } = self;
        if past.is_sliced() {
            past.book(step, input);
            span.turn(step.now_ns, tick.elapsed_ns, |start_ns| past.mark(start_ns));
        } else {
            span.turn(step.now_ns, tick.elapsed_ns, |start_ns| past.sum_before(start_ns, step, input));
            past.book(step, input);
        }
        self.keep_account(step);
        self.report.provisional = input.provisional;
        self.report.late_ticks = self.past.late_ticks();
        self.past.provisional(input.provisional)
    }

    /// Everything that the last tick found, as plain data.
    #[must_use]
    pub fn report(&self) -> ObjectiveReport {
        self.report.clone()
    }

    /// [`Evaluator::report`] without a copy.
    #[must_use]
    pub const fn latest(&self) -> &ObjectiveReport {
        &self.report
    }

    /// Which tiers changed at the last tick.
    #[must_use]
    pub fn transitions(&self) -> &[Transition] {
        &self.transitions
    }

    /// How many ticks had more events than are judged, see [`Evaluator::tick`].
    #[must_use]
    pub const fn ticks_clamped(&self) -> u64 {
        self.ticks_clamped
    }

    /// What is judged.
    pub const fn objective(&self) -> &Objective {
        &self.objective
    }

    /// Bytes of the rings that keep the past.
    #[must_use]
    pub fn ring_bytes(&self) -> usize {
        self.past.bytes()
    }

    /// Windows are exact below 2^56 events of a kind.
    fn clamp(&mut self, delta: EventCounts) -> EventCounts {
        let clamped = EventCounts::new(delta.good().min(EVENTS_MAX), delta.bad().min(EVENTS_MAX));
        self.ticks_clamped += u64::from(clamped != delta);
        clamped
    }

    fn judge(&mut self, tick: Tick, provisional: EventCounts, forecasts: &mut Share) {
        self.transitions.clear();
        self.read_windows(provisional);
        self.judge_tiers(tick, provisional);
        self.judge_blindness(tick);
        self.note_incidents(tick);
        self.read_budget(provisional);
        if self.outlook.is_due(tick, self.report.budget, forecasts) {
            self.look_ahead(provisional);
        }
        self.report.state = self.state();
    }

    fn read_windows(&mut self, provisional: EventCounts) {
        let target = self.objective.target();
        let allowed = self.allowed();
        for (place, window) in self.report.windows.iter_mut().enumerate().take(self.past.units().len()) {
            let reading = self.past.reading(place);
            window.counts = reading.counts + provisional;
            window.burn = burn_rate(window.counts, target);
            window.budget_share = allowed.map(|allowed| count(window.counts.bad()) / allowed);
            window.coverage = reading.coverage();
            window.late = self.past.is_late(place);
            window.estimated = self.past.is_estimated(place);
        }
    }

    /// The bad events that the whole period allows, if the longest window is like the rest of it.
    fn allowed(&self) -> Option<f64> {
        let longest = self.longest();
        let events =
            projected_events(longest.counts, longest.observed, self.objective.terms().period().length());
        events.map(|events| events * self.objective.target().budget_ratio())
    }

    fn judge_tiers(&mut self, tick: Tick, provisional: EventCounts) {
        let bench = self.bench(provisional);
        let mut trend = Trend::Calm;
        let tiers = self.derived.iter().zip(&mut self.tiers).zip(&mut self.report.tiers);
        for (((tier, judge), report), state) in tiers.zip(&mut self.states) {
            let judgement = judge.step(tier, &self.past, bench, tick);
            report.trend = judgement.pair.trend();
            report.guarded = judgement.guarded;
            report.blind = judge.is_blind(&self.past);
            report.state = judge.alarm().state();
            trend = trend.max(report.trend);
            *state = report.state;
        }
        self.report.trend = trend;
        self.tell_tiers(tick);
    }

    /// Tells what changed, and marks tiers that fire beside a more urgent one.
    fn tell_tiers(&mut self, tick: Tick) {
        for (place, (judge, report)) in self.tiers.iter_mut().zip(&mut self.report.tiers).enumerate() {
            let inhibited = inhibitor(place, &self.derived, &self.states).is_some();
            report.inhibited = inhibited && report.state == AlertState::Firing;
            if let Some(telling) = judge.alarm_mut().tell(inhibited, elapsed(tick)) {
                if telling.from != report.state {
                    report.since_wall_ns = tick.wall_ns;
                }
                let (tier, severity) = (Arc::clone(&report.name), report.severity);
                let (Telling { from, notice }, to) = (telling, report.state);
                self.transitions.push(Transition { tier, severity, from, to, at: tick, inhibited, notice });
            }
            report.notice = judge.alarm().notice();
            report.notices_withheld = judge.alarm().withheld();
        }
    }

    /// Takes note of the tiers that fire and reach somebody.
    fn note_incidents(&mut self, tick: Tick) {
        let blaze = self.blaze();
        if blaze.is_some() || self.incidents.open().is_some() {
            let allowed = self.allowed();
            self.incidents.step(blaze, tick, self.past.raw_sum(), allowed);
            self.show_incidents();
        }
    }

    fn blaze(&self) -> Option<Blaze> {
        let reaches = |tier: &DerivedTier| tier.severity() > Severity::Log;
        let tiers = self.derived.iter().zip(&self.tiers);
        let firing =
            tiers.filter(|(tier, judge)| reaches(tier) && judge.alarm().state() == AlertState::Firing);
        let one = |(tier, judge): (&DerivedTier, &TierJudge)| Blaze {
            tiers: TierNumbers::of([tier.number()]),
            severity: tier.severity(),
            onset: judge.onset(),
        };
        firing.map(one).reduce(Blaze::and)
    }

    fn show_incidents(&mut self) {
        self.report.incident = self.incidents.open();
        share(&mut self.report.incidents, self.incidents.ended());
        self.report.mean_times = self.incidents.times();
    }

    fn judge_blindness(&mut self, tick: Tick) {
        let is_notified = self.objective.terms().blindness() == Blindness::Notify;
        let mut inhibited = false;
        for sight in &mut self.sights {
            sight.step(&self.past, elapsed(tick));
            if let Some(Telling { from, notice }) = sight.alarm_mut().tell(inhibited, elapsed(tick)) {
                let severity = if is_notified { sight.severity() } else { Severity::Log };
                let (tier, to) = (Self::BLIND.into(), sight.alarm().state());
                self.transitions.push(Transition { tier, severity, from, to, at: tick, inhibited, notice });
            }
            inhibited |= sight.is_blind();
        }
        let alarms = self.tiers.iter().map(TierJudge::alarm).chain(self.sights.iter().map(Sight::alarm));
        self.report.notices_withheld = alarms.map(Alarm::withheld).sum();
        // Slow windows remember blindness that is over, so the most urgent ones that can tell decide.
        let telling = self.sights.iter().find(|sight| sight.is_blind() || sight.can_tell(&self.past));
        self.report.blind = telling.is_some_and(Sight::is_blind);
    }

    fn read_budget(&mut self, provisional: EventCounts) {
        let (target, is_calendar) = (self.objective.target(), self.span.is_calendar());
        let period = self.span.read(&self.past);
        let kept = match &self.account {
            None => period,
            Some(account) => account.judge(period, &self.past, is_calendar),
        };
        self.report.counts = kept.counts;
        self.report.budget = Budget::observed(kept.counts + provisional, target);
        self.tell_ledger(period.counts, period.excluded);
        if !is_calendar {
            return;
        }
        self.report.pace =
            self.report.budget.map(|budget| pace(budget.consumed(), kept.elapsed, kept.length));
        if let Some(window) = self.report.windows.last_mut() {
            let judged = period.counts + provisional;
            window.length = period.length;
            window.counts = judged;
            window.burn = burn_rate(judged, target);
            window.budget_share = Budget::observed(judged, target).map(|budget| budget.consumed());
            window.coverage = period.coverage();
        }
    }

    /// What is too much for each tick: the forecast, and whether live traffic is enough for the tiers.
    fn look_ahead(&mut self, provisional: EventCounts) {
        let target = self.objective.target();
        let ahead = outlook::look(&self.past, &self.span, self.account.as_deref(), target, provisional);
        self.report.forecast = ahead.forecast;
        if let Some(plan) = ahead.plan {
            self.report.budget_projected = plan.projected;
            self.report.budget_forecast = plan.forecast;
            self.report.exhaustion_forecast = Some(plan.exhaustion);
        }
        let bench = self.bench(provisional);
        let traffic = Traffic {
            seen: self.longest(),
            period: self.objective.terms().period().length(),
            parts: self.parts(),
        };
        for ((tier, judge), report) in self.derived.iter().zip(&self.tiers).zip(&mut self.report.tiers) {
            // What was once known stands until more is.
            if let Some(lint) = judge.lint(tier, &self.past, bench, traffic) {
                report.infeasible = lint.is_some();
                report.remedy = lint.map(|lint| lint.to_string().into());
            }
        }
    }

    fn state(&self) -> ObjectiveState {
        let worst = self.states.iter().copied().max().unwrap_or_default();
        let is_idle = match self.tiers.first() {
            Some(judge) => judge.is_idle(&self.past),
            None => self.report.counts.is_empty(),
        };
        if worst == AlertState::Firing {
            ObjectiveState::Firing
        } else if self.report.blind {
            ObjectiveState::Blind
        } else if worst == AlertState::Pending {
            ObjectiveState::Pending
        } else if self.report.budget.is_some_and(|budget| budget.remaining() <= 0.0) {
            ObjectiveState::Exhausted
        } else if is_idle && self.report.provisional.is_empty() {
            ObjectiveState::Idle
        } else {
            ObjectiveState::Ok
        }
    }

    fn bench(&self, provisional: EventCounts) -> Bench {
        let yardstick = match self.objective.terms().burn_model() {
            BurnModel::Budget => Yardstick::Budget { usual: self.longest() },
            _ => Yardstick::Factor,
        };
        Bench { target: self.objective.target(), guards: self.guards, yardstick, provisional }
    }

    /// The longest window that is kept: it knows best how many events are usual.
    fn longest(&self) -> Reading {
        self.past.span(self.past.units().len().saturating_sub(1))
    }

    /// How many counts make one event or slice.
    #[expect(clippy::cast_precision_loss, reason = "a power of ten below 2^53")]
    const fn parts(&self) -> f64 {
        self.past.parts() as f64
    }
}

const fn elapsed(tick: Tick) -> Duration {
    Duration::from_nanos(tick.elapsed_ns)
}

/// Guards count events or slices. Slices that are judged by their ratio come in parts, of which one is a failure,
/// and their mean is not the share that the confidence bound is about.
fn guards_of(objective: Objective, parts: u64) -> Guards {
    let guards = objective.terms().guards();
    if parts == 1 {
        return guards;
    }
    let min_events = guards.min_events().saturating_mul(parts);
    objective.min_events(min_events).min_failures(1).confidence(Confidence::Off).terms().guards()
}

#[expect(clippy::cast_precision_loss, reason = "counts above 2^53 lose less than one part in 10^15")]
const fn count(events: u64) -> f64 {
    events as f64
}

/// The windows of calls that tell whether an objective sees.
fn sights_of(objective: &Objective, tiers: &[DerivedTier]) -> Vec<(Severity, Duration)> {
    sight::windows(tiers, objective.terms().tiers(), objective.terms().period())
}

/// A past without events that has the windows of an objective.
fn past_of(objective: &Objective, tiers: &[DerivedTier], start: Tick) -> Past {
    let terms = objective.terms();
    let short: Vec<Duration> = sights_of(objective, tiers).into_iter().map(|(_, window)| window).collect();
    let windows = windows_of(terms.period(), tiers);
    Past::new(terms.budgeting(), &windows, &short, terms.period().length(), start)
}

fn windows_of(period: Period, tiers: &[DerivedTier]) -> Vec<Duration> {
    let usual = USUAL_WINDOWS.into_iter().filter(|window| *window <= period.length());
    let mut windows: Vec<Duration> = tiers.iter().flat_map(|tier| [tier.long(), tier.short()]).collect();
    windows.extend(usual);
    // A unit of the calendar is counted without a ring.
    if let PeriodKind::Rolling(length) = period.kind() {
        windows.push(length);
    }
    windows
}
