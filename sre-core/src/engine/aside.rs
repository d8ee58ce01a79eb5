//! Pure. What one objective counted in times that are excluded: kept beside what is judged.

use super::memory::KeptAside;
use super::past::{Past, SliceJudge};
use crate::units::EventCounts;
use crate::window::{Ladder, Mark, Step, Tally, Timeline, transfer};

/// A time: its first instant and the first one after it, in nanoseconds since 1970.
pub(super) type Span = (u64, u64);

/// What was counted in excluded times. Without exclusions there is none, so that they cost nothing.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    pub(super) units: Ladder,
    pub(super) calls: Ladder,
    /// The excluded times, apart from each other, oldest first.
    spans: Vec<Span>,
}

impl Aside {
    /// Whether an instant is excluded.
    pub(super) fn contains(&self, at_ns: u64) -> bool {
        self.spans.iter().any(|(from_ns, until_ns)| (*from_ns..*until_ns).contains(&at_ns))
    }

    /// Whether some of a time is excluded.
    pub(super) fn touches(&self, (from_ns, until_ns): Span) -> bool {
        self.spans.iter().any(|span| span.0 < until_ns && from_ns < span.1)
    }

    /// How much of the time since `from_ns` is excluded and was not observed.
    pub(super) fn missed_ns(&self, line: &Timeline, from_ns: u64) -> u64 {
        let missed = self.spans.iter().map(|span| line.missed_ns(span.0.max(from_ns), span.1.max(from_ns)));
        missed.fold(0, u64::saturating_add)
    }

    /// Moves on, with what was counted since.
    pub(super) fn advance(&mut self, now_ns: u64, units: EventCounts, calls: EventCounts) {
        self.units.advance(now_ns, units, None);
        self.calls.advance(now_ns, calls, None);
    }

    pub(super) fn relabel(&mut self, earlier_ns: u64) {
        self.units.relabel(earlier_ns);
        self.calls.relabel(earlier_ns);
    }

    pub(super) fn bytes(&self) -> usize {
        self.units.bytes() + self.calls.bytes()
    }
}

impl Past {
    /// Says which times are excluded from now on, in any order. The room for what is set aside stays, once it was
    /// needed, as long as the process.
    pub(super) fn exclude(&mut self, mut spans: Vec<Span>) {
        if spans.is_empty() && self.aside.is_none() {
            return;
        }
        spans.sort_unstable();
        let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match apart.last_mut() {
                Some(last) if span.0 <= last.1 => last.1 = last.1.max(span.1),
                _ => apart.push(span),
            }
        }
        let (units, calls) = (&self.units, &self.calls);
        let blank = || Box::new(Aside { units: units.emptied(), calls: calls.emptied(), spans: Vec::new() });
        self.aside.get_or_insert_with(blank).spans = apart;
    }

    /// Takes over what an earlier process had set aside, for the times that it excluded.
    pub(super) fn take_over_aside(&mut self, spans: Vec<Span>, kept: Option<KeptAside>) {
        self.exclude(spans);
        if let (Some(aside), Some(kept)) = (&mut self.aside, kept) {
            aside.units.fill(&kept.units);
            aside.calls.fill(&kept.calls);
        }
    }

    /// Sets aside what was counted in a time that [is excluded](Self::exclude), by whole slots, but nothing of slots
    /// before `since_ns`; `marks` go with it.
    ///
    /// Returns what of it is covered, up to now; `None` if nothing is kept of it.
    pub(super) fn set_aside(&mut self, span: Span, since_ns: u64, marks: &mut [&mut Mark]) -> Option<Span> {
        let now_ns = self.line.now_ns();
        let units = self.units_in(span, since_ns)?;
        let calls = self.calls_in(span, since_ns);
        let aside = self.aside.as_mut()?;
        let judged_first = marks.iter_mut().map(|mark| (mark.at_ns, &mut mark.judged, &mut mark.aside));
        transfer(&mut self.units, &mut aside.units, units, judged_first);
        if let Some(calls) = calls {
            transfer(&mut self.calls, &mut aside.calls, calls, core::iter::empty());
        }
        let (from_ns, until_ns) = self.slices.as_ref().map_or(units, |slices| slices.times_of(units));
        Some((from_ns, until_ns.min(now_ns)))
    }

    /// Judges again what was set aside in a time, by whole slots; those that `others` touch as well stay aside.
    pub(super) fn bring_back(&mut self, span: Span, others: &[Span], marks: &mut [&mut Mark]) {
        let units =
            rest_of(self.units_in(span, 0), others.iter().filter_map(|other| self.units_in(*other, 0)));
        let calls =
            rest_of(self.calls_in(span, 0), others.iter().filter_map(|other| self.calls_in(*other, 0)));
        let Some(aside) = &mut self.aside else { return };
        for span in units {
            let aside_first = marks.iter_mut().map(|mark| (mark.at_ns, &mut mark.aside, &mut mark.judged));
            transfer(&mut aside.units, &mut self.units, span, aside_first);
        }
        for span in calls {
            transfer(&mut aside.calls, &mut self.calls, span, core::iter::empty());
        }
    }

    /// Whether a late tick spread events over a time of which some is excluded.
    pub(super) fn has_spread_over_excluded(&self, step: Step) -> bool {
        let touches = |aside: &Aside| aside.touches((step.from_ns, step.now_ns.saturating_add(1)));
        step.is_spread() && self.aside.as_deref().is_some_and(touches)
    }

    /// Whether what happens now does not count.
    pub(super) fn is_excluding(&self) -> bool {
        let now_ns = self.line.now_ns();
        self.aside.as_ref().is_some_and(|aside| match &self.slices {
            None => aside.contains(now_ns),
            Some(slices) => aside.touches(slices.open_time(now_ns)),
        })
    }

    /// What is set aside, if anything can be.
    pub(super) fn aside(&self) -> Option<&Aside> {
        self.aside.as_deref()
    }

    /// Excluded events of a window.
    pub(super) fn excluded(&self, place: usize) -> EventCounts {
        self.aside().map_or(EventCounts::ZERO, |aside| aside.units.counts(place))
    }

    /// Both sums as they are now, as those at an instant.
    pub(super) fn mark(&self, at_ns: u64) -> Mark {
        Mark { at_ns, judged: self.units.sum(), aside: self.aside_sum() }
    }

    /// Both sums when the slot of an earlier instant began.
    pub(super) fn mark_of_slot(&self, at_ns: u64) -> Mark {
        let aside = self.aside().map_or(Tally::ZERO, |aside| aside.units.sum_before(at_ns));
        Mark { at_ns, judged: self.units.sum_before(at_ns), aside }
    }

    /// What was set aside so far.
    pub(super) fn aside_sum(&self) -> Tally {
        self.aside().map_or(Tally::ZERO, |aside| aside.units.sum())
    }

    /// What was counted so far, whatever is excluded of it.
    pub(super) fn raw_sum(&self) -> Tally {
        self.units.sum().plus(self.aside_sum().since(Tally::ZERO))
    }

    /// From when on it is known what happened when.
    pub(super) fn oldest_ns(&self) -> u64 {
        self.units.oldest_ns()
    }

    /// The slots in which what happened in a time was booked. A slice counts when it ends.
    fn units_in(&self, span: Span, since_ns: u64) -> Option<Span> {
        let booked = self.slices.as_ref().map_or(span, |slices| slices.ends_in(span));
        self.so_far(booked, since_ns, &self.units)
    }

    fn calls_in(&self, span: Span, since_ns: u64) -> Option<Span> {
        self.so_far(span, since_ns, &self.calls)
    }

    fn so_far(&self, span: Span, since_ns: u64, ladder: &Ladder) -> Option<Span> {
        ladder.covering(span.0.max(since_ns), span.1.min(self.line.now_ns().saturating_add(1)))
    }
}

impl SliceJudge {
    /// When the slices end that have some of a time in them.
    fn ends_in(&self, (from_ns, until_ns): Span) -> Span {
        let (step_ns, length_ns) = (self.slices.length_ns(), self.length_ns());
        let first_ns = (from_ns / step_ns + 1).saturating_mul(step_ns);
        let last_ns = until_ns.saturating_add(length_ns - 1) / step_ns * step_ns;
        (first_ns, last_ns.saturating_add(1))
    }

    /// From where to where the slices go that end in a time.
    fn times_of(&self, (from_ns, until_ns): Span) -> Span {
        let step_ns = self.slices.length_ns();
        let first_ns = from_ns.div_ceil(step_ns).saturating_mul(step_ns);
        let last_ns = until_ns.saturating_sub(1) / step_ns * step_ns;
        (first_ns.saturating_sub(self.length_ns()), last_ns)
    }

    /// The time of the open slice, up to now.
    fn open_time(&self, now_ns: u64) -> Span {
        let step_ns = self.slices.length_ns();
        let end_ns = (now_ns / step_ns + 1).saturating_mul(step_ns);
        (end_ns.saturating_sub(self.length_ns()), now_ns.saturating_add(1))
    }
}

/// What is left of a span without others.
fn rest_of(span: Option<Span>, others: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut others: Vec<Span> = others.collect();
    others.sort_unstable();
    let Some((mut from_ns, until_ns)) = span else { return Vec::new() };
    let mut rest = Vec::new();
    for other in others {
        if other.0 > from_ns {
            rest.push((from_ns, other.0.min(until_ns)));
        }
        from_ns = from_ns.max(other.1);
    }
    rest.push((from_ns, until_ns));
    rest.retain(|span| span.0 < span.1);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_span_is_what_no_other_has() {
        let rest = |span, others: &[Span]| rest_of(Some(span), others.iter().copied());
        assert_eq!(rest((10, 50), &[]), [(10, 50)]);
        assert_eq!(rest((10, 50), &[(20, 30), (25, 40), (60, 70)]), [(10, 20), (40, 50)]);
        assert_eq!(rest((10, 50), &[(0, 20), (45, 99)]), [(20, 45)]);
        assert_eq!(rest((10, 50), &[(0, 99), (20, 30)]), []);
        assert_eq!(rest_of(None, core::iter::empty()), []);
    }
}
