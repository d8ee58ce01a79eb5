//! Pure. One line of an access log: the combined format of Apache and nginx, with or without a request time at its
//! end, or an object of JSON as nginx writes it.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::strtime;
use serde_json::{Map, Value};

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// When it was logged, in seconds since 1970.
    pub(crate) at: u64,
    pub(crate) status: u16,
    /// How long it took, where the log says so.
    pub(crate) duration: Option<Duration>,
}

/// What request times are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TimeUnit {
    /// nginx, and `%T` of Apache.
    #[default]
    Seconds,
    /// `%{ms}T` of Apache.
    Milliseconds,
    /// `%D` of Apache.
    Microseconds,
}

impl TimeUnit {
    fn seconds(self) -> f64 {
        match self {
            Self::Seconds => 1.0,
            Self::Milliseconds => 1e-3,
            Self::Microseconds => 1e-6,
        }
    }

    /// A request time such as `0.123`; none for `-`, as for requests that nobody answered.
    fn read(self, text: &str) -> Option<Duration> {
        let number: f64 = text.trim().parse().ok()?;
        Duration::try_from_secs_f64(number * self.seconds()).ok()
    }
}

impl Request {
    /// Reads a line; `None` when it is no request.
    pub(crate) fn parse(line: &str, unit: TimeUnit) -> Option<Self> {
        let line = line.trim();
        if line.starts_with('{') { Self::from_json(line, unit) } else { Self::from_combined(line, unit) }
    }

    /// `host ident user [time] "request" status bytes "referer" "agent" time`, from the time on.
    fn from_combined(line: &str, unit: TimeUnit) -> Option<Self> {
        let (_, rest) = line.split_once(" [")?;
        let (time, rest) = rest.split_once(']')?;
        let mut fields = Fields { rest };
        fields.next().filter(|request| request.is_quoted)?;
        let status = fields.next().and_then(|status| status_of(status.text))?;
        let _bytes = fields.next();
        Some(Self { at: seconds_of(common_time(time)?)?, status, duration: request_time(fields, unit) })
    }

    fn from_json(line: &str, unit: TimeUnit) -> Option<Self> {
        let object: Map<String, Value> = serde_json::from_str(line).ok()?;
        let first = |names: &[&str]| names.iter().find_map(|name| object.get(*name)).map(text_of);
        let time = first(&["time_iso8601", "time_local", "msec", "@timestamp", "timestamp", "time", "ts"])?;
        let status = status_of(&first(&["status", "status_code"])?)?;
        let duration = first(&["request_time", "duration"]).and_then(|text| unit.read(&text));
        Some(Self { at: seconds_of(any_time(&time)?)?, status, duration })
    }
}

/// What follows referer and agent, or the bytes where these are not logged; the last of it is the request time.
fn request_time(fields: Fields<'_>, unit: TimeUnit) -> Option<Duration> {
    let mut fields = fields.peekable();
    if fields.peek().is_some_and(|field| field.is_quoted) {
        fields.next();
        fields.next();
    }
    let last = fields.last()?.text;
    unit.read(last.rsplit('=').next().unwrap_or(last))
}

fn status_of(text: &str) -> Option<u16> {
    text.parse().ok().filter(|status| (100..1_000).contains(status))
}

/// `17/May/2015:10:05:03 +0000`
fn common_time(text: &str) -> Option<Timestamp> {
    strtime::parse("%d/%b/%Y:%H:%M:%S %z", text).ok()?.to_timestamp().ok()
}

/// A time as JSON logs have it: ISO 8601, that of the combined format, or seconds since 1970.
fn any_time(text: &str) -> Option<Timestamp> {
    let epoch = || {
        let seconds: f64 = text.parse().ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "the fraction of a second is not needed")]
        Timestamp::from_second(seconds as i64).ok()
    };
    text.parse().ok().or_else(|| common_time(text)).or_else(epoch)
}

/// Times before 1970 are nonsense in a log.
fn seconds_of(time: Timestamp) -> Option<u64> {
    u64::try_from(time.as_second()).ok()
}

/// nginx quotes numbers or does not, as its configuration says.
fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Fields that are parted by blanks; quoted ones may hold blanks, and quotes behind a backslash.
struct Fields<'a> {
    rest: &'a str,
}

struct Field<'a> {
    text: &'a str,
    is_quoted: bool,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let rest = self.rest.trim_start();
        let (text, is_quoted) = match rest.strip_prefix('"') {
            Some(quoted) => (quoted.split_at_checked(closing_quote(quoted)?)?.0, true),
            None => (rest.split(' ').next().filter(|text| !text.is_empty())?, false),
        };
        self.rest = rest.get(text.len() + 2 * usize::from(is_quoted)..)?;
        Some(Field { text, is_quoted })
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: u64 = 1_431_857_103;
    const HEAD: &str = r#"192.0.2.9 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1""#;

    #[track_caller]
    fn check(line: &str, expected: Option<(u64, u16, Option<u128>)>) {
        let found = Request::parse(line, TimeUnit::Seconds).map(|request| {
            (request.at, request.status, request.duration.map(|duration| duration.as_millis()))
        });
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn combined_lines_are_read_with_and_without_a_request_time() {
        check(&format!(r#"{HEAD} 200 23"#), Some((AT, 200, None)));
        check(&format!(r#"{HEAD} 200 23 0.123"#), Some((AT, 200, Some(123))));
        check(&format!(r#"{HEAD} 503 - "-" "curl""#), Some((AT, 503, None)));
        check(&format!(r#"{HEAD} 503 - "-" "7.5""#), Some((AT, 503, None)));
        check(
            &format!(r#"{HEAD} 200 23 "-" "Mozilla/5.0 (X11; \"odd\")" 0.300"#),
            Some((AT, 200, Some(300))),
        );
        check(&format!(r#"{HEAD} 200 23 "-" "curl" rt=1.5"#), Some((AT, 200, Some(1_500))));
        check(&format!(r#"{HEAD} 200 23 "-" "curl" "-" "0.004""#), Some((AT, 200, Some(4))));
        check(&format!(r#"{HEAD} 499 0 "-" "curl" -"#), Some((AT, 499, None)));
    }

    #[test]
    fn zones_and_hosts_in_front_do_not_confuse() {
        let line = r#"shop:443 ::1 - bob [17/May/2015:12:05:03 +0200] "GET /\"x\" HTTP/1.1" 404 1"#;
        check(line, Some((AT, 404, None)));
    }

    #[test]
    fn json_lines_are_read_with_quoted_and_bare_numbers() {
        check(
            r#"{"time_iso8601":"2015-05-17T10:05:03+00:00","status":"500","request_time":"0.250"}"#,
            Some((AT, 500, Some(250))),
        );
        check(r#"{"msec":1431857103.999,"status":200,"request_time":0.001}"#, Some((AT, 200, Some(1))));
        check(r#"{"time_local":"17/May/2015:10:05:03 +0000","status":200}"#, Some((AT, 200, None)));
    }

    #[test]
    fn what_is_no_request_is_told_apart() {
        for line in [
            "",
            "hello",
            "{",
            "{}",
            r#"{"status":200}"#,
            r#"{"msec":-5,"status":200}"#,
            r#"{"msec":5,"status":"up"}"#,
            r#"192.0.2.9 - - [17/Mai/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1"#,
            r#"192.0.2.9 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1 200 1"#,
            r#"192.0.2.9 - - [17/May/2015:10:05:03 +0000] "GET /" 20 1"#,
            r#"192.0.2.9 - - [17/May/1915:10:05:03 +0000] "GET /" 200 1"#,
            r#"192.0.2.9 - - [17/May/2015:10:05:03 +0000] "GET /""#,
        ] {
            check(line, None);
        }
    }

    #[test]
    fn request_times_have_a_unit() {
        let line = format!(r#"{HEAD} 200 23 "-" "curl" 1500"#);
        for (unit, micros) in [
            (TimeUnit::Seconds, 1_500_000_000),
            (TimeUnit::Milliseconds, 1_500_000),
            (TimeUnit::Microseconds, 1_500),
        ] {
            let request = Request::parse(&line, unit).unwrap();
            assert_eq!(request.duration, Some(Duration::from_micros(micros)), "{unit:?}");
        }
    }

    /// What a server knows of a request, and what a client sent.
    fn known() -> impl Strategy<Value = (u64, u16, u64, String)> {
        // Up to the year 9999, which is what four digits hold.
        (0..253_402_300_800_u64, 100..1_000_u16, 0..10_000_000_u64, "\\PC{0,30}")
    }

    fn combined(at: u64, status: u16, millis: u64, agent: &str) -> String {
        let time = Timestamp::from_second(at.cast_signed()).unwrap().strftime("%d/%b/%Y:%H:%M:%S %z");
        let agent = agent.replace('\\', "\\\\").replace('"', "\\\"");
        let seconds = format!("{}.{:03}", millis / 1_000, millis % 1_000);
        format!(r#"::1 - - [{time}] "GET /{agent} HTTP/1.1" {status} 7 "-" "{agent}" {seconds}"#)
    }

    fn json(at: u64, status: u16, millis: u64, agent: &str) -> String {
        let seconds = format!("{}.{:03}", millis / 1_000, millis % 1_000);
        serde_json::json!({"msec": at, "status": status, "request_time": seconds, "agent": agent}).to_string()
    }

    /// Overwrites a character, takes one away, or ends the line there.
    fn damaged(line: &str, damage: &[(usize, u8, char)]) -> String {
        let mut chars: Vec<char> = line.chars().collect();
        for &(at, kind, char) in damage {
            let at = at % chars.len().max(1);
            match kind % 4 {
                0 => chars.insert(at, char),
                1 => chars.truncate(at),
                _ if chars.is_empty() => {}
                2 => chars[at] = char,
                _ => drop(chars.remove(at)),
            }
        }
        chars.into_iter().collect()
    }

    fn check_sane(line: &str) -> Result<(), TestCaseError> {
        for unit in [TimeUnit::Seconds, TimeUnit::Milliseconds, TimeUnit::Microseconds] {
            if let Some(request) = Request::parse(line, unit) {
                prop_assert!((100..1_000).contains(&request.status), "{request:?} of {line}");
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_a_server_writes_is_read_as_it_was((at, status, millis, agent) in known()) {
            let expected = Request { at, status, duration: Some(Duration::from_millis(millis)) };
            for line in [combined(at, status, millis, &agent), json(at, status, millis, &agent)] {
                prop_assert_eq!(Request::parse(&line, TimeUnit::Seconds), Some(expected), "{}", line);
            }
        }

        #[test]
        fn any_line_is_a_request_or_none(line in "\\PC{0,200}|[\\[\\]\"{}: 0-9a-z-]{0,200}") {
            check_sane(&line)?;
        }

        #[test]
        fn damaged_lines_are_requests_or_none(
            (at, status, millis, agent) in known(),
            damage in proptest::collection::vec((any::<usize>(), any::<u8>(), any::<char>()), 0..8),
        ) {
            check_sane(&damaged(&combined(at, status, millis, &agent), &damage))?;
            check_sane(&damaged(&json(at, status, millis, &agent), &damage))?;
        }
    }
}
