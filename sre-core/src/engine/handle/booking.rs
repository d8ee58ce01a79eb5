//! Cold. Booking in the ledger, from wherever people do that.

use core::time::Duration;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Core, Engine};
use crate::engine::flusher::Occasion;
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
        self.core.flush(Occasion::Usual, Duration::MAX);
        let now = now(&self.core.clock);
        let ((booking, covered), _replaced) = self.core.with_state(|state| {
            if state.has_ended() {
                return Err(LedgerError::Stopped);
            }
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
    /// A ledger has room for 2,000 entries, and for 4,300 with withdrawals and with those of a process from which this one
    /// took over, and erases none by itself. Where there is a state directory, what is left is written before this returns; if
    /// that cannot be, a later process has them again. Not for a handler. Withdrawals go with what they withdraw.
    #[must_use]
    pub fn hand_over_entries(&self, before: SystemTime) -> Vec<Booking> {
        let before_ns = saturating_nanos(before.duration_since(UNIX_EPOCH).unwrap_or_default());
        let now = now(&self.core.clock);
        let gone = self.core.with_state(|state| state.hand_over(before_ns, now));
        if !gone.is_empty() {
            self.core.flush(Occasion::Usual, Duration::MAX);
        }
        gone
    }
}

impl Core {
    /// Writes an entry that was booked before the last flush of all, which took it if there is none any more.
    fn make_durable(self: &Arc<Self>) -> Durability {
        match &self.flusher {
            None => Durability::Process,
            Some(flusher) if flusher.flush(self, Occasion::Usual, Duration::MAX) => Durability::Durable,
            Some(flusher) if flusher.has_ended_well() => Durability::Durable,
            Some(flusher) if flusher.may_write() => Durability::Pending,
            Some(_) => Durability::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::primitive::Mutex;
    use crate::sli::Sli;
    use crate::slo::Objective;
    use crate::store::model::{Failure, ModelDisk, World};
    use crate::store::{Options, Store};

    const START_S: u64 = 1_700_000_000;

    fn engine(world: &Arc<Mutex<World>>) -> Engine {
        let clock = ManualClock::at_unix_seconds(START_S);
        let mut builder = Engine::builder().manual_clock(clock).state_dir("/model");
        builder.world = Some(Arc::clone(world));
        let engine = builder.start().unwrap();
        engine.sli(Sli::new("checkout").objective(Objective::availability(0.999)).definition()).unwrap();
        engine.flush();
        engine
    }

    #[track_caller]
    fn check(engine: &Engine, expected: Durability) {
        let entry = Entry::reset("checkout-availability").by("ann").because("it is agreed");
        let receipt = engine.book(entry).unwrap();
        assert_eq!(receipt.durability, expected);
        let withdrawal = Entry::withdrawal(receipt.booking.id()).by("ann").because("it is not");
        assert_eq!(engine.book(withdrawal).unwrap().durability, expected);
    }

    #[test]
    fn an_entry_waits_where_the_disk_fails_and_is_durable_afterwards() {
        let world = World::new();
        let engine = engine(&world);
        check(&engine, Durability::Durable);
        let calls = world.lock().calls();
        world.lock().fail(calls, u64::MAX, Failure::Error(30));
        check(&engine, Durability::Pending);
        world.lock().heal();
        check(&engine, Durability::Durable);
        drop(engine);
        assert_eq!(self::engine(&world).ledger().len(), 6);
    }

    #[test]
    fn an_entry_of_a_process_that_lost_its_directory_for_good_never_outlives_it() {
        let world = World::new();
        let loser = engine(&world);
        // Somebody removes the lock, and another process takes it.
        world.lock().break_lock();
        let winner = engine(&world);
        check(&winner, Durability::Durable);
        check(&loser, Durability::Pending);
        drop(winner);
        check(&loser, Durability::Never);
        drop(loser);
        assert_eq!(engine(&world).ledger().len(), 2);
    }

    #[test]
    fn an_entry_that_the_last_flush_took_is_durable_and_later_ones_are_refused() {
        let world = World::new();
        let engine = engine(&world);
        let entry = || Entry::reset("checkout-availability").by("ann").because("it is agreed");
        let book = |engine: &Engine| {
            engine.core.with_state(|state| state.book(entry(), now(&engine.core.clock))).unwrap();
        };
        // As when the process ends between the two halves of a booking.
        book(&engine);
        let flusher = engine.core.flusher.clone().unwrap();
        assert!(flusher.flush(&engine.core, Occasion::End, Duration::MAX));
        assert_eq!(engine.core.make_durable(), Durability::Durable);
        assert!(matches!(engine.book(entry()), Err(Error::Ledger(LedgerError::Stopped))));
        assert_eq!(self::engine(&world).ledger().len(), 1);

        let engine = self::engine(&world);
        book(&engine);
        let calls = world.lock().calls();
        world.lock().fail(calls, u64::MAX, Failure::Error(30));
        let flusher = engine.core.flusher.clone().unwrap();
        assert!(!flusher.flush(&engine.core, Occasion::End, Duration::MAX));
        assert_eq!(engine.core.make_durable(), Durability::Never);
    }

    #[test]
    fn an_entry_beside_what_is_not_understood_never_outlives_its_process() {
        let world = World::new();
        let (mut store, _) = Store::open(Box::new(ModelDisk::new(&world)), Options::default(), START_S);
        store.begin_generation(&[2, 1, 2, 3]).unwrap();
        drop(store);
        check(&engine(&world), Durability::Never);
    }
}
