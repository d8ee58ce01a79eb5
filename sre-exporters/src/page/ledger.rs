//! Pure. What people booked in the ledger, and what the budgets would be without it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use sre_core::report::ObjectiveReport;
use sre_core::slo::{Booking, EntryKind};

use super::words::{Count, Percent, Text};
use super::{ROWS_MAX, write_rest, write_table_head};

/// The budget without the ledger, below the one with it; and whether nothing counts now.
pub(super) fn write_without(f: &mut fmt::Formatter<'_>, objective: &ObjectiveReport) -> fmt::Result {
    let Some(ledger) = &objective.ledger else { return Ok(()) };
    if let Some(raw) = &ledger.budget_raw {
        write!(f, "<small>{} without the ledger</small>", Percent((raw.remaining() * 1e3).round() / 1e3))?;
    }
    if ledger.excluding {
        f.write_str("<br><small class=\"pending\">nothing counts now</small>")?;
    }
    Ok(())
}

/// The entries in force, of all objectives; nothing without any.
pub(super) fn write<'a>(
    f: &mut fmt::Formatter<'_>,
    objectives: impl Iterator<Item = &'a ObjectiveReport>,
) -> fmt::Result {
    // Members of a family have the entries of the whole.
    let entries =
        objectives.flat_map(|objective| objective.ledger.iter().flat_map(|ledger| &*ledger.entries));
    let entries: BTreeMap<_, &Booking> =
        entries.map(|entry| ((entry.booked_unix_ns(), entry.id()), entry)).collect();
    if entries.is_empty() {
        return Ok(());
    }
    write_table_head(f, "Ledger", &["Objective", "Entry", "Booked", "Why"])?;
    for entry in entries.values().rev().take(ROWS_MAX) {
        write_entry(f, entry)?;
    }
    f.write_str("</tbody></table></div>\n")?;
    write_rest(f, entries.len())
}

fn write_entry(f: &mut fmt::Formatter<'_>, entry: &Booking) -> fmt::Result {
    write!(f, "<tr><th scope=\"row\"><bdi>{}</bdi></th><td>{}", Text(entry.slo()), entry.kind().as_str())?;
    match entry.kind() {
        EntryKind::Exclusion { from_unix_ns, until_unix_ns } => {
            write!(f, "<br><small>{} to {}</small>", Time(from_unix_ns), Time(until_unix_ns))?;
        }
        EntryKind::Adjustment { good, bad, at_unix_ns } => {
            let (good, bad) = (Signed(good), Signed(bad));
            write!(f, "<br><small>{good} good, {bad} bad at {}</small>", Time(at_unix_ns))?;
        }
        _ => {}
    }
    write!(
        f,
        "</td><td>{}<br><small>by <bdi>{}</bdi></small></td>",
        Time(entry.booked_unix_ns()),
        Text(entry.who())
    )?;
    writeln!(
        f,
        "<td><bdi>{}</bdi><br><small class=\"soft\">{}</small></td></tr>",
        Text(entry.why()),
        entry.id()
    )
}

/// A time in UTC, to the second.
struct Time(u64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = Timestamp::from_nanosecond(self.0.into()).unwrap_or(Timestamp::MAX);
        write!(f, "{time:.0}")
    }
}

/// A count that is added, or taken away.
struct Signed(i64);

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "\u{2212}" } else { "+" };
        write!(f, "{sign}{}", Count(self.0.unsigned_abs()))
    }
}
