//! The state directory shows where people look, and in the metrics.

#![cfg(feature = "prometheus")]
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::time::Duration;

use http::Request;
use sre_core::clock::ManualClock;
use sre_core::{Engine, Objective, Sli};
use sre_exporters::Exporters;

fn body(exporters: &Exporters, path: &str) -> String {
    let request = Request::get(path).body(()).unwrap();
    String::from_utf8(exporters.handler().answer(&request).body().as_bytes().to_vec()).unwrap()
}

#[test]
fn page_status_and_metrics_tell_of_the_state_directory() {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("memory-shows-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    let engine = Engine::builder().manual_clock(clock).state_dir(&directory).start().unwrap();
    let _checkout = engine.sli(Sli::new("checkout").objective(Objective::availability(0.999)).definition());
    engine.advance(Duration::from_secs(11));
    let exporters = Exporters::builder(&engine).start().unwrap();
    assert!(body(&exporters, "/").contains("a kill loses at most 10 s"), "{}", body(&exporters, "/"));
    assert!(body(&exporters, "/metrics").contains("\nsre_engine_state_writable 1\n"));
    assert!(body(&exporters, "/metrics").contains("\nsre_engine_state_failures_total 0\n"));
    assert!(body(&exporters, "/api/v1/status").contains("\"standing\":\"writable\""));
    let _ = std::fs::remove_dir_all(&directory);
}
