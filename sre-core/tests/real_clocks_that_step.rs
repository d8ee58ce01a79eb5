//! The wall clock of a process steps back and ahead by up to ten years while its engine ticks: nothing panics, no counter
//! goes back, and reports go on.
//!
//! The test runs itself again under `faketime`, which lies to the second process about the time as a file says.

#![expect(clippy::unwrap_used, reason = "helpers of tests may")]

mod promise;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use promise::kept;
use sre_core::report::Report;
use sre_core::{Engine, Objective, Outcome, Sli};

static SLI: Sli = Sli::new("stepped").objective(Objective::availability(0.5));

/// Where the second process writes what it wants to be told.
const CHILD: &str = "SRE_TEST_UNDER_FAKETIME";

const DAY: i64 = 86_400;

/// Seconds that the clock is ahead of the real one.
const STEPS: [i64; 8] = [7, 3_600, -7_200, 400 * DAY, 0, -3_650 * DAY, 3_650 * DAY, 0];

const EVENTS: u64 = 1_000;

#[expect(clippy::disallowed_methods, reason = "the clock that is lied about")]
fn unix_seconds() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the clock that is not lied about")]
fn running_since() -> Instant {
    Instant::now()
}

/// Puts the clock so many seconds ahead.
fn step(file: &Path, seconds: i64) {
    // By another name first: who reads in between must not find half of it.
    let next = file.with_extension("next");
    std::fs::write(&next, format!("{seconds:+}\n")).unwrap();
    std::fs::rename(next, file).unwrap();
}

/// The report of the first tick by the ticker from now on; its wait is a step at most.
fn next_report(engine: &Engine) -> Arc<Report> {
    let before = engine.report().engine.ticks;
    loop {
        let report = engine.report();
        if report.engine.ticks > before {
            return report;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

fn judge_while_the_clock_steps(file: &Path) {
    step(file, 0);
    let (started, running) = (unix_seconds(), running_since());
    let engine = Engine::builder().start().unwrap();
    let mut last = next_report(&engine);
    for (ahead, so_far) in STEPS.into_iter().zip(1..) {
        step(file, ahead);
        SLI.record_n(Outcome::Ok, Duration::ZERO, EVENTS);
        SLI.record_n(Outcome::Error, Duration::ZERO, EVENTS / 100);
        let off = unix_seconds() - started - i64::try_from(running.elapsed().as_secs()).unwrap() - ahead;
        assert!(off.abs() < 60, "the clock is {off} s from where it was put");
        // A tick may have begun before that.
        let before = unix_seconds();
        next_report(&engine);
        let report = next_report(&engine);
        let told = i64::try_from(report.at_unix_ns / 1_000_000_000).unwrap();
        assert!((before..=unix_seconds()).contains(&told), "ahead by {ahead}: {told}, and it was {before}");
        let (slo, before) = (report.slo("stepped-availability").unwrap(), last.slo("stepped-availability"));
        assert_eq!(slo.exported.good(), so_far * EVENTS, "ahead by {ahead}");
        assert_eq!(slo.exported.bad(), so_far * (EVENTS / 100), "ahead by {ahead}");
        assert!(before.is_none_or(|before| before.exported.good() < slo.exported.good()));
        assert!(
            report.uptime > last.uptime && report.uptime < Duration::from_secs(600),
            "{:?}",
            report.uptime
        );
        assert!(slo.firing().is_none(), "a hundredth of errors is within the budget");
        assert!(slo.windows.iter().all(|window| (0.0..=1.0).contains(&window.coverage)));
        assert_eq!((report.engine.panics, &report.engine.degraded), (0, &Vec::new()));
        last = report;
    }
    assert!(engine.shutdown(Duration::from_secs(60)));
}

#[test]
fn an_engine_bears_them() {
    if let Some(file) = std::env::var_os(CHILD) {
        return judge_while_the_clock_steps(&PathBuf::from(file));
    }
    let file = std::env::temp_dir().join(format!("sre-faketime-{}", std::process::id()));
    step(&file, 0);
    // Its own choice of a time would go before the file, and the engine's monotonic clock does not step.
    let output = Command::new("faketime")
        .args(["-m", "-f", "+0", "env", "-u", "FAKETIME", "-u", "FAKETIME_SHARED", "DONT_FAKE_MONOTONIC=1"])
        .args(["FAKETIME_NO_CACHE=1"])
        .arg(format!("FAKETIME_TIMESTAMP_FILE={}", file.display()))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "an_engine_bears_them", "--test-threads=1", "--nocapture"])
        .env(CHILD, &file)
        .output()
        .expect("faketime runs: install it with `apt-get install faketime`");
    let _ = std::fs::remove_file(&file);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let steps = STEPS.len();
    kept(
        "E2",
        format_args!(
            "the system's clock stepped {steps} times under an engine that ticks: 0 panics, counters and uptime go on, every report has the new time"
        ),
    );
}
