//! The only place that names atomics, cells, locks and thread-locals: those of `std`, or of `loom` under
//! `--cfg sre_loom`.

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
    pub(crate) use poisonless::{Mutex, MutexGuard};

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
