//! Cold. One exposition: a report in the format that a scraper wants.

use sre_core::report::Report;

use super::encode::{Encoder, Exemplar, push_label_value};
use super::escaping::Escaping;
use super::names;
use super::negotiate::Negotiated;
use super::process::Process;
use super::rows;
use super::series::SeriesCache;
use crate::telemetry::{Count, Telemetry};

/// Renders reports and remembers between two of them what does not change.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    /// One cache for each way of escaping names that scrapers ask for; nearly always it is one.
    caches: Vec<(Escaping, SeriesCache)>,
    exemplars: Vec<Exemplar>,
}

impl Exposition {
    /// Appends the report as metrics.
    pub(crate) fn write(
        &mut self,
        report: &Report,
        process: &Process,
        telemetry: &Telemetry,
        negotiated: Negotiated,
        out: &mut Vec<u8>,
    ) {
        let escaping = negotiated.escaping;
        if !self.caches.iter().any(|(of, _)| *of == escaping) {
            self.caches.push((escaping, SeriesCache::default()));
        }
        let Some((_, cache)) = self.caches.iter_mut().find(|(of, _)| *of == escaping) else { return };
        let series = cache.update(&report.slis, escaping);
        let hidden = series.iter().filter(|series| !series.is_shown).count();
        telemetry.add(Count::SeriesHidden, hidden as u64);

        let mut encoder = Encoder::new(out, negotiated.media_type.syntax());
        encoder.family(&names::TARGET).integer(&[&label("service_name", &report.service)], 1);
        encoder.family(&names::BUILD).integer(&[&label("version", env!("CARGO_PKG_VERSION"))], 1);
        rows::write_slis(&mut encoder, &report.slis, series, &mut self.exemplars);
        rows::write_objectives(&mut encoder, &report.slis, series);
        rows::write_engine(&mut encoder, &report.engine);
        telemetry.add(Count::LabelValuesCut, cache.take_cut());
        rows::write_exporters(&mut encoder, telemetry);
        rows::write_process(&mut encoder, process);
        encoder.finish();
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
