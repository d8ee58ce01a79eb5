//! Pure. What one objective remembers: its events or slices, and the calls that ended, on one time line.

use core::time::Duration;
use std::collections::VecDeque;

use super::absence::{Downtime, Part};
use super::aside::Aside;
use super::estimate::{Estimate, HOUR_NS, Rate};
use super::input::Input;
use super::memory::{KeptPast, KeptSlices};
use crate::alert::Reading;
use crate::slo::Budgeting;
use crate::units::{EventCounts, Target, saturating_nanos};
use crate::window::{EmptySlice, KeptLadder, Ladder, Mark, Rungs, Slices, Spread, Step, Tick, Timeline};

const MINUTE_NS: u64 = 60_000_000_000;

/// What the rate of a time without a process is estimated from.
const HOUR: Duration = Duration::from_nanos(HOUR_NS);

/// What a slice that is judged by its ratio counts: one good slice is a billion good parts.
const PARTS: u64 = 1_000_000_000;

/// The past of one objective.
#[derive(Clone, Debug)]
pub(super) struct Past {
    pub(super) line: Timeline,
    /// What the budget is counted in: events, slices, or billionths of slices.
    pub(super) units: Ladder,
    /// Calls that ended: judged ones as good, ignored and abandoned-and-ignored ones as bad.
    pub(super) calls: Ladder,
    /// What is not judged of both.
    pub(super) aside: Option<Box<Aside>>,
    pub(super) slices: Option<SliceJudge>,
    /// Up to where events were spread by the last late tick.
    late_until_ns: u64,
    late_ticks: u64,
    /// Bad events that were estimated, because there was no process.
    estimate: Estimate,
    /// What a time without a process counts as that the wall clock tells of before it is believed, and the last hour
    /// before it.
    doubted: Option<(Downtime, Rate)>,
}

/// How the past went on after a time without a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resumed {
    step: Step,
    before: Mark,
    spread: Option<Spread>,
}

impl Resumed {
    /// Where the time line is now.
    pub(super) const fn now_ns(&self) -> u64 {
        self.step.now_ns
    }

    /// By how much slots were renamed.
    pub(super) const fn relabel_ns(&self) -> u64 {
        self.step.relabel_ns
    }

    /// Where it was before, in the names that slots have now.
    pub(super) const fn left_off_ns(&self) -> u64 {
        self.step.from_ns
    }

    /// How long there was no process.
    pub(super) const fn absent_ns(&self) -> u64 {
        self.step.now_ns.saturating_sub(self.step.from_ns)
    }

    /// What had been counted at an instant of the time without a process.
    pub(super) fn counted_at(&self, at_ns: u64) -> Mark {
        let since = self.spread.map_or(EventCounts::ZERO, |spread| spread.before(at_ns));
        Mark { at_ns, judged: self.before.judged.plus(since), ..self.before }
    }
}

impl Past {
    /// An empty past that begins at `start`, for `windows` of the budget's units and `short` ones of calls.
    ///
    /// Gaps are remembered for `keep`, or for the longest window when that is longer.
    pub(super) fn new(
        budgeting: Budgeting,
        windows: &[Duration],
        short: &[Duration],
        keep: Duration,
        start: Tick,
    ) -> Self {
        let units = Ladder::new(windows, Rungs::EVENTS, start.wall_ns);
        let calls = Ladder::new(short, Rungs::COARSE, start.wall_ns);
        let coarsest_ns = units.coarsest_ns().max(calls.coarsest_ns());
        let keep_ns = units.longest_ns().max(saturating_nanos(keep)).saturating_add(coarsest_ns);
        let line = Timeline::new(start, units.finest_ns(), coarsest_ns, keep_ns);
        let slices = SliceJudge::new(budgeting, start.wall_ns);
        Self {
            line,
            units,
            calls,
            aside: None,
            slices,
            late_until_ns: 0,
            late_ticks: 0,
            estimate: Estimate::default(),
            doubted: None,
        }
    }

    /// What outlives the process, but for what is set aside.
    pub(super) fn kept(&self) -> KeptPast {
        KeptPast {
            units: KeptLadder::of(&self.units),
            calls: KeptLadder::of(&self.calls),
            line: self.line.kept(),
            slices: self.kept_slices(),
            estimate: self.estimate,
        }
    }

    /// Time slices, as far as the next ones depend on them.
    pub(super) fn kept_slices(&self) -> Option<KeptSlices> {
        self.slices.as_ref().map(SliceJudge::kept)
    }

    /// Takes over what an earlier process counted, up to where it left off: that is where this past has to begin.
    pub(super) fn take_over(&mut self, kept: KeptPast) {
        self.units.fill(&kept.units);
        self.calls.fill(&kept.calls);
        self.line.take_over(kept.line);
        self.estimate = kept.estimate;
        if let (Some(judge), Some(slices)) = (&mut self.slices, kept.slices) {
            judge.take_over(slices);
        }
    }

    /// Goes on from where an earlier process left off, or this objective did.
    ///
    /// A wall clock that is not believed yet, and tells of days or is behind, is followed once it is: by a
    /// [leap](Self::leap).
    pub(super) fn resume(&mut self, part: Part, last_hour: Rate) -> Resumed {
        let Part { until, lived_ns, downtime, believed } = part;
        let wanted_ns = self.line.wanted_ns(until, lived_ns);
        let step = self.line.resume(until, lived_ns, downtime == Downtime::Excluded, believed);
        // What this process lived through, it follows at once. Where others came first, nobody knows how much of the doubted
        // time they were there.
        if !believed && lived_ns == 0 && self.line.doubts(wanted_ns) {
            self.doubted = self.doubted.or(Some((downtime, last_hour)));
        }
        self.go_over(step, downtime, last_hour)
    }

    /// How many events came in the last observed hour, without those that were estimated.
    pub(super) fn last_hour(&self) -> Rate {
        let place = self.units.place(HOUR);
        if self.is_estimated(place) {
            return self.estimate.last_hour(self.rate_since(self.estimate.until_ns(), place));
        }
        self.rate(self.units.counts(place).total(), self.units.start_ns(place), 0)
    }

    /// What came since an instant, by whole slots of a window that began after it.
    fn rate_since(&self, at_ns: u64, place: usize) -> Rate {
        let slot_ns = self.units.slot_ns(place);
        let from_ns = (at_ns / slot_ns + 1).saturating_mul(slot_ns);
        let slots = self.units.slots(place).filter(|(start_ns, _)| *start_ns >= from_ns);
        let events = slots.map(|(_, counts)| counts.total()).fold(0, u64::saturating_add);
        self.rate(events, from_ns, slot_ns)
    }

    /// The rate of events since `from_ns`, in the time that was observed and is not excluded; none if that is less than
    /// `least_ns`, or a minute where some is excluded: events of a tick count where it ends, and a late one has many.
    fn rate(&self, events: u64, from_ns: u64, least_ns: u64) -> Rate {
        let excluded_ns = self.aside.as_ref().map_or(0, |aside| aside.observed_ns(&self.line, from_ns));
        let judged_ns = self.line.observed_ns(from_ns).saturating_sub(excluded_ns);
        let least_ns = if excluded_ns > 0 { least_ns.max(MINUTE_NS) } else { least_ns };
        if judged_ns < least_ns { Rate::default() } else { Rate::new(events, judged_ns) }
    }

    /// Whether some of the time without a process is not followed yet.
    pub(super) const fn is_doubting(&self) -> bool {
        self.doubted.is_some()
    }

    /// Whether `tick` moves over a time without a process that was doubted so far.
    pub(super) fn leaps(&self, tick: Tick) -> bool {
        self.doubted.is_some() && self.line.leaps(tick)
    }

    /// Moves to `tick` over a time without a process that was doubted so far.
    pub(super) fn leap(&mut self, tick: Tick) -> Resumed {
        let (downtime, last_hour) = self.doubted.take().unwrap_or((Downtime::Unknown, Rate::default()));
        let step = self.line.leap(tick, downtime == Downtime::Excluded);
        self.go_over(step, downtime, last_hour)
    }

    /// Counts the time of a step, in which there was no process, as the policy says.
    fn go_over(&mut self, step: Step, downtime: Downtime, last_hour: Rate) -> Resumed {
        if step.relabel_ns > 0 {
            self.relabel(step);
        }
        let length_ns = step.now_ns.saturating_sub(step.from_ns);
        let is_bad = downtime.is_bad(Duration::from_nanos(length_ns));
        let bad = if is_bad { self.estimated(length_ns, last_hour) } else { EventCounts::ZERO };
        self.book_slices(Step { gap: true, ..step }, Input::default());
        let before = self.mark(step.from_ns);
        let spread = Spread::of(Step { late: true, gap: false, ..step }, self.units.finest_ns(), bad);
        self.units.advance(step.now_ns, bad, spread);
        self.calls.advance(step.now_ns, EventCounts::ZERO, None);
        if let Some(aside) = &mut self.aside {
            aside.advance(step.now_ns, EventCounts::ZERO, EventCounts::ZERO);
        }
        if !bad.is_empty() {
            self.estimate.note(step.now_ns, last_hour);
        }
        Resumed { step, before, spread }
    }

    /// Bad events in a time without a process, if all that came in the last observed hour went on coming; of slices,
    /// all that fit.
    fn estimated(&self, length_ns: u64, last_hour: Rate) -> EventCounts {
        if let Some(judge) = &self.slices {
            let slices = length_ns / judge.slices.length_ns();
            return EventCounts::new(0, slices.saturating_mul(self.parts()));
        }
        EventCounts::new(0, last_hour.over(length_ns))
    }

    /// Whether some bad events of a window were estimated.
    pub(super) fn is_estimated(&self, place: usize) -> bool {
        self.estimate.until_ns() > self.units.start_ns(place)
    }

    /// What outlives the process of what was estimated.
    pub(super) const fn estimate(&self) -> Estimate {
        self.estimate
    }

    /// Up to where bad events were estimated; zero when none were.
    pub(super) const fn estimated_until_ns(&self) -> u64 {
        self.estimate.until_ns()
    }

    /// Moves the time line to `tick`; what happened since the one before is [booked](Self::book) next.
    pub(super) fn advance(&mut self, tick: Tick, input: Input) -> Step {
        let busy = input.ended > 0 || !input.delta.is_empty();
        let step = self.line.advance(tick, busy);
        if self.line.is_even() {
            self.doubted = None;
        }
        if step.relabel_ns > 0 {
            self.relabel(step);
        }
        if step.is_spread() {
            self.late_until_ns = step.now_ns;
        }
        self.late_ticks += u64::from(step.late);
        step
    }

    /// Moves to `tick` and books as if it came in time, into the coarsest slots that it ends with.
    #[cfg(feature = "test-util")]
    pub(super) fn stride(&mut self, tick: Tick, input: Input) {
        let step = self.line.glide(tick);
        self.book(step, input);
    }

    /// What will have been counted before `start_ns`, the start of a slot, once the events of `step` are booked.
    pub(super) fn sum_before(&self, start_ns: u64, step: Step, input: Input) -> Mark {
        let spread = Spread::of(step, self.units.finest_ns(), input.delta);
        let since = spread.map_or(EventCounts::ZERO, |spread| spread.before(start_ns));
        let mark = self.mark(start_ns);
        Mark { judged: mark.judged.plus(since), ..mark }
    }

    /// Books what happened up to the end of `step`, in an excluded time aside. What is spread over such a time has to be
    /// [set aside](Self::set_aside) afterwards.
    pub(super) fn book(&mut self, step: Step, input: Input) {
        let (now_ns, slot_ns) = (step.now_ns, self.units.finest_ns());
        let calls = EventCounts::from_total(input.ended, input.unjudged);
        let is_excluded = self.aside.as_ref().is_some_and(|aside| aside.contains(now_ns));
        let (judged, aside) = if is_excluded && !step.is_spread() {
            ((EventCounts::ZERO, EventCounts::ZERO), (input.delta, calls))
        } else {
            ((input.delta, calls), (EventCounts::ZERO, EventCounts::ZERO))
        };
        let sliced = self.book_slices(step, input);
        let of_events = |delta| if sliced { EventCounts::ZERO } else { delta };
        let units = of_events(judged.0);
        self.units.advance(now_ns, units, Spread::of(step, slot_ns, units));
        self.calls.advance(now_ns, judged.1, Spread::of(step, slot_ns, judged.1));
        if let Some(set_aside) = &mut self.aside {
            set_aside.advance(now_ns, of_events(aside.0), aside.1);
        }
    }

    /// Books the slices that are over, where time is sliced.
    fn book_slices(&mut self, step: Step, input: Input) -> bool {
        let spread = Spread::of(step, self.units.finest_ns(), input.delta);
        let Some(judge) = &mut self.slices else { return false };
        let (units, aside, length_ns) = (&mut self.units, &mut self.aside, judge.length_ns());
        judge.slices.advance(step.now_ns, input.delta, spread, step.gap, |end_ns, counts| {
            let verdict = judge.rule.judge(counts);
            let time = (end_ns.saturating_sub(length_ns), end_ns);
            let ladder = match aside.as_mut().filter(|aside| aside.touches(time)) {
                Some(aside) => &mut aside.units,
                None => &mut *units,
            };
            ladder.advance(end_ns.min(step.now_ns), verdict, None);
        });
        if step.gap && step.now_ns > step.from_ns {
            judge.rule.recent.clear();
        }
        true
    }

    /// What `provisional` events add to a window when it is judged.
    ///
    /// To slices they add one: the open slice, as if it ended now with them.
    pub(super) fn provisional(&self, provisional: EventCounts) -> EventCounts {
        match &self.slices {
            _ if provisional.is_empty() || self.is_excluding() => EventCounts::ZERO,
            Some(judge) => judge.rule.verdict(judge.rule.sample(judge.slices.open() + provisional)),
            None => provisional,
        }
    }

    /// Whether time is sliced, so that slices and not events are counted.
    pub(super) const fn is_sliced(&self) -> bool {
        self.slices.is_some()
    }

    /// How many counts make one unit of the budget: billionths for slices that are judged by their ratio.
    pub(super) const fn parts(&self) -> u64 {
        match &self.slices {
            Some(SliceJudge { rule: SliceRule { target: None, .. }, .. }) => PARTS,
            _ => 1,
        }
    }

    /// How much of a window was observed, at most its length.
    pub(super) fn observed_ns(&self, place: usize) -> u64 {
        self.observed_since_ns(self.units.start_ns(place)).min(self.units.length_ns(place))
    }

    /// How much of the time since `from_ns` was observed, or is excluded, so that nobody needed to.
    pub(super) fn observed_since_ns(&self, from_ns: u64) -> u64 {
        let excluded_ns = self.aside.as_ref().map_or(0, |aside| aside.missed_ns(&self.line, from_ns));
        self.line.observed_ns(from_ns).saturating_add(excluded_ns)
    }

    /// Events of a window and how much of it was observed.
    pub(super) fn reading(&self, place: usize) -> Reading {
        Reading {
            counts: self.units.counts(place),
            observed: Duration::from_nanos(self.observed_ns(place)),
            length: Duration::from_nanos(self.units.length_ns(place)),
        }
    }

    /// Events of a window and the time that its slots really span, for rates.
    ///
    /// That is up to a slot more than its length, which is a thirtieth of five minutes.
    pub(super) fn span(&self, place: usize) -> Reading {
        let observed = Duration::from_nanos(self.observed_since_ns(self.units.start_ns(place)));
        Reading::full(self.units.counts(place), observed)
    }

    /// Whether a late tick spread events over some of a window.
    pub(super) fn is_late(&self, place: usize) -> bool {
        self.late_until_ns > self.units.start_ns(place)
    }

    /// How many ticks came so late that their events were spread, or that the time before them is a gap.
    pub(super) const fn late_ticks(&self) -> u64 {
        self.late_ticks
    }

    /// Events, slices or billionths of slices.
    pub(super) const fn units(&self) -> &Ladder {
        &self.units
    }

    /// Calls that ended: judged ones as good, ignored and abandoned-and-ignored ones as bad.
    pub(super) const fn calls(&self) -> &Ladder {
        &self.calls
    }

    /// Bytes of all rings.
    pub(super) fn bytes(&self) -> usize {
        self.units.bytes() + self.calls.bytes() + self.aside.as_ref().map_or(0, |aside| aside.bytes())
    }

    /// The time line.
    pub(super) const fn line(&self) -> &Timeline {
        &self.line
    }

    fn relabel(&mut self, step: Step) {
        self.units.relabel(step.relabel_ns);
        self.calls.relabel(step.relabel_ns);
        if let Some(aside) = &mut self.aside {
            aside.relabel(step.relabel_ns);
        }
        self.late_until_ns = self.late_until_ns.saturating_sub(step.relabel_ns);
        self.estimate.relabel(step.relabel_ns);
        if let Some(judge) = &mut self.slices {
            judge.slices.relabel(step.from_ns);
        }
    }
}

/// Slices of time and how they are judged.
#[derive(Clone, Debug)]
pub(super) struct SliceJudge {
    pub(super) slices: Slices,
    rule: SliceRule,
}

impl SliceJudge {
    fn new(budgeting: Budgeting, now_ns: u64) -> Option<Self> {
        let (target, empty, samples) = match budgeting {
            Budgeting::TimeSlices { target, empty, .. } => (Some(target), empty, 1),
            Budgeting::RatioTimeslices { empty, .. } => (None, empty, 1),
            Budgeting::OverlappingSlices { samples, .. } => (None, EmptySlice::Skip, samples.max(1)),
            _ => return None,
        };
        let older = usize::from(samples - 1);
        let recent = VecDeque::with_capacity(older);
        let rule = SliceRule { target, empty, last: EventCounts::ZERO, older, recent };
        Some(Self { slices: Slices::new(budgeting.slice_step()?, now_ns), rule })
    }
}

impl SliceJudge {
    /// How long a slice is; where slices overlap, longer than until the next one ends.
    pub(super) fn length_ns(&self) -> u64 {
        self.slices.length_ns().saturating_mul(self.rule.older as u64 + 1)
    }

    fn kept(&self) -> KeptSlices {
        KeptSlices {
            open: self.slices.kept(),
            last: self.rule.last.into(),
            recent: self.rule.recent.iter().map(|counts| (*counts).into()).collect(),
        }
    }

    fn take_over(&mut self, kept: KeptSlices) {
        self.slices.resume(kept.open);
        self.rule.last = kept.last.into();
        self.rule.recent = kept.recent.into_iter().map(Into::into).take(self.rule.older).collect();
    }
}

/// How a slice that is over counts.
#[derive(Clone, Debug)]
struct SliceRule {
    /// The share of good events that makes a slice good; none when the share itself is what counts.
    target: Option<Target>,
    empty: EmptySlice,
    /// What the last slice that ended counted.
    last: EventCounts,
    /// How many older pieces a slice has besides the newest, where slices overlap; and these, oldest first.
    older: usize,
    recent: VecDeque<EventCounts>,
}

impl SliceRule {
    /// What a slice that ended counts, which the next one may carry.
    fn judge(&mut self, counts: EventCounts) -> EventCounts {
        self.last = self.verdict(self.sample(counts));
        if self.recent.len() >= self.older {
            self.recent.pop_front();
        }
        if self.older > 0 {
            self.recent.push_back(counts);
        }
        self.last
    }

    /// The slice whose newest piece this is.
    fn sample(&self, newest: EventCounts) -> EventCounts {
        self.recent.iter().copied().sum::<EventCounts>() + newest
    }

    fn verdict(&self, counts: EventCounts) -> EventCounts {
        let parts = if self.target.is_some() { 1 } else { PARTS };
        match (counts.is_empty(), self.empty, self.target) {
            (true, EmptySlice::Good, _) => EventCounts::new(parts, 0),
            (true, EmptySlice::Bad, _) => EventCounts::new(0, parts),
            (true, EmptySlice::CarryLast, _) => self.last,
            (true, EmptySlice::Skip, _) => EventCounts::ZERO,
            (false, _, Some(target)) => {
                let is_good = scaled(counts.good()) >= u128::from(counts.total()) * u128::from(target.ppb());
                if is_good { EventCounts::new(1, 0) } else { EventCounts::new(0, 1) }
            }
            (false, _, None) => {
                let bad = scaled(counts.bad()) / u128::from(counts.total().max(1));
                EventCounts::from_total(PARTS, u64::try_from(bad).unwrap_or(PARTS))
            }
        }
    }
}

fn scaled(count: u64) -> u128 {
    u128::from(count) * u128::from(PARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000_000_000;

    /// Feeds one slice of a minute after the other and tells what the last hour counts.
    fn an_hour_of(budgeting: Budgeting, slices: &[EventCounts]) -> EventCounts {
        let hour = [Duration::from_secs(3_600)];
        let mut past = Past::new(budgeting, &hour, &[], Duration::ZERO, Tick::default());
        for second in 1..=60 * slices.len() as u64 {
            let delta =
                slices.get(usize::try_from(second / 60).unwrap()).filter(|_| second % 60 == 30).copied();
            let ns = second * MINUTE / 60;
            let input = Input { delta: delta.unwrap_or_default(), ..Input::default() };
            let step = past.advance(Tick { wall_ns: ns, elapsed_ns: ns }, input);
            past.book(step, input);
        }
        past.units().counts(0)
    }

    fn minutes(empty: EmptySlice) -> Budgeting {
        Budgeting::TimeSlices { length: Duration::from_secs(60), target: Target::new(0.95), empty }
    }

    const NONE: EventCounts = EventCounts::ZERO;
    const GOOD: EventCounts = EventCounts::new(95, 5);
    const BAD: EventCounts = EventCounts::new(94, 6);

    #[track_caller]
    fn check(empty: EmptySlice, slices: &[EventCounts], good: u64, bad: u64) {
        assert_eq!(an_hour_of(minutes(empty), slices), EventCounts::new(good, bad), "{empty:?}");
    }

    #[test]
    fn a_slice_is_good_from_its_target_on() {
        check(EmptySlice::Skip, &[GOOD, BAD, GOOD], 2, 1);
    }

    #[test]
    fn empty_slices_follow_their_policy() {
        let slices = [NONE, BAD, NONE, NONE, GOOD, NONE];
        check(EmptySlice::Skip, &slices, 1, 1);
        check(EmptySlice::Good, &slices, 5, 1);
        check(EmptySlice::Bad, &slices, 1, 5);
        check(EmptySlice::CarryLast, &slices, 2, 3);
    }

    #[test]
    fn ratio_slices_count_the_mean_of_their_ratios() {
        // One busy slice with 1 % errors and two quiet ones without: the mean is a third of a percent, whatever
        // the traffic.
        let length = Duration::from_secs(60);
        let budgeting = Budgeting::RatioTimeslices { length, empty: EmptySlice::Skip };
        let quiet = EventCounts::new(10, 0);
        let hour = an_hour_of(budgeting, &[EventCounts::new(99_000, 1_000), quiet, NONE, quiet]);
        assert_eq!(hour, EventCounts::from_total(3 * PARTS, PARTS / 100));
    }

    #[test]
    fn overlapping_slices_count_each_event_in_several() {
        let length = Duration::from_secs(180);
        let budgeting = Budgeting::OverlappingSlices { length, samples: 3 };
        let (good, bad) = (EventCounts::new(10, 0), EventCounts::new(0, 10));
        // The shares of bad ones: nothing, 0, 1/2, 1/2, 1, nothing.
        let hour = an_hour_of(budgeting, &[NONE, good, bad, NONE, NONE, NONE]);
        assert_eq!(hour, EventCounts::from_total(4 * PARTS, 2 * PARTS));
    }

    #[test]
    fn calls_in_flight_make_the_open_slice_bad_while_they_hang() {
        let mut past = Past::new(
            minutes(EmptySlice::Skip),
            &[Duration::from_secs(300)],
            &[],
            Duration::ZERO,
            Tick::default(),
        );
        let input = Input { delta: EventCounts::new(10, 0), ..Input::default() };
        let step = past.advance(Tick { wall_ns: 1, elapsed_ns: 1 }, input);
        past.book(step, input);
        assert_eq!(past.provisional(NONE), NONE);
        assert_eq!(past.provisional(EventCounts::new(0, 1)), EventCounts::new(0, 1));
        assert_eq!(past.units().counts(0), NONE, "nothing was booked");
    }
}
