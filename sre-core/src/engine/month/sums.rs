//! Pure. The full hours of a month added up, so that a look need not open 720 of them.

use crate::histogram::{Hours, Snapshot, Stretch};

/// Hours of the windows.
const WINDOWS: [u32; 3] = [24, 7 * 24, 30 * 24];

/// All full hours of each window.
#[derive(Debug)]
pub(super) struct Sums {
    /// The hour after them.
    until: u32,
    /// Durations as bytes, and the seconds that were observed.
    stretches: Vec<(Box<[u8]>, u64)>,
}

impl Sums {
    pub(super) fn of(hours: &Hours, until: u32) -> Self {
        let pack = |stretch: Stretch| (stretch.durations.encode().into(), stretch.observed_s);
        Self { until, stretches: hours.before(until, &WINDOWS).into_iter().map(pack).collect() }
    }

    /// Whether they reach up to the start of this hour.
    pub(super) const fn are_until(&self, hour: u32) -> bool {
        self.until == hour
    }

    pub(super) fn stretches(&self) -> impl Iterator<Item = Stretch> + '_ {
        self.stretches.iter().map(|(bytes, observed_s)| Stretch {
            // Our own bytes can be read.
            durations: Snapshot::decode(bytes).unwrap_or_default(),
            observed_s: *observed_s,
        })
    }
}
