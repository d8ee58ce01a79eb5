//! Pure. The parts of a time line that were not observed.

use serde::{Deserialize, Serialize};

use crate::lists::at_most;

/// How many gaps are kept; beyond it neighbours become one, which blurs where they were but not how long.
const GAPS_MAX: usize = 48;

/// Gaps for which room is made at once.
const ROOM: usize = 8;

/// Unobserved spans of a time line, oldest first, apart from each other.
///
/// Of many gaps, old ones are told less sharply than young ones: what has become one lies within a fraction of its
/// age. The time missed in all of them is exact, whatever their number.
///
/// # Size
///
/// At most 1,152 bytes, and none before the first gap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Gaps(#[serde(deserialize_with = "at_most::<GAPS_MAX, _, _, _>")] Vec<Gap>);

/// A span with unobserved time in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Gap {
    start_ns: u64,
    end_ns: u64,
    /// All of it, or less once several gaps have become one.
    missed_ns: u64,
}

impl Gap {
    /// What was missed of it since `from_ns`: of a gap that was several, in proportion, rounded up.
    fn missed_since(self, from_ns: u64) -> u64 {
        let whole_ns = self.end_ns.saturating_sub(self.start_ns);
        let rest_ns = self.end_ns.saturating_sub(from_ns);
        if rest_ns >= whole_ns {
            return self.missed_ns;
        }
        let missed_ns = (u128::from(self.missed_ns) * u128::from(rest_ns)).div_ceil(u128::from(whole_ns));
        u64::try_from(missed_ns).unwrap_or(rest_ns)
    }
}

impl Gaps {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether they can be gaps of ours, whoever wrote them.
    pub(super) fn is_sound(&self) -> bool {
        let is_ascending =
            |pair: &[Gap]| matches!(pair, [earlier, later] if earlier.end_ns <= later.start_ns);
        let is_whole = |gap: &Gap| {
            gap.end_ns.checked_sub(gap.start_ns).is_some_and(|whole_ns| gap.missed_ns <= whole_ns)
        };
        self.0.len() <= GAPS_MAX && self.0.iter().all(is_whole) && self.0.windows(2).all(is_ascending)
    }

    /// Notes that nothing was observed from `start_ns`, which is not before the end of the last gap, to `end_ns`.
    pub(super) fn note(&mut self, start_ns: u64, end_ns: u64) {
        let missed_ns = end_ns.saturating_sub(start_ns);
        if let Some(last) = self.0.last_mut().filter(|last| last.end_ns >= start_ns) {
            last.end_ns = end_ns;
            last.missed_ns = last.missed_ns.saturating_add(missed_ns);
            return;
        }
        if self.0.len() >= GAPS_MAX {
            self.join_two(end_ns);
        }
        if self.0.len() == self.0.capacity() {
            self.0.reserve_exact(ROOM);
        }
        self.0.push(Gap { start_ns, end_ns, missed_ns });
    }

    /// Notes the gaps of another line that began at `from_ns` or later.
    pub(super) fn follow_with(&mut self, later: &Self, from_ns: u64) {
        later.0.iter().filter(|gap| gap.start_ns >= from_ns).for_each(|gap| {
            self.note(gap.start_ns, gap.end_ns);
            if let Some(last) = self.0.last_mut() {
                let seen_ns = gap.end_ns.saturating_sub(gap.start_ns).saturating_sub(gap.missed_ns);
                last.missed_ns = last.missed_ns.saturating_sub(seen_ns);
            }
        });
    }

    /// Forgets gaps that ended before.
    pub(super) fn forget_before(&mut self, from_ns: u64) {
        self.0.retain(|gap| gap.end_ns > from_ns);
    }

    /// How much was not observed since `from_ns`.
    pub(super) fn missed_since(&self, from_ns: u64) -> u64 {
        let since = self.0.iter().rev().take_while(|gap| gap.end_ns > from_ns);
        since.fold(0, |missed_ns: u64, gap| missed_ns.saturating_add(gap.missed_since(from_ns)))
    }

    /// Renames all of them to lie earlier.
    pub(super) fn relabel(&mut self, earlier_ns: u64) {
        for gap in &mut self.0 {
            gap.start_ns = gap.start_ns.saturating_sub(earlier_ns);
            gap.end_ns = gap.end_ns.saturating_sub(earlier_ns);
            gap.missed_ns = gap.missed_ns.min(gap.end_ns - gap.start_ns);
        }
    }

    /// Makes one of the two neighbours that together are the shortest for their age.
    fn join_two(&mut self, now_ns: u64) {
        let length_and_age = |pair: &[Gap]| match pair {
            [earlier, later] => {
                let length_ns = later.end_ns.saturating_sub(earlier.start_ns);
                (u128::from(length_ns), u128::from(now_ns.saturating_sub(later.end_ns)))
            }
            _ => (1, 0),
        };
        let pairs = self.0.windows(2).map(length_and_age).enumerate();
        let shortest = pairs.min_by(|(_, a), (_, b)| (a.0 * b.1).cmp(&(b.0 * a.1)));
        if let Some((at, _)) = shortest {
            let later = self.0.remove(at + 1);
            if let Some(gap) = self.0.get_mut(at) {
                gap.end_ns = later.end_ns;
                gap.missed_ns = gap.missed_ns.saturating_add(later.missed_ns);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: u64 = 60_000_000_000;
    const DAY: u64 = 1_440 * MINUTE;

    fn noted(spans: &[(u64, u64)]) -> Gaps {
        let mut gaps = Gaps::new();
        spans.iter().for_each(|(start_ns, end_ns)| gaps.note(*start_ns, *end_ns));
        gaps
    }

    fn truth(spans: &[(u64, u64)], from: u64) -> u64 {
        spans.iter().map(|(start, end)| end.saturating_sub(from.max(*start))).sum()
    }

    #[test]
    fn a_gap_counts_from_where_one_looks() {
        let gaps = noted(&[(10, 20), (30, 50)]);
        assert_eq!([0, 10, 15, 20, 40, 50].map(|from| gaps.missed_since(from)), [30, 30, 25, 20, 10, 0]);
    }

    #[test]
    fn a_gap_that_goes_on_is_one() {
        let gaps = noted(&[(10, 20), (20, 50)]);
        assert_eq!((gaps.0.len(), gaps.missed_since(0)), (1, 40));
    }

    #[test]
    fn gaps_that_ended_before_are_forgotten() {
        let mut gaps = noted(&[(10, 20), (30, 50), (60, 70)]);
        gaps.forget_before(50);
        assert_eq!(gaps.0, noted(&[(60, 70)]).0);
    }

    #[test]
    fn renamed_gaps_keep_their_lengths_down_to_1970() {
        let mut gaps = noted(&[(10, 20), (30, 50)]);
        gaps.relabel(5);
        assert_eq!(gaps.0, noted(&[(5, 15), (25, 45)]).0);
        gaps.relabel(30);
        assert_eq!(gaps.missed_since(0), 15);
    }

    #[test]
    fn thousands_of_gaps_take_1_152_bytes_and_none_is_lost() {
        let spans: Vec<(u64, u64)> =
            (0..5_000).map(|n| (10 * n * MINUTE, 10 * n * MINUTE + MINUTE / 20)).collect();
        let gaps = noted(&spans);
        assert_eq!(gaps.0.capacity() * size_of::<Gap>(), 1_152);
        assert_eq!(gaps.missed_since(0), 5_000 * MINUTE / 20, "3 s each");
    }

    proptest! {
        /// Of each window, the time observed is known to within a tenth, whatever was missed, when and how often.
        #[test]
        fn many_gaps_blur_where_they_were_but_not_how_long(
            spans in prop::collection::vec((1_u64..120 * MINUTE, 1_u64..120 * MINUTE, 0_u32..8), 1..400),
        ) {
            let (mut now, mut seen) = (1_000 * DAY, Vec::new());
            for (observed, missed, scale) in spans {
                let start = now + (observed >> scale).max(1);
                now = start + (missed >> scale).max(1);
                seen.push((start, now));
            }
            let (gaps, all) = (noted(&seen), truth(&seen, 0));
            prop_assert!(gaps.0.len() <= GAPS_MAX);
            prop_assert_eq!(gaps.missed_since(0), all);
            for window in [5 * MINUTE, 60 * MINUTE, 360 * MINUTE, DAY, 3 * DAY, 30 * DAY] {
                let (told, truth) = (gaps.missed_since(now - window), truth(&seen, now - window));
                prop_assert!(told.abs_diff(truth) <= window / 10, "{} of {} in {}", told, truth, window);
                prop_assert!(told <= window);
            }
        }
    }
}
