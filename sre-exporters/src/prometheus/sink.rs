//! Cold. One exposition: a report in the format that a scraper wants.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use sre_core::report::Report;

use super::encode::{Encoder, Exemplar, Sheet, Syntax, push_label_value};
use super::escaping::Escaping;
use super::names;
use super::negotiate::Negotiated;
use super::process::Process;
use super::rows;
use super::series::{SeriesCache, SliSeries};
use crate::naming;
use crate::telemetry::{Count, Telemetry};

/// Renders reports and remembers between two of them what does not change.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    /// One cache for each way of escaping names that scrapers ask for; nearly always it is one.
    caches: Vec<(Escaping, SeriesCache)>,
    sheets: Arc<Sheets>,
    exemplars: Vec<Exemplar>,
    /// Whether it has been counted that the name of the service is too long.
    is_service_counted: bool,
}

impl Exposition {
    /// The report as metrics, in the room of an earlier exposition that nobody reads any more.
    pub(crate) fn write(
        &mut self,
        report: &Report,
        process: &Process,
        telemetry: &Telemetry,
        negotiated: Negotiated,
    ) -> Bytes {
        let Self { caches, sheets, exemplars, is_service_counted } = self;
        let escaping = negotiated.escaping;
        let place = caches.iter().position(|(of, _)| *of == escaping).unwrap_or_else(|| {
            caches.push((escaping, SeriesCache::default()));
            caches.len() - 1
        });
        let Some((_, cache)) = caches.get_mut(place) else { return Bytes::new() };
        let hidden = cache.update(&report.slis, escaping).iter().filter(|series| !series.is_shown).count();
        telemetry.add(Count::SeriesHidden, hidden as u64);
        telemetry.add(Count::LabelValuesCut, cache.take_cut());
        let is_cut = naming::label_value(&report.service).len() < report.service.len();
        if is_cut && !std::mem::replace(is_service_counted, true) {
            telemetry.add(Count::LabelValuesCut, 1);
        }

        let edition = Edition { syntax: negotiated.media_type.syntax(), escaping, number: cache.edition() };
        let mut kept = sheets.take(edition, &report.service);
        let content = Content { report, process, telemetry };
        let mut write = || content.write(&mut kept, cache.series(), exemplars);
        // What was written before may have been of another shape; after that the sheet is empty.
        let _ = write() || write();
        Bytes::from_owner(Lent { kept, origin: Arc::clone(sheets) })
    }
}

/// What an exposition tells.
#[derive(Clone, Copy)]
struct Content<'a> {
    report: &'a Report,
    process: &'a Process,
    telemetry: &'a Telemetry,
}

impl Content<'_> {
    /// Writes everything; `false` if the sheet turned out to be of another shape, and is empty now.
    fn write(self, kept: &mut Kept, series: &[SliSeries], exemplars: &mut Vec<Exemplar>) -> bool {
        let Self { report, process, telemetry } = self;
        let mut encoder = Encoder::new(&mut kept.sheet, kept.edition.syntax);
        encoder
            .family(&names::TARGET)
            .integer(&[&label("service_name", &naming::label_value(&report.service))], 1);
        encoder.family(&names::BUILD).integer(&[&label("version", env!("CARGO_PKG_VERSION"))], 1);
        rows::write_slis(&mut encoder, &report.slis, series, exemplars);
        rows::write_objectives(&mut encoder, &report.slis, series);
        rows::write_engine(&mut encoder, &report.engine);
        rows::write_exporters(&mut encoder, telemetry);
        rows::write_process(&mut encoder, process);
        encoder.finish()
    }
}

/// What all expositions have in common that differ in nothing but values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Edition {
    syntax: Syntax,
    escaping: Escaping,
    number: u64,
}

/// A sheet, and what was written on it last.
#[derive(Debug, Default)]
struct Kept {
    edition: Edition,
    service: Arc<str>,
    sheet: Sheet,
}

/// Sheets that nobody reads any more.
#[derive(Debug, Default)]
struct Sheets {
    kept: Mutex<Vec<Kept>>,
}

/// Sheets kept to be written again: with two formats, one that is read and one that is written of each.
const SHEETS_MAX: usize = 4;

impl Sheets {
    /// A sheet of this edition, or an empty one.
    fn take(&self, edition: Edition, service: &Arc<str>) -> Kept {
        let mut all = self.kept.lock();
        let is_alike =
            |kept: &Kept| (kept.edition.syntax, kept.edition.escaping) == (edition.syntax, edition.escaping);
        let same = all.iter().position(|kept| kept.edition == edition && kept.service == *service);
        let place = same.or_else(|| all.iter().position(is_alike));
        let mut kept = place.map(|place| all.remove(place)).unwrap_or_default();
        if same.is_none() {
            kept.sheet.clear();
            kept.edition = edition;
            kept.service = Arc::clone(service);
        }
        kept
    }

    fn give(&self, kept: Kept) {
        let mut all = self.kept.lock();
        if all.len() == SHEETS_MAX {
            all.remove(0);
        }
        all.push(kept);
    }
}

/// A sheet that returns to where it came from when its last reader is done.
struct Lent {
    kept: Kept,
    origin: Arc<Sheets>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.kept.sheet.text()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.origin.give(std::mem::take(&mut self.kept));
    }
}

fn label(name: &str, value: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len() + value.len() + 3);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    push_label_value(&mut out, value);
    out.push(b'"');
    out
}
