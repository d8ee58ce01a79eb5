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
        self.touches((at_ns, at_ns.saturating_add(1)))
    }

    /// Whether some of a time is excluded.
    pub(super) fn touches(&self, (from_ns, until_ns): Span) -> bool {
        self.since(from_ns).first().is_some_and(|span| span.0 < until_ns)
    }

    /// How much of the time since `from_ns` is excluded and was not observed.
    pub(super) fn missed_ns(&self, line: &Timeline, from_ns: u64) -> u64 {
        let spans = self.since(from_ns).iter();
        let missed = spans.map(|span| line.missed_ns(span.0.max(from_ns), span.1.max(from_ns)));
        missed.fold(0, u64::saturating_add)
    }

    /// How much of the time since `from_ns` is excluded though it was observed.
    pub(super) fn observed_ns(&self, line: &Timeline, from_ns: u64) -> u64 {
        let seen = self.since(from_ns).iter().map(|span| {
            let until_ns = span.1.min(line.now_ns());
            line.observed_ns(span.0.max(from_ns)).saturating_sub(line.observed_ns(until_ns))
        });
        seen.fold(0, u64::saturating_add)
    }

    /// The excluded times that end after an instant.
    fn since(&self, from_ns: u64) -> &[Span] {
        self.spans.get(self.spans.partition_point(|span| span.1 <= from_ns)..).unwrap_or_default()
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
    pub(super) fn exclude(&mut self, spans: Vec<Span>) {
        if spans.is_empty() && self.aside.is_none() {
            return;
        }
        let (units, calls) = (&self.units, &self.calls);
        let blank = || Box::new(Aside { units: units.emptied(), calls: calls.emptied(), spans: Vec::new() });
        self.aside.get_or_insert_with(blank).spans = apart(spans);
    }

    /// Takes over what an earlier process had set aside, for the times that it excluded.
    pub(super) fn take_over_aside(&mut self, spans: Vec<Span>, kept: Option<KeptAside>) {
        self.exclude(spans);
        if let (Some(aside), Some(kept)) = (&mut self.aside, kept) {
            aside.units.fill(&kept.units);
            aside.calls.fill(&kept.calls);
        }
    }

    /// What of a time is covered when it is [set aside](Self::set_aside), up to now; `None` if nothing is kept of it.
    pub(super) fn covered(&self, span: Span) -> Option<Span> {
        let units = self.units_in(span, 0)?;
        let (from_ns, until_ns) = self.slices.as_ref().map_or(units, |slices| slices.times_of(units));
        Some((from_ns, until_ns.min(self.line.now_ns())))
    }

    /// Sets aside what was counted in times that [are excluded](Self::exclude), by whole slots, but nothing of slots
    /// before `since_ns`; `marks` go with it.
    pub(super) fn set_aside(&mut self, spans: &[Span], since_ns: u64, marks: &mut [&mut Mark]) {
        // Calls go with what is judged of them: of a slice that is yet to end, nothing is kept so far.
        let booked = spans.iter().filter(|span| self.units_in(**span, since_ns).is_some());
        let calls = apart(booked.filter_map(|span| self.calls_in(*span, since_ns)).collect());
        let units = apart(spans.iter().filter_map(|span| self.units_in(*span, since_ns)).collect());
        let Some(aside) = &mut self.aside else { return };
        let judged_first = marks.iter_mut().map(|mark| (mark.at_ns, &mut mark.judged, &mut mark.aside));
        transfer(&mut self.units, &mut aside.units, &units, judged_first);
        transfer(&mut self.calls, &mut aside.calls, &calls, core::iter::empty());
    }

    /// Judges again what was set aside in some times, by whole slots; those that `others` touch as well stay aside.
    pub(super) fn bring_back(&mut self, spans: &[Span], others: &[Span], marks: &mut [&mut Mark]) {
        let rest = |slots: &dyn Fn(Span) -> Option<Span>| {
            let slots_of = |spans: &[Span]| apart(spans.iter().filter_map(|span| slots(*span)).collect());
            rest_of(&slots_of(spans), &slots_of(others))
        };
        let (units, calls) = (rest(&|span| self.units_in(span, 0)), rest(&|span| self.calls_in(span, 0)));
        let Some(aside) = &mut self.aside else { return };
        let aside_first = marks.iter_mut().map(|mark| (mark.at_ns, &mut mark.aside, &mut mark.judged));
        transfer(&mut aside.units, &mut self.units, &units, aside_first);
        transfer(&mut aside.calls, &mut self.calls, &calls, core::iter::empty());
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

/// The times in which some of the spans is, apart from each other, oldest first.
fn apart(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.0 <= last.1 => last.1 = last.1.max(span.1),
            _ => apart.push(span),
        }
    }
    apart
}

/// What is left of spans without others; both are [apart].
fn rest_of(spans: &[Span], others: &[Span]) -> Vec<Span> {
    let mut others = others.iter().copied().peekable();
    let mut rest = Vec::with_capacity(spans.len());
    for (mut from_ns, until_ns) in spans.iter().copied() {
        while let Some(other) = others.peek().copied().filter(|other| other.0 < until_ns) {
            if other.0 > from_ns {
                rest.push((from_ns, other.0));
            }
            from_ns = from_ns.max(other.1);
            if other.1 > until_ns {
                break;
            }
            others.next();
        }
        if from_ns < until_ns {
            rest.push((from_ns, until_ns));
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_spans_is_what_no_other_has() {
        let rest = |spans: &[Span], others: &[Span]| rest_of(&apart(spans.to_vec()), &apart(others.to_vec()));
        assert_eq!(rest(&[(10, 50)], &[]), [(10, 50)]);
        assert_eq!(rest(&[(10, 50)], &[(20, 30), (25, 40), (60, 70)]), [(10, 20), (40, 50)]);
        assert_eq!(rest(&[(10, 50)], &[(0, 20), (45, 99)]), [(20, 45)]);
        assert_eq!(rest(&[(10, 50)], &[(0, 99), (20, 30)]), []);
        assert_eq!(rest(&[], &[(0, 99)]), []);
        let many = [(60, 70), (10, 50), (40, 55), (80, 90)];
        assert_eq!(
            rest(&many, &[(0, 5), (20, 30), (50, 62), (69, 85), (90, 99)]),
            [(10, 20), (30, 50), (62, 69), (85, 90)]
        );
    }
}
