//! Pure. The ledger of error budgets: what people say of them afterwards, and what of it is in force.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod entry;

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::LedgerError;

pub(crate) use entry::system_time;
pub use entry::{Adjustment, Booking, Durability, Entry, EntryId, EntryKind, Receipt};

/// The most entries that a ledger has. They take 1.5 KiB each at the most, and some 150 bytes usually.
const ENTRIES_MAX: usize = 2_000;

/// All entries of one engine, in the order in which they were booked.
///
/// Nothing is ever erased from it but what somebody takes out and so has in hand. When it is full, nothing more is
/// booked.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    entries: Vec<Booking>,
    handed_over: u64,
    /// Changes with each entry.
    #[serde(skip)]
    version: u64,
    /// Which of them no flush has asked for yet.
    #[serde(skip)]
    fresh: Vec<EntryId>,
    /// Whether some were taken out since.
    #[serde(skip)]
    shrunk: bool,
}

/// Two are equal that have the same entries, whatever became of them.
impl PartialEq for Ledger {
    fn eq(&self, other: &Self) -> bool {
        (&self.entries, self.handed_over) == (&other.entries, other.handed_over)
    }
}

impl Ledger {
    /// An entry about `slo` as it would stand here, unless something about it is wrong in itself.
    pub(crate) fn draft(
        &self,
        entry: Entry,
        slo: &str,
        now_ns: u64,
        process: u64,
    ) -> Result<Booking, LedgerError> {
        if self.entries.len() >= ENTRIES_MAX {
            return Err(LedgerError::Full { max: ENTRIES_MAX });
        }
        let mut id = EntryId::new(now_ns, process);
        while self.entries.iter().any(|known| known.id() == id) {
            id = id.next();
        }
        entry.booked(slo, now_ns, id)
    }

    /// Takes in an entry that was [drafted](Self::draft).
    pub(crate) fn book(&mut self, booking: Booking) {
        self.fresh.push(booking.id());
        self.entries.push(booking);
        self.version = self.version.wrapping_add(1);
    }

    /// What was booked since this was asked before, and whether anything else changed.
    pub(crate) fn take_fresh(&mut self) -> (Vec<Booking>, bool) {
        let fresh = core::mem::take(&mut self.fresh);
        let fresh = self.entries.iter().filter(|entry| fresh.contains(&entry.id())).cloned().collect();
        (fresh, core::mem::take(&mut self.shrunk))
    }

    /// The entry that a withdrawal would take back.
    pub(crate) fn to_withdraw(&self, of: EntryId) -> Result<&Booking, LedgerError> {
        let withdrawn = self.withdrawn();
        let found = self.entries.iter().find(|known| known.id() == of);
        let is_withdrawal = |known: &&Booking| matches!(known.kind(), EntryKind::Withdrawal { .. });
        found
            .filter(|known| !is_withdrawal(known) && !withdrawn.contains(&of))
            .ok_or(LedgerError::NothingToWithdraw { id: of.get() })
    }

    /// Takes in what another process, or an earlier one, booked; what both have stands once.
    pub(crate) fn merge(&mut self, other: Self) {
        let known: HashSet<EntryId> = self.entries.iter().map(Booking::id).collect();
        let fresh =
            other.entries.into_iter().filter(|entry| entry.is_sound() && !known.contains(&entry.id()));
        self.entries.extend(fresh);
        self.entries.sort_by_key(|entry| (entry.booked_unix_ns(), entry.id()));
        self.entries.dedup_by_key(|entry| entry.id());
        self.handed_over = self.handed_over.max(other.handed_over);
        self.version = self.version.wrapping_add(1);
    }

    /// Adds one that a flush has written.
    pub(crate) fn add(&mut self, entries: Vec<Booking>) {
        if !entries.is_empty() {
            self.merge(Self { entries, ..Self::default() });
        }
    }

    /// What is in force about an objective.
    pub(crate) fn in_force<'a>(&'a self, slo: &'a str) -> impl Iterator<Item = &'a Booking> + 'a {
        let withdrawn = self.withdrawn();
        self.entries.iter().filter(move |entry| {
            let is_fact = !matches!(entry.kind(), EntryKind::Withdrawal { .. });
            is_fact && &**entry.slo() == slo && !withdrawn.contains(&entry.id())
        })
    }

    /// All of it, in the order in which it was booked.
    pub(crate) fn entries(&self) -> &[Booking] {
        &self.entries
    }

    /// Changes whenever an entry comes or goes.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// Takes out the entries that `is_over` says so of; a withdrawal goes with what it withdraws.
    pub(crate) fn hand_over(&mut self, is_over: impl Fn(&Booking) -> bool) -> Vec<Booking> {
        let over: HashSet<EntryId> =
            self.entries.iter().filter(|entry| is_over(entry)).map(Booking::id).collect();
        let goes = |entry: &Booking| match entry.kind() {
            EntryKind::Withdrawal { of } => over.contains(&of),
            _ => over.contains(&entry.id()),
        };
        let (gone, kept): (Vec<_>, Vec<_>) = core::mem::take(&mut self.entries).into_iter().partition(goes);
        self.entries = kept;
        self.handed_over = self.handed_over.saturating_add(gone.len() as u64);
        self.version = self.version.wrapping_add(u64::from(!gone.is_empty()));
        self.shrunk |= !gone.is_empty();
        gone
    }

    fn withdrawn(&self) -> HashSet<EntryId> {
        let of = |entry: &Booking| match entry.kind() {
            EntryKind::Withdrawal { of } => Some(of),
            _ => None,
        };
        self.entries.iter().filter_map(of).collect()
    }
}

/// The names of objectives, for who has to choose among them.
pub(crate) fn some_names<'a>(mut names: Vec<&'a Arc<str>>) -> Box<str> {
    names.sort_unstable();
    let names: Vec<&'a str> = names.into_iter().take(5).map(|name| &**name).collect();
    if names.is_empty() { "none so far".into() } else { names.join(", ").into() }
}
