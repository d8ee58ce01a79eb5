//! Pure. What a report says, family by family.

use std::time::Duration;

use sre_core::histogram::Snapshot;
use sre_core::report::{EngineReport, ObjectiveReport, Over, SliReport};
use sre_core::sli::Outcome;

use super::encode::{Distribution, Encoder, Exemplar};
use super::names;
use super::process::Process;
use super::series::{ObjectiveLabels, SliLabels};
use crate::telemetry::{Count, Telemetry};

/// Buffers that rendering uses again.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    cumulative: Vec<u64>,
    exemplars: Vec<Exemplar>,
}

/// Writes the families that describe the SLIs. `labels` belong to `slis` by position.
pub(crate) fn write_slis(
    encoder: &mut Encoder<'_>,
    slis: &[SliReport],
    labels: &[SliLabels],
    scratch: &mut Scratch,
) {
    let all = || slis.iter().zip(labels);
    let mut events = encoder.family(&names::SLI_EVENTS);
    for (sli, labels) in all() {
        for (outcome, count) in [
            (&b"outcome=\"ok\""[..], sli.events.ok),
            (b"outcome=\"error\"", sli.events.error),
            (b"outcome=\"ignored\"", sli.events.ignored),
            (b"outcome=\"abandoned\"", sli.events.abandoned_total()),
        ] {
            events.integer(&[&labels.own, outcome], count);
        }
    }
    let mut durations = encoder.family(&names::SLI_DURATION);
    for (sli, labels) in all() {
        for timed in Timed::of(sli) {
            let count = scratch.fill(sli, &timed, labels);
            let distribution = Distribution {
                edges: &labels.edges,
                cumulative: &scratch.cumulative,
                count,
                sum_ns: timed.durations.sum_ns(),
                exemplars: &scratch.exemplars,
            };
            durations.histogram(&[&labels.own, timed.label], &distribution);
        }
    }
    let mut in_flight = encoder.family(&names::SLI_IN_FLIGHT);
    for (sli, labels) in all() {
        in_flight.integer(&[&labels.own], sli.in_flight);
    }
    let mut overdue = encoder.family(&names::SLI_IN_FLIGHT_OVERDUE);
    for (sli, labels) in all() {
        if let Some(count) = sli.in_flight_overdue {
            overdue.integer(&[&labels.own], count);
        }
    }
}

/// The durations of calls that ended alike.
struct Timed<'a> {
    outcome: Outcome,
    label: &'static [u8],
    durations: &'a Snapshot,
    over: &'a Over,
}

impl<'a> Timed<'a> {
    fn of(sli: &'a SliReport) -> impl Iterator<Item = Self> {
        let ok = Self {
            outcome: Outcome::Ok,
            label: b"outcome=\"ok\"",
            durations: &sli.durations,
            over: &sli.over,
        };
        let error = sli.error_durations.as_deref().map(|durations| Self {
            outcome: Outcome::Error,
            label: b"outcome=\"error\"",
            durations,
            over: &sli.error_over,
        });
        std::iter::once(ok).chain(error)
    }
}

impl Scratch {
    /// Fills in the cumulative counts and the exemplars, and answers the count of all events.
    fn fill(&mut self, sli: &SliReport, timed: &Timed<'_>, labels: &SliLabels) -> u64 {
        let count = timed.durations.count();
        self.cumulative.clear();
        self.cumulative.extend(timed.durations.cumulative(labels.edges.bounds_ns().iter().copied()));
        for (place, threshold_ns) in sli.thresholds_ns.iter().enumerate() {
            let exact = labels.edges.bounds_ns().binary_search(threshold_ns).ok();
            if let Some(cumulative) = exact.and_then(|at| self.cumulative.get_mut(at)) {
                *cumulative = count.saturating_sub(timed.over.get(place));
            }
        }
        self.exemplars.clear();
        let of_outcome = sli.exemplars.iter().filter(|kept| kept.outcome == timed.outcome);
        self.exemplars.extend(of_outcome.map(|kept| Exemplar {
            trace_id: kept.exemplar.trace_id_bytes(),
            span_id: Some(kept.exemplar.span_id_bytes()),
            value_ns: kept.duration_ns,
            unix_time_ns: None,
        }));
        count
    }
}

/// Writes the families that describe the objectives. `labels` belong to `slis` by position.
pub(crate) fn write_objectives(encoder: &mut Encoder<'_>, slis: &[SliReport], labels: &[SliLabels]) {
    let mut events = encoder.family(&names::SLO_EVENTS);
    each(slis, labels, |objective, labels| {
        events.integer(&[&labels.own, b"verdict=\"good\""], objective.exported.good());
        events.integer(&[&labels.own, b"verdict=\"bad\""], objective.exported.bad());
    });
    let mut target = encoder.family(&names::SLO_OBJECTIVE);
    each(slis, labels, |objective, labels| target.float(&[&labels.own], objective.target.ratio()));
    let mut burn = encoder.family(&names::SLO_BURN_RATE);
    each(slis, labels, |objective, labels| {
        for (at, window) in objective.windows.iter().enumerate() {
            if let Some(rate) = window.burn {
                burn.float(&[&labels.own, labels.window(at)], rate.get());
            }
        }
    });
    let mut remaining = encoder.family(&names::SLO_BUDGET_REMAINING);
    each(slis, labels, |objective, labels| {
        if let Some(budget) = &objective.budget {
            remaining.float(&[&labels.own], budget.remaining());
        }
    });
    let mut exhaustion = encoder.family(&names::SLO_EXHAUSTION);
    each(slis, labels, |objective, labels| {
        if let Some(seconds) = objective.forecast.soonest().seconds() {
            exhaustion.float(&[&labels.own], seconds);
        }
    });
    let mut coverage = encoder.family(&names::SLO_COVERAGE);
    each(slis, labels, |objective, labels| {
        for (at, window) in objective.windows.iter().enumerate() {
            coverage.float(&[&labels.own, labels.window(at)], window.coverage);
        }
    });
    let mut state = encoder.family(&names::ALERT_STATE);
    each(slis, labels, |objective, labels| {
        for (at, tier) in objective.tiers.iter().enumerate() {
            state.integer(&[&labels.own, labels.tier(at)], tier.state as u64);
        }
    });
}

fn each(slis: &[SliReport], labels: &[SliLabels], mut write: impl FnMut(&ObjectiveReport, &ObjectiveLabels)) {
    for (sli, labels) in slis.iter().zip(labels) {
        for (objective, labels) in sli.objectives.iter().zip(&labels.objectives) {
            write(objective, labels);
        }
    }
}

/// Writes what the engine says of itself.
pub(crate) fn write_engine(encoder: &mut Encoder<'_>, engine: &EngineReport) {
    let nanos = |duration: Duration| duration.as_nanos();
    encoder.family(&names::ENGINE_TICKS).integer(&[], engine.ticks);
    encoder.family(&names::ENGINE_TICKS_LATE).integer(&[], engine.ticks_late);
    encoder.family(&names::ENGINE_TICK_LAG).seconds(&[], nanos(engine.tick_lag));
    encoder.family(&names::ENGINE_TICK_DURATION).seconds(&[], nanos(engine.tick_duration));
    encoder.family(&names::ENGINE_PANICS).integer(&[], engine.panics);
    encoder.family(&names::ENGINE_SERIES).integer(&[], engine.series);
    encoder.family(&names::ENGINE_SERIES_REFUSED).integer(&[], engine.series_refused);
    encoder.family(&names::ENGINE_SHARDS).integer(&[], engine.shards);
    encoder.family(&names::ENGINE_DURATIONS_CLAMPED).integer(&[], engine.durations_clamped);
    encoder.family(&names::ENGINE_WINDOWS_ROUNDED).integer(&[], engine.windows_rounded);
    encoder.family(&names::ENGINE_PAUSED).integer(&[], u64::from(engine.paused));
    encoder.family(&names::ENGINE_DEGRADED).integer(&[], engine.degraded.len() as u64);
}

/// Writes what the exporters say of themselves.
pub(crate) fn write_exporters(encoder: &mut Encoder<'_>, telemetry: &Telemetry) {
    encoder.family(&names::EXPORT_SCRAPES).integer(&[], telemetry.get(Count::Scrapes));
    encoder.family(&names::EXPORT_BYTES).integer(&[], telemetry.get(Count::ScrapedBytes));
    let mut refused = encoder.family(&names::EXPORT_REFUSED);
    refused.integer(&[b"reason=\"crowded\""], telemetry.get(Count::ScrapesRefused));
    refused.integer(&[b"reason=\"request\""], telemetry.get(Count::RequestsRefused));
    let mut closed = encoder.family(&names::EXPORT_CLOSED);
    closed.integer(&[b"reason=\"failed\""], telemetry.get(Count::ConnectionsFailed));
    closed.integer(&[b"reason=\"slow\""], telemetry.get(Count::ConnectionsSlow));
    closed.integer(&[b"reason=\"evicted\""], telemetry.get(Count::ConnectionsEvicted));
    let mut socket = encoder.family(&names::EXPORT_SOCKET_ERRORS);
    socket.integer(&[b"call=\"accept\""], telemetry.get(Count::AcceptErrors));
    socket.integer(&[b"call=\"bind\""], telemetry.get(Count::BindErrors));
    encoder.family(&names::EXPORT_PANICS).integer(&[], telemetry.get(Count::RenderPanics));
    encoder.family(&names::EXPORT_LABELS_CUT).integer(&[], telemetry.get(Count::LabelValuesCut));
}

/// Writes the conventional families of a process, as far as the system tells them.
pub(crate) fn write_process(encoder: &mut Encoder<'_>, process: &Process) {
    if let Some(cpu_ns) = process.cpu_ns {
        encoder.family(&names::PROCESS_CPU).seconds(&[], cpu_ns.into());
    }
    for (family, value) in [
        (&names::PROCESS_RESIDENT, process.resident_bytes),
        (&names::PROCESS_VIRTUAL, process.virtual_bytes),
        (&names::PROCESS_THREADS, process.threads),
        (&names::PROCESS_OPEN_FDS, process.open_fds),
    ] {
        if let Some(value) = value {
            encoder.family(family).integer(&[], value);
        }
    }
    if let Some(max) = process.max_fds {
        encoder.family(&names::PROCESS_MAX_FDS).float(&[], max);
    }
    if let Some(start_ns) = process.start_unix_ns {
        encoder.family(&names::PROCESS_START).seconds(&[], start_ns.into());
    }
}
