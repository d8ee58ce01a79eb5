//! The OpenTelemetry SDK for Python puts every value into the exponential bucket that we put it into.
//!
//! Needs the PyPI package `opentelemetry-sdk`; `SRE_PYTHON` names the interpreter that has it (default `python3`).
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic as tests do")]

mod foreign;

use core::time::Duration;
use std::collections::BTreeMap;

use foreign::Foreign;
use sre_core::histogram::{Layout, Snapshot};

const PYTHON: Foreign = Foreign {
    variable: "SRE_PYTHON",
    default: "python3",
    script: "exponential_python.py",
    next_step: "python3 -m venv DIR && DIR/bin/pip install opentelemetry-sdk, then SRE_PYTHON=DIR/bin/python",
};

/// One value in each of the buckets that hold a power of two, half as much again, and some between.
fn spread() -> Snapshot {
    let octave = |power: u32| [1_u64 << power, 3_u64 << power >> 1, 0x1234_5678_9abc_def0 >> (60 - power)];
    let values = (0..60).flat_map(octave).filter(|&value| value > 0).map(Duration::from_nanos);
    Snapshot::from_durations(Layout::BITS_10, values)
}

#[test]
fn opentelemetry_agrees_on_every_index() {
    let snapshot = spread();
    let midpoints: Vec<_> = snapshot.buckets().map(|bucket| bucket.midpoint_ns().to_string()).collect();
    for scale in -10_i8..=9 {
        let scale_text = scale.to_string();
        let arguments: Vec<_> =
            [scale_text.as_str()].into_iter().chain(midpoints.iter().map(String::as_str)).collect();
        let indexes = PYTHON.run(&arguments);
        let mut theirs = BTreeMap::new();
        for (index, bucket) in indexes.as_array().unwrap().iter().zip(snapshot.buckets()) {
            *theirs.entry(i32::try_from(index.as_i64().unwrap()).unwrap()).or_insert(0) += bucket.count();
        }
        let ours = snapshot.exponential(scale, Duration::from_nanos(1));
        assert_eq!(ours.scale(), scale);
        assert_eq!(ours.buckets().collect::<BTreeMap<_, _>>(), theirs, "scale {scale}");
    }
}
