//! Hot. A call under way, recorded exactly once whatever happens to it.

use core::mem::ManuallyDrop;
use core::time::Duration;

use crate::sli::endings::{cause_of_drop, endings};
use crate::sli::exemplar::Exemplar;
use crate::sli::started::Started;
use crate::sli::{Abandoned, Outcome, Sli};

/// A call under way.
///
/// It ends with one of its methods. Dropped without a word it counts as abandoned: as panicked while the
/// thread unwinds, else as cancelled. A process that aborts loses it, since no destructor runs. A call that begins
/// and is dropped within a destructor that the unwinding runs counts as panicked, too: nobody can tell the two apart.
///
/// Ending a call reads the clock once and adds to counters of this thread: no lock, no allocation, no panic.
#[derive(Debug)]
#[must_use = "a call that is dropped at once counts as abandoned"]
pub struct Call<'a> {
    sli: &'a Sli,
    started: Started,
}

impl<'a> Call<'a> {
    #[inline]
    pub(crate) fn start(sli: &'a Sli) -> Self {
        let Some(shard) = sli.shard() else { return Self::start_elsewhere(sli) };
        let ticks = shard.counter().ticks();
        shard.add_started(shard.place_of(ticks));
        Self { sli, started: Started::at_ticks(ticks) }
    }

    #[cold]
    fn start_elsewhere(sli: &'a Sli) -> Self {
        Self { sli, started: sli.series().begin() }
    }

    endings!();

    /// It ended with this outcome.
    #[inline]
    pub fn finish(self, outcome: Outcome) {
        let call = ManuallyDrop::new(self);
        end(call.sli, call.started, outcome);
    }

    /// It ended with this outcome, and this trace shows how.
    ///
    /// The newest exemplar of each classic bucket is kept. The first one of an SLI allots their store.
    pub fn finish_with_exemplar(self, outcome: Outcome, exemplar: Exemplar) {
        let call = ManuallyDrop::new(self);
        let duration_ns = end(call.sli, call.started, outcome);
        let series = call.sli.series();
        // A call that started while recording was switched off has no duration to show.
        if series.is_recording() && call.started.is_known() {
            series.keep_exemplar(outcome, duration_ns, exemplar);
        }
    }

    /// How long it has been under way; zero while recording is switched off.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.sli.series().elapsed_ns(self.started))
    }
}

impl Drop for Call<'_> {
    #[cold]
    fn drop(&mut self) {
        end_elsewhere(self.sli, self.started, Outcome::Abandoned(cause_of_drop()));
    }
}

/// Records how a call ended; returns how long it took.
///
/// Takes its arguments by value, so that the guard itself can stay in registers.
#[inline(always)]
fn end(sli: &Sli, started: Started, outcome: Outcome) -> u64 {
    let Outcome::Ok = outcome else { return end_elsewhere(sli, started, outcome) };
    let Some(shard) = sli.shard() else { return end_elsewhere(sli, started, outcome) };
    let Some(duration_ns) = shard.usual_ns(started.ticks(), shard.counter().ticks()) else {
        return end_elsewhere(sli, started, outcome);
    };
    shard.add_ended(shard.place_of(started.ticks()));
    sli.record_usual(shard, duration_ns);
    duration_ns
}

/// [`end`] for calls that did not go well or took long, threads without a shard, and clocks of somebody's own.
#[cold]
fn end_elsewhere(sli: &Sli, started: Started, outcome: Outcome) -> u64 {
    sli.series().end(started, outcome)
}
