//! A kill at any instant loses no more than the events of one flush interval, by the clock of the process that is killed.
//!
//! Services are this test program, run again: they record, and say what they did and when. Nothing here waits for a time
//! of its own, and what the machine delayed, by what the services saw of it, is not held against them.

#![cfg(unix)]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sre_core::clock::ManualClock;
use sre_core::{Engine, Objective, Outcome, Sli};

const DIRECTORY: &str = "SRE_TEST_KILLED_SERVICE";
const EACH: Duration = Duration::from_secs(4);

fn sli() -> Sli {
    Sli::new("killed").objective(Objective::availability(0.999))
}

/// What a service says of itself.
#[derive(Clone, Copy, Debug)]
struct Said {
    /// Since it began.
    at: Duration,
    /// Calls so far.
    recorded: u64,
    /// Seen so far of flushes: how long it took at most that one was told.
    slowest: Duration,
}

impl Said {
    fn parse(line: &str) -> Option<Self> {
        let mut numbers = line.strip_prefix("said: ")?.split(' ').map(|number| number.parse().unwrap());
        let mut next = || numbers.next().expect("three numbers");
        let (at_ms, recorded, slowest_ms) = (next(), next(), next());
        Some(Self { at: Duration::from_millis(at_ms), recorded, slowest: Duration::from_millis(slowest_ms) })
    }
}

/// Records a call each few milliseconds until it is killed; nothing when this is the test itself.
#[test]
#[expect(clippy::disallowed_methods, reason = "it tells the time by another clock than the engine")]
fn a_service() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let begun = Instant::now();
    let engine = Engine::builder().state_dir(directory).flush_each(EACH).start().unwrap();
    let sli = engine.sli(sli().definition()).unwrap();
    let (mut flushed_unix_ns, mut slowest) = (None, Duration::ZERO);
    for recorded in 1_u64.. {
        sli.record(Outcome::Ok, Duration::from_millis(1));
        let told = engine.report().engine.state.as_ref().unwrap().flushed_unix_ns;
        if told != flushed_unix_ns {
            flushed_unix_ns = told;
            let since = std::time::UNIX_EPOCH + Duration::from_nanos(told.unwrap());
            slowest = slowest.max(since.elapsed().unwrap_or_default());
        }
        let line = format!("said: {} {recorded} {}\n", begun.elapsed().as_millis(), slowest.as_millis());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A directory in memory where there is one: a kill needs no disk, and other people keep disks busy.
fn scratch(name: &str) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory } else { Path::new(env!("CARGO_TARGET_TMPDIR")) };
    place.join(format!("sre-killed-{name}-{}", std::process::id()))
}

/// Lets a service live until its clock says `end`, and kills it; everything that it said.
fn life(directory: &Path, end: Duration) -> Vec<Said> {
    let mut service = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_service", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this test runs again");
    let lines = BufReader::new(service.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut said = Vec::new();
    for now in lines.filter_map(|line| Said::parse(&line)) {
        said.push(now);
        if now.at >= end {
            break;
        }
    }
    service.kill().unwrap();
    service.wait().unwrap();
    assert!(said.last().is_some_and(|last| last.at >= end), "it ended by itself: {said:?}");
    said
}

/// How many calls the next process knows of.
fn remembered(directory: &Path) -> u64 {
    let clock = ManualClock::at_unix_seconds(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs());
    let next = Engine::builder().manual_clock(clock).state_dir(directory).strict().start().unwrap();
    let _sli = next.sli(sli().definition()).unwrap();
    let _ = next.collect();
    let archived = next.report().engine.state.as_ref().unwrap().resumed;
    assert_eq!(archived, 1, "it goes on from what was kept");
    next.report().slo("killed-availability").unwrap().counts.good()
}

/// How long before its end what is lost began, beyond what the machine kept the service from doing.
fn lost(said: &[Said], remembered: u64) -> Duration {
    let last = said.last().unwrap();
    let first_lost = said.iter().find(|said| said.recorded > remembered);
    let lost = first_lost.map_or(Duration::ZERO, |first| last.at - first.at);
    let pause = said.iter().zip(said.iter().skip(1)).map(|(one, next)| next.at - one.at).max().unwrap();
    let excused = pause.saturating_sub(Duration::from_millis(100))
        + last.slowest.saturating_sub(Duration::from_millis(1_500));
    lost.saturating_sub(excused)
}

#[test]
fn by_the_clock_of_the_process_that_is_killed() {
    let ends = [5_000, 5_400, 5_800, 6_200, 6_600, 7_000].map(Duration::from_millis);
    let services = ends.map(|end| {
        std::thread::spawn(move || {
            let directory = scratch(&end.as_millis().to_string());
            let _ = std::fs::remove_dir_all(&directory);
            let said = life(&directory, end);
            let remembered = remembered(&directory);
            std::fs::remove_dir_all(&directory).unwrap();
            // The last line may be of a call that was killed before it was heard of.
            assert!(remembered > 0, "{said:?}");
            lost(&said, remembered)
        })
    });
    let losses = services.map(|service| service.join().unwrap());
    assert!(losses.iter().all(|lost| *lost <= EACH), "{losses:?}");
}
