//! A whole replay, from a file to its report.

use std::fs;
use std::path::{Path, PathBuf};

use sre_examples::flags::Flags;

use crate::args::Args;
use crate::log::Log;
use crate::progress::Progress;
use crate::{drive, told};

/// 2015-05-17 00:00:00 UTC.
const MIDNIGHT: u64 = 1_431_820_800;

fn report(path: &Path, flags: &[&str]) -> Result<Vec<String>, String> {
    let words = flags.iter().map(|word| (*word).to_owned()).chain([path.display().to_string()]);
    let Ok(Some(Args { file, promise, unit })) = Args::parse(Flags::new(words)) else {
        panic!("{flags:?} are accepted");
    };
    let mut progress = Progress::silent();
    let log = Log::open(&file, unit, &mut progress).map_err(|unreadable| unreadable.to_string())?;
    let findings =
        drive::replay(&log.requests, &promise, &mut progress).map_err(|error| error.to_string())?;
    Ok(told::report(&file, &log, &findings))
}

/// A file that is gone when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn holding(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sre-replay-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn sample() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("replay/sample.log")
}

/// Two requests a second for two hours as nginx writes JSON; of those for which `is_bad`, one in ten fails.
fn two_hours(is_bad: impl Fn(u64) -> bool) -> String {
    let line = |call: u64| {
        let second = call / 2;
        let (status, time) = if is_bad(second) && call.is_multiple_of(10) { (502, 0.9) } else { (200, 0.02) };
        format!("{{\"msec\":{}.5,\"status\":{status},\"request_time\":{time}}}\n", MIDNIGHT + second)
    };
    (0..2 * 7_200).map(line).collect()
}

#[test]
fn the_sample_is_counted_as_by_hand() {
    let lines = report(&sample(), &["--latency", "0.9:300ms"]).unwrap();
    let text = lines.join("\n");
    for expected in [
        "total events: 12",
        "good events: 10",
        "bad events: 2",
        "lines out of order: 2, sorted",
        "unparsable lines: 1",
        "  line 6: this line is no request",
        "  compliance: 83.3333 %, 10 of 12 events were good: broken",
        "latency: 90 % of good requests within 300ms over 30d",
        // Ten good ones, of which nine have a time and two were slow.
        "  compliance: 77.7778 %, 7 of 9 events were good: broken",
        "    2015-05-17 10:00:00 UTC  2 of 8 bad, burn 250",
    ] {
        assert!(lines.iter().any(|line| line == expected), "no {expected:?} in\n{text}");
    }
}

#[test]
fn other_statuses_can_be_bad() {
    let lines = report(&sample(), &["--bad-status", "400.."]).unwrap();
    assert_eq!(lines[2..4], ["good events: 9", "bad events: 3"]);
}

#[test]
fn an_outage_in_the_second_hour_fires_and_clears_and_is_the_worst_hour() {
    // Twenty minutes from 01:10 on.
    let outage = 4_200..5_400;
    let log = Scratch::holding("outage.json", &two_hours(|second| outage.contains(&second)));
    let lines = report(&log.0, &[]).unwrap();
    let text = lines.join("\n");
    assert!(lines.contains(&"bad events: 240".to_owned()), "{text}");
    assert!(
        lines.contains(&"    2015-05-17 01:00:00 UTC  240 of 7,200 bad, burn 33.33".to_owned()),
        "{text}"
    );
    let page =
        lines.iter().position(|line| line.contains("page, 1h over 5m above 14.4: would have fired once"));
    let alarm = &lines[page.expect(&text) + 1];
    // At a burn of 100 the hour is above 14.4 after 518 s, and surely so some minutes later. The short window
    // forgets the outage within 5 min of its end at 01:30, and holds as long.
    assert!(alarm.contains("fired 2015-05-17 01:2") && alarm.contains("cleared 2015-05-17 01:39"), "{alarm}");
}

#[test]
fn a_quiet_log_fires_nothing() {
    let log = Scratch::holding("quiet.json", &two_hours(|_| false));
    let text = report(&log.0, &["--latency", "0.99:300ms"]).unwrap().join("\n");
    assert_eq!(text.matches("would not have fired").count(), 8, "{text}");
    assert_eq!(text.matches("worst hours: none had a bad event").count(), 2, "{text}");
    assert_eq!(text.matches("budget: 100 % left").count(), 2, "{text}");
}

#[test]
fn years_of_silence_pass_in_one_step() {
    let line = |second: u64| format!("{{\"msec\":{second},\"status\":500}}\n");
    let log = Scratch::holding("gap.json", &[line(5), line(MIDNIGHT)].concat());
    let lines = report(&log.0, &["--period", "1d"]).unwrap();
    assert_eq!(lines[1..4], ["total events: 2", "good events: 0", "bad events: 2"]);
    assert!(lines.iter().any(|line| line.contains("1 of 0.0 allowed")), "{lines:#?}");
}

#[test]
fn files_without_requests_are_clear_errors() {
    for (name, text, expected) in [
        ("empty.log", "", "is empty: give a log with requests in it"),
        ("blank.log", "\n \n", "is empty"),
        ("prose.log", "Dear diary,\nnothing.\n", "none of the 2 lines of"),
    ] {
        let file = Scratch::holding(name, text);
        let error = report(&file.0, &[]).unwrap_err();
        assert!(error.contains(expected) && error.contains(name), "{error}");
    }
    let missing = report(&std::env::temp_dir().join("sre-replay-no-such-file.log"), &[]).unwrap_err();
    assert!(missing.contains("no-such-file.log cannot be read"), "{missing}");
}

#[test]
fn request_times_that_are_not_logged_are_no_fast_answers() {
    let line = "- - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 1\n";
    let log = Scratch::holding("untimed.log", line);
    let text = report(&log.0, &["--latency", "0.99:300ms"]).unwrap().join("\n");
    assert!(text.ends_with("compliance: no data, the log has no request times"), "{text}");
}
