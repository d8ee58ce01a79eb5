//! Cold. When an engine writes its state directory: on a thread of its own, at the end, in a panic, or when asked.

use core::time::Duration;
use std::sync::Arc;

use super::{Core, Engine, StopOnDrop};
use crate::clock::Source;
use crate::engine::archive::Archive;
use crate::engine::builder::{Builder, STEP};
use crate::engine::flusher::{self, Ask, Flusher, Pages, Remembering};
use crate::engine::state::{State, now};
use crate::engine::stop::Stop;
use crate::error::Error;
use crate::report::StateReport;
use crate::window::Tick;

/// How long a panic waits for each of two locks.
const PANIC_PATIENCE: Duration = Duration::from_millis(100);

impl Engine {
    /// Opens the state directory, if there is one, and lets the state go on from what it remembers.
    pub(super) fn remember(
        state: &mut State,
        builder: &Builder,
        started: Tick,
    ) -> Result<Option<Arc<Flusher>>, Error> {
        let Some(state_dir) = builder.state()? else { return Ok(None) };
        let disk = builder.disk(&state_dir);
        let (flusher, archive) = Flusher::open(state_dir, disk, started);
        if let Some(reason) = flusher.refusal().filter(|_| builder.strict) {
            return Err(Error::State { reason: reason.into() });
        }
        let crashed = state.remember(builder.downtime, archive);
        if let Some(objective) = builder.starts {
            state.judge_starts(objective, crashed)?;
        }
        state.show_state(flusher.report());
        Ok(Some(Arc::new(flusher)))
    }

    /// Writes what was judged so far to the state directory, now.
    ///
    /// Does nothing without one, or in a forked child.
    pub fn flush(&self) {
        self.core.flush(false, Duration::MAX);
    }

    /// Writes the state directory before a panic goes on, at most once a second: for programs that are built with
    /// `panic = "abort"`, where a panic ends the process. Calls what was the panic hook before.
    ///
    /// The call that panics is not recorded, and neither is what came since the last tick. Takes 200 ms at most, unless
    /// the disk hangs.
    pub fn flush_on_panic(&self) {
        let core = Arc::downgrade(&self.core);
        let earlier = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if let Some(core) = core.upgrade() {
                core.flush_in_panic();
            }
            earlier(panic);
        }));
    }
}

impl Core {
    /// Flushes when it is due, where there is no thread that does.
    pub(super) fn flush_by_hand(self: &Arc<Self>, elapsed_ns: u64) {
        if let Some(flusher) = self.flusher.as_ref().filter(|_| self.manual_clock.is_some())
            && flusher.is_due(elapsed_ns, flusher.each())
        {
            flusher.flush(self, false, Duration::MAX);
        }
    }

    /// Starts the thread that writes the state directory, if there is one to write and ticks come by themselves.
    pub(super) fn start_flushing(self: &Arc<Self>, builder: &Builder) -> Result<Option<Arc<Stop>>, Error> {
        let Some(flusher) = self.flusher.as_ref().filter(|_| self.manual_clock.is_none()) else {
            return Ok(None);
        };
        let stop = Arc::new(Stop::new());
        let spawned = flusher::spawn(Arc::clone(&stop), Arc::clone(flusher), Arc::clone(self));
        let Err(refused) = spawned else { return Ok(Some(stop)) };
        let error = Error::Thread { name: "sre-state", reason: refused.kind() };
        if builder.strict {
            self.end(Duration::MAX);
            return Err(error);
        }
        self.degrade(&error);
        Ok(None)
    }

    pub(super) fn flush(self: &Arc<Self>, ended: bool, patience: Duration) {
        if let Some(flusher) = &self.flusher {
            flusher.flush(self, ended, patience);
        }
    }

    /// Flushes while a thread panics, which may hold any lock.
    fn flush_in_panic(self: &Arc<Self>) {
        if let Some(flusher) = &self.flusher
            && flusher.may_flush_in_panic(Source::System.monotonic_ns(), STEP)
        {
            flusher.flush(self, false, PANIC_PATIENCE);
        }
    }
}

impl Remembering for Arc<Core> {
    fn pages(&self, ask: Ask, patience: Duration) -> Option<Pages> {
        self.try_with_state(patience, |state| state.pages(ask))?
    }

    fn recovered(&self, archive: Archive, now: Tick) {
        self.with_state(|state| state.take_over(archive, now));
    }

    fn told(&self, report: StateReport, patience: Duration) {
        let _ = self.try_with_state(patience, |state| state.show_state(report));
    }

    fn left_out(&self, slis: u64, patience: Duration) {
        let _ = self.try_with_state(patience, |state| state.note_left_out(slis));
    }

    fn now(&self) -> Tick {
        match &self.clock {
            Source::Other(_) if self.manual_clock.is_none() => *self.last.lock(),
            ours => now(ours),
        }
    }

    fn panicked(&self) {
        Core::panicked(self);
    }
}

impl StopOnDrop {
    /// Lets everything be written; returns whether that was done in time.
    pub(super) fn flush_a_last_time(&self, timeout: Duration) -> bool {
        match &self.flushing {
            Some(stop) => {
                stop.ask();
                stop.wait(timeout)
            }
            None => {
                self.core.flush(true, timeout);
                true
            }
        }
    }
}
