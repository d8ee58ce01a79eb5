//! Pure. The ratios that we promise, as data.

use crate::harness::{Goal, Rival};
use crate::names::{
    ATOMIC_32, AUTOMETRICS_BEST, AUTOMETRICS_DEFAULT, BY_HAND, MEASURED_ENUMS, MEASURED_STR, METRIKEN,
    SCRAPES, WITH_SUM,
};
use crate::subjects::{call, floor, judge, labels, record, scrape, state, thousand, thread};

/// All of them, in the order of the table.
pub const ALL: &[Goal] = &[
    record("full record, against bucket only", 1, METRIKEN_ONLY, 1.2),
    record("full record, against bucket only", 2, METRIKEN_ONLY, 1.2),
    record("full record, against bucket and sum", 1, Rival::Best(WITH_SUM), 1.0 / 3.0),
    record("full record, against bucket and sum", 2, Rival::Best(WITH_SUM), 1.0 / 8.0),
    record("full record, against itself alone", 8, Rival::At(record::GROUP, record::HELD, 1), 1.3),
    call("`#[sli]`, sync, everything included", call::SYNC, 1, TWO_READS, 1.7),
    call("`#[sli]`, async, everything included", call::ASYNC, 1, TWO_READS, 1.7),
    call("`#[sli]`, sync, against timers by hand", call::SYNC, 1, Rival::Best(BY_HAND), 1.0),
    call("`#[sli]`, async, against timers by hand", call::ASYNC, 1, Rival::Best(BY_HAND), 1.0),
    call(
        "`#[sli]`, against `#[autometrics]` at its best",
        call::SYNC,
        1,
        Rival::Best(&[AUTOMETRICS_BEST]),
        1.0 / 4.0,
    ),
    call(
        "`#[sli]`, against `#[autometrics]` by default",
        call::SYNC,
        1,
        Rival::Best(&[AUTOMETRICS_DEFAULT]),
        1.0 / 16.0,
    ),
    call(
        "`#[sli]`, against `#[autometrics]` at its best",
        call::SYNC,
        2,
        Rival::Best(&[AUTOMETRICS_BEST]),
        1.0 / 7.0,
    ),
    labels("enum labels and record", labels::ENUMS, 1, Rival::Best(&[MEASURED_ENUMS]), 0.45),
    labels("enum labels and record", labels::ENUMS, 2, Rival::Best(&[MEASURED_ENUMS]), 0.40),
    labels("`&'static str` label and record", labels::STATIC_STR, 1, Rival::Best(&[MEASURED_STR]), 0.30),
    labels("`&'static str` label and record", labels::STATIC_STR, 2, Rival::Best(&[MEASURED_STR]), 0.40),
    // Four nanoseconds above the 2.5 ns of a held handle in safe code on the reference machine.
    labels("enum labels, against a held handle", labels::ENUMS, 1, Rival::Best(&[labels::HELD]), 6.5 / 2.5),
    thousand(1, 1.2),
    thousand(2, 0.8),
    thousand(8, 0.8),
    Goal {
        work: "burn rate, asked in a handler",
        group: judge::QUERY,
        ours: judge::BURN_RATE,
        threads: 1,
        rival: Rival::Best(&[floor::LOAD]),
        ratio_max: 5.0,
    },
    Goal {
        work: "tick of 1,000 busy objectives, at one a second",
        group: judge::TICK,
        ours: judge::BUSY_TICK,
        threads: 1,
        rival: Rival::Best(&[judge::SECOND]),
        ratio_max: 0.01,
    },
    Goal {
        work: "start with 30 days of 100 objectives",
        group: state::GROUP,
        ours: state::START,
        threads: 1,
        rival: Rival::Best(&[state::START_MAX]),
        ratio_max: 1.0,
    },
    Goal {
        work: "journal of 100 busy objectives, at a flush each ten seconds",
        group: state::GROUP,
        ours: state::FLUSH,
        threads: 1,
        rival: Rival::Best(&[state::INTERVAL]),
        ratio_max: 0.01,
    },
    scrape("scrape of 1,000 histograms, recorded by 1 thread", scrape::BY_ONE, 0.9),
    scrape("scrape of 1,000 histograms, recorded by 8 threads", scrape::BY_EIGHT, 1.3),
    Goal {
        work: "first record of a new thread",
        group: thread::GROUP,
        ours: thread::RECORDS_ONCE,
        threads: 1,
        rival: Rival::Best(&[thread::BARE]),
        ratio_max: 1.05,
    },
];

const METRIKEN_ONLY: Rival = Rival::Best(&[METRIKEN]);
const TWO_READS: Rival = Rival::Best(&[floor::TWO_READS]);

const fn record(work: &'static str, threads: usize, rival: Rival, ratio_max: f64) -> Goal {
    Goal { work, group: record::GROUP, ours: record::HELD, threads, rival, ratio_max }
}

const fn call(work: &'static str, ours: &'static str, threads: usize, rival: Rival, ratio_max: f64) -> Goal {
    Goal { work, group: call::GROUP, ours, threads, rival, ratio_max }
}

const fn labels(
    work: &'static str,
    ours: &'static str,
    threads: usize,
    rival: Rival,
    ratio_max: f64,
) -> Goal {
    Goal { work, group: labels::GROUP, ours, threads, rival, ratio_max }
}

const fn scrape(work: &'static str, group: &'static str, ratio_max: f64) -> Goal {
    Goal { work, group, ours: scrape::OURS, threads: 1, rival: Rival::Best(SCRAPES), ratio_max }
}

const fn thousand(threads: usize, ratio_max: f64) -> Goal {
    Goal {
        work: "one of 1,000 series at random",
        group: thousand::GROUP,
        ours: thousand::OURS,
        threads,
        rival: Rival::Best(&[ATOMIC_32]),
        ratio_max,
    }
}
