//! Snapshots come back from HdrHistogram as they went, and no bytes do harm on the way.

use core::time::Duration;

use hdrhistogram::Histogram;
use proptest::collection::vec;
use proptest::prelude::*;
use sre_core::histogram::hdr::LogReader;
use sre_core::histogram::{Layout, Snapshot};

/// Nanoseconds of all magnitudes that the format can hold.
fn value() -> impl Strategy<Value = u64> {
    (1_u32..64, any::<u64>()).prop_map(|(shift, bits)| bits >> shift)
}

fn of(layout: Layout, values: &[u64]) -> Snapshot {
    Snapshot::from_durations(layout, values.iter().copied().map(Duration::from_nanos))
}

/// A V2 histogram with any header and any counts.
fn v2_bytes() -> impl Strategy<Value = Vec<u8>> {
    let header = (0_u32..7, 0_u32..64, any::<u64>(), 0_u32..64, any::<u64>());
    (header, vec(any::<u8>(), 0..200)).prop_map(|((figures, low_shift, low, high_shift, high), counts)| {
        let mut bytes = 0x1c84_9313_u32.to_be_bytes().to_vec();
        bytes.extend(u32::try_from(counts.len()).unwrap_or(0).to_be_bytes());
        bytes.extend(0_u32.to_be_bytes());
        bytes.extend(figures.to_be_bytes());
        bytes.extend((low >> low_shift).to_be_bytes());
        bytes.extend((high >> high_shift).to_be_bytes());
        bytes.extend(1_f64.to_be_bytes());
        bytes.extend(counts);
        bytes
    })
}

proptest! {
    #[test]
    fn counts_survive_at_7_and_10_bits(
        layout in prop_oneof![Just(Layout::BITS_7), Just(Layout::BITS_10)],
        values in vec(value(), 0..80),
    ) {
        let snapshot = of(layout, &values);
        for bytes in [snapshot.to_hdr_bytes().unwrap(), snapshot.to_hdr_bytes_compressed().unwrap()] {
            let back = Snapshot::from_hdr_bytes(&bytes).unwrap();
            prop_assert_eq!(back.with_sum_ns(snapshot.sum_ns()), snapshot.clone());
        }
    }

    #[test]
    fn counts_survive_there_and_back_at_the_default(values in vec(value(), 0..80)) {
        let snapshot = of(Layout::BITS_6, &values);
        let back = Snapshot::from_hdr_bytes(&snapshot.to_hdr_bytes_compressed().unwrap()).unwrap();
        prop_assert_eq!(back.coarsened(Layout::BITS_6).with_sum_ns(snapshot.sum_ns()), snapshot);
    }

    #[test]
    fn recording_there_is_recording_here(values in vec(value(), 0..80), figures in 2_u8..=3) {
        let mut histogram = Histogram::<u64>::new_with_bounds(1, u64::MAX, figures).unwrap();
        for &value in &values {
            histogram.record(value).unwrap();
        }
        let layout = if figures == 2 { Layout::BITS_7 } else { Layout::BITS_10 };
        let here = of(layout, &values);
        prop_assert_eq!(Snapshot::from_hdr(&histogram).with_sum_ns(here.sum_ns()), here);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..100)) {
        let _ = Snapshot::from_hdr_bytes(&bytes);
        let _ = LogReader::new(&bytes).count();
    }

    #[test]
    fn any_header_and_counts_are_read_or_refused(bytes in v2_bytes()) {
        let _ = Snapshot::from_hdr_bytes(&bytes);
    }
}
