//! Cold. When an engine writes its state directory: on a thread of its own, at the end, in a panic, or when asked.

use core::time::Duration;
use std::sync::Arc;

use super::{Core, Engine, StopOnDrop};
use crate::clock::Source;
use crate::engine::archive::Archive;
use crate::engine::builder::{Builder, STEP};
use crate::engine::flusher::{self, Flusher, Occasion};
use crate::engine::scribe::{Ask, Pages, Remembering};
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
        self.core.flush(Occasion::Usual, Duration::MAX);
    }

    /// Writes the state directory before a panic goes on, at most once a second: for programs that are built with
    /// `panic = "abort"`, where a panic ends the process. Calls what was the panic hook before.
    ///
    /// The call that panics is not recorded, and neither is what came since the last tick. Waits for locks for 200 ms at
    /// most, whatever the thread that panics holds, and then takes as long as the disk does. What another process left in
    /// the directory meanwhile is not taken over.
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
            flusher.flush(self, Occasion::Usual, Duration::MAX);
        }
    }

    /// Starts the thread that writes the state directory, if there is one to write and ticks come by themselves.
    pub(super) fn start_flushing(self: &Arc<Self>, builder: &Builder) -> Result<Option<Arc<Stop>>, Error> {
        let Some(flusher) = self.flusher.as_ref().filter(|_| self.manual_clock.is_none()) else {
            return Ok(None);
        };
        let stop = Arc::new(Stop::new());
        let spawned = flusher::spawn(Arc::clone(&stop), Arc::clone(flusher), Arc::clone(self));
        let Err(error) = spawned else { return Ok(Some(stop)) };
        if builder.strict {
            // The next attempt need not wait for the last tick.
            flusher.close();
            self.end(Duration::MAX);
            return Err(error);
        }
        self.degrade(&error);
        Ok(None)
    }

    /// Returns whether nothing is left to be written.
    pub(super) fn flush(self: &Arc<Self>, occasion: Occasion, patience: Duration) -> bool {
        self.flusher.as_ref().is_none_or(|flusher| flusher.flush(self, occasion, patience))
    }

    /// Flushes while a thread panics, which may hold any lock.
    fn flush_in_panic(self: &Arc<Self>) {
        if let Some(flusher) = &self.flusher
            && flusher.may_flush_in_panic(Source::System.monotonic_ns(), STEP)
        {
            flusher.flush(self, Occasion::Panic, PANIC_PATIENCE);
        }
    }
}

impl Remembering for Arc<Core> {
    fn pages(&self, ask: Ask, patience: Duration) -> Option<Pages> {
        self.try_with_state(patience, |state| state.pages(ask))?
    }

    fn recovered(&self, archive: Archive, now: Tick, patience: Duration) -> Option<Archive> {
        let mut found = Some(archive);
        let _ = self.try_with_state(patience, |state| {
            found.take().into_iter().for_each(|archive| state.take_over(archive, now));
        });
        found
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
    /// Lets everything be written; returns whether that went well, and in time.
    pub(super) fn flush_a_last_time(&self, timeout: Duration) -> bool {
        let Some(stop) = &self.flushing else { return self.core.flush(Occasion::End, timeout) };
        stop.ask();
        stop.wait(timeout) && self.core.flusher.as_ref().is_none_or(|flusher| flusher.has_ended_well())
    }
}

#[cfg(all(test, not(sre_loom)))]
mod tests {
    use std::sync::mpsc::{self, Sender};

    use super::*;
    use crate::clock::{Clock, ManualClock};
    use crate::engine::thread::refusal::REFUSED;
    use crate::primitive::Mutex;
    use crate::report::StateStanding;
    use crate::store::model::{Failure, World};

    const SECOND: Duration = Duration::from_secs(1);
    /// What must not hang has ended by then.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// Nobody moves it; it tells when the engine has let go of it.
    #[derive(Debug)]
    struct Dropped(ManualClock, Mutex<Sender<()>>);

    impl Clock for Dropped {
        fn monotonic_ns(&self) -> u64 {
            self.0.monotonic_ns()
        }

        fn wall_ns(&self) -> u64 {
            self.0.wall_ns()
        }
    }

    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.1.lock().send(());
        }
    }

    fn on(world: &Arc<Mutex<World>>) -> Builder {
        let mut builder = Engine::builder().state_dir("/model");
        builder.world = Some(Arc::clone(world));
        builder
    }

    fn clock() -> ManualClock {
        ManualClock::at_unix_seconds(1_700_000_000)
    }

    #[test]
    fn a_start_that_is_refused_a_thread_leaves_none_behind_and_no_lock() {
        let world = World::new();
        let (dropped, drops) = mpsc::channel();
        let builder = on(&world).clock(Dropped(clock(), Mutex::new(dropped))).strict();
        REFUSED.set(Some("sre-state"));
        let refused = builder.start();
        REFUSED.set(None);
        assert!(matches!(refused, Err(Error::Thread { name: "sre-state", .. })), "{refused:?}");
        // At once.
        let next = on(&world).manual_clock(clock()).strict().start();
        assert!(next.is_ok(), "{next:?}");
        // As soon as the ticker has ended.
        drops.recv_timeout(PATIENCE).expect("the ticker goes on");
    }

    #[test]
    fn a_thread_that_is_refused_shows_and_the_state_is_written_at_the_end() {
        let world = World::new();
        REFUSED.set(Some("sre-state"));
        let engine = on(&world).clock(clock()).start().unwrap();
        REFUSED.set(None);
        let degraded = engine.status().engine.degraded;
        assert!(matches!(degraded.as_slice(), [told] if told.contains("sre-state")), "{degraded:?}");
        assert!(engine.shutdown(PATIENCE));
        assert!(world.lock().names().contains(&"snapshot-1".to_owned()));
    }

    #[test]
    fn a_panic_under_any_lock_ends_in_time_beside_a_directory_that_became_free() {
        let world = World::new();
        let [one, other] = [(); 2].map(|()| on(&world).manual_clock(clock()).start().unwrap());
        drop(one);
        let (done, ended) = mpsc::channel();
        std::thread::spawn(move || {
            other.core.with_state(|_| other.core.flush_in_panic());
            done.send(other)
        });
        let other = ended.recv_timeout(PATIENCE).expect("it waits for itself");
        other.flush();
        assert_eq!(other.collect().engine.state.as_ref().unwrap().standing, StateStanding::Writable);
    }

    #[test]
    fn a_shutdown_tells_whether_the_state_was_written() {
        let full = Failure::Error(28);
        for (failing, expected) in [(0, true), (1_000, false)] {
            let by_hand = |builder: Builder| builder.manual_clock(clock());
            let threaded = |builder: Builder| builder.clock(clock());
            for kind in [by_hand, threaded] {
                let world = World::new();
                let engine = kind(on(&world)).start().unwrap();
                let calls = world.lock().calls();
                world.lock().fail(calls, failing, full);
                assert_eq!(engine.shutdown(PATIENCE), expected, "{engine:?}");
                assert_eq!(engine.shutdown(SECOND), expected, "a second time");
            }
        }
    }

    #[test]
    fn a_shutdown_that_leaves_the_directory_to_another_process_says_so() {
        let world = World::new();
        let [one, other] = [(); 2].map(|()| on(&world).manual_clock(clock()).start().unwrap());
        assert!(!other.shutdown(SECOND));
        let state = other.collect().engine.state.clone().unwrap();
        assert_eq!(state.standing, StateStanding::Waiting);
        assert!(one.shutdown(SECOND));
    }
}
