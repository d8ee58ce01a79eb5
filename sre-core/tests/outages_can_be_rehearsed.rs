//! The kit for tests finds what is known of outages, tells what it expected and found, and says the same each time.

use std::time::Duration;

use sre_core::engine::Downtime;
use sre_core::slo::{Confidence, Period, Severity};
use sre_core::testing::{
    Latency, Replay, ReplayError, alert, blindness, budget_left, burn, clock_back, clock_forward, coverage,
    errors, hanging, kill, mistakes, notices, outage, page, replay, restart, rps, slow, suspend, ticket,
};
use sre_core::window::CalendarUnit;
use sre_core::{Objective, Sli};

static CHECKOUT: Sli = Sli::new("checkout")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, Duration::from_millis(300)));

const THREE_NINES: Objective = Objective::availability(0.999);

/// A total outage of ten minutes after two hours of health.
fn total_outage(rate: f64) -> Replay {
    replay(&THREE_NINES).traffic(rps(rate)).history("2h").fault(outage().lasting("10m"))
}

fn exactly(replay: Replay, tier: u8, after: u64) -> Replay {
    let after = Duration::from_secs(after);
    replay.expect(page().tier(tier).within(after)).expect(page().tier(tier).not_before(after))
}

#[test]
fn a_total_outage_pages_when_the_mathematics_says() {
    for (rate, after) in [(100.0, 54), (5.0, 58), (1.0, 64)] {
        exactly(total_outage(rate), 1, after).run();
        exactly(replay(&THREE_NINES).traffic(rps(rate)).fault(outage()), 1, after).run();
    }
    let unguarded = THREE_NINES.min_events(0).min_failures(0).confidence(Confidence::Off);
    // 51.84 s and 129.6 s, at the next tick.
    let outage = replay(&unguarded).history("2h").fault(outage().lasting("10m"));
    exactly(exactly(outage, 1, 52), 2, 130).run();
}

#[test]
fn an_event_each_ten_seconds_pages_after_86_seconds_on_average() {
    let waits = (0..10).map(|phase| {
        let at = Duration::from_secs(phase);
        let played = replay(&THREE_NINES).traffic(rps(0.1)).history("2h").fault(outage().at(at)).run();
        let fired = played.objectives[0]
            .changes
            .iter()
            .find(|change| change.tier.as_ref() == "1" && change.has_fired());
        (fired.expect("it pages").at - at).as_secs()
    });
    let mean = waits.sum::<u64>() as f64 / 10.0;
    assert!((mean - 86.0).abs() <= 1.0, "{mean}");
}

#[test]
fn it_clears_when_the_mathematics_says() {
    // 296.11 s until the short window is below 0.9 of the factor, one slot at most, and a hold of five minutes.
    total_outage(100.0).expect(page().tier(1).clears_within("607s")).run();
    // 30 times (1 - 0.9 * 6 / 1000) minutes and a hold of thirty.
    total_outage(100.0).expect(page().tier(2).clears_within("1h")).run();
    // The slower tiers are told when a faster one has cleared and they still fire.
    total_outage(100.0)
        .expect(page().within("54s"))
        .expect(ticket().not_before("1h"))
        .expect(ticket().within("80m"))
        .expect(notices().near(4.0, 0.0))
        .run();
    let too_soon = total_outage(100.0).expect(page().tier(1).clears_within("596s")).try_run();
    assert!(matches!(too_soon, Err(ReplayError::Unmet(_))));
}

#[test]
fn a_whole_sli_is_judged_by_each_of_its_objectives() {
    let shop =
        || replay(&CHECKOUT).traffic(rps(200.0).diurnal(0.5).latency(Latency::log_normal("60ms", "250ms")));
    shop()
        .history("30d")
        .fault(errors(0.2).at("1h").lasting("12m"))
        .expect(page().tier(1).of("checkout-availability").within("5m"))
        .expect(page().of("checkout-latency").never())
        .expect(budget_left().of("checkout-availability").above(0.95))
        .expect(burn("5m").of("checkout-availability").at("1h10m").near(200.0, 1.0))
        .run();
    shop()
        .fault(slow(0.5, "900ms").at("2h").lasting("30m"))
        .expect(page().of("checkout-latency").within("20m"))
        .expect(page().of("checkout-availability").never())
        .run();
}

#[test]
fn leaks_are_found_by_the_slow_tiers() {
    // 0.4 % after ten days: four times the budget.
    replay(&THREE_NINES)
        .history("3d")
        .fault(errors(0.004).growing().lasting("10d"))
        .expect(alert().tier(4).within("5d"))
        .expect(ticket().within("5d"))
        .expect(page().never())
        .run();
}

#[test]
fn calls_that_hang_page_before_one_of_them_ends() {
    replay(&CHECKOUT)
        .history("2h")
        .fault(hanging(1.0).lasting("20m"))
        .expect(page().tier(1).of("checkout-availability").within("60s"))
        .expect(page().tier(1).of("checkout-latency").within("10m"))
        .run();
}

#[test]
fn alerts_before_the_time_that_an_expectation_is_about_are_none_of_its_business() {
    let two = || {
        let first = replay(&CHECKOUT).history("2h").fault(outage().at("1h").lasting("10m"));
        first.fault(outage().at("6h").lasting("10m"))
    };
    two()
        .expect(page().tier(1).times(2))
        .expect(page().tier(1).since("3h").times(1))
        .expect(page().tier(1).since("6h").within("10m"))
        .expect(page().tier(1).since("7h").never())
        .run();
    let played = two().expect(page().tier(1).times(2)).run();
    let fired = played.objectives[0]
        .changes
        .iter()
        .filter(|change| change.tier.as_ref() == "1" && change.has_fired());
    let at: Vec<String> = fired.map(|change| format!("{}s", change.at.as_secs())).collect();
    two().expect(page().tier(1).since(&*at[1]).within("0s")).run();
}

#[test]
fn mistakes_of_callers_cost_nothing_and_blind() {
    replay(&CHECKOUT)
        .fault(mistakes(0.3).at("1h"))
        .expect(alert().never())
        .expect(budget_left().near(1.0, 0.0))
        .run();
    replay(&CHECKOUT).fault(mistakes(0.9).at("1h")).expect(blindness()).expect(alert().never()).run();
}

#[test]
fn a_restart_goes_on_and_one_that_forgets_begins_anew() {
    let outage_and = |fault| replay(&THREE_NINES).history("30d").fault(outage().lasting("15m")).fault(fault);
    // It fires on: once, and it clears after the restart. Of 43.2 minutes fifteen are gone.
    outage_and(restart().at("5m").lasting("20s"))
        .expect(page().tier(1).times(1))
        .expect(page().tier(1).clears_within("11m"))
        .expect(budget_left().near(0.66, 0.01))
        .run();
    // A kill forgets what came since the flush: the alert is raised once all the same.
    outage_and(kill().at("309s"))
        .expect(page().tier(1).times(1))
        .expect(budget_left().near(0.66, 0.01))
        .run();
    outage_and(kill().forgetting().at("5m"))
        .expect(page().tier(1).times(2))
        .expect(budget_left().below(0.6))
        .run();
}

#[test]
fn an_alert_that_a_new_process_knows_nothing_of_is_over() {
    let forgotten = restart().forgetting().at("1h6m");
    let outage = || replay(&THREE_NINES).fault(outage().at("1h").lasting("5m"));
    let played = outage().fault(forgotten).expect(page().clears_within("1h")).run();
    let last = played.objectives[0].changes.iter().rfind(|change| change.tier.as_ref() == "1");
    let last = last.expect("it fired");
    assert!(last.restarted && last.has_cleared() && last.at == Duration::from_secs(3_960), "{last:?}");
    // Killed eight seconds after it fired, and two seconds after, when nothing had been kept of it.
    for (at, is_lost) in [("1h1m2s", false), ("1h56s", true)] {
        let played = outage().fault(kill().at(at)).expect(page().clears_within("2h")).run();
        let changes = &played.objectives[0].changes;
        assert_eq!(
            changes.iter().any(|change| change.restarted && change.has_cleared()),
            is_lost,
            "{changes:#?}"
        );
    }
}

#[test]
fn an_alert_whose_end_a_kill_forgets_has_fired_once() {
    let cleared = |played: &sre_core::testing::Replayed| {
        let changes = played.objectives[0].changes.iter();
        let cleared = changes.filter(|change| change.tier.as_ref() == "1" && change.has_cleared());
        cleared.map(|change| change.at).collect::<Vec<_>>()
    };
    let at = cleared(&total_outage(100.0).run())[0];
    let killed = total_outage(100.0).fault(kill().at(at + Duration::from_secs(1)));
    let played = killed.length("6h").expect(page().tier(1).times(1)).run();
    assert_eq!(cleared(&played).len(), 2, "{:?}", played.objectives[0].changes);
}

#[test]
fn the_time_without_a_process_is_what_its_policy_says() {
    let away = |downtime| {
        replay(&THREE_NINES).fault(restart().at("6h").lasting("30m")).length("6h45m").downtime(downtime)
    };
    away(Downtime::Unknown).expect(coverage("1h").near(0.5, 0.01)).expect(page().never()).run();
    away(Downtime::Excluded).expect(coverage("1h").near(1.0, 0.01)).run();
    away(Downtime::Bad).expect(page()).run();
}

#[test]
fn wrong_clocks_and_sleep_wake_nobody() {
    for fault in [
        clock_forward("47s"),
        clock_forward("3h"),
        clock_back("5s"),
        clock_back("90m"),
        suspend().lasting("2h"),
    ] {
        replay(&THREE_NINES)
            .traffic(rps(200.0).diurnal(0.6))
            .history("1d")
            .fault(errors(0.000_5))
            .fault(fault.at("2h"))
            .expect(alert().never())
            .expect(blindness().never())
            .expect(budget_left().near(0.745, 0.01))
            .run();
    }
    let asleep = replay(&THREE_NINES).fault(suspend().at("3h").lasting("30m")).length("3h45m");
    asleep.expect(coverage("1h").near(0.5, 0.01)).run();
}

#[test]
fn chance_is_the_same_for_the_same_seed() {
    let changes = |seed| {
        let traffic = rps(3.0).random(seed);
        let played = replay(&THREE_NINES).traffic(traffic).fault(errors(0.012).at("1h").lasting("8h")).run();
        (played.objectives[0].changes.clone(), played.objectives[0].end().expect("there is one").counts)
    };
    assert_eq!(changes(1), changes(1));
    assert_ne!(changes(1), changes(2));
}

#[test]
fn what_came_of_it_is_plain_data() {
    let played = total_outage(100.0).look("1m").length("2h").run();
    let availability = played.objective("replayed-availability").expect("it is judged");
    assert!(availability.look(Duration::from_secs(60)).and_then(|report| report.firing()).is_some());
    let fired = availability.changes.iter().find(|change| change.has_fired()).expect("it fired");
    assert_eq!((fired.at, fired.severity, fired.inhibited), (Duration::from_secs(54), Severity::Page, false));
    let json = serde_json::to_value(&played).expect("it is serialised");
    assert_eq!(json["faults"][0], "100 % errors at 0s for 10m");
    assert_eq!(json["objectives"][0]["looks"][1]["at"], 7_200.0);
    assert!(json["objectives"][0]["changes"].as_array().is_some_and(|changes| changes.len() > 4));
}

#[test]
fn a_chart_tells_restarts_from_outages() {
    let restarted = total_outage(100.0).fault(kill().at("5m")).fault(clock_back("1m").at("50m"));
    // A figure of the end is about the whole scenario.
    let unmet = restarted.length("1h").expect(notices().above(99.0)).try_run().expect_err("it pages less");
    let text = unmet.to_string();
    let faults = text.lines().find(|line| line.trim_start().starts_with("faults")).expect("it has a line");
    assert_eq!(faults.split_once('│').expect("it is drawn").1.trim_end().replace(' ', ""), "▒▒▒▒▒▒R▒▒▒▒▒C");
}

#[test]
fn a_chart_shows_what_matters_and_says_what_it_leaves_out() {
    let month = replay(&THREE_NINES).traffic(rps(50.0)).length("30d");
    let outage = month.fault(outage().at("10d").lasting("10m")).fault(errors(0.5).at("20d").lasting("1h"));
    let text = outage.clone().expect(page().within("30s")).try_run().expect_err("it pages later").to_string();
    let lines: Vec<&str> = text.lines().collect();
    let axis = lines[lines.len() - 2];
    assert_eq!(axis.split_whitespace().collect::<Vec<_>>(), ["9d23h50m", "10d30s", "10d11m"], "{text}");
    assert_eq!(
        lines.last().map(|line| line.trim()),
        Some("cut away: 9d23h50m before, 19d23h49m after, of 30d")
    );
    let drawn = |name: &str| {
        let line = lines.iter().find(|line| line.trim_start().starts_with(name)).expect("it has a line");
        line.split_once('│').expect("it is drawn").1.chars().collect::<Vec<_>>()
    };
    // 72 columns of 17.5 s: nearly half of them before the outage, which fires after three more.
    let (faults, tier) = (drawn("faults"), drawn("tier 1 page"));
    assert!(faults.starts_with(&[' '; 34]) && faults.ends_with(&['▒'; 35]) && faults.len() == 69, "{text}");
    let fired = tier.iter().position(|mark| *mark == '█').expect("it fires");
    assert!((36..=38).contains(&fired) && tier.len() == 72, "{text}");
    assert!(lines.iter().all(|line| line.chars().count() <= 100), "{text}");
    let whole =
        outage.expect(budget_left().above(2.0)).try_run().expect_err("there is no more than all").to_string();
    assert!(!whole.contains("cut away") && whole.trim_end().ends_with("30d"), "{whole}");
}

#[test]
fn reports_after_the_end_are_refused() {
    let hour = || replay(&THREE_NINES).length("1h");
    let told = "look at 1h1s: must lie between 0s and the end at 1h; look earlier or make it longer";
    let late = [hour().look("3601s"), hour().expect(budget_left().at("3601s").above(0.5))];
    for late in late {
        let refused = late.try_run().expect_err("nobody would be there");
        assert_eq!(refused.to_string(), told);
    }
    let played = hour().look("1h").run();
    assert!(played.objectives[0].look(Duration::from_secs(3_600)).is_some());
}

#[test]
fn calls_that_hang_end_with_their_own_fault() {
    let hangs = replay(&THREE_NINES)
        .traffic(rps(10.0))
        .fault(hanging(0.1).at("1h").lasting("10m"))
        .fault(hanging(0.5).at("65m").lasting("20m"));
    let played = hangs.look("4199s").look("70m").look("5099s").look("85m").length("2h").run();
    let bad: Vec<u64> = played.objectives[0].looks.iter().map(|look| look.report.counts.bad()).collect();
    // A tenth of 6,000; then half of what that left of 3,000, and half of 9,000.
    assert_eq!(bad, [0, 600, 600, 600 + 1_350 + 4_500, 6_450]);
}

#[test]
fn what_could_never_fail_is_refused() {
    let refused = |expectation: sre_core::testing::Expectation| {
        let refused = total_outage(100.0).expect(expectation).try_run().expect_err("it proves nothing");
        assert_eq!(format!("{refused:?}"), refused.to_string(), "a test that returns it shows its text");
        refused.to_string()
    };
    assert!(
        refused(page().tier(9).never()).contains("UNMET page of tier 9 never: there is no page of tier 9")
    );
    assert!(refused(page().tier(3).never()).contains("there is no page of tier 3"), "it is a ticket");
    assert!(refused(page().tier(9).clears_within("1h")).contains("there is no page of tier 9"));
    let late = replay(&THREE_NINES).fault(outage().at("2h")).length("1h").try_run();
    let late = late.expect_err("it never begins").to_string();
    assert_eq!(late, "nothing comes of 100 % errors at 2h: the scenario is over after 1h; make it longer");
    let panic = std::panic::catch_unwind(|| replay(&THREE_NINES).length("0s")).expect_err("it has no time");
    assert!(panic.downcast_ref::<&str>().is_some_and(|text| text.contains("no time")));
}

#[test]
fn an_objective_that_cannot_be_judged_is_refused() {
    let nowhere = Period::calendar(CalendarUnit::Month, "Nowhere/Town");
    let refused = replay(&THREE_NINES.period(nowhere)).try_run();
    assert!(matches!(&refused, Err(ReplayError::Refused(_))), "{refused:?}");
}

#[test]
fn a_failure_tells_what_was_expected_what_came_and_the_course_of_things() {
    let failing = || {
        total_outage(100.0)
            .length("1h")
            .expect(page().tier(1).within("50s"))
            .expect(ticket().never())
            .expect(budget_left().above(0.9))
            .expect(page().of("checkout").never())
            .run();
    };
    let panic = std::panic::catch_unwind(failing).expect_err("the expectations are not met");
    let text = panic.downcast_ref::<String>().expect("it panics with a text");
    assert_eq!(text, include_str!("golden/unmet_replay.txt").trim_end(), "\n{text}\n");
    assert!(text.lines().all(|line| line.chars().count() <= 100));
    assert!(text.lines().skip_while(|line| !line.starts_with("burn")).count() <= 20);
}
