//! Calls come as the scenario says, however time is cut.

use proptest::prelude::*;

use crate::sli::Outcome;
use crate::testing::load::Load;
use crate::testing::{Latency, Traffic, errors, outage, rps, slow};

const DAY: u64 = 86_400;

/// Calls that came by outcome: in all, failed, and slower than 300 ms.
fn sums(load: &mut Load, steps: impl IntoIterator<Item = u64>) -> (u64, u64, u64) {
    let mut sums = (0, 0, 0);
    for to in steps {
        let counts = load.advance(to).to_vec();
        for (class, count) in load.classes().iter().zip(counts) {
            sums.0 += count;
            sums.1 += if class.outcome == Outcome::Error { count } else { 0 };
            sums.2 += if class.duration_ns > 300_000_000 { count } else { 0 };
        }
    }
    sums
}

fn load(traffic: &Traffic) -> Load {
    let faults = [
        errors(0.05).at("1h").lasting("2h"),
        slow(0.5, "2s").at("2h").lasting("10m"),
        outage().at("20h").lasting("1m"),
        errors(0.2).at("5h").lasting("10h").growing(),
    ];
    Load::new(traffic, &faults, &[300_000_000], DAY, 0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_calls_are_the_same_however_time_is_cut(
        cuts in prop::collection::vec(1..DAY, 0..60),
        seed in prop::option::of(any::<u64>()),
        rate in 0.01..300.0,
    ) {
        let traffic = rps(rate).diurnal(0.7).bursts("50m", "7m", 2.5).latency(Latency::log_normal("50ms", "250ms"));
        let traffic = if let Some(seed) = seed { traffic.random(seed) } else { traffic };
        let mut cuts = cuts;
        cuts.sort_unstable();
        let all = sums(&mut load(&traffic), [DAY]);
        prop_assert_eq!(sums(&mut load(&traffic), cuts.into_iter().chain([DAY])), all);
        prop_assert_eq!(sums(&mut load(&traffic), 1..=DAY), all);
    }
}

#[test]
fn shares_and_rates_are_met_to_the_call() {
    let traffic = rps(10.0);
    let (all, failed, slow) = sums(&mut load(&traffic), 1..=DAY);
    assert_eq!(all, 864_000);
    // 5 % of two hours, a minute, and on average 10 % of ten hours: of what the leak hits, each minute has one share.
    assert_eq!(failed, 3_600 + 600 + 36_000);
    // Half of what did not fail in ten minutes.
    assert_eq!(slow, 2_850);
}

#[test]
fn chance_gives_the_same_mean_and_another_course() {
    let traffic = rps(10.0).random(3);
    let (all, failed, _) = sums(&mut load(&traffic), [DAY]);
    // Within five deviations.
    assert!(all.abs_diff(864_000) < 4_650 && all != 864_000, "{all}");
    assert!(failed.abs_diff(40_200) < 1_000, "{failed}");
    assert_eq!(sums(&mut load(&traffic), [DAY]).0, all);
    assert_ne!(sums(&mut load(&rps(10.0).random(4)), [DAY]).0, all);
}
