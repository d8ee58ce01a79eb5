//! Decoding a snapshot never holds more than the buckets of a layout, whatever the bytes claim.
#![expect(unsafe_code, reason = "an allocator that counts cannot be written without")]

use std::alloc::{GlobalAlloc, Layout as MemoryLayout, System};
use std::cell::Cell;

use sre_core::histogram::{Layout, Snapshot};

/// Counts what each thread holds, and the most it ever held.
struct Counting;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

fn hold(bytes: usize) {
    let held = HELD.get() + bytes;
    HELD.set(held);
    PEAK.set(PEAK.get().max(held));
}

// SAFETY: every call is passed on to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: MemoryLayout) -> *mut u8 {
        hold(layout.size());
        // SAFETY: the caller's promises are those that the system allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: MemoryLayout) {
        HELD.set(HELD.get().saturating_sub(layout.size()));
        // SAFETY: as above; the pointer came from the system allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that `work` held beyond what was held before.
fn peak<T>(work: impl FnOnce() -> T) -> usize {
    let before = HELD.get();
    PEAK.set(before);
    drop(work());
    PEAK.get() - before
}

/// Twice the cells of a layout, in blocks of 64 with a total, because a vector that grows holds its old half while it
/// copies.
fn most(layout: Layout) -> usize {
    2 * layout.buckets().div_ceil(64) * 65 * size_of::<u64>()
}

#[test]
fn the_detector_sees_an_allocation() {
    assert_eq!(peak(|| Vec::<u8>::with_capacity(12_345)), 12_345);
}

#[test]
fn a_full_snapshot_stays_within_the_bound_and_comes_near_it() {
    for layout in [Layout::BITS_6, Layout::BITS_10] {
        let bytes = Snapshot::from_counts(layout, 0, vec![1; layout.buckets()], 0).encode();
        let held = peak(|| Snapshot::decode(&bytes));
        assert!((most(layout) / 2..=most(layout)).contains(&held), "{layout:?}: {held} bytes");
    }
}

#[test]
fn hostile_bytes_stay_within_the_bound() {
    let mut state = 7_u64;
    let mut byte = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    for round in 0..20_000_usize {
        let bits = byte() % 10 + 1;
        let mut bytes = vec![1, bits, 0, 0];
        // Long runs of continuation bytes make large claims, short numbers make many tokens.
        let large = round % 2 == 0;
        bytes.extend((0..round % 300).map(|_| if large { byte() | 0x80 } else { byte() & 0x7f }));
        bytes.push(2);
        let layout = Layout::try_new(bits.into()).unwrap();
        let held = peak(|| Snapshot::decode(&bytes));
        assert!(held <= most(layout), "{layout:?}: {held} bytes for {} in", bytes.len());
    }
}
