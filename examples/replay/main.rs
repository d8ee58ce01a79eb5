//! What would the engine have said about the traffic of last week?
//!
//! Reads an access log, lets an engine live through it on a clock that moves as the log does, and tells how much of
//! the budget is left, which alert tiers would have fired when, and which hours were worst.
//!
//! `cargo run --release --example replay -- --help` shows the flags.
#![forbid(unsafe_code)]

mod args;
mod drive;
mod line;
mod log;
mod progress;
#[cfg(test)]
mod tests;
mod told;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use sre_examples::flags::Flags;

use crate::args::{Args, HELP};
use crate::log::Log;
use crate::progress::Progress;

fn main() -> ExitCode {
    let result = match Flags::from_env().and_then(Args::parse) {
        Err(refused) => return fail(&refused, 2),
        Ok(None) => print(HELP),
        Ok(Some(args)) => run(&args),
    };
    match result {
        Err(error) => fail(&*error, 1),
        Ok(()) => ExitCode::SUCCESS,
    }
}

fn fail(error: &dyn Error, code: u8) -> ExitCode {
    // Without a standard error there is nobody to tell.
    let _ = writeln!(io::stderr(), "error: {error}");
    ExitCode::from(code)
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let mut progress = Progress::starting();
    let log = Log::open(&args.file, args.unit, &mut progress)?;
    let findings = drive::replay(&log.requests, &args.promise, &mut progress)?;
    print(&(told::report(&args.file, &log, &findings).join("\n") + "\n"))
}

/// A reader who has seen enough, such as `head`, is no error.
fn print(text: &str) -> Result<(), Box<dyn Error>> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
