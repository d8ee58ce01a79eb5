//! Cold. What must hold of the payloads of a state directory, whatever bytes they have.

use core::time::Duration;

use super::age::hour_of;
use super::archive::{self, AddedHours, Archive, KeptHours, KeptObjective, Owner, Page, Recovery};
use super::memory::Subject;
use super::side::Side;
use super::{Downtime, Evaluator, Input};
use crate::feed::Feed;
use crate::histogram::{Hours, Layout, Snapshot};
use crate::report::Label;
use crate::slo::{Booking, Budgeting, Entry, EntryId, Ledger, Objective, Period, system_time};
use crate::units::EventCounts;
use crate::window::{CalendarUnit, EmptySlice, Tick};

const SECOND: u64 = 1_000_000_000;
const SLO: &str = "checkout-availability";

/// A snapshot and entries after it, each behind its length; before them the objective, the policy and the time of the
/// start that finds them.
pub(crate) fn archive(data: &[u8]) {
    let mut feed = Feed(data);
    let (which, downtime) = (feed.byte(), downtime(feed.byte()));
    let now = at(feed.number() >> 16);
    let snapshot = feed.chunk();
    let mut entries = Vec::new();
    while !feed.0.is_empty() && entries.len() < 4 {
        entries.push(feed.chunk().to_vec());
    }
    let Recovery { archive, left_out, .. } = Archive::recover(Some(snapshot), &entries);
    assert!(left_out.len() <= 6, "{left_out:?}");
    let again = Archive::recover(Some(&archive::encode(&archive)), &[]);
    assert_eq!((again.left_out, again.unreadable), (Vec::new(), None));
    assert_eq!(again.archive, archive, "what is written is read back");
    for kept in archive.durations.iter().take(3) {
        bear_durations(&kept.hours, now);
    }
    for kept in archive.objectives.iter().take(3) {
        let mut evaluator = evaluator(which);
        evaluator.resume(kept.memory.clone(), now, downtime);
        let later = Tick { wall_ns: now.wall_ns.saturating_add(SECOND), elapsed_ns: now.elapsed_ns + SECOND };
        evaluator.keep_to(archive.ledger.in_force(SLO));
        evaluator.tick(later, input());
        let report = evaluator.report();
        assert!(report.windows.iter().all(|window| (0.0..=1.0).contains(&window.coverage)), "{report:?}");
        let mut merged = evaluator.memory();
        merged.merge(&kept.memory);
        evaluator.resume(merged, later, downtime);
        evaluator.tick(later, input());
    }
}

/// Everything that is done with hours that were found.
fn bear_durations(kept: &Hours, now: Tick) {
    let (mut hours, now) = (kept.clone(), hour_of(now.wall_ns));
    let some = Snapshot::from_durations(Layout::default(), [Duration::from_millis(5)]);
    (0..3).for_each(|hour| hours.add(now.saturating_add(hour), &some, 10));
    hours.merge(kept, now);
    let sums = hours.before(now, &[24, 720]);
    assert!(sums[0].observed_s <= 24 * 3_600 && sums[0].durations.count() <= sums[1].durations.count());
    assert!(hours.is_sound() && hours.at(now).observed_s <= 3_600, "{hours:?}");
}

/// What is kept of each kind of objective, a minute and three flushes old.
pub(crate) fn archive_seeds() -> Vec<Vec<u8>> {
    let seed = |which: u8, exclusions: u64| {
        let mut evaluator = evaluator(which);
        let run = |seconds: core::ops::Range<u64>, evaluator: &mut Evaluator| {
            seconds.for_each(|second| {
                evaluator.tick(at(second), input());
            });
        };
        run(1..30, &mut evaluator);
        let mut ledger = Ledger::default();
        for second in [0, 29] {
            ledger.book(booking(&ledger, second));
        }
        evaluator.keep_to(ledger.in_force(SLO));
        run(30..60, &mut evaluator);
        let labels = [Label::new("route", "/cart")];
        let owner = Owner::new("checkout", Side::Member(&labels), Subject::of(&objective(which)), SLO);
        let mut kept = KeptObjective { owner: owner.clone(), memory: evaluator.memory(), life: 1 };
        // Which no entry asks for, so that all of them have to be taken back at once.
        let times = (0..exclusions)
            .map(|number| (EntryId::new(number, 1), (at(number).wall_ns, at(number + 30).wall_ns)));
        kept.memory.account.iter_mut().for_each(|account| account.exclusions.extend(times.clone()));
        let mut hours = Hours::default();
        let calls = |hour: u32| (0..90).map(move |call| Duration::from_micros(u64::from(call * hour)));
        let durations = |hour: u32| Snapshot::from_durations(Layout::default(), calls(hour));
        (1..9).for_each(|hour| hours.add(472_200 + hour, &durations(hour), 3_600));
        let bytes = hours.recent(472_208).unwrap().clone();
        let durations = vec![KeptHours { sli: "checkout".to_owned(), hours }];
        let objectives = vec![kept];
        let snapshot = archive::encode(&Archive {
            objectives: objectives.into(),
            durations: durations.into(),
            ledger: ledger.clone(),
            ..Archive::default()
        });
        let pages = (0..3).map(|flush| {
            run(60 + flush * 10..70 + flush * 10, &mut evaluator);
            let objectives = evaluator.added().map(|added| (owner.key(), added)).into_iter().collect();
            let hours = vec![(472_208 + u32::from(flush == 2), bytes.clone())];
            let durations = vec![AddedHours { sli: "checkout".to_owned(), hours }];
            let ledger = vec![booking(&ledger, flush)];
            archive::encode(&Page { ended: flush == 2, objectives, durations, ledger, life: 1 })
        });
        let payloads = core::iter::once(snapshot.clone()).chain(pages);
        let chunks = payloads.flat_map(|payload| {
            let length = u16::try_from(payload.len()).unwrap();
            [&length.to_le_bytes()[..], &payload].concat()
        });
        [which, which].into_iter().chain((100_u64 << 16).to_le_bytes()).chain(chunks).collect()
    };
    (0..4).map(|which| seed(which, 0)).chain([seed(0, 2_000), seed(2, 2_000)]).collect()
}

/// An exclusion that is not over yet in even seconds, and a reset in odd ones.
fn booking(ledger: &Ledger, second: u64) -> Booking {
    let now_ns = at(second).wall_ns;
    let time = |second: u64| system_time(at(second).wall_ns);
    let entry = match second % 2 {
        0 => Entry::exclusion(SLO, time(second + 10)..time(second + 55)),
        _ => Entry::reset(SLO),
    };
    ledger.draft(entry.by("ann").because("it is agreed"), SLO, now_ns, second).unwrap()
}

fn objective(which: u8) -> Objective {
    let objective = Objective::availability(0.999);
    let length = Duration::from_secs(60);
    match which % 4 {
        0 => objective,
        1 => objective.period(Period::calendar(CalendarUnit::Month, "UTC")),
        2 => objective.budgeting(Budgeting::RatioTimeslices { length, empty: EmptySlice::Skip }),
        _ => objective.budgeting(Budgeting::OverlappingSlices { length, samples: 6 }),
    }
}

fn evaluator(which: u8) -> Evaluator {
    Evaluator::new("checkout", SLO, objective(which), at(0)).unwrap()
}

fn downtime(which: u8) -> Downtime {
    let hour = Duration::from_secs(3_600);
    [Downtime::Unknown, Downtime::Bad, Downtime::Excluded, Downtime::UnknownUpTo(hour)]
        [usize::from(which % 4)]
}

fn at(second: u64) -> Tick {
    let elapsed_ns = second.saturating_mul(SECOND).min(u64::MAX / 2);
    Tick { wall_ns: elapsed_ns.saturating_add(1_700_000_000 * SECOND), elapsed_ns }
}

fn input() -> Input {
    Input { delta: EventCounts::new(9, 1), ended: 10, ..Input::default() }
}
