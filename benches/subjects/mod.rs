//! Cold. Ours and the floor.

pub mod call;
pub mod floor;
mod group;
pub mod judge;
pub mod labels;
pub mod months;
pub mod record;
pub mod scrape;
pub mod snapshot;
pub mod state;
pub mod thousand;
pub mod thread;

pub use group::Group;

use crate::harness::Subject;
use crate::values::duration;
use sre_core::{Outcome, Sli};

/// Everything that happens inside a request, with its baselines: what the instruction count watches.
#[must_use]
pub fn hot() -> Vec<Subject> {
    prepare();
    let mut subjects = floor::subjects();
    subjects.extend(record::subjects());
    subjects.extend(call::subjects());
    subjects.extend(labels::lookups());
    subjects.extend(judge::queries());
    subjects
}

/// Does what an engine does when it starts, and without which there are no shards and no cheap clock.
pub fn prepare() {
    sre_core::clock::calibrate();
}

/// Makes the calling thread hot for an SLI, as it becomes by itself within a second of steady traffic.
pub fn warm(sli: &Sli) {
    (0..512).for_each(|_| sli.record(Outcome::Ok, duration(1)));
}
