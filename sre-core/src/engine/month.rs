//! Cold. The durations of one SLI over the last 30 days: filled from the intervals that end anyway, and told as
//! percentiles of a day, a week and 30 days.

use core::time::Duration;
use std::borrow::Cow;

use super::age::{Moment, hour_of};
use super::archive::{AddedHours, KeptHours};
use super::keeper::Keeper;
use super::looks::Looks;
use crate::histogram::{Hours, Snapshot, Stretch};
use crate::report::Percentiles;
use crate::window::Tick;

/// Intervals between two looks at the percentiles: a minute.
const INTERVALS_PER_LOOK: u64 = 6;

/// A process that says nothing for longer than this stood still, and saw nothing either.
const STILL_NS: u64 = 300_000_000_000;

const SECOND_NS: u64 = 1_000_000_000;

/// Hours of the windows.
const WINDOWS: [u32; 3] = [24, 7 * 24, 30 * 24];

/// The last 30 days.
#[derive(Debug)]
pub(super) struct Month {
    hours: Hours,
    /// The hour in which the current interval began; what is recorded in it counts there.
    hour: u32,
    /// Up to when time was counted as observed, by the monotonic clock.
    observed_ns: u64,
    /// Hours that changed since they were last written.
    changed: Vec<u32>,
    /// Whether some of those cannot be written by themselves any more.
    is_scattered: bool,
    sums: Option<Sums>,
    /// The number of the last look.
    look: Option<u64>,
    turn: Turn,
    /// Of a first interval that was left aside.
    held: Option<Snapshot>,
    has_held: bool,
    percentiles: Vec<Percentiles>,
    has_asked: bool,
}

/// Whether the full hours may be summed: 720 of them take as long as the ticks of many SLIs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Turn {
    /// Nobody asked.
    #[default]
    Free,
    /// Others come before.
    Waiting,
    /// In this tick.
    Called,
}

/// All full hours of each window, so that a look need not open 720 of them.
#[derive(Debug)]
struct Sums {
    /// The hour after them.
    until: u32,
    /// Durations as bytes, and the seconds that were observed.
    stretches: Vec<(Box<[u8]>, u64)>,
}

impl Sums {
    fn of(hours: &Hours, until: u32) -> Self {
        #[cfg(test)]
        tests::SUMS.with(|sums| sums.set(sums.get() + 1));
        let pack = |stretch: Stretch| (stretch.durations.encode().into(), stretch.observed_s);
        Self { until, stretches: hours.before(until, &WINDOWS).into_iter().map(pack).collect() }
    }

    fn stretches(&self) -> impl Iterator<Item = Stretch> + '_ {
        self.stretches.iter().map(|(bytes, observed_s)| Stretch {
            // Our own bytes can be read.
            durations: Snapshot::decode(bytes).unwrap_or_default(),
            observed_s: *observed_s,
        })
    }
}

impl Month {
    pub(super) fn new(start: Tick) -> Self {
        Self {
            hours: Hours::default(),
            hour: hour_of(start.wall_ns),
            observed_ns: start.elapsed_ns,
            changed: Vec::new(),
            is_scattered: false,
            sums: None,
            look: None,
            turn: Turn::Free,
            held: None,
            has_held: false,
            percentiles: Vec::new(),
            has_asked: false,
        }
    }

    /// Percentiles of a day, a week and 30 days, as of the last look.
    pub(super) fn percentiles(&self) -> &[Percentiles] {
        &self.percentiles
    }

    /// Adds an interval that ends now.
    pub(super) fn end_interval(&mut self, interval: &Snapshot, now: Moment, looks: &Looks) {
        // Time without calls is taken note of where it matters: each minute, and where an hour ends.
        let is_of_the_hour = self.hour == now.hour;
        let is_idle = interval.is_empty() && self.held.as_ref().is_none_or(Snapshot::is_empty);
        if is_idle && is_of_the_hour && self.look == Some(now.look()) {
            return;
        }
        // At the first tick after a start the first intervals of all SLIs end at once. The next ones do in turn.
        let may_hold = !self.has_held && looks.are_spent();
        if may_hold && is_of_the_hour && self.hours.packs_for(self.hour) {
            self.has_held = true;
            self.held = Some(interval.clone());
            return;
        }
        let observed_s = self.observed_s(now);
        let interval = self.with_held(interval);
        add(&mut self.hours, self.hour, &interval, observed_s);
        self.held = None;
        self.note_change(self.hour);
        // The rest of a second counts with the next one.
        let left_ns = now.elapsed_ns.saturating_sub(self.observed_ns) % SECOND_NS;
        self.observed_ns = now.elapsed_ns.saturating_sub(left_ns);
        self.hour = now.hour;
    }

    /// The interval with what was left aside.
    fn with_held<'a>(&self, interval: &'a Snapshot) -> Cow<'a, Snapshot> {
        match &self.held {
            None => Cow::Borrowed(interval),
            Some(held) => {
                let mut both = held.clone();
                both.merge(interval);
                Cow::Owned(both)
            }
        }
    }

    /// It is this SLI's turn in the tick that begins.
    pub(super) fn call(&mut self) {
        self.turn = Turn::Called;
    }

    /// Whether it is its turn in this tick.
    pub(super) fn is_called(&self) -> bool {
        self.turn == Turn::Called
    }

    /// Looks at the percentiles if a minute is over. Where the full hours have to be summed for it, that waits until the
    /// SLI's turn comes; what was told last stays.
    pub(super) fn look(&mut self, sli: usize, now: Moment, looks: &mut Looks) {
        let is_due = self.look != Some(now.look());
        let may = match self.turn {
            Turn::Free => is_due && (self.has_sums(now) || looks.ask(sli)),
            Turn::Waiting => false,
            // As long as an interval of the hour before goes on, that hour is not full.
            Turn::Called => self.hour == now.hour,
        };
        if may {
            (self.turn, self.look) = (Turn::Free, Some(now.look()));
            self.look_back(now);
            return;
        }
        if self.is_called() {
            looks.wait(sli);
        }
        if self.is_called() || is_due {
            self.turn = Turn::Waiting;
        }
    }

    /// Whether the full hours are summed.
    fn has_sums(&self, now: Moment) -> bool {
        self.sums.as_ref().is_some_and(|sums| sums.until == now.hour)
    }

    /// Seconds since time was last counted as observed.
    fn observed_s(&self, now: Moment) -> u32 {
        let lived_ns = now.elapsed_ns.saturating_sub(self.observed_ns);
        let observed_ns = if lived_ns > STILL_NS { 0 } else { lived_ns };
        u32::try_from(observed_ns / SECOND_NS).unwrap_or(0)
    }

    fn note_change(&mut self, hour: u32) {
        if !self.changed.contains(&hour) {
            self.changed.push(hour);
        }
        self.is_scattered |= self.changed.iter().any(|hour| self.hours.recent(*hour).is_none());
        if self.is_scattered {
            self.changed.clear();
        }
    }

    fn look_back(&mut self, now: Moment) {
        if !self.has_sums(now) {
            self.sums = Some(Sums::of(&self.hours, now.hour));
        }
        let current = self.hours.at(now.hour);
        let stretches = self.sums.iter().flat_map(Sums::stretches);
        let tell = |(window, mut stretch): (Duration, Stretch)| {
            stretch.add(&current);
            let length = window + Duration::from_secs(u64::from(now.second_of_hour));
            Percentiles::of_hours(window, length, &stretch)
        };
        self.percentiles = Percentiles::LONG_WINDOWS.into_iter().zip(stretches).map(tell).collect();
    }

    /// Goes on from what an earlier process remembered; once, unless another process has let go of more.
    pub(super) fn resume(&mut self, sli: &str, keeper: &mut Keeper, again: bool) {
        if self.has_asked && !again {
            return;
        }
        self.has_asked = true;
        if let Some(mut hours) = keeper.claim_hours(sli) {
            self.is_scattered |= !self.hours.is_empty();
            hours.merge(&self.hours);
            self.hours = hours;
            (self.sums, self.look) = (None, None);
            self.percentiles.clear();
        }
    }

    /// Adds the hours that changed since the last flush, with what the current `interval` has so far; returns whether
    /// that is all.
    pub(super) fn added(
        &mut self,
        sli: &str,
        interval: &Snapshot,
        now: Moment,
        page: &mut Vec<AddedHours>,
    ) -> bool {
        if core::mem::take(&mut self.is_scattered) {
            self.changed.clear();
            return false;
        }
        let mut numbers = core::mem::take(&mut self.changed);
        let is_idle = interval.is_empty() && self.held.as_ref().is_none_or(Snapshot::is_empty);
        if !is_idle && !numbers.contains(&self.hour) {
            numbers.push(self.hour);
        }
        if numbers.is_empty() {
            return true;
        }
        let hours = self.with(interval, now);
        let bytes = |number: u32| Some((number, hours.recent(number)?.clone()));
        let Some(hours) = numbers.into_iter().map(bytes).collect() else { return false };
        page.push(AddedHours { sli: sli.to_owned(), hours });
        true
    }

    /// Everything, with what the current `interval` has so far.
    pub(super) fn kept(&self, sli: &str, interval: &Snapshot, now: Moment) -> KeptHours {
        KeptHours { sli: sli.to_owned(), hours: self.with(interval, now) }
    }

    fn with(&self, interval: &Snapshot, now: Moment) -> Hours {
        let mut hours = self.hours.clone();
        add(&mut hours, self.hour, &self.with_held(interval), self.observed_s(now));
        hours
    }
}

impl Moment {
    /// The number of the current look, of which each SLI has one a minute.
    const fn look(self) -> u64 {
        self.interval / INTERVALS_PER_LOOK
    }
}

fn add(hours: &mut Hours, hour: u32, interval: &Snapshot, observed_s: u32) {
    if observed_s > 0 || !interval.is_empty() {
        hours.add(hour, interval, observed_s);
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use super::super::archive::{Archive, encode};
    use super::*;
    use crate::clock::ManualClock;
    use crate::engine::Engine;
    use crate::histogram::Layout;
    use crate::primitive::Arc;
    use crate::sli::{Outcome, Sli};
    use crate::slo::Objective;
    use crate::store::model::{ModelDisk, World};
    use crate::store::{Options, Store};

    std::thread_local! {
        /// How often this thread summed full hours.
        pub(super) static SUMS: Cell<usize> = const { Cell::new(0) };
    }

    const SLIS: usize = 550;
    /// Hundred seconds before an hour is full.
    const START_S: u64 = 472_000 * 3_600 + 3_500;

    fn full_month(until: u32) -> Hours {
        let millis = |hour: u32| Duration::from_millis(u64::from(hour % 7 + 1));
        let mut hours = Hours::default();
        for hour in until - 720..until {
            hours.add(hour, &Snapshot::from_durations(Layout::BITS_6, [millis(hour)]), 3_600);
        }
        hours
    }

    /// An engine that goes on from full months.
    fn resumed(slis: usize) -> (Engine, Vec<Sli>) {
        let hours = full_month(hour_of(START_S * SECOND_NS));
        let kept = |n| KeptHours { sli: format!("month.{n}"), hours: hours.clone() };
        let archive = Archive { durations: (0..slis).map(kept).collect(), ..Archive::default() };
        let world = World::new();
        let (mut store, _) = Store::open(Box::new(ModelDisk::new(&world)), Options::default(), START_S);
        store.begin_generation(&encode(&archive)).unwrap();
        store.close();
        let clock = ManualClock::at_unix_seconds(START_S);
        let builder = Engine::builder().manual_clock(clock).state_dir("/model");
        let mut builder = builder.flush_each(Duration::from_secs(3_600));
        builder.world = Some(Arc::clone(&world));
        let engine = builder.start().unwrap();
        let sli = |n| {
            let sli = Sli::try_new(&format!("month.{n}")).unwrap().objective(Objective::availability(0.9));
            engine.sli(sli.definition()).unwrap()
        };
        let slis = (0..slis).map(sli).collect();
        (engine, slis)
    }

    /// Of how many SLIs a month is told, with this many calls in it.
    fn told(engine: &Engine, calls: u64) -> usize {
        let month = Percentiles::LONG_WINDOWS[2];
        let tells = |of: &Percentiles| of.window == month && of.count == calls;
        engine.report().slis.iter().filter(|sli| sli.percentiles.iter().any(tells)).count()
    }

    #[test]
    fn no_tick_sums_more_than_its_share_of_full_months() {
        let (engine, slis) = resumed(SLIS);
        let tick = || {
            slis.iter().for_each(|sli| sli.record(Outcome::Ok, Duration::from_millis(5)));
            let before = SUMS.get();
            engine.advance(Duration::from_secs(1));
            SUMS.get() - before
        };
        let minute = |_| (0..60).map(|_| tick()).max().unwrap();
        let allowed = Looks::allowed(SLIS);
        assert_eq!(allowed, 10);
        let first = tick();
        assert_eq!((first, told(&engine, 721)), (allowed, allowed), "the others are absent, not wrong");
        assert_eq!(minute(0), allowed);
        (0..9).for_each(|_| assert_eq!(tick(), 0));
        assert_eq!(SUMS.get(), SLIS, "each of them once");
        let all = |sli: &crate::report::SliReport| sli.percentiles.iter().any(|of| of.count >= 720);
        assert!(engine.report().slis.iter().all(all));
        (0..29).for_each(|_| assert_eq!(tick(), 0));
        // The hour ends.
        assert!((1..3).map(minute).all(|most| most <= allowed));
        assert_eq!(SUMS.get(), 2 * SLIS, "and once more");
    }

    #[test]
    fn hours_that_pass_in_one_step_leave_nobody_behind() {
        let (engine, _slis) = resumed(20);
        (0..3).for_each(|_| engine.advance(Duration::from_secs(3_600)));
        let has_month = |sli: &crate::report::SliReport| {
            sli.percentiles.iter().any(|of| of.window == Percentiles::LONG_WINDOWS[2])
        };
        assert!(engine.report().slis.iter().all(has_month));
    }
}
