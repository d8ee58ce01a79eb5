//! Whole expositions: golden bytes, hostile labels, what is absent without data.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use sre_core::report::{Label, Report};
use sre_core::sli::Exemplar;
use sre_core::slo::Period;
use sre_core::window::CalendarUnit;
use sre_core::{Labels, Objective, Outcome, Sli, SliFamily};

use super::encode::Syntax;
use super::negotiate::negotiate;
use super::process::Process;
use super::sink::Exposition;
use crate::grammar::{Exposition as Read, read_openmetrics, read_text};
use crate::sample::{TRACE, checkout, engine, hostile_values};
use crate::telemetry::{Count, Telemetry};

const OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0";
const TEXT: &str = "text/plain";

static IDLE: Sli = Sli::new("idle").objective(Objective::availability(0.99));

#[derive(Labels)]
struct Place {
    region: &'static str,
}

/// A minute of traffic by a manual clock: the same in every run.
fn report() -> Report {
    let engine = engine("shop");
    let checkout = checkout(&engine);
    engine.sli(IDLE.definition()).expect("well defined");
    for second in 1..=60 {
        checkout.record_n(Outcome::Ok, Duration::from_millis(12), 95);
        checkout.record_n(Outcome::Ok, Duration::from_millis(300), 3);
        checkout.record_n(Outcome::Ok, Duration::from_millis(301), 1);
        checkout.record(Outcome::Ignored, Duration::from_millis(1));
        if second % 30 == 0 {
            checkout.record(Outcome::Error, Duration::from_secs(2));
        }
        engine.advance(Duration::from_secs(1));
    }
    checkout.record_with_exemplar(Outcome::Ok, Duration::from_millis(67), TRACE);
    let mut report = Report::clone(&engine.collect());
    // Measured with a real clock, even here.
    report.engine.tick_duration = Duration::from_micros(250);
    report.engine.shards = 0;
    report
}

fn process() -> Process {
    Process {
        cpu_ns: Some(1_234_567_890),
        resident_bytes: Some(12_345_678),
        virtual_bytes: Some(123_456_789),
        threads: Some(7),
        open_fds: Some(12),
        max_fds: Some(f64::INFINITY),
        start_unix_ns: Some(1_765_999_999_120_000_000),
    }
}

fn written(report: &Report, accept: &str) -> String {
    let body = Exposition::default().write(report, &process(), &Telemetry::default(), negotiate(accept));
    String::from_utf8(body.to_vec()).expect("UTF-8")
}

fn read(report: &Report, accept: &str) -> Read {
    let body = written(report, accept);
    match negotiate(accept).media_type.syntax() {
        Syntax::Text => read_text(&body),
        Syntax::OpenMetrics => read_openmetrics(&body),
    }
}

/// Compares with a file under `tests/golden`; with `SRE_BLESS=1` in the environment it writes the file instead.
#[track_caller]
fn check_golden(name: &str, body: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/prometheus").join(name);
    if std::env::var_os("SRE_BLESS").is_some() {
        std::fs::write(&path, body).expect("writable");
    }
    let golden = std::fs::read_to_string(&path).expect("run once with SRE_BLESS=1");
    for (at, (is, should)) in body.lines().zip(golden.lines()).enumerate() {
        assert_eq!(is, should, "line {} of {name}", at + 1);
    }
    assert_eq!(body.len(), golden.len(), "{name} ends early or late");
}

#[test]
fn the_expositions_are_the_golden_ones() {
    let report = report();
    check_golden("text.txt", &written(&report, TEXT));
    check_golden("openmetrics.txt", &written(&report, OPENMETRICS));
}

#[test]
fn both_formats_pass_the_strict_reader_and_agree() {
    let report = report();
    let (text, openmetrics) = (read(&report, TEXT), read(&report, OPENMETRICS));
    let plain = |read: &Read| -> Vec<_> {
        read.samples
            .iter()
            .map(|sample| (sample.name.clone(), sample.labels.clone(), sample.value.clone()))
            .collect()
    };
    assert_eq!(plain(&text), plain(&openmetrics));
    assert!(text.samples.iter().all(|sample| sample.exemplar.is_none()));
    assert!(openmetrics.samples.iter().any(|sample| sample.exemplar.is_some()));
}

#[test]
fn each_bucket_shows_the_newest_exemplar_that_lies_in_it() {
    let engine = engine("shop");
    let family =
        SliFamily::<Place>::new("regional").objective(Objective::latency(0.99, Duration::from_millis(300)));
    let family = engine.family(&family).expect("well defined");
    let micros =
        [400, 700, 1_100, 2_600, 9_000, 24_000, 50_000, 99_000, 260_000, 301_000, 900_000, 11_000_000];
    for (newest, region) in [(1, "america"), (2, "europe")] {
        for (trace, micros) in (newest..).step_by(2).zip(micros) {
            let exemplar = Exemplar::new([trace; 16], [trace; 8]);
            let member = family.get(&Place { region });
            member.record_with_exemplar(Outcome::Ok, Duration::from_micros(micros), exemplar);
        }
        engine.advance(Duration::from_secs(1));
    }
    let read = read(&engine.collect(), OPENMETRICS);
    for (region, newest) in [("", 2), ("america", 1), ("europe", 2)] {
        let buckets = read.samples.iter().filter(|sample| {
            sample.name == "sre_sli_duration_seconds_bucket" && sample.labels["region"] == region
        });
        let shown = buckets.filter_map(|bucket| bucket.exemplar.as_ref());
        let shown: Vec<_> = shown.map(|(labels, value)| (labels["trace_id"].clone(), *value)).collect();
        let traces = (newest..).step_by(2).map(|trace: u8| format!("{trace:02x}").repeat(16));
        // The strict reader has seen to it that each lies inside its bucket.
        let expected: Vec<_> = traces.zip(micros.map(|micros| micros as f64 / 1e6)).collect();
        assert_eq!(shown, expected, "region {region:?}");
    }
}

#[test]
fn counts_are_those_that_were_recorded() {
    let read = read(&report(), TEXT);
    let events = |outcome| read.value("sre_sli_events_total", &[("sli", "checkout"), ("outcome", outcome)]);
    assert_eq!(events("ok"), Some(60.0 * 99.0 + 1.0));
    assert_eq!(events("error"), Some(2.0));
    assert_eq!(events("ignored"), Some(60.0));
    assert_eq!(events("abandoned"), Some(0.0));
    let slo = |slo, verdict| read.value("sre_slo_events_total", &[("slo", slo), ("verdict", verdict)]);
    assert_eq!(slo("checkout-availability", "bad"), Some(2.0));
    assert_eq!(slo("checkout-latency", "bad"), Some(60.0));
    assert_eq!(slo("checkout-latency", "good"), Some(60.0 * 98.0 + 1.0));
}

#[test]
fn a_latency_threshold_is_an_exact_edge() {
    let read = read(&report(), TEXT);
    let bucket = |le| {
        let labels = [("sli", "checkout"), ("outcome", "ok"), ("le", le)];
        read.value("sre_sli_duration_seconds_bucket", &labels)
    };
    assert_eq!(bucket("0.3"), Some(60.0 * 98.0 + 1.0), "an event of exactly the threshold is within it");
    assert_eq!(bucket("+Inf"), Some(60.0 * 99.0 + 1.0));
    assert_eq!(bucket("0.01"), Some(0.0));
    assert_eq!(bucket("0.025"), Some(60.0 * 95.0));
}

#[test]
fn what_has_no_data_is_absent_and_counters_begin_at_zero() {
    let read = read(&report(), OPENMETRICS);
    let idle = |name: &str| {
        read.samples
            .iter()
            .filter(|sample| sample.name == name && sample.labels.get("sli").is_some_and(|sli| sli == "idle"))
            .count()
    };
    assert_eq!(idle("sre_slo_burn_rate"), 0);
    assert_eq!(idle("sre_slo_error_budget_remaining_ratio"), 0);
    assert_eq!(idle("sre_slo_budget_exhaustion_seconds"), 0);
    assert_eq!(idle("sre_sli_events_total"), 4);
    assert_eq!(idle("sre_slo_events_total"), 2);
    assert_eq!(idle("sre_sli_duration_seconds_count"), 1, "the error histogram appears with the first error");
    assert!(read.samples.iter().all(|sample| sample.value != "NaN"));
}

#[test]
fn an_empty_budget_of_a_month_is_empty_in_every_family() {
    let engine = engine("shop");
    let month = Period::calendar(CalendarUnit::Month, "UTC");
    let sli = Sli::new("monthly").objective(Objective::availability(0.999).period(month));
    let sli = engine.sli(sli.definition()).expect("well defined");
    for _ in 0..60 {
        sli.record_n(Outcome::Ok, Duration::from_millis(12), 998);
        sli.record_n(Outcome::Error, Duration::from_millis(12), 2);
        engine.advance(Duration::from_secs(1));
    }
    let report = engine.collect();
    assert!(
        report.slo("monthly-availability").expect("judged").sentence().starts_with("the budget is empty")
    );
    let read = read(&report, TEXT);
    let gauge = |name: &str| read.value(name, &[("sli", "monthly")]);
    assert_eq!(gauge("sre_slo_budget_exhaustion_seconds"), Some(0.0));
    assert_eq!(gauge("sre_slo_error_budget_remaining_ratio"), Some(-1.0));
}

#[test]
fn counters_and_buckets_once_shown_stay_whatever_comes() {
    let engine = engine("shop");
    let sli = Sli::new("checkout").objective(Objective::latency(0.99, Duration::from_millis(300)));
    let sli = engine.sli(sli.definition()).expect("well defined");
    let series = || -> std::collections::BTreeSet<_> {
        let read = read(&engine.collect(), OPENMETRICS);
        let is_kept =
            |name: &str| ["_total", "_bucket", "_sum", "_count"].iter().any(|end| name.ends_with(end));
        let kept = read.samples.into_iter().filter(|sample| is_kept(&sample.name));
        kept.map(|sample| (sample.name, sample.labels)).collect()
    };
    let mut shown = series();
    let mut pass = |what: &str, seconds| {
        engine.advance(Duration::from_secs(seconds));
        let now = series();
        assert!(now.is_superset(&shown), "{what}: {:?}", shown.difference(&now).next());
        shown = now;
    };
    sli.record(Outcome::Ok, Duration::from_micros(3));
    pass("fast", 1);
    sli.record(Outcome::Error, Duration::from_secs(3_000));
    pass("slow, and failed", 1);
    pass("idle for longer than percentiles reach", 2 * 3_600);
    sli.start().ignore();
    pass("back", 1);
}

/// A report with one copy of the first SLI per value.
fn with_labels(values: &[String]) -> Report {
    static REPORT: LazyLock<Report> = LazyLock::new(report);
    let mut report = REPORT.clone();
    let sli = report.slis[0].clone();
    report.slis = values
        .iter()
        .map(|value| {
            let mut member = sli.clone();
            member.labels = Arc::from([Label::new("route", value.as_str()), Label::new("zone", "a")]);
            member
        })
        .collect();
    report
}

#[test]
fn hostile_label_values_read_back_as_they_were() {
    let values = hostile_values();
    let report = with_labels(&values);
    for accept in [TEXT, OPENMETRICS] {
        let read = read(&report, accept);
        for value in &values {
            let labels = [("route", value.as_str()), ("outcome", "ok")];
            assert_eq!(read.value("sre_sli_events_total", &labels), Some(5_941.0), "{value:?}");
        }
        assert!(read.samples.iter().all(|sample| !sample.name.starts_with("fake")));
    }
}

#[test]
fn a_megabyte_of_label_is_cut_counted_and_still_distinct() {
    let values = ["a", "b"].map(|end| "x".repeat(1 << 20) + end).to_vec();
    let mut report = with_labels(&values);
    report.service = Arc::from(values[0].as_str());
    let telemetry = Telemetry::default();
    let mut exposition = Exposition::default();
    let mut write = || exposition.write(&report, &process(), &telemetry, negotiate(TEXT));
    let _ = (write(), write());
    let body = write();
    let read = read_text(std::str::from_utf8(&body).unwrap());
    let routes: std::collections::BTreeSet<_> =
        read.samples.iter().filter_map(|sample| sample.labels.get("route")).collect();
    assert_eq!(routes.len(), 2);
    assert!(routes.iter().all(|route| route.len() <= crate::naming::LABEL_VALUE_BYTES_MAX));
    let target = read.samples.iter().find(|sample| sample.name == "target_info").expect("there");
    assert_eq!(Some(&target.labels["service_name"]), routes.first().copied(), "cut like any other");
    assert_eq!(telemetry.get(Count::LabelValuesCut), 3, "each once, not once a scrape");
    assert_eq!(read.value("sre_export_label_values_cut_total", &[]), Some(3.0));
}

#[test]
fn declared_label_names_are_escaped_as_the_scraper_asks_and_stay_distinct() {
    let mut report = report();
    report.slis.truncate(1);
    report.slis[0].labels =
        Arc::from([Label::new("http.route", "/a"), Label::new("http-route", "/b"), Label::new("le", "c")]);
    for (accept, names) in [
        (TEXT, ["http_route", "http_route_2", "label_le"]),
        ("text/plain;escaping=dots", ["http_dot_route", "http__route", "label_le"]),
        ("text/plain;escaping=values", ["U__http_2e_route", "U__http_2d_route", "label_le"]),
        ("text/plain;version=1.0.0;escaping=allow-utf-8", ["http.route", "http-route", "label_le"]),
    ] {
        let read = read(&report, accept);
        let labels =
            &read.samples.iter().find(|sample| sample.name == "sre_sli_in_flight").expect("written").labels;
        for (name, value) in names.iter().zip(["/a", "/b", "c"]) {
            assert_eq!(labels.get(*name).map(String::as_str), Some(value), "{accept}: {labels:?}");
        }
    }
}

#[test]
fn what_is_kept_between_scrapes_never_shows_in_another_report() {
    let telemetry = Telemetry::default();
    let mut exposition = Exposition::default();
    let many = with_labels(&hostile_values());
    let few = with_labels(&["one".to_owned()]);
    let mut other = report();
    other.slis.reverse();
    for report in [&many, &few, &other, &many, &report()] {
        for accept in [TEXT, OPENMETRICS, "text/plain;escaping=dots"] {
            let body = exposition.write(report, &process(), &telemetry, negotiate(accept));
            assert_eq!(std::str::from_utf8(&body).unwrap(), written(report, accept));
        }
    }
}

#[test]
fn every_value_of_a_service_name_stays_one_label() {
    for name in hostile_values() {
        let mut report = report();
        report.service = Arc::from(name.as_str());
        let read = read(&report, OPENMETRICS);
        assert_eq!(read.samples[0].name, "target_info");
        assert_eq!(read.samples[0].labels["service_name"], name);
    }
}

#[test]
fn a_member_without_values_is_not_taken_for_the_whole() {
    let mut report = with_labels(&["".to_owned(), "".to_owned(), "a".to_owned()]);
    for sli in &mut report.slis {
        sli.labels = Arc::from([sli.labels[0].clone()]);
    }
    let read = read(&report, OPENMETRICS);
    for route in ["", "__empty__", "a"] {
        let labels = [("route", route), ("outcome", "ok")];
        assert!(read.value("sre_sli_events_total", &labels).is_some(), "{route:?}");
    }
}

#[test]
fn a_series_with_the_labels_of_another_is_left_out_and_counted() {
    let report = with_labels(&["a".to_owned(), "b".to_owned(), "a".to_owned()]);
    let read = read(&report, OPENMETRICS);
    assert_eq!(read.value("sre_export_series_hidden_total", &[]), Some(1.0));
    assert_eq!(read.samples.iter().filter(|sample| sample.name == "sre_sli_in_flight").count(), 2);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_reads_back_as_the_label_it_was(values in proptest::collection::btree_set(".*|\\PC*|[\\x00-\"\\\\{},=#]*", 1..5)) {
        let values: Vec<String> = values.into_iter().collect();
        let report = with_labels(&values);
        for accept in [TEXT, OPENMETRICS] {
            let read = read(&report, accept);
            let routes: std::collections::BTreeSet<_> =
                read.samples.iter().filter_map(|sample| sample.labels.get("route").cloned()).collect();
            let expected: std::collections::BTreeSet<_> =
                values.iter().map(|value| crate::naming::label_value(value).into_owned()).collect();
            proptest::prop_assert_eq!(routes, expected);
        }
    }
}
