//! Cold. A lookup by three label values, then one value into the histogram found.

use super::{meter, metrics_recorder};
use crate::harness::Subject;
use crate::names::{MEASURED_ENUMS, MEASURED_STR};
use crate::values::labels::{Method, PATHS, Request, Route, Status, request};
use crate::values::{BOUNDS, seconds};
use measured::label::StaticLabelSet;
use measured::lasso::{Rodeo, RodeoReader, Spur};
use measured::metric::histogram::Thresholds;
use opentelemetry::KeyValue;
use prometheus_client::metrics::family::Family as ClientFamily;
use prometheus_client::metrics::histogram::Histogram as ClientHistogram;

/// All of them.
#[must_use]
pub fn subjects() -> Vec<Subject> {
    let mut subjects = vec![measured_enums(), measured_str(), prometheus(), client(), fast()];
    subjects.extend([opentelemetry(), metrics_macro()]);
    subjects
}

fn prometheus() -> Subject {
    let opts = prometheus::HistogramOpts::new("labelled", "labelled").buckets(BOUNDS.to_vec());
    let family =
        prometheus::HistogramVec::new(opts, &["method", "route", "status"]).expect("valid names and bounds");
    Subject::shared("prometheus", move |i| {
        let Request { method, path, status, .. } = request(i);
        family.with_label_values(&[method.as_str(), path, status.as_str()]).observe(seconds(i));
    })
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, prometheus_client::encoding::EncodeLabelSet)]
struct ClientLabels {
    method: &'static str,
    route: &'static str,
    status: &'static str,
}

fn client() -> Subject {
    let family: ClientFamily<ClientLabels, ClientHistogram> =
        ClientFamily::new_with_constructor(|| ClientHistogram::new(BOUNDS));
    Subject::shared("prometheus-client", move |i| {
        let Request { method, path, status, .. } = request(i);
        let labels = ClientLabels { method: method.as_str(), route: path, status: status.as_str() };
        family.get_or_create(&labels).observe(seconds(i));
    })
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, fastmetrics::derive::LabelSet)]
struct FastLabels {
    method: &'static str,
    route: &'static str,
    status: &'static str,
}

fn fast() -> Subject {
    let family = fastmetrics::metrics::family::Family::<FastLabels, _>::new(|| {
        fastmetrics::metrics::histogram::Histogram::new(BOUNDS)
    });
    Subject::shared("fastmetrics", move |i| {
        let Request { method, path, status, .. } = request(i);
        let labels = FastLabels { method: method.as_str(), route: path, status: status.as_str() };
        family.with_or_new(&labels, |histogram| histogram.observe(seconds(i)));
    })
}

#[derive(Clone, Copy, measured::LabelGroup)]
#[label(set = EnumLabelSet)]
struct EnumLabels {
    method: Method,
    route: Route,
    status: Status,
}

fn measured_enums() -> Subject {
    let set = EnumLabelSet {
        method: StaticLabelSet::new(),
        route: StaticLabelSet::new(),
        status: StaticLabelSet::new(),
    };
    let family = measured::HistogramVec::with_label_set_and_metadata(set, Thresholds::with_buckets(BOUNDS));
    Subject::shared(MEASURED_ENUMS, move |i| {
        let Request { method, route, status, .. } = request(i);
        family.observe(EnumLabels { method, route, status }, seconds(i));
    })
}

#[derive(Clone, Copy, measured::LabelGroup)]
#[label(set = StrLabelSet)]
struct StrLabels<'a> {
    method: Method,
    // The hasher of its own benches.
    #[label(fixed_with = RodeoReader<Spur, ahash::RandomState>)]
    route: &'a str,
    status: Status,
}

fn measured_str() -> Subject {
    let mut paths = Rodeo::<Spur, ahash::RandomState>::with_hasher(ahash::RandomState::new());
    for path in PATHS {
        paths.get_or_intern_static(path);
    }
    let set = StrLabelSet {
        method: StaticLabelSet::new(),
        route: paths.into_reader(),
        status: StaticLabelSet::new(),
    };
    let family = measured::HistogramVec::with_label_set_and_metadata(set, Thresholds::with_buckets(BOUNDS));
    Subject::shared(MEASURED_STR, move |i| {
        let Request { method, path, status, .. } = request(i);
        family.observe(StrLabels { method, route: path, status }, seconds(i));
    })
}

fn opentelemetry() -> Subject {
    let histogram = meter().f64_histogram("labelled").with_boundaries(BOUNDS.to_vec()).build();
    Subject::shared("opentelemetry", move |i| {
        let Request { method, path, status, .. } = request(i);
        let attributes = [
            KeyValue::new("method", method.as_str()),
            KeyValue::new("route", path),
            KeyValue::new("status", status.as_str()),
        ];
        histogram.record(seconds(i), &attributes);
    })
}

fn metrics_macro() -> Subject {
    let (recorder, upkeep) = metrics_recorder();
    // One recorder per process; a second group would find the first one's, which serves as well.
    let _ = metrics::set_global_recorder(recorder);
    Subject::shared("metrics macro", |i| {
        let Request { method, path, status, .. } = request(i);
        metrics::histogram!("labelled", "method" => method.as_str(), "route" => path, "status" => status.as_str())
            .record(seconds(i));
    })
    .between(move || upkeep.run_upkeep())
}
