//! Pure. Which connection may stay when there are more clients than places; time comes as an argument.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::limits::{
    ADMIT_STEP, CONNECTIONS_MAX, GRACE, GRACE_UNDER_PRESSURE, PATIENCE, PAUSE_UNDER_PRESSURE, PRESSURE_NOTES,
    SCRAPES_MAX, STALL, STALL_UNDER_PRESSURE, deadline,
};

/// The places of one listener.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    slots: Vec<Slot>,
    ids: u64,
    pressure: Pressure,
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
    /// Whether the client has read what the kernel held for it, and more could be sent.
    reads: bool,
    evict: Arc<Notify>,
}

/// What a connection is doing. Order is the order in which places are taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// We wait for a request.
    Head,
    /// The client reads a small answer.
    Answer,
    /// The client reads metrics.
    Scrape,
    /// The client has sent its request, and we have not begun the answer: its place is safe.
    Waiting,
    /// The metrics for the client are being made: its place is safe.
    Rendering,
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
            self.pressure.note(now);
            let leniency = self.pressure.leniency(now);
            let soonest = self.slots.iter().filter_map(|slot| slot.replaceable_from(leniency)).min();
            let latest = deadline(now, ADMIT_STEP);
            return Err(soonest.map_or(latest, |soonest| soonest.min(latest)));
        }
        self.ids = self.ids.wrapping_add(1);
        let place = Place { id: self.ids, evict: Arc::default() };
        self.slots.push(Slot {
            id: place.id,
            phase: Phase::Head,
            since: now,
            progress: now,
            reads: false,
            evict: Arc::clone(&place.evict),
        });
        Ok(place)
    }

    /// The request is complete, and the client waits.
    pub(crate) fn begin_waiting(&mut self, id: u64, now: Instant) {
        self.enter(id, Phase::Waiting, now);
    }

    /// A small answer goes out.
    pub(crate) fn begin_answer(&mut self, id: u64, now: Instant) {
        self.enter(id, Phase::Answer, now);
    }

    /// Metrics are made; `false` when there are enough scrapes in flight and none has stalled.
    ///
    /// Under pressure scrapes share a rendering and cost little, so the places alone bound them.
    pub(crate) fn begin_scrape(&mut self, id: u64, now: Instant) -> bool {
        let is_scrape = |slot: &&Slot| matches!(slot.phase, Phase::Scrape | Phase::Rendering);
        let in_flight = self.slots.iter().filter(is_scrape).count();
        let room =
            in_flight < SCRAPES_MAX || self.is_under_pressure(now) || self.evict_one(now, Phase::Scrape);
        if room {
            self.enter(id, Phase::Rendering, now);
        }
        room
    }

    /// A scrape has to wait for others: one more sign of pressure.
    pub(crate) fn note_queued(&mut self, now: Instant) {
        self.pressure.note(now);
    }

    /// Metrics go out. Making them is part of the time for the answer.
    pub(crate) fn begin_sending(&mut self, id: u64, now: Instant) {
        if let Some(slot) = self.slot(id) {
            slot.phase = Phase::Scrape;
            slot.progress = now;
        }
    }

    /// The client took some bytes.
    pub(crate) fn progress(&mut self, id: u64, now: Instant) {
        if let Some(slot) = self.slot(id) {
            slot.progress = now;
        }
    }

    /// The client made room for more bytes when there was none.
    pub(crate) fn resume(&mut self, id: u64, now: Instant) {
        if let Some(slot) = self.slot(id) {
            slot.progress = now;
            slot.reads = true;
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
        self.slots.iter().find(|slot| slot.id == id).map(|slot| deadline(slot.since, PATIENCE))
    }

    /// Whether there are so many clients that most must be up to no good.
    pub(crate) fn is_under_pressure(&mut self, now: Instant) -> bool {
        self.pressure.is_high(now)
    }

    /// Whether a request of this connection is being answered.
    pub(crate) fn is_answering_to(&self, id: u64) -> bool {
        self.slots.iter().any(|slot| slot.id == id && slot.phase != Phase::Head)
    }

    /// Whether a request is being answered.
    pub(crate) fn is_answering(&self) -> bool {
        self.slots.iter().any(|slot| slot.phase != Phase::Head)
    }

    /// Takes a place away from the slowest connection that is at least in phase `from`; `false` if nobody is slow.
    fn evict_one(&mut self, now: Instant, from: Phase) -> bool {
        let leniency = self.pressure.leniency(now);
        let slow = self.slots.iter().filter(|slot| slot.phase >= from).filter_map(|slot| {
            let since = slot.replaceable_from(leniency).filter(|since| *since <= now)?;
            Some((slot.phase, since, slot))
        });
        let Some((.., slowest)) = slow.min_by_key(|(phase, since, _)| (*phase, *since)) else {
            return false;
        };
        slowest.evict.notify_one();
        let id = slowest.id;
        self.leave(id);
        self.pressure.note(now);
        true
    }

    fn enter(&mut self, id: u64, phase: Phase, now: Instant) {
        if let Some(slot) = self.slot(id) {
            slot.phase = phase;
            slot.since = now;
            slot.progress = now;
            slot.reads = false;
        }
    }

    fn slot(&mut self, id: u64) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.id == id)
    }
}

impl Slot {
    /// When the place may go to somebody else; `None` while we owe the client an answer.
    fn replaceable_from(&self, leniency: Leniency) -> Option<Instant> {
        match self.phase {
            Phase::Head => Some(deadline(self.since, leniency.grace)),
            Phase::Answer | Phase::Scrape if self.reads => Some(deadline(self.progress, leniency.pause)),
            Phase::Answer | Phase::Scrape => Some(deadline(self.progress, leniency.stall)),
            Phase::Waiting | Phase::Rendering => None,
        }
    }
}

/// How long a place is safe although its client does nothing.
#[derive(Clone, Copy, Debug)]
struct Leniency {
    /// While we wait for a request.
    grace: Duration,
    /// While nothing shows that the client reads.
    stall: Duration,
    /// While the client, who has been reading, pauses.
    pause: Duration,
}

/// How often a place changed hands, a newcomer found none or a scrape had to wait, in two buckets of a second.
#[derive(Debug, Default)]
struct Pressure {
    since: Option<Instant>,
    current: u32,
    previous: u32,
}

impl Pressure {
    fn note(&mut self, now: Instant) {
        self.roll(now);
        self.current = self.current.saturating_add(1);
    }

    fn is_high(&mut self, now: Instant) -> bool {
        self.roll(now);
        self.current.saturating_add(self.previous) >= PRESSURE_NOTES
    }

    fn leniency(&mut self, now: Instant) -> Leniency {
        if self.is_high(now) {
            let (stall, pause) = (STALL_UNDER_PRESSURE, PAUSE_UNDER_PRESSURE);
            Leniency { grace: GRACE_UNDER_PRESSURE, stall, pause }
        } else {
            Leniency { grace: GRACE, stall: STALL, pause: STALL }
        }
    }

    fn roll(&mut self, now: Instant) {
        let age = self.since.map_or(0, |since| now.saturating_duration_since(since).as_secs());
        if age > 0 || self.since.is_none() {
            self.previous = if age == 1 { self.current } else { 0 };
            self.current = 0;
            self.since = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::limits::QUEUE;

    const MILLI: Duration = Duration::from_millis(1);

    fn full(start: Instant) -> Slots {
        let mut slots = Slots::default();
        for _ in 0..CONNECTIONS_MAX {
            slots.admit(start).expect("room");
        }
        slots
    }

    /// Begins a scrape and its answer at once.
    fn scrape(slots: &mut Slots, id: u64, now: Instant) -> bool {
        let begun = slots.begin_scrape(id, now);
        if begun {
            slots.begin_sending(id, now);
        }
        begun
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
        assert!(scrape(&mut slots, 2, start));
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
        assert_eq!(slots.admit(start + 90 * MILLI).unwrap_err(), start + 90 * MILLI + ADMIT_STEP);
        for _ in 0..15 {
            slots.admit(start + STALL).expect("a stalled one");
        }
        assert_eq!(ids(&slots)[0], 1);
    }

    #[test]
    fn a_client_whose_metrics_are_being_made_counts_as_a_scrape_and_is_not_disconnected() {
        let start = Instant::now();
        let mut slots = full(start);
        for id in 1..=4 {
            assert!(slots.begin_scrape(id, start));
        }
        assert!(!slots.begin_scrape(5, start + 10 * STALL));
        slots.begin_sending(3, start + MILLI);
        assert_eq!(slots.expires(3), Some(start + PATIENCE), "whatever the rendering took");
        assert!(slots.begin_scrape(5, start + MILLI + STALL), "the third reads nothing");
        assert!(!ids(&slots).contains(&3));
    }

    #[test]
    fn a_client_that_we_owe_an_answer_is_not_disconnected() {
        let start = Instant::now();
        let mut slots = full(start);
        for id in 1..=16 {
            slots.begin_waiting(id, start);
        }
        let late = start + 10 * STALL;
        assert_eq!(slots.admit(late).unwrap_err(), late + ADMIT_STEP);
        slots.begin_answer(9, late);
        assert_eq!(slots.admit(late + STALL).expect("the one that reads").id, 17);
        assert!(!ids(&slots).contains(&9));
    }

    #[test]
    fn under_pressure_patience_with_readers_is_short() {
        let start = Instant::now();
        let mut slots = full(start);
        let busy = start + GRACE;
        for _ in 0..PRESSURE_NOTES {
            slots.admit(busy).expect("one that says nothing");
        }
        let readers = ids(&slots);
        for id in readers {
            slots.begin_answer(id, busy);
        }
        assert!(slots.admit(busy + STALL_UNDER_PRESSURE - MILLI).is_err());
        assert!(slots.admit(busy + STALL_UNDER_PRESSURE).is_ok());
        // Two quiet seconds later there is no pressure any more.
        let quiet = busy + Duration::from_secs(3);
        for id in ids(&slots) {
            slots.begin_answer(id, quiet);
        }
        assert!(slots.admit(quiet + STALL_UNDER_PRESSURE).is_err());
    }

    #[test]
    fn under_pressure_whoever_has_been_reading_may_pause_longer() {
        let start = Instant::now();
        let mut slots = full(start);
        let busy = start + GRACE;
        for _ in 0..PRESSURE_NOTES {
            slots.admit(busy).expect("one that says nothing");
        }
        let readers = ids(&slots);
        for id in &readers {
            assert!(scrape(&mut slots, *id, busy), "renderings are shared");
        }
        slots.resume(readers[0], busy);
        for _ in 1..CONNECTIONS_MAX {
            slots.admit(busy + STALL_UNDER_PRESSURE).expect("one that never read");
        }
        assert!(ids(&slots).contains(&readers[0]));
        slots.admit(busy + PAUSE_UNDER_PRESSURE).expect("a silent one");
        for id in ids(&slots) {
            slots.begin_waiting(id, busy);
        }
        slots.begin_answer(readers[0], busy);
        assert!(slots.admit(busy + STALL_UNDER_PRESSURE).is_ok(), "the next answer begins anew");
    }

    /// Lets `crowd` clients come at once, then one more, who gets what it asks for this much later.
    ///
    /// Time passes only while nobody can go on; `asks` says whether the others ask for metrics, which they never read.
    fn wait_behind(crowd: usize, asks: bool) -> Duration {
        let start = Instant::now();
        let (mut slots, mut now) = (Slots::default(), start);
        let mut queue = Vec::new();
        for client in 0..=crowd {
            let id = loop {
                match slots.admit(now) {
                    Ok(place) => break place.id,
                    Err(later) => now = later,
                }
                queue.retain(|id| !scrape(&mut slots, *id, now));
            };
            if asks || client == crowd {
                slots.begin_waiting(id, now);
                queue.push(id);
                queue.retain(|id| !scrape(&mut slots, *id, now));
            }
        }
        assert!(queue.is_empty(), "the last one scrapes");
        now - start
    }

    #[test]
    fn a_scrape_behind_a_thousand_slow_clients_waits_less_than_the_quarter_of_a_second() {
        // Sixteen at a time, two milliseconds each: the rest of the 250 is for work and for timers.
        for asks in [false, true] {
            let wait = wait_behind(1_000, asks);
            assert!(wait <= Duration::from_millis(165), "{wait:?}, asks: {asks}");
        }
        assert_eq!(wait_behind(CONNECTIONS_MAX - 1, false), Duration::ZERO);
    }

    /// Lets a hundred slow readers come one by one, each so long after the one before, and scrapes one
    /// after the other beside them, for two seconds. Answers how many scrapes were refused, of how many.
    fn refused_among(apart: Duration) -> (u32, u32) {
        let start = Instant::now();
        let (mut slots, mut readers) = (Slots::default(), 0);
        let mut queue: Vec<(u64, Instant, bool)> = Vec::new();
        let (mut refused, mut scrapes) = (0, 0);
        for step in 0..1_000_u32 {
            let now = start + step * 2 * MILLI;
            let mut coming = Vec::new();
            if readers < 100 && now >= start + apart * readers {
                coming.push(true);
            }
            if queue.iter().all(|(.., is_reader)| *is_reader) {
                coming.push(false);
            }
            for is_reader in coming {
                if let Ok(place) = slots.admit(now) {
                    readers += u32::from(is_reader);
                    scrapes += u32::from(!is_reader);
                    slots.begin_waiting(place.id, now);
                    queue.push((place.id, now, is_reader));
                }
            }
            // Timers fire in no order that helps anybody.
            let turn = step as usize % queue.len().max(1);
            queue.rotate_left(turn);
            queue.retain(|(id, since, is_reader)| {
                let begun = scrape(&mut slots, *id, now);
                if begun && !is_reader {
                    slots.leave(*id);
                } else if !begun && now == *since {
                    slots.note_queued(now);
                } else if !begun && now >= *since + QUEUE {
                    refused += u32::from(!is_reader);
                    slots.begin_answer(*id, now);
                    return false;
                }
                !begun
            });
        }
        assert_eq!(readers, 100);
        (refused, scrapes)
    }

    #[test]
    fn slow_readers_that_come_one_by_one_have_no_scrape_refused() {
        for apart in [1_u32, 2, 3, 5, 7, 10, 15, 19] {
            let (refused, scrapes) = refused_among(apart * MILLI);
            assert_eq!(refused, 0, "of {scrapes}, with a reader every {apart} ms");
            assert!(scrapes > 500, "{scrapes}");
        }
    }

    #[test]
    fn a_fifth_scrape_waits_for_one_to_end_or_to_stall() {
        let start = Instant::now();
        let mut slots = full(start);
        for id in 1..=4 {
            assert!(scrape(&mut slots, id, start), "up to four");
        }
        assert!(!scrape(&mut slots, 5, start));
        slots.end_answer(4, start);
        assert!(scrape(&mut slots, 5, start));
        assert!(!scrape(&mut slots, 4, start + 99 * MILLI));
        slots.progress(1, start + MILLI);
        assert!(scrape(&mut slots, 4, start + STALL));
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
        assert!(slots.is_answering() && slots.is_answering_to(id) && !slots.is_answering_to(id + 1));
        slots.end_answer(id, start + 3 * MILLI);
        slots.end_answer(id, start + 9 * MILLI);
        assert_eq!(slots.expires(id), Some(start + 3 * MILLI + PATIENCE));
        assert!(!slots.is_answering() && !slots.is_answering_to(id));
        slots.leave(id);
        assert_eq!(slots.expires(id), None);
    }
}
