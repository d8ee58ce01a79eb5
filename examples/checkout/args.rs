//! Cold. What the command line asks for.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use sre_examples::flags::{Flags, Refused, within};

pub(crate) const HELP: &str = "\
A shop that keeps its promises, or not: four annotated handlers, driven over HTTP through a healthy phase,
a latency regression, an outage and a recovery.

Usage: checkout [--seconds N] [--listen ADDR] [--rps N] [--no-faults] [--state-dir DIR]

  --seconds N    length of the run, shared by the four phases; 20 to 86400, default 120
  --listen ADDR  where the status page and /metrics are served; default 127.0.0.1:9464
  --rps N        requests a second; 10 to 5000, default 200
  --no-faults    nothing goes wrong
  --state-dir DIR  windows and budgets are kept there and go on in the next run; default none
  --help         this text

Ctrl-C ends the run early.
";

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) length: Duration,
    pub(crate) listen: SocketAddr,
    pub(crate) rps: u32,
    pub(crate) faults: bool,
    pub(crate) state_dir: Option<PathBuf>,
    pub(crate) help: bool,
}

impl Args {
    pub(crate) fn parse(mut flags: Flags) -> Result<Self, Refused> {
        let seconds = "a whole number from 20 to 86400, such as --seconds 120";
        let address = "an address and a port, such as --listen 127.0.0.1:9464, or port 0 for any free one";
        let rps = "a whole number from 10 to 5000, such as --rps 200";
        let directory = "a directory, such as --state-dir /tmp/shop; it is made if it does not exist";
        let args = Self {
            length: Duration::from_secs(
                flags.value("--seconds", seconds, within(20..=86_400))?.unwrap_or(120),
            ),
            listen: flags.value("--listen", address, parse_address)?.unwrap_or(DEFAULT_LISTEN),
            rps: flags.value("--rps", rps, within(10..=5_000))?.unwrap_or(200),
            faults: !flags.has("--no-faults"),
            state_dir: flags.value("--state-dir", directory, |text| Some(PathBuf::from(text)))?,
            help: flags.has("--help") | flags.has("-h"),
        };
        match flags.rest(&KNOWN)?.first() {
            None => Ok(args),
            Some(word) => Err(Refused::new(word, "this program takes flags only")),
        }
    }
}

fn parse_address(text: &str) -> Option<SocketAddr> {
    text.replacen("localhost:", "127.0.0.1:", 1).parse().ok()
}

const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9_464);

const KNOWN: [&str; 6] = ["--seconds", "--listen", "--rps", "--no-faults", "--state-dir", "--help"];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, String> {
        Args::parse(Flags::new(line.split_whitespace())).map_err(|refused| refused.to_string())
    }

    #[test]
    fn without_flags_the_defaults_hold() {
        let args = parse("").unwrap();
        assert_eq!((args.length, args.rps), (Duration::from_secs(120), 200));
        assert_eq!(args.listen.to_string(), "127.0.0.1:9464");
        assert!(args.faults && !args.help);
        assert_eq!(args.state_dir, None);
        assert_eq!(parse("--state-dir kept").unwrap().state_dir, Some(PathBuf::from("kept")));
    }

    #[test]
    fn flags_replace_the_defaults() {
        let args = parse("--rps=10 --no-faults --listen localhost:0 --seconds 20").unwrap();
        assert_eq!((args.length, args.rps), (Duration::from_secs(20), 10));
        assert_eq!(args.listen.to_string(), "127.0.0.1:0");
        assert!(!args.faults);
    }

    #[test]
    fn both_ends_of_the_ranges_are_accepted_and_nothing_beyond() {
        for line in ["--seconds 20", "--seconds 86400", "--rps 10", "--rps 5000"] {
            assert!(parse(line).is_ok(), "{line}");
        }
        for line in
            ["--seconds 19", "--seconds 86401", "--rps 9", "--rps 5001", "--listen 9464", "--fast", "x"]
        {
            let refused = parse(line).unwrap_err();
            assert!(refused.starts_with(line) && refused.contains("--help"), "{refused}");
        }
    }
}
