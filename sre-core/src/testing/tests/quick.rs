//! Seconds that are taken together change nothing.

use proptest::prelude::*;

use crate::engine::Downtime;
use crate::slo::{Budgeting, BurnModel, Confidence, Objective, Period, Tier};
use crate::testing::replayed::Replayed;
use crate::testing::{
    Fault, Latency, Traffic, clock_back, clock_forward, errors, hanging, kill, mistakes, outage, replay,
    restart, rps, slow, suspend,
};
use crate::units::Target;
use crate::window::CalendarUnit;
use core::time::Duration;

const HOUR: u64 = 3_600;

/// With windows so short that a few hours are long enough for strides of all lengths.
fn with_short_windows() -> Objective {
    const TIERS: &[Tier] = &[
        Tier::page(Duration::from_secs(600), Duration::from_secs(60), 6.0),
        Tier::ticket(Duration::from_secs(7_200), Duration::from_secs(600), 2.0),
    ];
    Objective::availability(0.9).period(Period::days(1)).tiers(TIERS)
}

fn objectives() -> impl Strategy<Value = Objective> {
    let plain = Objective::availability(0.999);
    prop::sample::select(vec![
        plain,
        plain.confidence(Confidence::Off).min_events(0).min_failures(0),
        plain.confidence(Confidence::Posterior { weight: 50 }),
        plain.burn_model(BurnModel::Budget),
        plain.budgeting(Budgeting::minutes(Target::new(0.95))),
        plain.budgeting(Budgeting::SLOTH),
        plain.period(Period::calendar(CalendarUnit::Day, "UTC")),
        Objective::availability(0.99).period(Period::days(7)),
        with_short_windows(),
        Objective::latency(0.99, Duration::from_millis(300)),
    ])
}

fn rates() -> impl Strategy<Value = Traffic> {
    let rate = prop::sample::select(vec![0.1, 1.0, 30.0, 200.0]);
    (rate, prop::option::of(0_u64..9), any::<(bool, bool, bool)>()).prop_map(
        |(rate, seed, (daily, rush, tail))| {
            let mut traffic = rps(rate);
            traffic = if daily { traffic.diurnal(0.8).silence("3h", "20m") } else { traffic };
            traffic = if rush { traffic.bursts("1h", "5m", 4.0) } else { traffic };
            traffic = if tail { traffic.latency(Latency::log_normal("90ms", "290ms")) } else { traffic };
            if let Some(seed) = seed { traffic.random(seed) } else { traffic }
        },
    )
}

fn faults() -> impl Strategy<Value = Fault> {
    let share = || prop::sample::select(vec![0.000_5, 0.001, 0.003, 0.01, 0.06, 0.2, 0.6, 1.0]);
    let kind = prop_oneof![
        6 => share().prop_map(errors),
        2 => Just(outage()),
        2 => share().prop_map(|share| errors(share).growing()),
        2 => share().prop_map(|share| slow(share, "700ms")),
        1 => share().prop_map(mistakes),
        2 => share().prop_map(hanging),
        1 => Just(restart()),
        1 => Just(kill()),
        1 => Just(kill().forgetting()),
        1 => Just(suspend()),
        1 => prop::sample::select(vec!["5s", "47s", "20m", "2h"]).prop_map(|by| clock_forward(by)),
        1 => prop::sample::select(vec!["5s", "47s", "20m", "2h"]).prop_map(|by| clock_back(by)),
    ];
    // Half of them begin where a slot does.
    let at = (0..5 * HOUR, any::<bool>()).prop_map(|(at, is_even)| if is_even { at / 60 * 60 } else { at });
    (kind, at, prop_oneof![0_u64..30, 0..HOUR]).prop_map(|(fault, at, lasting)| {
        let fault = fault.at(Duration::from_secs(at));
        // A clock steps for good.
        if fault.is_step() { fault } else { fault.lasting(Duration::from_secs(lasting)) }
    })
}

fn told(replayed: &Replayed) -> String {
    let mut told = String::new();
    for objective in &replayed.objectives {
        for change in &objective.changes {
            told.push_str(&format!("{change:?}\n"));
        }
        for look in &objective.looks {
            // Forecasts are made at times of their own.
            let report = &look.report;
            let tiers: Vec<_> =
                report.tiers.iter().map(|tier| (tier.state, tier.since_wall_ns, tier.notice)).collect();
            told.push_str(&format!(
                "{:?} {:?} {:?} {:?} {:?} {:?} {tiers:?} {:?} {:?} {:?}\n",
                look.at,
                report.counts,
                report.budget,
                report.windows,
                report.state,
                report.late_ticks,
                report.incident,
                report.incidents,
                report.mean_times
            ));
        }
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_quick_replay_is_one_that_judges_each_second(
        objective in objectives(),
        traffic in rates(),
        given in prop::collection::vec(faults(), 0..4),
        start in 0_u64..7_200,
        downtime in prop::sample::select(vec![Downtime::Unknown, Downtime::Bad, Downtime::Excluded]),
    ) {
        let scenario = given.into_iter().fold(replay(&objective), |scenario, fault| scenario.fault(fault));
        let scenario = scenario
            .traffic(traffic)
            .starting_at_unix(1_736_121_600 + start)
            .downtime(downtime)
            .look("1h1s")
            .look("4h33m20s")
            .length("6h");
        let each = scenario.clone().each_second().try_run().unwrap();
        let quick = scenario.try_run().unwrap();
        prop_assert_eq!(told(&quick), told(&each));
    }
}

#[test]
fn a_calm_time_ends_where_something_begins() {
    let begins =
        [outage(), errors(0.01), hanging(1.0), mistakes(0.9), kill(), suspend(), clock_forward("40m")];
    for (fault, at) in
        begins.into_iter().flat_map(|fault| (7_198..7_212).step_by(2).map(move |at| (fault, at)))
    {
        let objective = Objective::availability(0.999);
        let fault = fault.at(Duration::from_secs(at));
        let fault = if fault.is_step() { fault } else { fault.lasting("90s") };
        let scenario = replay(&objective).traffic(rps(20.0)).fault(fault).length("2h20m");
        let each = scenario.clone().each_second().try_run().unwrap();
        assert_eq!(told(&scenario.try_run().unwrap()), told(&each), "{fault}");
    }
}

#[test]
fn a_line_that_is_ahead_of_the_clock_stays_ahead_in_strides() {
    for by in ["47s", "100s", "20m"] {
        let scenario = replay(&with_short_windows()).traffic(rps(0.1)).fault(clock_back(by));
        let scenario = scenario.look("1h1s").look("4h33m20s").length("6h");
        let each = scenario.clone().each_second().try_run().unwrap();
        assert_eq!(told(&scenario.try_run().unwrap()), told(&each), "{by}");
    }
}

/// Long enough for strides of hours, which end three days before the next look.
#[test]
fn strides_of_hours_leave_everything_that_windows_read() {
    let objective = Objective::availability(0.999);
    let scenario = replay(&objective)
        .traffic(rps(80.0).diurnal(0.7))
        .fault(errors(0.000_3))
        .fault(errors(0.04).at("4d5h3m2s").lasting("6m"))
        .look("4d5h2m")
        .look("4d6h12m34s")
        .length("4d14h");
    let each = scenario.clone().each_second().try_run().unwrap();
    let quick = scenario.try_run().unwrap();
    assert_eq!(told(&quick), told(&each));
    assert!(quick.objectives[0].changes.len() >= 4, "{:?}", quick.objectives[0].changes);
}

/// Tiers that hover at their factor, or stay above it: before the windows are full, and in strides afterwards.
#[test]
fn what_hovers_at_a_factor_is_told_as_by_judging_each_second() {
    let traffics = [rps(200.0).diurnal(0.6), rps(7.0).random(3), rps(100.0).bursts("10s", "3s", 3.0)];
    let plain = Objective::availability(0.999);
    let short = with_short_windows();
    let given = [
        (plain, errors(0.001)),
        (plain, errors(0.003)),
        (plain, errors(0.02).growing()),
        (short, errors(0.2)),
        (short, errors(0.6)),
        (short, errors(0.9).growing()),
    ];
    for ((objective, fault), traffic) in given.into_iter().zip(traffics.iter().cycle()) {
        let scenario = replay(&objective).traffic(traffic.clone()).history("3h").fault(fault.at("20m"));
        let scenario = scenario.fault(mistakes(0.45).at("10h").lasting("1h")).look("7h").length("12h");
        let each = scenario.clone().each_second().try_run().unwrap();
        assert_eq!(told(&scenario.try_run().unwrap()), told(&each), "{fault}");
        let changes = each.objectives[0].changes.len();
        assert!(changes > 1, "{fault}: {changes}");
    }
}
