//! Cold. One series as the engine sees it: its counts at the last look, and its merged histograms.

use crate::clock::Source;
use crate::engine::rotation::Rotation;
use crate::histogram::{Recorder, Snapshot, Tally, Totals};
use crate::primitive::Arc;
use crate::sli::Outcome;
use crate::sli::in_flight::{InFlight, Tracker};
use crate::sli::series::{Series, SeriesCounts};
use crate::window::Tick;

/// A series and what was last read from it.
#[derive(Debug)]
pub(super) struct Meter {
    series: Arc<Series>,
    tracker: Tracker,
    counts: SeriesCounts,
    in_flight: InFlight,
    ok: Merged,
    error: Merged,
}

/// Merged buckets, and how many events they hold: one that is counted while they are read may be missing. Classic
/// buckets, once there was an event.
#[derive(Debug)]
struct Merged {
    count: u64,
    tally: Option<Tally>,
    durations: Rotation<Snapshot>,
}

impl Merged {
    fn empty(series: &Series) -> Self {
        Self {
            count: 0,
            tally: None,
            durations: Rotation::new(Snapshot::empty(series.settings().plan.layout)),
        }
    }

    /// Merges anew if there are other events than it has; returns whether there are.
    fn refresh(&mut self, recorder: &Recorder, count: u64) -> bool {
        // At the end of what can be counted nobody knows.
        let changed = count != self.count || count == u64::MAX;
        if changed {
            self.durations.turn(|snapshot| recorder.refresh(snapshot));
            self.count = self.durations.latest().count();
        }
        changed
    }

    /// Counts what is new in classic buckets; they begin as `blank`.
    fn tally(&mut self, recorder: &Recorder, blank: &Tally) -> Totals {
        match &mut self.tally {
            Some(tally) => recorder.tally(tally),
            None => {
                let totals = recorder.totals();
                if totals.count == 0 {
                    return totals;
                }
                recorder.tally(self.tally.insert(blank.clone()))
            }
        }
    }
}

impl Meter {
    pub(super) fn new(series: Arc<Series>, now: Tick) -> Self {
        let (slot_ns, slot) = slot(&series, now);
        Self {
            tracker: Tracker::new(slot_ns, slot),
            counts: SeriesCounts::default(),
            in_flight: InFlight::default(),
            ok: Merged::empty(&series),
            error: Merged::empty(&series),
            series,
        }
    }

    /// Reads the counters and looks for calls that hang.
    pub(super) fn observe(&mut self, now: Tick) {
        self.read_counts();
        let (_, slot) = slot(&self.series, now);
        self.in_flight = self.tracker.observe(&self.series.in_flight(), slot);
    }

    /// Reads the counters alone.
    pub(super) fn read_counts(&mut self) {
        self.series.read(&mut self.counts, |_, recorder| recorder.totals());
    }

    /// Reads the counters with their classic buckets; these begin as `blank`.
    pub(super) fn read_buckets(&mut self, blank: &Tally) {
        let (ok, error) = (&mut self.ok, &mut self.error);
        self.series.read(&mut self.counts, |outcome, recorder| match outcome {
            Outcome::Ok => ok.tally(recorder, blank),
            _ => error.tally(recorder, blank),
        });
    }

    /// Merges the histograms that changed since they were last merged; returns whether any did.
    pub(super) fn merge(&mut self) -> bool {
        let ok_changed = self.ok.refresh(self.series.ok(), self.counts.ok.count);
        let error_changed =
            self.series.error().is_some_and(|error| self.error.refresh(error, self.counts.error.count));
        ok_changed || error_changed
    }

    pub(super) fn series(&self) -> &Arc<Series> {
        &self.series
    }

    pub(super) fn counts(&self) -> &SeriesCounts {
        &self.counts
    }

    pub(super) fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    /// Calls in flight that would be bad if their callers left now.
    pub(super) fn overdue(&self) -> Option<u64> {
        let limit_ns = self.series.settings().wait_limits.overdue_ns()?;
        Some(self.in_flight.older_than(limit_ns))
    }

    pub(super) fn durations(&self) -> &Arc<Snapshot> {
        self.ok.durations.latest()
    }

    /// Successful calls in classic buckets, once there was one and they were read.
    pub(super) fn buckets(&self) -> Option<&Tally> {
        self.ok.tally.as_ref()
    }

    /// Failed calls in classic buckets, once there was one and they were read.
    pub(super) fn error_buckets(&self) -> Option<&Tally> {
        self.error.tally.as_ref()
    }

    /// Durations of failed calls, once there was one.
    pub(super) fn error_durations(&self) -> Option<&Arc<Snapshot>> {
        self.series.error().map(|_| self.error.durations.latest())
    }
}

/// The length and the number of the current slot of calls in flight.
///
/// A clock of the user's was read before the engine was locked: nobody knows what it does meanwhile.
fn slot(series: &Series, now: Tick) -> (u64, u64) {
    match &series.settings().clock {
        Source::System => (series.slot_ns(), series.slot()),
        Source::Other(_) => {
            let shift = series.settings().slots.shift();
            (1 << shift, now.elapsed_ns >> shift)
        }
    }
}
