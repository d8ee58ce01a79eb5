//! The only place that names atomics, cells, locks and thread-locals: those of `std`, or of `loom` under
//! `--cfg sre_loom`.

#[cfg(not(sre_loom))]
pub(crate) use core::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};
#[cfg(sre_loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};

pub(crate) use core::cell::Cell;
pub(crate) use std::sync::{Arc, OnceLock};

/// Cache-line padding between writers. Two lines, since processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Padded<T>(pub(crate) T);

/// Atomics are not `Copy`, so an array of them is built cell by cell.
pub(crate) fn zeroed<T: Zero, const N: usize>() -> [T; N] {
    core::array::from_fn(|_| T::zero())
}

/// A counter that starts at zero.
pub(crate) trait Zero {
    /// Zero.
    fn zero() -> Self;
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

/// A lock that does not poison; `try_lock` never waits.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(Inner<T>);

#[cfg(not(sre_loom))]
type Inner<T> = parking_lot::Mutex<T>;
#[cfg(sre_loom)]
type Inner<T> = loom::sync::Mutex<T>;

#[cfg(not(sre_loom))]
pub(crate) type MutexGuard<'a, T> = parking_lot::MutexGuard<'a, T>;
#[cfg(sre_loom)]
pub(crate) type MutexGuard<'a, T> = loom::sync::MutexGuard<'a, T>;

impl<T> Mutex<T> {
    #[cfg(not(sre_loom))]
    pub(crate) const fn new(value: T) -> Self {
        Self(Inner::new(value))
    }

    #[cfg(sre_loom)]
    pub(crate) fn new(value: T) -> Self {
        Self(Inner::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        #[cfg(not(sre_loom))]
        return self.0.lock();
        #[cfg(sre_loom)]
        return self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    }

    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        #[cfg(not(sre_loom))]
        return self.0.try_lock();
        #[cfg(sre_loom)]
        return self.0.try_lock().ok();
    }
}
