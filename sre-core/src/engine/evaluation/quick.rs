//! Pure. Weeks in a moment: books without judging, where it is certain that judging would change nothing.

use core::time::Duration;
use std::sync::Arc;

use super::Evaluator;
use crate::alert::{AlertState, DerivedTier, Gauge, Judgement, Notice, Pair, Reading, inhibitor, is_blind};
use crate::engine::alarm::Telling;
use crate::engine::input::{Input, Transition};
use crate::engine::shares::Share;
use crate::engine::sight::Sight;
use crate::engine::tier::TierJudge;
use crate::slo::{Blindness, BurnModel, Severity};
use crate::units::EventCounts;
use crate::window::Tick;

/// What is about to happen in the rest of a slot, in an order that nobody asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stretch {
    /// Its end by the monotonic clock.
    pub(crate) until_ns: u64,
    /// Good and bad events.
    pub(crate) delta: EventCounts,
    /// Calls that end, and those of them that no objective judges.
    pub(crate) ended: u64,
    /// See there.
    pub(crate) unjudged: u64,
}

/// What has to be known for long strides.
#[derive(Clone, Debug)]
pub(crate) struct Calm {
    /// The tiers in their order, each with its long and its short window.
    pub(crate) tiers: Vec<(Gauge, [CalmWindow; 2])>,
    /// After so long nothing is remembered.
    pub(crate) longest: Duration,
    /// Steps that keep what windows read, from small to large, each with how long before the next look it has to end.
    pub(crate) strides_ns: Vec<(u64, u64)>,
}

/// One window of a tier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CalmWindow {
    /// Its length.
    pub(crate) length_ns: u64,
    /// Length of the slots that it is made of.
    pub(crate) slot_ns: u64,
}

/// Where a tier stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// What its windows say.
    pub(crate) pair: Pair,
    /// Its state.
    pub(crate) state: AlertState,
    /// How much of its long and of its short window was observed.
    pub(crate) observed: [Duration; 2],
}

impl Evaluator {
    /// What has to be known for long strides; `None` where slots have to be judged one by one.
    pub(crate) fn calm(&self) -> Option<Calm> {
        let terms = self.objective.terms();
        let is_plain = !self.past.is_sliced() && self.account.is_none() && !self.span.is_calendar();
        if !is_plain || terms.burn_model() != BurnModel::Static {
            return None;
        }
        let units = self.past.units();
        let window = |place| CalmWindow { length_ns: units.length_ns(place), slot_ns: units.slot_ns(place) };
        let tiers = self.derived.iter().zip(&self.tiers).map(|(tier, judge)| {
            let (long, short) = judge.places();
            (Gauge::new(*tier, self.objective.target(), self.guards), [window(long), window(short)])
        });
        Some(Calm {
            tiers: tiers.collect(),
            longest: self.derived.iter().map(DerivedTier::long).max().unwrap_or_default(),
            strides_ns: self.strides_ns(),
        })
    }

    /// Where all tiers stand, if none waits for time to pass: for its hold, or to be told.
    pub(crate) fn standings(&self) -> Option<Vec<Standing>> {
        let (now, bench) = (self.now(), self.bench(EventCounts::ZERO));
        let standing = |(place, (tier, judge)): (usize, (&DerivedTier, &TierJudge))| {
            let pair = judge.compare(tier, bench, |place| self.past.reading(place)).pair;
            let is_inhibited = inhibitor(place, &self.derived, &self.states).is_some();
            let waits = judge.alarm().state() == AlertState::Firing && pair.is_clear();
            let is_settled = !waits && judge.alarm().holds(pair, now, is_inhibited);
            let (long, short) = judge.places();
            let observed = [long, short].map(|place| Duration::from_nanos(self.past.observed_ns(place)));
            is_settled.then_some(Standing { pair, state: judge.alarm().state(), observed })
        };
        let sees = !self.sights.iter().any(Sight::is_blind);
        let tiers = self.derived.iter().zip(&self.tiers).enumerate();
        sees.then(|| tiers.map(standing).collect()).flatten()
    }

    /// Lets the windows of a tier say `pair` at a tick, before which `since` was counted but not booked, and tells what
    /// changed. No tier begins to fire by it or stops.
    pub(crate) fn turn(
        &mut self,
        place: usize,
        pair: Pair,
        tick: Tick,
        since: EventCounts,
    ) -> Option<Transition> {
        let counted = self.past.raw_sum().plus(since);
        let inhibited = inhibitor(place, &self.derived, &self.states).is_some();
        let (judge, report) = (self.tiers.get_mut(place)?, self.report.tiers.get_mut(place)?);
        judge.turn(pair, tick, counted);
        let Telling { from, notice } =
            judge.alarm_mut().tell(inhibited, Duration::from_nanos(tick.elapsed_ns))?;
        (report.state, report.since_wall_ns, report.notice) =
            (judge.alarm().state(), tick.wall_ns, judge.alarm().notice());
        *self.states.get_mut(place)? = report.state;
        let (tier, severity) = (Arc::clone(&report.name), report.severity);
        Some(Transition { tier, severity, from, to: report.state, at: tick, inhibited, notice })
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.past.line().last().elapsed_ns)
    }

    /// How its alerts stand, those of blindness last, each as a transition that changes nothing.
    pub(crate) fn standing(&self) -> Vec<Transition> {
        let at = self.past.line().last();
        let quiet = |tier, severity, state| Transition {
            tier,
            severity,
            from: state,
            to: state,
            at,
            inhibited: false,
            notice: Notice::Quiet,
        };
        let tiers = self.report.tiers.iter();
        let tiers = tiers.map(|tier| quiet(Arc::clone(&tier.name), tier.severity, tier.state));
        let blind = |sight: &Sight| quiet(Self::BLIND.into(), self.severity_of(sight), sight.alarm().state());
        tiers.chain(self.sights.iter().map(blind)).collect()
    }

    fn strides_ns(&self) -> Vec<(u64, u64)> {
        let mut reaches: Vec<(u64, u64)> =
            self.past.units().reaches_ns().chain(self.past.calls().reaches_ns()).collect();
        reaches.sort_unstable();
        let reach_of_finer = |slot_ns: u64| {
            let finer = reaches.iter().filter(|(finer_ns, _)| *finer_ns < slot_ns);
            finer.map(|(_, reach_ns)| *reach_ns).max().unwrap_or(0)
        };
        reaches.iter().map(|(slot_ns, _)| (*slot_ns, reach_of_finer(*slot_ns) + 2 * slot_ns)).collect()
    }

    /// Books a stride of one of [these lengths](Calm::strides_ns) and judges nothing.
    pub(crate) fn stride(&mut self, tick: Tick, input: Input) {
        self.report.exported += input.delta;
        self.report.provisional = EventCounts::ZERO;
        self.past.stride(tick, input);
    }

    /// Books like [`Evaluator::tick`], and judges nothing.
    pub(crate) fn pass(&mut self, tick: Tick, input: Input) {
        self.tiers.iter_mut().for_each(|judge| judge.note_counted(&self.past));
        self.book(tick, input);
    }

    /// Judges the alerts as they stand after the last booking, and nothing that is only shown.
    pub(crate) fn judge_alerts(&mut self) -> &[Transition] {
        let tick = self.past.line().last();
        let provisional = self.past.provisional(self.report.provisional);
        self.transitions.clear();
        self.judge_tiers(tick, provisional);
        self.judge_blindness(tick);
        self.note_incidents(tick);
        &self.transitions
    }

    /// Judges everything as it stands after the last booking.
    pub(crate) fn judge_all(&mut self) -> &[Transition] {
        let tick = self.past.line().last();
        self.judge(tick, self.past.provisional(self.report.provisional), &mut Share::without_end());
        &self.transitions
    }

    /// Within how long a time all events fall into the same slots of all rings.
    pub(crate) fn slot_ns(&self) -> u64 {
        let slot_ns = self.past.units().finest_ns().min(self.past.calls().finest_ns());
        let step = self.objective.terms().budgeting().slice_step();
        let is_whole = step.is_none_or(|step| step.as_nanos().is_multiple_of(u128::from(slot_ns)));
        if is_whole { slot_ns } else { 1 }
    }

    /// Where its time line is: the wall clock, unless that made steps.
    pub(crate) const fn now_ns(&self) -> u64 {
        self.past.line().now_ns()
    }

    /// What both windows of a tier burn at least, with the time that was not observed as time without errors.
    pub(crate) fn burn_of_tier(&self, place: usize) -> f64 {
        let Some(judge) = self.tiers.get(place) else { return 0.0 };
        let burn = |place: usize| {
            let reading = self.past.reading(place);
            let counts = reading.counts + self.report.provisional;
            counts.error_ratio().map_or(0.0, |ratio| ratio * reading.coverage())
        };
        let (long, short) = judge.places();
        burn(long).min(burn(short)) / self.objective.target().budget_ratio()
    }

    /// Whether an alert fires, so that it has to know when it last burned.
    pub(crate) fn is_firing(&self) -> bool {
        self.states.contains(&AlertState::Firing) || self.sights.iter().any(Sight::is_blind)
    }

    /// Whether no alert changes from now until the end of the stretch, in whatever order its events come.
    ///
    /// The stretch lies within the [slot](Self::slot_ns) of the last booking, so events only come and none leave: all
    /// counts in between lie between those of now and of the end. What is judged grows with failures and falls with
    /// successes, so the two ends that are worst and best speak for all. No calls are in flight.
    pub(crate) fn holds_still(&self, stretch: Stretch) -> bool {
        let until = Duration::from_nanos(stretch.until_ns);
        let delta = if self.past.is_sliced() { EventCounts::ZERO } else { stretch.delta };
        self.sees_alike(stretch, until) && (self.is_spotless(delta) || self.burns_alike(delta, until))
    }

    /// Whether there is no failure in the longest of all windows, and none comes.
    fn is_spotless(&self, delta: EventCounts) -> bool {
        delta.bad() == 0
            && self.longest().counts.bad() == 0
            && self.states.iter().all(|state| *state == AlertState::Ok)
    }

    fn burns_alike(&self, delta: EventCounts, until: Duration) -> bool {
        let (bench, lived) = (self.bench(EventCounts::ZERO), until.saturating_sub(self.now()));
        let is_alike = |(place, (tier, judge)): (usize, (&DerivedTier, &TierJudge))| {
            let with = |more: EventCounts, lived: Duration| -> Judgement {
                judge.compare(tier, bench, |place| {
                    let reading = self.past.reading(place);
                    let observed = (reading.observed + lived).min(reading.length);
                    Reading { counts: reading.counts + more, observed, ..reading }
                })
            };
            let worst = with(EventCounts::new(0, delta.bad()), lived);
            let now = || with(EventCounts::ZERO, Duration::ZERO);
            let best = || with(EventCounts::new(delta.good(), 0), Duration::ZERO);
            let is_inhibited = inhibitor(place, &self.derived, &self.states).is_some();
            // Below with all that is bad is below with less of it.
            let is_sure = worst.pair == Pair::default() || (worst == now() && worst == best());
            worst.guarded.is_none() && is_sure && judge.alarm().holds(worst.pair, until, is_inhibited)
        };
        let is_static = self.objective.terms().burn_model() == BurnModel::Static;
        is_static && self.derived.iter().zip(&self.tiers).enumerate().all(is_alike)
    }

    /// Whom it reaches when this one is blind.
    fn severity_of(&self, sight: &Sight) -> Severity {
        if self.objective.terms().blindness() == Blindness::Notify { sight.severity() } else { Severity::Log }
    }

    /// The same for blindness.
    fn sees_alike(&self, stretch: Stretch, until: Duration) -> bool {
        let judged = stretch.ended.saturating_sub(stretch.unjudged);
        let mut inhibited = false;
        self.sights.iter().all(|sight| {
            let blind_with = |judged: u64, unjudged: u64| {
                sight.calls(&self.past).any(|calls| is_blind(calls.good() + judged, calls.bad() + unjudged))
            };
            let worst = blind_with(0, stretch.unjudged);
            let alike = worst == blind_with(judged, 0) && worst == blind_with(0, 0);
            let holds = alike && sight.alarm().holds(Sight::pair(worst), until, inhibited);
            inhibited |= sight.is_blind();
            holds
        })
    }
}
