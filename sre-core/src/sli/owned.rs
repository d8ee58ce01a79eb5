//! Hot. A call that borrows nothing: for spawned tasks and for SLIs that are no statics.

use core::time::Duration;

use crate::primitive::Arc;
use crate::sli::endings::{cause_of_drop, endings};
use crate::sli::exemplar::Exemplar;
use crate::sli::series::Series;
use crate::sli::started::Started;
use crate::sli::{Abandoned, Outcome, Sli};

/// A call under way that may outlive the handle it was started from.
///
/// It is what [`Call`](crate::sli::Call) is, with a share of the counters instead of a borrow: for tasks that are
/// spawned, and for SLIs of an engine or of a family. Dropped without a word it counts as abandoned: as panicked
/// while the thread unwinds, else as cancelled.
///
/// # Cost
///
/// Two locked instructions more than a borrowed call, on a counter that all handles of the SLI share.
///
/// # Examples
///
/// ```
/// use sre_core::{Engine, Objective, Outcome, Sli, clock::ManualClock};
///
/// let engine = Engine::builder().manual_clock(ManualClock::at_unix_seconds(1_700_000_000)).start()?;
/// let jobs = engine.sli(Sli::try_new("jobs")?.objective(Objective::availability(0.99)).definition())?;
///
/// let call = jobs.start_owned();
/// std::thread::spawn(move || call.ok()).join().map_err(|_| "panicked")?;
/// assert_eq!(jobs.count(Outcome::Ok), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a call that is dropped at once counts as abandoned"]
pub struct OwnedCall {
    series: Arc<Series>,
    started: Started,
    ended: bool,
}

impl OwnedCall {
    fn start(series: Arc<Series>) -> Self {
        let started = series.begin();
        Self { series, started, ended: false }
    }

    endings!();

    /// It ended with this outcome.
    pub fn finish(mut self, outcome: Outcome) {
        self.end(outcome);
    }

    /// It ended with this outcome, and this trace shows how; see
    /// [`Call::finish_with_exemplar`](crate::sli::Call::finish_with_exemplar).
    pub fn finish_with_exemplar(mut self, outcome: Outcome, exemplar: Exemplar) {
        let duration_ns = self.end(outcome);
        // A call that started while recording was switched off has no duration to show.
        if self.series.is_recording() && self.started.is_known() {
            self.series.keep_exemplar(outcome, duration_ns, exemplar);
        }
    }

    /// How long it has been under way; zero while recording is switched off.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.series.elapsed_ns(self.started))
    }

    fn end(&mut self, outcome: Outcome) -> u64 {
        self.ended = true;
        self.series.end(self.started, outcome)
    }
}

impl Drop for OwnedCall {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Outcome::Abandoned(cause_of_drop()));
        }
    }
}

impl Sli {
    /// Starts a call that borrows nothing, for a task that is spawned; otherwise as [`Sli::start`].
    pub fn start_owned(&self) -> OwnedCall {
        OwnedCall::start(Arc::clone(self.series()))
    }

    /// [`Sli::measure`] as a future that borrows nothing, for a task that is spawned.
    ///
    /// The call starts at the first poll. Dropped after that and before it is ready, as by an aborted task, it was
    /// cancelled.
    ///
    /// # Errors
    ///
    /// Those of the future, unchanged.
    ///
    /// # Examples
    ///
    /// ```
    /// use sre_core::Sli;
    ///
    /// # struct Runtime;
    /// # impl Runtime { fn spawn<F: Future<Output = Result<u32, String>> + Send + 'static>(&self, _: F) {} }
    /// # let runtime = Runtime;
    /// async fn import(file: String) -> Result<u32, String> {
    ///     Ok(file.len() as u32)
    /// }
    ///
    /// let imports = Sli::try_new("imports")?;
    /// runtime.spawn(imports.measure_owned(import("orders.csv".to_owned())));
    /// # Ok::<(), sre_core::Error>(())
    /// ```
    pub fn measure_owned<T, E, F>(&self, future: F) -> impl Future<Output = Result<T, E>> + use<T, E, F>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.measure_owned_with(future, of_result)
    }

    /// [`Sli::measure_with`] as a future that borrows nothing, for a task that is spawned.
    pub fn measure_owned_with<T, F, C>(
        &self,
        future: F,
        classify: C,
    ) -> impl Future<Output = T> + use<T, F, C>
    where
        F: Future<Output = T>,
        C: FnOnce(&T) -> Outcome,
    {
        let series = Arc::clone(self.series());
        async move {
            let call = OwnedCall::start(series);
            let output = future.await;
            call.finish(classify(&output));
            output
        }
    }
}

fn of_result<T, E>(result: &Result<T, E>) -> Outcome {
    if result.is_ok() { Outcome::Ok } else { Outcome::Error }
}
