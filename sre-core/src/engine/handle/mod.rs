//! Cold. The handle on a running engine.

mod booking;
mod remembering;

use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::clock::{Clock, ManualClock, Source, calibrate};
use crate::engine::builder::{Builder, STEP};
use crate::engine::flusher::Flusher;
use crate::engine::state::{State, now};
use crate::engine::stop::Stop;
use crate::engine::tenure::Tenure;
use crate::engine::ticker::{self, Arrival, Ticking};
use crate::error::Error;
use crate::primitive::{AtomicBool, AtomicU64, Mutex, Ordering};
use crate::report::{Report, Status};
use crate::sli::{Definition, Labels, Sli, SliFamily};
use crate::window::Tick;

/// Whether an engine of this process judges its statics.
static DEFAULT_TAKEN: AtomicBool = AtomicBool::new(false);

/// A running engine: it reads the counters once a second and judges every objective.
///
/// Clones are handles on the same engine.
///
/// # Drop
///
/// The engine stops when its last handle is dropped, without waiting and without a last tick: what was recorded
/// since the tick before is not judged. [`Engine::shutdown`] ticks once more. After either, SLIs go on to count,
/// also those that were paused; questions such as [`Sli::burn_rate`] answer `None`; statics are free for the next
/// engine, which does not judge what they counted before.
///
/// With a [state directory](Builder::state_dir) a drop does not wait for a last flush either. Whether that is over before the
/// process is left to chance, and if it is not, the next start takes it for a crash: call [`Engine::shutdown`] at the end of
/// `main`.
///
/// # Examples
///
/// ```
/// use sre_core::{Engine, Objective, Outcome, Sli, clock::ManualClock};
/// use std::time::Duration;
///
/// static SEARCH: Sli = Sli::new("search").objective(Objective::availability(0.99));
///
/// let clock = ManualClock::at_unix_seconds(1_700_000_000);
/// let engine = Engine::builder().service("shop").manual_clock(clock).start()?;
/// let search = engine.sli(SEARCH.definition())?;
/// search.record_n(Outcome::Error, Duration::from_millis(3), 100);
/// engine.advance(Duration::from_secs(1));
/// assert!(search.burn_rate(Duration::from_secs(300)).is_some_and(|burn| burn > 10.0));
/// # Ok::<(), sre_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an engine stops when its last handle is dropped"]
pub struct Engine {
    core: Arc<Core>,
    last_handle: Arc<StopOnDrop>,
}

/// What the handles and the ticker share.
#[derive(Debug)]
struct Core {
    clock: Source,
    state: Tenure<State>,
    latest: Mutex<Arc<Report>>,
    is_default: bool,
    /// When the last tick began, for who must not wait for a clock of the user's. Locked to copy it, never longer.
    last: Mutex<Tick>,
    /// How long the last tick took, in nanoseconds.
    spent_ns: AtomicU64,
    /// When the last tick ended, by [`Core::heartbeat_ns`].
    ticked_ns: AtomicU64,
    manual_clock: Option<ManualClock>,
    flusher: Option<Arc<Flusher>>,
}

#[derive(Debug)]
struct StopOnDrop {
    core: Arc<Core>,
    stop: Arc<Stop>,
    threaded: bool,
    /// Stops the thread that writes the state directory, if there is one.
    flushing: Option<Arc<Stop>>,
}

impl Engine {
    /// Choices to make before an engine starts.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(super) fn start(builder: Builder) -> Result<Self, Error> {
        if let Some(shards) = builder.shards_per_thread {
            crate::shard::set_budget_per_thread(shards);
        }
        let on_process_clock = matches!(builder.clock, Source::System);
        if on_process_clock {
            calibrate();
        }
        let started = now(&builder.clock);
        let service = builder.service_name().into();
        let mut state = State::new(builder.clock.clone(), service, builder.strict, started);
        let flusher = Self::remember(&mut state, &builder, started)?;
        let is_default = on_process_clock && !DEFAULT_TAKEN.swap(true, Ordering::AcqRel);
        if is_default && let Err(error) = state.adopt_statics(builder.selection.clone()) {
            DEFAULT_TAKEN.store(false, Ordering::Release);
            return Err(error);
        }
        let latest = state.collect(started);
        let core = Arc::new(Core {
            clock: builder.clock.clone(),
            state: Tenure::new(state),
            latest: Mutex::new(latest),
            is_default,
            last: Mutex::new(started),
            spent_ns: AtomicU64::new(0),
            ticked_ns: AtomicU64::new(0),
            manual_clock: builder.manual.clone(),
            flusher,
        });
        core.note_tick();
        Self::with_ticker(core, &builder)
    }

    fn with_ticker(core: Arc<Core>, builder: &Builder) -> Result<Self, Error> {
        let stop = Arc::new(Stop::new());
        let mut threaded = builder.manual.is_none();
        if threaded {
            let spawned = ticker::spawn(Arc::clone(&stop), builder.clock.clone(), Arc::clone(&core));
            if let Err(error) = spawned {
                threaded = false;
                if builder.strict {
                    core.end(Duration::MAX);
                    return Err(error);
                }
                core.degrade(&error);
            }
        }
        // Should the next thread be refused, the drop of this ends the ticker.
        let mut last_handle = StopOnDrop { core: Arc::clone(&core), stop, threaded, flushing: None };
        last_handle.flushing = core.start_flushing(builder)?;
        Ok(Self { core, last_handle: Arc::new(last_handle) })
    }

    /// The handle on an SLI of this engine's own, with fresh counters and this engine's clock.
    ///
    /// Asked twice for the same definition, it gives handles on the same counters. The default engine gives handles
    /// on the counters of the static of this definition, used or not.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when there is another SLI of this name, [`Error::SloTaken`] when another SLI has an
    /// objective of the same name, and the errors of [`slo::check`](crate::slo::check) for objectives that cannot be
    /// judged. Under [`Builder::strict`] also [`Error::WakesNobody`].
    pub fn sli(&self, definition: &Definition) -> Result<Sli, Error> {
        let now = now(&self.core.clock);
        self.core.with_state(|state| state.sli(definition, now))
    }

    /// The same for a family.
    ///
    /// # Errors
    ///
    /// As [`Engine::sli`]; families with the same labels, bound and objectives are the same.
    pub fn family<L: Labels>(&self, family: &SliFamily<L>) -> Result<SliFamily<L>, Error> {
        let now = now(&self.core.clock);
        self.core.with_state(|state| state.family(family, now))
    }

    /// The report of the last tick.
    #[must_use]
    pub fn report(&self) -> Arc<Report> {
        Arc::clone(&self.core.latest.lock())
    }

    /// The evaluation of the last tick with counters and histograms as they are now.
    ///
    /// [`Report`] tells how fresh each part is. Of histograms, only what changed is merged anew. Takes one or two
    /// milliseconds with a thousand busy SLIs: meant for a thread that exports. Allocates next to nothing, unless
    /// earlier reports are still held.
    #[must_use]
    pub fn collect(&self) -> Arc<Report> {
        self.core.collect_with(State::collect)
    }

    /// The same with [classic buckets](crate::report::SliReport::buckets) alone, for who wants no finer ones: durations
    /// stay as they were last merged. Takes a fraction of a millisecond with a thousand busy SLIs.
    #[must_use]
    pub fn collect_buckets(&self) -> Arc<Report> {
        self.core.collect_with(State::collect_buckets)
    }

    /// Budgets, burn rates, tiers and the engine's own health as plain data, as of the last tick.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::of(&self.report())
    }

    /// Runs one tick now. For engines with a [manual clock](Builder::manual_clock); others tick by themselves.
    ///
    /// Does nothing after a shutdown.
    pub fn tick(&self) {
        self.core.tick(Arrival::default());
    }

    /// Moves the manual clock forward second by second, with a tick after each; the rest of a second comes last.
    ///
    /// Does nothing to an engine without a manual clock.
    pub fn advance(&self, by: Duration) {
        let Some(clock) = &self.core.manual_clock else { return };
        let mut left = by;
        while !left.is_zero() {
            let step = left.min(STEP);
            clock.advance(step);
            self.tick();
            left -= step;
        }
    }

    /// How long ago the last tick ended, or the engine started: more than a few seconds mean that it hangs or was shut
    /// down.
    ///
    /// Takes no lock that a tick holds, and asks no clock of the user's that may hang: the system's, or the
    /// [manual one](Builder::manual_clock).
    ///
    /// # Examples
    ///
    /// ```
    /// use sre_core::{Engine, clock::ManualClock};
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::at_unix_seconds(1_700_000_000);
    /// let engine = Engine::builder().manual_clock(clock.clone()).start()?;
    /// clock.advance(Duration::from_secs(12));
    /// assert_eq!(engine.since_tick(), Duration::from_secs(12));
    /// engine.tick();
    /// assert_eq!(engine.since_tick(), Duration::ZERO);
    /// # Ok::<(), sre_core::Error>(())
    /// ```
    #[must_use]
    pub fn since_tick(&self) -> Duration {
        // Relaxed: nothing else is read with it.
        let ticked_ns = self.core.ticked_ns.load(Ordering::Relaxed);
        Duration::from_nanos(self.core.heartbeat_ns().saturating_sub(ticked_ns))
    }

    /// Switches recording off for all SLIs of this engine, those to come included. Windows keep what they have.
    ///
    /// Lasts until [`Engine::resume`] or the end of the engine; does nothing after a shutdown.
    pub fn pause(&self) {
        self.core.with_state(|state| state.set_paused(true));
    }

    /// Switches recording on again, unless `SRE_DISABLED` keeps it off.
    pub fn resume(&self) {
        self.core.with_state(|state| state.set_paused(false));
    }

    /// Whether the process's statics belong to this engine.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.core.is_default
    }

    /// Ticks a last time and stops; returns whether that came to its end within `timeout`, and what was judged is in the
    /// [state directory](Builder::state_dir), if there is one.
    ///
    /// `false` for a directory that is full, cannot be written, or belongs to another process:
    /// [`EngineReport::state`](crate::report::EngineReport) in [`Engine::collect`] tells which.
    ///
    /// Takes at most `timeout`, also when a clock of the user's blocks the ticker; then there is no last tick.
    /// Recording goes on to work afterwards and is judged by nobody. A second call does nothing and gives the same answer.
    pub fn shutdown(&self, timeout: Duration) -> bool {
        let begun_ns = Source::System.monotonic_ns();
        let stopped = self.last_handle.stop(timeout);
        if !self.last_handle.threaded {
            self.tick();
        }
        let left = || {
            let taken_ns = Source::System.monotonic_ns().saturating_sub(begun_ns);
            timeout.saturating_sub(Duration::from_nanos(taken_ns))
        };
        let flushed = self.last_handle.flush_a_last_time(left());
        self.core.end(left());
        stopped && flushed
    }
}

impl Core {
    fn tick(self: &Arc<Self>, arrival: Arrival) {
        // A panic in a clock of the user's, or a fault of ours, costs this tick and is counted.
        let ticked = catch_unwind(AssertUnwindSafe(|| {
            // Read without the lock: a clock of the user's may block, or ask this engine.
            let begun = now(&self.clock);
            *self.last.lock() = begun;
            // Relaxed: a statistic.
            let spent = Duration::from_nanos(self.spent_ns.load(Ordering::Relaxed));
            let replaced = self.with_state(|state| {
                self.state.is_running().then(|| self.publish(state.tick(begun, arrival, spent)))
            });
            self.flush_by_hand(begun.elapsed_ns);
            if replaced.is_some() {
                let spent_ns = self.clock.monotonic_ns().saturating_sub(begun.elapsed_ns);
                self.spent_ns.store(spent_ns, Ordering::Relaxed);
                self.note_tick();
            }
        }));
        if ticked.is_err() {
            self.panicked();
        }
    }

    /// Monotonic nanoseconds that no clock of the user's can hold up.
    fn heartbeat_ns(&self) -> u64 {
        self.manual_clock.as_ref().map_or_else(|| Source::System.monotonic_ns(), Clock::monotonic_ns)
    }

    fn note_tick(&self) {
        // Relaxed: nothing else is read with it.
        self.ticked_ns.store(self.heartbeat_ns(), Ordering::Relaxed);
    }

    fn collect_with(&self, collect: impl FnOnce(&mut State, Tick) -> Arc<Report>) -> Arc<Report> {
        let now = now(&self.clock);
        let (report, _replaced) = self.with_state(|state| {
            let report = collect(state, now);
            let replaced = self.publish(Arc::clone(&report));
            (report, replaced)
        });
        report
    }

    /// The way to the state. Whoever has it when the engine ends lets go of everything afterwards.
    fn with_state<T>(&self, run: impl FnOnce(&mut State) -> T) -> T {
        self.state.with(run, |state| self.let_go(state))
    }

    /// The same for who does not wait for ever.
    fn try_with_state<T>(&self, patience: Duration, run: impl FnOnce(&mut State) -> T) -> Option<T> {
        self.state.try_with(patience, run, |state| self.let_go(state))
    }

    /// Shows a report from now on; called with the state locked, so that none replaces a later one. Returns the
    /// replaced one, which is long to drop.
    fn publish(&self, report: Arc<Report>) -> Arc<Report> {
        core::mem::replace(&mut *self.latest.lock(), report)
    }

    /// Shows the engine's own health beside the SLIs of the last report.
    fn publish_health(&self, state: &State) {
        let mut report = Report::clone(&self.latest.lock());
        report.engine = state.health().clone();
        self.publish(Arc::new(report));
    }

    /// Tells what does not work as configured.
    fn degrade(&self, error: &Error) {
        self.with_state(|state| {
            state.note_problem(error.to_string());
            self.publish_health(state);
        });
    }

    /// Lets go of the statics, once: now, or if the state is not to be had in time, as soon as whoever holds it
    /// is done.
    fn end(&self, wait: Duration) {
        self.state.end(wait, |state| self.let_go(state));
    }

    fn let_go(&self, state: &mut State) {
        if state.retire() && self.is_default {
            DEFAULT_TAKEN.store(false, Ordering::Release);
        }
    }

    fn panicked(&self) {
        self.with_state(|state| {
            state.note_panic();
            self.publish_health(state);
        });
    }
}

impl Ticking for Arc<Core> {
    fn tick(&self, arrival: Arrival) {
        Core::tick(self, arrival);
    }

    fn panicked(&self) {
        Core::panicked(self);
    }
}

impl StopOnDrop {
    /// Asks the ticker to end; returns whether it did in time.
    fn stop(&self, timeout: Duration) -> bool {
        self.stop.ask();
        !self.threaded || self.stop.wait(timeout)
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        // Before the ticker is asked: it would tick a last time.
        self.core.end(Duration::ZERO);
        self.stop.ask();
        if let Some(stop) = &self.flushing {
            stop.ask();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticker_that_could_not_start_shows_in_status_before_any_tick() {
        let engine = Engine::builder().manual_clock(ManualClock::default()).start().expect("no ticker");
        assert!(engine.status().engine.degraded.is_empty());
        engine.core.degrade(&Error::Thread { name: "sre-ticker", reason: std::io::ErrorKind::WouldBlock });
        let degraded = engine.status().engine.degraded;
        assert!(matches!(degraded.as_slice(), [problem] if problem.contains("sre-ticker")), "{degraded:?}");
    }
}
