//! Resets, exclusions and adjustments, told by worked examples: what they change, what they leave, what they survive.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod scratch;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use scratch::Scratch;
use sre_core::alert::AlertState;
use sre_core::clock::ManualClock;
use sre_core::engine::Downtime;
use sre_core::report::{LedgerReport, ObjectiveReport, ObjectiveState};
use sre_core::slo::{
    Adjustment, Budgeting, Durability, Entry, EntryId, EntryKind, Foresight, Period, Receipt,
};
use sre_core::units::{EventCounts, Target};
use sre_core::window::CalendarUnit;
use sre_core::{Engine, Error, Labels, LedgerError, Objective, Outcome, Sli, SliFamily};

const SLO: &str = "checkout-availability";
/// 2023-11-14 22:00 UTC.
const START: u64 = 1_699_999_200;
const HOUR: u64 = 3_600;

/// A service with one SLI, by a manual clock.
struct Service {
    engine: Engine,
    clock: ManualClock,
    sli: Sli,
}

impl Service {
    fn new(objective: Objective) -> Self {
        Self::start(objective, ManualClock::at_unix_seconds(START), None, Downtime::Unknown)
    }

    fn start(objective: Objective, clock: ManualClock, directory: Option<&Path>, downtime: Downtime) -> Self {
        let builder = Engine::builder().manual_clock(clock.clone()).downtime(downtime);
        let builder = directory.into_iter().fold(builder, |builder, directory| builder.state_dir(directory));
        let engine = builder.start().unwrap();
        let sli = engine.sli(Sli::new("checkout").objective(objective).definition()).unwrap();
        let _ = engine.collect();
        Self { engine, clock, sli }
    }

    fn events(&self, good: u64, bad: u64) {
        self.sli.record_n(Outcome::Ok, Duration::from_millis(9), good);
        self.sli.record_n(Outcome::Error, Duration::from_millis(9), bad);
        self.engine.advance(Duration::from_secs(1));
    }

    /// A second after the other with these calls.
    fn live(&self, seconds: u64, good: u64, bad: u64) {
        (0..seconds).for_each(|_| self.events(good, bad));
    }

    /// Time without calls, in ticks that are late by less than what is a gap.
    fn wait(&self, seconds: u64) {
        for passed in (0..seconds).step_by(290) {
            self.clock.advance(Duration::from_secs(290.min(seconds - passed)));
            self.engine.tick();
        }
    }

    fn now(&self) -> u64 {
        self.engine.report().at_unix_ns / 1_000_000_000
    }

    fn book(&self, entry: Entry) -> Receipt {
        self.engine.book(entry.by("ann").because("it is agreed")).unwrap()
    }

    /// Excludes from so many seconds before now until so many after it.
    fn exclude(&self, from: i64, until: i64) -> Receipt {
        let time = |off| at(self.now().saturating_add_signed(off));
        self.book(Entry::exclusion(SLO, time(from)..time(until)))
    }

    fn objective(&self) -> ObjectiveReport {
        self.engine.report().slo(SLO).unwrap().clone()
    }

    fn ledger_is_on(&self) -> bool {
        self.objective().ledger.is_some_and(|ledger| ledger.excluding)
    }

    fn ledger(&self) -> LedgerReport {
        *self.objective().ledger.unwrap()
    }
}

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second)
}

fn promise() -> Objective {
    Objective::availability(0.999)
}

fn remaining(objective: &ObjectiveReport) -> f64 {
    objective.budget.unwrap().remaining()
}

#[track_caller]
fn close(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
}

#[test]
fn a_reset_lets_the_budget_begin_anew_and_nothing_else() {
    let service = Service::new(promise());
    service.events(99_850, 150);
    close(remaining(&service.objective()), -0.5);
    let receipt = service.book(Entry::reset(SLO));
    assert_eq!((receipt.covered, receipt.durability), (None, Durability::Process));
    let objective = service.objective();
    assert_eq!((objective.counts, objective.budget), (EventCounts::ZERO, None), "as of the last tick");
    assert_eq!(objective.exported, EventCounts::new(99_850, 150), "exported counters never change");
    service.events(9_995, 5);
    let objective = service.objective();
    close(remaining(&objective), 0.5);
    assert!(objective.windows.iter().all(|window| window.counts == EventCounts::new(109_845, 155)));
    // 110,000 events allow 110 bad ones.
    let ledger = service.ledger();
    assert_eq!(ledger.counts_raw, EventCounts::new(109_845, 155));
    close(ledger.budget_raw.unwrap().remaining(), 1.0 - 155.0 / 110.0);
    let [entry] = &*ledger.entries else { panic!("{:?}", ledger.entries) };
    assert_eq!((&**entry.slo(), entry.kind(), &**entry.who()), (SLO, EntryKind::Reset, "ann"));
    assert_eq!((entry.booked_unix_ns(), &**entry.why()), ((START + 1) * 1_000_000_000, "it is agreed"));
}

#[test]
fn what_was_booked_after_the_clock_was_set_back_counts_from_then_on() {
    // Before it is believed, and when windows are half an hour ahead of it.
    for seconds in [10, 90] {
        let service = Service::new(promise());
        service.live(100, 9, 1);
        service.clock.set_wall_ns((START + 100 - 5_400) * 1_000_000_000);
        service.live(seconds, 9, 1);
        service.book(Entry::reset(SLO));
        assert_eq!(service.objective().counts, EventCounts::ZERO, "after {seconds} s");
        service.book(Entry::adjustment(SLO, Adjustment::new(7, 0)));
        service.live(200, 9, 1);
        assert_eq!(service.objective().counts, EventCounts::new(1_807, 200), "after {seconds} s");
    }
}

#[test]
fn what_a_reset_forgave_leaves_a_rolling_period_with_its_time() {
    let service = Service::new(promise().period(Period::days(1)));
    service.live(10, 90, 10);
    service.wait(HOUR);
    service.book(Entry::reset(SLO));
    service.live(10, 99, 1);
    service.wait(22 * HOUR);
    assert_eq!(service.ledger().counts_raw, EventCounts::new(1_890, 110));
    assert_eq!(service.objective().counts, EventCounts::new(990, 10));
    // What was forgiven leaves, and nothing that counts.
    service.wait(HOUR + 300);
    assert_eq!(service.ledger().counts_raw, EventCounts::new(990, 10));
    assert_eq!(service.objective().counts, EventCounts::new(990, 10));
    // Then the reset leaves, and what came after it.
    service.wait(HOUR + 300);
    let objective = service.objective();
    assert_eq!((objective.counts, objective.ledger), (EventCounts::ZERO, None));
    assert_eq!(service.engine.ledger().len(), 1, "it stays a fact");
}

#[test]
fn an_adjustment_is_credit_with_a_date() {
    let service = Service::new(promise().period(Period::days(1)));
    service.events(99_850, 150);
    service.book(Entry::adjustment(SLO, Adjustment::new(0, -120)));
    let objective = service.objective();
    assert_eq!(objective.counts, EventCounts::new(99_850, 30));
    close(remaining(&objective), 1.0 - 30.0 / 99.88);
    assert_eq!(objective.windows[0].counts, EventCounts::new(99_850, 150), "windows go on as they are");
    // A budget has never fewer than no events.
    service.book(Entry::adjustment(SLO, Adjustment::new(150, -999)));
    assert_eq!(service.objective().counts, EventCounts::new(100_000, 0));
    service.wait(25 * HOUR);
    assert_eq!(service.objective().counts, EventCounts::ZERO, "it leaves with its date");
    let earlier = at(service.now() - 23 * HOUR);
    service.book(Entry::adjustment(SLO, Adjustment::new(7, 3).at(earlier)));
    assert_eq!(service.objective().counts, EventCounts::new(7, 3));
    service.wait(HOUR + 300);
    assert_eq!(service.objective().counts, EventCounts::ZERO);
}

#[test]
fn a_planned_maintenance_pages_nobody() {
    let outage = |planned: bool| {
        let service = Service::new(promise());
        service.live(600, 100, 0);
        if planned {
            let receipt = service.exclude(60, 660);
            let covered = receipt.covered.unwrap();
            assert_eq!(covered, at(START + 660)..at(START + 1_260), "to the tick, as it is to come");
        }
        service.live(59, 100, 0);
        assert!(!service.ledger_is_on());
        let mut fired = false;
        for _ in 0..600 {
            service.events(0, 100);
            fired |= service.objective().firing().is_some();
        }
        assert_eq!(service.ledger_is_on(), planned);
        service.live(60, 100, 0);
        (service, fired)
    };
    let (service, fired) = outage(true);
    assert!(!fired);
    let objective = service.objective();
    assert_eq!(objective.counts, EventCounts::new(65_900 + 6_000, 0));
    assert_eq!((objective.state, objective.exported.bad()), (ObjectiveState::Ok, 60_000));
    let ledger = service.ledger();
    assert_eq!(ledger.counts_raw, EventCounts::new(71_900, 60_000));
    assert_eq!((ledger.excluded, ledger.excluding), (EventCounts::new(0, 60_000), false));
    let (raw, judged) = (ledger.windows[0].burn_raw.unwrap(), objective.windows[0].burn);
    assert!(raw.get() > 700.0 && judged.is_some_and(|burn| burn.get() == 0.0), "{raw} {judged:?}");
    assert!((objective.windows[0].coverage - 1.0).abs() < 1e-9, "it was observed");
    assert!(outage(false).1, "else it fires");
}

#[test]
fn calls_that_hang_in_an_excluded_time_are_not_counted_before_they_end() {
    let service = Service::new(promise());
    service.live(60, 100, 0);
    let calls: Vec<_> = (0..50).map(|_| service.sli.start()).collect();
    service.live(120, 0, 0);
    let hang = service.objective();
    assert_eq!((hang.provisional.bad(), hang.windows[0].counts.bad()), (50, 50));
    service.exclude(0, 600);
    service.live(1, 0, 0);
    let excluded = service.objective();
    assert_eq!((excluded.provisional.bad(), excluded.windows[0].counts.bad()), (50, 0));
    calls.into_iter().for_each(|call| call.error());
    service.live(600, 0, 0);
    assert_eq!(service.objective().counts, EventCounts::new(6_000, 0));
    assert_eq!(service.ledger().excluded, EventCounts::new(0, 50));
}

#[test]
fn an_outage_is_excluded_afterwards_by_whole_slots() {
    let service = Service::new(promise());
    service.live(605, 100, 0);
    service.live(30, 0, 100);
    service.live(600, 100, 0);
    // From second 605 on, so the slots from 600 to 640 of ten seconds: the outage ended with second 635.
    let receipt = service.exclude(-630, -600);
    assert_eq!(receipt.covered, Some(at(START + 600)..at(START + 640)));
    let objective = service.objective();
    assert_eq!(objective.counts.bad(), 0);
    assert_eq!(objective.counts.good(), (605 + 600 - 10) * 100, "those of the slots as well");
    assert!(objective.tiers.iter().all(|tier| tier.state == AlertState::Ok || tier.since_wall_ns > 0));
    // Taken back, all is as it was; and both entries stay.
    let receipt = service
        .engine
        .book(Entry::withdrawal(receipt.booking.id()).by("ben").because("it was ours after all"));
    assert_eq!(receipt.unwrap().covered, None);
    let objective = service.objective();
    assert_eq!((objective.counts, objective.ledger), (EventCounts::new(120_500, 3_000), None));
    let kinds: Vec<_> = service.engine.ledger().iter().map(|entry| entry.kind().as_str()).collect();
    assert_eq!(kinds, ["exclusion", "withdrawal"]);
}

#[test]
fn what_is_long_over_is_excluded_by_hours_and_what_two_exclude_stays_until_both_are_withdrawn() {
    let service = Service::new(promise());
    service.live(600, 9, 1);
    service.wait(HOUR - 600 + 100 * HOUR);
    let ago = |second: u64| -> i64 { (START + second).cast_signed() - service.now().cast_signed() };
    let one = service.exclude(ago(100), ago(200));
    assert_eq!(one.covered, Some(at(START)..at(START + HOUR)), "the hour that it is in");
    let two = service.exclude(ago(300), ago(400));
    assert_eq!(service.objective().counts, EventCounts::ZERO);
    for (receipt, counts) in [(one, EventCounts::ZERO), (two, EventCounts::new(5_400, 600))] {
        service.book(Entry::withdrawal(receipt.booking.id()));
        assert_eq!(service.objective().counts, counts);
    }
}

#[test]
fn a_calendar_budget_forgets_a_reset_at_its_turn_and_an_exclusion_across_it_concerns_both() {
    // An hour and a half before midnight UTC.
    let day = promise().period(Period::calendar(CalendarUnit::Day, "UTC"));
    let service = Service::new(day);
    service.live(30 * 60, 99, 1);
    service.book(Entry::reset(SLO));
    service.live(60, 98, 2);
    let objective = service.objective();
    assert_eq!(objective.counts, EventCounts::new(60 * 98, 60 * 2));
    assert_eq!(service.ledger().counts_raw.bad(), 30 * 60 + 120);
    assert!(objective.pace.is_some_and(|pace| pace > 18.0), "20 times, and a minute of the rest has passed");
    service.exclude(HOUR.cast_signed(), 2 * HOUR.cast_signed());
    service.live(2 * HOUR + 60, 98, 2);
    // Midnight came after 89 min, the exclusion ended 31 min after it, and a minute more has passed.
    let objective = service.objective();
    assert_eq!(service.ledger().counts_raw.total(), 100 * 60 * 32 + 100);
    assert_eq!(objective.counts.total(), 100 * 61);
    assert_eq!(service.ledger().excluded.total(), 100 * 60 * 31);
}

#[test]
fn slices_are_excluded_as_a_whole_before_and_after() {
    let objective = promise().budgeting(Budgeting::minutes(Target::new(0.95)));
    let service = Service::new(objective);
    service.live(600, 9, 1);
    assert_eq!(service.objective().counts, EventCounts::new(0, 10));
    // Half a minute of the third one, ago; and half of the one after the next.
    let receipt = service.exclude(-450, -440);
    assert_eq!(receipt.covered, Some(at(START + 120)..at(START + 180)));
    assert_eq!(service.objective().counts, EventCounts::new(0, 9));
    service.exclude(90, 100);
    service.live(240, 9, 1);
    assert_eq!(service.objective().counts, EventCounts::new(0, 9 + 3));
    assert_eq!(service.ledger().counts_raw, EventCounts::new(0, 14));
    service.book(Entry::adjustment(SLO, Adjustment::new(2, -2)));
    assert_eq!(service.objective().counts, EventCounts::new(2, 10));
}

#[test]
fn forecasts_go_by_what_counts() {
    let service = Service::new(Objective::availability(0.99));
    service.live(2 * HOUR, 95, 5);
    assert_eq!(service.objective().forecast.soonest(), Foresight::After(Duration::ZERO));
    service.book(Entry::reset(SLO));
    let objective = service.objective();
    assert_eq!(objective.forecast.soonest(), Foresight::NoData, "{:?}", objective.forecast);
    service.live(600, 1_000, 0);
    let Foresight::After(wait) = service.objective().forecast.at_1h else {
        panic!("{:?}", service.objective())
    };
    assert!(wait > Duration::ZERO, "there is a budget again");
    service.book(Entry::adjustment(SLO, Adjustment::new(0, 60_000)));
    assert_eq!(service.objective().forecast.soonest(), Foresight::After(Duration::ZERO));
    assert_eq!(service.sli.budget_remaining().map(|left| left < 0.0), Some(true), "handlers know it at once");
}

#[test]
fn entries_survive_a_kill_and_objectives_that_are_away_for_a_while() {
    let scratch = Scratch::new("kill");
    let start = |second: u64, objective| {
        let clock = ManualClock::at_unix_seconds(START + second);
        Service::start(objective, clock, Some(scratch.path()), Downtime::Unknown)
    };
    let one = start(0, promise());
    one.live(95, 9, 1);
    assert_eq!(one.book(Entry::reset(SLO)).durability, Durability::Durable);
    one.live(3, 8, 2);
    assert_eq!(one.exclude(-2, 1_000).durability, Durability::Durable);
    let (ledger, objective) = (one.engine.ledger(), one.objective());
    assert_eq!(objective.counts, EventCounts::new(0, 0));
    one.live(3, 5, 5);
    // Killed: dropped without a word. What came since the last entry is lost, and no entry.
    drop(one);
    let other = start(101, promise());
    assert_eq!(other.engine.ledger(), ledger);
    assert_eq!(other.objective().counts, objective.counts);
    assert_eq!(other.ledger().counts_raw, objective.ledger.unwrap().counts_raw);
    other.live(20, 0, 10);
    assert_eq!(other.objective().counts, EventCounts::ZERO, "it is excluded still");
    assert!(other.engine.shutdown(Duration::from_secs(5)));

    // A release without the objective carries its entries along.
    let third = start(121, Objective::latency(0.99, Duration::from_millis(300)));
    assert_eq!(third.engine.ledger(), ledger);
    assert!(third.engine.shutdown(Duration::from_secs(5)));
    let fourth = start(121, promise());
    fourth.live(10, 0, 10);
    // The slot of ten seconds that the exclusion begins in has six seconds from before the reset.
    assert_eq!(fourth.ledger().excluded.bad(), 6 + 2 * 3 + 200 + 100);
    // And taken back, all counts that came after the reset.
    let exclusion = ledger.last().unwrap().id();
    fourth.book(Entry::withdrawal(exclusion));
    assert_eq!(fourth.objective().counts, EventCounts::new(24, 306));
}

#[test]
fn a_process_that_takes_over_has_the_entries_and_events_of_both() {
    let scratch = Scratch::new("both");
    let start = |second: u64| {
        let clock = ManualClock::at_unix_seconds(START + second);
        Service::start(promise(), clock, Some(scratch.path()), Downtime::Unknown)
    };
    let one = start(0);
    one.live(100, 1, 0);
    let other = start(100);
    // Each excludes a time in which both counted, and does not know of the other.
    one.live(100, 3, 1);
    other.live(100, 5, 2);
    assert_eq!(one.exclude(-50, -10).durability, Durability::Durable);
    assert_eq!(other.exclude(-100, -80).durability, Durability::Pending, "the other one has the directory");
    assert!(one.engine.shutdown(Duration::from_secs(5)));
    other.live(20, 0, 0);
    assert_eq!(other.engine.ledger().len(), 2);
    // Excluded are seconds 100 to 119, of which only one lived the first, and 150 to 189.
    assert_eq!(other.objective().counts, EventCounts::new(99 + 8 * 41, 3 * 41));
    assert_eq!(other.ledger().excluded, EventCounts::new(1 + 8 * 59, 3 * 59));
    let kept = other.objective();
    assert!(other.engine.shutdown(Duration::from_secs(5)));
    let third = start(220);
    assert_eq!((third.objective().counts, third.engine.ledger().len()), (kept.counts, 2));
}

#[test]
fn a_maintenance_may_stop_the_process() {
    let scratch = Scratch::new("stop");
    let start = |second: u64| {
        let clock = ManualClock::at_unix_seconds(START + second);
        Service::start(promise(), clock, Some(scratch.path()), Downtime::Bad)
    };
    let one = start(0);
    one.live(3_600, 1, 0);
    one.exclude(600, 1_200);
    assert!(one.engine.shutdown(Duration::from_secs(5)));
    // Half an hour without a process, ten minutes of which are excluded.
    let other = start(5_400);
    let report = other.objective();
    assert_eq!(report.counts, EventCounts::new(3_600, 1_200));
    assert_eq!(other.ledger().excluded, EventCounts::new(0, 600));
    let hour = report.windows.iter().find(|window| window.length == Duration::from_secs(HOUR)).unwrap();
    assert!((hour.coverage - (0.5 + 1.0 / 6.0)).abs() < 0.01, "{}", hour.coverage);
}

#[test]
fn a_planned_maintenance_in_which_no_process_runs_takes_nothing_that_came_before_it() {
    let scratch = Scratch::new("planned");
    let start = |second: u64| {
        let clock = ManualClock::at_unix_seconds(START + second);
        Service::start(promise(), clock, Some(scratch.path()), Downtime::Unknown)
    };
    let one = start(0);
    one.live(54, 1, 0);
    // In the same minute, which is one slot when the next process starts.
    one.exclude(1, 3_000);
    assert!(one.engine.shutdown(Duration::from_secs(5)));
    assert_eq!(start(4_700).objective().counts, EventCounts::new(54, 0));
}

#[derive(Labels, Clone, PartialEq, Eq, Hash)]
struct Route {
    route: &'static str,
}

#[test]
fn an_exclusion_concerns_the_members_of_a_family_and_an_adjustment_the_whole() {
    let clock = ManualClock::at_unix_seconds(START);
    let engine = Engine::builder().manual_clock(clock).start().unwrap();
    let pages =
        engine.family(&SliFamily::<Route>::new("pages").objective(promise()).judge_members()).unwrap();
    let live = |seconds: u64, routes: &[&'static str]| {
        for _ in 0..seconds {
            for route in routes {
                pages.get(&Route { route }).record_n(Outcome::Error, Duration::ZERO, 1);
            }
            engine.advance(Duration::from_secs(1));
        }
    };
    live(10, &["a"]);
    let time = at(START)..at(START + 100);
    let slo = "pages-availability";
    let because = |entry: Entry| engine.book(entry.by("ann").because("it is agreed")).unwrap();
    because(Entry::exclusion(slo, time));
    // A member that appears later keeps to it as well.
    live(20, &["a", "b"]);
    because(Entry::adjustment(slo, Adjustment::new(9, 0)));
    let counts: Vec<_> = engine.report().slis.iter().map(|sli| sli.objectives[0].counts).collect();
    assert_eq!(counts, [EventCounts::new(9, 0), EventCounts::ZERO, EventCounts::ZERO]);
}

#[track_caller]
fn check_refused(entry: Entry, expected: &str) {
    let service = Service::new(promise().period(Period::days(1)));
    service.wait(50 * HOUR);
    let refused = service.engine.book(entry).unwrap_err();
    assert!(matches!(refused, Error::Ledger(_)), "{refused:?}");
    assert!(refused.to_string().contains(expected), "{refused}");
    assert!(refused.to_string().len() < 1_000, "enough to find it");
    assert_eq!((service.engine.ledger().len(), service.objective().ledger), (0, None), "nothing was booked");
}

#[test]
fn what_nobody_can_mean_is_refused_with_the_value_and_the_next_step() {
    let now = START + 50 * HOUR;
    let signed = |entry: Entry| entry.by("ann").because("it is agreed");
    let exclude = |from: u64, until: u64| signed(Entry::exclusion(SLO, at(from)..at(until)));
    let adjust = |good, bad| signed(Entry::adjustment(SLO, Adjustment::new(good, bad)));
    for (entry, expected) in [
        (
            signed(Entry::reset("nobody")),
            "no objective is called `nobody`: take one of those that the status names",
        ),
        (signed(Entry::reset("x".repeat(1 << 20))), "such as checkout-availability"),
        (signed(Entry::reset("a\n\u{1b}[2J\u{202e}b")), r"no objective is called `a\n\u{1b}[2J\u{202e}b`"),
        (
            Entry::reset(SLO).because("it is agreed"),
            "`who` of a ledger entry has 0 bytes and must have 1 to 200",
        ),
        (
            Entry::reset(SLO).by("ann").because(" \n"),
            "`why` of a ledger entry has 0 bytes and must have 1 to 1000",
        ),
        (Entry::reset(SLO).by("x".repeat(201)).because("it"), "`who` of a ledger entry has 201 bytes"),
        (Entry::reset(SLO).by("ann").because("ä".repeat(501)), "`why` of a ledger entry has 1002 bytes"),
        (exclude(now, now), "must end after it begins: swap the two"),
        (exclude(now, now - 1), "until 2023-11-16T23:59:59Z must end after it begins"),
        (
            exclude(now - 10, now + 86_391),
            "exclusion of 86401s is longer than 1d, the period of the objective",
        ),
        (exclude(now + 367 * 86_400, now + 367 * 86_400 + 1), "begins more than 366d from now"),
        (
            exclude(now - 90_000, now - 89_000),
            "is not kept by time any more, only what came since 2023-11-16T00:00:00Z is",
        ),
        (exclude(0, 1), "book an adjustment if it still counts"),
        (adjust(0, 0), "adjustment by 0 good and 0 bad events must change something"),
        (adjust(i64::MIN, 1), "by at most 2^48 of a kind"),
        (signed(Entry::adjustment(SLO, Adjustment::new(1, 1).at(at(now + 1)))), "must not lie in the future"),
        (
            signed(Entry::adjustment(SLO, Adjustment::new(1, 1).at(at(now - 90_000)))),
            "is not kept by time any more",
        ),
        (
            signed(Entry::adjustment(SLO, Adjustment::new(1, 1).at(UNIX_EPOCH))),
            "is not kept by time any more",
        ),
        (
            signed(Entry::withdrawal("0123456789abcdef".parse::<EntryId>().unwrap())),
            "entry 0123456789abcdef cannot be withdrawn",
        ),
    ] {
        check_refused(entry, expected);
    }
    assert!("12".parse::<EntryId>().is_err());
}

#[test]
fn a_withdrawal_is_for_good_and_there_is_an_end_to_booking() {
    let service = Service::new(promise());
    let reset = service.book(Entry::reset(SLO)).booking.id();
    assert_eq!(reset.to_string().parse(), Ok(reset));
    let withdrawal = service.book(Entry::withdrawal(reset)).booking.id();
    for id in [reset, withdrawal] {
        let again = service.engine.book(Entry::withdrawal(id).by("ann").because("again"));
        let expected =
            LedgerError::NothingToWithdraw { id: u64::from_str_radix(&id.to_string(), 16).unwrap() };
        assert_eq!(again, Err(Error::Ledger(expected)));
    }
    assert!(service.engine.shutdown(Duration::from_secs(5)));
    let late = service.engine.book(Entry::reset(SLO).by("ann").because("too late"));
    assert_eq!(late, Err(Error::Ledger(LedgerError::Stopped)));
}

#[test]
fn the_number_of_an_entry_is_16_hexadecimal_digits() {
    let text = "00C0ffee00c0ffee";
    assert_eq!(text.parse::<EntryId>().unwrap().to_string(), text.to_lowercase());
    for text in
        ["", "nonsense", "+00000000000000f", "00c0ffee00c0ffe", "00c0ffee00c0ffee0", "0x00c0ffee00c0ff"]
    {
        assert_eq!(text.parse::<EntryId>(), Err(LedgerError::Id { value: text.into() }));
    }
}

#[test]
fn a_full_ledger_books_nothing_more_until_somebody_takes_old_entries_out() {
    let scratch = Scratch::new("full");
    let start = |second: u64| {
        let clock = ManualClock::at_unix_seconds(START + second);
        Service::start(promise().period(Period::days(1)), clock, Some(scratch.path()), Downtime::Unknown)
    };
    let memory = Service::new(promise().period(Period::days(1)));
    (0..2_000).for_each(|_| {
        memory.book(Entry::adjustment(SLO, Adjustment::new(1, 0)));
    });
    assert_eq!(memory.objective().counts.good(), 2_000);
    let refused = memory.engine.book(Entry::reset(SLO).by("ann").because("more")).unwrap_err();
    assert_eq!(refused, Error::Ledger(LedgerError::Full { has: 2_000, max: 2_000 }));
    let first = memory.engine.ledger()[0].id();
    memory.book(Entry::withdrawal(first));
    assert_eq!(memory.objective().counts.good(), 1_999, "a mistake can be taken back");
    assert!(memory.engine.hand_over_entries(at(u64::MAX >> 32)).is_empty(), "all of them still count");
    memory.wait(26 * HOUR);
    assert!(memory.engine.hand_over_entries(at(START)).is_empty(), "none is so old");
    assert_eq!(memory.engine.hand_over_entries(at(START + 1)).len(), 2_001);
    assert!(memory.engine.ledger().is_empty());
    memory.book(Entry::reset(SLO));

    // On disk as well.
    let one = start(0);
    one.book(Entry::reset(SLO));
    one.wait(26 * HOUR);
    assert_eq!(one.engine.hand_over_entries(at(START + 1)).len(), 1);
    // Killed: there is no other flush.
    drop(one);
    assert!(start(26 * HOUR).engine.ledger().is_empty());
}
