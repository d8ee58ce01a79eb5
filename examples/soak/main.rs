//! Does it hold for hours while everything around it fails?
//!
//! Threads record as fast as a busy service does, a scraper asks each second, the state directory is flushed each
//! second; and every few seconds something is broken: the directory goes away, its disk is full, clients read nothing
//! or never finish their requests (`faults.rs`). Memory, files and threads must stay as they are after a warm-up
//! (`health.rs`), and every event that was recorded must be found again in the end.
//!
//! `cargo run --release --example soak -- --seconds 3600`
#![forbid(unsafe_code)]

mod faults;
mod health;
mod load;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use sre_core::Engine;
use sre_examples::flags::Flags;
use sre_examples::words::grouped;
use sre_exporters::Exporters;
use tokio::time::Instant;

use crate::faults::{Fault, Place};
use crate::health::{Course, Health};
use crate::load::{Load, Scraper};

const HELP: &str = "soak [--seconds N]   120 unless told; an hour is what the promise is about\n";
const SECOND: Duration = Duration::from_secs(1);
/// A fault lasts a third of this, and the rest is for healing.
const ROUND: u64 = 12;
/// Time to end in.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match seconds().and_then(|seconds| seconds.map_or_else(help, soak)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a standard error there is nobody to tell.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How long, or `None` if it is help that is wanted.
fn seconds() -> Result<Option<u64>, Box<dyn Error>> {
    let mut flags = Flags::from_env()?;
    if flags.has("--help") {
        return Ok(None);
    }
    let seconds = flags.value("--seconds", "60 or more", |text| text.parse().ok().filter(|n| *n >= 60))?;
    flags.rest(&["--seconds", "--help"])?;
    Ok(Some(seconds.unwrap_or(120)))
}

fn help() -> Result<(), Box<dyn Error>> {
    Ok(io::stdout().write_all(HELP.as_bytes())?)
}

fn soak(seconds: u64) -> Result<(), Box<dyn Error>> {
    let place = Place::new()?;
    let engine = Engine::builder().service("soak").state_dir(place.state()).flush_each(SECOND).start()?;
    let exporters = Exporters::builder(&engine).http("127.0.0.1:0").strict().start()?;
    let address = exporters.local_addr().ok_or("a strict listener is bound")?;
    let mut scraper = Scraper::of(address);
    let load = Load::begin();
    let mut course = Course::default();
    let mut unhealed = 0;
    let begun = Instant::now();
    for round in 0..seconds / ROUND {
        let fault = place.fault(round);
        for second in 0..ROUND {
            if second == ROUND / 3 {
                place.begin(fault, address)?;
            } else if second == 2 * ROUND / 3 {
                place.end(fault)?;
            }
            sleep_until(begun, round * ROUND + second + 1);
            // A crowd that was sent away is noticed within the second.
            let is_crowd_there = (ROUND / 3..=2 * ROUND / 3).contains(&second);
            scraper.scrape(fault.is_about_clients() && is_crowd_there);
        }
        unhealed += u64::from(!is_healed(&engine));
        course.add(begun.elapsed(), Health::now()?);
        tell(begun.elapsed(), seconds, fault, &engine, &course)?;
    }
    let counted = load.end();
    let problems = [
        ("events lost or invented", load::found(&engine).abs_diff(counted)),
        ("faults that did not heal", unhealed),
        ("scrapes that failed for no reason", scraper.unexplained),
        ("panics", engine.report().engine.panics),
    ];
    let failures = engine.report().engine.state.as_ref().map_or(0, |state| state.failures);
    exporters.shutdown(PATIENCE)?;
    if !engine.shutdown(PATIENCE) {
        return Err("the engine did not end".into());
    }
    let told = problems.iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ");
    let figure = format!(
        "{} s, {} events, {} scrapes, {} faults ({}), {failures} failed writes: {told}, {}",
        seconds / ROUND * ROUND,
        grouped(counted),
        grouped(scraper.answered),
        seconds / ROUND,
        place.kinds(),
        course.figures(),
    );
    if problems.iter().any(|(_, count)| *count > 0) || failures == 0 || !course.is_level() {
        return Err(figure.into());
    }
    Ok(writeln!(io::stdout(), "promise H5: {figure}")?)
}

fn sleep_until(begun: Instant, second: u64) {
    std::thread::sleep((SECOND * u32::try_from(second).unwrap_or(u32::MAX)).saturating_sub(begun.elapsed()));
}

/// Whether the state is written again and nothing else is wrong.
fn is_healed(engine: &Engine) -> bool {
    let report = engine.report();
    let is_written = report.engine.state.as_ref().is_some_and(|state| state.standing.as_str() == "writable");
    is_written && report.engine.degraded.is_empty()
}

fn tell(now: Duration, seconds: u64, fault: Fault, engine: &Engine, course: &Course) -> io::Result<()> {
    let events = grouped(load::found(engine));
    let health = course.last();
    let state = engine.report().engine.state.as_ref().map_or("none", |state| state.standing.as_str());
    let now = now.as_secs();
    writeln!(io::stderr(), "{now}/{seconds} s: {events} events, {health}; {fault:?} is over, state {state}")
}
