//! The only place that names atomics, cells, locks and thread-locals: those of `std`, or of `loom` under
//! `--cfg sre_loom`.

use once_cell::race::OnceBox;

pub(crate) use core::cell::Cell;
pub(crate) use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
pub(crate) use parking_lot::Mutex;
pub(crate) use std::sync::{Arc, OnceLock};

/// What the structures without locks are built from: their models explore every order of these operations.
pub(crate) mod modelled {
    #[cfg(not(sre_loom))]
    pub(crate) use core::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, fence};
    #[cfg(sre_loom)]
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, fence};

    #[cfg(not(sre_loom))]
    pub(crate) use parking_lot::{Mutex, MutexGuard};
    #[cfg(sre_loom)]
    pub(crate) use poisonless::{Condvar, Mutex, MutexGuard};

    use super::Ordering;

    /// A place to wait at, by guards that come and go by value: `loom` has no others.
    #[cfg(not(sre_loom))]
    #[derive(Debug)]
    pub(crate) struct Condvar(parking_lot::Condvar);

    #[cfg(not(sre_loom))]
    impl Condvar {
        pub(crate) fn new() -> Self {
            Self(parking_lot::Condvar::new())
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }

        /// Waits while the condition holds, or until the time is over.
        pub(crate) fn wait_while_for<'a, T>(
            &self,
            mut guard: MutexGuard<'a, T>,
            condition: impl FnMut(&mut T) -> bool,
            timeout: core::time::Duration,
        ) -> MutexGuard<'a, T> {
            self.0.wait_while_for(&mut guard, condition, timeout);
            guard
        }
    }

    /// Adds to a counter that stays where it is once it can count no further.
    ///
    /// Tries again only where somebody else added meanwhile. Release, for whoever reads counters in the order opposite
    /// to that of adding.
    pub(crate) fn add_saturating(counter: &AtomicU64, count: u64) {
        let _ = counter
            .fetch_update(Ordering::Release, Ordering::Relaxed, |before| Some(before.saturating_add(count)));
    }

    /// The lock of loom with the manners of `parking_lot`.
    #[cfg(sre_loom)]
    mod poisonless {
        pub(crate) use loom::sync::MutexGuard;

        #[derive(Debug)]
        pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

        impl<T> Mutex<T> {
            pub(crate) fn new(value: T) -> Self {
                Self(loom::sync::Mutex::new(value))
            }

            pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
                self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
            }

            pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
                self.0.try_lock().ok()
            }
        }

        /// Waits for ever: in a model no time passes.
        #[derive(Debug)]
        pub(crate) struct Condvar(loom::sync::Condvar);

        impl Condvar {
            pub(crate) fn new() -> Self {
                Self(loom::sync::Condvar::new())
            }

            pub(crate) fn notify_all(&self) {
                self.0.notify_all();
            }

            pub(crate) fn wait_while_for<'a, T>(
                &self,
                mut guard: MutexGuard<'a, T>,
                mut condition: impl FnMut(&mut T) -> bool,
                _: core::time::Duration,
            ) -> MutexGuard<'a, T> {
                while condition(&mut guard) {
                    guard = self.0.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner);
                }
                guard
            }
        }
    }
}

/// A place for what is allotted when it is first needed.
///
/// Whoever finds it empty makes one and offers it, and the first one stays. So nobody waits for an allocation of
/// somebody else or, in a forked child, for a thread that is not there.
#[derive(Debug)]
pub(crate) struct OnDemand<T>(OnceBox<T>);

impl<T> OnDemand<T> {
    /// A place with nothing in it.
    pub(crate) const fn empty() -> Self {
        Self(OnceBox::new())
    }

    /// What is there.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.get()
    }

    /// What is there, made now if there is nothing.
    #[inline]
    pub(crate) fn get_or_make(&self, make: impl FnOnce() -> T) -> &T {
        match self.get() {
            Some(made) => made,
            None => self.offer(make),
        }
    }

    #[cold]
    #[inline(never)]
    fn offer(&self, make: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(|| Box::new(make()))
    }
}

/// Atomics are not `Copy`, so an array of them is built cell by cell.
pub(crate) fn zeroed<T: Zero, const N: usize>() -> [T; N] {
    core::array::from_fn(|_| T::zero())
}

/// A counter that starts at zero.
pub(crate) trait Zero {
    /// Zero.
    fn zero() -> Self;
}

impl Zero for modelled::AtomicU16 {
    fn zero() -> Self {
        Self::new(0)
    }
}

impl Zero for AtomicU32 {
    fn zero() -> Self {
        Self::new(0)
    }
}

impl Zero for AtomicU64 {
    fn zero() -> Self {
        Self::new(0)
    }
}

#[cfg(sre_loom)]
impl Zero for modelled::AtomicU32 {
    fn zero() -> Self {
        Self::new(0)
    }
}

#[cfg(sre_loom)]
impl Zero for modelled::AtomicU64 {
    fn zero() -> Self {
        Self::new(0)
    }
}
