//! Classic buckets, which are counted on from look to look, are those of all durations that were ever recorded.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may")]

use std::time::Duration;

use proptest::prelude::*;
use sre_core::clock::ManualClock;
use sre_core::histogram::{Layout, Snapshot, classic_bounds_ns};
use sre_core::report::{ClassicBuckets, Report, SliReport};
use sre_core::{Engine, Labels, Objective, Outcome, Sli, SliFamily};

const THRESHOLD: Duration = Duration::from_millis(300);

static JUDGED: Sli = Sli::new("judged").objective(Objective::latency(0.99, THRESHOLD));
static FINE: Sli = Sli::new("fine").precision(Layout::BITS_7);

#[derive(Labels)]
struct Zone {
    zone: &'static str,
}

/// What is done to a series, which has a number.
#[derive(Clone, Debug)]
enum Step {
    Record { series: usize, outcome: Outcome, duration: Duration, count: u64 },
    Tick,
    CollectAll,
    CollectBuckets,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = prop_oneof![3 => Just(Outcome::Ok), 1 => Just(Outcome::Error), 1 => Just(Outcome::Ignored)];
    let nanos = (0_u32..54, 0_u64..1 << 20).prop_map(|(shift, value)| (value << shift) >> 20);
    let count = prop_oneof![9 => 1_u64..4, 1 => Just(70_000), 1 => Just(1 << 33)];
    let record = (0_usize..4, outcome, nanos, count).prop_map(|(series, outcome, nanos, count)| {
        Step::Record { series, outcome, duration: Duration::from_nanos(nanos), count }
    });
    let step = prop_oneof![6 => record, 1 => Just(Step::Tick), 1 => Just(Step::CollectAll), 3 => Just(Step::CollectBuckets)];
    proptest::collection::vec(step, 1..60)
}

/// Everything recorded into one series so far, by two outcomes.
#[derive(Clone)]
struct Model {
    by_outcome: [(Snapshot, u64); 2],
}

impl Model {
    fn new(layout: Layout) -> Self {
        Self { by_outcome: [(); 2].map(|()| (Snapshot::empty(layout), 0)) }
    }

    fn record(&mut self, layout: Layout, outcome: Outcome, duration: Duration, count: u64) {
        let place = match outcome {
            Outcome::Ok => 0,
            Outcome::Error => 1,
            _ => return,
        };
        let (all, over) = &mut self.by_outcome[place];
        let sum_ns = duration.as_nanos() * u128::from(count);
        let bucket = layout.index(duration.as_nanos().try_into().unwrap());
        all.merge(&Snapshot::from_buckets(layout, [(bucket, count)], sum_ns));
        *over += if duration > THRESHOLD { count } else { 0 };
    }

    fn merged(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        for ((all, over), (more, more_over)) in sum.by_outcome.iter_mut().zip(&other.by_outcome) {
            all.merge(more);
            *over += more_over;
        }
        sum
    }

    #[track_caller]
    fn check(&self, row: &SliReport) {
        let [(ok, ok_over), (error, error_over)] = &self.by_outcome;
        check(&row.buckets, ok, *ok_over, &row.thresholds_ns);
        match &row.error_buckets {
            Some(buckets) => check(buckets, error, *error_over, &row.thresholds_ns),
            None => assert!(error.is_empty()),
        }
    }
}

#[track_caller]
fn check(buckets: &ClassicBuckets, all: &Snapshot, over: u64, thresholds_ns: &[u64]) {
    let bounds_ns = classic_bounds_ns(thresholds_ns.iter().copied());
    let expected: Vec<u64> = bounds_ns
        .iter()
        .zip(all.cumulative(bounds_ns.iter().copied()))
        .map(|(bound, count)| if thresholds_ns.contains(bound) { all.count() - over } else { count })
        .collect();
    assert_eq!((buckets.count(), buckets.sum_ns()), (all.count(), all.sum_ns()));
    // Nothing was read of a series without events.
    assert_eq!(buckets.cumulative(), if all.is_empty() { &[] } else { expected.as_slice() });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_recorded_and_whenever_somebody_looks(steps in steps()) {
        let engine = Engine::builder().manual_clock(ManualClock::default()).start().unwrap();
        let family = SliFamily::<Zone>::new("family").objective(Objective::latency(0.99, THRESHOLD));
        let family = engine.family(&family).unwrap();
        let slis = [
            engine.sli(JUDGED.definition()).unwrap(),
            engine.sli(FINE.definition()).unwrap(),
            (*family.get(&Zone { zone: "a" })).clone(),
            (*family.get(&Zone { zone: "b" })).clone(),
        ];
        let layouts = [Layout::BITS_6, Layout::BITS_7, Layout::BITS_6, Layout::BITS_6];
        let mut models = layouts.map(Model::new);
        let check = |report: &Report, models: &[Model; 4]| {
            let of = |name: &str, zone: &str| {
                let is_it = |row: &&SliReport| row.name == name && row.labels.iter().all(|label| &*label.value == zone);
                report.slis.iter().find(is_it).unwrap()
            };
            let [judged, fine, a, b] = models;
            judged.check(of("judged", ""));
            fine.check(of("fine", ""));
            a.check(of("family", "a"));
            b.check(of("family", "b"));
            a.merged(b).check(of("family", ""));
        };
        for step in steps {
            match step {
                Step::Record { series, outcome, duration, count } => {
                    slis[series].record_n(outcome, duration, count);
                    models[series].record(layouts[series], outcome, duration, count);
                }
                Step::Tick => engine.advance(Duration::from_secs(7)),
                Step::CollectAll => check(&engine.collect(), &models),
                Step::CollectBuckets => check(&engine.collect_buckets(), &models),
            }
        }
        check(&engine.collect_buckets(), &models);
    }
}

#[test]
fn hot_threads_have_their_events_in_classic_buckets_too() {
    static BUSY: Sli = Sli::new("busy").objective(Objective::latency(0.99, THRESHOLD));
    let engine = Engine::builder().start().unwrap();
    let busy = engine.sli(BUSY.definition()).unwrap();
    let mut model = Model::new(Layout::BITS_6);
    for round in 0..3_u64 {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for micros in 0..5_000 {
                        busy.record(Outcome::Ok, Duration::from_micros(micros * micros % 900_000 + round));
                    }
                    // While this thread still holds its shard.
                    assert!(engine.collect_buckets().sli("busy").unwrap().buckets.count() >= 5_000);
                });
            }
        });
        for micros in 0..5_000 {
            let duration = Duration::from_micros(micros * micros % 900_000 + round);
            model.record(Layout::BITS_6, Outcome::Ok, duration, 2);
        }
        model.check(engine.collect_buckets().sli("busy").unwrap());
    }
}
