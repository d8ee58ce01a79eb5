//! A counter that can count no further stays where it is, and the engine tells of it.

mod promise;

use std::time::Duration;

use promise::kept;
use sre_core::clock::ManualClock;
use sre_core::{Engine, Objective, Outcome, Sli};

const BATCH_MAX: u64 = 1 << 40;
const MS: Duration = Duration::from_millis(1);

/// Records until no more than `left` events fit.
fn fill(sli: &Sli, left: u64) {
    let fits = u64::MAX - left;
    (0..fits / BATCH_MAX).for_each(|_| sli.record_n(Outcome::Ok, MS, BATCH_MAX));
    sli.record_n(Outcome::Ok, MS, fits % BATCH_MAX);
}

#[test]
fn and_none_begins_anew() {
    const LEFT: u64 = 5;
    let engine = Engine::builder().manual_clock(ManualClock::at_unix_seconds(1_700_000_000)).start().unwrap();
    let sli = engine.sli(Sli::new("full").objective(Objective::availability(0.999)).definition()).unwrap();
    let _other =
        engine.sli(Sli::new("empty").objective(Objective::availability(0.999)).definition()).unwrap();
    fill(&sli, LEFT);
    for recorded in 1..=3 * LEFT {
        match recorded % 3 {
            0 => sli.record(Outcome::Ok, MS),
            1 => sli.start().ok(),
            _ => sli.record_n(Outcome::Ok, MS, 1),
        }
        let expected = u64::MAX - LEFT + recorded.min(LEFT);
        assert_eq!(
            (sli.count(Outcome::Ok), sli.durations().count()),
            (expected, expected),
            "after {recorded}"
        );
        engine.advance(Duration::from_secs(1));
        let status = engine.status().engine;
        assert_eq!(status.series_saturated, u64::from(recorded >= LEFT), "after {recorded}");
    }
    sli.record_n(Outcome::Ok, MS, BATCH_MAX);
    engine.advance(Duration::from_secs(1));
    let report = engine.report();
    assert_eq!(report.sli("full").unwrap().events.ok, u64::MAX);
    assert_eq!(report.slo("full-availability").unwrap().exported.good(), u64::MAX);
    assert_eq!(report.slo("empty-availability").unwrap().exported.good(), 0);
    kept(
        "R7",
        format_args!("a counter filled to 2^64 - 1 - {LEFT} stays at its end and is told of in the status"),
    );
}
