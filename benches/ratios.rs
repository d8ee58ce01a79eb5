//! Cold. Ours beside its rivals in one run, and the table of goals that the README shows.
//!
//! `cargo bench -p sre-benches --features rivals --bench ratios`
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use sre_benches::goals;
use sre_benches::harness::{
    Options, Progress, Results, describe_machine, goal_table, group_table, interleave, now, processor_time,
};
use sre_benches::subjects::{Group, judge};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

fn main() -> ExitCode {
    let options = match Options::from_args(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(usage) => {
            println!("{usage}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}\n", describe_machine());
    let results = run(&options);
    let judged: Vec<_> = goals::ALL.iter().copied().filter(|goal| options.wants(goal.group)).collect();
    println!("{}", goal_table(&results, &judged));
    ExitCode::SUCCESS
}

fn run(options: &Options) -> Results {
    let progress = Progress::new();
    let mut results = Results::default();
    for group in Group::all().into_iter().filter(|group| options.wants(group.name())) {
        let subjects = group.subjects();
        for threads in group.threads() {
            let (start, used) = (now(), processor_time());
            results.extend(interleave(group.name(), &subjects, *threads, options, &progress));
            warn_if_busy(
                group.name(),
                *threads,
                now().duration_since(start),
                processor_time().saturating_sub(used),
            );
        }
        println!("{}", group_table(&results, group.name()));
    }
    if options.wants(judge::TICK) {
        results.extend(judge::ticks(options, &progress));
        println!("{}", group_table(&results, judge::TICK));
    }
    results
}

/// Says when other programs took so much of the machine that threads could not run side by side.
fn warn_if_busy(group: &str, threads: usize, elapsed: Duration, used: Duration) {
    let cores = thread::available_parallelism().map_or(1, usize::from).min(threads);
    #[expect(clippy::cast_precision_loss, reason = "a handful of cores")]
    let share = used.as_secs_f64() / elapsed.as_secs_f64() / cores as f64;
    if share < 0.9 {
        println!("Busy machine: {group} on {threads} threads got {:.0} % of {cores} cores.\n", share * 100.0);
    }
}
