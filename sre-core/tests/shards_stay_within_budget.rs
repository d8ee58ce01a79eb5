//! `Builder::shards_per_thread` bounds what threads take, and nothing is lost by it. One test: the budget is that of
//! the process.

use std::thread;
use std::time::Duration;

use sre_core::{Engine, Objective, Outcome, Sli};

const BUDGET: usize = 4;
const THREADS: u64 = 3;
const SLIS: usize = 50;

#[test]
fn threads_take_no_more_shards_than_the_engine_allows() {
    let engine = Engine::builder().shards_per_thread(BUDGET).start().expect("nothing is wrong with it");
    let slis: Vec<Sli> = (0..SLIS)
        .map(|number| {
            let sli = Sli::try_new(&format!("busy-{number}")).expect("a good name");
            engine.sli(sli.objective(Objective::availability(0.99)).definition()).expect("a good definition")
        })
        .collect();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for sli in &slis {
                    sli.prewarm();
                    (0..1_000).for_each(|_| sli.record(Outcome::Ok, Duration::from_millis(3)));
                }
            });
        }
    });
    let report = engine.collect();
    let most = BUDGET as u64 * THREADS;
    // Threads that give up shards at the same moment may each allot another one meanwhile. Without a budget there would
    // be one for each thread and SLI.
    assert!((1..=4 * most).contains(&report.engine.shards), "{}", report.engine.shards);
    assert!(4 * most < THREADS * SLIS as u64 / 2);
    for sli in &slis {
        assert_eq!(sli.durations().count(), THREADS * 1_000);
        assert_eq!(sli.count(Outcome::Ok), THREADS * 1_000);
    }
}
