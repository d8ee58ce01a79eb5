//! Cold. Booking in the ledger, from wherever people do that.

use core::time::Duration;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Core, Engine};
use crate::engine::state::now;
use crate::error::{Error, LedgerError};
use crate::slo::{Booking, Durability, Entry, Receipt, system_time};
use crate::units::saturating_nanos;

impl Engine {
    /// Books an entry in the ledger: a reset of a budget, an exclusion, an adjustment, or the withdrawal of one.
    ///
    /// It takes effect at once, as of the last tick, in this process and in those that go on from its
    /// [state directory](crate::engine::Builder::state_dir), and shows with its author and reason in reports, on the
    /// page and in the status, beside what they would say without it. Counters that are exported never change.
    ///
    /// Where there is a state directory it is written and synced before this returns: not for a handler.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`]: nothing has changed then.
    ///
    /// # Examples
    ///
    /// ```
    /// use sre_core::slo::Entry;
    /// use sre_core::{Engine, Objective, Outcome, Sli, clock::ManualClock};
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// static CHECKOUT: Sli = Sli::new("checkout").objective(Objective::availability(0.999));
    ///
    /// let clock = ManualClock::at_unix_seconds(1_700_000_000);
    /// let engine = Engine::builder().manual_clock(clock).start()?;
    /// let checkout = engine.sli(CHECKOUT.definition())?;
    /// checkout.record_n(Outcome::Error, Duration::from_millis(3), 500);
    /// engine.advance(Duration::from_secs(1));
    ///
    /// engine.book(Entry::reset("checkout-availability").by("ann").because("the load test hit production"))?;
    /// let objective = engine.status().objectives.remove(0);
    /// assert_eq!((objective.bad, objective.bad_raw), (0, 500));
    ///
    /// let night = UNIX_EPOCH + Duration::from_secs(1_700_010_000);
    /// let maintenance = Entry::exclusion("checkout-availability", night..night + Duration::from_secs(3_600));
    /// let receipt = engine.book(maintenance.by("ann").because("the database moves"))?;
    /// engine.book(Entry::withdrawal(receipt.booking.id()).by("ben").because("it was put off"))?;
    /// assert_eq!(engine.ledger().len(), 3);
    /// # Ok::<(), sre_core::Error>(())
    /// ```
    pub fn book(&self, entry: Entry) -> Result<Receipt, Error> {
        if !self.core.state.is_running() {
            return Err(LedgerError::Stopped.into());
        }
        // What was counted so far is written as it was, so that the entry stands between the two.
        self.core.flush(false, Duration::MAX);
        let now = now(&self.core.clock);
        let ((booking, covered), _replaced) = self.core.with_state(|state| {
            let booked = state.book(entry, now)?;
            Ok::<_, LedgerError>((booked, self.core.publish(state.collect(now))))
        })?;
        let covered = covered.map(|(from_ns, until_ns)| system_time(from_ns)..system_time(until_ns));
        Ok(Receipt { booking, covered, durability: self.core.make_durable() })
    }

    /// Everything that was booked, in that order, what was withdrawn included.
    #[must_use]
    pub fn ledger(&self) -> Vec<Booking> {
        self.core.with_state(|state| state.bookings())
    }

    /// Takes entries out of the ledger that were booked before `before` and change nothing any more, and hands them over:
    /// whoever asks for them keeps them.
    ///
    /// A ledger has room for 2,000 entries and erases none by itself; with those of a process from which this one took
    /// over it has up to 4,000. Where there is a state directory, what is left is written before this returns; if
    /// that cannot be, a later process has them again. Not for a handler. Withdrawals go with what they withdraw.
    #[must_use]
    pub fn hand_over_entries(&self, before: SystemTime) -> Vec<Booking> {
        let before_ns = saturating_nanos(before.duration_since(UNIX_EPOCH).unwrap_or_default());
        let now = now(&self.core.clock);
        let gone = self.core.with_state(|state| state.hand_over(before_ns, now));
        if !gone.is_empty() {
            self.core.flush(false, Duration::MAX);
        }
        gone
    }
}

impl Core {
    fn make_durable(self: &Arc<Self>) -> Durability {
        match &self.flusher {
            None => Durability::Process,
            Some(flusher) if flusher.flush(self, false, Duration::MAX) => Durability::Durable,
            Some(_) => Durability::Pending,
        }
    }
}
