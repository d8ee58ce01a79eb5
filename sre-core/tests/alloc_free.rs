//! After prewarm, recording allocates nothing.

#![expect(unsafe_code, reason = "a global allocator that counts")]

mod counting;
mod promise;

use std::time::Duration;

use counting::ALLOCATIONS;
use promise::kept;
use sre_core::sli::{Abandoned, Exemplar};
use sre_core::{Objective, Outcome, Sli};

static SLI: Sli = Sli::new("allocations")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, Duration::from_millis(300)));

fn allocations(run: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    run();
    ALLOCATIONS.get() - before
}

#[test]
fn ten_million_records_after_prewarm_allocate_nothing() {
    sre_core::clock::calibrate();
    SLI.prewarm();
    let allocated = allocations(|| {
        for step in 0..5_000_000_u64 {
            // From 1 ms to 64 s, as in an outage.
            let duration = Duration::from_nanos(1_000_000 << (step % 16));
            let outcome = if step % 3 == 0 { Outcome::Error } else { Outcome::Ok };
            SLI.record(outcome, duration);
            SLI.start().finish(outcome);
        }
    });
    assert_eq!(allocated, 0);
    kept("R4", "10000000 records after prewarm, 0 allocations");
}

/// What each of these allocates once it has been done for the first time.
fn once_warm(sli: &Sli, record: impl Fn(&Sli)) -> u64 {
    sre_core::clock::calibrate();
    sli.prewarm();
    record(sli);
    allocations(|| (0..100_000).for_each(|_| record(sli)))
}

#[test]
fn calls_without_an_answer_allocate_nothing() {
    let sli = Sli::new("unanswered").objective(Objective::latency(0.99, Duration::from_millis(300)));
    let allocated = once_warm(&sli, |sli| {
        for outcome in [Outcome::Ignored].into_iter().chain(Abandoned::ALL.map(Outcome::Abandoned)) {
            sli.record(outcome, Duration::from_secs(1));
            sli.start().finish(outcome);
            sli.record_n(outcome, Duration::from_secs(1), 1_000);
        }
    });
    assert_eq!(allocated, 0);
}

#[test]
fn batches_allocate_nothing_after_the_first() {
    let sli = Sli::new("batches").objective(Objective::latency(0.99, Duration::from_millis(300)));
    let allocated = once_warm(&sli, |sli| {
        for (outcome, count) in [(Outcome::Ok, 2), (Outcome::Error, 1 << 20), (Outcome::Ok, 1 << 40)] {
            sli.record_n(outcome, Duration::from_millis(400), count);
        }
    });
    assert_eq!(allocated, 0);
}

#[test]
fn exemplars_allocate_nothing_after_the_first() {
    let sli = Sli::new("exemplars");
    let allocated = once_warm(&sli, |sli| {
        for outcome in [Outcome::Ok, Outcome::Error] {
            let exemplar = Exemplar::new([1; 16], [2; 8]);
            sli.record_with_exemplar(outcome, Duration::from_millis(400), exemplar);
            sli.start().finish_with_exemplar(outcome, exemplar);
        }
    });
    assert_eq!(allocated, 0);
}

#[cfg(feature = "macros")]
mod families {
    use sre_core::{Labels, SliFamily};

    use super::*;

    #[derive(Labels)]
    enum Closed {
        One,
        Two,
    }

    #[derive(Labels)]
    struct Dense {
        closed: Closed,
    }

    #[derive(Labels)]
    struct Fixed {
        text: &'static str,
    }

    #[derive(Labels)]
    struct Open {
        text: String,
    }

    #[track_caller]
    fn check<L: Labels>(name: &'static str, members_max: usize, labels: &[L]) {
        let family = SliFamily::<L>::new(name).members_max(members_max);
        let find_all = || assert!(labels.iter().all(|labels| family.get(labels).name() == name));
        assert!(allocations(find_all) > 0, "the first time");
        assert_eq!(allocations(|| (0..10_000).for_each(|_| find_all())), 0);
    }

    #[test]
    fn warm_lookups_allocate_nothing() {
        check("dense", 10, &[Dense { closed: Closed::One }, Dense { closed: Closed::Two }]);
        check("fixed", 10, &["a", "b", "c"].map(|text| Fixed { text }));
        check("open", 10, &["a", "b", "c"].map(|text| Open { text: text.to_owned() }));
        check("fixed-full", 1, &["a", "b", "c"].map(|text| Fixed { text }));
        check("open-full", 1, &["a", "b", "c"].map(|text| Open { text: text.to_owned() }));
    }
}

#[test]
fn the_detector_sees_an_allocation() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
}
