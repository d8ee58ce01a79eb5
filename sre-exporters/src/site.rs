//! Cold. The engine as the endpoint sees it: three documents and one question.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use serde::Serialize;
use sre_core::Engine;
use sre_core::report::{Report, Status};

use crate::exporters::ExportersStatus;
use crate::http::{Document, SharedBinding, Source};
use crate::page::{self, Page};
use crate::prometheus::{Exposition, Process};
use crate::telemetry::Telemetry;

/// Time without a tick after which the engine is not well.
const TICKLESS_MAX: Duration = Duration::from_secs(10);

/// What the endpoint serves, taken from one engine.
pub(crate) struct Site {
    engine: Engine,
    exposition: Mutex<Exposition>,
    telemetry: Arc<Telemetry>,
    binding: SharedBinding,
}

impl Site {
    pub(crate) fn new(engine: Engine, telemetry: Arc<Telemetry>, binding: SharedBinding) -> Self {
        Self { engine, exposition: Mutex::new(Exposition::default()), telemetry, binding }
    }
}

impl Source for Site {
    fn render(&self, document: Document, out: &mut Vec<u8>) -> Option<Bytes> {
        match document {
            Document::Metrics(negotiated) => {
                let report = self.engine.collect_buckets();
                let process = Process::look();
                return Some(self.exposition.lock().write(&report, &process, &self.telemetry, negotiated));
            }
            Document::Page => render_page(&self.engine.report(), out),
            Document::Status => {
                let exporters = ExportersStatus::of(&self.binding);
                let answer = Answer { status: self.engine.status(), exporters };
                // Writing to memory cannot fail, and all keys are text.
                let _ = serde_json::to_writer(out, &answer);
            }
        }
        None
    }

    fn illness(&self) -> Option<String> {
        let silence = self.engine.since_tick();
        (silence > TICKLESS_MAX).then(|| format!("the engine has not ticked for {} s", silence.as_secs()))
    }
}

/// The body of `/api/v1/status`: the engine's status, and the exporters' beside it.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    status: Status,
    exporters: ExportersStatus,
}

fn render_page(report: &Report, out: &mut Vec<u8>) {
    let time = jiff::Timestamp::from_nanosecond(report.at_unix_ns.into()).unwrap_or_default();
    let time = format!("{time:.0}");
    let page = Page { service: &report.service, time: &time, slis: &report.slis, engine: &report.engine };
    page::render(&page, out);
}

#[cfg(test)]
mod tests {
    use sre_core::Outcome;
    use sre_core::clock::ManualClock;

    use super::*;
    use crate::prometheus::negotiate;
    use crate::sample;

    fn site(engine: &Engine) -> Site {
        Site::new(engine.clone(), Arc::default(), SharedBinding::default())
    }

    fn rendered(site: &Site, document: Document) -> String {
        let mut out = b"before ".to_vec();
        let lent = site.render(document, &mut out);
        let text = String::from_utf8(out).unwrap();
        let appended = text.strip_prefix("before ").expect("a document is appended");
        lent.map_or_else(|| appended.to_owned(), |lent| String::from_utf8(lent.to_vec()).unwrap())
    }

    #[test]
    fn silence_counts_from_the_last_tick_and_not_from_the_first_question() {
        let clock = ManualClock::at_unix_seconds(1_766_000_000);
        let engine = Engine::builder().manual_clock(clock.clone()).start().unwrap();
        engine.advance(Duration::from_secs(100));
        clock.advance(Duration::from_secs(12));
        let site = site(&engine);
        assert_eq!(site.illness().as_deref(), Some("the engine has not ticked for 12 s"));
        engine.tick();
        assert_eq!(site.illness(), None);
        clock.advance(TICKLESS_MAX);
        assert_eq!(site.illness(), None, "ten seconds may be a busy machine");
        clock.advance(Duration::from_secs(1));
        assert_eq!(site.illness().as_deref(), Some("the engine has not ticked for 11 s"));
    }

    #[test]
    fn an_engine_that_was_shut_down_is_not_well_for_long() {
        let clock = ManualClock::at_unix_seconds(1_766_000_000);
        let engine = Engine::builder().manual_clock(clock.clone()).start().unwrap();
        let site = site(&engine);
        engine.shutdown(Duration::from_secs(1));
        assert_eq!(site.illness(), None);
        engine.advance(Duration::from_secs(11));
        assert_eq!(site.illness().as_deref(), Some("the engine has not ticked for 11 s"));
    }

    #[test]
    fn metrics_are_as_of_now_and_the_rest_as_of_the_last_tick() {
        let engine = sample::engine("shop");
        let checkout = sample::checkout(&engine);
        let site = site(&engine);
        checkout.record_n(Outcome::Ok, Duration::from_millis(12), 3);
        let metrics = Document::Metrics(negotiate(""));
        let line = "sre_sli_events_total{sli=\"checkout\",outcome=\"ok\"} 3\n";
        assert!(rendered(&site, metrics).contains(line));
        let objective = |status: &serde_json::Value| status["objectives"][0]["total"].clone();
        let status =
            || -> serde_json::Value { serde_json::from_str(&rendered(&site, Document::Status)).unwrap() };
        assert_eq!(objective(&status()), 0);
        engine.advance(Duration::from_secs(1));
        assert_eq!(objective(&status()), 3);
        let page = rendered(&site, Document::Page);
        assert!(
            page.contains("<h1>shop</h1>")
                && page.contains("3 good")
                && page.contains("2025-12-17T19:33:21Z")
        );
        assert!(status()["exporters"]["http"].is_null(), "there is no listener");
    }
}
