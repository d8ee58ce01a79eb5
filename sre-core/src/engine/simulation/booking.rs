//! People who book in the ledger of the machine.

use core::time::Duration;

use super::plan::What;
use super::truth::Truth;
use super::world::{Machine, now};
use crate::error::{Error, LedgerError};
use crate::slo::{Adjustment, Durability, Entry, Receipt, system_time};

const SECOND_NS: u64 = 1_000_000_000;

impl Machine<'_> {
    pub(super) fn book(&mut self, place: usize, what: What) {
        let now_ns = now(&self.clock).wall_ns;
        let at = |seconds: i64| {
            let by_ns = seconds.unsigned_abs() * SECOND_NS;
            system_time(if seconds < 0 { now_ns.saturating_sub(by_ns) } else { now_ns + by_ns })
        };
        let slo = self.truths[place].slo();
        let entry = match what {
            What::Reset => Entry::reset(slo),
            What::Exclude { from, until } => Entry::exclusion(slo, at(from)..at(until)),
            What::Adjust { good, bad, ago } => {
                let time = at(-ago.cast_signed());
                Entry::adjustment(slo, Adjustment::new(good, bad).at(time))
            }
        };
        let count = match what {
            What::Reset => &mut self.tally.resets,
            What::Exclude { .. } => &mut self.tally.exclusions,
            What::Adjust { .. } => &mut self.tally.adjustments,
        };
        *count += 1;
        self.enter(entry);
    }

    pub(super) fn withdraw(&mut self, back: usize) {
        let ledger = self.process().engine.ledger();
        let in_force = self.truths.iter().flat_map(Truth::in_force).collect::<Vec<_>>();
        let mut known = ledger.iter().rev().filter(|entry| in_force.contains(entry));
        let Some(of) = known.nth(back).map(|entry| entry.id()) else { return };
        self.tally.withdrawals += 1;
        self.enter(Entry::withdrawal(of));
    }

    fn enter(&mut self, entry: Entry) {
        let booked = self.process().engine.book(entry.by("ann").because("it is agreed"));
        let is_flushed = self.has_flushed();
        let Receipt { booking, durability, .. } = match booked {
            Ok(receipt) => receipt,
            Err(error) => {
                // A clock that was set may be anywhere.
                assert!(matches!(&error, Error::Ledger(LedgerError::TooOld { .. })), "{error}");
                if is_flushed {
                    self.note_durable();
                }
                return;
            }
        };
        match durability {
            Durability::Durable => assert!(is_flushed, "it is said to be durable"),
            Durability::Pending => {
                self.tally.pending += 1;
                // What was counted before it may be written all the same.
                if is_flushed {
                    self.note_durable();
                }
                self.is_faulty = true;
            }
            other => panic!("{other:?}"),
        }
        let truth = self.truths.iter_mut().find(|truth| *truth.slo() == **booking.slo());
        truth.unwrap().book(booking);
        self.has_booked = true;
        if durability == Durability::Durable {
            self.note_durable();
        }
        self.check();
    }

    /// Entries are those that were booked, but for some that came after the last durable flush of a failing disk.
    pub(super) fn check_ledger(&mut self) {
        let ledger = self.process().engine.ledger();
        self.truths.iter_mut().for_each(|truth| truth.keep_to(&ledger));
    }

    /// Whether all is written that was booked by now.
    pub(super) fn has_flushed(&mut self) -> bool {
        let tick = now(&self.clock);
        self.process().flushed_at(tick)
    }

    pub(super) fn is_plain(&self) -> bool {
        // From here on periods lose what they had.
        let end = Duration::from_secs(14 * 86_400);
        self.doubts_until.is_zero()
            && Duration::from_nanos(now(&self.clock).wall_ns) < super::world::START + end
    }
}
