//! Cold. Which subjects run side by side, and on how many threads.

use super::{call, floor, judge, labels, record, scrape, snapshot, thousand, thread};
use crate::harness::Subject;
#[cfg(feature = "rivals")]
use crate::rivals;

/// Subjects that run together.
#[derive(Debug)]
pub struct Group {
    name: &'static str,
    threads: &'static [usize],
    make: fn() -> Vec<Subject>,
}

impl Group {
    /// The name in tables, goals and flags.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Numbers of threads to run with, one after the other.
    #[must_use]
    pub fn threads(&self) -> &'static [usize] {
        self.threads
    }

    /// Ours, the floor and, with the feature `rivals`, the rivals.
    #[must_use]
    pub fn subjects(&self) -> Vec<Subject> {
        super::prepare();
        (self.make)()
    }

    /// All groups that `ratios` compares.
    #[must_use]
    pub fn all() -> Vec<Self> {
        vec![
            Self::floor(),
            Self::record(),
            Self::call(),
            Self::labels(),
            Self::thousand(),
            Self::query(),
            Self::snapshot(),
            Self::scrape_by_one(),
            Self::scrape_by_eight(),
            Self::thread(),
        ]
    }

    /// Loads, adds and clock reads.
    #[must_use]
    pub fn floor() -> Self {
        Self { name: floor::GROUP, threads: &[1], make: floor::subjects }
    }

    /// One value into a held histogram.
    #[must_use]
    pub fn record() -> Self {
        let make = || with_rivals(record::subjects(), rivals::record::subjects);
        Self { name: record::GROUP, threads: &[1, 2, 8], make }
    }

    /// One instrumented call.
    #[must_use]
    pub fn call() -> Self {
        let make = || with_rivals(call::subjects(), rivals::calls::subjects);
        Self { name: call::GROUP, threads: &[1, 2], make }
    }

    /// A lookup by label values, and one value.
    #[must_use]
    pub fn labels() -> Self {
        let make = || with_rivals(labels::subjects(), rivals::labels::subjects);
        Self { name: labels::GROUP, threads: &[1, 2], make }
    }

    /// A question of a handler.
    #[must_use]
    pub fn query() -> Self {
        Self { name: judge::QUERY, threads: &[1], make: judge::queries }
    }

    /// One value into one of a thousand histograms.
    #[must_use]
    pub fn thousand() -> Self {
        let make = || with_rivals(thousand::subjects(), rivals::thousand::subjects);
        Self { name: thousand::GROUP, threads: &[1, 2, 8], make }
    }

    /// Frozen counts.
    #[must_use]
    pub fn snapshot() -> Self {
        Self { name: snapshot::GROUP, threads: &[1], make: snapshot::subjects }
    }

    /// A thousand histograms as text, which one thread filled.
    #[must_use]
    pub fn scrape_by_one() -> Self {
        let make = || with_rivals(scrape::subjects(1), || rivals::scrape::subjects(1));
        Self { name: scrape::BY_ONE, threads: &[1], make }
    }

    /// The same, which eight threads filled.
    #[must_use]
    pub fn scrape_by_eight() -> Self {
        let make = || with_rivals(scrape::subjects(8), || rivals::scrape::subjects(8));
        Self { name: scrape::BY_EIGHT, threads: &[1], make }
    }

    /// The first record of a thread.
    #[must_use]
    pub fn thread() -> Self {
        Self { name: thread::GROUP, threads: &[1], make: thread::subjects }
    }
}

fn with_rivals(mut ours: Vec<Subject>, rivals: fn() -> Vec<Subject>) -> Vec<Subject> {
    ours.extend(rivals());
    ours
}

/// Without the feature there are none.
#[cfg(not(feature = "rivals"))]
mod rivals {
    macro_rules! none {
        ($($name:ident)*) => {$(
            pub(super) mod $name {
                pub(in super::super) fn subjects() -> Vec<crate::harness::Subject> {
                    Vec::new()
                }
            }
        )*};
    }
    none!(calls labels record thousand);

    pub(super) mod scrape {
        pub(in super::super) fn subjects(_threads: usize) -> Vec<crate::harness::Subject> {
            Vec::new()
        }
    }
}
