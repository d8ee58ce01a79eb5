//! Cold. The durations of one SLI over the last 30 days: filled from the intervals that end anyway, and told as
//! percentiles of a day, a week and 30 days.

use core::time::Duration;

use super::age::{Moment, hour_of};
use super::archive::{AddedHours, KeptHours};
use super::keeper::Keeper;
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
    percentiles: Vec<Percentiles>,
    has_asked: bool,
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
            percentiles: Vec::new(),
            has_asked: false,
        }
    }

    /// Percentiles of a day, a week and 30 days, as of the last look.
    pub(super) fn percentiles(&self) -> &[Percentiles] {
        &self.percentiles
    }

    /// Adds an interval that ends now.
    pub(super) fn end_interval(&mut self, interval: &Snapshot, now: Moment) {
        let look = Some(now.interval / INTERVALS_PER_LOOK);
        // Time without calls is taken note of where it matters: each minute, and where an hour ends.
        if interval.is_empty() && self.hour == now.hour && self.look == look {
            return;
        }
        let observed_s = self.observed_s(now);
        add(&mut self.hours, self.hour, interval, observed_s);
        self.note_change(self.hour);
        // The rest of a second counts with the next one.
        let left_ns = now.elapsed_ns.saturating_sub(self.observed_ns) % SECOND_NS;
        self.observed_ns = now.elapsed_ns.saturating_sub(left_ns);
        self.hour = now.hour;
        if self.look != look {
            self.look = look;
            self.look_back(now);
        }
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
        if self.sums.as_ref().is_none_or(|sums| sums.until != now.hour) {
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
        if !interval.is_empty() && !numbers.contains(&self.hour) {
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
        add(&mut hours, self.hour, interval, self.observed_s(now));
        hours
    }
}

fn add(hours: &mut Hours, hour: u32, interval: &Snapshot, observed_s: u32) {
    if observed_s > 0 || !interval.is_empty() {
        hours.add(hour, interval, observed_s);
    }
}
