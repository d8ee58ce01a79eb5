//! Whatever happens, the fields of one row of status agree: the budget, its exhaustion, its sentence, its state.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::time::Duration;

use proptest::prelude::*;
use sre_core::clock::ManualClock;
use sre_core::report::{Exhaustion, ObjectiveReport, ObjectiveState, ObjectiveStatus};
use sre_core::slo::{Forecast, Foresight, Period, Tier};
use sre_core::window::CalendarUnit;
use sre_core::{Engine, Objective, Outcome, Sli};

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);
const NOW: Foresight = Foresight::After(Duration::ZERO);

const TIERS: &[Tier] = &[Tier::page(Duration::from_secs(30), Duration::from_secs(3), 2.0)];
const DAY: Period = Period::calendar(CalendarUnit::Day, "UTC");

static PAY: Sli = Sli::new("pay")
    .objective(Objective::availability(0.9).period(Period::rolling(Duration::from_secs(600))).tiers(TIERS))
    .objective(Objective::availability(0.99).named("of-the-day").period(DAY).tiers(TIERS))
    .objective(Objective::availability(0.5).named("lenient").period(DAY))
    .objective(Objective::latency(0.9, Duration::from_millis(300)).period(Period::days(1)));

/// What happens for so many seconds: calls that go well and fail each second, whether one begins to hang, and how long
/// the engine does not tick afterwards.
#[derive(Clone, Copy, Debug)]
struct Phase {
    seconds: u32,
    good: u64,
    bad: u64,
    hangs: bool,
    idle_s: u32,
}

fn phases() -> impl Strategy<Value = Vec<Phase>> {
    let few = || prop_oneof![3 => Just(0_u64), 2 => 1_u64..20, 1 => 20_u64..1_000];
    let idle_s = prop_oneof![3 => Just(0_u32), 2 => 1_u32..700, 1 => 700_u32..5_000];
    let phase = (1_u32..25, few(), few(), prop::bool::weighted(0.2), idle_s)
        .prop_map(|(seconds, good, bad, hangs, idle_s)| Phase { seconds, good, bad, hangs, idle_s });
    prop::collection::vec(phase, 1..8)
}

fn horizons(forecast: Forecast) -> [Foresight; 3] {
    [forecast.at_5m, forecast.at_1h, forecast.seasonal]
}

/// Everything that a row says about its budget.
fn check(report: &ObjectiveReport, row: &ObjectiveStatus) -> Result<(), TestCaseError> {
    let is_empty = report.budget.is_some_and(|budget| budget.remaining() <= 0.0);
    prop_assert_eq!(row.budget_remaining.is_some_and(|left| left <= 0.0), is_empty);
    prop_assert_eq!(row.exhaustion == Exhaustion::Empty, is_empty);
    prop_assert_eq!(row.exhaustion_seconds == Some(0.0), is_empty);
    for horizon in horizons(report.forecast) {
        prop_assert_eq!(horizon == NOW, is_empty, "{:?}", horizon);
    }
    prop_assert_eq!(row.sentence.starts_with("the budget is empty"), is_empty, "{}", &row.sentence);
    prop_assert_eq!(
        row.sentence.contains("empty in"),
        row.exhaustion == Exhaustion::Ahead,
        "{}",
        &row.sentence
    );
    prop_assert_eq!(row.sentence.contains("lasts"), row.exhaustion == Exhaustion::Never, "{}", &row.sentence);
    prop_assert_eq!(
        row.exhaustion_seconds.is_some(),
        matches!(row.exhaustion, Exhaustion::Empty | Exhaustion::Ahead)
    );

    match report.forecast.recovery {
        Foresight::NoData => prop_assert!(report.budget.is_none()),
        Foresight::After(wait) => prop_assert!(report.budget.is_some() && (is_empty || wait.is_zero())),
        Foresight::Never => prop_assert!(false, "every budget recovers"),
    }
    let calm = [ObjectiveState::Firing, ObjectiveState::Blind, ObjectiveState::Pending];
    prop_assert!(row.state != ObjectiveState::Exhausted || is_empty);
    prop_assert!(
        !is_empty || row.state == ObjectiveState::Exhausted || calm.contains(&row.state),
        "{:?}",
        row.state
    );

    // Both come from one look ahead.
    let planned_is_empty = report.budget_forecast.is_some_and(|budget| budget.remaining() <= 0.0);
    prop_assert_eq!(report.exhaustion_forecast == Some(NOW), planned_is_empty);
    prop_assert!(!planned_is_empty || is_empty, "what is granted beforehand only helps");
    Ok(())
}

fn run(phases: &[Phase], start_s: u64) -> Result<(), TestCaseError> {
    let clock = ManualClock::at_unix_seconds(start_s);
    let engine = Engine::builder().manual_clock(clock).start().unwrap();
    let pay = engine.sli(PAY.definition()).unwrap();
    let mut hanging = Vec::new();
    for phase in phases {
        if phase.hangs {
            hanging.push(pay.start());
        } else {
            hanging.pop();
        }
        let ticks = (0..phase.seconds).map(|_| SECOND).chain([SECOND * phase.idle_s]);
        for tick in ticks {
            pay.record_n(Outcome::Ok, MS, phase.good);
            pay.record_n(Outcome::Error, MS, phase.bad);
            engine.advance(tick);
            let (report, status) = (engine.report(), engine.status());
            let reports = report.slis.iter().flat_map(|sli| &sli.objectives);
            prop_assert_eq!(status.objectives.len(), 4);
            for (report, row) in reports.zip(&status.objectives) {
                check(report, row).map_err(|error| TestCaseError::fail(format!("{error}\n{report:?}")))?;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// From somewhere in the last two hours of a day on.
    #[test]
    fn the_fields_of_a_row_agree(phases in phases(), before_midnight_s in 1_u64..7_200) {
        run(&phases, 1_748_736_000 - before_midnight_s)?;
    }
}

#[test]
fn an_empty_month_is_empty_now_by_every_word_and_lasts_for_who_plans() {
    let clock = ManualClock::at_unix_seconds(1_748_736_000 + 9 * 86_400);
    let engine = Engine::builder().manual_clock(clock).start().unwrap();
    let month = Period::calendar(CalendarUnit::Month, "UTC");
    let sli = Sli::new("pay").objective(Objective::availability(0.999).period(month));
    let sli = engine.sli(sli.definition()).unwrap();
    for _ in 0..600 {
        sli.record_n(Outcome::Ok, MS, 998);
        sli.record_n(Outcome::Error, MS, 2);
        engine.advance(SECOND);
    }
    let status = serde_json::to_value(engine.status()).unwrap();
    let row = &status["objectives"][0];
    assert_eq!((&row["state"], &row["exhaustion"]), (&"exhausted".into(), &"empty".into()));
    assert_eq!((&row["budget_remaining"], &row["exhaustion_seconds"]), (&(-1.0).into(), &0.0.into()));
    for horizon in ["at_5m", "at_1h", "seasonal"] {
        assert_eq!(row["forecast"][horizon], 0.0, "{horizon}");
    }
    assert!(row["sentence"].as_str().unwrap().starts_with("the budget is empty; without errors"), "{row}");
    // The whole month grants 1 in 1,000 of 21 days, of which 2 in 1,000 go.
    let lasts_s = row["exhaustion_forecast"].as_f64().unwrap();
    let rest_s = 21.0 * 86_400.0 - 600.0;
    let budget_s = (rest_s + 600.0) / 2.0 - 600.0;
    assert!((lasts_s / budget_s - 1.0).abs() < 0.02, "{lasts_s} is not {budget_s}");
    assert!(row["budget_remaining_forecast"].as_f64().unwrap() > 0.9, "{row}");
}
