//! Cold. What people say of budgets afterwards: it is checked, booked, and kept to at once.

use super::State;
use crate::engine::aside::Span;
use crate::engine::evaluation::Evaluator;
use crate::error::LedgerError;
use crate::slo::{Booking, Entry, EntryKind, excerpt, some_names};
use crate::window::Tick;

/// How long an entry about an objective that nobody has stays of use.
const UNKNOWN_NS: u64 = 366 * 86_400_000_000_000;

impl State {
    /// Books an entry; also what an exclusion covers.
    pub(in crate::engine) fn book(
        &mut self,
        entry: Entry,
        now: Tick,
    ) -> Result<(Booking, Option<Span>), LedgerError> {
        self.adopt_new(now);
        let slo = match (entry.slo(), entry.kind()) {
            (_, EntryKind::Withdrawal { of }) => self.ledger.to_withdraw(of)?.slo().to_string(),
            (slo, _) => slo.unwrap_or_default().to_owned(),
        };
        let is_withdrawal = matches!(entry.kind(), EntryKind::Withdrawal { .. });
        let process = u64::from(std::process::id()).rotate_left(32) ^ self.started.wall_ns;
        if self.evaluator(&slo).is_none() && !is_withdrawal {
            let (slo, known) = (excerpt(&slo), some_names(self.slos.keys().collect()));
            return Err(LedgerError::UnknownSlo { slo, known });
        }
        // After the clock was set back, all that was counted so far has later names than it says now.
        let line_ns = self.evaluator(&slo).map_or(0, Evaluator::line_ns);
        let booking = self.ledger.draft(entry, &slo, now.wall_ns.max(line_ns), process)?;
        if let Some(evaluator) = self.evaluator(&slo) {
            evaluator.check(booking.kind())?;
        }
        self.ledger.book(booking.clone());
        let Self { units, ledger, .. } = self;
        units.iter_mut().for_each(|unit| {
            unit.keep_to(ledger);
            unit.publish();
        });
        let covered = self.evaluator(&slo).and_then(|evaluator| evaluator.covered(booking.id()));
        Ok((booking, covered))
    }

    /// All entries, in the order in which they were booked.
    pub(in crate::engine) fn bookings(&self) -> Vec<Booking> {
        self.ledger.entries().to_vec()
    }

    /// Takes out entries that were booked before an instant and change nothing any more.
    pub(in crate::engine) fn hand_over(&mut self, before_ns: u64, now: Tick) -> Vec<Booking> {
        let Self { units, places, slos, ledger, .. } = self;
        let unit_of = |slo: &str| units.get(*places.get(slos.get(slo)?)?);
        let reach_ns = |slo: &str| {
            let reaches = unit_of(slo).map(|unit| unit.evaluators(slo).map(Evaluator::reach_ns));
            reaches.and_then(Iterator::min).unwrap_or_else(|| now.wall_ns.saturating_sub(UNKNOWN_NS))
        };
        ledger.hand_over(|entry| {
            entry.booked_unix_ns() < before_ns && entry.ends_unix_ns() <= reach_ns(entry.slo())
        })
    }

    /// What judges the objective of this name, of its SLI as a whole.
    fn evaluator(&self, slo: &str) -> Option<&Evaluator> {
        let sli = self.slos.get(slo)?;
        self.judged(sli)?.evaluator(slo)
    }
}
