//! Pure. One time line out of two clocks, and which parts of it were really observed.

use serde::{Deserialize, Serialize};

use super::Tick;
use super::gaps::Gaps;

/// A wall clock that gains more than this on the monotonic one made a step, or the machine slept.
const SLACK_NS: u64 = 2_000_000_000;

/// A tick without events that comes later than this tells of a process that stood still, not of a slow ticker.
const LATE_NS_MAX: u64 = 300_000_000_000;

/// The same for a tick with events; it also bounds the work of a late tick.
const BUSY_LATE_NS_MAX: u64 = 3_600_000_000_000;

/// A step forward of up to a day may be a suspend, and is believed at once.
const FORWARD_NS_MAX: u64 = 86_400_000_000_000;

/// Larger steps, and those back by which slots would be renamed, are believed once the wall clock ran evenly for a
/// minute.
const EVEN_NS: u64 = 60_000_000_000;

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
    /// Whether the tick missed more than two slots of observed time, or came more than five minutes late.
    pub(crate) late: bool,
}

impl Step {
    /// Whether events of this tick are shared out over the slots since the tick before.
    pub(crate) const fn is_spread(&self) -> bool {
        self.late && !self.gap
    }
}

/// Time as slots see it: the wall clock, but never back, and with the unobserved parts known.
///
/// - The wall clock leads where it can, so slots of several instances and runs fall together.
/// - When it steps back by up to one finest slot, time stands still until it has caught up.
/// - When it steps back further, or stands still for longer, time goes on by the monotonic clock, and slots are
///   renamed by whole coarsest slots, so that they are less than one coarsest slot ahead of the wall clock. Ages of
///   events stay right.
/// - When it steps forward, or the machine slept, the time that the monotonic clock did not see is a gap.
/// - A step by which slots would be renamed, and one forward by more than a day, is not believed before the wall clock
///   has run evenly for a minute. Until then time goes on by the monotonic clock, so a wrong clock that is put right
///   at once leaves no trace.
/// - A tick more than five minutes late, or with events more than an hour, makes all the time since the one before a
///   gap.
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
    /// How much was lived since the wall clock last made a step.
    even_ns: u64,
    gaps: Gaps,
}

/// Of a time line, what outlives the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptLine {
    now_ns: u64,
    started_ns: u64,
    gaps: Gaps,
    /// By how much it was ahead of the wall clock, after that went back.
    lead_ns: u64,
}

impl KeptLine {
    /// Goes on with what a later process observed, or one that ran at the same time; what neither saw is a gap.
    pub(crate) fn follow_with(&mut self, later: &Self) {
        if later.started_ns > self.now_ns {
            self.gaps.note(self.now_ns, later.started_ns);
        }
        self.gaps.follow_with(&later.gaps, self.now_ns);
        if later.now_ns >= self.now_ns {
            (self.now_ns, self.lead_ns) = (later.now_ns, later.lead_ns);
        }
        self.started_ns = self.started_ns.min(later.started_ns);
    }

    /// Whether it can be a time line of ours, whoever wrote it.
    pub(crate) fn is_sound(&self) -> bool {
        self.gaps.is_sound()
    }

    /// Up to where the earlier process observed.
    pub(crate) const fn now_ns(&self) -> u64 {
        self.now_ns
    }

    /// What the wall clock of the earlier process said then.
    pub(crate) const fn wall_ns(&self) -> u64 {
        self.now_ns.saturating_sub(self.lead_ns)
    }
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
            even_ns: 0,
            gaps: Gaps::new(),
        }
    }

    /// What outlives the process.
    pub(crate) fn kept(&self) -> KeptLine {
        // What it is ahead by more than that, it is for a clock that is not believed, and may be right in the next process.
        let lead_ns = Some(self.lead_ns()).filter(|lead_ns| *lead_ns < self.coarsest_ns).unwrap_or(0);
        KeptLine { now_ns: self.now_ns, started_ns: self.started_ns, gaps: self.gaps.clone(), lead_ns }
    }

    /// Takes over what an earlier process observed, up to where it left off.
    pub(crate) fn take_over(&mut self, kept: KeptLine) {
        (self.now_ns, self.started_ns, self.gaps) = (kept.now_ns, kept.started_ns, kept.gaps);
        // As if its last tick had been the start of this one, whose time nobody uses but to resume.
        self.last.wall_ns = kept.now_ns.saturating_sub(kept.lead_ns);
    }

    /// Goes on at `tick` from where an earlier process left off; the time between is `observed` or a gap.
    ///
    /// A wall clock that is behind the one of that process renames slots, as one that steps back does. What the line was
    /// ahead of the wall clock, it stays ahead, unless the clock has come as far: it may have been put right. A clock that
    /// is not `believed` yet, because this process just started, is not followed further than a [step](Self::advance) of it.
    pub(crate) fn resume(&mut self, tick: Tick, lived_ns: u64, observed: bool, believed: bool) -> Step {
        let wanted_ns = self.wanted_ns(tick, lived_ns);
        (self.last, self.held_ns) = (tick, 0);
        self.even_ns = if believed { EVEN_NS } else { 0 };
        let (now_ns, relabel_ns) = self.follow(wanted_ns, lived_ns);
        self.go_to(now_ns, relabel_ns, observed)
    }

    /// Where it goes on at `tick` if the wall clock is believed: after a time without a process, or one that this process
    /// lived through, in which a line that is ahead goes on by the monotonic clock.
    pub(crate) fn wanted_ns(&self, tick: Tick, lived_ns: u64) -> u64 {
        let is_behind = tick.wall_ns < self.now_ns;
        let by_wall_ns = tick.wall_ns.saturating_add(if is_behind { self.lead_ns() } else { 0 });
        if lived_ns == 0 { by_wall_ns } else { tick.wall_ns.max(self.now_ns.saturating_add(lived_ns)) }
    }

    /// Whether `tick` moves over a time that the monotonic clock did not see.
    pub(crate) fn leaps(&self, tick: Tick) -> bool {
        let lived_ns = tick.elapsed_ns.saturating_sub(self.last.elapsed_ns);
        let step = self.clone().advance(tick, true);
        step.gap && step.now_ns.saturating_sub(step.from_ns) > lived_ns.saturating_add(SLACK_NS)
    }

    /// Moves to `tick` over a time that is `observed` or a gap, whatever the monotonic clock saw of it.
    pub(crate) fn leap(&mut self, tick: Tick, observed: bool) -> Step {
        let lived_ns = self.live_until(tick);
        let (now_ns, relabel_ns) = self.follow(tick.wall_ns, lived_ns);
        self.go_to(now_ns, relabel_ns, observed)
    }

    /// Whether it does not follow to `wall_ns`, where it would go if the wall clock were believed.
    pub(crate) const fn doubts(&self, wall_ns: u64) -> bool {
        wall_ns > self.now_ns || self.now_ns - wall_ns >= self.coarsest_ns
    }

    /// How far it is ahead of the wall clock, which went back.
    pub(crate) const fn lead_ns(&self) -> u64 {
        self.now_ns.saturating_sub(self.last.wall_ns)
    }

    /// Whether the wall clock has run evenly for long enough to be believed.
    pub(crate) const fn is_even(&self) -> bool {
        self.even_ns >= EVEN_NS
    }

    fn go_to(&mut self, now_ns: u64, relabel_ns: u64, observed: bool) -> Step {
        self.relabel(relabel_ns);
        let from_ns = self.now_ns;
        self.now_ns = now_ns;
        let gap = now_ns > from_ns && !observed;
        if gap {
            self.gaps.forget_before(now_ns.saturating_sub(self.keep_ns));
            self.gaps.note(from_ns, now_ns);
        }
        Step { from_ns, now_ns, relabel_ns, gap, late: false }
    }

    /// The last tick.
    pub(crate) const fn last(&self) -> Tick {
        self.last
    }

    /// Where the time line is.
    pub(crate) const fn now_ns(&self) -> u64 {
        self.now_ns
    }

    /// Moves to `tick`, which is `busy` when anything happened since the one before.
    pub(crate) fn advance(&mut self, tick: Tick, busy: bool) -> Step {
        let lived_ns = self.live_until(tick);
        let (now_ns, relabel_ns) = self.follow(tick.wall_ns, lived_ns);
        self.relabel(relabel_ns);

        let from_ns = self.now_ns;
        let advanced_ns = now_ns.saturating_sub(from_ns);
        let late_ns_max = if busy { BUSY_LATE_NS_MAX } else { LATE_NS_MAX };
        let unobserved_ns = if lived_ns > late_ns_max {
            advanced_ns
        } else if advanced_ns > lived_ns.saturating_add(SLACK_NS) {
            advanced_ns - lived_ns
        } else {
            0
        };
        self.now_ns = now_ns;
        let gap = unobserved_ns > 0;
        if gap {
            self.gaps.forget_before(now_ns.saturating_sub(self.keep_ns));
            self.gaps.note(from_ns, from_ns + unobserved_ns);
        }
        let missed = now_ns / self.finest_ns - from_ns / self.finest_ns;
        let late = if gap { lived_ns > LATE_NS_MAX } else { missed > LATE_SLOTS + 1 };
        Step { from_ns, now_ns, relabel_ns, gap, late }
    }

    /// Moves to `tick` over a time in which both clocks ran evenly, as ticks in between would have done: what the line is
    /// ahead of the wall clock, it stays ahead, however long that was.
    #[cfg(feature = "test-util")]
    pub(crate) fn glide(&mut self, tick: Tick) -> Step {
        let from_ns = self.now_ns;
        self.now_ns = from_ns.saturating_add(self.live_until(tick));
        Step { from_ns, now_ns: self.now_ns, relabel_ns: 0, gap: false, late: false }
    }

    /// Takes note of both clocks; returns how much was lived since the tick before.
    fn live_until(&mut self, tick: Tick) -> u64 {
        let lived_ns = tick.elapsed_ns.saturating_sub(self.last.elapsed_ns);
        let is_even = tick.wall_ns.abs_diff(self.last.wall_ns.saturating_add(lived_ns)) <= SLACK_NS;
        self.even_ns = if is_even { self.even_ns.saturating_add(lived_ns) } else { 0 };
        self.last = Tick { wall_ns: tick.wall_ns, elapsed_ns: tick.elapsed_ns.max(self.last.elapsed_ns) };
        lived_ns
    }

    /// How much of the time since `from_ns` was observed.
    pub(crate) fn observed_ns(&self, from_ns: u64) -> u64 {
        let from_ns = from_ns.max(self.started_ns);
        let passed_ns = self.now_ns.saturating_sub(from_ns);
        passed_ns.saturating_sub(self.gaps.missed_since(from_ns))
    }

    /// How much of a time was not observed, though it was lived through: what came before the start was not.
    pub(crate) fn missed_ns(&self, from_ns: u64, until_ns: u64) -> u64 {
        let (from_ns, until_ns) = (from_ns.max(self.started_ns), until_ns.max(self.started_ns));
        self.gaps.missed_since(from_ns).saturating_sub(self.gaps.missed_since(until_ns))
    }

    /// The new place on the time line, in new names, and by how much names change.
    fn follow(&mut self, wall_ns: u64, lived_ns: u64) -> (u64, u64) {
        let by_life = (self.now_ns.saturating_add(lived_ns), 0);
        let is_believed = self.is_even();
        if wall_ns > self.now_ns {
            self.held_ns = 0;
            let is_far = wall_ns - self.now_ns > lived_ns.saturating_add(FORWARD_NS_MAX);
            return if is_far && !is_believed { by_life } else { (wall_ns, 0) };
        }
        let lead_ns = self.now_ns - wall_ns;
        self.held_ns = self.held_ns.saturating_add(lived_ns);
        if lead_ns.max(self.held_ns) <= self.finest_ns {
            return (self.now_ns, 0);
        }
        let lead_ns = lead_ns.saturating_add(lived_ns);
        let relabel_ns =
            (lead_ns - lead_ns % self.coarsest_ns).min(self.now_ns - self.now_ns % self.coarsest_ns);
        if relabel_ns > 0 && !is_believed {
            return by_life;
        }
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
            let step = line.advance(tick(NOON + second * SECOND, second * SECOND), false);
            assert!(!step.gap && !step.late && step.relabel_ns == 0);
        }
        assert_eq!(line.observed_ns(0), 100 * SECOND);
        assert_eq!(line.observed_ns(NOON + 40 * SECOND), 60 * SECOND);
    }

    #[test]
    fn a_suspend_is_a_gap_up_to_the_last_second_lived() {
        let mut line = at_noon();
        line.advance(tick(NOON + SECOND, SECOND), false);
        let step = line.advance(tick(NOON + 8 * HOUR, 2 * SECOND), false);
        assert!(step.gap && !step.late);
        assert_eq!(line.observed_ns(0), 2 * SECOND);
        assert_eq!(line.observed_ns(NOON + 8 * HOUR - 5 * SECOND), SECOND);
    }

    #[test]
    fn a_suspend_that_the_monotonic_clock_counts_is_a_gap_too() {
        let mut line = at_noon();
        line.advance(tick(NOON + SECOND, SECOND), false);
        assert!(line.advance(tick(NOON + 8 * HOUR, 8 * HOUR), false).gap);
        assert_eq!(line.observed_ns(0), SECOND);
    }

    #[test]
    fn a_starved_ticker_is_late_but_saw_everything() {
        let mut line = at_noon();
        line.advance(tick(NOON + 5 * SECOND, 5 * SECOND), false);
        let step = line.advance(tick(NOON + 39 * SECOND, 39 * SECOND), false);
        assert!(!step.gap && !step.late, "slots 10 and 20 are missed, two are not too many");
        let step = line.advance(tick(NOON + 70 * SECOND, 70 * SECOND), false);
        assert!(!step.gap && step.late, "slots 40, 50 and 60 are missed");
        assert_eq!(line.observed_ns(0), 70 * SECOND);
    }

    #[test]
    fn a_small_step_back_holds_time_until_the_wall_clock_has_caught_up() {
        let mut line = at_noon();
        line.advance(tick(NOON + 8 * SECOND, 8 * SECOND), false);
        let held = [(0, 9), (4, 13), (8, 17)];
        for (wall, elapsed) in held {
            let step = line.advance(tick(NOON + wall * SECOND, elapsed * SECOND), false);
            assert_eq!((step.now_ns, step.relabel_ns), (NOON + 8 * SECOND, 0), "wall {wall} s");
        }
        assert_eq!(line.advance(tick(NOON + 9 * SECOND, 18 * SECOND), false).now_ns, NOON + 9 * SECOND);
    }

    #[test]
    fn a_wall_clock_that_stands_still_holds_time_for_one_slot_only() {
        let mut line = at_noon();
        for second in 1..=100 {
            line.advance(tick(NOON, second * SECOND), false);
        }
        assert_eq!(line.now_ns(), NOON + 90 * SECOND);
        assert_eq!(line.observed_ns(0), 90 * SECOND);
    }

    /// One tick a second, with a wall clock that is off by `off_ns`; tells whether slots were renamed, or time missed.
    fn live(line: &mut Timeline, elapsed: &mut u64, seconds: u64, off_ns: i64) -> (bool, bool) {
        let (mut renamed, mut missed) = (false, false);
        for _ in 0..seconds {
            *elapsed += SECOND;
            let step = line.advance(tick((NOON + *elapsed).saturating_add_signed(off_ns), *elapsed), true);
            renamed |= step.relabel_ns > 0;
            missed |= step.gap;
            assert_eq!(step.relabel_ns % HOUR, 0);
        }
        (renamed, missed)
    }

    const YEARS: i64 = (10 * YEAR).cast_signed();

    #[test]
    fn a_step_back_by_years_renames_slots_after_a_minute_and_time_goes_on() {
        let (mut line, mut elapsed) = (at_noon(), 0);
        live(&mut line, &mut elapsed, 100, 0);
        assert_eq!(live(&mut line, &mut elapsed, 60, -YEARS), (false, false));
        assert_eq!(line.now_ns(), NOON + 160 * SECOND);
        assert_eq!(live(&mut line, &mut elapsed, 1, -YEARS), (true, false));
        let wall = NOON + elapsed - 10 * YEAR;
        assert!((wall..wall + HOUR).contains(&line.now_ns()), "ahead by less than the coarsest slot");
        assert_eq!(line.observed_ns(0), 161 * SECOND);
        assert_eq!(live(&mut line, &mut elapsed, 100, -YEARS), (false, false));
        assert_eq!(line.observed_ns(0), 261 * SECOND);
    }

    #[test]
    fn time_goes_on_through_a_restart_after_the_wall_clock_went_back() {
        let (mut line, mut elapsed) = (at_noon(), 0);
        live(&mut line, &mut elapsed, 100, -1_800 * SECOND.cast_signed());
        let wall_ns = NOON + elapsed - 1_800 * SECOND;
        let lead_ns = line.now_ns() - wall_ns;
        assert!(lead_ns > 1_000 * SECOND, "{lead_ns}");
        // Ten minutes later: as much later on the line, though that is still ahead of the wall clock.
        let later = tick(wall_ns + 600 * SECOND, 7);
        let mut other = Timeline::new(tick(line.now_ns(), 7), 10 * SECOND, HOUR, 24 * HOUR);
        other.take_over(line.kept());
        let step = other.resume(later, 0, false, false);
        assert_eq!((step.from_ns, step.now_ns), (line.now_ns(), line.now_ns() + 600 * SECOND));
        assert!(step.gap);
    }

    #[test]
    fn a_step_forward_by_more_than_a_day_is_a_gap_after_a_minute() {
        let (mut line, mut elapsed) = (at_noon(), 0);
        live(&mut line, &mut elapsed, 100, 0);
        assert_eq!(live(&mut line, &mut elapsed, 60, YEARS), (false, false));
        assert_eq!(live(&mut line, &mut elapsed, 1, YEARS), (false, true));
        assert_eq!(line.now_ns(), NOON + elapsed + 10 * YEAR);
        assert_eq!(line.observed_ns(0), 161 * SECOND);
        assert_eq!(line.observed_ns(line.now_ns() - HOUR), SECOND);
    }

    #[test]
    fn a_step_forward_of_a_day_is_believed_at_once() {
        let (mut line, mut elapsed) = (at_noon(), 0);
        assert_eq!(live(&mut line, &mut elapsed, 1, (24 * HOUR).cast_signed()), (false, true));
        assert_eq!(line.now_ns(), NOON + 24 * HOUR + SECOND);
    }

    #[test]
    fn a_wrong_clock_that_is_put_right_at_once_leaves_no_trace() {
        for off_ns in [YEARS, -YEARS, -900 * SECOND.cast_signed(), -(5 * HOUR).cast_signed()] {
            let (mut line, mut elapsed) = (at_noon(), 0);
            live(&mut line, &mut elapsed, 100, 0);
            assert_eq!(live(&mut line, &mut elapsed, 30, off_ns), (false, false));
            assert_eq!(live(&mut line, &mut elapsed, 100, 0), (false, false));
            assert_eq!((line.now_ns(), line.observed_ns(0)), (NOON + 230 * SECOND, 230 * SECOND), "{off_ns}");
        }
    }

    #[test]
    fn a_clock_that_never_runs_evenly_is_never_believed() {
        let (mut line, mut elapsed) = (at_noon(), 0);
        for second in 1..=1_000 {
            live(
                &mut line,
                &mut elapsed,
                1,
                if second % 30 == 0 { -YEARS } else { YEARS * (second % 7) / 6 },
            );
        }
        assert!(line.now_ns() < NOON + elapsed + 24 * HOUR);
        assert!(line.observed_ns(0) > elapsed - 20 * SECOND);
    }

    #[test]
    fn a_tick_with_events_may_be_an_hour_late_and_one_without_five_minutes() {
        for (minutes, busy, is_gap) in
            [(5, false, false), (6, false, true), (6, true, false), (60, true, false), (61, true, true)]
        {
            let mut line = at_noon();
            let passed = minutes * 60 * SECOND;
            let step = line.advance(tick(NOON + passed, passed), busy);
            assert_eq!(
                (step.gap, step.late, step.is_spread()),
                (is_gap, true, !is_gap),
                "{minutes} min {busy}"
            );
            assert_eq!(line.observed_ns(0), if is_gap { 0 } else { passed });
        }
    }

    #[test]
    fn of_thousands_of_gaps_none_is_lost() {
        let mut line = at_noon();
        let mut elapsed = 0;
        for sleep in 1..=5_000 {
            elapsed += SECOND;
            line.advance(tick(NOON + elapsed + sleep * 10 * SECOND, elapsed), false);
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
            line.advance(tick(wall, elapsed), false);
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
            let (mut from, mut ticks) = (NOON, steps.len() as u64);
            let even = (0..61).map(|_| (0, SECOND, 3));
            for (jump, lived, kind) in steps.into_iter().chain(even) {
                elapsed += lived;
                wall = wall.saturating_add(lived);
                let jump = match kind { 0 => jump, 1 => jump % (20 * YEAR).cast_signed(), 2 => jump % (30 * SECOND).cast_signed(), _ => 0 };
                wall = wall.saturating_add_signed(jump);
                let step = line.advance(tick(wall, elapsed), false);
                prop_assert!(step.now_ns >= step.from_ns);
                prop_assert_eq!(step.from_ns, from - step.relabel_ns);
                from = step.now_ns;
                ticks += 1;
                let kept_from = step.now_ns.saturating_sub(24 * HOUR);
                prop_assert!(line.observed_ns(kept_from) <= elapsed + SLACK_NS * ticks);
            }
            // Whatever was, after an even minute the wall clock is believed.
            prop_assert!(from >= wall || wall > u64::MAX - 61 * SECOND);
            prop_assert!(from.saturating_sub(wall) < HOUR + 10 * SECOND);
        }
    }
}
