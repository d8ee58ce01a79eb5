//! Cold. What fuzzers feed with bytes: each target asks of a decoder what must hold whatever it reads.
//!
//! Compiled for the tests of this crate, which replay the corpus below `tests/corpus`, and under `--cfg sre_fuzz` for
//! the fuzzers themselves, see `bash .ci/run fuzz`. It is not part of the API.

use core::time::Duration;
use std::sync::LazyLock;

use crate::clock::ManualClock;
use crate::feed::Feed;
use crate::histogram::{Layout, Snapshot};
use crate::primitive::Mutex;
use crate::sli::{Abandoned, Outcome};
use crate::slo::{Objective, Period};
use crate::units::{Target as Aim, duration_text, parse_duration};
use crate::{Engine, Sli, engine, store};

/// A decoder, and what is asked of it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Also the name of the folder of its corpus.
    pub name: &'static str,
    /// Panics when something does not hold of these bytes.
    pub run: fn(&[u8]),
    /// Bytes to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target of this crate.
pub const TARGETS: &[Target] = &[
    Target { name: "state_frames", run: store::fuzzing::frames, seeds: store::fuzzing::frame_seeds },
    Target {
        name: "state_directory",
        run: store::fuzzing::directory,
        seeds: store::fuzzing::directory_seeds,
    },
    Target { name: "state_lock", run: store::fuzzing::lock_text, seeds: store::fuzzing::lock_seeds },
    Target { name: "state_archive", run: engine::fuzzing::archive, seeds: engine::fuzzing::archive_seeds },
    Target { name: "histogram", run: histogram, seeds: histogram_seeds },
    #[cfg(feature = "hdrhistogram")]
    Target { name: "hdr_bytes", run: hdr::bytes, seeds: hdr::byte_seeds },
    #[cfg(feature = "hdrhistogram")]
    Target { name: "hdr_log", run: hdr::log, seeds: hdr::log_seeds },
    Target { name: "record", run: record, seeds: record_seeds },
    Target { name: "texts", run: texts, seeds: text_seeds },
];

/// Bytes of a snapshot are refused, or are the only ones that mean what they mean.
fn histogram(data: &[u8]) {
    let Ok(snapshot) = Snapshot::decode(data) else { return };
    assert_eq!(snapshot.encode(), data);
    let buckets = snapshot.buckets().fold(0_u64, |sum, bucket| sum.saturating_add(bucket.count()));
    assert_eq!(buckets, snapshot.count());
    assert!(snapshot.quantile(0.99) <= snapshot.max());
    assert!(snapshot.since(&snapshot).is_empty());
    let mut twice = snapshot.clone();
    twice.merge(&snapshot);
    assert_eq!(Snapshot::decode(&twice.encode()), Ok(twice));
    let coarse = snapshot.coarsened(Layout::BITS_6);
    assert_eq!(coarse.count(), snapshot.count());
}

fn snapshots() -> Vec<Snapshot> {
    let durations = [0, 1, 999, 1_000_000, 1_000_001, 250_000_000, u64::MAX].map(Duration::from_nanos);
    let one = |count| Snapshot::from_durations(Layout::default(), durations.into_iter().take(count));
    vec![Snapshot::empty(Layout::BITS_10), one(1), one(durations.len())]
}

fn histogram_seeds() -> Vec<Vec<u8>> {
    snapshots().iter().map(Snapshot::encode).collect()
}

/// Whatever is recorded with whatever clock, what an SLI counted is what it was given.
fn record(data: &[u8]) {
    let (engine, sli) = &mut *RECORDED.lock();
    // Counters that come near their end have tests of their own.
    if OUTCOMES.iter().any(|outcome| sli.count(*outcome) > 1 << 56) {
        (*engine, *sli) = recorded();
    }
    let mut expected = OUTCOMES.map(|outcome| sli.count(outcome));
    let mut feed = Feed(data);
    while !feed.0.is_empty() {
        let (what, number) = (feed.byte(), feed.number());
        let place = usize::from(what >> 3) % OUTCOMES.len();
        let outcome = OUTCOMES[place];
        let events = match what % 8 {
            0 => {
                // Up to 17 seconds.
                engine.advance(Duration::from_nanos(number >> 30));
                0
            }
            1 => {
                sli.record_n(outcome, Duration::from_nanos(feed.number()), number);
                number.min(BATCH_MAX)
            }
            2 => {
                drop(engine.collect());
                0
            }
            how => {
                sli.record(outcome, duration(how, number));
                1
            }
        };
        expected[place] = expected[place].saturating_add(events);
    }
    engine.advance(Duration::from_secs(1));
    let report = engine.collect();
    assert_eq!(OUTCOMES.map(|outcome| sli.count(outcome)), expected);
    let judged = report.slo("fuzzed-availability").unwrap().exported;
    assert_eq!(judged.good(), expected[0]);
}

static RECORDED: LazyLock<Mutex<(Engine, Sli)>> = LazyLock::new(|| Mutex::new(recorded()));

fn recorded() -> (Engine, Sli) {
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    let engine = Engine::builder().service("fuzzed").manual_clock(clock).start().unwrap();
    let sli = Sli::new("fuzzed").objective(Objective::availability(0.999));
    let sli = sli.objective(Objective::latency(0.99, Duration::from_millis(300)));
    let sli = engine.sli(sli.definition()).unwrap();
    (engine, sli)
}

/// Any number of nanoseconds, of seconds, or of seconds with a fraction.
fn duration(how: u8, number: u64) -> Duration {
    match how {
        3 => Duration::new(number, 999_999_999),
        4 => Duration::try_from_secs_f64(f64::from_bits(number)).unwrap_or(Duration::MAX),
        _ => Duration::from_nanos(number),
    }
}

/// What a batch counts as at most.
const BATCH_MAX: u64 = 1 << 40;

const OUTCOMES: [Outcome; 7] = [
    Outcome::Ok,
    Outcome::Error,
    Outcome::Ignored,
    Outcome::Abandoned(Abandoned::Cancelled),
    Outcome::Abandoned(Abandoned::TimedOut),
    Outcome::Abandoned(Abandoned::Panicked),
    Outcome::Abandoned(Abandoned::ShutDown),
];

fn record_seeds() -> Vec<Vec<u8>> {
    let numbers = [0, 1, 300_000_000, 300_000_001, f64::NAN.to_bits(), (-1.0_f64).to_bits(), u64::MAX];
    let step = |what: u8, number: u64| [&[what][..], &number.to_le_bytes()].concat();
    let each = |kind: u8| {
        let steps = numbers.iter().zip(0_u8..).map(|(number, place)| step(kind | place << 3, *number));
        steps.collect::<Vec<_>>().concat()
    };
    let seconds = |steps: Vec<u8>| [steps, step(0, 1_000_000_000 << 30)].concat();
    (1..8).map(each).map(seconds).collect()
}

/// Durations, periods with their zones, targets and names: accepted texts read back.
fn texts(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    if let Ok(duration) = parse_duration(text) {
        assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
    }
    if let Ok(period) = text.parse::<Period>() {
        let written = period.to_string();
        assert_eq!(written.parse::<Period>().map(|period| period.to_string()), Ok(written));
    }
    let ratio = text.parse().unwrap_or_else(|_| f64::from_bits(Feed(data).number()));
    if let Ok(aim) = Aim::try_new(ratio) {
        assert_eq!(Aim::try_new(aim.ratio()), Ok(aim));
        assert!((1..1_000_000_000).contains(&aim.ppb()));
    }
    // Names that are accepted are kept for ever, so only a few are asked for.
    if data.len() < 3
        && let Ok(sli) = Sli::try_new(text)
    {
        assert_eq!(sli.name(), text);
    }
}

fn text_seeds() -> Vec<Vec<u8>> {
    let texts =
        ["1h30m", "250ms", "30d", "day UTC", "month Europe/Berlin", "quarter", "0.999", "1e-9", "a.b"];
    texts.map(|text| text.as_bytes().to_vec()).into()
}

#[cfg(feature = "hdrhistogram")]
mod hdr {
    use std::time::UNIX_EPOCH;

    use super::{Duration, Snapshot, snapshots};
    use crate::histogram::hdr::{LogInterval, LogReader, LogWriter};

    /// Plain or compressed bytes of a histogram; what is read can be written and read again.
    pub(super) fn bytes(data: &[u8]) {
        let Ok(snapshot) = Snapshot::from_hdr_bytes(data) else { return };
        if let Ok(bytes) = snapshot.to_hdr_bytes() {
            assert_eq!(Snapshot::from_hdr_bytes(&bytes).unwrap().count(), snapshot.count());
        }
    }

    pub(super) fn byte_seeds() -> Vec<Vec<u8>> {
        let bytes = |snapshot: &Snapshot| {
            [snapshot.to_hdr_bytes().unwrap(), snapshot.to_hdr_bytes_compressed().unwrap()]
        };
        snapshots().iter().take(2).flat_map(bytes).collect()
    }

    /// An interval log: each line is an interval or is refused, and intervals can be written again.
    pub(super) fn log(data: &[u8]) {
        let lines = data.split(|byte| *byte == b'\n').count();
        let read: Vec<_> = LogReader::new(data).collect();
        assert!(read.len() <= lines);
        for interval in read.into_iter().flatten() {
            let Ok(mut log) = LogWriter::new(Vec::new(), UNIX_EPOCH) else { return };
            if log.write(&interval).is_ok() {
                let bytes = log.into_inner();
                let again = LogReader::new(&bytes).next().unwrap().unwrap();
                assert_eq!(again.snapshot().count(), interval.snapshot().count());
                assert_eq!(again.tag(), interval.tag());
            }
        }
    }

    pub(super) fn log_seeds() -> Vec<Vec<u8>> {
        let start = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let mut log = LogWriter::new(Vec::new(), start).unwrap();
        for (second, snapshot) in (0..).zip(snapshots()) {
            let at = start + Duration::from_secs(second);
            log.write(&LogInterval::new(at, Duration::from_secs(1), snapshot).with_tag("shop")).unwrap();
        }
        vec![log.into_inner()]
    }
}

/// Below `tests/corpus`, each target has a folder of inputs: seeds, and what fuzzers found to go new ways or to fail.
/// `SRE_BLESS=1` writes the seeds.
#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::TARGETS;

    #[test]
    fn the_corpus_holds() {
        for target in TARGETS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target.name);
            for (number, seed) in (target.seeds)().iter().enumerate() {
                (target.run)(seed);
                if std::env::var_os("SRE_BLESS").is_some() {
                    std::fs::create_dir_all(&folder).unwrap();
                    std::fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
                }
            }
            let inputs = std::fs::read_dir(&folder).expect("run once with SRE_BLESS=1");
            let mut replayed = 0;
            for input in inputs {
                let path = input.unwrap().path();
                // Shown when the next line panics.
                println!("{}", path.display());
                (target.run)(&std::fs::read(path).unwrap());
                replayed += 1;
            }
            assert!(replayed > 0, "no corpus of {}", target.name);
        }
    }
}
