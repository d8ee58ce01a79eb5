//! Cold. What an engine holds until it ends, and then lets go of without waiting for anybody.

use core::time::Duration;

use crate::primitive::Ordering;
use crate::primitive::modelled::{AtomicBool, Mutex, MutexGuard};

/// A value behind a lock, and whether it is still held.
///
/// Whoever ends it may find it locked and does not wait for long: then whoever has it locks it a last time on the way
/// out, to let go. So everybody goes in by [`Tenure::with`] or [`Tenure::try_with`].
#[derive(Debug)]
pub(super) struct Tenure<T> {
    held: Mutex<T>,
    is_running: AtomicBool,
}

impl<T> Tenure<T> {
    pub(super) fn new(held: T) -> Self {
        Self { held: Mutex::new(held), is_running: AtomicBool::new(true) }
    }

    /// Whether it has not ended.
    pub(super) fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Acquire)
    }

    /// Runs with the value; lets go of it afterwards if it has ended meanwhile.
    pub(super) fn with<R>(&self, run: impl FnOnce(&mut T) -> R, let_go: impl FnOnce(&mut T)) -> R {
        let result = run(&mut self.held.lock());
        self.leave(let_go);
        result
    }

    /// The same, unless somebody else has it for longer than `patience`.
    pub(super) fn try_with<R>(
        &self,
        patience: Duration,
        run: impl FnOnce(&mut T) -> R,
        let_go: impl FnOnce(&mut T),
    ) -> Option<R> {
        let result = self.locked(patience).map(|mut held| run(&mut held))?;
        self.leave(let_go);
        Some(result)
    }

    /// Ends it, once: lets go now or, if somebody has it for longer than `patience`, as soon as he is done.
    pub(super) fn end(&self, patience: Duration, let_go: impl FnOnce(&mut T)) {
        // AcqRel: pairs with `leave`.
        if self.is_running.swap(false, Ordering::AcqRel)
            && let Some(mut held) = self.locked(patience)
        {
            let_go(&mut held);
        }
    }

    fn leave(&self, let_go: impl FnOnce(&mut T)) {
        // AcqRel: pairs with the swap in `end`. If that comes later, it finds the lock free.
        let is_running = self.is_running.fetch_and(true, Ordering::AcqRel);
        // Somebody who has it now lets go when he leaves.
        if !is_running && let Some(mut held) = self.held.try_lock() {
            let_go(&mut held);
        }
    }

    #[cfg(not(sre_loom))]
    fn locked(&self, patience: Duration) -> Option<MutexGuard<'_, T>> {
        self.held.try_lock_for(patience)
    }

    /// Patience is none in a model.
    #[cfg(sre_loom)]
    fn locked(&self, _: Duration) -> Option<MutexGuard<'_, T>> {
        self.held.try_lock()
    }
}
