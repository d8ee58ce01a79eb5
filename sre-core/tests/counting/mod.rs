//! A global allocator that counts what each thread allocates, and what the process holds.
#![allow(dead_code, reason = "each of the tests uses a part")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

struct Counting;

thread_local! {
    pub(crate) static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Bytes that are allocated and not given back.
static HELD: AtomicI64 = AtomicI64::new(0);

/// The most that was held since [`peak_bytes`] began to look.
static PEAK: AtomicI64 = AtomicI64::new(0);

pub(crate) fn held_bytes() -> i64 {
    HELD.load(Ordering::Relaxed)
}

/// The most that the process holds during `work`, beyond what it holds before.
pub(crate) fn peak_bytes<T>(work: impl FnOnce() -> T) -> (T, i64) {
    let before = held_bytes();
    PEAK.store(before, Ordering::Relaxed);
    let done = work();
    (done, PEAK.load(Ordering::Relaxed) - before)
}

fn hold(bytes: usize, sign: i64) {
    let change = sign * i64::try_from(bytes).unwrap_or(i64::MAX);
    let held = HELD.fetch_add(change, Ordering::Relaxed) + change;
    PEAK.fetch_max(held, Ordering::Relaxed);
}

// SAFETY: every call goes on to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        hold(layout.size(), 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        hold(layout.size(), -1);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
