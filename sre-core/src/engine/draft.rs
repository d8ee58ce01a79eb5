//! Pure. An archive as it leaves the engine's lock: what is long to add is added by who writes it.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use super::archive::{Archive, KeptHours};
use crate::histogram::{Bytes, Hours};
use crate::slo::Ledger;

/// Everything that an engine remembers, in parts.
#[derive(Debug)]
pub(super) struct Draft {
    /// Without what is loose.
    pub(super) archive: Archive,
    /// One for each SLI that lives: their durations are the first.
    loose: Vec<Loose>,
    durations_bytes_max: usize,
}

/// What belongs to the hours of an SLI and is not among them yet.
#[derive(Debug, Default)]
pub(super) struct Loose {
    /// What another process remembers.
    pub(super) other: Option<Hours>,
    /// The current hour.
    pub(super) now: u32,
    /// Hours that take the place of those that are there.
    pub(super) hours: Vec<(u32, Bytes)>,
}

impl Draft {
    /// Nothing but a ledger; durations may take so many bytes.
    pub(super) fn new(ledger: Ledger, durations_bytes_max: usize) -> Self {
        Self { archive: Archive { ledger, ..Archive::default() }, loose: Vec::new(), durations_bytes_max }
    }

    /// Adds the durations of an SLI.
    pub(super) fn push(&mut self, (kept, loose): (KeptHours, Loose)) {
        self.archive.durations.push(kept);
        self.loose.push(loose);
    }

    /// The whole, and the durations of how many SLIs found no room in it.
    pub(super) fn finish(self) -> (Archive, u64) {
        let Self { mut archive, loose, durations_bytes_max } = self;
        for (kept, loose) in archive.durations.iter_mut().zip(loose) {
            loose.other.iter().for_each(|other| kept.hours.merge(other, loose.now));
            loose.hours.into_iter().for_each(|(number, bytes)| kept.hours.replace(number, bytes));
        }
        let left_out = archive.leave_out_durations(durations_bytes_max);
        (archive, left_out)
    }
}
