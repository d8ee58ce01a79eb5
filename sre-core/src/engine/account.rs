//! Pure. What the ledger says of one objective, and what its budget is by that.

use core::time::Duration;
use std::collections::{HashMap, HashSet};

use super::aside::Span;
use super::memory::{Counts, KeptAccount, KeptReset};
use super::past::Past;
use super::span::PeriodReading;
use crate::primitive::Arc;
use crate::slo::{Booking, EntryId, EntryKind, Slot};
use crate::units::EventCounts;
use crate::window::Mark;

/// The entries in force about one objective, and what had been counted when its budget began anew.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    /// Those that still change something, in the order in which they were booked.
    entries: Arc<[Booking]>,
    exclusions: Vec<Exclusion>,
    resets: Vec<Reset>,
}

/// An exclusion for which everything is set aside that was booked so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exclusion {
    pub(super) id: EntryId,
    /// What is really covered.
    pub(super) time: Span,
}

#[derive(Clone, Copy, Debug)]
struct Reset {
    id: EntryId,
    mark: Mark,
}

impl Account {
    /// The entries that still change something.
    pub(super) const fn entries(&self) -> &Arc<[Booking]> {
        &self.entries
    }

    pub(super) fn set_entries(&mut self, entries: Vec<Booking>) {
        self.entries = entries.into();
    }

    /// Whether some entry is about a time that has left since.
    pub(super) fn has_left(&self, reach_ns: u64) -> bool {
        self.entries.iter().any(|entry| entry.ends_unix_ns() <= reach_ns)
    }

    /// The times that are excluded.
    pub(super) fn spans(&self) -> Vec<Span> {
        self.exclusions.iter().map(|exclusion| exclusion.time).collect()
    }

    /// What of an exclusion is covered.
    pub(super) fn covered(&self, id: EntryId) -> Option<Span> {
        self.exclusions.iter().find(|exclusion| exclusion.id == id).map(|exclusion| exclusion.time)
    }

    pub(super) fn add_exclusion(&mut self, id: EntryId, time: Span) {
        self.exclusions.push(Exclusion { id, time });
    }

    /// Takes out the exclusions that are not among `entries` any more; returns what they covered.
    pub(super) fn take_stale(&mut self, entries: &[Booking]) -> Vec<Span> {
        let in_force: HashSet<EntryId> = entries.iter().map(Booking::id).collect();
        let exclusions = core::mem::take(&mut self.exclusions).into_iter();
        let (kept, stale) = exclusions.partition(|exclusion| in_force.contains(&exclusion.id));
        self.exclusions = kept;
        let stale: Vec<Exclusion> = stale;
        stale.into_iter().map(|exclusion| exclusion.time).collect()
    }

    /// The exclusions for which everything is set aside.
    pub(super) fn excluded(&self) -> HashSet<EntryId> {
        self.exclusions.iter().map(|exclusion| exclusion.id).collect()
    }

    /// Keeps to the resets among `entries`; `mark` tells what had been counted at each that is new.
    pub(super) fn keep_resets(&mut self, entries: &[Booking], mark: impl Fn(u64) -> Mark) {
        let known: HashMap<EntryId, Reset> = self.resets.iter().map(|reset| (reset.id, *reset)).collect();
        let resets = entries.iter().filter(|entry| entry.kind() == EntryKind::Reset).map(|entry| {
            let new = || Reset { id: entry.id(), mark: mark(entry.booked_unix_ns()) };
            known.get(&entry.id()).copied().unwrap_or_else(new)
        });
        self.resets = resets.collect();
    }

    /// The sums that it keeps.
    pub(super) fn marks(&mut self) -> impl Iterator<Item = &mut Mark> {
        self.resets.iter_mut().map(|reset| &mut reset.mark)
    }

    /// Renames instants as slots are.
    pub(super) fn relabel(&mut self, earlier_ns: u64) {
        self.marks().for_each(|mark| mark.at_ns = mark.at_ns.saturating_sub(earlier_ns));
    }

    /// The period by the ledger: since the last reset in it, with what was adjusted since.
    ///
    /// What is left of a calendar unit after a reset is a shorter one; a rolling period stays as long as it is.
    pub(super) fn judge(&self, period: PeriodReading, past: &Past, is_calendar: bool) -> PeriodReading {
        let since = match self.last_reset(period.start_ns) {
            None => period,
            Some(mark) => {
                let counts = past.units().sum().since(mark.judged);
                let over = Duration::from_nanos(mark.at_ns.saturating_sub(period.start_ns));
                let rest = PeriodReading { start_ns: mark.at_ns, counts, ..period };
                if is_calendar {
                    PeriodReading {
                        length: period.length.saturating_sub(over),
                        elapsed: period.elapsed.saturating_sub(over),
                        observed: Duration::from_nanos(past.observed_since_ns(mark.at_ns)),
                        ..rest
                    }
                } else {
                    rest
                }
            }
        };
        let counts = self.adjustments(since.start_ns, past.parts()).fold(since.counts, add);
        PeriodReading { counts, ..since }
    }

    /// Makes of the slots of a rolling period those that count since the last reset, adjusted: to see which leave.
    pub(super) fn correct(&self, slots: &mut Vec<Slot>, past: &Past) {
        let start_ns =
            slots.first().map_or(0, |slot| u64::try_from(slot.start.as_nanos()).unwrap_or(u64::MAX));
        let reset = self.last_reset(start_ns);
        if let Some(mark) = reset {
            forget_before(slots, Duration::from_nanos(mark.at_ns), past.units().sum().since(mark.judged));
        }
        let since_ns = reset.map_or(start_ns, |mark| mark.at_ns);
        let adjusted = self.entries.iter().filter_map(|entry| match entry.kind() {
            EntryKind::Adjustment { good, bad, at_unix_ns } if at_unix_ns >= since_ns => {
                Some((Duration::from_nanos(at_unix_ns), scaled((good, bad), past.parts())))
            }
            _ => None,
        });
        adjusted.for_each(|(at, change)| adjust(slots, at, change));
    }

    /// The last reset after an instant.
    fn last_reset(&self, after_ns: u64) -> Option<Mark> {
        let marks = self.resets.iter().map(|reset| reset.mark).filter(|mark| mark.at_ns > after_ns);
        marks.max_by_key(|mark| mark.at_ns)
    }

    /// What is adjusted since an instant.
    fn adjustments(&self, since_ns: u64, parts: u64) -> impl Iterator<Item = (i64, i64)> {
        // All of them together before any is added: the order does not matter, and nothing is cut off on the way.
        let of = move |entry: &Booking| match entry.kind() {
            EntryKind::Adjustment { good, bad, at_unix_ns } if at_unix_ns >= since_ns => {
                Some(scaled((good, bad), parts))
            }
            _ => None,
        };
        let plus = |sum: (i64, i64), change: (i64, i64)| {
            (sum.0.saturating_add(change.0), sum.1.saturating_add(change.1))
        };
        self.entries.iter().filter_map(of).reduce(plus).into_iter()
    }

    /// What outlives the process, but for the entries and what is set aside.
    pub(super) fn kept(&self, past: &Past) -> KeptAccount {
        let resets = self.resets.iter().map(|reset| KeptReset {
            id: reset.id,
            at_ns: reset.mark.at_ns,
            judged: past.units().sum().since(reset.mark.judged).into(),
            aside: past.aside_sum().since(reset.mark.aside).into(),
        });
        KeptAccount {
            exclusions: self.exclusions.iter().map(|exclusion| (exclusion.id, exclusion.time)).collect(),
            resets: resets.collect(),
        }
    }

    /// Takes over what an earlier process had set aside and forgiven; `past` has done so before. The entries come
    /// from the ledger.
    pub(super) fn take_over(kept: KeptAccount, past: &Past) -> Self {
        let counts = |counts: Counts| EventCounts::from(counts);
        let resets = kept.resets.into_iter().map(|reset| Reset {
            id: reset.id,
            mark: Mark {
                at_ns: reset.at_ns,
                judged: past.units().sum().minus(counts(reset.judged)),
                aside: past.aside_sum().minus(counts(reset.aside)),
            },
        });
        let exclusions = kept.exclusions.into_iter().map(|(id, time)| Exclusion { id, time });
        Self { entries: Arc::default(), exclusions: exclusions.collect(), resets: resets.collect() }
    }
}

/// Counts changed by a sum of adjustments; a side never falls below zero.
fn add(counts: EventCounts, (good, bad): (i64, i64)) -> EventCounts {
    EventCounts::new(counts.good().saturating_add_signed(good), counts.bad().saturating_add_signed(bad))
}

fn scaled((good, bad): (i64, i64), parts: u64) -> (i64, i64) {
    let parts = i64::try_from(parts).unwrap_or(i64::MAX);
    (good.saturating_mul(parts), bad.saturating_mul(parts))
}

/// Drops what happened before a reset; of the slot in which it was, as much stays as `counts`, all since then, have
/// beyond the later slots.
fn forget_before(slots: &mut Vec<Slot>, reset: Duration, counts: EventCounts) {
    slots.retain(|slot| slot.end > reset);
    let later: EventCounts = slots.iter().skip(1).map(|slot| slot.counts).sum();
    if let Some(first) = slots.first_mut().filter(|slot| slot.start < reset) {
        (first.start, first.counts) = (reset, counts.since(later));
    }
}

/// Changes the slots by an adjustment: of the one at its time, or the nearest before, else the first after.
fn adjust(slots: &mut [Slot], at: Duration, (good, bad): (i64, i64)) {
    let place = slots.partition_point(|slot| slot.start <= at).saturating_sub(1);
    let (older, newer) = slots.split_at_mut(place.saturating_add(1).min(slots.len()));
    let (mut good, mut bad) = (good, bad);
    for slot in older.iter_mut().rev().chain(newer) {
        let changed = add(slot.counts, (good, bad));
        good = good.saturating_sub(difference(changed.good(), slot.counts.good()));
        bad = bad.saturating_sub(difference(changed.bad(), slot.counts.bad()));
        slot.counts = changed;
        if (good, bad) == (0, 0) {
            return;
        }
    }
}

fn difference(one: u64, other: u64) -> i64 {
    one.cast_signed().saturating_sub(other.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(number: u64, good: u64, bad: u64) -> Slot {
        let (start, end) = (Duration::from_secs(number * 10), Duration::from_secs(number * 10 + 10));
        Slot { start, end, counts: EventCounts::new(good, bad) }
    }

    #[test]
    fn what_is_adjusted_away_leaves_with_the_slots_nearest_to_it() {
        let mut slots = vec![slot(0, 9, 1), slot(1, 9, 4), slot(2, 9, 2)];
        adjust(&mut slots, Duration::from_secs(15), (5, -6));
        assert_eq!(slots, [slot(0, 9, 0), slot(1, 14, 0), slot(2, 9, 1)]);
        adjust(&mut slots, Duration::from_secs(0), (-100, 3));
        assert_eq!(slots, [slot(0, 0, 3), slot(1, 0, 0), slot(2, 0, 1)]);
        adjust(&mut [], Duration::ZERO, (1, 1));
    }

    #[test]
    fn of_the_slot_of_a_reset_what_came_after_it_stays() {
        let mut slots = vec![slot(0, 9, 1), slot(1, 9, 4), slot(2, 9, 2)];
        forget_before(&mut slots, Duration::from_secs(14), EventCounts::new(12, 3));
        let half = Slot { start: Duration::from_secs(14), ..slot(1, 3, 1) };
        assert_eq!(slots, [half, slot(2, 9, 2)]);
    }
}
