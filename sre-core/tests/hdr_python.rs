//! HdrHistogram for Python reads what is written here, and the other way round.
//!
//! Needs the PyPI package `hdrhistogram`; `SRE_PYTHON` names the interpreter that has it (default `python3`).
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic as tests do")]

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sre_core::histogram::hdr::{LogInterval, LogReader, LogWriter};
use sre_core::histogram::{Layout, Snapshot};

const START: Duration = Duration::from_secs(1_700_000_000);

fn start() -> SystemTime {
    UNIX_EPOCH + START
}

/// Runs the script beside this file; what it prints is JSON.
#[track_caller]
fn python(arguments: &[&str]) -> Value {
    let python = std::env::var("SRE_PYTHON").unwrap_or_else(|_| "python3".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hdr_python.py");
    let output = Command::new(&python).arg(script).args(arguments).output();
    let output = output
        .unwrap_or_else(|error| panic!("{python} does not start ({error}): set SRE_PYTHON to a Python 3"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{python} failed; if the package is missing: {python} -m pip install hdrhistogram\n{errors}"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.hlog", std::process::id()))
}

/// A thousand durations from 5 µs to an hour, each later slot a little slower.
fn values(slot: u64) -> impl Iterator<Item = u64> {
    (1..=1_000_u64).map(move |i| 5_000 + i * i * i * (3 + slot))
}

fn recorded(layout: Layout, slot: u64) -> Snapshot {
    Snapshot::from_durations(layout, values(slot).map(Duration::from_nanos))
}

/// What both sides say about one histogram: its buckets as lowest value and count.
fn buckets(snapshot: &Snapshot) -> Vec<(u64, u64)> {
    snapshot.buckets().map(|bucket| (bucket.lower_ns(), bucket.count())).collect()
}

fn buckets_of(histogram: &Value) -> Vec<(u64, u64)> {
    let pairs = histogram["buckets"].as_array().unwrap();
    pairs.iter().map(|pair| (pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap())).collect()
}

#[track_caller]
fn check_python_reads(layout: Layout, figures: u64) {
    let path = scratch(&format!("written-{figures}"));
    let mut log = LogWriter::new(std::fs::File::create(&path).unwrap(), start()).unwrap();
    for slot in 0..5 {
        let begin = start() + Duration::from_secs(10 * slot);
        let interval = LogInterval::new(begin, Duration::from_secs(10), recorded(layout, slot));
        log.write(&interval.with_tag(format!("slot{slot}"))).unwrap();
    }
    log.flush().unwrap();

    let read = python(&["read", path.to_str().unwrap()]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(read.as_array().unwrap().len(), 5);
    for (slot, histogram) in (0..).zip(read.as_array().unwrap()) {
        let expected = recorded(layout, slot);
        assert_eq!(buckets_of(histogram), buckets(&expected), "{layout:?} slot {slot}");
        assert_eq!(histogram["figures"], figures);
        assert_eq!(histogram["tag"], format!("slot{slot}"));
        let begin_ms = (START.as_secs() + 10 * slot) * 1_000;
        assert_eq!(
            (&histogram["start_ms"], &histogram["end_ms"]),
            (&begin_ms.into(), &(begin_ms + 10_000).into())
        );
        for (percent, name) in [(50.0, "p50"), (90.0, "p90"), (99.0, "p99")] {
            let bucket = expected.quantile_bucket(percent / 100.0).unwrap();
            assert_eq!(histogram[name], bucket.upper_ns(), "{layout:?} slot {slot} {name}");
        }
    }
}

#[test]
fn python_reads_our_logs_at_two_figures() {
    check_python_reads(Layout::BITS_7, 2);
}

#[test]
fn python_reads_our_logs_at_three_figures() {
    check_python_reads(Layout::BITS_10, 3);
}

#[test]
fn python_reads_a_default_snapshot_into_the_same_buckets() {
    let path = scratch("default");
    let snapshot = recorded(Layout::BITS_6, 0);
    let mut log = LogWriter::new(std::fs::File::create(&path).unwrap(), start()).unwrap();
    log.write(&LogInterval::new(start(), Duration::from_secs(10), snapshot.clone())).unwrap();

    let read = python(&["read", path.to_str().unwrap()]);
    std::fs::remove_file(&path).unwrap();
    let counts = buckets_of(&read[0]).into_iter().map(|(lower, count)| (Layout::BITS_6.index(lower), count));
    assert_eq!(buckets(&Snapshot::from_buckets(Layout::BITS_6, counts, 0)), buckets(&snapshot));
}

#[track_caller]
fn check_we_read_python(layout: Layout, figures: u64) {
    let path = scratch(&format!("read-{figures}"));
    python(&["write", path.to_str().unwrap(), &figures.to_string(), &START.as_secs().to_string()]);
    let text = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();

    let intervals: Vec<_> = LogReader::new(&text).map(Result::unwrap).collect();
    assert_eq!(intervals.len(), 5);
    for (slot, interval) in (0..).zip(&intervals) {
        assert_eq!(interval.start(), start() + Duration::from_secs(10 * slot));
        assert_eq!(interval.length(), Duration::from_secs(10));
        let expected = recorded(layout, slot);
        assert_eq!(buckets(interval.snapshot()), buckets(&expected), "{layout:?} slot {slot}");
    }
}

#[test]
fn we_read_the_logs_of_python_at_two_figures() {
    check_we_read_python(Layout::BITS_7, 2);
}

#[test]
fn we_read_the_logs_of_python_at_three_figures() {
    check_we_read_python(Layout::BITS_10, 3);
}

#[test]
fn python_agrees_on_every_bucket_edge() {
    for (layout, figures) in [(Layout::BITS_7, 2), (Layout::BITS_10, 3)] {
        let edges = python(&["edges", &figures.to_string()]);
        let edges = edges.as_array().unwrap();
        assert!(edges.len() > 40 << layout.bits(), "{} edges", edges.len());
        for (index, edge) in edges.iter().enumerate() {
            let ours = [layout.lower(index), layout.upper(index)];
            assert_eq!(edge, &Value::from(ours.to_vec()), "{layout:?} bucket {index}");
        }
    }
}
