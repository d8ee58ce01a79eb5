use core::cell::Cell;

use super::*;
use crate::clock::ManualClock;
use crate::engine::Engine;
use crate::engine::archive::{Archive, Recovery, encode};
use crate::histogram::Layout;
use crate::primitive::{Arc, Mutex};
use crate::sli::{Outcome, Sli};
use crate::slo::Objective;
use crate::store::model::{ModelDisk, World};
use crate::store::{Options, Store};

std::thread_local! {
    /// How often this thread packed, merged and summed the hours of an SLI.
    pub(super) static CAUGHT_UP: Cell<usize> = const { Cell::new(0) };
}

/// A disk and who uses it.
type Machine = Arc<Mutex<World>>;

const SLIS: usize = 550;
/// Hundred seconds before an hour is full.
const START_S: u64 = 472_000 * 3_600 + 3_500;

fn full_month(until: u32) -> Hours {
    let millis = |hour: u32| Duration::from_millis(u64::from(hour % 7 + 1));
    let mut hours = Hours::default();
    for hour in until - 720..until {
        hours.add(hour, &Snapshot::from_durations(Layout::BITS_6, [millis(hour)]), 3_600);
    }
    hours
}

/// A machine on which full months are kept.
fn kept_months(slis: usize) -> Machine {
    let hours = full_month(hour_of(START_S * SECOND_NS));
    let kept = |n| KeptHours { sli: format!("month.{n}"), hours: hours.clone() };
    let archive = Archive { durations: (0..slis).map(kept).collect(), ..Archive::default() };
    let world = World::new();
    let (mut store, _) = Store::open(Box::new(ModelDisk::new(&world)), Options::default(), START_S);
    store.begin_generation(&encode(&archive)).unwrap();
    store.close();
    world
}

fn started(world: &Machine, slis: usize) -> (Engine, Vec<Sli>) {
    let clock = ManualClock::at_unix_seconds(START_S);
    let builder = Engine::builder().manual_clock(clock).state_dir("/model");
    let mut builder = builder.flush_each(Duration::from_secs(3_600));
    builder.world = Some(Arc::clone(world));
    let engine = builder.start().unwrap();
    let sli = |n| {
        let sli = Sli::try_new(&format!("month.{n}")).unwrap().objective(Objective::availability(0.9));
        engine.sli(sli.definition()).unwrap()
    };
    let slis = (0..slis).map(sli).collect();
    (engine, slis)
}

/// An engine that goes on from full months.
fn resumed(slis: usize) -> (Engine, Vec<Sli>) {
    started(&kept_months(slis), slis)
}

/// Of how many SLIs a month is told, with this many calls in it.
fn told(engine: &Engine, calls: u64) -> usize {
    let month = Percentiles::LONG_WINDOWS[2];
    let tells = |of: &Percentiles| of.window == month && of.count == calls;
    engine.report().slis.iter().filter(|sli| sli.percentiles.iter().any(tells)).count()
}

#[test]
fn no_tick_sums_more_than_its_share_of_full_months() {
    let (engine, slis) = resumed(SLIS);
    let tick = || {
        slis.iter().for_each(|sli| sli.record(Outcome::Ok, Duration::from_millis(5)));
        let before = CAUGHT_UP.get();
        engine.advance(Duration::from_secs(1));
        CAUGHT_UP.get() - before
    };
    let minute = |_| (0..60).map(|_| tick()).max().unwrap();
    let allowed = Looks::allowed(SLIS);
    assert_eq!(allowed, 10);
    let first = tick();
    assert_eq!((first, told(&engine, 721)), (allowed, allowed), "the others are absent, not wrong");
    assert_eq!(minute(0), allowed);
    (0..9).for_each(|_| assert_eq!(tick(), 0));
    assert_eq!(CAUGHT_UP.get(), SLIS, "each of them once");
    let all = |sli: &crate::report::SliReport| sli.percentiles.iter().any(|of| of.count >= 720);
    assert!(engine.report().slis.iter().all(all));
    (0..29).for_each(|_| assert_eq!(tick(), 0));
    // The hour ends.
    assert!((1..3).map(minute).all(|most| most <= allowed));
    assert_eq!(CAUGHT_UP.get(), 2 * SLIS, "and once more");
}

#[test]
fn hours_that_pass_in_one_step_leave_nobody_behind() {
    let (engine, _slis) = resumed(20);
    (0..3).for_each(|_| engine.advance(Duration::from_secs(3_600)));
    let has_month = |sli: &crate::report::SliReport| {
        sli.percentiles.iter().any(|of| of.window == Percentiles::LONG_WINDOWS[2])
    };
    assert!(engine.report().slis.iter().all(has_month));
}

/// The calls of each SLI that are kept.
fn kept_calls(world: &Machine) -> Vec<u64> {
    let (_store, found) = Store::open(Box::new(ModelDisk::new(world)), Options::default(), START_S);
    let Recovery { archive, .. } = Archive::recover(found.snapshot.as_deref(), &found.entries);
    let calls = |kept: &KeptHours| kept.hours.before(u32::MAX, &[u32::MAX]).remove(0).durations.count();
    archive.durations.iter().map(calls).collect()
}

#[test]
fn another_process_has_its_months_added_one_after_the_other_and_all_is_kept_at_once() {
    const FEW: usize = 30;
    for seconds in [0, 1, 3, 70] {
        let world = kept_months(FEW);
        let (first, _) = started(&world, FEW);
        first.advance(Duration::from_secs(1));
        let (second, slis) = started(&world, FEW);
        let tick = || {
            slis.iter().for_each(|sli| sli.record(Outcome::Ok, Duration::from_millis(5)));
            let before = CAUGHT_UP.get();
            second.advance(Duration::from_secs(1));
            CAUGHT_UP.get() - before
        };
        assert!((0..20).map(|_| tick()).max() <= Some(Looks::allowed(FEW)));
        first.shutdown(Duration::from_secs(1));
        let before = CAUGHT_UP.get();
        second.flush();
        assert_eq!(CAUGHT_UP.get(), before, "nobody's is merged where the lock is held");
        let most = (0..seconds).map(|_| tick()).max().unwrap_or_default();
        assert!(most <= Looks::allowed(FEW), "{most}");
        second.flush();
        if seconds == 70 {
            let has_month = |sli: &crate::report::SliReport| {
                sli.percentiles.iter().any(|of| of.window == Percentiles::LONG_WINDOWS[2] && of.count > 720)
            };
            assert!(second.report().slis.iter().all(has_month));
        }
        drop(second);
        // As many as there are full hours, and its own.
        assert_eq!(kept_calls(&world), vec![720 + 20 + seconds; FEW], "after {seconds} s");
    }
}
