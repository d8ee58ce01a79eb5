//! Pure. The durations of a month, hour by hour, for percentiles of a day, a week and 30 days.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod adder;
mod bytes;
mod hour;
mod packed;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::snapshot::Snapshot;
use crate::lists::at_most;
use adder::Adder;
pub(crate) use bytes::Bytes;
use hour::{HOUR_BYTES_MAX, HOUR_S, Hour, bits_of};
use packed::{Entry, FRAME, entries, framed, is_sound, pack};

/// How far hours are kept before and after the current one: those ahead are of a wall clock that went back.
const HOURS_KEPT: u32 = 720;

/// So many have to be near before those that are further away are forgotten: a clock may be wrong for a while.
const HOURS_TO_FORGET: usize = 2;

/// The hours that are left finer than others when room is short, and by how many bits: a day is asked for most.
const FINER_HOURS: u32 = 24;
const FINER_BITS: u32 = 2;

/// Hours that can change at no cost: the current one, and the one before while its last calls come in.
const RECENT: usize = 2;

/// What all hours of one SLI may take.
pub(crate) const BYTES_MAX: usize = 160 * 1_024;

/// What those may take that do not change.
const PACKED_BYTES_MAX: usize = BYTES_MAX - RECENT * (HOUR_BYTES_MAX + FRAME);

/// What the first of them takes beside its frame.
const FIRST: usize = 3;

/// Interval histograms by hour, counted from 1970 so that those of several processes add up.
///
/// Time is an argument. The two hours that were added to last stand alone, all others in one run of bytes: what is
/// kept is what is written to disk, and copies share it.
///
/// # Size
///
/// At most 160 KiB, whatever is recorded. Where 720 hours would take more, the finest ones are made coarser, the oldest
/// of them first, but those of the last day stay two bits finer than others. No count is ever lost by that: only where
/// hours do not fit in the coarsest form either, which takes durations from nanoseconds to centuries in each of them,
/// are the oldest forgotten.
///
/// | each hour has | 24 hours | 720 hours |
/// |---|---|---|
/// | 10,000 calls, half of them within a factor of 1.4 | 0.8 % | 0.8 % |
/// | 10,000 calls, half of them within a factor of 2 | 0.8 % | 1.6 % |
/// | 1,000,000 calls, half of them within a factor of 2 | 0.8 % | 3.1 % |
/// | 1,000,000 calls, half of them within a factor of 4 | 1.6 % | 6.2 % |
///
/// This is how far a percentile can be from the value that it stands for. The durations are log-normal, with a deviation
/// of 0.25, 0.5, 0.5 and 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hours {
    packed: Bytes,
    /// The one begun last at the end.
    #[serde(deserialize_with = "at_most::<RECENT, _, _, _>")]
    recent: VecDeque<(u32, Bytes)>,
}

/// Some hours together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// All that was recorded in them, in the buckets of the coarsest.
    pub(crate) durations: Snapshot,
    /// Seconds in which somebody was there to see.
    pub(crate) observed_s: u64,
}

impl Stretch {
    /// Adds other hours.
    pub(crate) fn add(&mut self, other: &Self) {
        self.durations.merge(&other.durations);
        self.observed_s = self.observed_s.saturating_add(other.observed_s);
    }

    fn add_hour(&mut self, hour: &Hour) {
        self.durations.merge(&hour.durations);
        let observed_s = u64::from(HOUR_S.saturating_sub(hour.missed_s));
        self.observed_s = self.observed_s.saturating_add(observed_s);
    }
}

impl Hours {
    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.packed.is_empty() && self.recent.is_empty()
    }

    /// Adds what was recorded in `hour`, and the seconds of it in which somebody was there to see.
    pub(crate) fn add(&mut self, hour: u32, durations: &Snapshot, observed_s: u32) {
        self.begin(hour);
        let Some((_, bytes)) = self.recent.iter_mut().find(|(number, _)| *number == hour) else { return };
        let mut sum = Hour::decode(bytes).unwrap_or_else(|_| Hour::unseen());
        sum.missed_s = sum.missed_s.saturating_sub(observed_s);
        sum.durations.merge(durations);
        *bytes = sum.encode().into();
    }

    /// An hour as it is kept, if it was among the last that were added to.
    pub(crate) fn recent(&self, hour: u32) -> Option<&Bytes> {
        self.recent.iter().find(|(number, _)| *number == hour).map(|(_, bytes)| bytes)
    }

    /// Puts an hour in the place of what was known of it.
    pub(crate) fn replace(&mut self, hour: u32, bytes: Bytes) {
        if bytes.len() > HOUR_BYTES_MAX {
            return;
        }
        self.begin(hour);
        if let Some(place) = self.recent.iter_mut().find(|(number, _)| *number == hour) {
            place.1 = bytes;
        }
    }

    /// Adds all that another process recorded, before, after or at the same time, as of the hour `now`.
    pub(crate) fn merge(&mut self, other: &Self, now: u32) {
        if other.is_empty() {
            return;
        }
        let mut sums: BTreeMap<u32, Cow<'_, [u8]>> = self.all().into_iter().collect();
        for (number, bytes) in other.all() {
            let sum = match sums.get(&number) {
                Some(own) => sum(own, &bytes),
                None => bytes,
            };
            sums.insert(number, sum);
        }
        let mut all: Vec<Entry<'_>> = sums.into_iter().collect();
        let recent = all.split_off(all.len().saturating_sub(RECENT));
        let recent = recent.into_iter().map(|(number, bytes)| (number, (*bytes).into())).collect();
        *self = Self { packed: within_bounds(all, now), recent };
    }

    /// The sums of the last so many full hours before `until`, for ascending lengths.
    pub(crate) fn before(&self, until: u32, lengths: &[u32]) -> Vec<Stretch> {
        let all = self.all();
        let mut hours = all.iter().rev().skip_while(|(number, _)| *number >= until).peekable();
        let mut sum = Adder::default();
        let up_to = |length: &u32| {
            let since = until.saturating_sub(*length);
            while let Some((_, bytes)) = hours.next_if(|(number, _)| *number >= since) {
                // One that cannot be read has nothing to add.
                let _ = sum.add(bytes);
            }
            sum.sum()
        };
        lengths.iter().map(up_to).collect()
    }

    /// Whether adding to `hour` makes all others be packed anew.
    pub(crate) fn packs_for(&self, hour: u32) -> bool {
        self.recent.len() == RECENT && self.recent(hour).is_none()
    }

    /// One hour.
    pub(crate) fn at(&self, hour: u32) -> Stretch {
        let mut stretch = Stretch::default();
        if let Some(hour) = self.bytes_of(hour).and_then(|bytes| Hour::decode(bytes).ok()) {
            stretch.add_hour(&hour);
        }
        stretch
    }

    /// An hour as it will be when this is added to it, without packing any other for that.
    pub(crate) fn hour_with(&self, hour: u32, more: &Stretch) -> Bytes {
        let mut sum = Hour::unseen();
        if let Some(own) = self.bytes_of(hour).and_then(|bytes| Hour::decode(bytes).ok()) {
            sum = own;
        }
        sum.missed_s = sum.missed_s.saturating_sub(u32::try_from(more.observed_s).unwrap_or(u32::MAX));
        sum.durations.merge(&more.durations);
        sum.encode().into()
    }

    fn bytes_of(&self, hour: u32) -> Option<&[u8]> {
        let packed = || entries(&self.packed).find(|(number, _)| *number == hour).map(|(_, bytes)| bytes);
        self.recent(hour).map(|bytes| &**bytes).or_else(packed)
    }

    /// The last hour of which there is anything.
    pub(crate) fn newest(&self) -> Option<u32> {
        let recent = self.recent.iter().map(|(number, _)| *number);
        entries(&self.packed).map(|(number, _)| number).chain(recent).max()
    }

    /// Whether it can have been written here: nothing that is done with it takes long or much room.
    pub(crate) fn is_sound(&self) -> bool {
        let mut recent = self.recent.iter();
        let fits = recent.all(|(_, bytes)| bytes.len() <= HOUR_BYTES_MAX) && self.recent.len() <= RECENT;
        fits && self.packed.len() <= PACKED_BYTES_MAX && is_sound(&self.packed) && self.has_each_once()
    }

    /// Whether no hour is kept twice.
    fn has_each_once(&self) -> bool {
        let all = self.all();
        all.iter().zip(all.iter().skip(1)).all(|((one, _), (next, _))| one < next)
    }

    /// What nobody of ours does.
    #[cfg(test)]
    pub(crate) fn keep_one_more(&mut self, hour: u32) {
        self.recent.push_back((hour, Bytes::default()));
    }

    /// What is kept, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let recent: usize = self.recent.iter().map(|(_, bytes)| framed(bytes)).sum();
        self.packed.len().saturating_add(recent)
    }

    /// Makes `hour` one that can change; the one that was begun before all other such is packed away.
    pub(crate) fn begin(&mut self, hour: u32) {
        if self.recent(hour).is_some() {
            return;
        }
        let full = if self.recent.len() < RECENT { None } else { self.recent.pop_front() };
        let mut before = None;
        let mut rest: Vec<Entry<'_>> = Vec::new();
        for (number, bytes) in entries(&self.packed) {
            if number == hour {
                before = Some(bytes.into());
            } else {
                rest.push((number, Cow::Borrowed(bytes)));
            }
        }
        if before.is_some() || full.is_some() {
            rest.extend(full.iter().map(|(number, bytes)| (*number, Cow::Borrowed(&**bytes))));
            rest.sort_by_key(|(number, _)| *number);
            self.packed = within_bounds(rest, hour);
        }
        let bytes = before.unwrap_or_else(|| Hour::unseen().encode().into());
        self.recent.push_back((hour, bytes));
    }

    /// Every hour, the oldest first.
    fn all(&self) -> Vec<Entry<'_>> {
        let recent = self.recent.iter().map(|(number, bytes)| (*number, &**bytes));
        let all = entries(&self.packed).chain(recent).map(|(number, bytes)| (number, Cow::Borrowed(bytes)));
        let mut all: Vec<Entry<'_>> = all.collect();
        all.sort_by_key(|(number, _)| *number);
        all
    }
}

/// Two processes' parts of an hour; one that cannot be read has none.
fn sum(one: &[u8], other: &[u8]) -> Cow<'static, [u8]> {
    let mut sum = Hour::decode(one).unwrap_or_else(|_| Hour::unseen());
    if let Ok(other) = Hour::decode(other) {
        sum.add(&other);
    }
    Cow::Owned(sum.encode())
}

/// Packs hours, coarser or fewer of them if they would take too much; they come in order.
fn within_bounds(mut hours: Vec<Entry<'_>>, now: u32) -> Bytes {
    let is_near = |number: u32| number.abs_diff(now) <= HOURS_KEPT;
    if hours.iter().filter(|(number, _)| is_near(*number)).count() >= HOURS_TO_FORGET {
        hours.retain(|(number, _)| is_near(*number));
    }
    let mut taken = hours.iter().map(|(_, bytes)| framed(bytes)).fold(FIRST, usize::saturating_add);
    while taken > PACKED_BYTES_MAX {
        let Some(place) = finest(&hours, now) else {
            let Some((_, oldest)) = hours.first() else { break };
            taken = taken.saturating_sub(framed(oldest));
            hours.remove(0);
            continue;
        };
        let Some((_, bytes)) = hours.get_mut(place) else { break };
        taken = taken.saturating_sub(framed(bytes));
        if let Some(coarser) = coarser(bytes) {
            taken = taken.saturating_add(framed(&coarser));
            *bytes = Cow::Owned(coarser);
        } else {
            hours.remove(place);
        }
    }
    pack(&hours)
}

/// The place of the hour that has most resolution to lose; the oldest of several.
fn finest(hours: &[Entry<'_>], now: u32) -> Option<usize> {
    let rank = |number: u32, bits: u32| {
        let is_of_the_day = number.saturating_add(FINER_HOURS) >= now;
        bits.saturating_sub(if is_of_the_day { FINER_BITS } else { 0 })
    };
    let bits = hours.iter().map(|(number, bytes)| (*number, bits_of(bytes)));
    let can_lose = bits.enumerate().filter(|(_, (_, bits))| *bits > 1);
    let finest =
        can_lose.max_by_key(|(place, (number, bits))| (rank(*number, *bits), core::cmp::Reverse(*place)));
    finest.map(|(place, _)| place)
}

/// The same hour with half as many buckets to the octave; `None` if there is no such form, or it cannot be read.
fn coarser(bytes: &[u8]) -> Option<Vec<u8>> {
    let hour = Hour::decode(bytes).ok()?;
    let bits = bits_of(bytes).checked_sub(1).filter(|bits| *bits > 0)?;
    Some(hour.encode_within(bits))
}
