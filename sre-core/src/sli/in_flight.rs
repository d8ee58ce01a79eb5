//! Pure. Calls that hang, from the counts of calls started and ended per time slot.
//!
//! A call adds to `started` in the slot of its start, and to `ended` in the same slot when it ends. A call that
//! ends when its slot is about to be used again adds to `late` instead. The slots form a ring of 32: the ticker
//! notes what a slot holds before its next turn, so the difference is that of the present turn alone.

use crate::shard::{InFlightCells, LATE_SLOTS, SLOTS, Slots};

/// Slots whose calls are known by age: those that are not late.
#[expect(clippy::cast_possible_truncation, reason = "a small constant")]
const YOUNG: usize = LATE_SLOTS as usize;

/// What the ticker remembers of one series between two ticks.
#[derive(Clone, Debug)]
pub(crate) struct Tracker {
    slot_ns: u64,
    /// Counts of each place before its present turn.
    before: [(u32, u32); SLOTS],
    /// The latest slot for whose place `before` is right.
    prepared_to: u64,
    lost: Lost,
}

/// Calls that will never end: a guard was forgotten, or its task is stuck for good.
///
/// As many calls as were in flight at every look of the last hour are taken for lost; they leave the count of
/// calls in flight. Should one of them end after all, the smallest count of the hour falls with it.
#[derive(Clone, Debug)]
struct Lost {
    /// The smallest number of calls older than the ring, for each of the last minutes; by minute.
    least: [u32; 60],
    minute: u64,
}

impl Lost {
    const MINUTE_NS: u64 = 60_000_000_000;

    fn new(now_ns: u64) -> Self {
        Self { least: [0; 60], minute: now_ns / Self::MINUTE_NS }
    }

    /// How many calls are lost, given how many are older than the ring now.
    fn observe(&mut self, old: u32, now_ns: u64) -> u32 {
        let minute = now_ns / Self::MINUTE_NS;
        let passed = minute.saturating_sub(self.minute).min(self.least.len() as u64);
        self.minute = self.minute.max(minute);
        for age in 0..=passed {
            #[expect(clippy::cast_possible_truncation, reason = "a remainder below 60")]
            let place = (self.minute.saturating_sub(age) % self.least.len() as u64) as usize;
            if let Some(least) = self.least.get_mut(place) {
                // Minutes that nobody looked at had as many as the look after them, at most.
                *least = if age < passed { old } else { (*least).min(old) };
            }
        }
        self.least.iter().copied().min().unwrap_or(0)
    }
}

/// Calls of one series that have not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct InFlight {
    /// All of them but the lost ones.
    pub(crate) total: u64,
    /// Those that were in flight all through the last hour, and are taken for lost.
    pub(crate) lost: u64,
    /// Started at most [`LATE_SLOTS`] slots ago, by age in slots; index 0 is the current slot.
    young: [u32; YOUNG],
    slot_ns: u64,
}

impl Tracker {
    /// A tracker for slots of this length; `now` is the number of the current one.
    pub(crate) fn new(slot_ns: u64, now: u64) -> Self {
        // A series begins with empty places, so all turns up to the first whole ring are prepared.
        Self {
            slot_ns,
            before: [(0, 0); SLOTS],
            prepared_to: now + SLOTS as u64 - 1,
            lost: Lost::new(now.saturating_mul(slot_ns)),
        }
    }

    /// Evaluates the counts as they stand in slot `now` and prepares the places that are used next.
    pub(crate) fn observe(&mut self, cells: &InFlightCells, now: u64) -> InFlight {
        let mut in_flight = self.evaluate(cells, now);
        let old = u32::try_from(in_flight.old()).unwrap_or(u32::MAX);
        in_flight.lost = u64::from(self.lost.observe(old, now.saturating_mul(self.slot_ns)));
        in_flight.total -= in_flight.lost.min(in_flight.total);
        self.prepare(cells, now);
        in_flight
    }

    fn evaluate(&self, cells: &InFlightCells, now: u64) -> InFlight {
        let started = cells.started.iter().fold(0_u32, |sum, count| sum.wrapping_add(*count));
        let ended = cells.ended.iter().fold(cells.late, |sum, count| sum.wrapping_add(*count));
        let total = difference(started, ended);
        let mut young = [0; YOUNG];
        // After a tick so late that places were reused unseen, ages are unknown: all calls then pass as young.
        let known = now <= self.prepared_to;
        for (age, young) in (0_u64..).zip(&mut young) {
            if let Some(number) = now.checked_sub(age) {
                *young = self.in_slot(cells, Slots::place(number));
            }
        }
        if !known {
            young[0] = total;
        }
        InFlight { total: u64::from(total), young, slot_ns: self.slot_ns, lost: 0 }
    }

    fn in_slot(&self, cells: &InFlightCells, place: usize) -> u32 {
        let (Some(started), Some(ended), Some(before)) =
            (cells.started.get(place), cells.ended.get(place), self.before.get(place))
        else {
            return 0;
        };
        difference(started.wrapping_sub(before.0), ended.wrapping_sub(before.1))
    }

    /// Notes the counts of all places whose turn is over and whose calls would now end as late.
    fn prepare(&mut self, cells: &InFlightCells, now: u64) {
        let first = (now + 1).max((self.prepared_to + 1).saturating_sub(SLOTS as u64));
        let last = (now + SLOTS as u64).saturating_sub(LATE_SLOTS + 1);
        for number in first..=last {
            let place = Slots::place(number);
            if let (Some(before), Some(started), Some(ended)) =
                (self.before.get_mut(place), cells.started.get(place), cells.ended.get(place))
            {
                *before = (*started, *ended);
            }
        }
        self.prepared_to = self.prepared_to.max(last);
    }
}

impl InFlight {
    /// Calls that are older than all slots whose age is known.
    fn old(&self) -> u64 {
        self.total.saturating_sub(self.young.iter().map(|calls| u64::from(*calls)).sum())
    }

    /// Calls in flight for longer than `limit_ns`, to the lower side: by up to one slot too few, never too many.
    pub(crate) fn older_than(&self, limit_ns: u64) -> u64 {
        // Before the first look there is no slot length, and no call.
        let slots = limit_ns.checked_div(self.slot_ns).map_or(0, |slots| slots + 1);
        if slots >= LATE_SLOTS {
            return 0;
        }
        let young: u64 =
            (0_u64..).zip(self.young).filter(|(age, _)| *age <= slots).map(|(_, n)| u64::from(n)).sum();
        self.total.saturating_sub(young)
    }
}

/// `started - ended` of wrapping counters; an end that was read before its start counts as nothing.
#[expect(clippy::cast_possible_wrap, reason = "that is how wrapping counters are compared")]
fn difference(started: u32, ended: u32) -> u32 {
    let difference = started.wrapping_sub(ended);
    if (difference as i32) < 0 { 0 } else { difference }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// A model of one series: it counts as the recording side does.
    struct Series {
        slots: Slots,
        cells: InFlightCells,
        tracker: Tracker,
    }

    impl Series {
        fn new(limit_ns: u64) -> Self {
            let slots = Slots::reaching(limit_ns);
            Self { slots, cells: InFlightCells::default(), tracker: Tracker::new(1 << slots.shift(), 0) }
        }

        fn number(&self, at_ns: u64) -> u64 {
            at_ns >> self.slots.shift()
        }

        fn start(&mut self, at_ns: u64) {
            self.cells.started[Slots::place(self.number(at_ns))] += 1;
        }

        fn end(&mut self, started_ns: u64, at_ns: u64) {
            if at_ns - started_ns < LATE_SLOTS << self.slots.shift() {
                self.cells.ended[Slots::place(self.number(started_ns))] += 1;
            } else {
                self.cells.late += 1;
            }
        }

        fn tick(&mut self, at_ns: u64) -> InFlight {
            self.tracker.observe(&self.cells, self.number(at_ns))
        }
    }

    #[test]
    fn a_call_is_overdue_once_it_is_older_than_the_limit_and_one_slot() {
        let mut series = Series::new(SECOND);
        series.start(0);
        let mut overdue = Vec::new();
        for second in 1..=8 {
            overdue.push(series.tick(second * SECOND).older_than(SECOND));
        }
        assert_eq!(overdue, [0, 1, 1, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn an_ended_call_is_not_in_flight_whenever_it_ends() {
        for end_ms in [1, 500, 1_900, 2_500, 4_000, 10_000] {
            let mut series = Series::new(SECOND);
            series.start(0);
            let end_ns = end_ms * 1_000_000;
            let mut ended = false;
            for second in 1..=20 {
                if !ended && end_ns <= second * SECOND {
                    series.end(0, end_ns);
                    ended = true;
                }
                let seen = series.tick(second * SECOND);
                assert_eq!(seen.total, u64::from(!ended), "end at {end_ms} ms, tick {second}");
                assert!(seen.older_than(SECOND) <= seen.total);
            }
        }
    }

    #[test]
    fn new_calls_in_a_reused_slot_do_not_hide_old_ones() {
        let mut series = Series::new(SECOND);
        series.start(0);
        for second in 1..=60 {
            let now = second * SECOND;
            for step in 0..10 {
                let at = now - SECOND + step * 100_000_000;
                series.start(at);
                series.end(at, at + 50_000_000);
            }
            let seen = series.tick(now);
            assert_eq!(seen.total, 1);
            assert_eq!(seen.older_than(SECOND), u64::from(second >= 2), "tick {second}");
        }
    }

    #[test]
    fn a_ticker_that_slept_calls_nothing_overdue_until_it_knows_again() {
        let mut series = Series::new(SECOND);
        series.tick(SECOND);
        series.start(30 * SECOND);
        assert_eq!(series.tick(30 * SECOND).older_than(SECOND), 0);
        assert_eq!(series.tick(31 * SECOND).older_than(SECOND), 0);
        assert_eq!(series.tick(33 * SECOND).older_than(SECOND), 1);
    }

    #[test]
    fn calls_that_never_end_are_lost_after_an_hour() {
        let mut series = Series::new(SECOND);
        (0..3).for_each(|_| series.start(0));
        let mut seen = Vec::new();
        for second in 1..=2 * 3_600 {
            let now = second * SECOND;
            series.start(now - 50_000_000);
            series.end(now - 50_000_000, now);
            let in_flight = series.tick(now);
            if seen.last() != Some(&(in_flight.older_than(SECOND), in_flight.lost)) {
                seen.push((in_flight.older_than(SECOND), in_flight.lost));
            }
        }
        assert_eq!(seen, [(0, 0), (3, 0), (0, 3)]);
        series.end(0, 2 * 3_600 * SECOND);
        let in_flight = series.tick(2 * 3_600 * SECOND + SECOND);
        assert_eq!((in_flight.total, in_flight.lost), (0, 2));
    }

    #[test]
    fn long_limits_get_longer_slots() {
        for limit_s in [1, 10, 60, 3_600] {
            let mut series = Series::new(limit_s * SECOND);
            series.start(0);
            let mut fired_at = None;
            for second in 1..=limit_s * 2 {
                if series.tick(second * SECOND).older_than(limit_s * SECOND) > 0 {
                    fired_at.get_or_insert(second);
                }
            }
            let fired_at = fired_at.expect("never overdue");
            assert!(
                fired_at > limit_s && fired_at <= limit_s + limit_s / 4 + 2,
                "{limit_s} s: at {fired_at} s"
            );
        }
    }
}
