//! A service on a machine whose clock steps, whose disk fails and whose power goes: seeded, without threads, on the real
//! engine, its real store and a modelled disk.
//!
//! Whatever happens: counters of a process never go back and tell all that was recorded; windows and budgets never hold
//! more than happened, and lack at most what came after the last durable flush; alerts and incidents are those of a
//! process that never ended, where nobody could notice that it did; what is on the disk can be read at any time.
//! The ledger has all that was booked durably, and nothing that nobody booked; as long as the clock is never set back,
//! budgets are what books say that are kept by hand.
//!
//! `SRE_SIMULATION_SEEDS=100000` runs more, which is for `--release`; `SRE_SIMULATION_SEED=17` runs one. A failure prints
//! the shortest list of events that still fails.

mod booking;
mod books;
mod plan;
mod truth;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use plan::{Act, plan};
use world::Machine;

fn number(variable: &str) -> Option<u64> {
    Some(std::env::var(variable).ok()?.parse().expect("a number"))
}

/// What happened in all plans, so that the test cannot pass by doing nothing.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) ticks: u64,
    pub(super) restarts: u64,
    pub(super) losses: u64,
    pub(super) failures: u64,
    pub(super) reliefs: u64,
    pub(super) resets: u64,
    pub(super) exclusions: u64,
    pub(super) adjustments: u64,
    pub(super) withdrawals: u64,
    /// Bookings that could not be written at once.
    pub(super) pending: u64,
    /// Comparisons with the books.
    pub(super) audits: u64,
    pub(super) steps: u64,
    /// Comparisons of an objective with what must be known of it; those where it is known on which day things happened,
    /// so that its counts are compared; and those where nothing is unknown.
    pub(super) compared: u64,
    pub(super) compared_by_day: u64,
    pub(super) compared_in_full: u64,
    pub(super) incidents: u64,
}

fn run(acts: &[Act], tally: &mut Tally) {
    let mut machine = Machine::new(tally);
    acts.iter().for_each(|act| machine.play(*act));
    machine.end();
}

fn fails(acts: &[Act]) -> bool {
    catch_unwind(AssertUnwindSafe(|| run(acts, &mut Tally::default()))).is_err()
}

/// Leaves out what a failure does not need, in ever smaller pieces.
fn shortest(mut acts: Vec<Act>, fails: impl Fn(&[Act]) -> bool) -> Vec<Act> {
    let mut piece = acts.len().div_ceil(2);
    while piece > 0 {
        let mut at = 0;
        while at < acts.len() {
            let mut fewer = acts.clone();
            fewer.drain(at..(at + piece).min(acts.len()));
            if fails(&fewer) {
                acts = fewer;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    acts
}

#[test]
fn whatever_happens_to_a_machine_its_memory_is_true() {
    let seeds = match number("SRE_SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SRE_SIMULATION_SEEDS").unwrap_or(25),
    };
    let count = seeds.end - seeds.start;
    let mut tally = Tally::default();
    for seed in seeds {
        let acts = plan(seed);
        let outcome = catch_unwind(AssertUnwindSafe(|| run(&acts, &mut tally)));
        if let Err(failure) = outcome {
            eprintln!("replay: SRE_SIMULATION_SEED={seed} cargo test -p sre-core --lib engine::simulation");
            // Only the first and the last failure are worth a trace.
            std::panic::set_hook(Box::new(|_| {}));
            let acts = shortest(acts, fails);
            let _ = std::panic::take_hook();
            eprintln!("shortest: {acts:#?}");
            run(&acts, &mut Tally::default());
            std::panic::resume_unwind(failure);
        }
    }
    let happened =
        [tally.restarts, tally.losses, tally.failures, tally.steps, tally.reliefs, tally.incidents];
    let booked = [tally.resets, tally.exclusions, tally.adjustments, tally.withdrawals];
    let compared = [tally.compared_in_full, tally.audits];
    let mut least = happened.iter().chain(&booked).chain(&compared);
    assert!(count < 25 || least.all(|times| *times > 0), "{tally:?}");
    println!(
        "\npromise E5: {count} seeds, {} ticks, {} restarts of which {} lost a tail, {} failed writes, {} clock steps, \
         {} entries in the ledger: no event and no entry lost beyond the last flush, none counted twice, alerts and \
         incidents as without a restart, budgets as the ledger says; of {} comparisons {} were on a day that is \
         known, {} with nothing unknown",
        tally.ticks,
        tally.restarts,
        tally.losses,
        tally.failures,
        tally.steps,
        booked.iter().sum::<u64>(),
        tally.compared,
        tally.compared_by_day,
        tally.compared_in_full
    );
}

#[test]
fn a_failure_is_told_by_what_it_needs() {
    let culprit = |acts: &[Act]| acts.iter().any(|act| matches!(act, Act::Step { seconds: -7 }));
    let acts = [plan(1), vec![Act::Step { seconds: -7 }], plan(2)].concat();
    assert_eq!(shortest(acts, culprit), [Act::Step { seconds: -7 }]);
}
