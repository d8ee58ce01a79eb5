//! Cold. One value into a held histogram.

use super::{meter, metrics_recorder};
use crate::harness::Subject;
use crate::names::{ATOMIC_32, METRIKEN};
use crate::values::{BOUNDS, nanos, seconds};
use metrics::{Key, Metadata, Recorder};
use metriken::ShardedCounterHistogram;
use opentelemetry::KeyValue;
use parking_lot::Mutex;

pub(super) static METRIKEN_SHARDED: ShardedCounterHistogram = ShardedCounterHistogram::new(6, 64);

/// All of them.
#[must_use]
pub fn subjects() -> Vec<Subject> {
    let mut subjects = bucket_only();
    subjects.extend(with_sum());
    subjects
}

/// Latency histograms: a bucket per value, no sum, precision of 0.8 % or two digits.
fn bucket_only() -> Vec<Subject> {
    let atomic = histogram::AtomicHistogram::new(6, 64).expect("a valid layout");
    let atomic_32 = histogram::AtomicHistogram32::new(6, 64).expect("a valid layout");
    let mutex = Mutex::new(plain());
    let sync = plain().into_sync();
    vec![
        Subject::shared(METRIKEN, |i| METRIKEN_SHARDED.increment(nanos(i))),
        Subject::shared("histogram AtomicHistogram", move |i| atomic.increment(nanos(i))),
        Subject::shared(ATOMIC_32, move |i| atomic_32.increment(nanos(i))),
        Subject::per_thread("hdrhistogram plain, one per thread", || {
            let mut histogram = plain();
            move |i| histogram.saturating_record(nanos(i))
        }),
        Subject::shared("hdrhistogram mutex", move |i| mutex.lock().saturating_record(nanos(i))).waiting(),
        Subject::per_thread("hdrhistogram sync", move || {
            let mut recorder = sync.recorder();
            move |i| recorder.saturating_record(nanos(i))
        }),
    ]
}

/// Exporter libraries: fourteen bounds and a sum.
fn with_sum() -> Vec<Subject> {
    let opts = prometheus::HistogramOpts::new("held", "held").buckets(BOUNDS.to_vec());
    let prometheus = prometheus::Histogram::with_opts(opts).expect("a valid name");
    let client = prometheus_client::metrics::histogram::Histogram::new(BOUNDS);
    let fast = fastmetrics::metrics::histogram::Histogram::new(BOUNDS);
    let thresholds = measured::metric::histogram::Thresholds::with_buckets(BOUNDS);
    let measured = measured::Histogram::with_metadata(thresholds);
    let lib = metrics_lib::Histogram::with_buckets(BOUNDS);
    let (recorder, upkeep) = metrics_recorder();
    let handle = recorder.register_histogram(&Key::from_static_name("held"), &METADATA);
    let otel = meter().f64_histogram("held").with_boundaries(BOUNDS.to_vec()).build();
    let bound = otel.bind(&[KeyValue::new("sli", "checkout")]);
    let attributes = [KeyValue::new("sli", "checkout")];
    vec![
        Subject::shared("prometheus", move |i| prometheus.observe(seconds(i))),
        Subject::shared("prometheus-client", move |i| client.observe(seconds(i))),
        Subject::shared("fastmetrics", move |i| fast.observe(seconds(i))),
        Subject::shared("measured", move |i| measured.get_metric().observe(seconds(i))),
        Subject::shared("metrics-lib", move |i| lib.observe(seconds(i))),
        Subject::shared("metrics handle", move |i| handle.record(seconds(i)))
            .between(move || upkeep.run_upkeep()),
        Subject::shared("opentelemetry bound", move |i| bound.record(seconds(i))),
        Subject::shared("opentelemetry attributes", move |i| otel.record(seconds(i), &attributes)),
    ]
}

pub(super) static METADATA: Metadata<'static> = Metadata::new("bench", metrics::Level::INFO, None);

fn plain() -> hdrhistogram::Histogram<u64> {
    hdrhistogram::Histogram::new_with_bounds(1, 3_600_000_000_000, 2).expect("valid bounds")
}
