//! Pure. What a replay found, as lines of text.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sre_core::report::{ObjectiveReport, TierReport};
use sre_core::slo::{ObjectiveKind, burn_rate};
use sre_core::units::{EventCounts, duration_text};
use sre_examples::alarms::{Alarm, TierPast};
use sre_examples::words::{grouped, percent, spoken};

use crate::drive::Findings;
use crate::log::Log;

/// Hours and alarms that are shown of each objective and tier.
const SHOWN_MAX: usize = 5;

/// The whole report.
pub(crate) fn report(path: &Path, log: &Log, findings: &Findings) -> Vec<String> {
    let mut lines = facts(path, log, findings);
    for objective in findings.last.slis.iter().flat_map(|sli| &sli.objectives) {
        lines.push(String::new());
        lines.push(title(objective));
        lines.extend(verdict(objective, findings).into_iter().map(|line| format!("  {line}")));
    }
    lines
}

fn facts(path: &Path, log: &Log, findings: &Findings) -> Vec<String> {
    let counts = findings.last.slo("availability").map_or(EventCounts::ZERO, |objective| objective.exported);
    let (first, last) = (log.requests.first(), log.requests.last());
    let (first, last) = (first.map_or(0, |request| request.at), last.map_or(0, |request| request.at));
    let mut lines = vec![
        format!("{}: {} to {} ({})", path.display(), time(first), time(last), spoken(seconds(last - first))),
        format!("total events: {}", counts.total()),
        format!("good events: {}", counts.good()),
        format!("bad events: {}", counts.bad()),
        format!(
            "lines out of order: {}{}",
            log.out_of_order,
            if log.out_of_order > 0 { ", sorted" } else { "" }
        ),
        format!("unparsable lines: {}", log.unparsable),
    ];
    lines.extend(log.shown.iter().map(|(number, line)| format!("  line {number}: {line}")));
    lines
}

/// `availability: 99.9 % of requests over 30d`
fn title(objective: &ObjectiveReport) -> String {
    let (target, period) = (percent(objective.target.ratio(), 4), &objective.period);
    match (objective.kind, objective.threshold) {
        (ObjectiveKind::Latency { .. }, Some(threshold)) => {
            format!("latency: {target} of good requests within {} over {period}", duration_text(threshold))
        }
        _ => format!("availability: {target} of requests over {period}"),
    }
}

fn verdict(objective: &ObjectiveReport, findings: &Findings) -> Vec<String> {
    let Some(bad_ratio) = objective.exported.error_ratio() else {
        return vec!["compliance: no data, the log has no request times".to_owned()];
    };
    let mut lines = vec![compliance(objective, 1.0 - bad_ratio), budget(objective)];
    let tiers: Vec<&TierPast> = findings.alarms.of(&objective.slo).collect();
    for report in &objective.tiers {
        let past = tiers.iter().find(|past| past.tier().name == report.name);
        lines.extend(alarms(report, past.map_or(&[], |past| past.alarms())));
    }
    lines.extend(worst_hours(objective, findings));
    lines
}

fn compliance(objective: &ObjectiveReport, good_ratio: f64) -> String {
    let counts = objective.exported;
    let bad_allowed = u128::from(counts.total()) * u128::from(objective.target.budget_ppb());
    let is_kept = u128::from(counts.bad()) * 1_000_000_000 <= bad_allowed;
    let word = if is_kept { "kept" } else { "broken" };
    let (good, total) = (grouped(counts.good()), grouped(counts.total()));
    format!("compliance: {}, {good} of {total} events were good: {word}", percent(good_ratio, 4))
}

/// The budget of the period that ends with the log.
fn budget(objective: &ObjectiveReport) -> String {
    let Some(budget) = objective.budget else { return "budget: no events in the last period".to_owned() };
    let spent = format!("{} of {:.1} allowed bad events spent", budget.bad_events(), budget.allowed_events());
    let left = budget.remaining();
    if left > 0.0 {
        format!("budget: {} left, {spent}; {}", percent(left, 1), objective.sentence())
    } else {
        format!("budget: overspent by {}, {spent}", percent(-left, 1))
    }
}

/// `page, 1h over 5m above 14.4: would have fired 2 times` and each of them.
fn alarms(tier: &TierReport, alarms: &[Alarm]) -> Vec<String> {
    let windows = format!("{} over {}", duration_text(tier.long), duration_text(tier.short));
    let name = format!("{}, {windows} above {}", tier.severity.as_str(), short(tier.factor));
    if !tier.reachable {
        return vec![format!("{name}: cannot fire, even an outage burns less")];
    }
    let times = match alarms.len() {
        0 => return vec![format!("{name}: would not have fired")],
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    let mut lines = vec![format!("{name}: would have fired {times}")];
    lines.extend(alarms.iter().take(SHOWN_MAX).map(|alarm| format!("  {}", span(alarm))));
    if alarms.len() > SHOWN_MAX {
        lines.push(format!("  and {} times more", alarms.len() - SHOWN_MAX));
    }
    lines
}

fn span(alarm: &Alarm) -> String {
    let fired = time(alarm.fired.as_secs());
    match alarm.cleared {
        None => format!("fired {fired}, and still at the end of the log"),
        Some(cleared) => {
            let lasted = spoken(cleared.saturating_sub(alarm.fired));
            format!("fired {fired}, cleared {}, after {lasted}", time(cleared.as_secs()))
        }
    }
}

/// The hours with the most bad events; of equals the one with the higher share, then the earlier one.
fn worst_hours(objective: &ObjectiveReport, findings: &Findings) -> Vec<String> {
    let hours = findings.hours.get(&objective.slo).into_iter().flatten();
    let mut hours: Vec<(u64, EventCounts)> = hours.map(|(hour, counts)| (*hour, *counts)).collect();
    hours.retain(|(_, counts)| counts.bad() > 0);
    hours.sort_by_key(|(hour, counts)| (std::cmp::Reverse(counts.bad()), counts.total(), *hour));
    if hours.is_empty() {
        return vec!["worst hours: none had a bad event".to_owned()];
    }
    let line = |(hour, counts): &(u64, EventCounts)| {
        let burn = burn_rate(*counts, objective.target).map_or(0.0, |burn| burn.get());
        let (bad, total) = (grouped(counts.bad()), grouped(counts.total()));
        format!("  {}  {bad} of {total} bad, burn {}", time(*hour), short(burn))
    };
    std::iter::once("worst hours:".to_owned()).chain(hours.iter().take(SHOWN_MAX).map(line)).collect()
}

/// At most two decimals.
fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `2015-05-17 10:05:03 UTC`
fn time(second: u64) -> String {
    let time = i64::try_from(second).ok().and_then(|second| Timestamp::from_second(second).ok());
    time.map_or_else(|| format!("second {second}"), |time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
