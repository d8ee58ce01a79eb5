//! What does a restart, or a kill, forget?
//!
//! A service with a state directory serves for a while, is killed without a word, and starts again: the figures before
//! and after stand side by side, and it fails where more is missing than may be.
//! `cargo run --release --example survive_restart`
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use sre_core::report::Report;
use sre_core::{Engine, Objective, Outcome, Sli};

static CHECKOUT: Sli = Sli::new("checkout").objective(Objective::availability(0.999));

const SLO: &str = "checkout-availability";
/// How long each life lasts.
const SECONDS: usize = 4;

const FLUSH_EACH: Duration = Duration::from_secs(1);
/// The step of an engine: what came since the last one is not judged yet.
const TICK: Duration = Duration::from_secs(1);
/// Calls at a time, and how long it is at least to the next ones.
const CALLS: u64 = 10;
const PAUSE: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let result = match std::env::args_os().nth(1) {
        Some(directory) => serve(Path::new(&directory)),
        None => show(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The service: a line for what it remembers before its first call, and one for each second that it lives.
fn serve(directory: &Path) -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder().service("shop").state_dir(directory).flush_each(FLUSH_EACH).start()?;
    engine.sli(CHECKOUT.definition())?;
    tell(&engine.collect())?;
    let mut ticks = engine.report().engine.ticks;
    loop {
        for call in 0..CALLS {
            let outcome = if call == 0 { Outcome::Error } else { Outcome::Ok };
            CHECKOUT.record(outcome, Duration::from_millis(20));
        }
        std::thread::sleep(PAUSE);
        let report = engine.report();
        if report.engine.ticks > ticks {
            ticks = report.engine.ticks;
            tell(&report)?;
        }
    }
}

fn tell(report: &Report) -> Result<(), Box<dyn Error>> {
    let objective = report.slo(SLO).ok_or("the objective is judged from the start")?;
    let state = report.engine.state.as_ref().ok_or("there is a state directory")?;
    let (good, bad) = (objective.counts.good(), objective.counts.bad());
    // What was never written yet is as old as the process.
    let since_flush_ns =
        report.at_unix_ns.saturating_sub(state.flushed_unix_ns.unwrap_or(report.started_unix_ns));
    let since_flush_ms = since_flush_ns / 1_000_000;
    Ok(writeln!(io::stdout(), "{} {good} {bad} {since_flush_ms} {}", state.starts, objective.sentence())?)
}

/// What the service told at a moment.
#[derive(Clone, Debug, Default)]
struct Told {
    starts: u64,
    good: u64,
    bad: u64,
    /// How long ago it had been written: one flush interval, or more on a machine that is busy.
    since_flush: Duration,
    sentence: String,
}

impl Told {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(5, ' ');
        let mut number = || words.next()?.parse().ok();
        let (starts, good, bad, since_flush_ms) = (number()?, number()?, number()?, number()?);
        let since_flush = Duration::from_millis(since_flush_ms);
        Some(Self { starts, good, bad, since_flush, sentence: words.next()?.to_owned() })
    }

    fn calls(&self) -> u64 {
        self.good + self.bad
    }

    /// Calls that a kill just after this may lose: those of a flush interval and of the tick before it.
    fn calls_at_risk(&self) -> u64 {
        let time = self.since_flush.max(FLUSH_EACH) + TICK;
        let batches = time.as_millis().div_ceil(PAUSE.as_millis()) + 1;
        CALLS * u64::try_from(batches).unwrap_or(u64::MAX / CALLS)
    }
}

/// How many calls a life has forgotten of the one before.
///
/// # Errors
///
/// When it is more than a kill may lose, or the service does not know how often it was started.
fn lost(before: &Told, restored: &Told) -> Result<u64, String> {
    let lost = before.calls().saturating_sub(restored.calls());
    if lost > before.calls_at_risk() {
        return Err(format!("{lost} calls are missing, and {} may be", before.calls_at_risk()));
    }
    if restored.starts != before.starts + 1 {
        return Err(format!("start {} follows start {}", restored.starts, before.starts));
    }
    Ok(lost)
}

/// Three lives of the service, each of them killed.
fn show() -> Result<(), Box<dyn Error>> {
    let directory = Scratch::new()?;
    let mut out = io::stdout();
    let mut before = Told::default();
    for life in 1..=3 {
        let (restored, last) = live(&directory.0, SECONDS)?;
        let lost = lost(&before, &restored)?;
        if life > 1 {
            writeln!(out, "  told before the kill:  {} good, {} bad", before.good, before.bad)?;
            writeln!(out, "  known after the start: {} good, {} bad", restored.good, restored.bad)?;
            writeln!(out, "  {lost} calls are missing; {} may be", before.calls_at_risk())?;
        }
        writeln!(
            out,
            "start {life} of the service (it counts {} itself), killed after {SECONDS} s",
            last.starts
        )?;
        writeln!(out, "  {SLO}: {}", last.sentence)?;
        before = last;
    }
    Ok(())
}

/// One life: what it knew before its first call, and what it told last before it was killed.
fn live(directory: &Path, seconds: usize) -> Result<(Told, Told), Box<dyn Error>> {
    let child = Command::new(std::env::current_exe()?).arg(directory).stdout(Stdio::piped()).spawn()?;
    let mut child = Killed(child);
    let lines = BufReader::new(child.0.stdout.take().ok_or("the service has an output")?).lines();
    let mut told = Vec::new();
    for line in lines.take(1 + seconds) {
        told.push(Told::parse(&line?).ok_or("the service tells four numbers and a sentence")?);
    }
    match told.as_slice() {
        [restored, .., last] => Ok((restored.clone(), last.clone())),
        _ => Err("the service ended before it told anything".into()),
    }
}

/// A service that is killed without a word, as by the kernel when memory is short.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A directory that is removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> io::Result<Self> {
        let directory = std::env::temp_dir().join(format!("survive-restart-{}", std::process::id()));
        // A process that was killed leaves its own, and another one gets its number.
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory)?;
        Ok(Self(directory))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_service_tells_is_read_back() {
        let told = Told::parse("3 90 10 980 of the budget 62 % are left").unwrap();
        assert_eq!((told.starts, told.good, told.bad, told.since_flush.as_millis()), (3, 90, 10, 980));
        assert_eq!(told.sentence, "of the budget 62 % are left");
        assert!(Told::parse("nonsense").is_none());
    }

    #[test]
    fn whoever_forgets_more_than_may_be_is_found() {
        let before = Told { starts: 1, good: 360, bad: 40, since_flush: FLUSH_EACH, ..Told::default() };
        let after = |starts, good| Told { starts, good, bad: 0, ..Told::default() };
        assert_eq!(before.calls_at_risk(), 210);
        assert_eq!(lost(&before, &after(2, 400)), Ok(0));
        assert_eq!(lost(&before, &after(2, 190)), Ok(210));
        assert!(lost(&before, &after(2, 189)).is_err());
        assert!(lost(&before, &after(2, 0)).is_err());
        assert!(lost(&before, &after(1, 400)).is_err());
        assert_eq!(lost(&Told::default(), &after(1, 0)), Ok(0), "the first life");
    }
}
