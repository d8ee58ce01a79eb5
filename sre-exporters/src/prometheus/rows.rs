//! Pure. What a report says, family by family.

use std::time::Duration;

use sre_core::report::{EngineReport, ObjectiveReport, SliReport, StateStanding};
use sre_core::sli::Outcome;
use sre_core::units::BurnRate;

use super::encode::{Distribution, Encoder, Exemplar};
use super::names;
use super::process::Process;
use super::series::{ABANDONED, ERROR, IGNORED, OK, ObjectiveSeries, SliSeries};
use crate::telemetry::{Count, Telemetry};

/// Writes the families that describe the SLIs. `series` belong to `slis` by position. `exemplars` is room to work in.
pub(crate) fn write_slis(
    encoder: &mut Encoder<'_>,
    slis: &[SliReport],
    series: &[SliSeries],
    exemplars: &mut Vec<Exemplar>,
) {
    let outcomes: [&[u8]; 4] = [OK, ERROR, IGNORED, ABANDONED];
    let mut events = encoder.family(&names::SLI_EVENTS);
    for (sli, series) in shown(slis, series) {
        let counts = [sli.events.ok, sli.events.error, sli.events.ignored, sli.events.abandoned_total()];
        for (outcome, count) in outcomes.into_iter().zip(counts) {
            events.integer(&[&series.own, outcome], count);
        }
    }
    let mut durations = encoder.family(&names::SLI_DURATION);
    for (sli, series) in shown(slis, series) {
        let error = sli.error_buckets.as_deref();
        for (outcome, label, buckets) in
            [(Outcome::Ok, OK, Some(&sli.buckets)), (Outcome::Error, ERROR, error)]
        {
            durations.depends_on(buckets.is_some());
            let Some(buckets) = buckets else { continue };
            exemplars.clear();
            exemplars.extend(exemplars_of(sli, outcome));
            let distribution = Distribution {
                edges: &series.edges,
                cumulative: buckets.cumulative(),
                count: buckets.count(),
                sum_ns: buckets.sum_ns(),
                exemplars,
            };
            durations.histogram(&[&series.own, label], &distribution);
        }
    }
    let mut in_flight = encoder.family(&names::SLI_IN_FLIGHT);
    for (sli, series) in shown(slis, series) {
        in_flight.integer(&[&series.own], sli.in_flight);
    }
    let mut overdue = encoder.family(&names::SLI_IN_FLIGHT_OVERDUE);
    for (sli, series) in shown(slis, series) {
        overdue.depends_on(sli.in_flight_overdue.is_some());
        if let Some(count) = sli.in_flight_overdue {
            overdue.integer(&[&series.own], count);
        }
    }
}

fn shown<'a>(
    slis: &'a [SliReport],
    series: &'a [SliSeries],
) -> impl Iterator<Item = (&'a SliReport, &'a SliSeries)> {
    slis.iter().zip(series).filter(|(_, series)| series.is_shown)
}

fn exemplars_of(sli: &SliReport, outcome: Outcome) -> impl Iterator<Item = Exemplar> {
    sli.exemplars.iter().filter(move |kept| kept.outcome == outcome).map(|kept| Exemplar {
        trace_id: kept.exemplar.trace_id_bytes(),
        span_id: Some(kept.exemplar.span_id_bytes()),
        value_ns: kept.duration_ns,
        unix_time_ns: kept.at_unix_ns,
    })
}

/// Writes the families that describe the objectives. `series` belong to `slis` by position.
pub(crate) fn write_objectives(encoder: &mut Encoder<'_>, slis: &[SliReport], series: &[SliSeries]) {
    let mut events = encoder.family(&names::SLO_EVENTS);
    each(slis, series, |objective, series| {
        events.integer(&[&series.own, b"verdict=\"good\""], objective.exported.good());
        events.integer(&[&series.own, b"verdict=\"bad\""], objective.exported.bad());
    });
    let mut target = encoder.family(&names::SLO_OBJECTIVE);
    each(slis, series, |objective, series| target.float(&[&series.own], objective.target.ratio()));
    let mut burn = encoder.family(&names::SLO_BURN_RATE);
    each(slis, series, |objective, series| {
        for (at, window) in objective.windows.iter().enumerate() {
            burn.float_if_any(&[&series.own, series.window(at)], window.burn.map(BurnRate::get));
        }
    });
    let mut remaining = encoder.family(&names::SLO_BUDGET_REMAINING);
    each(slis, series, |objective, series| {
        remaining.float_if_any(&[&series.own], objective.budget.map(|budget| budget.remaining()));
    });
    let mut exhaustion = encoder.family(&names::SLO_EXHAUSTION);
    each(slis, series, |objective, series| {
        exhaustion.float_if_any(&[&series.own], objective.forecast.soonest().seconds());
    });
    let mut coverage = encoder.family(&names::SLO_COVERAGE);
    each(slis, series, |objective, series| {
        for (at, window) in objective.windows.iter().enumerate() {
            coverage.float(&[&series.own, series.window(at)], window.coverage);
        }
    });
    let mut state = encoder.family(&names::ALERT_STATE);
    each(slis, series, |objective, series| {
        for (at, tier) in objective.tiers.iter().enumerate() {
            state.integer(&[&series.own, series.tier(at)], tier.state as u64);
        }
    });
}

fn each(slis: &[SliReport], series: &[SliSeries], mut write: impl FnMut(&ObjectiveReport, &ObjectiveSeries)) {
    for (sli, series) in shown(slis, series) {
        for (objective, series) in sli.objectives.iter().zip(&series.objectives) {
            write(objective, series);
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
    encoder.family(&names::ENGINE_BATCHES_CLAMPED).integer(&[], engine.batches_clamped);
    encoder.family(&names::ENGINE_SERIES_SATURATED).integer(&[], engine.series_saturated);
    encoder.family(&names::ENGINE_WINDOWS_ROUNDED).integer(&[], engine.windows_rounded);
    encoder.family(&names::ENGINE_PAUSED).integer(&[], u64::from(engine.paused));
    encoder.family(&names::ENGINE_DEGRADED).integer(&[], engine.degraded.len() as u64);
    if let Some(state) = &engine.state {
        let is_writable = state.standing == StateStanding::Writable;
        encoder.family(&names::ENGINE_STATE_WRITABLE).integer(&[], u64::from(is_writable));
        encoder.family(&names::ENGINE_STATE_FAILURES).integer(&[], state.failures);
        encoder.family(&names::ENGINE_STATE_JOURNAL).integer(&[], state.journal_bytes);
    }
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
    encoder.family(&names::EXPORT_SERIES_HIDDEN).integer(&[], telemetry.get(Count::SeriesHidden));
    encoder.family(&names::EXPORT_LABELS_CUT).integer(&[], telemetry.get(Count::LabelValuesCut));
}

/// Writes the conventional families of a process, as far as the system tells them.
pub(crate) fn write_process(encoder: &mut Encoder<'_>, process: &Process) {
    let mut cpu = encoder.family(&names::PROCESS_CPU);
    cpu.depends_on(process.cpu_ns.is_some());
    if let Some(cpu_ns) = process.cpu_ns {
        cpu.seconds(&[], cpu_ns.into());
    }
    for (family, value) in [
        (&names::PROCESS_RESIDENT, process.resident_bytes),
        (&names::PROCESS_VIRTUAL, process.virtual_bytes),
        (&names::PROCESS_THREADS, process.threads),
        (&names::PROCESS_OPEN_FDS, process.open_fds),
    ] {
        let mut samples = encoder.family(family);
        samples.depends_on(value.is_some());
        if let Some(value) = value {
            samples.integer(&[], value);
        }
    }
    encoder.family(&names::PROCESS_MAX_FDS).float_if_any(&[], process.max_fds);
    let mut start = encoder.family(&names::PROCESS_START);
    start.depends_on(process.start_unix_ns.is_some());
    if let Some(start_ns) = process.start_unix_ns {
        start.seconds(&[], start_ns.into());
    }
}
