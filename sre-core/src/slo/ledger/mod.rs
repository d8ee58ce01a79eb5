//! Pure. The ledger of error budgets: what people say of them afterwards, and what of it is in force.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod entry;

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::LedgerError;
use crate::lists::at_most;

pub(crate) use entry::system_time;
pub use entry::{Adjustment, Booking, Durability, Entry, EntryId, EntryKind, Receipt};

/// The most entries that a ledger has. They take 1.5 KiB each at the most, and some 150 bytes usually.
const ENTRIES_MAX: usize = 2_000;

/// For how many more that take one back there is always room.
const WITHDRAWALS_MAX: usize = 100;

/// The most that it has when it was put together with the ledger of another process, which may be full as well: some may
/// be taken back even then.
pub(crate) const MERGED_MAX: usize = 2 * (ENTRIES_MAX + WITHDRAWALS_MAX) + WITHDRAWALS_MAX;

/// The most that are read of a list of any length.
const READ_MAX: usize = MERGED_MAX + WITHDRAWALS_MAX;

/// All entries of one engine, in the order in which they were booked.
///
/// Nothing is ever erased from it but what somebody takes out and so has in hand. When it is full, nothing more is
/// booked.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    #[serde(deserialize_with = "at_most::<READ_MAX, _, _, _>")]
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

/// Entries that are left out when ledgers are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    /// None of ours could be like that.
    unsound: usize,
    /// More than a ledger has.
    surplus: usize,
}

impl Lost {
    /// Counts these as well.
    pub(crate) const fn count(&mut self, other: Self) {
        self.unsound = self.unsound.saturating_add(other.unsound);
        self.surplus = self.surplus.saturating_add(other.surplus);
    }

    /// In words, if there are any.
    pub(crate) fn told(self) -> impl Iterator<Item = String> {
        let Self { unsound, surplus } = self;
        let unsound =
            (unsound > 0).then(|| format!("{unsound} entries of the ledger are of no shape of ours"));
        let surplus = (surplus > 0).then(|| {
            format!("{surplus} entries of the ledger are more than the {MERGED_MAX} that it can have")
        });
        unsound.into_iter().chain(surplus)
    }
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
        // What was booked by mistake can be taken back even then, unless it has as many as any can have.
        let is_withdrawal = matches!(entry.kind(), EntryKind::Withdrawal { .. });
        let max = if is_withdrawal { MERGED_MAX } else { ENTRIES_MAX };
        let has = self.entries.len();
        if has >= max {
            return Err(LedgerError::Full { has, max });
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

    /// Takes in what another process, or an earlier one, booked; what both have stands once. Returns what found no room.
    pub(crate) fn merge(&mut self, other: Self) -> Lost {
        let mut lost = Lost::default();
        let mut known: HashSet<EntryId> = self.entries.iter().map(Booking::id).collect();
        for entry in other.entries {
            if !entry.is_sound() {
                lost.unsound = lost.unsound.saturating_add(1);
            } else if known.insert(entry.id()) {
                self.entries.push(entry);
            }
        }
        self.entries.sort_by_key(|entry| (entry.booked_unix_ns(), entry.id()));
        self.handed_over = self.handed_over.max(other.handed_over);
        self.version = self.version.wrapping_add(1);
        lost.surplus = self.leave_out_surplus();
        lost
    }

    /// One that was read, as one of ours; notes what is lost by that.
    pub(crate) fn checked(self, lost: &mut Lost) -> Self {
        let mut checked = Self::default();
        lost.count(checked.merge(self));
        checked
    }

    /// Adds one that a flush has written.
    pub(crate) fn add(&mut self, entries: Vec<Booking>) -> Lost {
        if entries.is_empty() {
            return Lost::default();
        }
        self.merge(Self { entries, ..Self::default() })
    }

    /// Leaves out what matters least of too many: what is withdrawn, then what ends first. Returns how many.
    fn leave_out_surplus(&mut self) -> usize {
        let surplus = self.entries.len().saturating_sub(MERGED_MAX);
        if surplus == 0 {
            return 0;
        }
        let withdrawn = self.withdrawn();
        // An entry goes with its withdrawals, or it would be in force again.
        let subject = |entry: &Booking| entry.withdraws().unwrap_or(entry.id());
        let mut order: Vec<_> = self
            .entries
            .iter()
            .map(|entry| {
                let is_in_force = !withdrawn.contains(&subject(entry));
                (is_in_force, entry.ends_unix_ns(), subject(entry))
            })
            .collect();
        order.sort_unstable();
        let gone: HashSet<EntryId> = order.into_iter().take(surplus).map(|(_, _, id)| id).collect();
        let before = self.entries.len();
        self.entries.retain(|entry| !gone.contains(&subject(entry)));
        before.saturating_sub(self.entries.len())
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

    /// How many were ever taken out.
    pub(crate) const fn handed_over(&self) -> u64 {
        self.handed_over
    }

    /// Changes whenever an entry comes or goes.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// Takes out the entries that `is_over` says so of; a withdrawal goes with what it withdraws.
    pub(crate) fn hand_over(&mut self, is_over: impl Fn(&Booking) -> bool) -> Vec<Booking> {
        let over: HashSet<EntryId> =
            self.entries.iter().filter(|entry| is_over(entry)).map(Booking::id).collect();
        let goes = |entry: &Booking| over.contains(&entry.withdraws().unwrap_or(entry.id()));
        let (gone, kept): (Vec<_>, Vec<_>) = core::mem::take(&mut self.entries).into_iter().partition(goes);
        self.entries = kept;
        self.handed_over = self.handed_over.saturating_add(gone.len() as u64);
        self.version = self.version.wrapping_add(u64::from(!gone.is_empty()));
        self.shrunk |= !gone.is_empty();
        gone
    }

    fn withdrawn(&self) -> HashSet<EntryId> {
        self.entries.iter().filter_map(Booking::withdraws).collect()
    }
}

/// The names of objectives, for who has to choose among them.
pub(crate) fn some_names<'a>(mut names: Vec<&'a Arc<str>>) -> Box<str> {
    names.sort_unstable();
    let names: Vec<&'a str> = names.into_iter().take(5).map(|name| &**name).collect();
    if names.is_empty() { "none so far".into() } else { names.join(", ").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000_000_000_000;

    fn book(ledger: &mut Ledger, entry: Entry, process: u64) -> Result<EntryId, LedgerError> {
        let now_ns = NOW + ledger.entries().len() as u64;
        let booking = ledger.draft(entry.by("ann").because("it is agreed"), "checkout", now_ns, process)?;
        let id = booking.id();
        ledger.book(booking);
        Ok(id)
    }

    #[test]
    fn a_ledger_of_two_processes_takes_no_more_entries_but_withdrawals() {
        let filled = |process: u64| {
            let mut ledger = Ledger::default();
            for _ in 1..2_000 {
                book(&mut ledger, Entry::reset("checkout"), process).unwrap();
            }
            let last = book(&mut ledger, Entry::reset("checkout"), process).unwrap();
            (ledger, last)
        };
        let ((mut ledger, one), (other, two)) = (filled(1), filled(2));
        assert_eq!(ledger.merge(other), Lost::default());
        let full = book(&mut ledger, Entry::reset("checkout"), 1);
        assert_eq!(full, Err(LedgerError::Full { has: 4_000, max: 2_000 }));
        for of in [one, two] {
            book(&mut ledger, Entry::withdrawal(of), 1).unwrap();
        }
        assert_eq!(ledger.in_force("checkout").count(), 3_998);
    }
}
