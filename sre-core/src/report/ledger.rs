//! Pure. What the ledger changes about one objective: the figures without it, and the entries.

use std::sync::Arc;

use serde::Serialize;

use super::refill::{Refill, copy, refill_all, refilled, share};
use super::status::seconds;
use crate::slo::{Booking, Budget, EntryId, EntryKind};
use crate::units::{BurnRate, EventCounts};

/// What an objective would show without the entries of its ledger, and these.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LedgerReport {
    /// Good and bad events, or slices, of the period as they were counted, calls in flight not included.
    pub counts_raw: EventCounts,
    /// What would be left of the budget of the period.
    #[serde(serialize_with = "super::objective::budget_with_remains")]
    pub budget_raw: Option<Budget>,
    /// Those of them that are excluded.
    pub excluded: EventCounts,
    /// Whether what happens now does not count.
    pub excluding: bool,
    /// The windows, where something is excluded: from the shortest on, those that roll.
    pub windows: Vec<WindowLedger>,
    /// The entries that still change something, in the order in which they were booked.
    pub entries: Arc<[Booking]>,
}

/// What a window would show.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WindowLedger {
    /// The text of its length.
    pub text: Arc<str>,
    /// Good and bad events, or slices, as they were counted.
    pub counts_raw: EventCounts,
    /// Their burn rate; `None` without events.
    pub burn_raw: Option<BurnRate>,
    /// Those of them that are excluded.
    pub excluded: EventCounts,
}

refilled!(LedgerReport {
    share: entries;
    refill_all: windows;
    copy: counts_raw, budget_raw, excluded, excluding;
});

refilled!(WindowLedger {
    share: text;
    copy: counts_raw, burn_raw, excluded;
});

/// An entry of the ledger in the status.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EntryStatus {
    /// Its number, by which it is withdrawn.
    pub id: EntryId,
    /// `reset`, `exclusion` or `adjustment`.
    pub kind: &'static str,
    /// When it was booked, in seconds since 1970.
    pub booked_unix_seconds: f64,
    /// Who booked it.
    pub who: Arc<str>,
    /// Why.
    pub why: Arc<str>,
    /// From when on nothing counts, for an exclusion.
    pub from_unix_seconds: Option<f64>,
    /// Until when.
    pub until_unix_seconds: Option<f64>,
    /// When the events of an adjustment count as having happened.
    pub at_unix_seconds: Option<f64>,
    /// Its good events.
    pub good: Option<i64>,
    /// Its bad events.
    pub bad: Option<i64>,
}

impl EntryStatus {
    pub(super) fn of(entry: &Booking) -> Self {
        let (mut time, mut at, mut events) = (None, None, None);
        match entry.kind() {
            EntryKind::Exclusion { from_unix_ns, until_unix_ns } => {
                time = Some((from_unix_ns, until_unix_ns))
            }
            EntryKind::Adjustment { good, bad, at_unix_ns } => {
                (at, events) = (Some(at_unix_ns), Some((good, bad)));
            }
            EntryKind::Reset | EntryKind::Withdrawal { .. } => {}
        }
        Self {
            id: entry.id(),
            kind: entry.kind().as_str(),
            booked_unix_seconds: seconds(entry.booked_unix_ns()),
            who: Arc::clone(entry.who()),
            why: Arc::clone(entry.why()),
            from_unix_seconds: time.map(|time| seconds(time.0)),
            until_unix_seconds: time.map(|time| seconds(time.1)),
            at_unix_seconds: at.map(seconds),
            good: events.map(|events| events.0),
            bad: events.map(|events| events.1),
        }
    }
}
