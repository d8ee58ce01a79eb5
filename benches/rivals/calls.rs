//! Cold. One instrumented call: what teams write by hand today, and what `#[autometrics]` writes for them.

use super::metrics_recorder;
use super::record::{METADATA, METRIKEN_SHARDED};
use crate::harness::{Subject, now};
use crate::names::{AUTOMETRICS_BEST, AUTOMETRICS_DEFAULT};
use crate::subjects::call::{Refused, body, subject};
use crate::values::BOUNDS;
use metrics::{Key, Recorder};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::LazyLock;

/// All of them.
#[must_use]
pub fn subjects() -> Vec<Subject> {
    let mut subjects = by_hand();
    subjects.push(subject(AUTOMETRICS_BEST, best::call));
    subjects.push(subject(AUTOMETRICS_DEFAULT, default::call));
    subjects
}

fn by_hand() -> Vec<Subject> {
    #[inline(never)]
    fn metriken_tsc(clock: &quanta::Clock, x: u64) -> Result<u64, Refused> {
        let start = clock.raw();
        let result = body(x);
        let _ = METRIKEN_SHARDED.increment(clock.delta_as_nanos(start, clock.raw()));
        result
    }
    #[inline(never)]
    #[expect(clippy::cast_possible_truncation, reason = "a call of less than 584 years")]
    fn metriken_instant(x: u64) -> Result<u64, Refused> {
        let start = now();
        let result = body(x);
        let _ = METRIKEN_SHARDED.increment(now().duration_since(start).as_nanos() as u64);
        result
    }
    #[inline(never)]
    fn metrics_instant(histogram: &metrics::Histogram, x: u64) -> Result<u64, Refused> {
        let start = now();
        let result = body(x);
        histogram.record(now().duration_since(start));
        result
    }
    #[inline(never)]
    fn prometheus_timer(histogram: &prometheus::Histogram, x: u64) -> Result<u64, Refused> {
        let timer = histogram.start_timer();
        let result = body(x);
        timer.observe_duration();
        result
    }
    // Statics, as a service would hold them.
    static CLOCK: LazyLock<quanta::Clock> = LazyLock::new(quanta::Clock::new);
    static METRICS: LazyLock<(metrics::Histogram, PrometheusHandle)> = LazyLock::new(|| {
        let (recorder, upkeep) = metrics_recorder();
        (recorder.register_histogram(&Key::from_static_name("call"), &METADATA), upkeep)
    });
    static PROMETHEUS: LazyLock<prometheus::Histogram> = LazyLock::new(|| {
        let opts = prometheus::HistogramOpts::new("call", "call").buckets(BOUNDS.to_vec());
        prometheus::Histogram::with_opts(opts).expect("a valid name")
    });
    let (clock, metrics, prometheus): (&quanta::Clock, &metrics::Histogram, &prometheus::Histogram) =
        (&CLOCK, &METRICS.0, &PROMETHEUS);
    vec![
        subject("metriken sharded + TSC", move |x| metriken_tsc(clock, x)),
        subject("metriken sharded + Instant", metriken_instant),
        subject("metrics handle + Instant", move |x| metrics_instant(metrics, x))
            .between(|| METRICS.1.run_upkeep()),
        subject("prometheus timer", move |x| prometheus_timer(prometheus, x)),
    ]
}

mod best {
    use crate::subjects::call::{Refused, body};

    #[autometrics::autometrics]
    #[inline(never)]
    pub(super) fn call(x: u64) -> Result<u64, Refused> {
        body(x)
    }
}

mod default {
    use crate::subjects::call::{Refused, body};
    // The attribute names its own crate, and this is the other version of it.
    use autometrics_client as autometrics;

    #[autometrics::autometrics]
    #[inline(never)]
    pub(super) fn call(x: u64) -> Result<u64, Refused> {
        body(x)
    }
}
