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
use adder::Adder;
pub(crate) use bytes::Bytes;
use hour::{HOUR_BYTES_MAX, HOUR_S, Hour, bits_of};
use packed::{FRAME, entries, framed, is_sound, pack};

/// How far hours are kept before and after the current one: those ahead are of a wall clock that went back.
const HOURS_KEPT: u32 = 720;

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

    /// Adds all that another process recorded, before, after or at the same time.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        let mut all = self.all();
        for (number, bytes) in other.all() {
            let sum = match all.get(&number) {
                Some(own) => sum(own, &bytes),
                None => bytes,
            };
            all.insert(number, sum);
        }
        let newest = all.last_key_value().map_or(0, |(number, _)| *number);
        let recent =
            (0..RECENT).map_while(|_| all.pop_last()).map(|(number, bytes)| (number, (*bytes).into()));
        let mut recent: VecDeque<(u32, Bytes)> = recent.collect();
        recent.make_contiguous().reverse();
        *self = Self { packed: within_bounds(all, newest), recent };
    }

    /// The sums of the last so many full hours before `until`, for ascending lengths.
    pub(crate) fn before(&self, until: u32, lengths: &[u32]) -> Vec<Stretch> {
        let all = self.all();
        let mut hours = all.range(..until).rev().peekable();
        let mut sum = Adder::default();
        let up_to = |length: &u32| {
            let since = until.saturating_sub(*length);
            while let Some((_, bytes)) = hours.next_if(|(number, _)| **number >= since) {
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
        let packed = || entries(&self.packed).find(|(number, _)| *number == hour).map(|(_, bytes)| bytes);
        let bytes = self.recent(hour).map(|bytes| &**bytes).or_else(packed);
        if let Some(hour) = bytes.and_then(|bytes| Hour::decode(bytes).ok()) {
            stretch.add_hour(&hour);
        }
        stretch
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
        fits && self.packed.len() <= PACKED_BYTES_MAX && is_sound(&self.packed)
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
    fn begin(&mut self, hour: u32) {
        if self.recent(hour).is_some() {
            return;
        }
        let before = entries(&self.packed).find(|(number, _)| *number == hour).map(|(_, bytes)| bytes.into());
        let full = if self.recent.len() < RECENT { None } else { self.recent.pop_front() };
        if before.is_some() || full.is_some() {
            let mut rest: BTreeMap<u32, Cow<'_, [u8]>> =
                entries(&self.packed).map(|(number, bytes)| (number, Cow::Borrowed(bytes))).collect();
            rest.remove(&hour);
            rest.extend(full.iter().map(|(number, bytes)| (*number, Cow::Borrowed(&**bytes))));
            self.packed = within_bounds(rest, hour);
        }
        let bytes = before.unwrap_or_else(|| Hour::unseen().encode().into());
        self.recent.push_back((hour, bytes));
    }

    fn all(&self) -> BTreeMap<u32, Cow<'_, [u8]>> {
        let recent = self.recent.iter().map(|(number, bytes)| (*number, &**bytes));
        entries(&self.packed).chain(recent).map(|(number, bytes)| (number, Cow::Borrowed(bytes))).collect()
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

/// Packs hours, coarser or fewer of them if they would take too much.
fn within_bounds(mut hours: BTreeMap<u32, Cow<'_, [u8]>>, now: u32) -> Bytes {
    hours.retain(|number, _| number.abs_diff(now) <= HOURS_KEPT);
    let mut taken = hours.values().map(|bytes| framed(bytes)).fold(FIRST, usize::saturating_add);
    while taken > PACKED_BYTES_MAX {
        let finest = finest(&hours, now).or_else(|| hours.keys().next().copied());
        let Some((number, bytes)) = finest.and_then(|number| hours.remove_entry(&number)) else { break };
        taken = taken.saturating_sub(framed(&bytes));
        if let Some(coarser) = coarser(&bytes) {
            taken = taken.saturating_add(framed(&coarser));
            hours.insert(number, Cow::Owned(coarser));
        }
    }
    pack(&hours)
}

/// The hour that has most resolution to lose; the oldest of several.
fn finest(hours: &BTreeMap<u32, Cow<'_, [u8]>>, now: u32) -> Option<u32> {
    let rank = |number: u32, bits: u32| {
        let is_of_the_day = number.saturating_add(FINER_HOURS) >= now;
        bits.saturating_sub(if is_of_the_day { FINER_BITS } else { 0 })
    };
    let can_lose =
        hours.iter().map(|(number, bytes)| (*number, bits_of(bytes))).filter(|(_, bits)| *bits > 1);
    let finest = can_lose.max_by_key(|(number, bits)| (rank(*number, *bits), core::cmp::Reverse(*number)));
    finest.map(|(number, _)| number)
}

/// The same hour with half as many buckets to the octave; `None` if there is no such form, or it cannot be read.
fn coarser(bytes: &[u8]) -> Option<Vec<u8>> {
    let hour = Hour::decode(bytes).ok()?;
    let bits = bits_of(bytes).checked_sub(1).filter(|bits| *bits > 0)?;
    Some(hour.encode_within(bits))
}
