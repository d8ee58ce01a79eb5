//! Cold. What must hold of an exposition and of the negotiation of its format, whatever texts go in.

use std::sync::{Arc, LazyLock};

use http::HeaderValue;
use sre_core::Outcome;
use sre_core::report::{Label, Report};

use super::encode::Syntax;
use super::escaping::{Escaping, is_legacy};
use super::negotiate::{accepts_gzip, negotiate};
use super::process::Process;
use super::sink::Exposition;
use crate::grammar::{read_openmetrics, read_text};
use crate::sample::{checkout, engine, hostile_values};
use crate::telemetry::Telemetry;

/// Label values longer than this are cut.
const VALUE_BYTES_MAX: usize = 1_024;

static REPORT: LazyLock<Report> = LazyLock::new(|| {
    let engine = engine("shop");
    let checkout = checkout(&engine);
    checkout.record(Outcome::Ok, std::time::Duration::from_millis(12));
    engine.advance(std::time::Duration::from_secs(1));
    Report::clone(&engine.collect())
});

/// Texts, each ended by a byte that is no text: the name of the service, and label values. The strict reader gets the
/// same back, in both formats.
pub(crate) fn exposition(data: &[u8]) {
    let mut texts = data.split(|byte| *byte == 0xff).map(String::from_utf8_lossy);
    let mut report = Report::clone(&REPORT);
    report.service = texts.next().unwrap_or_default().into();
    let mut values: Vec<String> = texts.take(4).map(String::from).collect();
    values.sort();
    values.dedup();
    // What is cut, is marked, and no text at all have tests of their own.
    values.retain(|value| !value.is_empty() && value.len() <= VALUE_BYTES_MAX);
    let Some(sli) = report.slis.first().cloned() else { return };
    for value in &values {
        let mut member = sli.clone();
        member.labels = Arc::from([Label::new("route", value.as_str())]);
        report.slis.push(member);
    }
    for accept in ["text/plain", "application/openmetrics-text;version=1.0.0"] {
        let negotiated = negotiate(accept);
        let body =
            Exposition::default().write(&report, &Process::default(), &Telemetry::default(), negotiated);
        let body = std::str::from_utf8(&body).unwrap();
        let read = match negotiated.media_type.syntax() {
            Syntax::Text => read_text(body),
            Syntax::OpenMetrics => read_openmetrics(body),
        };
        for value in &values {
            let labels = [("route", value.as_str()), ("outcome", "ok")];
            assert_eq!(read.value("sre_sli_events_total", &labels), Some(1.0), "{value:?}");
        }
        if report.service.len() <= VALUE_BYTES_MAX {
            assert_eq!(read.samples[0].labels["service_name"], *report.service);
        }
    }
}

/// What `Accept` says, or a label is called: there is always a format and always a name.
pub(crate) fn accept(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let negotiated = negotiate(text);
    assert!(HeaderValue::from_str(&negotiated.content_type()).is_ok());
    let asked = text.to_ascii_lowercase();
    let is_openmetrics = negotiated.media_type.syntax() == Syntax::OpenMetrics;
    assert!(!is_openmetrics || asked.contains("application/openmetrics-text"), "nobody asked: {text:?}");
    assert!(!accepts_gzip(text) || asked.contains("gzip"));
    if text.is_empty() {
        return;
    }
    for scheme in [Escaping::AllowUtf8, Escaping::Underscores, Escaping::Dots, Escaping::Values] {
        let written = scheme.label_name(text);
        assert!(scheme == Escaping::AllowUtf8 || is_legacy(&written), "{scheme:?}: {written:?}");
        assert!(!is_legacy(text) || written == text, "{scheme:?}: {written:?}");
    }
}

pub(crate) fn exposition_seeds() -> Vec<Vec<u8>> {
    let values = hostile_values();
    let all = values.chunks(4).map(|values| format!("shop|{}", values.join("|")));
    all.map(|texts| texts.bytes().map(|byte| if byte == b'|' { 0xff } else { byte }).collect()).collect()
}

pub(crate) fn accept_seeds() -> Vec<Vec<u8>> {
    let texts = [
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        "text/plain;version=1.0.0;escaping=values, gzip;q=0",
        "http.route",
        "_a:b",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}
