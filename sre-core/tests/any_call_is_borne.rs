//! Whatever a record call is given, it does not panic, and counts what it was given.

#![expect(clippy::indexing_slicing, reason = "helpers of tests may")]

mod promise;

use std::time::Duration;

use promise::{Numbers, kept, scaled};
use sre_core::clock::ManualClock;
use sre_core::histogram::{Layout, Snapshot};
use sre_core::sli::{Abandoned, Exemplar};
use sre_core::units::{BurnRate, Target};
use sre_core::{Engine, Objective, Outcome, Sli};

const ALL: [Outcome; 7] = [
    Outcome::Ok,
    Outcome::Error,
    Outcome::Ignored,
    Outcome::Abandoned(Abandoned::Cancelled),
    Outcome::Abandoned(Abandoned::TimedOut),
    Outcome::Abandoned(Abandoned::Panicked),
    Outcome::Abandoned(Abandoned::ShutDown),
];

fn outcome(numbers: &mut Numbers) -> Outcome {
    ALL[numbers.place(ALL.len())]
}

/// Ends of the range and everything between them.
fn duration(numbers: &mut Numbers) -> Duration {
    match numbers.below(8) {
        0 => Duration::ZERO,
        1 => Duration::MAX,
        2 => Duration::new(numbers.of_any_size(), u32::try_from(numbers.below(1_000_000_000)).unwrap_or(0)),
        _ => Duration::from_nanos(numbers.of_any_size()),
    }
}

/// Any bits there are: not a number, infinite, negative, subnormal.
fn float(numbers: &mut Numbers) -> f64 {
    match numbers.below(8) {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => f64::NEG_INFINITY,
        3 => -0.0,
        4 => numbers.next() as f64 / u64::MAX as f64,
        _ => f64::from_bits(numbers.next()),
    }
}

#[test]
fn with_any_duration_any_count_and_any_outcome() {
    let calls = scaled(100_000_000, 100_000);
    sre_core::clock::calibrate();
    let hot = Sli::new("any")
        .apdex(Duration::from_millis(50))
        .objective(Objective::latency(0.99, Duration::from_millis(300)));
    let cold = hot.clone();
    hot.prewarm();
    let mut numbers = Numbers::from_seed(5);
    let mut expected = [0_u128; ALL.len()];
    for call in 0..calls {
        let outcome = outcome(&mut numbers);
        let sli = if call % 2 == 0 { &hot } else { &cold };
        let mut count = 1;
        match numbers.below(8) {
            0 => sli.start().finish(outcome),
            1 => {
                count = numbers.of_any_size().min(1 << 40);
                sli.record_n(outcome, duration(&mut numbers), count);
            }
            2 => {
                let exemplar = Exemplar::new([1; 16], numbers.next().to_be_bytes());
                sli.record_with_exemplar(outcome, duration(&mut numbers), exemplar);
            }
            3 => sli.start_owned().finish(outcome),
            _ => sli.record(outcome, duration(&mut numbers)),
        }
        let place = ALL.iter().position(|one| *one == outcome).expect("one of them");
        expected[place] += u128::from(count);
    }
    for (outcome, expected) in ALL.into_iter().zip(expected) {
        assert_eq!(u128::from(hot.count(outcome)), expected.min(u128::from(u64::MAX)), "{outcome:?}");
    }
    kept(
        "R5",
        format_args!("{calls} calls with any duration, count and outcome, 0 panics, equal per outcome"),
    );
}

#[test]
fn while_clocks_go_anywhere() {
    let calls = scaled(1_000_000, 20_000);
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    let engine = Engine::builder().manual_clock(clock.clone()).start().expect("nothing is wrong with it");
    let sli = Sli::new("jumpy").objective(Objective::latency(0.99, Duration::from_millis(300)));
    let sli = engine.sli(sli.definition()).expect("a good name");
    let mut numbers = Numbers::from_seed(6);
    let mut under_way = Vec::new();
    for call in 1..=calls {
        under_way.push(sli.start_owned());
        if numbers.below(3) == 0 {
            under_way.swap_remove(numbers.place(under_way.len())).finish(outcome(&mut numbers));
        }
        if numbers.below(4) == 0 {
            clock.advance(duration(&mut numbers) / 1_000_000);
        }
        if call % 50 == 0 {
            under_way.clear();
            engine.tick();
        }
    }
    drop(under_way);
    engine.tick();
    assert_eq!(ALL.map(|outcome| sli.count(outcome)).iter().sum::<u64>(), calls);
    assert_eq!(engine.report().sli("jumpy").map(|sli| sli.in_flight), Some(0));
}

#[test]
fn with_any_number_at_the_doors_that_take_one() {
    let snapshot = Snapshot::from_durations(Layout::default(), (1..1_000).map(Duration::from_micros));
    let mut numbers = Numbers::from_seed(7);
    for _ in 0..scaled(1_000_000, 10_000) {
        let number = float(&mut numbers);
        let is_target = Target::try_new(number).is_ok();
        assert!(!is_target || (number > 0.0 && number < 1.0), "{number}");
        assert!(is_target || !(0.001..0.999).contains(&number), "{number}");
        let quantile = snapshot.quantile(number);
        assert!(
            quantile.is_none_or(|quantile| quantile <= Duration::from_millis(1)),
            "{number}: {quantile:?}"
        );
        let _ = BurnRate::new(number).to_string();
    }
}
