//! Cold. The handle on a running engine.

use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::clock::{ManualClock, Source, calibrate};
use crate::engine::builder::{Builder, STEP};
use crate::engine::state::State;
use crate::engine::ticker::{self, Arrival, Stop};
use crate::error::Error;
use crate::primitive::{AtomicBool, Mutex, Ordering};
use crate::report::{Report, Status};
use crate::sli::{Definition, Labels, Sli, SliFamily};

/// Whether an engine of this process judges its statics.
static DEFAULT_TAKEN: AtomicBool = AtomicBool::new(false);

/// A running engine: it reads the counters once a second and judges every objective.
///
/// Clones are handles on the same engine; it stops when the last one is dropped, which does not wait.
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
    state: Mutex<State>,
    latest: Mutex<Arc<Report>>,
    is_default: bool,
    running: AtomicBool,
    manual_clock: Option<ManualClock>,
}

#[derive(Debug)]
struct StopOnDrop {
    core: Arc<Core>,
    stop: Arc<Stop>,
    threaded: bool,
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
        let mut state = State::new(builder.clock.clone(), builder.service_name().into(), builder.strict);
        let is_default = on_process_clock && !DEFAULT_TAKEN.swap(true, Ordering::AcqRel);
        if is_default && let Err(error) = state.adopt_statics(builder.selection.clone()) {
            DEFAULT_TAKEN.store(false, Ordering::Release);
            return Err(error);
        }
        let latest = Arc::new(state.collect());
        let core = Arc::new(Core {
            state: Mutex::new(state),
            latest: Mutex::new(latest),
            is_default,
            running: AtomicBool::new(true),
            manual_clock: builder.manual.clone(),
        });
        Self::with_ticker(core, &builder)
    }

    fn with_ticker(core: Arc<Core>, builder: &Builder) -> Result<Self, Error> {
        let stop = Arc::new(Stop::default());
        let mut threaded = builder.manual.is_none();
        if threaded {
            let ticking = Arc::clone(&core);
            let spawned =
                ticker::spawn(Arc::clone(&stop), builder.clock.clone(), move |arrival| ticking.tick(arrival));
            if let Err(refused) = spawned {
                threaded = false;
                let error = Error::Thread { name: "sre-ticker", reason: refused.kind() };
                if builder.strict {
                    core.end();
                    return Err(error);
                }
                core.state.lock().note_problem(error.to_string());
            }
        }
        let last_handle = Arc::new(StopOnDrop { core: Arc::clone(&core), stop, threaded });
        Ok(Self { core, last_handle })
    }

    /// The handle on an SLI of this engine's own, with fresh counters and this engine's clock.
    ///
    /// Asked twice for the same definition, it gives handles on the same counters.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when the engine has another SLI of this name, and the errors of
    /// [`slo::check`](crate::slo::check) for objectives that cannot be judged.
    pub fn sli(&self, definition: &Definition) -> Result<Sli, Error> {
        self.core.state.lock().sli(definition)
    }

    /// The same for a family.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when the engine has an SLI of this name, and the errors of
    /// [`slo::check`](crate::slo::check) for objectives that cannot be judged.
    pub fn family<L: Labels>(&self, family: &SliFamily<L>) -> Result<SliFamily<L>, Error> {
        self.core.state.lock().family(family)
    }

    /// The report of the last tick.
    #[must_use]
    pub fn report(&self) -> Arc<Report> {
        Arc::clone(&self.core.latest.lock())
    }

    /// The evaluation of the last tick with counters and histograms as they are now.
    ///
    /// Histograms that did not change are not merged again. Costs milliseconds with a thousand SLIs: meant for a
    /// thread that exports.
    #[must_use]
    pub fn collect(&self) -> Arc<Report> {
        let report = Arc::new(self.core.state.lock().collect());
        *self.core.latest.lock() = Arc::clone(&report);
        report
    }

    /// Budgets, burn rates, tiers and the engine's own health as plain data, as of the last tick.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::of(&self.report())
    }

    /// Runs one tick now. For engines with a [manual clock](Builder::manual_clock); others tick by themselves.
    pub fn tick(&self) {
        self.core.tick(Arrival { lag: Duration::ZERO, late: false });
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

    /// Switches recording off for all SLIs of this engine. Windows keep what they have.
    pub fn pause(&self) {
        self.core.state.lock().set_paused(true);
    }

    /// Switches recording on again.
    pub fn resume(&self) {
        self.core.state.lock().set_paused(false);
    }

    /// Whether the process's statics belong to this engine.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.core.is_default
    }

    /// Ticks a last time and stops; returns whether the ticker ended within `timeout`.
    ///
    /// Recording goes on to work afterwards and is judged by nobody. A second call does nothing.
    pub fn shutdown(&self, timeout: Duration) -> bool {
        let stopped = self.last_handle.stop(Some(timeout));
        if self.core.running.load(Ordering::Acquire) {
            self.tick();
        }
        self.core.end();
        stopped
    }
}

impl Core {
    fn tick(&self, arrival: Arrival) {
        // A panic in a clock of the user's, or a fault of ours, costs this tick and is counted.
        let ticked = catch_unwind(AssertUnwindSafe(|| self.state.lock().tick(arrival)));
        match ticked {
            Ok(report) => *self.latest.lock() = Arc::new(report),
            Err(_) => self.state.lock().note_panic(),
        }
    }

    /// Lets go of the statics; once.
    fn end(&self) {
        if self.running.swap(false, Ordering::AcqRel) {
            self.state.lock().retire();
            if self.is_default {
                DEFAULT_TAKEN.store(false, Ordering::Release);
            }
        }
    }
}

impl StopOnDrop {
    fn stop(&self, wait: Option<Duration>) -> bool {
        self.stop.ask();
        !self.threaded || wait.is_some_and(|timeout| self.stop.wait(timeout))
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.stop(None);
        self.core.end();
    }
}
