//! Hot. A call under way, recorded exactly once whatever happens to it.

use core::mem::ManuallyDrop;
use core::time::Duration;

use crate::sli::exemplar::Exemplar;
use crate::sli::series::{Moment, Series};
use crate::sli::{Abandoned, Outcome};

/// A call under way.
///
/// It ends with one of its methods. Dropped without a word it counts as abandoned: as panicked while the
/// thread unwinds, else as cancelled. A process that aborts loses it, since no destructor runs.
///
/// Ending a call reads the clock once and adds to counters of this thread: no lock, no allocation, no panic.
#[derive(Debug)]
#[must_use = "a call that is dropped at once counts as abandoned"]
pub struct Call<'a> {
    series: &'a Series,
    started: Moment,
}

impl<'a> Call<'a> {
    #[inline]
    pub(crate) fn start(series: &'a Series) -> Self {
        Self { series, started: series.begin() }
    }

    /// It did what the caller asked for.
    #[inline]
    pub fn ok(self) {
        self.finish(Outcome::Ok);
    }

    /// It failed, and the service is to blame.
    #[inline]
    pub fn error(self) {
        self.finish(Outcome::Error);
    }

    /// It says nothing about the service, such as a mistake of the caller.
    #[inline]
    pub fn ignore(self) {
        self.finish(Outcome::Ignored);
    }

    /// It ended without an answer, for this reason.
    #[inline]
    pub fn abandon(self, cause: Abandoned) {
        self.finish(Outcome::Abandoned(cause));
    }

    /// It ended with this outcome.
    #[inline]
    pub fn finish(self, outcome: Outcome) {
        let call = ManuallyDrop::new(self);
        call.series.end(call.started, outcome);
    }

    /// It ended with this outcome, and this trace shows how.
    ///
    /// The last exemplar of each octave of durations is kept. The first one of an SLI allots their store.
    pub fn finish_with_exemplar(self, outcome: Outcome, exemplar: Exemplar) {
        let call = ManuallyDrop::new(self);
        let duration_ns = call.series.end(call.started, outcome);
        if call.series.is_recording() {
            call.series.keep_exemplar(outcome, duration_ns, exemplar);
        }
    }

    /// How long it has been under way; zero while recording is switched off.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.series.elapsed_ns(self.started))
    }
}

impl Drop for Call<'_> {
    #[cold]
    fn drop(&mut self) {
        let cause = if std::thread::panicking() { Abandoned::Panicked } else { Abandoned::Cancelled };
        self.series.end(self.started, Outcome::Abandoned(cause));
    }
}
