//! Laws of snapshots: merging, differences, bytes and quantiles, on random values of every size.

use core::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use sre_core::histogram::{Layout, Snapshot};

/// Nanoseconds of all magnitudes, not only the large ones that a uniform choice would give.
fn value() -> impl Strategy<Value = u64> {
    prop_oneof![
        8 => (0_u32..64, any::<u64>()).prop_map(|(shift, bits)| bits >> shift),
        1 => Just(0),
        1 => Just(u64::MAX),
    ]
}

fn layout() -> impl Strategy<Value = Layout> {
    prop_oneof![Just(Layout::BITS_6), Just(Layout::BITS_7), Just(Layout::BITS_10)]
}

fn of(layout: Layout, values: &[u64]) -> Snapshot {
    Snapshot::from_durations(layout, values.iter().copied().map(Duration::from_nanos))
}

fn merged(left: &Snapshot, right: &Snapshot) -> Snapshot {
    let mut sum = left.clone();
    sum.merge(right);
    sum
}

/// The value of the smallest rank whose share reaches `per_mille / 1000`, in exact fractions.
fn exact_quantile(sorted: &[u64], per_mille: u64) -> Option<u64> {
    let reaches = |rank: u64| u128::from(rank) * 1_000 >= u128::from(per_mille) * sorted.len() as u128;
    (1..).zip(sorted).find(|&(rank, _)| reaches(rank)).map(|(_, &value)| value)
}

proptest! {
    #[test]
    fn merge_commutes(a in layout(), b in layout(), left in vec(value(), 0..60), right in vec(value(), 0..60)) {
        let (left, right) = (of(a, &left), of(b, &right));
        prop_assert_eq!(merged(&left, &right), merged(&right, &left));
    }

    #[test]
    fn merge_associates(
        layouts in (layout(), layout(), layout()),
        first in vec(value(), 0..40),
        second in vec(value(), 0..40),
        third in vec(value(), 0..40),
    ) {
        let (a, b, c) = (of(layouts.0, &first), of(layouts.1, &second), of(layouts.2, &third));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
    }

    #[test]
    fn parts_merge_to_the_whole(layout in layout(), values in vec(value(), 0..100), cut in 0_usize..100) {
        let (left, right) = values.split_at(cut.min(values.len()));
        prop_assert_eq!(merged(&of(layout, left), &of(layout, right)), of(layout, &values));
    }

    #[test]
    fn difference_undoes_merge(layout in layout(), left in vec(value(), 0..60), right in vec(value(), 0..60)) {
        let (left, right) = (of(layout, &left), of(layout, &right));
        prop_assert_eq!(merged(&left, &right).since(&right), left);
    }

    #[test]
    fn difference_undoes_merge_of_two_precisions(left in vec(value(), 1..60), right in vec(value(), 1..60)) {
        let (fine, coarse) = (of(Layout::BITS_10, &left), of(Layout::BITS_6, &right));
        prop_assert_eq!(merged(&fine, &coarse).since(&coarse), fine.coarsened(Layout::BITS_6));
    }

    #[test]
    fn coarse_counts_are_those_of_coarse_recording(values in vec(value(), 0..100)) {
        let fine = of(Layout::BITS_10, &values);
        for coarse in [Layout::BITS_6, Layout::BITS_7] {
            prop_assert_eq!(fine.coarsened(coarse), of(coarse, &values));
        }
    }

    #[test]
    fn decode_undoes_encode(layout in layout(), values in vec(value(), 0..100)) {
        let snapshot = of(layout, &values);
        prop_assert_eq!(Snapshot::decode(&snapshot.encode()), Ok(snapshot));
    }

    #[test]
    fn decode_undoes_encode_of_any_counts(
        layout in layout(),
        first in 0_usize..60_000,
        counts in vec(prop_oneof![3 => Just(0), 1 => any::<u64>(), 3 => 0_u64..200], 0..200),
        sum_ns in any::<u128>(),
    ) {
        let snapshot = Snapshot::from_counts(layout, first, counts, sum_ns);
        prop_assert_eq!(Snapshot::decode(&snapshot.encode()), Ok(snapshot));
    }

    #[test]
    fn bytes_that_decode_are_the_bytes_of_what_they_decode_to(bytes in vec(any::<u8>(), 0..64), bits in 1_u8..11) {
        // A valid head, so that random bytes reach the tokens.
        let bytes = [&[1, bits], bytes.as_slice()].concat();
        if let Ok(snapshot) = Snapshot::decode(&bytes) {
            prop_assert_eq!(snapshot.encode(), bytes);
        }
    }

    #[test]
    fn any_cut_or_flipped_bit_is_refused_or_read_without_harm(
        values in vec(value(), 1..50),
        cut in 0_usize..200,
        flip in 0_usize..1_600,
    ) {
        let mut bytes = of(Layout::BITS_6, &values).encode();
        let length = bytes.len();
        bytes[flip / 8 % length] ^= 1 << (flip % 8);
        bytes.truncate(cut.max(1));
        if let Ok(snapshot) = Snapshot::decode(&bytes) {
            prop_assert_eq!(snapshot.encode(), bytes);
        }
    }

    #[test]
    fn quantiles_lie_in_the_bucket_of_the_exact_one(
        layout in layout(),
        mut values in vec(value(), 1..200),
        per_mille in 0_u64..=1_000,
    ) {
        let snapshot = of(layout, &values);
        values.sort_unstable();
        let exact = exact_quantile(&values, per_mille).unwrap();
        let quantile = per_mille as f64 / 1_000.0;
        let bucket = snapshot.quantile_bucket(quantile).unwrap();
        prop_assert_eq!(bucket.index(), layout.index(exact), "exact {}", exact);
        let answer = snapshot.quantile(quantile).unwrap();
        let off = answer.abs_diff(Duration::from_nanos(exact));
        prop_assert!(off.as_nanos() as f64 <= exact as f64 * layout.relative_error(), "{:?} for {}", answer, exact);
    }

    #[test]
    fn quantiles_rise_between_min_and_max(layout in layout(), values in vec(value(), 1..100)) {
        let snapshot = of(layout, &values);
        let (min, max) = (snapshot.min().unwrap(), snapshot.max().unwrap());
        let mut last = min;
        for percent in (0..=100).step_by(5) {
            let quantile = snapshot.quantile(f64::from(percent) / 100.0).unwrap();
            prop_assert!(last <= quantile && quantile <= max, "{} of {:?}..{:?}", percent, last, max);
            last = quantile;
        }
        prop_assert!(min <= Duration::from_nanos(*values.iter().min().unwrap()));
        prop_assert!(max >= Duration::from_nanos(*values.iter().max().unwrap()));
        prop_assert!((min..=max).contains(&snapshot.mean().unwrap()));
    }

    #[test]
    fn midpoints_times_counts_are_close_to_the_sum(layout in layout(), values in vec(value(), 0..100)) {
        let snapshot = of(layout, &values);
        let of_midpoints: u128 = snapshot.buckets().map(|b| u128::from(b.midpoint_ns()) * u128::from(b.count())).sum();
        let off = of_midpoints.abs_diff(snapshot.sum_ns());
        // In integers: off / sum is at most 2^-(bits + 1).
        prop_assert!(off << (layout.bits() + 1) <= snapshot.sum_ns(), "{} for {}", of_midpoints, snapshot.sum_ns());
    }

    #[test]
    fn exponential_buckets_hold_every_value_and_keep_the_order(
        layout in layout(),
        values in vec(value(), 0..100),
        scale in -12_i8..12,
    ) {
        let snapshot = of(layout, &values);
        let exponential = snapshot.exponential(scale, Duration::from_secs(1));
        prop_assert_eq!(exponential.count(), snapshot.count());
        let width = (-f64::from(exponential.scale())).exp2();
        let lower_edge = |index: i32| (f64::from(index) * width).exp2() * 1e9;
        // Read back in order, every midpoint lies in the bucket that took its count.
        let mut expected = snapshot.buckets().filter(|bucket| bucket.midpoint_ns() > 0);
        for (index, mut count) in exponential.buckets() {
            while count > 0 {
                let bucket = expected.next().unwrap();
                let midpoint = bucket.midpoint_ns() as f64;
                prop_assert!(lower_edge(index) <= midpoint * (1.0 + 1e-9), "{} below bucket {}", midpoint, index);
                prop_assert!(midpoint <= lower_edge(index + 1) * (1.0 + 1e-9), "{} above bucket {}", midpoint, index);
                count -= bucket.count();
            }
        }
        prop_assert!(expected.next().is_none());
    }

    #[test]
    fn counts_below_bucket_edges_are_exact(layout in layout(), values in vec(value(), 0..100), edge in value()) {
        let snapshot = of(layout, &values);
        let edge = layout.upper(layout.index(edge));
        let exact = values.iter().filter(|&&value| value <= edge).count() as u64;
        prop_assert_eq!(snapshot.count_at_or_below(edge), exact);
        prop_assert_eq!(snapshot.count_above(Duration::from_nanos(edge)), values.len() as u64 - exact);
    }

    #[test]
    fn one_pass_over_bounds_gives_the_single_answers(values in vec(value(), 0..100), mut bounds in vec(value(), 0..20)) {
        let snapshot = of(Layout::BITS_6, &values);
        bounds.sort_unstable();
        let single: Vec<_> = bounds.iter().map(|&bound| snapshot.count_at_or_below(bound)).collect();
        prop_assert_eq!(snapshot.cumulative(bounds.iter().copied()).collect::<Vec<_>>(), single);
    }
}

#[test]
fn snapshots_travel_between_threads() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    check::<Snapshot>();
    check::<Layout>();
}
