//! Pure. The incidents of all objectives, the newest first.

use std::fmt;
use std::time::Duration;

use sre_core::alert::Incident;
use sre_core::report::{ObjectiveReport, SliReport};

use super::words::{Count, Text};
use super::{write_labels, write_table_head};

/// Incidents that a page shows; the status has all that are kept.
const SHOWN_MAX: usize = 20;

/// One incident, and whose it is.
type Row<'a> = (&'a SliReport, &'a ObjectiveReport, &'a Incident);

/// Writes the incidents of these objectives, if there were any.
pub(super) fn write<'a>(
    f: &mut fmt::Formatter<'_>,
    objectives: impl Iterator<Item = (&'a SliReport, &'a ObjectiveReport)>,
) -> fmt::Result {
    let mut rows: Vec<Row<'a>> = objectives.flat_map(|(sli, slo)| rows_of(sli, slo)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_by_key(|(.., incident)| {
        std::cmp::Reverse((incident.cleared_unix_ns.is_none(), incident.fired_unix_ns))
    });
    write_table_head(
        f,
        "Incidents",
        &["Objective", "Since", "Reached people by", "What happened", "Bad events"],
    )?;
    for row in rows.iter().take(SHOWN_MAX) {
        write_row(f, row)?;
    }
    f.write_str("</tbody></table></div>\n")?;
    if rows.len() > SHOWN_MAX {
        writeln!(
            f,
            "<p class=\"soft\">and {} more, all in the status.</p>",
            Count(more_than_shown(rows.len()))
        )?;
    }
    Ok(())
}

const fn more_than_shown(rows: usize) -> u64 {
    rows.saturating_sub(SHOWN_MAX) as u64
}

fn rows_of<'a>(sli: &'a SliReport, slo: &'a ObjectiveReport) -> impl Iterator<Item = Row<'a>> {
    slo.incidents.iter().chain(&slo.incident).map(move |incident| (sli, slo, incident))
}

fn write_row(f: &mut fmt::Formatter<'_>, (sli, slo, incident): &Row<'_>) -> fmt::Result {
    write!(f, "<tr><th scope=\"row\"><bdi>{}</bdi>", Text(&slo.slo))?;
    write_labels(f, sli)?;
    write_mean_times(f, slo)?;
    let since = jiff::Timestamp::from_nanosecond(incident.fired_unix_ns.into()).unwrap_or_default();
    let state =
        if incident.cleared_unix_ns.is_none() { " <span class=\"state firing\">firing</span>" } else { "" };
    write!(f, "</th><td class=\"n\">{since:.0}{state}</td><td>{}<br><small>", incident.severity.as_str())?;
    f.write_str(if incident.tiers.iter().count() == 1 { "tier" } else { "tiers" })?;
    for (place, tier) in incident.tiers.iter().enumerate() {
        write!(f, "{} {tier}", if place == 0 { "" } else { "," })?;
    }
    write!(f, "</small></td><td>{}</td>", Text(&incident.sentence()))?;
    writeln!(f, "<td class=\"n\">{}</td></tr>", Count(incident.counts.bad()))
}

fn write_mean_times(f: &mut fmt::Formatter<'_>, slo: &ObjectiveReport) -> fmt::Result {
    let times = &slo.mean_times;
    let named = [("detect", times.mttd), ("recover", times.mttr), ("next failure", times.mttf)];
    let mut known = named.iter().filter_map(|(name, time)| Some((name, (*time)?))).peekable();
    if times.incidents < 2 || known.peek().is_none() {
        return Ok(());
    }
    write!(f, "<br><small>of {}, mean time to", times.incidents)?;
    for (place, (name, time)) in known.enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(f, "{comma} {name} {}", sre_core::units::duration_text(whole_seconds(time)))?;
    }
    f.write_str("</small>")
}

const fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs())
}
