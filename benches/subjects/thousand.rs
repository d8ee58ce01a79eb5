//! Cold. A thousand held SLIs, hit at random, so that the cache decides.

use super::warm;
use crate::harness::Subject;
use crate::values::{LATENCY_THRESHOLD, SERIES, duration, pick};
use sre_core::{Objective, Outcome, Sli};
use std::sync::Arc;

/// The name of the group.
pub const GROUP: &str = "thousand";
/// A thousand held SLIs.
pub const OURS: &str = "sre-core";

/// Ours.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "`pick` stays below the number of series")]
pub fn subjects() -> Vec<Subject> {
    let slis: Arc<[Sli]> = slis("bench.thousand", &OBJECTIVES).into();
    vec![
        Subject::shared("place and value alone", |i| (pick(i, SERIES), duration(i))),
        Subject::per_thread(OURS, move || {
            // Steady state; the budget of shards of a thread is smaller than the number of series.
            slis.iter().for_each(warm);
            let slis = Arc::clone(&slis);
            move |i| slis[pick(i, SERIES)].record(Outcome::Ok, duration(i))
        }),
    ]
}

/// A thousand SLIs with these objectives.
#[must_use]
#[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "the names are ours")]
pub fn slis(prefix: &str, objectives: &[Objective]) -> Vec<Sli> {
    let make = |n: usize| {
        let sli = Sli::try_new(&format!("{prefix}.{n}")).expect("a valid name");
        objectives.iter().fold(sli, |sli, objective| sli.objective(*objective))
    };
    (0..SERIES).map(make).collect()
}

/// One objective of each kind.
pub const OBJECTIVES: [Objective; 2] =
    [Objective::availability(0.999), Objective::latency(0.99, LATENCY_THRESHOLD)];
