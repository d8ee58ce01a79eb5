//! Pure. What people say of a budget afterwards, as one objective keeps to it.

use core::time::Duration;

use super::Evaluator;
use crate::engine::account::Account;
use crate::engine::aside::Span;
use crate::error::LedgerError;
use crate::report::WindowLedger;
use crate::slo::{Booking, Budget, EntryId, EntryKind, burn_rate};
use crate::units::EventCounts;
use crate::window::{Mark, Step, Tally};

/// How far what is booked now may be ahead of the time line.
const AHEAD_NS_MAX: u64 = 86_400_000_000_000;

impl Evaluator {
    /// Whether what an entry says can still be done here.
    pub(crate) fn check(&self, kind: EntryKind) -> Result<(), LedgerError> {
        let period = self.objective.terms().period().length();
        match kind {
            EntryKind::Exclusion { from_unix_ns, until_unix_ns } => {
                let length = Duration::from_nanos(until_unix_ns.saturating_sub(from_unix_ns));
                if length > period {
                    return Err(LedgerError::TooLong { length, period });
                }
                self.check_age(until_unix_ns, self.past.oldest_ns())
            }
            EntryKind::Adjustment { at_unix_ns, .. } => {
                self.check_age(at_unix_ns.saturating_add(1), self.span.read(&self.past).start_ns)
            }
            EntryKind::Reset | EntryKind::Withdrawal { .. } => Ok(()),
        }
    }

    fn check_age(&self, until_unix_ns: u64, kept_unix_ns: u64) -> Result<(), LedgerError> {
        if until_unix_ns > kept_unix_ns {
            return Ok(());
        }
        Err(LedgerError::TooOld { until_unix_ns, kept_unix_ns })
    }

    /// Where the time line is.
    pub(crate) const fn line_ns(&self) -> u64 {
        self.past.line().now_ns()
    }

    /// From when on entries change something here.
    pub(crate) fn reach_ns(&self) -> u64 {
        self.past.oldest_ns().min(self.span.read(&self.past).start_ns)
    }

    /// Keeps to the entries that are in force about this objective, all of them: books what is new, and takes back what
    /// is in force no longer.
    pub(crate) fn keep_to<'a>(&mut self, in_force: impl Iterator<Item = &'a Booking>) {
        let reach_ns = self.reach_ns();
        let entries: Vec<Booking> =
            in_force.filter(|entry| entry.ends_unix_ns() > reach_ns).cloned().collect();
        let account = self.account.take();
        let is_kept = match &account {
            None => entries.is_empty(),
            Some(account) => !entries.is_empty() && **account.entries() == *entries,
        };
        if is_kept {
            self.account = account;
            return;
        }
        let mut account = account.unwrap_or_default();
        self.keep_exclusions(&mut account, &entries);
        let (past, now_ns) = (&self.past, self.past.line().now_ns());
        account.keep_resets(&entries, |at_ns| match at_ns >= now_ns {
            // A clock that is days ahead is not believed: a reset that is booked then begins anew now, like any other.
            true if at_ns - now_ns > AHEAD_NS_MAX => past.mark(now_ns),
            true => past.mark(at_ns),
            false => past.mark_of_slot(at_ns),
        });
        let is_over = entries.is_empty();
        account.set_entries(entries);
        self.account = (!is_over).then_some(account);
        self.saved = None;
        self.tell_anew();
    }

    /// What an exclusion covers here, by whole slots where it has passed.
    pub(crate) fn covered(&self, id: EntryId) -> Option<Span> {
        self.account.as_ref()?.covered(id)
    }

    fn keep_exclusions(&mut self, account: &mut Account, entries: &[Booking]) {
        let stale = account.take_stale(entries);
        if !stale.is_empty() {
            let others = account.spans();
            let mut marks: Vec<&mut Mark> = self.span.marks().into_iter().chain(account.marks()).collect();
            self.past.bring_back(&stale, &others, &mut marks);
        }
        let known = account.excluded();
        let asked = entries.iter().filter(|entry| !known.contains(&entry.id()));
        let asked: Vec<(EntryId, Span)> =
            asked.filter_map(|entry| Some((entry.id(), entry.time()?))).collect();
        let fresh: Vec<Span> = asked.iter().map(|(_, time)| *time).collect();
        self.exclude(account.spans().into_iter().chain(fresh.iter().copied()).collect(), account);
        let now_ns = self.past.line().now_ns();
        for (id, time) in asked {
            account.add_exclusion(id, as_covered(time, self.past.covered(time), now_ns));
        }
        if !fresh.is_empty() {
            let mut marks: Vec<&mut Mark> = self.span.marks().into_iter().chain(account.marks()).collect();
            self.past.set_aside(&fresh, 0, &mut marks);
        }
        self.exclude(account.spans(), account);
    }

    /// Says which times are excluded; sums begin at zero where nothing was set aside before.
    fn exclude(&mut self, spans: Vec<Span>, account: &mut Account) {
        if self.past.aside().is_none() {
            let marks = self.span.marks().into_iter().chain(account.marks());
            marks.for_each(|mark| mark.aside = Tally::ZERO);
        }
        self.past.exclude(spans);
    }

    /// Sets aside what a late tick, or a time without a process, left in excluded times since `from_ns`.
    pub(super) fn set_aside_since(&mut self, from_ns: u64) {
        let Some(account) = &mut self.account else { return };
        let slot_ns = self.past.units().finest_ns();
        let since_ns = (from_ns / slot_ns + 1).saturating_mul(slot_ns);
        let spans = account.spans();
        let mut marks: Vec<&mut Mark> = self.span.marks().into_iter().chain(account.marks()).collect();
        self.past.set_aside(&spans, since_ns, &mut marks);
        // Slots of calls are longer: what was kept already may have moved with them.
        self.saved = None;
    }

    /// After a tick was booked.
    pub(super) fn keep_account(&mut self, step: Step) {
        if self.account.is_none() {
            return;
        }
        if self.past.has_spread_over_excluded(step) {
            self.set_aside_since(step.from_ns);
        }
        let reach_ns = self.reach_ns();
        if self.account.as_ref().is_some_and(|account| account.has_left(reach_ns)) {
            let entries = self.account.as_ref().map(|account| account.entries().to_vec()).unwrap_or_default();
            self.keep_to(entries.iter());
        }
    }

    /// Shows what the ledger changed, between two ticks.
    fn tell_anew(&mut self) {
        let provisional = self.past.provisional(self.report.provisional);
        self.read_windows(provisional);
        self.read_budget(provisional);
        self.look_ahead(provisional);
        self.report.state = self.state();
    }

    /// Tells what was counted without the ledger, where there are entries.
    pub(super) fn tell_ledger(&mut self, counts: EventCounts, excluded: EventCounts) {
        let Some(account) = &self.account else {
            self.report.ledger = None;
            return;
        };
        let provisional = match self.past.is_sliced() {
            true => EventCounts::ZERO,
            false => self.report.provisional,
        };
        let target = self.objective.target();
        let counts_raw = counts + excluded;
        let report = self.report.ledger.get_or_insert_with(Box::default);
        report.counts_raw = counts_raw;
        report.budget_raw = Budget::observed(counts_raw + provisional, target);
        report.excluded = excluded;
        report.excluding = self.past.is_excluding();
        crate::report::share(&mut report.entries, account.entries());
        report.windows.clear();
        if self.past.aside().is_some() {
            let lengths = self.report.windows.iter().take(self.past.units().len()).enumerate();
            report.windows.extend(lengths.map(|(place, window)| {
                let excluded = self.past.excluded(place);
                let counts_raw = self.past.units().counts(place) + excluded + provisional;
                let text = std::sync::Arc::clone(&window.text);
                WindowLedger { text, counts_raw, burn_raw: burn_rate(counts_raw, target), excluded }
            }));
        }
    }
}

/// What is covered: of what has passed, whole slots; of what is to come, what was asked for.
fn as_covered(asked: Span, covered: Option<Span>, now_ns: u64) -> Span {
    let (from_ns, until_ns) = covered.unwrap_or(asked);
    (from_ns, if asked.1 > now_ns { asked.1 } else { until_ns })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Evaluator, Input};
    use crate::slo::{Entry, Ledger, Objective, system_time};
    use crate::window::Tick;

    const SLO: &str = "checkout-availability";
    const SECOND: u64 = 1_000_000_000;

    fn at(second: u64) -> Tick {
        Tick { wall_ns: (1_700_000_000 + second) * SECOND, elapsed_ns: second * SECOND }
    }

    fn excluding(from: u64, until: u64) -> Ledger {
        let time = |second| system_time(at(second).wall_ns);
        let entry = Entry::exclusion(SLO, time(from)..time(until)).by("ann").because("maintenance");
        let mut ledger = Ledger::default();
        ledger.book(ledger.draft(entry, SLO, at(0).wall_ns, 1).unwrap());
        ledger
    }

    /// A late tick spreads what it brings over slots of calls that are longer than those of events, and may begin before
    /// the last flush: what such a slot lost since was written as a number just below 2^56.
    #[test]
    fn flushes_around_late_ticks_over_excluded_times_add_up_to_what_is_known() {
        let ledger = excluding(30, 4_000);
        for late in [2, 9, 25, 61, 250, 700, 2_000, 5_000] {
            for offset in 0..20 {
                let mut evaluator =
                    Evaluator::new("checkout", SLO, Objective::availability(0.999), at(0)).unwrap();
                evaluator.keep_to(ledger.in_force(SLO));
                let mut kept = evaluator.memory();
                let seconds = (1..40 + offset).chain([40 + offset + late, 41 + offset + late]);
                for second in seconds {
                    let input = Input { delta: EventCounts::new(70, 3), ended: 75, ..Input::default() };
                    evaluator.tick(at(second), input);
                    match evaluator.added() {
                        Some(added) => kept.add(added),
                        None => kept = evaluator.memory(),
                    }
                }
                assert_eq!(kept, evaluator.memory(), "{late} s late, {offset} s after the exclusion began");
            }
        }
    }
}
