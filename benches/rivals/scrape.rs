//! Cold. A thousand histograms of fourteen bounds as text.

use super::metrics_recorder;
use crate::harness::Subject;
use crate::subjects::scrape::fill;
use crate::values::{BOUNDS, SERIES, seconds};
use measured::MetricGroup;
use measured::lasso::{Rodeo, RodeoReader};
use measured::metric::histogram::Thresholds;
use measured::text::BufferedTextEncoder;
use metrics::Recorder;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use parking_lot::Mutex;
use std::sync::Arc;

/// All of them, recorded into by so many threads.
#[must_use]
pub fn subjects(threads: usize) -> Vec<Subject> {
    vec![
        fast(threads),
        lib(threads),
        client(threads),
        measured(threads),
        prometheus(threads),
        opentelemetry(threads),
        exporter(threads),
    ]
}

/// Fills a rival's histograms and scrapes them, each with one more value.
fn scrape<T>(
    subject: &'static str,
    threads: usize,
    record: impl Fn(usize, f64) + Send + Sync + 'static,
    render: impl Fn() -> T + Send + Sync + 'static,
) -> Subject {
    fill(threads, |series, i| record(series, seconds(i + series)));
    Subject::shared(subject, move |i| {
        (0..SERIES).for_each(|series| record(series, seconds(i)));
        render()
    })
}

/// The label of a series.
fn name(series: usize) -> String {
    format!("sli-{series}")
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, prometheus_client::encoding::EncodeLabelSet)]
struct ClientLabels {
    sli: String,
}

fn client(threads: usize) -> Subject {
    use prometheus_client::metrics::{family::Family, histogram::Histogram};
    let family = Family::<ClientLabels, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
    let held = |series| family.get_or_create_owned(&ClientLabels { sli: name(series) });
    let histograms: Vec<Histogram> = (0..SERIES).map(held).collect();
    let mut registry = prometheus_client::registry::Registry::default();
    registry.register("duration_seconds", "Latency", family);
    let out = Mutex::new(String::new());
    let render = move || {
        let mut out = out.lock();
        out.clear();
        prometheus_client::encoding::text::encode(&mut *out, &registry).map(|()| out.len())
    };
    scrape("prometheus-client", threads, move |series, value| histograms[series].observe(value), render)
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, fastmetrics::derive::LabelSet)]
struct FastLabels {
    sli: String,
}

fn fast(threads: usize) -> Subject {
    use fastmetrics::format::text::{TextProfile, encode};
    use fastmetrics::metrics::{family::Family, histogram::Histogram};
    let family = Family::<FastLabels, Histogram>::new(|| Histogram::new(BOUNDS));
    let labels: Vec<FastLabels> = (0..SERIES).map(|series| FastLabels { sli: name(series) }).collect();
    let mut registry = fastmetrics::registry::Registry::builder().build().expect("no options");
    registry.register("duration_seconds", "Latency", family.clone()).expect("a valid name");
    let out = Mutex::new(String::new());
    let render = move || {
        let mut out = out.lock();
        out.clear();
        encode(&mut *out, &registry, TextProfile::default()).map(|()| out.len())
    };
    let record = move |series: usize, value| family.with_or_new(&labels[series], |h| h.observe(value));
    scrape("fastmetrics", threads, record, render)
}

fn lib(threads: usize) -> Subject {
    let registry = metrics_lib::Registry::new();
    let make = |series| {
        let labels = metrics_lib::LabelSet::from([("sli", name(series))]);
        registry.configure_histogram("duration_seconds", BOUNDS).ok();
        registry.histogram_with("duration_seconds", &labels)
    };
    let histograms: Vec<_> = (0..SERIES).map(make).collect();
    let out = Mutex::new(String::new());
    let render = move || {
        let mut out = out.lock();
        out.clear();
        metrics_lib::exporters::prometheus::render_into(&mut out, &registry);
        out.len()
    };
    scrape("metrics-lib", threads, move |series, value| histograms[series].observe(value), render)
}

#[derive(Clone, Copy, measured::LabelGroup)]
#[label(set = SliLabelSet)]
struct SliLabels<'a> {
    #[label(fixed_with = RodeoReader)]
    sli: &'a str,
}

#[derive(MetricGroup)]
#[metric(new(set: SliLabelSet))]
struct MeasuredGroup {
    /// Latency
    #[metric(label_set = set, metadata = Thresholds::with_buckets(BOUNDS))]
    duration_seconds: measured::HistogramVec<SliLabelSet, 14>,
}

fn measured(threads: usize) -> Subject {
    let names: Vec<String> = (0..SERIES).map(name).collect();
    let group = MeasuredGroup::new(SliLabelSet { sli: names.iter().collect::<Rodeo>().into_reader() });
    let group = Arc::new(group);
    let rendered = Arc::clone(&group);
    let encoder = Mutex::new(BufferedTextEncoder::new());
    let render = move || {
        let mut encoder = encoder.lock();
        let result = rendered.collect_group_into(&mut *encoder);
        (encoder.finish().len(), result.is_ok())
    };
    let record = move |series: usize, value| {
        group.duration_seconds.observe(SliLabels { sli: &names[series] }, value);
    };
    scrape("measured", threads, record, render)
}

fn prometheus(threads: usize) -> Subject {
    use prometheus::{HistogramOpts, HistogramVec, Registry, TextEncoder};
    let opts = HistogramOpts::new("duration_seconds", "Latency").buckets(BOUNDS.to_vec());
    let family = HistogramVec::new(opts, &["sli"]).expect("a valid name");
    let histograms: Vec<_> = (0..SERIES).map(|series| family.with_label_values(&[&name(series)])).collect();
    let registry = Registry::new();
    registry.register(Box::new(family)).expect("the first of its name");
    let out = Mutex::new(String::new());
    let render = move || {
        let mut out = out.lock();
        out.clear();
        TextEncoder::new().encode_utf8(&registry.gather(), &mut out).map(|()| out.len())
    };
    scrape("prometheus", threads, move |series, value| histograms[series].observe(value), render)
}

fn opentelemetry(threads: usize) -> Subject {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .build()
        .expect("a valid exporter");
    let provider = opentelemetry_sdk::metrics::SdkMeterProvider::builder().with_reader(exporter).build();
    let histogram = provider
        .meter("bench")
        .f64_histogram("duration")
        .with_boundaries(BOUNDS.to_vec())
        .with_unit("s")
        .build();
    let attributes: Vec<_> = (0..SERIES).map(|series| [KeyValue::new("sli", name(series))]).collect();
    let out = Mutex::new(String::new());
    let render = move || {
        // The provider owns the pipeline that the registry reads.
        let _alive = &provider;
        let mut out = out.lock();
        out.clear();
        prometheus::TextEncoder::new().encode_utf8(&registry.gather(), &mut out).map(|()| out.len())
    };
    let record = move |series: usize, value| histogram.record(value, &attributes[series]);
    scrape("opentelemetry-prometheus", threads, record, render)
}

fn exporter(threads: usize) -> Subject {
    let (recorder, handle) = metrics_recorder();
    let make = |series| {
        let key =
            metrics::Key::from_parts("duration_seconds", vec![metrics::Label::new("sli", name(series))]);
        recorder.register_histogram(&key, &super::record::METADATA)
    };
    let histograms: Vec<_> = (0..SERIES).map(make).collect();
    let upkeep = handle.clone();
    let out = Mutex::new(Vec::new());
    let render = move || {
        let mut out = out.lock();
        out.clear();
        handle.render_to_write(&mut *out).map(|()| out.len())
    };
    let subject = scrape(
        "metrics-exporter-prometheus",
        threads,
        move |series, value| histograms[series].record(value),
        render,
    );
    upkeep.run_upkeep();
    subject
}
