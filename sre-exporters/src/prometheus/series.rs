//! Cold. What stays the same between scrapes: labels as they are written, and bounds.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sre_core::report::{Label, ObjectiveReport, SliReport};

use super::config::edges_of;
use super::encode::{Edges, push_label_value};
use super::escaping::Escaping;
use crate::naming;

/// What is known of every series of the last report, for one way of escaping names.
#[derive(Debug, Default)]
pub(crate) struct SeriesCache {
    slis: Vec<SliSeries>,
    /// Bounds by their thresholds.
    edges: HashMap<Arc<[u64]>, Arc<Edges>>,
    /// Grows with each change of what is constant.
    edition: u64,
    /// Label values that were longer than may be, since the last [`SeriesCache::take_cut`].
    cut: u64,
}

/// What is known of one SLI, or of one member of a family.
#[derive(Debug)]
pub(crate) struct SliSeries {
    name: &'static str,
    labels: Arc<[Label]>,
    thresholds_ns: Arc<[u64]>,
    is_member: bool,
    /// Whether no series before it has the same labels.
    pub(crate) is_shown: bool,
    /// `sli="checkout",route="/pay"`
    pub(crate) own: Box<[u8]>,
    /// The bounds of its histograms.
    pub(crate) edges: Arc<Edges>,
    pub(crate) objectives: Vec<ObjectiveSeries>,
}

/// What is known of one objective.
#[derive(Debug)]
pub(crate) struct ObjectiveSeries {
    slo: Arc<str>,
    /// `slo="checkout-availability",sli="checkout",route="/pay"`
    pub(crate) own: Box<[u8]>,
    windows: Vec<(Arc<str>, Box<[u8]>)>,
    tiers: Vec<(Arc<str>, Box<[u8]>)>,
}

impl SeriesCache {
    /// What is known of each SLI of a report, in its order. What has not changed is not written again.
    pub(crate) fn update(&mut self, slis: &[SliReport], escaping: Escaping) -> &[SliSeries] {
        let mut changed = self.slis.len() != slis.len();
        self.slis.truncate(slis.len());
        let mut before = "";
        for (at, sli) in slis.iter().enumerate() {
            // The whole of a family comes before its members, and has no label values.
            let is_member = same_text(before, sli.name);
            before = sli.name;
            if self.slis.get(at).is_some_and(|known| known.is_of(sli, is_member)) {
                continue;
            }
            let thresholds_ns = &sli.thresholds_ns;
            let edges = self.edges.entry(Arc::clone(thresholds_ns));
            let edges = edges.or_insert_with(|| Arc::new(edges_of(thresholds_ns)));
            let fresh = SliSeries::new(sli, is_member, escaping, edges, &mut self.cut);
            match self.slis.get_mut(at) {
                Some(known) => *known = fresh,
                None => self.slis.push(fresh),
            }
            changed = true;
        }
        if changed {
            self.hide_duplicates();
        }
        for (series, sli) in self.slis.iter_mut().zip(slis) {
            changed |= series.update_objectives(&sli.objectives, &mut self.cut);
        }
        self.edition += u64::from(changed);
        &self.slis
    }

    /// What is known of each SLI of the last report.
    pub(crate) fn series(&self) -> &[SliSeries] {
        &self.slis
    }

    /// Another one whenever series, labels or bounds changed, or the windows and tiers of an objective.
    pub(crate) fn edition(&self) -> u64 {
        self.edition
    }

    /// Hides series that have the labels of one before them: a scraper could refuse everything for their sake.
    fn hide_duplicates(&mut self) {
        let mut seen = HashSet::new();
        for series in &mut self.slis {
            series.is_shown = seen.insert(&series.own);
        }
    }

    /// How many label values had to be cut since this was asked last.
    pub(crate) fn take_cut(&mut self) -> u64 {
        std::mem::take(&mut self.cut)
    }
}

impl SliSeries {
    fn new(sli: &SliReport, is_member: bool, escaping: Escaping, edges: &Arc<Edges>, cut: &mut u64) -> Self {
        let mut own = Vec::new();
        // A member without any value would look like the whole.
        let is_blank = is_member && sli.labels.iter().all(|label| label.value.is_empty());
        push(&mut own, "sli", sli.name, cut);
        let mut taken: Vec<String> = Vec::new();
        for label in sli.labels.iter() {
            let name = distinct(escaping.label_name(&naming::label_name(label.name)).into_owned(), &taken);
            push(&mut own, &name, if is_blank { naming::EMPTY } else { &label.value }, cut);
            taken.push(name);
        }
        Self {
            name: sli.name,
            labels: Arc::clone(&sli.labels),
            thresholds_ns: Arc::clone(&sli.thresholds_ns),
            is_member,
            is_shown: true,
            own: own.into_boxed_slice(),
            edges: Arc::clone(edges),
            objectives: Vec::new(),
        }
    }

    fn is_of(&self, sli: &SliReport, is_member: bool) -> bool {
        same_text(self.name, sli.name)
            && self.is_member == is_member
            && same(&self.labels, &sli.labels)
            && same(&self.thresholds_ns, &sli.thresholds_ns)
    }

    /// Returns whether anything has changed.
    fn update_objectives(&mut self, objectives: &[ObjectiveReport], cut: &mut u64) -> bool {
        let mut changed = self.objectives.len() != objectives.len();
        self.objectives.truncate(objectives.len());
        for (at, objective) in objectives.iter().enumerate() {
            let known = self.objectives.get(at).is_some_and(|known| known.slo == objective.slo);
            if !known {
                self.objectives.truncate(at);
                self.objectives.push(ObjectiveSeries::new(objective, &self.own, cut));
            }
            if let Some(known) = self.objectives.get_mut(at) {
                changed |= known.update(objective);
            }
        }
        changed
    }
}

impl ObjectiveSeries {
    fn new(objective: &ObjectiveReport, sli: &[u8], cut: &mut u64) -> Self {
        let mut own = Vec::new();
        push(&mut own, "slo", &objective.slo, cut);
        own.push(b',');
        own.extend_from_slice(sli);
        Self {
            slo: Arc::clone(&objective.slo),
            own: own.into_boxed_slice(),
            windows: Vec::new(),
            tiers: Vec::new(),
        }
    }

    /// Returns whether anything has changed.
    fn update(&mut self, objective: &ObjectiveReport) -> bool {
        let windows = objective.windows.iter().map(|window| &window.text);
        let other_windows =
            remember(&mut self.windows, windows, |out, text, _| push(out, "window", text, &mut 0));
        let tiers = objective.tiers.iter().map(|tier| &tier.name);
        let other_tiers = remember(&mut self.tiers, tiers, |out, name, at| {
            push(out, "tier", name, &mut 0);
            let severity = objective.tiers.get(at).map_or("", |tier| tier.severity.as_str());
            push(out, "severity", severity, &mut 0);
        });
        other_windows || other_tiers
    }

    /// `window="5m"`, by the place of the window.
    pub(crate) fn window(&self, at: usize) -> &[u8] {
        self.windows.get(at).map_or(&[], |(_, escaped)| escaped)
    }

    /// `tier="page-1h",severity="page"`, by the place of the tier.
    pub(crate) fn tier(&self, at: usize) -> &[u8] {
        self.tiers.get(at).map_or(&[], |(_, escaped)| escaped)
    }
}

/// The label of successful calls.
pub(crate) const OK: &[u8] = b"outcome=\"ok\"";

/// The label of failed calls.
pub(crate) const ERROR: &[u8] = b"outcome=\"error\"";

/// The label of calls that say nothing about the service.
pub(crate) const IGNORED: &[u8] = b"outcome=\"ignored\"";

/// The label of calls that ended without an answer.
pub(crate) const ABANDONED: &[u8] = b"outcome=\"abandoned\"";

/// Whether two lists are equal, which takes no look inside when they are one.
fn same<T: PartialEq>(one: &Arc<[T]>, other: &Arc<[T]>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}

/// Whether two texts are equal, which takes no look inside when they are one.
fn same_text(one: &str, other: &str) -> bool {
    std::ptr::eq(one, other) || one == other
}

/// Keeps the escaped form of each text, written anew from the first text on that has changed; returns whether one has.
fn remember<'a>(
    known: &mut Vec<(Arc<str>, Box<[u8]>)>,
    texts: impl ExactSizeIterator<Item = &'a Arc<str>>,
    write: impl Fn(&mut Vec<u8>, &str, usize),
) -> bool {
    let mut changed = known.len() != texts.len();
    known.truncate(texts.len());
    for (at, text) in texts.enumerate() {
        if known.get(at).is_none_or(|(of, _)| of != text) {
            known.truncate(at);
            let mut out = Vec::new();
            write(&mut out, text, at);
            known.push((Arc::clone(text), out.into_boxed_slice()));
            changed = true;
        }
    }
    changed
}

/// A label name that none of the names before it has.
fn distinct(name: String, taken: &[String]) -> String {
    if !taken.contains(&name) {
        return name;
    }
    let numbered = (2_usize..).map(|number| format!("{name}_{number}"));
    numbered.take(taken.len() + 1).find(|candidate| !taken.contains(candidate)).unwrap_or(name)
}

/// Appends a label, after a comma if it is not the first.
fn push(out: &mut Vec<u8>, name: &str, value: &str, cut: &mut u64) {
    if !out.is_empty() {
        out.push(b',');
    }
    if super::escaping::is_legacy(name) {
        out.extend_from_slice(name.as_bytes());
    } else {
        out.push(b'"');
        push_label_value(out, name);
        out.push(b'"');
    }
    out.extend_from_slice(b"=\"");
    let kept = naming::label_value(value);
    *cut += u64::from(kept.len() < value.len());
    push_label_value(out, &kept);
    out.push(b'"');
}
