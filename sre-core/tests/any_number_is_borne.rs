//! Whatever number is recorded, an objective sees again what happens once its windows have passed.
#![expect(clippy::expect_used, reason = "helpers of tests may")]

use std::time::Duration;

use proptest::prelude::*;
use sre_core::clock::ManualClock;
use sre_core::engine::{Evaluator, Input};
use sre_core::slo::{Budgeting, Objective, Period, Tier};
use sre_core::units::{EventCounts, Target};
use sre_core::window::{EmptySlice, Tick};
use sre_core::{Engine, Outcome, Sli};

const NS: u64 = 1_000_000_000;
const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);
const BATCH_MAX: u64 = 1 << 40;

fn engine() -> Engine {
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    Engine::builder().manual_clock(clock).start().expect("nothing is wrong with it")
}

#[test]
fn a_batch_of_all_events_there_can_be_blinds_no_objective() {
    let engine = engine();
    let sli = engine.sli(Sli::new("pay").objective(Objective::availability(0.999)).definition()).unwrap();
    for outcome in [Outcome::Ok, Outcome::Ok, Outcome::Ignored] {
        sli.record_n(outcome, MILLISECOND, u64::MAX);
    }
    engine.advance(SECOND);
    let report = engine.report();
    assert_eq!(report.engine.batches_clamped, 3);
    let objective = report.slo("pay-availability").unwrap();
    assert_eq!(objective.exported, EventCounts::new(2 * BATCH_MAX, 0));
    assert_eq!(objective.counts, objective.exported);
    assert_eq!(sli.count(Outcome::Ok), 2 * BATCH_MAX);

    for _ in 0..3_700 {
        sli.record_n(Outcome::Ok, MILLISECOND, 100);
        engine.advance(SECOND);
    }
    let report = engine.report();
    let five = report.slo("pay-availability").unwrap().window(Duration::from_secs(300)).unwrap();
    assert!((30_000..=31_000).contains(&five.counts.good()), "{five:?}");
    let fires = (1..100).find(|_| {
        sli.record_n(Outcome::Error, MILLISECOND, 100);
        engine.advance(SECOND);
        engine.report().slo("pay-availability").unwrap().firing().is_some()
    });
    assert_eq!(fires, Some(54), "as if nothing had been");
}

#[test]
fn sums_go_on_beyond_56_bits() {
    let start = Tick { wall_ns: 1_700_000_000 * NS, elapsed_ns: 0 };
    let mut evaluator =
        Evaluator::new("pay", "pay-availability", Objective::availability(0.999), start).unwrap();
    for second in 1..=8_000 {
        let delta = EventCounts::new(if second <= 300 { u64::MAX } else { 0 }, u64::from(second > 7_000));
        let elapsed_ns = second * NS;
        evaluator.tick(
            Tick { wall_ns: start.wall_ns + elapsed_ns, elapsed_ns },
            Input { delta, ..Input::default() },
        );
    }
    assert_eq!(evaluator.ticks_clamped(), 300);
    let hour = evaluator.latest().window(Duration::from_secs(3_600)).unwrap();
    assert_eq!(hour.counts, EventCounts::new(0, 1_000));
}

const TIERS: &[Tier] = &[Tier::page(Duration::from_secs(60), Duration::from_secs(10), 5.0)];

fn budgetings() -> impl Strategy<Value = Budgeting> {
    let (length, empty) = (SECOND, EmptySlice::Skip);
    prop_oneof![
        2 => Just(Budgeting::Occurrences),
        1 => Just(Budgeting::TimeSlices { length, target: Target::new(0.9), empty }),
        1 => Just(Budgeting::RatioTimeslices { length, empty }),
    ]
}

proptest! {
    #[test]
    fn after_anything_an_empty_window_is_empty_once_its_length_has_passed(
        ticks in prop::collection::vec((any::<u64>(), any::<u64>(), any::<u64>(), 0_u64..100), 1..40),
        budgeting in budgetings(),
    ) {
        let objective = Objective::availability(0.9)
            .period(Period::rolling(Duration::from_secs(7_200)))
            .tiers(TIERS)
            .budgeting(budgeting);
        let mut now = Tick { wall_ns: 1_700_000_000 * NS, elapsed_ns: 0 };
        let mut evaluator = Evaluator::new("pay", "pay-availability", objective, now).unwrap();
        let mut after = |seconds, input| {
            now = Tick { wall_ns: now.wall_ns + seconds * NS, elapsed_ns: now.elapsed_ns + seconds * NS };
            evaluator.tick(now, input);
            evaluator.report()
        };
        for (good, bad, ended, wait) in ticks {
            after(wait, Input { delta: EventCounts::new(good, bad), ended, unjudged: ended / 2, ..Input::default() });
        }
        // Two minutes for slots that are not over, in steps that nobody takes for a stand-still.
        let report = (0..73).map(|_| after(100, Input::default())).last().unwrap();
        for window in &report.windows {
            prop_assert_eq!((window.counts, window.burn), (EventCounts::ZERO, None), "{}", &window.text);
        }
        // And what comes next is seen as it is.
        let report = after(1, Input { delta: EventCounts::new(3, 4), ended: 7, ..Input::default() });
        if budgeting == Budgeting::Occurrences {
            prop_assert!(report.windows.iter().all(|window| window.counts == EventCounts::new(3, 4)));
        }
    }
}
