//! Pure. The status page: server-rendered, readable without scripts, in light and in dark.

mod incidents;
mod ledger;
mod words;

use std::fmt::{self, Write as _};

use sre_core::alert::AlertState;
use sre_core::report::{EngineReport, ObjectiveReport, ObjectiveState, Percentiles, SliReport};
use sre_core::units::duration_text;

use words::{Count, Latency, Percent, Text, ThreeFigures};

/// Seconds between two loads of an open page.
const REFRESH_SECONDS: u32 = 5;

/// Objectives, and SLIs, that a page shows; the status has all of them.
const ROWS_MAX: usize = 200;

/// The error of percentiles from which on it is told.
const ERROR_TOLD: f64 = 0.01;

/// Share of the budget below which its bar warns.
const BUDGET_LOW: f64 = 0.25;

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a> {
    pub(crate) service: &'a str,
    /// When the report was made, as text.
    pub(crate) time: &'a str,
    pub(crate) slis: &'a [SliReport],
    pub(crate) engine: &'a EngineReport,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <meta http-equiv=\"refresh\" content=\"{REFRESH_SECONDS}\">\
             <title>{} · objectives</title><style>{}</style></head><body>\n",
            Text(self.service),
            include_str!("style.css"),
        )?;
        self.write_head(f)?;
        self.write_objectives(f)?;
        incidents::write(f, self.objectives())?;
        ledger::write(f, self.objectives().map(|(_, objective)| objective))?;
        self.write_slis(f)?;
        f.write_str("</body></html>\n")
    }
}

impl Page<'_> {
    fn write_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let worst = self.objectives().map(|(_, objective)| objective.state).max();
        writeln!(f, "<h1>{}</h1>", Text(self.service))?;
        let sentence = match worst {
            None => "No objective is declared.",
            Some(ObjectiveState::Firing) => "An alert fires.",
            Some(ObjectiveState::Blind) => "An objective is blind: most of its calls say nothing.",
            Some(ObjectiveState::Pending) => "A budget burns too fast in one of two windows.",
            Some(ObjectiveState::Exhausted) => "A budget is spent.",
            Some(ObjectiveState::Ok) => "All objectives are met.",
            Some(_) => "There is no traffic to judge.",
        };
        let class = worst.map_or("idle", ObjectiveState::as_str);
        writeln!(
            f,
            "<p class=\"state {class}\">{sentence}</p><p class=\"soft\">As of {}, tick {}. \
             <a href=\"?document=metrics\">metrics</a> · <a href=\"?document=status\">status as JSON</a></p>",
            Text(self.time),
            Count(self.engine.ticks)
        )?;
        if self.engine.paused {
            f.write_str("<p class=\"note\">Recording is paused: nothing is counted.</p>\n")?;
        }
        for problem in &self.engine.degraded {
            writeln!(f, "<p class=\"note\">{}</p>", Text(problem))?;
        }
        if let Some(state) = &self.engine.state {
            writeln!(f, "<p>Memory: {}.</p>", Text(&state.sentence()))?;
        }
        Ok(())
    }

    fn objectives(&self) -> impl Iterator<Item = (&SliReport, &ObjectiveReport)> {
        self.slis.iter().flat_map(|sli| sli.objectives.iter().map(move |objective| (sli, objective)))
    }

    fn write_objectives(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows: Vec<_> = self.objectives().collect();
        // Worst first, else in the order of declaration, so that rows keep their place.
        rows.sort_by_key(|(_, objective)| std::cmp::Reverse(objective.state));
        let columns =
            ["Objective", "State", "Budget left", "Burn per window", "Forecast", "Events", "Observed"];
        write_table_head(f, "Objectives", &columns)?;
        for (sli, objective) in rows.iter().take(ROWS_MAX) {
            write_objective(f, sli, objective)?;
        }
        f.write_str("</tbody></table></div>\n")?;
        write_rest(f, rows.len())
    }

    fn write_slis(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_table_head(f, "Calls", &["SLI", "Ended", "In flight", "Durations of successful calls"])?;
        for sli in self.slis.iter().take(ROWS_MAX) {
            write_sli(f, sli)?;
        }
        f.write_str("</tbody></table></div>\n")?;
        write_rest(f, self.slis.len())
    }
}

fn write_table_head(f: &mut fmt::Formatter<'_>, title: &str, columns: &[&str]) -> fmt::Result {
    write!(f, "<h2>{title}</h2><div class=\"wide\"><table><thead><tr>")?;
    for column in columns {
        write!(f, "<th scope=\"col\">{column}</th>")?;
    }
    f.write_str("</tr></thead><tbody>\n")
}

fn write_rest(f: &mut fmt::Formatter<'_>, rows: usize) -> fmt::Result {
    match rows.checked_sub(ROWS_MAX) {
        Some(more @ 1..) => writeln!(f, "<p class=\"soft\">and {more} more, all in the status.</p>"),
        _ => Ok(()),
    }
}

fn write_labels(f: &mut fmt::Formatter<'_>, sli: &SliReport) -> fmt::Result {
    for label in sli.labels.iter().filter(|label| !label.value.is_empty()) {
        write!(f, "<br><small>{} = <bdi>{}</bdi></small>", Text(label.name), Text(&label.value))?;
    }
    Ok(())
}

fn write_objective(f: &mut fmt::Formatter<'_>, sli: &SliReport, objective: &ObjectiveReport) -> fmt::Result {
    write!(f, "<tr><th scope=\"row\"><bdi>{}</bdi>", Text(&objective.slo))?;
    write_labels(f, sli)?;
    write!(f, "<br><small>{}", Percent(objective.target.ratio()))?;
    if let Some(threshold) = objective.threshold {
        write!(f, " within {}", duration_text(threshold))?;
    }
    write!(f, " over {}", Text(&objective.period))?;
    if let Some(validity) = objective.validity {
        write!(f, ", {}", validity.in_words())?;
    }
    f.write_str("</small></th>")?;

    let state = objective.state.as_str();
    write!(f, "<td><span class=\"state {state}\">{state}</span>")?;
    for tier in objective.tiers.iter().filter(|tier| tier.state != AlertState::Ok) {
        write!(
            f,
            "<br><small>{} {} ({})</small>",
            Text(&tier.name),
            tier.state.as_str(),
            tier.severity.as_str()
        )?;
    }
    f.write_str("</td><td class=\"n\">")?;
    match &objective.budget {
        Some(budget) => write_bar(f, budget.remaining())?,
        None => f.write_str("no data")?,
    }
    ledger::write_without(f, objective)?;
    f.write_str("</td><td class=\"n\">")?;
    for window in &objective.windows {
        write!(f, "{} ", Text(&window.text))?;
        match window.burn {
            Some(burn) => write!(f, "<b>{}</b><br>", ThreeFigures(burn.get()))?,
            None => f.write_str("<span class=\"soft\">no data</span><br>")?,
        }
    }
    write!(f, "</td><td>{}</td>", Text(&objective.sentence()))?;
    write!(
        f,
        "<td class=\"n\">{} good<br>{} bad</td>",
        Count(objective.counts.good()),
        Count(objective.counts.bad())
    )?;
    match objective.windows.last() {
        Some(period) => {
            writeln!(f, "<td class=\"n\">{}</td></tr>", Percent((period.coverage * 1e3).round() / 1e3))
        }
        None => f.write_str("<td></td></tr>\n"),
    }
}

/// A bar for what is left, and the number, which may be below zero.
fn write_bar(f: &mut fmt::Formatter<'_>, remaining: f64) -> fmt::Result {
    let class = if remaining <= 0.0 {
        "out"
    } else if remaining < BUDGET_LOW {
        "low"
    } else {
        ""
    };
    let width = remaining.clamp(0.0, 1.0) * 100.0;
    write!(
        f,
        "{}<div class=\"bar\" aria-hidden=\"true\"><i class=\"{class}\" style=\"width:{width:.0}%\"></i></div>",
        Percent((remaining * 1e3).round() / 1e3)
    )
}

fn write_sli(f: &mut fmt::Formatter<'_>, sli: &SliReport) -> fmt::Result {
    write!(f, "<tr><th scope=\"row\"><bdi>{}</bdi>", Text(sli.name))?;
    write_labels(f, sli)?;
    let events = &sli.events;
    write!(f, "</th><td class=\"n\">{} ok<br>{} error", Count(events.ok), Count(events.error))?;
    for (count, word) in [(events.ignored, "ignored"), (events.abandoned_total(), "abandoned")] {
        if count > 0 {
            write!(f, "<br>{} {word}", Count(count))?;
        }
    }
    write!(f, "</td><td class=\"n\">{}", Count(sli.in_flight))?;
    if let Some(overdue @ 1..) = sli.in_flight_overdue {
        write!(f, "<br><span class=\"pending\">{} overdue</span>", Count(overdue))?;
    }
    f.write_str("</td><td class=\"n\">")?;
    let mut told = 0;
    for percentiles in sli.percentiles.iter() {
        // A month of which one day was seen is that day.
        if percentiles.coverage.is_none() || percentiles.count > told {
            write_percentiles(f, percentiles)?;
        }
        told = told.max(percentiles.count);
    }
    f.write_str("</td></tr>\n")
}

fn write_percentiles(f: &mut fmt::Formatter<'_>, percentiles: &Percentiles) -> fmt::Result {
    write!(f, "{}", duration_text(percentiles.window))?;
    let figures = [
        ("p50", percentiles.p50),
        ("p90", percentiles.p90),
        ("p99", percentiles.p99),
        ("p99.9", percentiles.p999),
        ("max", percentiles.max),
    ];
    if percentiles.count == 0 {
        f.write_str(" <span class=\"soft\">no data</span>")?;
    }
    for (name, value) in figures {
        if let Some(value) = value {
            write!(f, " <span class=\"soft\">{name}</span> {}", Latency(value))?;
        }
    }
    if percentiles.count > 0 && percentiles.relative_error > ERROR_TOLD {
        let percent = ThreeFigures(100.0 * percentiles.relative_error);
        write!(f, " <span class=\"soft\">± {percent} %</span>")?;
    }
    if let Some(coverage) = percentiles.coverage.filter(|coverage| *coverage < 0.995) {
        write!(f, " <span class=\"soft\">{} % seen</span>", ThreeFigures(100.0 * coverage))?;
    }
    f.write_str("<br>")
}

/// Appends the page.
pub(crate) fn render(page: &Page<'_>, out: &mut Vec<u8>) {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "{page}");
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests;
