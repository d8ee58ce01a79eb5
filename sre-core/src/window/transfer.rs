//! Pure. Moves what was counted in a span from one ladder to another.

use super::ladder::Ladder;
use super::tally::Tally;
use crate::units::EventCounts;

/// What two ladders of the same shape had counted at an instant: one of what is judged, one of what is set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) at_ns: u64,
    pub(crate) judged: Tally,
    pub(crate) aside: Tally,
}

/// Moves what `from` counted in the slots of `spans` to `to`, a ladder of the same shape.
///
/// Spans are apart from each other, oldest first, and from bounds of slots to bounds of slots as [`Ladder::covering`]
/// gives them. `marks` of sums that somebody else keeps go with it: each is the instant and the sums of both ladders at
/// it.
///
/// Takes one copy of the source and one turn of each ring, however many spans there are: meant for what people do, not
/// for each tick.
pub(crate) fn transfer<'a>(
    from: &mut Ladder,
    to: &mut Ladder,
    spans: &[(u64, u64)],
    marks: impl Iterator<Item = (u64, &'a mut Tally, &'a mut Tally)>,
) {
    let (moves, whole) = moves(from, spans);
    if whole.is_empty() {
        return;
    }
    let (source, target) = (from.clone(), to.clone());
    let moved = |at_ns: u64, sum: Tally| {
        let begun = moves.partition_point(|one| one.span.0 <= at_ns);
        let last = begun.checked_sub(1).and_then(|place| moves.get(place));
        last.map_or(EventCounts::ZERO, |last| last.moved(at_ns, sum))
    };
    for (at_ns, from, to) in marks {
        let moved = moved(at_ns, *from);
        (*from, *to) = (from.minus(moved), to.plus(moved));
    }
    from.fill_rings(source.sum().minus(whole), || {
        |at_ns| {
            let sum = source.sum_at(at_ns);
            sum.minus(moved(at_ns, sum))
        }
    });
    to.fill_rings(target.sum().plus(whole), || {
        |at_ns| target.sum_at(at_ns).plus(moved(at_ns, source.sum_at(at_ns)))
    });
}

/// What moves of one span.
#[derive(Clone, Copy, Debug)]
struct Move {
    span: (u64, u64),
    /// What had been counted when it began.
    start: Tally,
    /// What was counted in it.
    whole: EventCounts,
    /// What moves of earlier ones.
    before: EventCounts,
}

impl Move {
    /// What moves of what was counted up to an instant after it began, when there had been counted `sum`.
    fn moved(&self, at_ns: u64, sum: Tally) -> EventCounts {
        let own = if at_ns >= self.span.1 { self.whole } else { at_most(sum.since(self.start), self.whole) };
        self.before + own
    }
}

/// What moves of each span, and of all of them.
fn moves(source: &Ladder, spans: &[(u64, u64)]) -> (Vec<Move>, EventCounts) {
    let mut all = EventCounts::ZERO;
    let one = |span: &(u64, u64)| {
        let start = source.sum_at(span.0);
        let (whole, before) = (source.sum_at(span.1).since(start), all);
        all += whole;
        Move { span: *span, start, whole, before }
    };
    (spans.iter().map(one).collect(), all)
}

impl Ladder {
    /// The slots that a span touches, each in the finest resolution that reaches so far back: from when until when.
    ///
    /// What lies before all slots is cut off. `None` when nothing is left. The end may lie in the future.
    pub(crate) fn covering(&self, from_ns: u64, until_ns: u64) -> Option<(u64, u64)> {
        let oldest_ns = self.oldest_ns();
        if from_ns >= until_ns || until_ns <= oldest_ns {
            return None;
        }
        let from_ns = from_ns.max(oldest_ns);
        let first = from_ns - from_ns % self.slot_at_ns(from_ns);
        let last_ns = self.slot_at_ns(until_ns - 1);
        Some((first, until_ns.div_ceil(last_ns).saturating_mul(last_ns)))
    }

    /// When the oldest slot that is kept began.
    pub(crate) fn oldest_ns(&self) -> u64 {
        self.layers().last().map_or(0, |layer| layer.ring.start_ns(layer.ring.slots()))
    }

    /// What had been counted when the slot of an instant began.
    pub(crate) fn sum_before(&self, at_ns: u64) -> Tally {
        let slot_ns = self.slot_at_ns(at_ns);
        self.sum_at(at_ns / slot_ns * slot_ns)
    }

    /// The length of the slots of that time.
    fn slot_at_ns(&self, at_ns: u64) -> u64 {
        let mut layers = self.layers();
        let fitting = layers.find(|layer| layer.ring.start_ns(layer.ring.slots()) <= at_ns);
        fitting.map_or(self.coarsest_ns(), |layer| layer.ring.slot_ns())
    }

    /// What had been counted when a slot began; all so far when it is yet to begin.
    fn sum_at(&self, start_ns: u64) -> Tally {
        let reaches = |ring: &super::ring::Ring| ring.start_ns(ring.slots()) <= start_ns;
        let layer = self.layers().find(|layer| reaches(layer.ring)).or_else(|| self.layers().last());
        match layer {
            Some(layer) if start_ns <= layer.ring.start_ns(0) => layer.sum_before(layer.ring.age(start_ns)),
            _ => self.sum(),
        }
    }
}

/// A sum that somebody keeps may lie a little before that of the slot: then nothing came between.
fn at_most(counts: EventCounts, most: EventCounts) -> EventCounts {
    let kept = |count: u64, most: u64| if count < 1 << 55 { count.min(most) } else { 0 };
    EventCounts::new(kept(counts.good(), most.good()), kept(counts.bad(), most.bad()))
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::window::ladder::Rungs;

    const SECOND: u64 = 1_000_000_000;
    const START: u64 = 20_000 * 86_400 * SECOND + 7 * SECOND;

    fn windows() -> Vec<Duration> {
        [60, 3_600, 86_400, 604_800].map(Duration::from_secs).to_vec()
    }

    fn all(ladder: &Ladder) -> Vec<EventCounts> {
        (0..ladder.len()).map(|place| ladder.counts(place)).collect()
    }

    /// Seconds to wait, then events to count.
    fn history() -> impl Strategy<Value = Vec<(u64, u64, u64)>> {
        let wait = prop_oneof![3 => 0_u64..3, 3 => 0_u64..100, 1 => 0_u64..20_000];
        prop::collection::vec((wait, 0_u64..50, 0_u64..5), 1..60)
    }

    proptest! {
        /// Two ladders that are fed apart from each other from the start, and one of which all is moved later.
        #[test]
        fn moving_is_as_if_it_had_been_counted_there(
            past in history(),
            future in history(),
            ago in 0_u64..400_000,
            length in 1_u64..100_000,
        ) {
            let mut now = START;
            let (mut one, mut events) = (Ladder::new(&windows(), Rungs::EVENTS, now), Vec::new());
            for (wait, good, bad) in past {
                now += wait * SECOND;
                one.advance(now, EventCounts::new(good, bad), None);
                events.push((now, EventCounts::new(good, bad)));
            }
            let from = now.saturating_sub(ago * SECOND);
            let Some((from, until)) = one.covering(from, from + length * SECOND) else { return Ok(()) };
            let mut aside = one.emptied();
            let in_span = |at: u64| (from..until).contains(&at);
            let mark_at = now.saturating_sub(ago * SECOND / 2);
            let sum_at = |wanted: &dyn Fn(u64) -> bool| {
                events.iter().filter(|(at, _)| *at < mark_at && wanted(*at)).map(|(_, counts)| *counts).sum::<EventCounts>()
            };
            let (mut judged_mark, mut aside_mark) = (Tally::ZERO.plus(sum_at(&|_| true)), Tally::ZERO);
            // In two spans, of which the second may be empty, as in one.
            let middle = one.covering(now.saturating_sub(ago * SECOND / 3), u64::MAX).map_or(until, |(middle, _)| middle.clamp(from, until));
            let spans = [(from, middle), (middle, until)];
            transfer(&mut one, &mut aside, &spans, [(mark_at, &mut judged_mark, &mut aside_mark)].into_iter());
            prop_assert_eq!(judged_mark, Tally::ZERO.plus(sum_at(&|at| !in_span(at))));
            prop_assert_eq!(aside_mark, Tally::ZERO.plus(sum_at(&|at| in_span(at))));

            let mut apart = (Ladder::new(&windows(), Rungs::EVENTS, START), Ladder::new(&windows(), Rungs::EVENTS, START));
            for (at, counts) in events {
                let (inside, outside) = if in_span(at) { (counts, EventCounts::ZERO) } else { (EventCounts::ZERO, counts) };
                apart.0.advance(at, outside, None);
                apart.1.advance(at, inside, None);
            }
            prop_assert_eq!((all(&one), all(&aside)), (all(&apart.0), all(&apart.1)));
            for (wait, good, bad) in future {
                now += wait * SECOND;
                for ladder in [&mut one, &mut aside, &mut apart.0, &mut apart.1] {
                    ladder.advance(now, EventCounts::new(good, bad), None);
                }
                prop_assert_eq!((all(&one), all(&aside)), (all(&apart.0), all(&apart.1)));
            }
        }
    }

    #[test]
    fn a_span_is_covered_by_the_slots_of_its_age() {
        let mut ladder = Ladder::new(&windows(), Rungs::EVENTS, START);
        let hour = 3_600 * SECOND;
        let now = START - START % hour + 100 * hour + 1_234 * SECOND;
        ladder.advance(now, EventCounts::ZERO, None);
        let cover = |from: u64, until: u64| {
            ladder
                .covering(now - from * SECOND, now - until * SECOND)
                .map(|(from, until)| {
                    (from.cast_signed() - now.cast_signed(), until.cast_signed() - now.cast_signed())
                })
                .map(|(from, until)| (from / SECOND.cast_signed(), until / SECOND.cast_signed()))
        };
        // 20:34 past the hour: slots of 5 s, as the shortest window is a minute, for half an hour at least.
        assert_eq!(cover(1, 0), Some((-4, 1)));
        assert_eq!(
            cover(20 * 3_600 - 1, 19 * 3_600 - 1),
            Some((-20 * 3_600 - 34, -19 * 3_600 + 266)),
            "5 min"
        );
        assert_eq!(
            cover(99 * 3_600 - 1, 98 * 3_600 - 1),
            Some((-99 * 3_600 - 1_234, -98 * 3_600 + 2_366)),
            "1 h"
        );
        assert_eq!(cover(200 * 3_600, 199 * 3_600), None, "older than all slots");
    }
}
