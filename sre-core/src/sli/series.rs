//! Hot. The counters of one SLI, or of one member of a family.

use crate::clock::{Source, counter, since_anchor_ns};
use crate::histogram::{Plan, Recorder, Totals};
use crate::primitive::modelled::{AtomicU64, add_saturating};
use crate::primitive::{Arc, AtomicBool, OnDemand, Ordering, zeroed};
use crate::shard::{InFlightCells, LATE_SLOTS, Promotion, Slots, THRESHOLDS_MAX};
use crate::sli::Outcome;
use crate::sli::exemplar::{Exemplar, ExemplarStore};
use crate::sli::policy::WaitLimits;
use crate::sli::published::Published;
use crate::sli::started::{Moment, Started};

/// The most events that one batch counts as; sixteen million such batches fit any counter.
const BATCH_MAX: u64 = 1 << 40;

/// What a series needs to know to record; it never changes.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) plan: Arc<Plan>,
    pub(crate) wait_limits: WaitLimits,
    pub(crate) slots: Slots,
    pub(crate) clock: Source,
}

/// The counters of one series.
///
/// Successful calls are in `ok`, failed ones in `error`, which appears with the first of them. Calls without a
/// result of the service are rare and have plain shared counters.
#[derive(Debug)]
pub(crate) struct Series {
    recording: AtomicBool,
    settings: Arc<Settings>,
    ok: Recorder,
    error: OnDemand<Recorder>,
    unanswered: OnDemand<Unanswered>,
    exemplars: OnDemand<ExemplarStore>,
    published: OnDemand<Published>,
    /// Batches of more than [`BATCH_MAX`] events.
    batches_clamped: AtomicU64,
}

/// Calls that were ignored or abandoned.
#[derive(Debug)]
struct Unanswered {
    ignored: AtomicU64,
    bad: [AtomicU64; 4],
    forgiven: [AtomicU64; 4],
    bad_over: [AtomicU64; THRESHOLDS_MAX],
    forgiven_over: [AtomicU64; THRESHOLDS_MAX],
}

/// What a series has counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SeriesCounts {
    pub(crate) ok: Totals,
    pub(crate) error: Totals,
    pub(crate) ignored: u64,
    /// Abandoned calls by cause: those that are bad, and those that are ignored.
    pub(crate) abandoned_bad: [u64; 4],
    pub(crate) abandoned_forgiven: [u64; 4],
    /// Abandoned calls that had waited longer than each threshold.
    pub(crate) abandoned_bad_over: [u64; THRESHOLDS_MAX],
    pub(crate) abandoned_forgiven_over: [u64; THRESHOLDS_MAX],
}

impl Series {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self {
            recording: AtomicBool::new(true),
            ok: Recorder::new(&settings.plan),
            settings,
            error: OnDemand::empty(),
            unanswered: OnDemand::empty(),
            exemplars: OnDemand::empty(),
            published: OnDemand::empty(),
            batches_clamped: AtomicU64::new(0),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether events are counted; the switch of `Engine::pause` and `SRE_DISABLED`.
    pub(crate) fn is_recording(&self) -> bool {
        // Relaxed: nothing else depends on the switch; events around it may fall on either side.
        self.recording.load(Ordering::Relaxed)
    }

    /// Switches recording. While it is off threads do not find their shards, so that all events come by the way
    /// on which the switch is asked.
    pub(crate) fn set_recording(&self, on: bool) {
        self.recording.store(on, Ordering::Relaxed);
        self.ok.withhold_shards(!on);
        if let Some(error) = self.error() {
            error.withhold_shards(!on);
        }
    }

    /// Notes that a call starts; of a call that starts while recording is switched off, nothing is known.
    #[cold]
    pub(crate) fn begin(&self) -> Started {
        if !self.is_recording() {
            return Started::UNKNOWN;
        }
        let now = self.now();
        self.ok.add_started(Slots::place(self.slot_at(now)));
        Started::at(now)
    }

    /// Notes how a call ended; returns how long it took. Whatever it took, it is no longer in flight.
    #[cold]
    pub(crate) fn end(&self, started: Started, outcome: Outcome) -> u64 {
        let Some(moment) = started.moment() else { return 0 };
        let duration_ns = self.elapsed_ns(started);
        let late_ns = LATE_SLOTS.saturating_mul(self.slot_ns_on(moment));
        let slot = Slots::place(self.slot_at(moment));
        self.ok.add_ended((duration_ns < late_ns).then_some(slot));
        self.record(outcome, duration_ns);
        duration_ns
    }

    /// Now, on the clock of this series.
    fn now(&self) -> Moment {
        match (&self.settings.clock, counter()) {
            (Source::System, Some(counter)) => Moment::Ticks(counter.ticks()),
            (Source::System, None) => Moment::Nanos(since_anchor_ns()),
            (Source::Other(clock), _) => Moment::Nanos(clock.monotonic_ns()),
        }
    }

    /// How long ago a call started; it ends on the clock on which it started.
    pub(crate) fn elapsed_ns(&self, started: Started) -> u64 {
        match (started.moment(), counter(), &self.settings.clock) {
            (Some(Moment::Ticks(at)), Some(counter), _) => counter.nanos(counter.ticks().saturating_sub(at)),
            (Some(Moment::Nanos(at)), _, Source::System) => since_anchor_ns().saturating_sub(at),
            (Some(Moment::Nanos(at)), _, Source::Other(clock)) => clock.monotonic_ns().saturating_sub(at),
            (Some(Moment::Ticks(_)), None, _) | (None, ..) => 0,
        }
    }

    /// The number of the current slot of calls in flight.
    pub(crate) fn slot(&self) -> u64 {
        self.slot_at(self.now())
    }

    fn slot_at(&self, moment: Moment) -> u64 {
        let shift = self.settings.slots.shift();
        match (moment, counter()) {
            (Moment::Ticks(ticks), Some(counter)) => ticks >> counter.slot_shift(shift),
            (Moment::Ticks(count) | Moment::Nanos(count), _) => count >> shift,
        }
    }

    /// The length of these slots.
    pub(crate) fn slot_ns(&self) -> u64 {
        self.slot_ns_on(self.now())
    }

    fn slot_ns_on(&self, moment: Moment) -> u64 {
        let shift = self.settings.slots.shift();
        match (moment, counter()) {
            (Moment::Ticks(_), Some(counter)) => counter.nanos(1 << counter.slot_shift(shift)),
            _ => 1 << shift,
        }
    }

    /// Counts one event, unless recording is switched off.
    #[cold]
    pub(crate) fn record(&self, outcome: Outcome, duration_ns: u64) {
        if !self.is_recording() {
            return;
        }
        match outcome {
            Outcome::Ok => {
                if self.ok.record(duration_ns) == Some(Promotion::Done) {
                    // A busy series should not have to allocate when its calls begin to fail.
                    self.errors().touch();
                    let _ = self.unanswered();
                }
            }
            Outcome::Error => {
                if self.errors().record(duration_ns) == Some(Promotion::Done) && self.ok.shard().is_none() {
                    // Failed calls start and end in the shard of successful ones.
                    self.ok.promote();
                }
            }
            Outcome::Ignored | Outcome::Abandoned(_) => self.record_unanswered(outcome, duration_ns, 1),
        }
    }

    /// Counts `count` events of one outcome and duration, at most [`BATCH_MAX`].
    pub(crate) fn record_n(&self, outcome: Outcome, duration_ns: u64, count: u64) {
        if count > BATCH_MAX {
            // Relaxed: a statistic.
            self.batches_clamped.fetch_add(1, Ordering::Relaxed);
        }
        let count = count.min(BATCH_MAX);
        match outcome {
            Outcome::Ok => self.ok.record_n(duration_ns, count),
            Outcome::Error => self.errors().record_n(duration_ns, count),
            Outcome::Ignored | Outcome::Abandoned(_) => self.record_unanswered(outcome, duration_ns, count),
        }
    }

    fn record_unanswered(&self, outcome: Outcome, waited_ns: u64, count: u64) {
        let Outcome::Abandoned(cause) = outcome else {
            add_saturating(&self.unanswered().ignored, count);
            return;
        };
        let bad = self.settings.wait_limits.is_bad(cause, waited_ns);
        let Unanswered { bad: by_bad, forgiven, bad_over, forgiven_over, .. } = self.unanswered();
        let (by_cause, over) = if bad { (by_bad, bad_over) } else { (forgiven, forgiven_over) };
        if let Some(counter) = by_cause.get(cause.index()) {
            add_saturating(counter, count);
        }
        let exceeded = self.settings.plan.thresholds.exceeded_by(waited_ns);
        over.iter().take(exceeded).for_each(|counter| add_saturating(counter, count));
    }

    /// The recorder of failed calls; the first failure allots it.
    fn errors(&self) -> &Recorder {
        self.error.get_or_make(|| {
            let error = Recorder::of_failures(&self.settings.plan);
            error.withhold_shards(!self.is_recording());
            error
        })
    }

    /// The counters of calls without an answer; the first one allots them.
    fn unanswered(&self) -> &Unanswered {
        self.unanswered.get_or_make(Unanswered::new)
    }

    pub(crate) fn keep_exemplar(&self, outcome: Outcome, duration_ns: u64, exemplar: Exemplar) {
        let now_ns = self.settings.clock.monotonic_ns();
        let store = || ExemplarStore::new(self.settings.plan.thresholds.iter());
        self.exemplars.get_or_make(store).keep(outcome, duration_ns, exemplar, now_ns);
    }

    pub(crate) fn exemplars(&self) -> Option<&ExemplarStore> {
        self.exemplars.get()
    }

    /// What the engine has told handlers about this series, if an engine judges it.
    #[inline]
    pub(crate) fn published(&self) -> Option<&Published> {
        self.published.get()
    }

    pub(crate) fn publish_with(&self, make: impl FnOnce() -> Published) -> &Published {
        self.published.get_or_make(make)
    }

    /// Allots everything that recording on this thread needs.
    pub(crate) fn prewarm(&self) {
        self.ok.prewarm();
        self.errors().prewarm();
        let _ = self.unanswered();
    }

    pub(crate) fn ok(&self) -> &Recorder {
        &self.ok
    }

    /// The recorder of failed calls, once there was one.
    pub(crate) fn error(&self) -> Option<&Recorder> {
        self.error.get()
    }

    pub(crate) fn in_flight(&self) -> InFlightCells {
        self.ok.in_flight()
    }

    /// Brings what was counted up to date; `read` is asked for each kind of call that was ever seen.
    ///
    /// What there never was is zero already.
    pub(crate) fn read(&self, counts: &mut SeriesCounts, mut read: impl FnMut(Outcome, &Recorder) -> Totals) {
        if let Some(unanswered) = self.unanswered.get() {
            unanswered.read(counts);
        }
        if let Some(error) = self.error() {
            counts.error = read(Outcome::Error, error);
        }
        counts.ok = read(Outcome::Ok, &self.ok);
    }

    /// What was counted so far.
    pub(crate) fn counts(&self) -> SeriesCounts {
        let mut counts = SeriesCounts::default();
        self.read(&mut counts, |_, recorder| recorder.totals());
        counts
    }

    /// Durations that were longer than can be kept apart, see `DURATION_MAX_NS`.
    pub(crate) fn clamped(&self) -> u64 {
        let of = |recorder: &Recorder| recorder.clamped.load(Ordering::Relaxed);
        of(&self.ok).saturating_add(self.error().map_or(0, of))
    }

    /// Batches that were larger than can be.
    pub(crate) fn batches_clamped(&self) -> u64 {
        // Relaxed: a statistic.
        self.batches_clamped.load(Ordering::Relaxed)
    }

    /// Bytes that this series takes, shards not included.
    pub(crate) fn bytes(&self) -> usize {
        let unanswered = self.unanswered.get().map_or(0, |_| size_of::<Unanswered>());
        let recorders = self.ok.bytes() + self.error().map_or(0, Recorder::bytes);
        let exemplars = self.exemplars().map_or(0, ExemplarStore::bytes);
        size_of::<Self>() - size_of::<Recorder>() + unanswered + recorders + exemplars
    }
}

impl Unanswered {
    fn new() -> Self {
        Self {
            ignored: AtomicU64::new(0),
            bad: zeroed(),
            forgiven: zeroed(),
            bad_over: zeroed(),
            forgiven_over: zeroed(),
        }
    }

    /// Subsets before what contains them, so that no part exceeds its whole.
    fn read(&self, counts: &mut SeriesCounts) {
        counts.abandoned_bad_over = load_all(&self.bad_over);
        counts.abandoned_forgiven_over = load_all(&self.forgiven_over);
        counts.abandoned_bad = load_all(&self.bad);
        counts.abandoned_forgiven = load_all(&self.forgiven);
        counts.ignored = self.ignored.load(Ordering::Acquire);
    }
}

fn load_all<const N: usize>(counters: &[AtomicU64; N]) -> [u64; N] {
    counters.each_ref().map(|counter| counter.load(Ordering::Acquire))
}

impl SeriesCounts {
    /// Calls that ended, with or without an answer.
    pub(crate) fn ended(&self) -> u64 {
        [self.ok.count, self.error.count, self.ignored]
            .iter()
            .chain(&self.abandoned_bad)
            .chain(&self.abandoned_forgiven)
            .fold(0, |sum: u64, count| sum.saturating_add(*count))
    }

    /// Whether there is a counter among these that can count no further, or may soon be.
    pub(crate) fn is_saturated(&self) -> bool {
        self.ended() == u64::MAX
    }

    /// Calls that ended and that no objective judges.
    pub(crate) fn unjudged(&self) -> u64 {
        self.abandoned_forgiven.iter().fold(self.ignored, |sum, count| sum.saturating_add(*count))
    }

    /// Counts of two series together, as for a family and its members.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.ok.merge(&other.ok);
        self.error.merge(&other.error);
        self.ignored = self.ignored.saturating_add(other.ignored);
        merge(&mut self.abandoned_bad, &other.abandoned_bad);
        merge(&mut self.abandoned_forgiven, &other.abandoned_forgiven);
        merge(&mut self.abandoned_bad_over, &other.abandoned_bad_over);
        merge(&mut self.abandoned_forgiven_over, &other.abandoned_forgiven_over);
    }
}

impl Totals {
    fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        merge(&mut self.over, &other.over);
    }
}

fn merge(sums: &mut [u64], more: &[u64]) {
    sums.iter_mut().zip(more).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
}

#[cfg(all(test, not(sre_loom)))]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::sli::{Abandoned, Sli, availability, latency};
    use crate::slo::{Objective, Validity};
    use crate::units::EventCounts;

    const SLOW_NS: u64 = 10_000_000_000;

    fn series() -> Series {
        let sli = Sli::new("full").objective(Objective::latency(0.99, Duration::from_secs(1)));
        Series::new(sli.definition().settings(Source::System))
    }

    #[track_caller]
    fn check(series: &Series, bad: u64, is_saturated: bool) {
        let counts = series.counts();
        assert_eq!(latency(&counts, 0, Validity::SuccessOnly), EventCounts::new(0, bad));
        assert_eq!(series.ok().snapshot().count(), bad);
        assert_eq!(counts.is_saturated(), is_saturated);
    }

    #[test]
    fn counters_that_are_full_stay_so() {
        let series = series();
        series.ok().record_n(SLOW_NS, u64::MAX - 2);
        check(&series, u64::MAX - 2, false);
        series.record(Outcome::Ok, SLOW_NS);
        check(&series, u64::MAX - 1, false);
        for _ in 0..3 {
            series.record(Outcome::Ok, SLOW_NS);
            check(&series, u64::MAX, true);
        }
        series.ok().record_n(SLOW_NS, u64::MAX);
        check(&series, u64::MAX, true);
        series.ok().record_n(1_000, 1 << 62);
        let durations = series.ok().snapshot();
        assert_eq!(durations.count_at_or_below(1_000_000), 1 << 62, "what came last is found, too");
        let slow_ns = (2 * u128::from(u64::MAX) + 2) * u128::from(SLOW_NS);
        assert_eq!(durations.sum_ns(), slow_ns + (1_000 << 62));
    }

    #[test]
    fn an_earlier_snapshot_of_full_counters_is_brought_up_to_date() {
        let series = series();
        series.ok().record_n(SLOW_NS, u64::MAX);
        let mut durations = series.ok().snapshot();
        series.record(Outcome::Ok, 1_000);
        series.record(Outcome::Ok, SLOW_NS + SLOW_NS / 10);
        series.ok().refresh(&mut durations);
        assert_eq!(durations, series.ok().snapshot());
        assert_eq!(durations.buckets().count(), 3);
    }

    #[test]
    fn calls_without_an_answer_fill_their_counters_too() {
        let series = series();
        for outcome in [Outcome::Ignored, Outcome::Abandoned(Abandoned::TimedOut)] {
            series.record_unanswered(outcome, SLOW_NS, u64::MAX - 1);
            (0..3).for_each(|_| series.record(outcome, SLOW_NS));
        }
        let counts = series.counts();
        assert_eq!((counts.ignored, counts.abandoned(Abandoned::TimedOut)), (u64::MAX, u64::MAX));
        assert_eq!(availability(&counts), EventCounts::new(0, u64::MAX));
        assert_eq!(latency(&counts, 0, Validity::SuccessOnly), EventCounts::new(0, u64::MAX));
        assert!(counts.is_saturated());
    }

    #[test]
    fn whoever_keeps_no_exemplar_has_no_room_for_any() {
        let series = series();
        let outcomes =
            [Outcome::Ok, Outcome::Error, Outcome::Ignored, Outcome::Abandoned(Abandoned::TimedOut)];
        for outcome in outcomes {
            series.record(outcome, SLOW_NS);
            series.record_n(outcome, SLOW_NS, 9);
        }
        assert!(series.exemplars().is_none());
        let bytes = series.bytes();
        series.keep_exemplar(Outcome::Ok, SLOW_NS, Exemplar::new([1; 16], [2; 8]));
        assert!(series.exemplars().is_some() && series.bytes() > bytes);
    }
}
