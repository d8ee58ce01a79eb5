//! Cold. What an earlier process remembered: it waits here for the objectives that it belongs to.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use super::absence::Absence;
use super::age::Age;
use super::archive::{Archive, KeptHours, KeptObjective, Owner, Starts};
use super::memory::Memory;
use crate::histogram::Hours;

/// Memories that wait for their objectives, and how the process started before.
///
/// An objective that this release of the service does not have keeps its memory: the next one may have it again.
#[derive(Clone, Debug)]
pub(super) struct Keeper {
    waiting: Vec<KeptObjective>,
    /// Claimed ones, for other objectives that are about the same events.
    claimed: Vec<KeptObjective>,
    /// Durations that wait for their SLIs.
    durations: Vec<KeptHours>,
    /// What the durations of all SLIs may take.
    durations_bytes_max: usize,
    starts: Starts,
    absence: Absence,
    /// The start of the last process that remembered anything.
    last_life: u64,
    hour: u32,
    /// What was left off before that is of no use, if nobody claims it: long ago by the newest memory and by the wall
    /// clock, of which either may be wrong by years.
    useless_ns: u64,
}

/// A memory that nobody claims is of no use once others went on for so much longer: longer than any period.
const USELESS_NS: u64 = 400 * 24 * HOUR_NS;

/// Stands for the number of this process's start, where nobody else knows it.
pub(super) const CURRENT: u64 = 0;

/// Half of the largest file that is read.
const DURATIONS_BYTES_MAX: usize = 128 << 20;

const HOUR_NS: u64 = 3_600_000_000_000;

/// A memory that somebody goes on from.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) memory: Memory,
    /// The start of the process that wrote it.
    pub(super) life: u64,
    /// The time for which its objective was not judged.
    pub(super) absence: Absence,
}

impl Keeper {
    pub(super) fn new(absence: Absence, age: &Age) -> Self {
        Self {
            waiting: Vec::new(),
            claimed: Vec::new(),
            durations: Vec::new(),
            durations_bytes_max: DURATIONS_BYTES_MAX,
            starts: Starts::default(),
            absence,
            last_life: 0,
            useless_ns: 0,
            hour: age.moment(0).hour,
        }
    }

    /// Takes note of the wall clock: whether it is believed.
    pub(super) fn follow(&mut self, age: &Age) {
        self.absence = self.absence.believed(age.is_clock_believed());
        self.hour = age.moment(0).hour;
    }

    /// The hour of the wall clock as far as that is believed.
    pub(super) const fn hour(&self) -> u32 {
        self.hour
    }

    pub(super) const fn starts(&self) -> &Starts {
        &self.starts
    }

    /// Takes what was recovered; returns whether this start follows a crash.
    pub(super) fn take_in(&mut self, archive: Archive, absence: Absence) -> bool {
        self.absence = absence;
        let left_off_ns = archive.left_off_ns().unwrap_or(0);
        self.last_life = archive.last_life();
        self.useless_ns = left_off_ns.min(absence.started().wall_ns).saturating_sub(USELESS_NS);
        let Archive { starts, objectives, durations, ledger: _ } = archive;
        (self.starts, self.waiting, self.durations) =
            (starts, objectives.into_iter().collect(), durations.into_iter().collect());
        self.starts.begin(absence.started().wall_ns / 1_000_000_000)
    }

    /// Notes that this process ends in order.
    pub(super) const fn end(&mut self) {
        self.starts.ended = true;
    }

    /// Whether what is remembered was handed out a last time.
    pub(super) const fn has_ended(&self) -> bool {
        self.starts.ended
    }

    /// The memory of an objective, and the time for which it was not judged: its own memory, or that of another one about
    /// the same events if a later process wrote that.
    ///
    /// Asked once for each objective.
    pub(super) fn claim(&mut self, owner: &Owner) -> Option<Claim> {
        let place = self.waiting.iter().position(|kept| kept.owner == *owner);
        let own = place.map(|place| self.waiting.swap_remove(place));
        let kin = self.waiting.iter().chain(&self.claimed).filter(|kept| kept.owner.is_kin(owner));
        let newest = kin.max_by_key(|kept| kept.recency());
        // It was renamed meanwhile, and has its old name back.
        let newer = newest.filter(|kin| own.as_ref().is_none_or(|own| own.life < kin.life));
        let claimed = newer.map(|kin| (kin.memory.clone().without_alerts(), kin.life));
        self.claimed.extend(own.clone());
        let (memory, life) = claimed.or(own.map(|own| (own.memory, own.life)))?;
        Some(Claim { memory, life, absence: self.absence.without_others(life == self.last_life) })
    }

    /// The durations of an SLI.
    pub(super) fn claim_hours(&mut self, sli: &str) -> Option<Hours> {
        let place = self.durations.iter().position(|kept| kept.sli == sli)?;
        Some(self.durations.swap_remove(place).hours)
    }

    /// Forgets what was claimed, and what is too old: all objectives of the start have asked. Returns whether something
    /// was too old.
    pub(super) fn settle(&mut self) -> bool {
        self.claimed = Vec::new();
        let useless_ns = self.useless_ns;
        let before = (self.waiting.len(), self.durations.len());
        self.waiting.retain(|kept| kept.memory.left_off_ns() >= useless_ns);
        let end_ns = |kept: &KeptHours| u64::from(kept.hours.newest().unwrap_or(0)).saturating_mul(HOUR_NS);
        self.durations.retain(|kept| end_ns(kept) >= useless_ns);
        before != (self.waiting.len(), self.durations.len())
    }

    /// Adds what still waits to an archive of all that lives.
    pub(super) fn complete(&self, archive: &mut Archive) {
        let current = archive.objectives.iter_mut().filter(|kept| kept.life == CURRENT);
        current.for_each(|kept| kept.life = self.starts.count);
        archive.starts = self.starts.clone();
        archive.objectives.extend_from_slice(&self.waiting);
        archive.durations.extend_from_slice(&self.durations);
    }

    /// What the durations of all SLIs may take in an archive.
    pub(super) const fn durations_bytes_max(&self) -> usize {
        self.durations_bytes_max
    }

    #[cfg(test)]
    pub(super) const fn set_durations_bytes_max(&mut self, bytes_max: usize) {
        self.durations_bytes_max = bytes_max;
    }
}
