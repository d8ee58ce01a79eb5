//! Pure. Results as Markdown.

use super::{Goal, Judged, Results, Timing};
use std::fmt::Write;

/// All subjects of a group, fastest first, with a column per number of threads.
#[must_use]
pub fn group_table(results: &Results, group: &str) -> String {
    let timings: Vec<&Timing> = results.iter().filter(|t| t.group == group).collect();
    let mut columns: Vec<usize> = timings.iter().map(|t| t.threads).collect();
    columns.sort_unstable();
    columns.dedup();
    let mut names: Vec<(&str, f64)> = Vec::new();
    for timing in &timings {
        if !names.iter().any(|(name, _)| *name == timing.name) {
            names.push((timing.name, timing.median()));
        }
    }
    names.sort_by(|a, b| a.1.total_cmp(&b.1));

    let mut text = format!("| {group} |");
    for threads in &columns {
        let _ = write!(text, " {threads} thread{} |", if *threads == 1 { "" } else { "s" });
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(columns.len()));
    for (name, _) in names {
        let _ = write!(text, "\n| {name} |");
        for threads in &columns {
            match results.find(group, name, *threads) {
                Some(t) => {
                    let _ = write!(text, " {} ± {:.0} % |", time(t.median()), t.spread() * 100.0);
                }
                None => text.push_str(" |"),
            }
        }
    }
    text.push('\n');
    text
}

/// Every goal with its ratio, and whether it is met.
#[must_use]
pub fn goal_table(results: &Results, goals: &[Goal]) -> String {
    let mut text = String::from(
        "| Work | Threads | Ours | Compared with | Ratio | Goal | |\n|---|---|---|---|---|---|---|\n",
    );
    for goal in goals {
        let row = match goal.judge(results) {
            Some(judged) => format!(
                "| {} | {} | {} | {}: {} | **{}** | ≤ {} | {} |",
                goal.work,
                goal.threads,
                time(judged.ours_ns),
                judged.rival,
                time(judged.rival_ns),
                ratio(judged.ratio),
                ratio(goal.ratio_max),
                verdict(&judged),
            ),
            None => {
                format!("| {} | {} | | | | ≤ {} | not run |", goal.work, goal.threads, ratio(goal.ratio_max))
            }
        };
        text.push_str(&row);
        text.push('\n');
    }
    text
}

fn verdict(judged: &Judged) -> &'static str {
    match (judged.busy, judged.met) {
        (false, true) => "met",
        (false, false) => "**missed**",
        (true, true) => "met, on a busy machine",
        (true, false) => "missed, on a busy machine",
    }
}

/// A ratio with three digits that mean something.
fn ratio(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
}

/// Nanoseconds in the unit that keeps the number readable.
fn time(ns: f64) -> String {
    if ns < 10.0 {
        format!("{ns:.2} ns")
    } else if ns < 1e3 {
        format!("{ns:.1} ns")
    } else if ns < 1e6 {
        format!("{:.1} µs", ns / 1e3)
    } else {
        format!("{:.2} ms", ns / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Rival;

    #[test]
    fn tables_show_units_ratios_and_what_did_not_run() {
        let mut results = Results::default();
        results.extend([
            Timing::new("scrape", "theirs", 1, vec![3e6]),
            Timing::new("scrape", "ours", 1, vec![1.5e6]),
            Timing::new("scrape", "ours", 8, vec![900.0]),
        ]);
        assert_eq!(
            group_table(&results, "scrape"),
            "| scrape | 1 thread | 8 threads |\n|---|---|---|\n| ours | 1.50 ms ± 0 % | 900.0 ns ± 0 % |\n| theirs | 3.00 ms ± 0 % | |\n"
        );
        let goal = |threads| Goal {
            work: "scrape",
            group: "scrape",
            ours: "ours",
            threads,
            rival: Rival::Best(&["theirs"]),
            ratio_max: 0.9,
        };
        let table = goal_table(&results, &[goal(1), goal(8)]);
        assert!(
            table.contains("| scrape | 1 | 1.50 ms | theirs: 3.00 ms | **0.50** | ≤ 0.90 | met |"),
            "{table}"
        );
        assert!(table.contains("| scrape | 8 | | | | ≤ 0.90 | not run |"), "{table}");
    }
}
