//! Cold. Ours beside its rivals in one run, and the table of goals that the README shows.
//!
//! `cargo bench -p sre-benches --features rivals --bench ratios`
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use sre_benches::harness::{
    Options, Progress, Results, Subject, describe_machine, goal_table, group_table, interleave,
};
use sre_benches::subjects::{call, floor};
use std::process::ExitCode;

/// Subjects that run together, made when their turn comes.
struct Group {
    name: &'static str,
    threads: &'static [usize],
    subjects: fn() -> Vec<Subject>,
}

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
    println!("{}", goal_table(&results, &[]));
    ExitCode::SUCCESS
}

fn run(options: &Options) -> Results {
    let progress = Progress::new();
    let mut results = Results::default();
    for group in groups() {
        if !options.wants(group.name) {
            continue;
        }
        let subjects = (group.subjects)();
        for threads in group.threads {
            results.extend(interleave(group.name, &subjects, *threads, options, &progress));
        }
        println!("{}", group_table(&results, group.name));
    }
    results
}

fn groups() -> Vec<Group> {
    let all: &[usize] = &[1, 2, 8];
    vec![
        Group { name: floor::GROUP, threads: &[1], subjects: floor::subjects },
        Group { name: call::GROUP, threads: &[1, 2], subjects: calls },
        #[cfg(feature = "rivals")]
        Group { name: "record", threads: all, subjects: sre_benches::rivals::record::subjects },
        #[cfg(feature = "rivals")]
        Group { name: "labels", threads: &[1, 2], subjects: sre_benches::rivals::labels::subjects },
        #[cfg(feature = "rivals")]
        Group { name: "thousand", threads: all, subjects: sre_benches::rivals::thousand::subjects },
        #[cfg(feature = "rivals")]
        Group { name: "scrape", threads: &[1], subjects: || sre_benches::rivals::scrape::subjects(1) },
    ]
}

fn calls() -> Vec<Subject> {
    let mut subjects = call::floor();
    #[cfg(feature = "rivals")]
    subjects.extend(sre_benches::rivals::calls::subjects());
    subjects
}
