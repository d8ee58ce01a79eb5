//! What a budget must be by the ledger, worked out by hand: from a list of all that happened and all that was booked.
//!
//! Of an exclusion it is certain what lies within it, and possible what lies in the hours that it touches: slots are as
//! long as that at most.

use crate::slo::{Booking, EntryId, EntryKind};
use crate::units::EventCounts;

const SECOND_NS: u64 = 1_000_000_000;
const HOUR_NS: u64 = 3_600 * SECOND_NS;
/// The shortest slot.
const SLOT_NS: u64 = 10 * SECOND_NS;

/// Events that came in a time: after its beginning, up to its end.
#[derive(Clone, Copy, Debug)]
struct Events {
    from_ns: u64,
    to_ns: u64,
    counts: EventCounts,
    /// Whether the process that counted them ended with a failing disk.
    is_doubtful: bool,
}

/// An entry, and how much of the list had come before it.
#[derive(Clone, Debug)]
struct Posting {
    booking: Booking,
    place: usize,
}

/// The least and the most that something must be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Range {
    pub(super) least: EventCounts,
    pub(super) most: EventCounts,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    events: Vec<Events>,
    postings: Vec<Posting>,
}

impl Books {
    pub(super) fn count(&mut self, from_ns: u64, to_ns: u64, counts: EventCounts) {
        if !counts.is_empty() {
            self.events.push(Events { from_ns, to_ns, counts, is_doubtful: false });
        }
    }

    pub(super) fn post(&mut self, booking: Booking) {
        self.postings.push(Posting { booking, place: self.events.len() });
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Booking> {
        self.postings.iter().map(|posting| &posting.booking)
    }

    /// What came after these books were copied may be lost.
    pub(super) fn doubt_since(&mut self, earlier: &Self) {
        self.events.iter_mut().skip(earlier.events.len()).for_each(|events| events.is_doubtful = true);
    }

    /// Keeps the entries that are left.
    pub(super) fn keep(&mut self, left: &[&Booking]) {
        self.postings.retain(|posting| left.contains(&&posting.booking));
    }

    pub(super) fn in_force(&self) -> impl Iterator<Item = &Booking> + Clone {
        let withdrawn: Vec<EntryId> = self.entries().filter_map(Booking::withdraws).collect();
        self.postings
            .iter()
            .map(|posting| &posting.booking)
            .filter(move |booking| booking.withdraws().is_none() && !withdrawn.contains(&booking.id()))
    }

    /// All that was counted, whatever is booked.
    pub(super) fn raw(&self) -> Range {
        sum(self.events.iter().map(|events| (events, !events.is_doubtful, true)))
    }

    /// What the budget goes by.
    pub(super) fn judged(&self) -> Range {
        let mut resets = self.postings.iter().filter(|posting| {
            posting.booking.kind() == EntryKind::Reset
                && self.in_force().any(|booking| booking.id() == posting.booking.id())
        });
        let reset = resets.next_back();
        let excluded: Vec<(u64, u64)> = self.in_force().filter_map(Booking::time).collect();
        let counted = sum(self.events.iter().skip(reset.map_or(0, |reset| reset.place)).map(|events| {
            let is_excluded = excluded.iter().any(|time| events.lie_in(*time));
            let may_be_excluded = excluded.iter().any(|time| events.touch(*time));
            (events, !events.is_doubtful && !may_be_excluded, !is_excluded)
        }));
        let since_ns = reset.map_or(0, |reset| reset.booking.booked_unix_ns());
        let (good, bad) = self.in_force().fold((0, 0), |(good, bad), booking| match booking.kind() {
            EntryKind::Adjustment { good: more, bad: worse, at_unix_ns } if at_unix_ns >= since_ns => {
                (good + more, bad + worse)
            }
            _ => (good, bad),
        });
        let adjusted = |counts: EventCounts| {
            EventCounts::new(
                counts.good().saturating_add_signed(good),
                counts.bad().saturating_add_signed(bad),
            )
        };
        Range { least: adjusted(counted.least), most: adjusted(counted.most) }
    }
}

impl Events {
    /// Whether all of them are in a time, wherever in their own they came.
    fn lie_in(&self, (from_ns, until_ns): (u64, u64)) -> bool {
        from_ns + SLOT_NS <= self.from_ns && self.to_ns < until_ns
    }

    fn touch(&self, (from_ns, until_ns): (u64, u64)) -> bool {
        from_ns / HOUR_NS * HOUR_NS <= self.to_ns && self.from_ns < until_ns.next_multiple_of(HOUR_NS)
    }
}

/// Sums of which it is known whether they have events for certain, and whether they may.
fn sum<'a>(all: impl Iterator<Item = (&'a Events, bool, bool)>) -> Range {
    let mut range = Range::default();
    for (events, is_certain, is_possible) in all {
        if is_certain {
            range.least += events.counts;
        }
        if is_possible {
            range.most += events.counts;
        }
    }
    range
}
