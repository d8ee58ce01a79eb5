//! Cold. Counts instructions of the hot path and fails when one is over its budget.
//!
//! `cargo bench -p sre-benches --bench instructions` starts itself once per operation under valgrind's callgrind, which
//! counts only what happens inside [`collected_region`]. Counts do not depend on load, so a budget can be tight.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use serde::Deserialize;
use sre_benches::harness::{Batch, Progress, Subject, is_bench};
use sre_benches::subjects;
use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Iterations counted; the fixed cost of one region is below a thousandth of an instruction per iteration.
const ITERATIONS: u64 = 20_000;
/// Iterations before counting starts, so that pages, leases and tables exist.
const WARM_UP: u64 = 2_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Budgets {
    budget: Vec<Budget>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    /// The subject that is counted.
    operation: String,
    /// The subject whose count is subtracted.
    above: String,
    instructions_max: u64,
}

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let result = match (args.next().as_deref(), args.next()) {
        (Some("--count"), Some(subject)) => count(&subject).map(|()| true),
        _ if is_bench() => check(),
        _ => Ok(true),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("instructions: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Everything that can be named in the budget file.
fn all() -> Vec<Subject> {
    subjects::hot()
}

/// Runs inside callgrind: warms up, then does the work that is counted.
fn count(name: &str) -> Result<(), Box<dyn Error>> {
    let subjects = all();
    let subject = subjects.iter().find(|s| s.name() == name).ok_or_else(|| format!("no subject `{name}`"))?;
    let mut batch = subject.batch();
    batch(WARM_UP);
    collected_region(&mut batch);
    Ok(())
}

/// The only function whose instructions count; callgrind finds it by its name.
#[inline(never)]
fn collected_region(batch: &mut Batch) {
    batch(ITERATIONS);
}

/// Counts every operation of the budget file and prints the table; `false` when one is over its budget.
fn check() -> Result<bool, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.toml");
    let budgets: Budgets = toml::from_str(&fs::read_to_string(&path)?)?;
    let progress = Progress::new();
    let mut within = true;
    println!("| Operation | above | instructions | budget | |\n|---|---|---|---|---|");
    for Budget { operation, above, instructions_max } in budgets.budget {
        progress.show(format_args!("counting {operation}"));
        let counted = instructions(&operation)? - instructions(&above)?;
        progress.clear();
        #[expect(clippy::cast_precision_loss, reason = "budgets are small")]
        let met = counted <= instructions_max as f64;
        within &= met;
        let verdict = if met { "within" } else { "**over**" };
        println!("| {operation} | {above} | {counted:.1} | {instructions_max} | {verdict} |");
    }
    Ok(within)
}

/// Instructions of one iteration of the subject.
fn instructions(subject: &str) -> Result<f64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg("--toggle-collect=*collected_region*")
        .arg(env::current_exe()?)
        .args(["--count", subject])
        .output()
        .map_err(|e| {
            format!("valgrind could not be started ({e}); install it, a skipped check is no check")
        })?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split_once("Collected : "));
    let (Some((_, collected)), true) = (collected, output.status.success()) else {
        let said = String::from_utf8_lossy(&output.stdout);
        return Err(format!("callgrind counted nothing for `{subject}`: {said}{text}").into());
    };
    let collected: u64 = collected.trim().parse()?;
    if collected < ITERATIONS {
        return Err(format!(
            "callgrind saw {collected} instructions in {ITERATIONS} iterations of `{subject}`"
        )
        .into());
    }
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let each = collected as f64 / ITERATIONS as f64;
    Ok(each)
}
