//! Cold. The libraries that teams use today, each on the fastest road that its documentation shows.
//!
//! Handles are made beforehand, values come in the unit the library wants, and housekeeping that runs on a timer in
//! production runs between batches. What each one keeps differs: the names say so where it matters.

pub mod calls;
pub mod labels;
pub mod record;
pub mod scrape;
pub mod thousand;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use std::sync::LazyLock;

/// A recorder of `metrics` that answers scrapes from histograms with our bounds.
fn metrics_recorder() -> (PrometheusRecorder, PrometheusHandle) {
    let builder =
        PrometheusBuilder::new().set_buckets(&crate::values::BOUNDS).expect("the bounds are not empty");
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    (recorder, handle)
}

/// A meter of `opentelemetry_sdk` with a reader that only reads when asked.
fn meter() -> Meter {
    static PROVIDER: LazyLock<SdkMeterProvider> =
        LazyLock::new(|| SdkMeterProvider::builder().with_reader(ManualReader::builder().build()).build());
    PROVIDER.meter("bench")
}
