//! Cold. A thousand held SLIs, hit at random, so that the cache decides.

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
    let slis: Arc<[Sli]> = slis("bench.thousand").into();
    vec![
        Subject::shared("place and value alone", |i| (pick(i, SERIES), duration(i))),
        Subject::per_thread(OURS, move || {
            // Steady state: a thread that stays becomes hot by itself, within seconds.
            slis.iter().for_each(Sli::prewarm);
            let slis = Arc::clone(&slis);
            move |i| slis[pick(i, SERIES)].record(Outcome::Ok, duration(i))
        }),
    ]
}

/// A thousand SLIs with two objectives each.
#[must_use]
#[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "the names are ours")]
pub fn slis(prefix: &str) -> Vec<Sli> {
    let make = |n: usize| {
        let sli = Sli::try_new(&format!("{prefix}.{n}")).expect("a valid name");
        sli.objective(Objective::availability(0.999)).objective(Objective::latency(0.99, LATENCY_THRESHOLD))
    };
    (0..SERIES).map(make).collect()
}
