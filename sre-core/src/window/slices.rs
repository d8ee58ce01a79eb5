//! Pure. Slices of time that are good or bad as a whole.

use core::time::Duration;

use super::spread::Spread;
use crate::units::{EventCounts, saturating_nanos};

/// Collects events until their slice of time is over.
///
/// Slices are aligned to multiples of their length since 1970 in UTC. A slice that was not observed to its end
/// is judged by what was seen of it; slices that passed wholly unobserved are nobody's.
#[derive(Clone, Debug)]
pub(crate) struct Slices {
    length_ns: u64,
    current: u64,
    open: EventCounts,
}

/// The slice that was open when a process ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct KeptSlice {
    start_ns: u64,
    good: u64,
    bad: u64,
}

impl Slices {
    /// Slices of `length`, the first one open at `now_ns`.
    pub(crate) fn new(length: Duration, now_ns: u64) -> Self {
        let length_ns = saturating_nanos(length).max(1_000_000_000);
        Self { length_ns, current: now_ns / length_ns, open: EventCounts::ZERO }
    }

    /// Moves to `now_ns`, adds `delta` to the slice there or shares it out, and hands each slice that is over to
    /// `on_end`, with the time of its end.
    ///
    /// Observed time between two ticks is at most an hour, which bounds the number of slices.
    pub(crate) fn advance(
        &mut self,
        now_ns: u64,
        delta: EventCounts,
        spread: Option<Spread>,
        gap: bool,
        mut on_end: impl FnMut(u64, EventCounts),
    ) {
        let target = now_ns / self.length_ns;
        let last = if gap { target.min(self.current + 1) } else { target };
        let mut shared = EventCounts::ZERO;
        for slice in self.current..last {
            let end_ns = (slice + 1).saturating_mul(self.length_ns);
            let before = spread.map_or(EventCounts::ZERO, |spread| spread.before(end_ns));
            on_end(end_ns, core::mem::take(&mut self.open) + before.since(shared));
            shared = before;
        }
        self.current = self.current.max(target);
        self.open += delta.since(shared);
    }

    /// Events of the slice that is not over yet.
    pub(crate) const fn open(&self) -> EventCounts {
        self.open
    }

    /// What outlives the process.
    pub(crate) const fn kept(&self) -> KeptSlice {
        KeptSlice {
            start_ns: self.current.saturating_mul(self.length_ns),
            good: self.open.good(),
            bad: self.open.bad(),
        }
    }

    /// Goes on with the slice that was open.
    pub(crate) fn resume(&mut self, kept: KeptSlice) {
        self.current = kept.start_ns / self.length_ns;
        self.open = EventCounts::new(kept.good, kept.bad);
    }

    /// Length of a slice.
    pub(crate) const fn length_ns(&self) -> u64 {
        self.length_ns
    }

    /// Renames slices after the wall clock stepped back to `now_ns`; the open one stays open.
    pub(crate) fn relabel(&mut self, now_ns: u64) {
        self.current = now_ns / self.length_ns;
    }
}

/// What a slice without events is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EmptySlice {
    /// Good; inflates the result of services with little traffic.
    Good,
    /// Not counted.
    #[default]
    Skip,
    /// Bad; for work that must happen.
    Bad,
    /// What the slice before it was; not counted when there is none.
    CarryLast,
}

impl EmptySlice {
    /// Its word in files, which never changes.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Skip => "skip",
            Self::Bad => "bad",
            Self::CarryLast => "carry_last",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::{Tick, Timeline};

    const SECOND: u64 = 1_000_000_000;

    fn ended(slices: &mut Slices, now: u64, delta: EventCounts, gap: bool) -> Vec<(u64, EventCounts)> {
        let mut ended = Vec::new();
        slices.advance(now * SECOND, delta, None, gap, |end, counts| ended.push((end / SECOND, counts)));
        ended
    }

    #[test]
    fn a_slice_ends_with_what_was_seen_of_it() {
        let mut slices = Slices::new(Duration::from_secs(60), 0);
        assert_eq!(ended(&mut slices, 59, EventCounts::new(3, 1), false), []);
        assert_eq!(ended(&mut slices, 61, EventCounts::new(0, 2), false), [(60, EventCounts::new(3, 1))]);
        assert_eq!(
            ended(&mut slices, 200, EventCounts::ZERO, false),
            [(120, EventCounts::new(0, 2)), (180, EventCounts::ZERO)]
        );
    }

    #[test]
    fn unobserved_slices_are_nobodys() {
        let mut slices = Slices::new(Duration::from_secs(60), 0);
        ended(&mut slices, 1, EventCounts::new(3, 1), false);
        assert_eq!(
            ended(&mut slices, 86_400, EventCounts::new(1, 0), true),
            [(60, EventCounts::new(3, 1))],
            "the one that was open ends, the others never were"
        );
        assert_eq!(slices.open(), EventCounts::new(1, 0));
    }

    #[test]
    fn a_late_tick_shares_its_events_out() {
        let start = Tick { wall_ns: 0, elapsed_ns: 0 };
        let mut line = Timeline::new(start, 10 * SECOND, 3_600 * SECOND, 3_600 * SECOND);
        let mut slices = Slices::new(Duration::from_secs(60), 0);
        let step = line.advance(Tick { wall_ns: 125 * SECOND, elapsed_ns: 125 * SECOND }, true);
        let delta = EventCounts::new(120, 24);
        let mut ended = Vec::new();
        let spread = Spread::of(step, 10 * SECOND, delta);
        slices
            .advance(step.now_ns, delta, spread, step.gap, |end, counts| ended.push((end / SECOND, counts)));
        // Slots 10 to 120, twelve of them, 10 good and 2 bad each.
        assert_eq!(ended, [(60, EventCounts::new(50, 10)), (120, EventCounts::new(60, 12))]);
        assert_eq!(slices.open(), EventCounts::new(10, 2));
    }
}
