//! Time slices of random traces are cut, judged and counted as an oracle does that keeps every event.

use std::time::Duration;

use proptest::prelude::*;
use sre_core::engine::{Evaluator, Input};
use sre_core::slo::{Budgeting, Objective, Period, Tier};
use sre_core::units::{EventCounts, Target};
use sre_core::window::{EmptySlice, Tick};

const SECOND: u64 = 1_000_000_000;
const PPB: u128 = 1_000_000_000;

/// Windows of the objective: page, ticket, the usual five minutes, and the period, in seconds.
const WINDOWS: [u64; 6] = [60, 120, 300, 600, 3_600, 7_200];
const SLOT: u64 = 5;
const TIERS: &[Tier] = &[
    Tier::page(Duration::from_secs(600), Duration::from_secs(60), 6.0),
    Tier::ticket(Duration::from_secs(3_600), Duration::from_secs(120), 2.0),
];

/// An event count of one tick, by the second.
#[derive(Clone, Copy, Debug)]
struct Seen {
    second: u64,
    good: u64,
    bad: u64,
}

/// Good and bad of every slice that is over: judged as a whole, or by its share in billionths.
fn judged(
    seen: &[Seen],
    start: u64,
    now: u64,
    length: u64,
    target: Option<u128>,
    empty: EmptySlice,
) -> Vec<(u64, u64, u64)> {
    let whole = if target.is_some() { 1 } else { 1_000_000_000 };
    let mut last = (0, 0);
    let mut slices = Vec::new();
    for slice in start / length..now / length {
        let events = seen.iter().filter(|seen| seen.second / length == slice);
        let (good, bad) = events.fold((0, 0), |(good, bad), seen| (good + seen.good, bad + seen.bad));
        last = match (good + bad, target) {
            (0, _) => match empty {
                EmptySlice::Good => (whole, 0),
                EmptySlice::Bad => (0, whole),
                EmptySlice::CarryLast => last,
                _ => (0, 0),
            },
            (total, Some(target)) if u128::from(good) * PPB >= target * u128::from(total) => (1, 0),
            (_, Some(_)) => (0, 1),
            (total, None) => (whole - bad * whole / total, bad * whole / total),
        };
        slices.push(((slice + 1) * length, last.0, last.1));
    }
    slices
}

/// Good and bad billionths of every sample that was taken, each over the last `samples` steps.
fn sampled(seen: &[Seen], start: u64, now: u64, step: u64, samples: u64) -> Vec<(u64, u64, u64)> {
    let sample = |last: u64| {
        let first = (last + 1).saturating_sub(samples).max(start / step);
        let events = seen.iter().filter(|seen| (first..=last).contains(&(seen.second / step)));
        let (total, bad) =
            events.fold((0, 0), |(total, bad), seen| (total + seen.good + seen.bad, bad + seen.bad));
        let parts = (bad * 1_000_000_000).checked_div(total)?;
        Some(((last + 1) * step, 1_000_000_000 - parts, parts))
    };
    (start / step..now / step).filter_map(sample).collect()
}

fn window(slices: &[(u64, u64, u64)], now: u64, length: u64) -> EventCounts {
    let slot = if length.div_ceil(SLOT) <= 360 {
        SLOT
    } else if length.div_ceil(10) <= 360 {
        10
    } else {
        60
    };
    let first = (now / slot - length.div_ceil(slot)) * slot;
    let within = slices.iter().filter(|(end, _, _)| *end >= first);
    within.map(|(_, good, bad)| EventCounts::new(*good, *bad)).sum()
}

fn policies() -> impl Strategy<Value = EmptySlice> {
    prop_oneof![
        Just(EmptySlice::Good),
        Just(EmptySlice::Skip),
        Just(EmptySlice::Bad),
        Just(EmptySlice::CarryLast)
    ]
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(500)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn overlapping_slices_are_sampled_as_the_oracle_samples_them(
        start in 1_000_000_u64..2_000_000_000,
        step in prop_oneof![Just(1_u64), Just(5), Just(30)],
        samples in 0_u8..12,
        ticks in prop::collection::vec((1_u64..4, 0_u64..30, 0_u64..4, 0_u8..3), 1..150),
    ) {
        let length = Duration::from_secs(step * u64::from(samples.max(1)));
        let objective = Objective::availability(0.9)
            .period(Period::rolling(Duration::from_secs(7_200)))
            .tiers(TIERS)
            .budgeting(Budgeting::OverlappingSlices { length, samples });
        let at = |second: u64| Tick { wall_ns: second * SECOND, elapsed_ns: (second - start) * SECOND };
        let mut evaluator = Evaluator::new("pay", "pay-availability", objective, at(start)).unwrap();
        let (mut now, mut seen) = (start, Vec::new());
        for (wait, good, bad, kind) in ticks {
            now += wait;
            let (good, bad) = if kind == 0 { (0, 0) } else { (good, bad) };
            seen.push(Seen { second: now, good, bad });
            evaluator.tick(at(now), Input { delta: EventCounts::new(good, bad), ..Input::default() });
            let slices = sampled(&seen, start, now, step, u64::from(samples.max(1)));
            for (length, found) in WINDOWS.into_iter().zip(&evaluator.latest().windows) {
                prop_assert_eq!(found.counts, window(&slices, now, length), "{} at {}", found.text, now);
            }
        }
    }

    #[test]
    fn slices_are_counted_as_the_oracle_counts_them(
        start in 1_000_000_u64..2_000_000_000,
        length in prop_oneof![Just(1_u64), Just(5), Just(7), Just(60), Just(90)],
        target in prop_oneof![Just(None), Just(Some(0.5)), Just(Some(0.9)), Just(Some(0.95))],
        empty in policies(),
        ticks in prop::collection::vec((1_u64..4, 0_u64..30, 0_u64..4, 0_u8..3), 1..150),
    ) {
        let slice = Duration::from_secs(length);
        let budgeting = match target {
            Some(target) => Budgeting::TimeSlices { length: slice, target: Target::new(target), empty },
            None => Budgeting::RatioTimeslices { length: slice, empty },
        };
        let objective = Objective::availability(0.9)
            .period(Period::rolling(Duration::from_secs(7_200)))
            .tiers(TIERS)
            .budgeting(budgeting);
        let at = |second: u64| Tick { wall_ns: second * SECOND, elapsed_ns: (second - start) * SECOND };
        let mut evaluator = Evaluator::new("pay", "pay-availability", objective, at(start)).unwrap();
        let (mut now, mut seen) = (start, Vec::new());
        for (step, good, bad, kind) in ticks {
            now += step;
            let (good, bad) = if kind == 0 { (0, 0) } else { (good, bad) };
            seen.push(Seen { second: now, good, bad });
            evaluator.tick(at(now), Input { delta: EventCounts::new(good, bad), ..Input::default() });
            let slices = judged(&seen, start, now, length, target.map(|t| u128::from(Target::new(t).ppb())), empty);
            let report = evaluator.latest();
            prop_assert_eq!(report.windows.len(), WINDOWS.len());
            for (length, found) in WINDOWS.into_iter().zip(&report.windows) {
                prop_assert_eq!(found.counts, window(&slices, now, length), "{} at {}", found.text, now);
            }
        }
        let exported: EventCounts = seen.iter().map(|seen| EventCounts::new(seen.good, seen.bad)).sum();
        prop_assert_eq!(evaluator.latest().exported, exported, "exported are events, whatever is judged");
    }
}
