//! Cold. The engine as the endpoint sees it: three documents and one question.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use sre_core::Engine;
use sre_core::report::{Report, Status};
use tokio::time::Instant;

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
    last_tick: Mutex<Option<LastTick>>,
}

/// The number of the last tick, and when it was first seen.
#[derive(Clone, Copy, Debug)]
struct LastTick {
    ticks: u64,
    seen: Instant,
}

impl Site {
    pub(crate) fn new(engine: Engine, telemetry: Arc<Telemetry>, binding: SharedBinding) -> Self {
        Self {
            engine,
            exposition: Mutex::new(Exposition::default()),
            telemetry,
            binding,
            last_tick: Mutex::new(None),
        }
    }
}

impl Source for Site {
    fn render(&self, document: Document, out: &mut Vec<u8>) {
        match document {
            Document::Metrics(negotiated) => {
                let report = self.engine.collect();
                let process = Process::look();
                self.exposition.lock().write(&report, &process, &self.telemetry, negotiated, out);
            }
            Document::Page => render_page(&self.engine.report(), out),
            Document::Status => {
                let exporters = ExportersStatus::of(&self.binding);
                let answer = Answer { status: self.engine.status(), exporters };
                // Writing to memory cannot fail, and all keys are text.
                let _ = serde_json::to_writer(out, &answer);
            }
        }
    }

    fn illness(&self) -> Option<String> {
        let (ticks, now) = (self.engine.report().engine.ticks, Instant::now());
        let mut last_tick = self.last_tick.lock();
        let last = last_tick.filter(|last| last.ticks == ticks).unwrap_or(LastTick { ticks, seen: now });
        *last_tick = Some(last);
        let silence = now.saturating_duration_since(last.seen);
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
