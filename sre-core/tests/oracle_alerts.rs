//! The engine and a brute-force oracle agree on every count, comparison and alert state of random traces.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "helpers of tests may panic as tests do"
)]

mod oracle;
mod promise;

use std::time::Duration;

use oracle::{Oracle, SECOND, SightHistory, Spec, Step, Sure, TierHistory, TierSpec};
use promise::{kept, scaled};
use proptest::prelude::*;
use sre_core::engine::{Evaluator, Input};
use sre_core::slo::{BurnModel, Confidence, Objective, Period, Severity, Tier};
use sre_core::units::EventCounts;
use sre_core::window::Tick;

fn duration(ns: i128) -> Duration {
    Duration::from_nanos(u64::try_from(ns).unwrap())
}

/// The same objective for the engine.
fn objective(spec: &Spec) -> Objective {
    let tiers: Vec<Tier> = spec
        .tiers
        .iter()
        .enumerate()
        .map(|(index, tier)| {
            let (long, short, factor) =
                (duration(tier.long), duration(tier.short), tier.factor_tenths as f64 / 10.0);
            if index == 0 { Tier::page(long, short, factor) } else { Tier::ticket(long, short, factor) }
        })
        .collect();
    Objective::try_availability(1.0 - 1.0 / spec.budget_inverse as f64)
        .unwrap()
        .period(Period::try_rolling(duration(spec.period)).unwrap())
        .try_tiers(tiers)
        .unwrap()
        .min_events(u64::try_from(spec.min_events).unwrap())
        .min_failures(u64::try_from(spec.min_failures).unwrap())
        .burn_model(if spec.by_budget { BurnModel::Budget } else { BurnModel::Static })
        .confidence(match spec.sure {
            Sure::Off => Confidence::Off,
            Sure::Wilson => Confidence::Wilson,
            Sure::Posterior(weight) => Confidence::Posterior { weight },
        })
}

/// Shapes of tiers: long and short window of a page and a ticket, and the period, in seconds.
const SHAPES: [[i128; 5]; 5] = [
    [30, 3, 120, 10, 600],
    [24, 2, 60, 7, 60],
    [400, 30, 4_000, 300, 86_400],
    [60, 25, 90, 24, 3_600],
    [3_600, 300, 21_600, 1_800, 2_592_000],
];

fn specs() -> impl Strategy<Value = Spec> {
    let targets =
        prop_oneof![Just((2, 19)), Just((10, 60)), Just((10, 15)), Just((100, 144)), Just((1_000, 144))];
    let sure = prop_oneof![
        1 => Just(Sure::Off),
        2 => Just(Sure::Wilson),
        1 => prop_oneof![Just(1), Just(10), Just(400)].prop_map(Sure::Posterior)
    ];
    let guards = (0_i128..15, 0_i128..4, sure, any::<bool>());
    (0..SHAPES.len(), targets, 10_i128..20, guards).prop_map(
        |(
            shape,
            (budget_inverse, page_tenths),
            ticket_tenths,
            (min_events, min_failures, sure, by_budget),
        )| {
            let [page_long, page_short, ticket_long, ticket_short, period] =
                SHAPES[shape].map(|s| s * SECOND);
            let tier = |long, short, factor_tenths| TierSpec { long, short, factor_tenths };
            let tiers = vec![
                tier(page_long, page_short, page_tenths),
                tier(ticket_long, ticket_short, ticket_tenths.min(10 * budget_inverse - 1)),
            ];
            Spec { budget_inverse, period, tiers, min_events, min_failures, sure, by_budget }
        },
    )
}

/// A phase of traffic: how many ticks, events a tick at most, errors in hundredths, calls in flight, and how the
/// ticks come.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let errors = prop_oneof![Just(0), Just(1), Just(10), Just(50), Just(100)];
    let unseen = prop_oneof![3 => Just(0_i128), 1 => 1_i128..20];
    let phase = (1_usize..25, 0_i128..20, errors, 0_i128..3, unseen);
    let clock = prop_oneof![
        20 => Just((SECOND, SECOND)),
        4 => (0..2 * SECOND).prop_map(|lived| (lived, lived)),
        2 => (0..100 * SECOND).prop_map(|lived| (lived, lived)),
        1 => (0..400 * SECOND).prop_map(|lived| (lived, lived)),
        1 => (300 * SECOND..4_000 * SECOND).prop_map(|lived| (lived, lived)),
        1 => (0..100 * SECOND, 0..9_000 * SECOND).prop_map(|(lived, slept)| (lived + slept, lived)),
        1 => (SECOND..4 * SECOND).prop_map(|wall| (wall, SECOND)),
    ];
    let phase = phase.prop_flat_map(move |(ticks, events, errors, in_flight, unseen)| {
        let one = (clock.clone(), 0..=events, 0_i128..100, 0..=unseen);
        let one = one.prop_map(move |((wall, lived), events, dice, unjudged)| {
            let bad = (events * errors + dice) / 100;
            let in_flight = if dice < 10 { in_flight } else { 0 };
            Step { wall, lived, good: events - bad, bad, unjudged, in_flight }
        });
        prop::collection::vec(one, ticks)
    });
    prop::collection::vec(phase, 1..6).prop_map(|phases| phases.concat())
}

/// More gaps than are kept apart, over weeks: every ring turns, and turns again.
fn weeks_of_gaps() -> impl Strategy<Value = Vec<Step>> {
    let clock = prop_oneof![
        6 => Just((SECOND, SECOND)),
        2 => (0..100 * SECOND, 3 * SECOND..100 * SECOND).prop_map(|(lived, slept)| (lived + slept, lived)),
        2 => (0..100 * SECOND, 3 * SECOND..86_400 * SECOND).prop_map(|(lived, slept)| (lived + slept, lived)),
        1 => (0..4_000 * SECOND).prop_map(|lived| (lived, lived)),
    ];
    let step = (clock, 0_i128..20, 0_i128..20).prop_map(|((wall, lived), good, bad)| Step {
        wall,
        lived,
        good,
        bad: bad % (good + 1),
        unjudged: 0,
        in_flight: 0,
    });
    prop::collection::vec(step, 100..300)
}

/// Gaps that are told apart; of more, where they were is known to a tenth of a window.
const GAPS_EXACT: usize = 48;

/// Any moment, and moments from which whole seconds meet the ends of slots.
fn starts() -> impl Strategy<Value = i128> {
    prop_oneof![0_i128..4_000_000_000 * SECOND, (0_i128..400_000_000).prop_map(|tens| tens * 10 * SECOND)]
}

fn count(events: i128) -> u64 {
    u64::try_from(events).unwrap()
}

fn check_trace(spec: &Spec, start: i128, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut oracle = Oracle::new(spec.clone(), start);
    let mut histories: Vec<TierHistory> = spec.tiers.iter().copied().map(TierHistory::new).collect();
    let mut sights: Vec<SightHistory> = spec.tiers.iter().copied().map(SightHistory::new).collect();
    let mut told_blind = [false; 2];
    let mut tick = Tick { wall_ns: count(start), elapsed_ns: 7 };
    let mut evaluator = Evaluator::new("pay", "pay-availability", objective(spec), tick).unwrap();
    for (number, step) in steps.iter().enumerate() {
        oracle.step(*step);
        tick = Tick {
            wall_ns: tick.wall_ns + count(step.wall),
            elapsed_ns: tick.elapsed_ns + count(step.lived),
        };
        evaluator.tick(
            tick,
            Input {
                delta: EventCounts::new(count(step.good), count(step.bad)),
                provisional: EventCounts::new(0, count(step.in_flight)),
                ended: count(step.good + step.bad + step.unjudged),
                unjudged: count(step.unjudged),
            },
        );
        for change in evaluator.transitions().iter().filter(|change| &*change.tier == Evaluator::BLIND) {
            told_blind[usize::from(change.severity != Severity::Page)] = change.to as u8 == 2;
        }
        let report = evaluator.latest();

        let windows = oracle.windows();
        prop_assert_eq!(report.windows.len(), windows.len());
        for (window, seen) in windows.into_iter().zip(&report.windows) {
            let counted = oracle.count(window);
            let expected = EventCounts::new(count(counted.good), count(counted.bad + step.in_flight));
            prop_assert_eq!(seen.length, duration(window));
            prop_assert_eq!(seen.counts, expected, "tick {} {}", number, seen.text);
            let coverage = counted.observed as f64 / window as f64;
            let exact = if oracle.gaps() <= GAPS_EXACT { 1e-12 } else { 0.1 };
            prop_assert!(
                (seen.coverage - coverage).abs() < exact,
                "tick {} {}: {}",
                number,
                seen.text,
                coverage
            );
            let burn = expected.error_ratio().map(|ratio| ratio * spec.budget_inverse as f64);
            let distance = seen.burn.zip(burn).map(|(seen, burn)| (seen.get() - burn).abs());
            prop_assert!(seen.burn.is_some() == burn.is_some() && distance.is_none_or(|d| d < 1e-6));
        }
        // Calls are counted wherever time was observed.
        let counted = oracle.count(spec.period);
        let counts = EventCounts::new(count(counted.good), count(counted.bad));
        prop_assert_eq!(report.counts, counts, "tick {} period", number);
        let judged = EventCounts::new(count(counted.good), count(counted.bad + step.in_flight));
        let remaining = judged.error_ratio().map(|ratio| 1.0 - ratio * spec.budget_inverse as f64);
        let distance =
            report.budget.zip(remaining).map(|(seen, remaining)| (seen.remaining() - remaining).abs());
        prop_assert!(
            report.budget.is_some() == remaining.is_some() && distance.is_none_or(|d| d < 1e-6),
            "tick {}: {:?} and {:?}",
            number,
            report.budget,
            remaining
        );

        let blind: Vec<bool> = sights.iter_mut().map(|sight| sight.is_blind(&oracle, *step)).collect();
        prop_assert_eq!(&told_blind[..], &blind[..], "tick {}", number);
        for (tier, spec) in report.tiers.iter().zip(&spec.tiers) {
            prop_assert_eq!(tier.blind, oracle.is_blind(*spec), "tick {} tier {}", number, tier.name);
        }
        let page_tells = blind[0] || oracle.can_tell(spec.tiers[0]);
        prop_assert_eq!(report.blind, if page_tells { blind[0] } else { blind[1] }, "tick {}", number);
        if oracle.gaps() > GAPS_EXACT {
            continue;
        }
        for (history, tier) in histories.iter_mut().zip(&report.tiers) {
            prop_assert_eq!(
                tier.state as u8,
                history.state(&oracle, *step),
                "tick {} tier {}",
                number,
                tier.name
            );
        }
        let page_fires = report.tiers[0].state as u8 == 2;
        let ticket_fires = report.tiers[1].state as u8 == 2;
        prop_assert_eq!(report.tiers[1].inhibited, page_fires && ticket_fires);
    }
    Ok(())
}

/// Random traces of seconds to hours; a twentieth as many take weeks.
fn cases() -> u32 {
    u32::try_from(scaled(10_000, 1_000)).unwrap_or(u32::MAX)
}

/// Told once the properties below hold.
#[test]
fn engine_and_oracle_agree() {
    std::thread::scope(|scope| {
        scope.spawn(traces_of_hours);
        scope.spawn(traces_of_weeks);
    });
    let (hours, weeks) = (cases(), cases() / 20);
    kept(
        "E1",
        format_args!(
            "{hours} random traces of up to hours and {weeks} of weeks: at each tick windows, burn, budget, alerts and blindness as exact fractions over all events decide"
        ),
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    fn traces_of_hours(spec in specs(), start in starts(), steps in steps()) {
        check_trace(&spec, start, &steps)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases() / 20, failure_persistence: None, ..ProptestConfig::default() })]

    fn traces_of_weeks(spec in specs(), start in starts(), steps in weeks_of_gaps()) {
        check_trace(&spec, start, &steps)?;
    }
}
