//! Hot. The handle through which code records: a `static`, or a value that an engine gave out.

use core::fmt;
use core::time::Duration;

use crate::error::Error;
use crate::histogram::{Layout, Recorder, Snapshot};
use crate::primitive::{Arc, AtomicU32, OnceLock, Ordering};
use crate::shard::{self, Added, Shard, UNREGISTERED};
use crate::sli::building::building;
use crate::sli::definition::Definition;
use crate::sli::exemplar::Exemplar;
use crate::sli::guard::Call;
use crate::sli::policy::AbandonedPolicy;
use crate::sli::series::Series;
use crate::sli::statics;
use crate::sli::{Abandoned, Outcome};
use crate::slo::{Objective, Severity};
use crate::units::{BurnRate, saturating_nanos};

/// A service level indicator: what is recorded, and what it promises.
///
/// A `static` belongs to the default engine, the first one started. Without any engine it counts all the same,
/// in bounded memory, and nobody judges it.
///
/// Recording never fails, blocks or panics, nor does it in a forked child if the SLI was used before. After warm-up it does not allocate either: the first value in a
/// part of the histogram does, and so does a thread that becomes hot for an SLI; [`Sli::prewarm`] does both
/// ahead of time.
///
/// # Examples
///
/// ```
/// use sre_core::{Objective, Sli};
/// use std::time::Duration;
///
/// static CHECKOUT: Sli = Sli::new("checkout")
///     .objective(Objective::availability(0.999))
///     .objective(Objective::latency(0.99, Duration::from_millis(300)));
///
/// let call = CHECKOUT.start();
/// call.ok();
/// assert_eq!(CHECKOUT.durations().count(), 1);
/// ```
#[repr(C)]
pub struct Sli {
    /// The identity of its counters, by which threads find their shards of them; first, for the cache's sake.
    id: AtomicU32,
    series: OnceLock<Arc<Series>>,
    definition: Definition,
}

impl Sli {
    building!();

    const fn unregistered(definition: Definition) -> Self {
        Self { id: AtomicU32::new(UNREGISTERED), series: OnceLock::new(), definition }
    }

    /// A handle on counters that exist.
    pub(crate) fn on(definition: Definition, series: Arc<Series>) -> Self {
        Self { id: AtomicU32::new(series.ok().id()), series: OnceLock::from(series), definition }
    }

    #[inline]
    pub(crate) fn series(&self) -> &Arc<Series> {
        match self.series.get() {
            Some(series) => series,
            None => self.register(),
        }
    }

    #[cold]
    #[inline(never)]
    fn register(&self) -> &Arc<Series> {
        let series = self.series.get_or_init(|| statics::register(&self.definition));
        // Relaxed: the identity finds a shard of this thread or none, whatever else it sees.
        self.id.store(series.ok().id(), Ordering::Relaxed);
        series
    }

    /// The shard that this thread holds for successful calls, if it has one.
    #[inline]
    pub(crate) fn shard(&self) -> Option<&'static Shard> {
        shard::lookup(self.id.load(Ordering::Relaxed))
    }

    /// Counts one successful event in the shard of this thread.
    #[inline]
    pub(crate) fn record_in(&self, shard: &'static Shard, duration_ns: u64) {
        if shard.is_rare(duration_ns) {
            return self.record_slow(shard, duration_ns);
        }
        self.record_usual(shard, duration_ns);
    }

    /// Counts one successful event that is not rare.
    #[inline]
    pub(crate) fn record_usual(&self, shard: &'static Shard, duration_ns: u64) {
        if shard.add(Recorder::shard_bucket(duration_ns), duration_ns) == Added::Refused {
            self.record_slow(shard, duration_ns);
        }
    }

    /// Stays with the shard as long as it can, since the series is not in the cache.
    #[inline(never)]
    fn record_slow(&self, shard: &'static Shard, duration_ns: u64) {
        if shard.add_rare(Recorder::shard_bucket(duration_ns), duration_ns) == Added::Refused {
            self.series().ok().record_slow(shard, duration_ns);
        }
    }

    /// Starts a call; it is recorded when the guard ends, whatever happens.
    #[inline]
    pub fn start(&self) -> Call<'_> {
        Call::start(self)
    }

    /// Counts one event. Durations above 104 days count as that long.
    #[inline]
    pub fn record(&self, outcome: Outcome, duration: Duration) {
        let duration_ns = saturating_nanos(duration);
        match self.shard() {
            Some(shard) if outcome == Outcome::Ok => self.record_in(shard, duration_ns),
            _ => self.series().record(outcome, duration_ns),
        }
    }

    /// Counts one event, and keeps a trace that shows it.
    pub fn record_with_exemplar(&self, outcome: Outcome, duration: Duration, exemplar: Exemplar) {
        self.record(outcome, duration);
        if self.series().is_recording() {
            self.series().keep_exemplar(outcome, saturating_nanos(duration), exemplar);
        }
    }

    /// Counts `count` events of the same outcome and duration, as from a batch. Zero counts nothing; more than 2^40
    /// (about 10^12) count as that many, and the batch as clamped.
    ///
    /// A count that reaches `u64::MAX` stays there, and `series_saturated` of the engine's report tells of it.
    pub fn record_n(&self, outcome: Outcome, duration: Duration, count: u64) {
        let series = self.series();
        if series.is_recording() {
            series.record_n(outcome, saturating_nanos(duration), count);
        }
    }

    /// Awaits a future and records it: `Ok` is ok, `Err` an error.
    ///
    /// The call starts at the first poll. Dropped after that and before it is ready, it was cancelled.
    ///
    /// # Errors
    ///
    /// Those of the future, unchanged.
    pub async fn measure<T, E>(&self, future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.measure_with(future, |result| if result.is_ok() { Outcome::Ok } else { Outcome::Error }).await
    }

    /// Awaits a future and records what `classify` says of its output.
    ///
    /// The future is held twice, as argument and while it is awaited, so a large one is better boxed or recorded by
    /// [`Sli::start`] inside of it.
    pub async fn measure_with<T>(
        &self,
        future: impl Future<Output = T>,
        classify: impl FnOnce(&T) -> Outcome,
    ) -> T {
        let call = self.start();
        let output = future.await;
        call.finish(classify(&output));
        output
    }

    /// Runs a closure and records it as ok, or as abandoned if it panics.
    #[inline]
    pub fn time<T>(&self, run: impl FnOnce() -> T) -> T {
        self.time_with(run, |_| Outcome::Ok)
    }

    /// Runs a closure and records what `classify` says of its result.
    #[inline]
    pub fn time_with<T>(&self, run: impl FnOnce() -> T, classify: impl FnOnce(&T) -> Outcome) -> T {
        let call = self.start();
        let output = run();
        call.finish(classify(&output));
        output
    }

    /// Allots everything that recording on this thread needs, so that no later event allocates.
    ///
    /// Meant for threads that begin after an [`Engine`](crate::Engine) started, which calibrates the counter; before that, a
    /// thread takes its shard once it is hot, which allots one if none is free.
    pub fn prewarm(&self) {
        self.series().prewarm();
    }

    /// Speed at which the budget is spent: the worst of the objectives, over the shortest window kept that is at
    /// least this long.
    ///
    /// `None` without data: before the first tick of an engine, and while there are no events.
    /// Takes no lock: a few atomic loads, and a short search where the window is not one of those kept.
    #[must_use]
    #[inline]
    pub fn burn_rate(&self, window: Duration) -> Option<BurnRate> {
        self.series.get()?.published()?.burn_rate(window)
    }

    /// The share of the error budget that is left, of the objective that has least; negative when more was spent
    /// than granted, `None` without data.
    ///
    /// Takes no lock: two atomic loads.
    #[must_use]
    #[inline]
    pub fn budget_remaining(&self) -> Option<f64> {
        self.series.get()?.published()?.remaining()
    }

    /// The most urgent severity of the alert tiers that fire; `None` when none does.
    ///
    /// Takes no lock: two atomic loads.
    #[must_use]
    #[inline]
    pub fn firing(&self) -> Option<Severity> {
        self.series.get()?.published()?.firing()
    }

    /// Durations of all successful calls so far, merged now. Costs microseconds: not for the hot path.
    pub fn durations(&self) -> Snapshot {
        self.series().ok().snapshot()
    }

    /// Durations of all failed calls so far, merged now. Costs microseconds: not for the hot path.
    pub fn error_durations(&self) -> Snapshot {
        let series = self.series();
        series.error().map_or_else(|| Snapshot::empty(self.definition.layout()), |error| error.snapshot())
    }

    /// How many calls had this outcome so far; abandoned ones by their cause.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        let counts = self.series().counts();
        match outcome {
            Outcome::Ok => counts.ok.count,
            Outcome::Error => counts.error.count,
            Outcome::Ignored => counts.ignored,
            Outcome::Abandoned(cause) => counts.abandoned(cause),
        }
    }
}

/// A handle on the same counters.
impl Clone for Sli {
    fn clone(&self) -> Self {
        Self::on(self.definition, Arc::clone(self.series()))
    }
}

impl fmt::Debug for Sli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sli").field("name", &self.name()).finish_non_exhaustive()
    }
}

impl super::series::SeriesCounts {
    /// Calls abandoned for this reason, bad and ignored ones together.
    pub(crate) fn abandoned(&self, cause: Abandoned) -> u64 {
        let of = |counts: &[u64; 4]| counts.get(cause.index()).copied().unwrap_or(0);
        of(&self.abandoned_bad).saturating_add(of(&self.abandoned_forgiven))
    }
}

// A panic between two adds leaves counters that are each right, so observing them afterwards is sound.
impl core::panic::UnwindSafe for Sli {}
impl core::panic::RefUnwindSafe for Sli {}
impl core::panic::RefUnwindSafe for Series {}
