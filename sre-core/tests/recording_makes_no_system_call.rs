//! Ten million records after prewarm make no system call, as `strace` sees it.
//!
//! The test runs itself again under `strace`; the second process marks the stretch that counts by asking for
//! its own process id before and after.

mod promise;

use std::process::Command;
use std::time::Duration;

use promise::kept;
use sre_core::{Objective, Outcome, Sli};

static SLI: Sli = Sli::new("system-calls")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, Duration::from_millis(300)));

const CHILD: &str = "SRE_TEST_UNDER_STRACE";

fn mark() {
    std::hint::black_box(std::os::unix::process::parent_id());
}

fn record_between_marks() {
    sre_core::clock::calibrate();
    SLI.prewarm();
    mark();
    for step in 0..5_000_000_u64 {
        let outcome = if step % 3 == 0 { Outcome::Error } else { Outcome::Ok };
        SLI.record(outcome, Duration::from_nanos(1_000_000 << (step % 16)));
        SLI.start().finish(outcome);
    }
    mark();
    // The twin: what the detector must see.
    drop(std::hint::black_box(std::fs::metadata("/")));
    mark();
}

#[test]
fn ten_million_records_after_prewarm() {
    if std::env::var_os(CHILD).is_some() {
        return record_between_marks();
    }
    let log = std::env::temp_dir().join(format!("sre-strace-{}", std::process::id()));
    let status = Command::new("strace")
        .args(["-f", "-o"])
        .arg(&log)
        .arg(std::env::current_exe().expect("this test is a file"))
        .args(["--exact", "ten_million_records_after_prewarm", "--test-threads=1"])
        .env(CHILD, "1")
        .status()
        .expect("strace runs: install it with `apt-get install strace`");
    assert!(status.success());
    let calls = std::fs::read_to_string(&log).expect("strace wrote its log");
    std::fs::remove_file(&log).expect("the log is ours");
    let stretches: Vec<&str> = calls.split("getppid()").collect();
    assert_eq!(stretches.len(), 4, "{calls}");
    // The rest of the line of a mark, and the number of the process that begins the next.
    assert_eq!(stretches[1].lines().count(), 2, "between the marks:{}", stretches[1]);
    assert!(stretches[2].lines().count() > 2, "strace saw nothing of the file system");
    kept("R4", "10000000 records after prewarm, 0 system calls");
}
