//! Pure. One time line out of two clocks, and which parts of it were really observed.

use super::Tick;
use super::gaps::Gaps;

/// A wall clock that gains more than this on the monotonic one made a step, or the machine slept.
const SLACK_NS: u64 = 2_000_000_000;

/// A tick that comes later than this tells of a process that stood still, not of a slow ticker.
const LATE_NS_MAX: u64 = 300_000_000_000;

/// A tick may miss this many finest slots before its events are spread.
const LATE_SLOTS: u64 = 2;

/// What a tick did to the time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Where the time line was before, in the names that slots have now.
    pub(crate) from_ns: u64,
    /// Where it is now.
    pub(crate) now_ns: u64,
    /// By how much every slot has to be renamed first, because the wall clock stepped back.
    pub(crate) relabel_ns: u64,
    /// Whether some of the time since the tick before was not observed.
    pub(crate) gap: bool,
    /// Whether the tick missed more than two slots of observed time, so that its events are spread over them.
    pub(crate) late: bool,
}

/// Time as slots see it: the wall clock, but never back, and with the unobserved parts known.
///
/// - The wall clock leads where it can, so slots of several instances and runs fall together.
/// - When it steps back by up to one finest slot, time stands still until it has caught up.
/// - When it steps back further, or stands still for longer, time goes on by the monotonic clock, and slots are renamed by whole coarsest
///   slots, so that they are less than one coarsest slot ahead of the wall clock. Ages of events stay right.
/// - When it steps forward, or the machine slept, the time that the monotonic clock did not see is a gap.
/// - A tick more than five minutes late makes all the time since the one before a gap.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    last: Tick,
    now_ns: u64,
    started_ns: u64,
    finest_ns: u64,
    coarsest_ns: u64,
    keep_ns: u64,
    /// How much was lived since the wall clock last led.
    held_ns: u64,
    gaps: Gaps,
}

impl Timeline {
    /// A time line that begins at `start`, for slots of `finest_ns` to `coarsest_ns` and windows up to `keep_ns`.
    pub(crate) fn new(start: Tick, finest_ns: u64, coarsest_ns: u64, keep_ns: u64) -> Self {
        Self {
            last: start,
            now_ns: start.wall_ns,
            started_ns: start.wall_ns,
            finest_ns: finest_ns.max(1),
            coarsest_ns: coarsest_ns.max(1),
            keep_ns,
            held_ns: 0,
            gaps: Gaps::new(),
        }
    }

    /// Where the time line is.
    pub(crate) const fn now_ns(&self) -> u64 {
        self.now_ns
    }

    /// Moves to `tick`.
    pub(crate) fn advance(&mut self, tick: Tick) -> Step {
        let lived_ns = tick.elapsed_ns.saturating_sub(self.last.elapsed_ns);
        self.last = Tick { wall_ns: tick.wall_ns, elapsed_ns: tick.elapsed_ns.max(self.last.elapsed_ns) };
        let (now_ns, relabel_ns) = self.follow(tick.wall_ns, lived_ns);
        self.relabel(relabel_ns);

        let from_ns = self.now_ns;
        let advanced_ns = now_ns.saturating_sub(from_ns);
        let unobserved_ns = if lived_ns > LATE_NS_MAX {
            advanced_ns
        } else if advanced_ns > lived_ns.saturating_add(SLACK_NS) {
            advanced_ns - lived_ns
        } else {
            0
        };
        self.now_ns = now_ns;
        if unobserved_ns > 0 {
            self.gaps.forget_before(now_ns.saturating_sub(self.keep_ns));
            self.gaps.note(from_ns, from_ns + unobserved_ns);
        }
        let gap = unobserved_ns > 0;
        let late = !gap && now_ns / self.finest_ns - from_ns / self.finest_ns > LATE_SLOTS + 1;
        Step { from_ns, now_ns, relabel_ns, gap, late }
    }

    /// How much of the time since `from_ns` was observed.
    pub(crate) fn observed_ns(&self, from_ns: u64) -> u64 {
        let from_ns = from_ns.max(self.started_ns);
        let passed_ns = self.now_ns.saturating_sub(from_ns);
        passed_ns.saturating_sub(self.gaps.missed_since(from_ns))
    }

    /// The new place on the time line, in new names, and by how much names change.
    fn follow(&mut self, wall_ns: u64, lived_ns: u64) -> (u64, u64) {
        if wall_ns > self.now_ns {
            self.held_ns = 0;
            return (wall_ns, 0);
        }
        let lead_ns = self.now_ns - wall_ns;
        self.held_ns = self.held_ns.saturating_add(lived_ns);
        if lead_ns.max(self.held_ns) <= self.finest_ns {
            return (self.now_ns, 0);
        }
        let lead_ns = lead_ns.saturating_add(lived_ns);
        let relabel_ns =
            (lead_ns - lead_ns % self.coarsest_ns).min(self.now_ns - self.now_ns % self.coarsest_ns);
        (wall_ns.saturating_add(lead_ns - relabel_ns), relabel_ns)
    }

    fn relabel(&mut self, earlier_ns: u64) {
        if earlier_ns == 0 {
            return;
        }
        self.now_ns = self.now_ns.saturating_sub(earlier_ns);
        self.started_ns = self.started_ns.saturating_sub(earlier_ns);
        self.gaps.relabel(earlier_ns);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const HOUR: u64 = 3_600 * SECOND;
    const YEAR: u64 = 31_556_952 * SECOND;
    const NOON: u64 = 20_000 * 24 * HOUR + 12 * HOUR;

    fn tick(wall_ns: u64, elapsed_ns: u64) -> Tick {
        Tick { wall_ns, elapsed_ns }
    }

    fn at_noon() -> Timeline {
        Timeline::new(tick(NOON, 0), 10 * SECOND, HOUR, 24 * HOUR)
    }

    #[test]
    fn steady_ticks_are_observed_in_full() {
        let mut line = at_noon();
        for second in 1..=100 {
            let step = line.advance(tick(NOON + second * SECOND, second * SECOND));
            assert!(!step.gap && !step.late && step.relabel_ns == 0);
        }
        assert_eq!(line.observed_ns(0), 100 * SECOND);
        assert_eq!(line.observed_ns(NOON + 40 * SECOND), 60 * SECOND);
    }

    #[test]
    fn a_suspend_is_a_gap_up_to_the_last_second_lived() {
        let mut line = at_noon();
        line.advance(tick(NOON + SECOND, SECOND));
        let step = line.advance(tick(NOON + 8 * HOUR, 2 * SECOND));
        assert!(step.gap && !step.late);
        assert_eq!(line.observed_ns(0), 2 * SECOND);
        assert_eq!(line.observed_ns(NOON + 8 * HOUR - 5 * SECOND), SECOND);
    }

    #[test]
    fn a_suspend_that_the_monotonic_clock_counts_is_a_gap_too() {
        let mut line = at_noon();
        line.advance(tick(NOON + SECOND, SECOND));
        assert!(line.advance(tick(NOON + 8 * HOUR, 8 * HOUR)).gap);
        assert_eq!(line.observed_ns(0), SECOND);
    }

    #[test]
    fn a_starved_ticker_is_late_but_saw_everything() {
        let mut line = at_noon();
        line.advance(tick(NOON + 5 * SECOND, 5 * SECOND));
        let step = line.advance(tick(NOON + 39 * SECOND, 39 * SECOND));
        assert!(!step.gap && !step.late, "slots 10 and 20 are missed, two are not too many");
        let step = line.advance(tick(NOON + 70 * SECOND, 70 * SECOND));
        assert!(!step.gap && step.late, "slots 40, 50 and 60 are missed");
        assert_eq!(line.observed_ns(0), 70 * SECOND);
    }

    #[test]
    fn a_small_step_back_holds_time_until_the_wall_clock_has_caught_up() {
        let mut line = at_noon();
        line.advance(tick(NOON + 8 * SECOND, 8 * SECOND));
        let held = [(0, 9), (4, 13), (8, 17)];
        for (wall, elapsed) in held {
            let step = line.advance(tick(NOON + wall * SECOND, elapsed * SECOND));
            assert_eq!((step.now_ns, step.relabel_ns), (NOON + 8 * SECOND, 0), "wall {wall} s");
        }
        assert_eq!(line.advance(tick(NOON + 9 * SECOND, 18 * SECOND)).now_ns, NOON + 9 * SECOND);
    }

    #[test]
    fn a_wall_clock_that_stands_still_holds_time_for_one_slot_only() {
        let mut line = at_noon();
        for second in 1..=100 {
            line.advance(tick(NOON, second * SECOND));
        }
        assert_eq!(line.now_ns(), NOON + 90 * SECOND);
        assert_eq!(line.observed_ns(0), 90 * SECOND);
    }

    #[test]
    fn a_step_back_by_years_renames_slots_and_time_goes_on() {
        let mut line = at_noon();
        line.advance(tick(NOON + 100 * SECOND, 100 * SECOND));
        let back = NOON - 10 * YEAR;
        let step = line.advance(tick(back, 101 * SECOND));
        assert_eq!(step.relabel_ns % HOUR, 0);
        assert!(step.now_ns >= back && step.now_ns - back < HOUR, "ahead by less than the coarsest slot");
        assert_eq!(step.now_ns - step.from_ns, SECOND);
        assert_eq!(line.observed_ns(0), 101 * SECOND);
        let next = line.advance(tick(back + SECOND, 102 * SECOND));
        assert_eq!((next.now_ns - step.now_ns, next.relabel_ns), (SECOND, 0));
    }

    #[test]
    fn a_step_back_that_is_undone_leaves_no_trace() {
        let mut line = at_noon();
        line.advance(tick(NOON + 100 * SECOND, 100 * SECOND));
        line.advance(tick(NOON - 900 * SECOND, 101 * SECOND));
        let step = line.advance(tick(NOON + 102 * SECOND, 102 * SECOND));
        assert_eq!(step.now_ns, NOON + 102 * SECOND);
        assert_eq!(line.observed_ns(0), 102 * SECOND);
    }

    #[test]
    fn of_thousands_of_gaps_none_is_lost() {
        let mut line = at_noon();
        let mut elapsed = 0;
        for sleep in 1..=5_000 {
            elapsed += SECOND;
            line.advance(tick(NOON + elapsed + sleep * 10 * SECOND, elapsed));
        }
        // Ten of eleven seconds were missed, over the last day as over the last hour.
        let now = line.now_ns();
        for window in [HOUR / 12, HOUR, 6 * HOUR, 12 * HOUR] {
            let share = line.observed_ns(now - window) as f64 / window as f64;
            assert!((share - 1.0 / 11.0).abs() < 0.01, "{share} of {window}");
        }
    }

    #[test]
    fn the_ends_of_time_are_harmless() {
        let mut line = Timeline::new(tick(0, 0), SECOND, HOUR, 92 * 24 * HOUR);
        for (wall, elapsed) in [(u64::MAX, 1), (0, u64::MAX), (u64::MAX, u64::MAX), (0, 0), (1, u64::MAX)] {
            line.advance(tick(wall, elapsed));
            line.observed_ns(0);
        }
    }

    proptest! {
        #[test]
        fn time_never_goes_back_and_observed_never_exceeds_what_was_lived(
            steps in prop::collection::vec((prop::num::i64::ANY, 0_u64..3 * SECOND, 0_u8..4), 1..80),
        ) {
            let mut line = at_noon();
            let (mut wall, mut elapsed) = (NOON, 0);
            for (jump, lived, kind) in steps {
                elapsed += lived;
                wall = wall.saturating_add(lived);
                let jump = match kind { 0 => jump, 1 => jump % (20 * YEAR).cast_signed(), 2 => jump % (30 * SECOND).cast_signed(), _ => 0 };
                wall = wall.saturating_add_signed(jump);
                let step = line.advance(tick(wall, elapsed));
                prop_assert!(step.now_ns >= step.from_ns);
                prop_assert!(step.now_ns >= wall);
                prop_assert!(step.now_ns - wall < HOUR + 10 * SECOND);
                let kept_from = step.now_ns.saturating_sub(24 * HOUR);
                prop_assert!(line.observed_ns(kept_from) <= elapsed + SLACK_NS * 80);
            }
        }
    }
}
