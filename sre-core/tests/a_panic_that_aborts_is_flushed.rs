//! Where a panic ends the process, the hook writes what was judged; the call that panics is not recorded.

#![cfg(unix)]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may")]

mod promise;
mod scratch;

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use promise::kept;
use scratch::Scratch;
use sre_core::clock::ManualClock;
use sre_core::{Engine, Objective, Sli};

/// The number of the signal by which a process aborts itself.
const SIGABRT: i32 = 6;

/// Builds the service for which a panic is the end, and answers where it is.
fn built() -> PathBuf {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["rustc", "--offline", "--message-format=json", "--example", "ends_by_a_panic"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    // As this test was built, so that the library need not be built again.
    if cfg!(feature = "real-backends") {
        cargo.args(["--features", "real-backends"]);
    }
    let output = cargo.args(["--", "-Cpanic=abort"]).stderr(Stdio::inherit()).output().expect("cargo runs");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let messages = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let executables: Vec<PathBuf> =
        messages.filter_map(|message| Some(message.get("executable")?.as_str()?.into())).collect();
    executables.last().expect("cargo says where").clone()
}

/// Runs the service to its end; what the next one finds.
fn remembered(service: &Path, name: &str, argument: &str) -> (u64, u64, u64) {
    let scratch = Scratch::new(&format!("aborts-{name}"));
    let ended =
        Command::new(service).arg(scratch.path()).arg(argument).stderr(Stdio::null()).status().unwrap();
    assert_eq!(ended.signal(), Some(SIGABRT), "{ended:?}");
    let clock = ManualClock::at_unix_seconds(1_700_000_005);
    let next = Engine::builder().manual_clock(clock).state_dir(scratch.path()).start().unwrap();
    let _sli = next.sli(Sli::new("ends").objective(Objective::availability(0.999)).definition()).unwrap();
    let report = next.collect();
    let counts = report.slo("ends-availability").unwrap().counts;
    let crashes = report.engine.state.as_ref().unwrap().starts_after_crash;
    assert!(next.shutdown(Duration::from_secs(10)));
    (counts.good(), counts.bad(), crashes)
}

#[test]
fn by_a_process_that_panics_in_the_middle_of_a_call() {
    let service = built();
    assert_eq!(remembered(&service, "hooked", "flushed"), (100, 0, 1));
    assert_eq!(remembered(&service, "bare", "lost"), (0, 0, 1), "the twin has no hook");
    kept(
        "R6",
        "with panic=abort the hook flushes 100 of 100 judged calls, and the call that panics is not recorded",
    );
}
