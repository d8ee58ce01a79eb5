//! Cold. Ours beside its rivals in one run, and the table of goals that the README shows.
//!
//! `cargo bench -p sre-benches --features rivals --bench ratios`
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use sre_benches::goals;
use sre_benches::harness::{
    Options, Progress, Results, describe_machine, goal_table, group_table, interleave, is_bench,
};
use sre_benches::subjects::{Group, judge, months, state};
use std::process::ExitCode;

fn main() -> ExitCode {
    if !is_bench() {
        return ExitCode::SUCCESS;
    }
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
            results.extend(interleave(group.name(), &subjects, *threads, options, &progress));
        }
        println!("{}", group_table(&results, group.name()));
    }
    if options.wants(judge::TICK) {
        results.extend(judge::ticks(options, &progress));
        println!("{}", group_table(&results, judge::TICK));
    }
    if options.wants(state::GROUP) {
        results.extend(state::timings(options, &progress));
        println!("{}", group_table(&results, state::GROUP));
    }
    // To fill the months takes longer than all the rest.
    if options.only.as_deref() == Some(months::GROUP) {
        results.extend(months::timings(options, &progress));
        println!("{}", group_table(&results, months::GROUP));
    }
    results
}
