//! Pure. Which connection may stay when there are more clients than places; time comes as an argument.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::limits::{CONNECTIONS_MAX, GRACE, PATIENCE, SCRAPES_MAX, STALL};

/// The places of one listener.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    slots: Vec<Slot>,
    ids: u64,
}

/// One place, taken by one connection.
#[derive(Debug)]
struct Slot {
    id: u64,
    phase: Phase,
    /// When the phase began.
    since: Instant,
    /// When the client last took a byte of the answer.
    progress: Instant,
    evict: Arc<Notify>,
}

/// What a connection is doing. Order is the order in which places are taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// We wait for a request.
    Head,
    /// The client waits for a small answer, or reads it.
    Answer,
    /// The client waits for metrics, or reads them.
    Scrape,
}

/// A place given to a new connection.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) id: u64,
    /// Rings when the place goes to somebody else.
    pub(crate) evict: Arc<Notify>,
}

impl Slots {
    /// A place for a new connection, if need be that of the one that has kept us waiting longest.
    ///
    /// # Errors
    ///
    /// The time to ask again, when everybody who has a place still deserves it.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<Place, Instant> {
        if self.slots.len() >= CONNECTIONS_MAX && !self.evict_one(now, Phase::Head) {
            return Err(self.slots.iter().map(Slot::replaceable_from).min().unwrap_or(now));
        }
        self.ids += 1;
        let place = Place { id: self.ids, evict: Arc::default() };
        self.slots.push(Slot {
            id: place.id,
            phase: Phase::Head,
            since: now,
            progress: now,
            evict: Arc::clone(&place.evict),
        });
        Ok(place)
    }

    /// The request is complete: the answer begins.
    pub(crate) fn begin_answer(&mut self, id: u64, now: Instant) {
        self.enter(id, Phase::Answer, now);
    }

    /// The request was one for metrics; `false` when there are enough scrapes in flight and none has stalled.
    pub(crate) fn begin_scrape(&mut self, id: u64, now: Instant) -> bool {
        let in_flight = self.slots.iter().filter(|slot| slot.phase == Phase::Scrape).count();
        let room = in_flight < SCRAPES_MAX || self.evict_one(now, Phase::Scrape);
        if room {
            self.enter(id, Phase::Scrape, now);
        }
        room
    }

    /// The client took some bytes.
    pub(crate) fn progress(&mut self, id: u64, now: Instant) {
        if let Some(slot) = self.slot(id) {
            slot.progress = now;
        }
    }

    /// The client took the last byte: we wait for its next request. Nothing happens if there was no answer.
    pub(crate) fn end_answer(&mut self, id: u64, now: Instant) {
        if let Some(slot) = self.slot(id)
            && slot.phase != Phase::Head
        {
            slot.phase = Phase::Head;
            slot.since = now;
        }
    }

    /// The connection is gone.
    pub(crate) fn leave(&mut self, id: u64) {
        self.slots.retain(|slot| slot.id != id);
    }

    /// When our patience with a connection ends; `None` if its place is gone already.
    pub(crate) fn expires(&self, id: u64) -> Option<Instant> {
        self.slots.iter().find(|slot| slot.id == id).map(|slot| slot.since + PATIENCE)
    }

    /// Whether a request is being answered.
    pub(crate) fn is_answering(&self) -> bool {
        self.slots.iter().any(|slot| slot.phase != Phase::Head)
    }

    /// Takes a place away from the slowest connection that is at least in phase `from`; `false` if nobody is slow.
    fn evict_one(&mut self, now: Instant, from: Phase) -> bool {
        let slow = self.slots.iter().filter(|slot| slot.phase >= from && slot.replaceable_from() <= now);
        let Some(slowest) = slow.min_by_key(|slot| (slot.phase, slot.replaceable_from())) else {
            return false;
        };
        slowest.evict.notify_one();
        let id = slowest.id;
        self.leave(id);
        true
    }

    fn enter(&mut self, id: u64, phase: Phase, now: Instant) {
        if let Some(slot) = self.slot(id) {
            slot.phase = phase;
            slot.since = now;
            slot.progress = now;
        }
    }

    fn slot(&mut self, id: u64) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.id == id)
    }
}

impl Slot {
    fn replaceable_from(&self) -> Instant {
        match self.phase {
            Phase::Head => self.since + GRACE,
            Phase::Answer | Phase::Scrape => self.progress + STALL,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    fn full(start: Instant) -> Slots {
        let mut slots = Slots::default();
        for _ in 0..CONNECTIONS_MAX {
            slots.admit(start).expect("room");
        }
        slots
    }

    fn ids(slots: &Slots) -> Vec<u64> {
        slots.slots.iter().map(|slot| slot.id).collect()
    }

    #[test]
    fn there_are_sixteen_places_and_the_oldest_waiting_one_is_given_away() {
        let start = Instant::now();
        let mut slots = full(start);
        assert_eq!(slots.admit(start).unwrap_err(), start + GRACE, "everybody is new");
        let place = slots.admit(start + GRACE).expect("the first has had its time");
        assert_eq!((place.id, slots.slots.len()), (17, CONNECTIONS_MAX));
        assert!(!ids(&slots).contains(&1));
    }

    #[test]
    fn a_connection_that_gets_its_answer_is_spared_while_others_wait() {
        let start = Instant::now();
        let mut slots = full(start);
        slots.begin_answer(1, start);
        assert!(slots.begin_scrape(2, start));
        for _ in 0..100 {
            slots.admit(start + STALL).expect("someone has kept us waiting");
            if slots.slots.iter().all(|slot| slot.phase != Phase::Head || slot.since > start) {
                break;
            }
        }
        assert!(ids(&slots).starts_with(&[1, 2]));
    }

    #[test]
    fn a_reader_that_stalls_loses_its_place_and_one_that_moves_does_not() {
        let start = Instant::now();
        let mut slots = full(start);
        for id in 1..=16 {
            slots.begin_answer(id, start);
        }
        slots.progress(1, start + 50 * MILLI);
        assert_eq!(slots.admit(start + 99 * MILLI).unwrap_err(), start + STALL);
        for _ in 0..15 {
            slots.admit(start + STALL).expect("a stalled one");
        }
        assert_eq!(ids(&slots)[0], 1);
        assert_eq!(slots.admit(start + STALL).unwrap_err(), start + STALL + GRACE);
    }

    #[test]
    fn a_fifth_scrape_waits_for_one_to_end_or_to_stall() {
        let start = Instant::now();
        let mut slots = full(start);
        for id in 1..=4 {
            assert!(slots.begin_scrape(id, start), "up to four");
        }
        assert!(!slots.begin_scrape(5, start));
        slots.end_answer(4, start);
        assert!(slots.begin_scrape(5, start));
        assert!(!slots.begin_scrape(4, start + 99 * MILLI));
        slots.progress(1, start + MILLI);
        assert!(slots.begin_scrape(4, start + STALL));
        assert!(!ids(&slots).contains(&2), "the one that stalled longest");
    }

    #[test]
    fn patience_ends_five_seconds_after_a_phase_began_whatever_trickles() {
        let start = Instant::now();
        let mut slots = Slots::default();
        let id = slots.admit(start).expect("room").id;
        assert_eq!(slots.expires(id), Some(start + PATIENCE));
        slots.progress(id, start + MILLI);
        assert_eq!(slots.expires(id), Some(start + PATIENCE));
        slots.begin_answer(id, start + 2 * MILLI);
        assert_eq!(slots.expires(id), Some(start + 2 * MILLI + PATIENCE));
        assert!(slots.is_answering());
        slots.end_answer(id, start + 3 * MILLI);
        slots.end_answer(id, start + 9 * MILLI);
        assert_eq!(slots.expires(id), Some(start + 3 * MILLI + PATIENCE));
        assert!(!slots.is_answering());
        slots.leave(id);
        assert_eq!(slots.expires(id), None);
    }
}
