//! What one process after the other remembers, whatever their clocks say.

use core::time::Duration;

use super::{Downtime, Engine};
use crate::clock::ManualClock;
use crate::primitive::{Arc, Mutex};
use crate::report::{ObjectiveReport, Report, WindowReport};
use crate::sli::{Outcome, Sli, SliFamily};
use crate::slo::{Entry, Objective, Period, Severity};
use crate::store::model::World;
use crate::units::EventCounts;
use crate::window::CalendarUnit;

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const START: u64 = 20_000 * DAY + 5 * HOUR;
const SLO: &str = "checkout-availability";

fn window(report: &ObjectiveReport, seconds: u64) -> &WindowReport {
    report.windows.iter().find(|window| window.length == Duration::from_secs(seconds)).unwrap()
}

/// What the objective of a tenant says.
fn member<'a>(report: &'a Report, tenant: &str) -> &'a ObjectiveReport {
    let of_tenant = |sli: &&crate::report::SliReport| sli.labels.iter().any(|label| &*label.value == tenant);
    &report.slis.iter().find(of_tenant).unwrap().objectives[0]
}

/// An engine that remembers, with the clock it goes by.
struct Life {
    engine: Engine,
    clock: ManualClock,
}

#[derive(sre_core::Labels)]
struct Tenant {
    tenant: &'static str,
}

impl Life {
    fn at(second: u64, world: &Arc<Mutex<World>>, downtime: Downtime) -> Self {
        let clock = ManualClock::at_unix_seconds(START.wrapping_add(second));
        let builder = Engine::builder().manual_clock(clock.clone()).state_dir("/model").downtime(downtime);
        let mut builder = builder.flush_each(Duration::from_secs(10));
        builder.world = Some(Arc::clone(world));
        Self { engine: builder.start().unwrap(), clock }
    }

    fn sli(&self, slo: &'static str) -> Sli {
        let sli = Sli::new("checkout").objective(Objective::availability(0.999).named(slo));
        let sli = self.engine.sli(sli.definition()).unwrap();
        let _ = self.engine.collect();
        sli
    }

    /// The calls of one tenant.
    fn of(&self, tenant: &'static str) -> Sli {
        let family = SliFamily::new("pages").objective(Objective::availability(0.999)).judge_members();
        self.engine.family(&family).unwrap().get(&Tenant { tenant }).clone()
    }

    fn live(&self, sli: &Sli, seconds: u64) {
        for _ in 0..seconds {
            sli.record(Outcome::Ok, Duration::from_millis(9));
            self.engine.advance(Duration::from_secs(1));
        }
    }

    fn book_reset(&self, slo: &str) {
        self.engine.book(Entry::reset(slo).by("ann").because("it is agreed")).unwrap();
    }

    fn end(self) {
        assert!(self.engine.shutdown(Duration::from_secs(5)));
    }
}

#[test]
fn what_appears_late_is_not_charged_for_the_time_that_a_process_was_there() {
    for downtime in [Downtime::Bad, Downtime::Unknown, Downtime::Excluded] {
        let world = World::new();
        let one = Life::at(0, &world, downtime);
        one.live(&one.of("acme"), HOUR);
        one.end();
        // A deployment of five minutes; the tenant is back two hours later.
        let other = Life::at(HOUR + 300, &world, downtime);
        other.engine.advance(Duration::from_secs(2 * HOUR));
        other.live(&other.of("acme"), 10);
        let report = other.engine.report();
        let member = member(&report, "acme");
        let bad = if downtime == Downtime::Bad { 300 } else { 0 };
        assert!(member.counts.bad().abs_diff(bad) <= 6, "{downtime:?}: {:?}", member.counts);
        let paged = member.firing().is_some_and(|tier| tier.severity == Severity::Page);
        assert!(!paged, "{downtime:?}");
        assert!(window(member, HOUR).coverage > 0.999, "{downtime:?}");
        let seen = if downtime == Downtime::Excluded { 300 } else { 0 };
        let wanted = (3 * HOUR + seen) as f64 / DAY as f64;
        assert!((window(member, DAY).coverage - wanted).abs() < 0.001, "{downtime:?}");
    }
}

#[test]
fn an_objective_that_was_renamed_and_has_its_old_name_back_keeps_what_came_between() {
    let world = World::new();
    let mut second = 0;
    for slo in [SLO, "renamed", SLO] {
        let life = Life::at(second, &world, Downtime::Bad);
        life.live(&life.sli(slo), HOUR);
        life.end();
        second += HOUR;
    }
    let life = Life::at(second, &world, Downtime::Bad);
    life.sli(SLO);
    assert_eq!(life.engine.report().slo(SLO).unwrap().counts, EventCounts::new(3 * HOUR, 0));
}

/// Lives for so long at a wrong clock, beside an objective that this release does not have.
fn live_beside_one_that_waits(off_s: i64, seconds: u64, in_order: bool) -> (Arc<Mutex<World>>, u64) {
    let world = World::new();
    let one = Life::at(0, &world, Downtime::Bad);
    let sli = one.sli(SLO);
    one.live(&sli, 300);
    one.live(&one.of("acme"), 300);
    one.end();
    let wrong = Life::at(600_u64.wrapping_add_signed(off_s), &world, Downtime::Bad);
    wrong.live(&wrong.sli(SLO), seconds);
    if in_order {
        wrong.end();
    } else {
        wrong.engine.flush();
    }
    (world, 600 + seconds)
}

#[test]
fn a_life_with_a_clock_that_is_wrong_by_years_costs_neither_those_that_live_nor_those_that_wait() {
    for (off, seconds) in [(-19_000, 30), (-19_000, 200), (700, 30), (700, 200)] {
        let off_s = off * DAY.cast_signed();
        let (world, now) = live_beside_one_that_waits(off_s, seconds, true);
        let next = Life::at(now, &world, Downtime::Unknown);
        let sli = next.sli(SLO);
        let tenant = next.of("acme");
        next.live(&tenant, 120);
        next.live(&sli, 600);
        let report = next.engine.report();
        assert_eq!(
            member(&report, "acme").counts,
            EventCounts::new(420, 0),
            "the one that waited, {off} days, {seconds} s"
        );
        // What was believed for long is as far away as it says.
        if seconds < 60 {
            let counts = report.slo(SLO).unwrap().counts;
            assert_eq!(counts, EventCounts::new(300 + seconds + 600, 0), "{off} days, {seconds} s");
        }
        next.end();
    }
}

#[test]
fn a_clock_that_was_hours_behind_for_half_a_minute_leaves_no_gap_to_the_next_life() {
    for in_order in [true, false] {
        let (world, now) = live_beside_one_that_waits(-5 * HOUR.cast_signed(), 30, in_order);
        let next = Life::at(now, &world, Downtime::Bad);
        next.live(&next.sli(SLO), 120);
        let report = next.engine.report();
        let slo = report.slo(SLO).unwrap();
        // Five minutes in which this one was not called were lived through.
        assert_eq!(slo.counts, EventCounts::new(300 + 30 + 120, 0), "{in_order}");
        let wanted = (600 + 30 + 120) as f64 / DAY as f64;
        assert!(
            (window(slo, DAY).coverage - wanted).abs() < 0.001,
            "{in_order}: {}",
            window(slo, DAY).coverage
        );
    }
}

#[test]
fn an_objective_that_a_release_left_out_is_charged_for_the_downtime_at_the_rate_it_had() {
    let world = World::new();
    let one = Life::at(0, &world, Downtime::Bad);
    one.live(&one.of("acme"), HOUR);
    one.end();
    // Two hours of a process in which the tenant did not call, and five minutes of none.
    let other = Life::at(HOUR, &world, Downtime::Bad);
    other.live(&other.sli(SLO), 2 * HOUR);
    other.end();
    let third = Life::at(3 * HOUR + 300, &world, Downtime::Bad);
    third.live(&third.of("acme"), 10);
    let report = third.engine.report();
    let bad = member(&report, "acme").counts.bad();
    assert!(bad.abs_diff(300) <= 6, "{bad}");
}

#[test]
fn a_clock_that_is_years_ahead_at_the_start_forgets_nothing() {
    for days in [40, 150, 4_000] {
        let world = World::new();
        let one = Life::at(0, &world, Downtime::Unknown);
        one.live(&one.sli(SLO), 3 * HOUR);
        let hours = |life: &Life| {
            let report = life.engine.report();
            let sli = report.slis.iter().find(|sli| sli.name == "checkout").unwrap();
            sli.percentiles.iter().map(|window| window.count).max()
        };
        let before = hours(&one);
        one.end();
        let other = Life::at(3 * HOUR + days * DAY, &world, Downtime::Unknown);
        let sli = other.sli(SLO);
        other.live(&sli, 30);
        other.clock.set_wall_ns((START + 3 * HOUR + 30) * SECOND);
        other.live(&sli, 120);
        other.end();
        let third = Life::at(3 * HOUR + 150, &world, Downtime::Unknown);
        third.live(&third.sli(SLO), 120);
        let counts = third.engine.report().slo(SLO).unwrap().counts;
        assert_eq!(counts, EventCounts::new(3 * HOUR + 30 + 120 + 120, 0), "{days} days");
        assert!(hours(&third) > before, "{days} days: {:?} after {before:?}", hours(&third));
    }
}

#[test]
fn no_estimate_is_made_from_another_one() {
    for (up, down, most) in [(600, 600, 8), (60, 300, 30), (10, 300, 60), (HOUR, 60, 3)] {
        let world = World::new();
        let mut second = 0;
        for lives in 0..most {
            let life = Life::at(second, &world, Downtime::Bad);
            life.live(&life.sli(SLO), up);
            let counts = life.engine.report().slo(SLO).unwrap().counts;
            assert_eq!(counts.good(), (lives + 1) * up);
            let wanted = lives * down;
            assert!(counts.bad().abs_diff(wanted) <= wanted / 20 + 3, "{up} {down}: {counts:?} of {wanted}");
            life.end();
            second += up + down;
        }
    }
}

#[test]
fn an_objective_keeps_its_own_past_beside_another_one_about_the_same_events() {
    let objectives = |life: &Life| {
        let month = Period::calendar(CalendarUnit::Month, "UTC");
        let sli = Sli::new("checkout")
            .objective(Objective::availability(0.999).named(SLO))
            .objective(Objective::availability(0.999).named("checkout-month").period(month));
        let sli = life.engine.sli(sli.definition()).unwrap();
        let _ = life.engine.collect();
        sli
    };
    for off_s in [-2_400, -200, 200, 2_400, 7_200] {
        let world = World::new();
        let one = Life::at(0, &world, Downtime::Unknown);
        one.live(&objectives(&one), HOUR);
        one.book_reset(SLO);
        one.end();
        let wrong = Life::at((HOUR + 5).wrapping_add_signed(off_s), &world, Downtime::Unknown);
        wrong.live(&objectives(&wrong), 30);
        wrong.end();
        let third = Life::at(HOUR + 40, &world, Downtime::Unknown);
        third.live(&objectives(&third), 10);
        let report = third.engine.report();
        let [rolling, month] = [SLO, "checkout-month"].map(|slo| report.slo(slo).unwrap());
        assert_eq!(rolling.counts, EventCounts::new(40, 0), "what came since the reset, {off_s}");
        assert_eq!(month.counts, EventCounts::new(HOUR + 40, 0), "{off_s}");
        assert_eq!(window(rolling, 30 * DAY).counts.good(), HOUR + 40, "{off_s}");
    }
}

#[test]
fn a_new_name_keeps_what_came_since_though_the_clock_was_ahead_under_the_old_one() {
    let world = World::new();
    let one = Life::at(2 * HOUR, &world, Downtime::Unknown);
    one.live(&one.sli(SLO), 300);
    one.end();
    for (second, calls) in [(300, HOUR), (300 + HOUR, 60), (360 + HOUR, 60)] {
        let life = Life::at(second, &world, Downtime::Unknown);
        let sli = life.sli("renamed");
        let before = life.engine.report().slo("renamed").unwrap().counts.good();
        assert_eq!(before, second, "nothing is lost between two lives");
        life.live(&sli, calls);
        life.end();
    }
}

#[test]
fn a_clock_that_was_behind_in_one_life_charges_nothing_to_the_next_one() {
    for (behind, seconds) in [(2_400, 30), (2_400, 600), (3_000, 7_200), (20, 30)] {
        let world = World::new();
        let one = Life::at(0, &world, Downtime::Bad);
        one.live(&one.sli(SLO), HOUR);
        one.end();
        let slow = Life::at(HOUR - behind, &world, Downtime::Bad);
        slow.live(&slow.sli(SLO), seconds);
        let before = slow.engine.report().slo(SLO).unwrap().counts;
        slow.end();
        // Half a minute without a process.
        let third = Life::at(HOUR + seconds + 30, &world, Downtime::Bad);
        third.live(&third.sli(SLO), 10);
        let report = third.engine.report();
        let slo = report.slo(SLO).unwrap();
        assert_eq!(slo.counts.good(), HOUR + seconds + 10, "{behind} s behind for {seconds} s");
        let bad = slo.counts.bad() - before.bad();
        assert!(bad <= 40, "{bad}: {behind} s behind for {seconds} s");
        let paged = slo.firing().is_some_and(|tier| tier.severity == Severity::Page);
        assert!(!paged, "{behind} s behind for {seconds} s");
    }
}

#[test]
fn durations_of_a_month_outlive_those_who_lived_by_a_wrong_clock() {
    for days in [700, 20, -700] {
        let world = World::new();
        let one = Life::at(0, &world, Downtime::Unknown);
        one.live(&one.sli(SLO), 3 * HOUR);
        one.end();
        let off_s = days * DAY.cast_signed();
        let wrong = Life::at((3 * HOUR).wrapping_add_signed(off_s), &world, Downtime::Unknown);
        wrong.live(&wrong.of("acme"), 200);
        wrong.end();
        let mut second = 3 * HOUR + 200;
        for lives in 1..=3 {
            let life = Life::at(second, &world, Downtime::Unknown);
            life.live(&life.sli(SLO), 300);
            let report = life.engine.report();
            let sli = report.slis.iter().find(|sli| sli.name == "checkout").unwrap();
            let count = sli.percentiles.iter().map(|window| window.count).max().unwrap();
            // The first minute may be in another year, and the last look up to a minute ago.
            let calls = 3 * HOUR + lives * 300;
            assert!(count + 60 * lives + 70 >= calls, "{count} of {calls}, {days} days off");
            life.end();
            second += 300;
        }
    }
}

#[test]
fn a_reset_by_a_clock_that_is_days_ahead_hides_no_later_one() {
    let world = World::new();
    let life = Life::at(0, &world, Downtime::Unknown);
    let sli = life.sli(SLO);
    life.live(&sli, 100);
    life.clock.set_wall_ns((START + 10 * DAY) * SECOND);
    life.live(&sli, 5);
    life.book_reset(SLO);
    life.clock.set_wall_ns((START + 105) * SECOND);
    life.live(&sli, 100);
    let good = |life: &Life| life.engine.collect().slo(SLO).unwrap().counts.good();
    assert_eq!(good(&life), 100, "since the first");
    life.book_reset(SLO);
    life.live(&sli, 7);
    assert_eq!(good(&life), 7, "since the second");
    life.end();
    let next = Life::at(220, &world, Downtime::Unknown);
    next.live(&next.sli(SLO), 1);
    assert_eq!(good(&next), 8);
}

#[test]
fn a_small_step_long_after_the_start_charges_no_time_of_this_process() {
    let world = World::new();
    let one = Life::at(0, &world, Downtime::Bad);
    one.live(&one.of("acme"), HOUR);
    one.end();
    let other = Life::at(31 * HOUR, &world, Downtime::Bad);
    other.engine.advance(Duration::from_secs(6 * HOUR));
    other.clock.set_wall_ns((START + 37 * HOUR + 3) * SECOND);
    other.engine.advance(Duration::from_secs(2));
    let tenant = other.of("acme");
    other.live(&tenant, 120);
    let bad = member(&other.engine.report(), "acme").counts.bad();
    assert!(bad.abs_diff(30 * HOUR) <= 60, "{bad} of {}", 30 * HOUR);
}

#[test]
fn a_small_step_back_long_after_the_start_charges_no_time_of_this_process_either() {
    let world = World::new();
    let one = Life::at(0, &world, Downtime::Bad);
    one.live(&one.of("acme"), HOUR);
    one.end();
    let other = Life::at(26 * HOUR, &world, Downtime::Bad);
    other.engine.advance(Duration::from_secs(6 * HOUR));
    other.clock.set_wall_ns((START + 32 * HOUR - 3) * SECOND);
    other.engine.advance(Duration::from_secs(2));
    let tenant = other.of("acme");
    other.live(&tenant, 120);
    let bad = member(&other.engine.report(), "acme").counts.bad();
    assert!(bad.abs_diff(25 * HOUR) <= 90, "{bad} of {}", 25 * HOUR);
}

#[test]
fn what_nobody_claims_for_more_than_a_year_is_forgotten_by_short_lives_too() {
    let world = World::new();
    let one = Life::at(0, &world, Downtime::Unknown);
    one.live(&one.of("acme"), 100);
    one.end();
    for second in [500 * DAY, 500 * DAY + 200] {
        let life = Life::at(second, &world, Downtime::Unknown);
        life.live(&life.sli(SLO), 100);
        life.end();
    }
    let next = Life::at(500 * DAY + 400, &world, Downtime::Unknown);
    next.live(&next.of("acme"), 5);
    let waited = next.engine.collect().engine.state.as_ref().map(|state| state.resumed);
    assert_eq!(waited, Some(0));
}

#[test]
fn who_was_absent_in_a_life_by_a_wrong_clock_is_charged_nothing_that_others_may_have_lived() {
    let days = |days: i64| days * DAY.cast_signed();
    for (off_s, seconds) in [(days(-19_000), 200), (days(700), 200), (-5 * HOUR.cast_signed(), 30)] {
        let world = World::new();
        let one = Life::at(0, &world, Downtime::Bad);
        one.live(&one.of("acme"), 600);
        one.end();
        // A day of a process that has it not, and some minutes of another one by a wrong clock.
        let day = Life::at(600, &world, Downtime::Bad);
        day.live(&day.sli(SLO), 10);
        day.clock.advance(Duration::from_secs(DAY - 10));
        day.live(&day.sli(SLO), 100);
        day.end();
        let wrong = Life::at((700 + DAY).wrapping_add_signed(off_s), &world, Downtime::Bad);
        wrong.live(&wrong.sli(SLO), seconds);
        wrong.end();
        let next = Life::at(700 + DAY + seconds, &world, Downtime::Bad);
        next.live(&next.sli(SLO), 120);
        next.live(&next.of("acme"), 30);
        let report = next.engine.report();
        let member = member(&report, "acme");
        assert_eq!(member.counts, EventCounts::new(630, 0), "{off_s}");
        assert_eq!(window(member, 3 * DAY).counts.good(), 630, "{off_s}");
        // And at most a slot of what was a day before.
        assert!((30..=40).contains(&window(member, DAY).counts.good()), "{off_s}");
    }
}

#[test]
fn what_is_excluded_afterwards_is_no_part_of_the_next_estimate() {
    let world = World::new();
    let one = Life::at(0, &world, Downtime::Bad);
    one.live(&one.sli(SLO), HOUR);
    one.end();
    let test = Life::at(HOUR + 300, &world, Downtime::Bad);
    let sli = test.sli(SLO);
    for _ in 0..20 * 60 {
        sli.record_n(Outcome::Ok, Duration::from_millis(9), 999);
        test.live(&sli, 1);
    }
    test.live(&sli, 300);
    let at = |second: u64| std::time::UNIX_EPOCH + Duration::from_secs(START + second);
    // What comes in a second counts at its end.
    let exclusion = Entry::exclusion(SLO, at(HOUR + 300)..at(HOUR + 300 + 21 * 60));
    test.engine.book(exclusion.by("ann").because("a load test")).unwrap();
    test.live(&sli, 300);
    let before = test.engine.report().slo(SLO).unwrap().counts.bad();
    test.end();
    let next = Life::at(HOUR + 300 + 30 * 60 + 300, &world, Downtime::Bad);
    next.live(&next.sli(SLO), 1);
    let bad = next.engine.report().slo(SLO).unwrap().counts.bad() - before;
    assert!((290..=310).contains(&bad), "{bad} of five minutes at one a second");
}

#[test]
fn what_appears_late_goes_on_where_those_are_that_lived_by_a_clock_that_went_back() {
    for (put_right, later) in [(false, 2_400), (true, 2_400), (false, 60), (true, 60)] {
        let world = World::new();
        let one = Life::at(1_800, &world, Downtime::Bad);
        let (sli, tenant) = (one.sli(SLO), one.of("acme"));
        one.live(&sli, 60);
        one.clock.set_wall_ns((START + 60) * SECOND);
        for _ in 0..100 {
            tenant.record(Outcome::Ok, Duration::from_millis(9));
            one.live(&sli, 1);
        }
        one.end();
        let next = Life::at(220, &world, Downtime::Bad);
        let sli = next.sli(SLO);
        next.live(&sli, later / 2);
        if put_right {
            next.clock.set_wall_ns((START + 220 + later / 2 + 1_800) * SECOND);
        }
        next.live(&sli, later / 2);
        next.live(&next.of("acme"), 5);
        let report = next.engine.report();
        let [whole, member] = [report.slo(SLO).unwrap(), member(&report, "acme")];
        let seen = |slo: &ObjectiveReport| window(slo, HOUR).counts.good();
        assert_eq!(seen(member), 105, "{put_right} {later}");
        let coverage = |slo| window(slo, HOUR).coverage;
        let apart = (coverage(member) - coverage(whole)).abs();
        assert!(apart < 0.006, "{put_right} {later}: {} and {}", coverage(member), coverage(whole));
    }
}

#[test]
fn a_clock_that_is_hours_behind_for_a_moment_moves_nothing_of_who_appears_then() {
    let world = World::new();
    let one = Life::at(0, &world, Downtime::Bad);
    one.live(&one.of("acme"), HOUR);
    one.end();
    let other = Life::at(HOUR + 300, &world, Downtime::Bad);
    let sli = other.sli(SLO);
    other.live(&sli, 600);
    other.clock.set_wall_ns((START + HOUR + 900 - 5 * HOUR) * SECOND);
    other.live(&sli, 10);
    let tenant = other.of("acme");
    other.live(&tenant, 10);
    other.clock.set_wall_ns((START + HOUR + 920) * SECOND);
    other.live(&tenant, 120);
    let report = other.engine.report();
    let member = member(&report, "acme");
    assert!(member.counts.bad().abs_diff(300) <= 6, "{:?}", member.counts);
    let wanted = (HOUR + 740) as f64 / DAY as f64;
    assert!((window(member, DAY).coverage - wanted).abs() < 0.001, "{}", window(member, DAY).coverage);
}

#[test]
fn an_exclusion_that_begins_before_the_past_does_changes_no_rate() {
    for (seconds, most) in [(33 * 60, 650), (31 * 60, 650), (305, 40)] {
        let world = World::new();
        let one = Life::at(0, &world, Downtime::Bad);
        let sli = one.sli(SLO);
        let at = |second: i64| std::time::UNIX_EPOCH + Duration::from_secs(START.wrapping_add_signed(second));
        let exclusion = Entry::exclusion(SLO, at(-HOUR.cast_signed())..at(300));
        one.engine.book(exclusion.by("ann").because("the roll-out")).unwrap();
        one.live(&sli, seconds);
        one.end();
        let next = Life::at(seconds + 600, &world, Downtime::Bad);
        next.live(&next.sli(SLO), 1);
        let bad = next.engine.report().slo(SLO).unwrap().counts.bad();
        // Of five seconds nothing is concluded.
        assert!(bad <= most && (bad >= 550) == (most > 600), "{bad} after {seconds} s");
    }
}

#[test]
fn days_of_others_are_charged_to_nobody() {
    // How late who was away appears, how long that process lives, and for how many days the one before did not.
    for (late, lived, days) in [(0, 120, 0), (5, 120, 2), (61, 120, 0), (61, 120, 2), (0, 30, 0), (5, 30, 2)]
    {
        let world = World::new();
        let one = Life::at(0, &world, Downtime::Bad);
        one.live(&one.of("acme"), HOUR);
        one.end();
        let other = Life::at(3 * DAY, &world, Downtime::Bad);
        other.live(&other.sli(SLO), 100);
        other.end();
        let now = (3 + days) * DAY + 110;
        let third = Life::at(now, &world, Downtime::Bad);
        third.live(&third.sli(SLO), late);
        third.live(&third.of("acme"), lived);
        third.end();
        let next = Life::at(now + late + lived + 10, &world, Downtime::Bad);
        next.live(&next.of("acme"), 120);
        let bad = member(&next.engine.report(), "acme").counts.bad();
        // Two days of nobody are told from those of others only where the clock was believed by then.
        let is_told = late > 60 && days > 0;
        let wanted = if is_told { days * DAY } else { 0 };
        assert!(bad.abs_diff(wanted) <= wanted / 50 + 40, "{bad} of {wanted}: {late} s late for {lived} s");
    }
}
