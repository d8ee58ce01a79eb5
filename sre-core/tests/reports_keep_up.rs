//! Every field of a report is that of its tick, in whatever row of an earlier report it was written.

use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::slo::{Period, Validity};
use sre_core::window::CalendarUnit;
use sre_core::{Engine, Labels, Objective, Outcome, Sli, SliFamily};

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// 2025-06-01 00:00 UTC.
const JUNE: u64 = 1_748_736_000;

#[expect(clippy::expect_used, reason = "helpers of tests may")]
fn engine() -> Engine {
    Engine::builder()
        .manual_clock(ManualClock::at_unix_seconds(JUNE))
        .start()
        .expect("nothing is wrong with it")
}

#[test]
fn an_engine_tells_planned_budgets_and_shares_as_they_grow() {
    let engine = engine();
    let month = Objective::availability(0.999).period(Period::calendar(CalendarUnit::Month, "UTC"));
    let sli = engine.sli(Sli::new("pay").objective(month).definition()).unwrap();
    for _ in 0..2 * 3_600 {
        sli.record_n(Outcome::Ok, MILLISECOND, 998);
        sli.record_n(Outcome::Error, MILLISECOND, 2);
        engine.advance(SECOND);
    }
    let report = engine.report();
    let objective = report.slo("pay-availability").unwrap();
    let near = |value: f64, expected: f64| (value / expected - 1.0).abs() < 0.01;
    // 7.2 million events in two hours, so 2,592 million in the 30 days of June, of which a thousandth is granted.
    for (budget, name) in [(objective.budget_projected, "projected"), (objective.budget_forecast, "forecast")]
    {
        let budget = budget.unwrap_or_else(|| panic!("{name} is missing"));
        assert!(near(budget.allowed_events(), 2_592_000.0), "{name}: {budget:?}");
        // It may be ten seconds old.
        assert!((14_380..=14_400).contains(&budget.bad_events()), "{name}: {budget:?}");
    }
    // An hour of 7,200 failures, among those granted for 30 days at the rate so far.
    let hour = objective.window(Duration::from_secs(3_600)).unwrap();
    assert!(near(hour.budget_share.unwrap(), 7_200.0 / 2_592_000.0), "{hour:?}");
    assert!(near(objective.windows.last().unwrap().budget_share.unwrap(), 2.0), "spent twice");

    let status = &engine.status().objectives[0];
    assert!(near(status.budget_remaining_projected.unwrap(), 1.0 - 14_400.0 / 2_592_000.0));
    assert!(near(status.budget_remaining_forecast.unwrap(), 1.0 - 14_400.0 / 2_592_000.0));
}

#[derive(Clone, PartialEq, Eq, Hash, Labels)]
struct Client {
    name: String,
}

#[test]
fn rows_that_move_tell_of_their_new_owner_alone() {
    static FAMILY: SliFamily<Client> = SliFamily::new("fam")
        .objective(Objective::latency(0.99, Duration::from_millis(300)).validity(Validity::AllValid))
        .judge_members();
    static SUMMED: SliFamily<Client> = SliFamily::new("summed").objective(Objective::availability(0.9));
    let engine = engine();
    let (family, summed) = (engine.family(&FAMILY).unwrap(), engine.family(&SUMMED).unwrap());
    let errors_are_slow = Objective::latency(0.99, 100 * MILLISECOND).validity(Validity::ErrorsAreSlow);
    let slow = engine.sli(Sli::new("zz").apdex(100 * MILLISECOND).objective(errors_are_slow).definition());
    let plain = engine.sli(Sli::new("zzz").objective(Objective::availability(0.99)).definition()).unwrap();
    let slow = slow.unwrap();
    for member in 0..4 {
        for _ in 0..30 {
            slow.record(Outcome::Ok, MILLISECOND);
            plain.record(Outcome::Ok, MILLISECOND);
            engine.advance(SECOND);
        }
        let name = format!("m{member}");
        family.get(&Client { name: name.clone() }).record(Outcome::Ok, MILLISECOND);
        summed.get(&Client { name }).record(Outcome::Ok, MILLISECOND);
        engine.advance(2 * SECOND);

        let report = engine.report();
        assert_eq!(report.slis.len(), 4 + 2 * (member + 1));
        for row in &report.slis {
            let (threshold, validity) = match row.name {
                "fam" => (Some(300), Some(Validity::AllValid)),
                "zz" => (Some(100), Some(Validity::ErrorsAreSlow)),
                _ => (None, None),
            };
            let of_member = row.labels.iter().any(|label| !label.value.is_empty());
            let judged = usize::from(!(row.name == "summed" && of_member));
            assert_eq!(row.objectives.len(), judged, "{} {:?}", row.name, row.labels);
            for objective in &row.objectives {
                assert_eq!(&*objective.sli, row.name);
                assert_eq!(objective.threshold, threshold.map(Duration::from_millis), "{}", row.name);
                assert_eq!(objective.validity, validity, "{}", row.name);
            }
            assert_eq!(row.apdex.is_some(), row.name == "zz", "{} {:?}", row.name, row.labels);
            assert!(judged == 1 || row.percentiles.is_empty(), "{} {:?}", row.name, row.labels);
        }
    }
}
