//! Cold. The durations of one SLI over the last 30 days: filled from the intervals that end anyway, and told as
//! percentiles of a day, a week and 30 days.
//!
//! Three things take long, as they concern all hours: to pack them when one begins, to add those of another process, and
//! to sum them. An SLI does all of them in one tick when its turn comes, and what it needs for that waits until then.

mod sums;
#[cfg(test)]
mod tests;

use core::time::Duration;

use super::age::{Moment, hour_of};
use super::archive::{AddedHours, KeptHours};
use super::draft::Loose;
use super::keeper::Keeper;
use super::looks::Looks;
use crate::histogram::{Bytes, Hours, Snapshot, Stretch};
use crate::report::Percentiles;
use crate::window::Tick;
use sums::Sums;

/// Intervals between two looks at the percentiles: a minute.
const INTERVALS_PER_LOOK: u64 = 6;

/// A process that says nothing for longer than this stood still, and saw nothing either.
const STILL_NS: u64 = 300_000_000_000;

const SECOND_NS: u64 = 1_000_000_000;

/// The last 30 days.
#[derive(Debug)]
pub(super) struct Month {
    hours: Hours,
    /// What another process remembers of it, until that is added.
    other: Option<Hours>,
    /// What was recorded in an hour for which the others are not packed yet.
    held: Option<Held>,
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
    percentiles: Vec<Percentiles>,
    has_asked: bool,
}

/// Some intervals of one hour.
#[derive(Clone, Debug)]
struct Held {
    hour: u32,
    stretch: Stretch,
}

/// Whether it may do what takes as long as the ticks of many SLIs.
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

impl Month {
    pub(super) fn new(start: Tick) -> Self {
        Self {
            hours: Hours::default(),
            other: None,
            held: None,
            hour: hour_of(start.wall_ns),
            observed_ns: start.elapsed_ns,
            changed: Vec::new(),
            is_scattered: false,
            sums: None,
            look: None,
            turn: Turn::Free,
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
        // Time without calls is taken note of where it matters: each minute, and where an hour ends.
        if interval.is_empty() && self.hour == now.hour && !self.is_due(now) {
            return;
        }
        let observed_s = self.observed_s(now);
        // The rest of a second counts with the next one.
        let left_ns = now.elapsed_ns.saturating_sub(self.observed_ns) % SECOND_NS;
        self.observed_ns = now.elapsed_ns.saturating_sub(left_ns);
        let hour = core::mem::replace(&mut self.hour, now.hour);
        if observed_s == 0 && interval.is_empty() {
            return;
        }
        if self.hours.packs_for(hour) {
            let stretch = Stretch { durations: interval.clone(), observed_s: observed_s.into() };
            self.hold(Held { hour, stretch });
        } else {
            self.add(hour, interval, observed_s);
        }
    }

    /// Leaves it aside; of two hours, the first waits no longer.
    fn hold(&mut self, more: Held) {
        match &mut self.held {
            Some(held) if held.hour == more.hour => held.stretch.add(&more.stretch),
            Some(_) => {
                self.settle();
                self.held = Some(more);
            }
            None => self.held = Some(more),
        }
    }

    /// Adds what was left aside.
    fn settle(&mut self) {
        if let Some(Held { hour, stretch }) = self.held.take() {
            self.add(hour, &stretch.durations, u32::try_from(stretch.observed_s).unwrap_or(u32::MAX));
        }
    }

    fn add(&mut self, hour: u32, interval: &Snapshot, observed_s: u32) {
        self.hours.add(hour, interval, observed_s);
        if !self.changed.contains(&hour) {
            self.changed.push(hour);
        }
        self.note_scattered();
    }

    /// An hour that was packed before it was written cannot be written by itself.
    fn note_scattered(&mut self) {
        self.is_scattered |= self.changed.iter().any(|hour| self.hours.recent(*hour).is_none());
        if self.is_scattered {
            self.changed.clear();
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

    /// Looks at the percentiles if a minute is over. Where that or an interval that was left aside concerns all hours, it
    /// waits until the SLI's turn comes; what was told last stays.
    pub(super) fn look(&mut self, sli: usize, now: Moment, looks: &mut Looks) {
        let is_due = self.is_due(now);
        let is_long = self.held.is_some() || is_due && (self.other.is_some() || !self.has_sums(now));
        let may = match self.turn {
            Turn::Free => is_long && looks.ask(sli) || is_due && !is_long,
            Turn::Waiting => false,
            // As long as an interval of the hour before goes on, that hour is not full.
            Turn::Called => self.hour == now.hour,
        };
        if may {
            if is_long {
                self.catch_up();
            }
            (self.turn, self.look) = (Turn::Free, Some(now.look()));
            self.look_back(now);
            return;
        }
        if self.is_called() {
            looks.wait(sli);
        }
        if self.is_called() || is_due || is_long {
            self.turn = Turn::Waiting;
        }
    }

    /// Does what was put off, and packs for the current hour before that has anything.
    fn catch_up(&mut self) {
        #[cfg(test)]
        tests::CAUGHT_UP.with(|count| count.set(count.get() + 1));
        self.add_other();
        self.settle();
        if self.hours.packs_for(self.hour) {
            self.hours.begin(self.hour);
            self.note_scattered();
        }
    }

    /// Whether a minute is over.
    fn is_due(&self, now: Moment) -> bool {
        self.look != Some(now.look())
    }

    /// Whether the full hours are summed.
    fn has_sums(&self, now: Moment) -> bool {
        self.sums.as_ref().is_some_and(|sums| sums.are_until(now.hour))
    }

    /// Seconds since time was last counted as observed.
    fn observed_s(&self, now: Moment) -> u32 {
        let lived_ns = now.elapsed_ns.saturating_sub(self.observed_ns);
        let observed_ns = if lived_ns > STILL_NS { 0 } else { lived_ns };
        u32::try_from(observed_ns / SECOND_NS).unwrap_or(0)
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
        if !again {
            self.hour = keeper.hour();
        }
        if let Some(hours) = keeper.claim_hours(sli) {
            self.add_other();
            if self.hours.is_empty() {
                self.hours = hours;
            } else {
                self.is_scattered = true;
                self.other = Some(hours);
            }
            (self.sums, self.look) = (None, None);
            self.percentiles.clear();
        }
    }

    /// Adds what another process remembers.
    fn add_other(&mut self) {
        if let Some(mut hours) = self.other.take() {
            hours.merge(&self.hours, self.hour);
            self.hours = hours;
            self.sums = None;
            self.note_scattered();
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
        let open = (!interval.is_empty()).then_some(self.hour);
        for number in self.held.as_ref().map(|held| held.hour).into_iter().chain(open) {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        if !numbers.is_empty() {
            let hours = self.hours_of(&numbers, interval, now);
            page.push(AddedHours { sli: sli.to_owned(), hours });
        }
        true
    }

    /// Everything, with what the current `interval` has so far. Nothing is packed for it here: that is for who writes.
    pub(super) fn kept(&self, sli: &str, interval: &Snapshot, now: Moment) -> (KeptHours, Loose) {
        let mut numbers: Vec<u32> = self.held.iter().map(|held| held.hour).collect();
        if !numbers.contains(&self.hour) && (!interval.is_empty() || self.observed_s(now) > 0) {
            numbers.push(self.hour);
        }
        let kept = KeptHours { sli: sli.to_owned(), hours: self.hours.clone() };
        let hours = self.hours_of(&numbers, interval, now);
        let loose = Loose { other: self.other.clone(), now: self.hour, hours };
        (kept, loose)
    }

    /// Some hours as they are with all that waits to be added.
    fn hours_of(&self, numbers: &[u32], interval: &Snapshot, now: Moment) -> Vec<(u32, Bytes)> {
        let of = |number: &u32| {
            let mut more = self.other.as_ref().map(|other| other.at(*number)).unwrap_or_default();
            if let Some(held) = self.held.as_ref().filter(|held| held.hour == *number) {
                more.add(&held.stretch);
            }
            if self.hour == *number {
                more.durations.merge(interval);
                more.observed_s = more.observed_s.saturating_add(self.observed_s(now).into());
            }
            (*number, self.hours.hour_with(*number, &more))
        };
        numbers.iter().map(of).collect()
    }
}

impl Moment {
    /// The number of the current look, of which each SLI has one a minute.
    const fn look(self) -> u64 {
        self.interval / INTERVALS_PER_LOOK
    }
}
