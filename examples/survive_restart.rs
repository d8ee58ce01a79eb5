//! What does a restart, or a kill, forget?
//!
//! A service with a state directory serves for a while, is killed without a word, and starts again: the figures before
//! and after stand side by side. `cargo run --release --example survive_restart`
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use sre_core::{Engine, Objective, Outcome, Sli};

static CHECKOUT: Sli = Sli::new("checkout").objective(Objective::availability(0.999));

const SLO: &str = "checkout-availability";
/// How long each life lasts.
const SECONDS: usize = 4;

const FLUSH_EACH: Duration = Duration::from_secs(1);

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

/// The service: a line for each second that it lives.
fn serve(directory: &Path) -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder().service("shop").state_dir(directory).flush_each(FLUSH_EACH).start()?;
    let mut ticks = 0;
    loop {
        for call in 0..10 {
            let outcome = if call == 0 { Outcome::Error } else { Outcome::Ok };
            CHECKOUT.record(outcome, Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(100));
        let report = engine.report();
        if report.engine.ticks > ticks {
            ticks = report.engine.ticks;
            let objective = report.slo(SLO).ok_or("the objective is judged from the start")?;
            let starts = report.engine.state.as_ref().map_or(0, |state| state.starts);
            let (good, bad) = (objective.counts.good(), objective.counts.bad());
            writeln!(io::stdout(), "{starts} {good} {bad} {}", objective.sentence())?;
        }
    }
}

/// What a life of the service told last.
#[derive(Clone, Debug, Default)]
struct Told {
    starts: u64,
    good: u64,
    bad: u64,
    sentence: String,
}

impl Told {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(4, ' ');
        let mut number = || words.next()?.parse().ok();
        let (starts, good, bad) = (number()?, number()?, number()?);
        Some(Self { starts, good, bad, sentence: words.next()?.to_owned() })
    }
}

/// Three lives of the service, each killed but the last.
fn show() -> Result<(), Box<dyn Error>> {
    let directory = Scratch::new()?;
    let mut out = io::stdout();
    let mut before: Option<Told> = None;
    for life in 1..=3 {
        let (first, last) = live(&directory.0, SECONDS)?;
        if let Some(before) = before {
            let lost = (before.good + before.bad).saturating_sub(first.good + first.bad);
            writeln!(out, "  before the kill: {} good, {} bad", before.good, before.bad)?;
            writeln!(out, "  after the start: {} good, {} bad", first.good, first.bad)?;
            writeln!(out, "  at most {FLUSH_EACH:?} of calls may be lost; {lost} of them are missing")?;
        }
        writeln!(
            out,
            "start {life} of the service (it counts {} itself), killed after {SECONDS} s",
            last.starts
        )?;
        writeln!(out, "  {SLO}: {}", last.sentence)?;
        before = Some(last);
    }
    Ok(())
}

/// One life: what it told first and last before it was killed.
fn live(directory: &Path, seconds: usize) -> Result<(Told, Told), Box<dyn Error>> {
    let child = Command::new(std::env::current_exe()?).arg(directory).stdout(Stdio::piped()).spawn()?;
    let mut child = Killed(child);
    let lines = BufReader::new(child.0.stdout.take().ok_or("the service has an output")?).lines();
    // A line a second.
    let mut told: Option<(Told, Told)> = None;
    for line in lines.take(seconds) {
        let now = Told::parse(&line?).ok_or("the service tells three numbers and a sentence")?;
        told = Some((told.map_or_else(|| now.clone(), |(first, _)| first), now));
    }
    Ok(told.ok_or("the service ended before it told anything")?)
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
        let told = Told::parse("3 90 10 of the budget 62 % are left").unwrap();
        assert_eq!((told.starts, told.good, told.bad), (3, 90, 10));
        assert_eq!(told.sentence, "of the budget 62 % are left");
        assert!(Told::parse("nonsense").is_none());
    }
}
