//! Cold. Tells a thread to stop, and waits until it did.

use core::time::Duration;

use crate::primitive::modelled::{Condvar, Mutex};

/// Tells a thread to stop, and waits until it did.
#[derive(Debug)]
pub(super) struct Stop {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug)]
struct State {
    asked: bool,
    stopped: bool,
}

impl Stop {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State { asked: false, stopped: false }), changed: Condvar::new() }
    }

    /// Asks the thread to stop; does not wait.
    pub(super) fn ask(&self) {
        self.state.lock().asked = true;
        self.changed.notify_all();
    }

    /// Waits until the thread has stopped, or the time is over; returns whether it has.
    pub(super) fn wait(&self, timeout: Duration) -> bool {
        self.changed.wait_while_for(self.state.lock(), |state| !state.stopped, timeout).stopped
    }

    /// Tells on drop that the thread has ended, however it did.
    pub(super) const fn ended(&self) -> Ended<'_> {
        Ended(self)
    }

    /// Sleeps for so long or until the end; returns whether to go on.
    pub(super) fn sleep(&self, duration: Duration) -> bool {
        !self.changed.wait_while_for(self.state.lock(), |state| !state.asked, duration).asked
    }

    fn set_stopped(&self) {
        self.state.lock().stopped = true;
        self.changed.notify_all();
    }
}

/// Tells that a thread has ended, however it did.
pub(super) struct Ended<'a>(&'a Stop);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.set_stopped();
    }
}
