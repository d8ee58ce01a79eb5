//! What tests against other people's histograms share: the same values here and in the scripts beside this file.
#![allow(dead_code, reason = "each of the tests uses a part")]

use core::time::Duration;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sre_core::histogram::hdr::{LogInterval, LogReader, LogWriter};
use sre_core::histogram::{Layout, Snapshot};

/// When the logs start, in seconds since the epoch.
pub(crate) const START: u64 = 1_700_000_000;
/// Length of an interval in seconds, and how many a log has.
pub(crate) const INTERVAL: u64 = 10;
pub(crate) const INTERVALS: u64 = 5;

/// Another program with a package of its registry.
pub(crate) struct Foreign {
    /// Names the interpreter, which is `default` when it is not set.
    pub(crate) variable: &'static str,
    pub(crate) default: &'static str,
    pub(crate) script: &'static str,
    /// What to do when it fails to start or to find its package.
    pub(crate) next_step: &'static str,
}

impl Foreign {
    /// Runs the script; what it prints is JSON.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Value {
        let program = std::env::var(self.variable).unwrap_or_else(|_| self.default.into());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign").join(self.script);
        let output = Command::new(&program).arg(script).args(arguments).output();
        let Self { variable, next_step, .. } = self;
        let output = output.unwrap_or_else(|error| {
            panic!("{program} does not start ({error}): install it or set {variable}")
        });
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} failed; if a package is missing: {next_step}\n{errors}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// A file of this process and test, gone when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.hlog", std::process::id())))
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// What each script records in an interval: a thousand durations from 5 µs to 7 s, later ones slower.
pub(crate) fn recorded(layout: Layout, interval: u64) -> Snapshot {
    let values = (1..=1_000_u64).map(|i| 5_000 + i * i * i * (3 + interval));
    Snapshot::from_durations(layout, values.map(Duration::from_nanos))
}

fn start(interval: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(START + INTERVAL * interval)
}

/// One histogram as lowest value and count of each bucket.
pub(crate) fn buckets(snapshot: &Snapshot) -> Vec<(u64, u64)> {
    snapshot.buckets().map(|bucket| (bucket.lower_ns(), bucket.count())).collect()
}

pub(crate) fn buckets_of(histogram: &Value) -> Vec<(u64, u64)> {
    let pairs = histogram["buckets"].as_array().unwrap();
    pairs.iter().map(|pair| (pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap())).collect()
}

#[track_caller]
pub(crate) fn check_they_read(foreign: &Foreign, layout: Layout, figures: u64) {
    let file = Scratch::new(&format!("{}-reads-{figures}", foreign.script));
    let mut log = LogWriter::new(fs::File::create(file.path()).unwrap(), start(0)).unwrap();
    for slot in 0..INTERVALS {
        let interval = LogInterval::new(start(slot), Duration::from_secs(INTERVAL), recorded(layout, slot));
        log.write(&interval.with_tag(format!("slot{slot}"))).unwrap();
    }
    log.flush().unwrap();

    let read = foreign.run(&["read", file.path()]);
    assert_eq!(read.as_array().unwrap().len() as u64, INTERVALS);
    for (slot, histogram) in (0..).zip(read.as_array().unwrap()) {
        let expected = recorded(layout, slot);
        assert_eq!(buckets_of(histogram), buckets(&expected), "{layout:?} slot {slot}");
        assert_eq!(histogram["figures"], figures);
        assert_eq!(histogram["tag"], format!("slot{slot}"));
        assert_eq!(histogram["start_ms"], (START + INTERVAL * slot) * 1_000);
        assert_eq!(histogram["end_ms"], (START + INTERVAL * (slot + 1)) * 1_000);
        for (quantile, name) in [(0.5, "p50"), (0.9, "p90"), (0.99, "p99")] {
            let bucket = expected.quantile_bucket(quantile).unwrap();
            assert_eq!(histogram[name], bucket.upper_ns(), "{layout:?} slot {slot} {name}");
        }
    }
}

#[track_caller]
pub(crate) fn check_we_read(foreign: &Foreign, layout: Layout, figures: u64) {
    let file = Scratch::new(&format!("{}-writes-{figures}", foreign.script));
    foreign.run(&["write", file.path(), &figures.to_string(), &START.to_string()]);
    let text = fs::read(file.path()).unwrap();

    let intervals: Vec<_> = LogReader::new(&text).map(Result::unwrap).collect();
    assert_eq!(intervals.len() as u64, INTERVALS);
    for (slot, interval) in (0..).zip(&intervals) {
        assert_eq!(interval.start(), start(slot));
        assert_eq!(interval.length(), Duration::from_secs(INTERVAL));
        assert_eq!(buckets(interval.snapshot()), buckets(&recorded(layout, slot)), "{layout:?} slot {slot}");
    }
}

/// A default snapshot has half as many buckets as the histogram that carries it.
#[track_caller]
pub(crate) fn check_they_read_the_default(foreign: &Foreign) {
    let file = Scratch::new(&format!("{}-reads-default", foreign.script));
    let snapshot = recorded(Layout::BITS_6, 0);
    let mut log = LogWriter::new(fs::File::create(file.path()).unwrap(), start(0)).unwrap();
    log.write(&LogInterval::new(start(0), Duration::from_secs(INTERVAL), snapshot.clone())).unwrap();

    let read = foreign.run(&["read", file.path()]);
    let theirs = buckets_of(read.get(0).unwrap())
        .into_iter()
        .map(|(lower, count)| (Layout::BITS_6.index(lower), count));
    assert_eq!(buckets(&Snapshot::from_buckets(Layout::BITS_6, theirs, 0)), buckets(&snapshot));
}

#[track_caller]
pub(crate) fn check_edges(foreign: &Foreign, layout: Layout, figures: u64) {
    let edges = foreign.run(&["edges", &figures.to_string()]);
    let edges = edges.as_array().unwrap();
    assert!(edges.len() > 35 << layout.bits(), "{} edges", edges.len());
    for (index, edge) in edges.iter().enumerate() {
        let ours = vec![layout.lower(index), layout.upper(index)];
        assert_eq!(edge, &Value::from(ours), "{layout:?} bucket {index}");
    }
}
