//! Decoding a snapshot never holds more than the buckets of a layout, whatever the bytes claim.
#![expect(unsafe_code, reason = "an allocator that counts cannot be written without")]
#![expect(clippy::unwrap_used, reason = "helpers of tests may")]

use std::alloc::{GlobalAlloc, Layout as MemoryLayout, System};
use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use sre_core::histogram::{Layout, Snapshot};

mod mutate;

#[cfg(feature = "hdrhistogram")]
use mutate::Edit;
use mutate::{edits, mutated};

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

/// Snapshots of few values of all magnitudes, or of many near each other.
fn snapshots() -> impl Strategy<Value = Snapshot> {
    let values = prop_oneof![
        vec((0_u32..64, any::<u64>()).prop_map(|(shift, bits)| bits >> shift), 0..30),
        vec(1_000_000_u64..2_000_000, 0..300),
    ];
    (1_u32..=10, values).prop_map(|(bits, values)| {
        let layout = Layout::try_new(bits).unwrap();
        Snapshot::from_durations(layout, values.into_iter().map(std::time::Duration::from_nanos))
    })
}

/// Bytes are refused, or are the only ones that mean what they mean; either way little is held.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let held = peak(|| Snapshot::decode(bytes));
    prop_assert!(held <= most(Layout::BITS_10), "{held} bytes for {} in", bytes.len());
    if let Ok(snapshot) = Snapshot::decode(bytes) {
        prop_assert_eq!(snapshot.encode(), bytes);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_or_the_only_ones(bytes in vec(any::<u8>(), 0..200), bits in 1_u8..=10) {
        check(&bytes)?;
        check(&[&[1, bits][..], &bytes].concat())?;
    }

    #[test]
    fn damaged_snapshots_are_refused_or_the_only_ones(snapshot in snapshots(), edits in edits()) {
        let bytes = snapshot.encode();
        prop_assert_eq!(Snapshot::decode(&bytes), Ok(snapshot.clone()));
        check(&mutated(bytes, &edits))?;
    }
}

#[cfg(feature = "hdrhistogram")]
mod hdr {
    use std::time::{Duration, UNIX_EPOCH};

    use sre_core::histogram::hdr::{LogInterval, LogReader, LogWriter};

    use super::*;

    /// What a histogram of five figures takes on the way, as the docs say, and its counts twice.
    const MOST: usize = (50 + 2 * 4) << 20;

    fn check_bytes(bytes: &[u8]) -> Result<(), TestCaseError> {
        let held = peak(|| Snapshot::from_hdr_bytes(bytes));
        prop_assert!(held <= MOST, "{held} bytes for {} in", bytes.len());
        Ok(())
    }

    fn log_of(snapshot: &Snapshot) -> Vec<u8> {
        let start = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let mut log = LogWriter::new(Vec::new(), start).unwrap();
        for second in 0..3 {
            let at = start + Duration::from_secs(second);
            let interval = LogInterval::new(at, Duration::from_secs(1), snapshot.clone());
            log.write(&interval.with_tag(format!("tag{second}"))).unwrap();
        }
        log.into_inner()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn damaged_bytes_are_read_or_refused(snapshot in snapshots(), edits in edits()) {
            check_bytes(&mutated(snapshot.to_hdr_bytes().unwrap(), &edits))?;
            check_bytes(&mutated(snapshot.to_hdr_bytes_compressed().unwrap(), &edits))?;
            // The header alone, which says how much to allot.
            let header: Vec<Edit> = edits.iter().filter_map(|edit| match *edit {
                Edit::Overwrite(at, byte) | Edit::Insert(at, byte) => Some(Edit::Overwrite(at % 40, byte)),
                _ => None,
            }).collect();
            let mut bytes = snapshot.to_hdr_bytes().unwrap();
            let counts = bytes.split_off(40);
            check_bytes(&[mutated(bytes, &header), counts].concat())?;
        }

        #[test]
        fn damaged_logs_are_read_line_by_line_or_refused(snapshot in snapshots(), edits in edits()) {
            let log = log_of(&snapshot);
            prop_assert_eq!(LogReader::new(&log).filter(Result::is_ok).count(), 3);
            let damaged = mutated(log, &edits);
            let lines = damaged.split(|byte| *byte == b'\n').count();
            let held = peak(|| LogReader::new(&damaged).collect::<Vec<_>>());
            prop_assert!(held <= MOST, "{held} bytes for {} in", damaged.len());
            prop_assert!(LogReader::new(&damaged).count() <= lines);
        }
    }
}
