//! Cold. What the command line asks for.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use sre_core::Objective;
use sre_core::slo::Period;
use sre_core::units::parse_duration;
use sre_examples::flags::{Flags, Refused};

use crate::line::TimeUnit;

pub(crate) const HELP: &str = "\
What would the engine have said about this traffic? Reads an access log and replays it, second by second.

Usage: replay FILE [--availability TARGET] [--latency TARGET:THRESHOLD]... [--period PERIOD]
              [--bad-status LIST] [--time-unit UNIT]

  FILE                          combined format, with or without a request time at the end of the line, or
                                JSON of nginx (time_iso8601 or msec, status, request_time)
  --availability TARGET         share of requests that must end well; default 0.999
  --latency TARGET:THRESHOLD    share of those that must be as fast, such as 0.99:300ms; may be repeated
  --period PERIOD               what the budget is granted for: 1d to 92d, or month Europe/Berlin; default 30d
  --bad-status LIST             statuses that are bad, such as 500.. or 429,500..599; default 500..
  --time-unit UNIT              what request times are counted in: s, ms or us; default s
  --help                        this text
";

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Args {
    pub(crate) file: PathBuf,
    pub(crate) promise: Promise,
    pub(crate) unit: TimeUnit,
}

/// What the traffic is judged by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Promise {
    pub(crate) availability: Objective,
    pub(crate) latencies: Vec<Objective>,
    pub(crate) bad: Statuses,
}

impl Args {
    /// The arguments; `None` when help is asked for.
    pub(crate) fn parse(mut flags: Flags) -> Result<Option<Self>, Refused> {
        if flags.has("--help") | flags.has("-h") {
            return Ok(None);
        }
        let period = flags.value("--period", PERIOD, parse_period)?.unwrap_or_default();
        let availability = flags.value("--availability", TARGET, parse_availability)?;
        let mut latencies = Vec::new();
        while let Some(latency) = flags.value("--latency", LATENCY, parse_latency)? {
            latencies.push(latency.period(period));
        }
        let bad = flags.value("--bad-status", STATUSES, Statuses::parse)?.unwrap_or_default();
        let unit = flags.value("--time-unit", "s, ms or us", parse_unit)?.unwrap_or_default();
        let availability = match availability {
            Some(availability) => availability,
            None => Objective::availability(0.999),
        };
        let promise = Promise { availability: availability.period(period), latencies, bad };
        Ok(Some(Self { file: file(flags)?, promise, unit }))
    }
}

fn file(flags: Flags) -> Result<PathBuf, Refused> {
    let words = flags.rest(&KNOWN)?;
    match words.as_slice() {
        [file] => Ok(file.into()),
        [] => Err(Refused::new("an empty command line", "give the path of an access log")),
        [_, second, ..] => Err(Refused::new(second, "one file at a time")),
    }
}

fn parse_period(text: &str) -> Option<Period> {
    // Below a day tiers would have to be given by hand.
    text.parse().ok().filter(|period: &Period| !period.is_below_a_day())
}

fn parse_availability(text: &str) -> Option<Objective> {
    Objective::try_availability(text.parse().ok()?).ok()
}

/// `0.99:300ms`
fn parse_latency(text: &str) -> Option<Objective> {
    let (target, threshold) = text.split_once(':')?;
    Objective::try_latency(target.parse().ok()?, parse_duration(threshold).ok()?).ok()
}

fn parse_unit(text: &str) -> Option<TimeUnit> {
    match text {
        "s" => Some(TimeUnit::Seconds),
        "ms" => Some(TimeUnit::Milliseconds),
        "us" => Some(TimeUnit::Microseconds),
        _ => None,
    }
}

/// A set of HTTP statuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statuses {
    ranges: Vec<RangeInclusive<u16>>,
}

impl Statuses {
    pub(crate) fn contains(&self, status: u16) -> bool {
        self.ranges.iter().any(|range| range.contains(&status))
    }

    /// `429,500..599` or `500..`; both ends belong to a range.
    fn parse(text: &str) -> Option<Self> {
        let ranges = text.split(',').map(parse_range).collect::<Option<Vec<_>>>()?;
        Some(Self { ranges })
    }
}

/// Failures of the server.
impl Default for Statuses {
    fn default() -> Self {
        Self { ranges: vec![500..=STATUS_MAX] }
    }
}

fn parse_range(text: &str) -> Option<RangeInclusive<u16>> {
    let number = |text: &str| text.parse().ok().filter(|status| (100..=STATUS_MAX).contains(status));
    let range = match text.split_once("..") {
        None => number(text)?..=number(text)?,
        Some((first, "")) => number(first)?..=STATUS_MAX,
        Some((first, last)) => number(first)?..=number(last)?,
    };
    (!range.is_empty()).then_some(range)
}

/// The period as a duration, for what cannot outlast it.
pub(crate) const fn memory(promise: &Promise) -> Duration {
    promise.availability.terms().period().length()
}

const STATUS_MAX: u16 = 999;
const TARGET: &str = "a share between 0 and 1, both excluded, such as --availability 0.999";
const LATENCY: &str = "a share between 0 and 1 and a threshold from 1ns to 24h, such as --latency 0.99:300ms";
const PERIOD: &str = "a duration from 1d to 92d, or a unit of the calendar with its zone, such as --period 30d or --period 'month Europe/Berlin'";
const STATUSES: &str =
    "statuses from 100 to 999, alone or as ranges with both ends included, such as --bad-status 429,500..599";

const KNOWN: [&str; 6] = ["--availability", "--latency", "--period", "--bad-status", "--time-unit", "--help"];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args, String> {
        let args = Args::parse(Flags::new(words.iter().copied())).map_err(|refused| refused.to_string());
        args.and_then(|args| args.ok_or_else(|| "help".to_owned()))
    }

    #[test]
    fn a_file_is_enough() {
        let args = parse(&["a.log"]).unwrap();
        assert_eq!(args.file, PathBuf::from("a.log"));
        assert_eq!(args.promise.availability, Objective::availability(0.999));
        assert!(args.promise.latencies.is_empty());
        assert!(args.promise.bad.contains(500) && !args.promise.bad.contains(499));
    }

    #[test]
    fn flags_replace_the_defaults() {
        let words = [
            "--latency",
            "0.99:300ms",
            "a.log",
            "--latency=0.5:1s",
            "--period",
            "7d",
            "--availability",
            "0.9",
        ];
        let promise = parse(&words).unwrap().promise;
        let days = Period::days(7);
        assert_eq!(promise.availability, Objective::availability(0.9).period(days));
        assert_eq!(
            promise.latencies,
            [(0.99, 300), (0.5, 1_000)].map(|(target, ms)| Objective::latency(
                target,
                Duration::from_millis(ms)
            )
            .period(days))
        );
        assert_eq!(parse(&["-h"]), Err("help".to_owned()));
    }

    #[test]
    fn statuses_are_lists_of_ranges_with_both_ends() {
        let bad = Statuses::parse("429,500..599").unwrap();
        assert!([429, 500, 599].into_iter().all(|status| bad.contains(status)));
        assert!(![428, 430, 499, 600].into_iter().any(|status| bad.contains(status)));
        for text in ["", "5xx", "500...", "599..500", "99", "1000", "400,", "..500"] {
            assert_eq!(Statuses::parse(text), None, "{text}");
        }
    }

    #[test]
    fn refusals_name_the_flag_and_what_it_takes() {
        for (words, named, remedy) in [
            (&["a.log", "--availability", "99.9"][..], "--availability 99.9 ", "between 0 and 1"),
            (&["a.log", "--latency", "0.99"], "--latency 0.99 ", "such as --latency 0.99:300ms"),
            (&["a.log", "--latency", "0.99:2d"], "--latency 0.99:2d ", "to 24h"),
            (&["a.log", "--period", "1h"], "--period 1h ", "from 1d to 92d"),
            (&["a.log", "--period", "93d"], "--period 93d ", "from 1d to 92d"),
            (&["a.log", "--bad-status", "5xx"], "--bad-status 5xx ", "429,500..599"),
            (&["a.log", "--time-unit", "h"], "--time-unit h ", "s, ms or us"),
            (&["a.log", "--quick"], "--quick ", "--availability, --latency"),
            (&["a.log", "b.log"], "b.log ", "one file"),
            (&[], "an empty command line ", "the path of an access log"),
        ] {
            let refused = parse(words).unwrap_err();
            assert!(refused.starts_with(named) && refused.contains(remedy), "{refused}");
        }
    }
}
