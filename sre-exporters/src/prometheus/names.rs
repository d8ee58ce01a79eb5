//! Pure. The families of an exposition: their names, types, units and helps. `DESIGN.md` fixes the names.

use super::encode::{Family, Kind};

const fn counter(name: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Counter, unit: None, help }
}

const fn gauge(name: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Gauge, unit: None, help }
}

const fn info(name: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Info, unit: None, help }
}

const fn in_unit(family: Family, unit: &'static str) -> Family {
    Family { unit: Some(unit), ..family }
}

pub(crate) static TARGET: Family = info("target", "What runs here.");
pub(crate) static BUILD: Family = info("sre_build", "The version of the library that counts.");

pub(crate) static SLI_EVENTS: Family = counter("sre_sli_events", "Calls that ended, by outcome.");
pub(crate) static SLI_DURATION: Family = Family {
    name: "sre_sli_duration_seconds",
    kind: Kind::Histogram,
    unit: Some("seconds"),
    help: "How long calls took that ended ok or in an error. Latency thresholds are exact bucket bounds.",
};
pub(crate) static SLI_IN_FLIGHT: Family =
    gauge("sre_sli_in_flight", "Calls that have started and not ended.");
pub(crate) static SLI_IN_FLIGHT_OVERDUE: Family =
    gauge("sre_sli_in_flight_overdue", "Calls in flight that would be bad if they ended now.");

pub(crate) static SLO_EVENTS: Family =
    counter("sre_slo_events", "Events that an objective judged, by verdict.");
pub(crate) static SLO_OBJECTIVE: Family =
    in_unit(gauge("sre_slo_objective_ratio", "Share of events that must be good."), "ratio");
pub(crate) static SLO_BURN_RATE: Family = gauge(
    "sre_slo_burn_rate",
    "Speed at which the error budget is spent; 1 empties it at the end of the period.",
);
pub(crate) static SLO_BUDGET_REMAINING: Family = in_unit(
    gauge(
        "sre_slo_error_budget_remaining_ratio",
        "Share of the error budget that is left; negative when overspent.",
    ),
    "ratio",
);
pub(crate) static SLO_EXHAUSTION: Family = in_unit(
    gauge("sre_slo_budget_exhaustion_seconds", "Time until the error budget is empty at the present rate."),
    "seconds",
);
pub(crate) static SLO_COVERAGE: Family =
    in_unit(gauge("sre_slo_window_coverage_ratio", "Share of a window that was observed."), "ratio");
pub(crate) static ALERT_STATE: Family =
    gauge("sre_alert_state", "State of an alert tier: 0 ok, 1 one of its windows is above, 2 firing.");

pub(crate) static ENGINE_TICKS: Family = counter("sre_engine_ticks", "Evaluations of all objectives.");
pub(crate) static ENGINE_TICKS_LATE: Family =
    counter("sre_engine_ticks_late", "Evaluations that came more than two steps late.");
pub(crate) static ENGINE_TICK_LAG: Family = in_unit(
    gauge("sre_engine_tick_lag_seconds", "How much later than planned the last evaluation came."),
    "seconds",
);
pub(crate) static ENGINE_TICK_DURATION: Family =
    in_unit(gauge("sre_engine_tick_duration_seconds", "How long the last evaluation took."), "seconds");
pub(crate) static ENGINE_PANICS: Family =
    counter("sre_engine_panics", "Panics caught in evaluations and callbacks.");
pub(crate) static ENGINE_SERIES: Family =
    gauge("sre_engine_series", "SLIs and members of families that are counted.");
pub(crate) static ENGINE_SERIES_REFUSED: Family = counter(
    "sre_engine_series_refused",
    "Label combinations counted in the overflow series of their family.",
);
pub(crate) static ENGINE_SHARDS: Family = gauge("sre_engine_shards", "Shards allotted to busy threads.");
pub(crate) static ENGINE_DURATIONS_CLAMPED: Family =
    counter("sre_engine_durations_clamped", "Durations too long to be told from the longest one.");
pub(crate) static ENGINE_BATCHES_CLAMPED: Family =
    counter("sre_engine_batches_clamped", "Batches of more events than can be, counted as that many.");
pub(crate) static ENGINE_SERIES_SATURATED: Family =
    gauge("sre_engine_series_saturated", "SLIs and members of families with a counter that is full.");
pub(crate) static ENGINE_WINDOWS_ROUNDED: Family = counter(
    "sre_engine_windows_rounded",
    "Questions for a window that is not kept, answered with the next longer one.",
);
pub(crate) static ENGINE_PAUSED: Family = gauge("sre_engine_paused", "Whether recording is switched off.");
pub(crate) static ENGINE_DEGRADED: Family =
    gauge("sre_engine_degraded", "Things that do not work as configured; the status names them.");
pub(crate) static ENGINE_STATE_WRITABLE: Family =
    gauge("sre_engine_state_writable", "Whether this process writes to its state directory.");
pub(crate) static ENGINE_STATE_FAILURES: Family =
    counter("sre_engine_state_failures", "Writes to the state directory that failed.");
pub(crate) static ENGINE_STATE_JOURNAL: Family =
    in_unit(gauge("sre_engine_state_journal_bytes", "Bytes of the journal being written."), "bytes");

pub(crate) static EXPORT_SCRAPES: Family = counter("sre_export_scrapes", "Expositions sent.");
pub(crate) static EXPORT_BYTES: Family = in_unit(
    counter("sre_export_scrape_bytes", "Bytes of expositions sent, compressed where they were."),
    "bytes",
);
pub(crate) static EXPORT_REFUSED: Family =
    counter("sre_export_requests_refused", "Requests not served: scrapes beyond the limit, and others.");
pub(crate) static EXPORT_CLOSED: Family =
    counter("sre_export_connections_closed", "Connections that we closed, by reason.");
pub(crate) static EXPORT_SOCKET_ERRORS: Family =
    counter("sre_export_socket_errors", "Attempts to bind or accept that failed.");
pub(crate) static EXPORT_PANICS: Family = counter("sre_export_panics", "Panics caught while rendering.");
pub(crate) static EXPORT_SERIES_HIDDEN: Family = counter(
    "sre_export_series_hidden",
    "Series left out because another has the same labels, counted anew in each exposition.",
);
pub(crate) static EXPORT_LABELS_CUT: Family =
    counter("sre_export_label_values_cut", "Label values exported shorter than they are.");

pub(crate) static PROCESS_CPU: Family =
    in_unit(counter("process_cpu_seconds", "Processor time spent, user and system."), "seconds");
pub(crate) static PROCESS_RESIDENT: Family =
    in_unit(gauge("process_resident_memory_bytes", "Memory in use."), "bytes");
pub(crate) static PROCESS_VIRTUAL: Family =
    in_unit(gauge("process_virtual_memory_bytes", "Address space in use."), "bytes");
pub(crate) static PROCESS_THREADS: Family = gauge("process_threads", "Threads.");
pub(crate) static PROCESS_OPEN_FDS: Family = gauge("process_open_fds", "Open file descriptors.");
pub(crate) static PROCESS_MAX_FDS: Family = gauge("process_max_fds", "File descriptors there may be.");
pub(crate) static PROCESS_START: Family =
    in_unit(gauge("process_start_time_seconds", "Start of the process, in seconds since 1970."), "seconds");

#[cfg(test)]
pub(crate) static ALL: [&Family; 42] = [
    &TARGET,
    &BUILD,
    &SLI_EVENTS,
    &SLI_DURATION,
    &SLI_IN_FLIGHT,
    &SLI_IN_FLIGHT_OVERDUE,
    &SLO_EVENTS,
    &SLO_OBJECTIVE,
    &SLO_BURN_RATE,
    &SLO_BUDGET_REMAINING,
    &SLO_EXHAUSTION,
    &SLO_COVERAGE,
    &ALERT_STATE,
    &ENGINE_TICKS,
    &ENGINE_TICKS_LATE,
    &ENGINE_TICK_LAG,
    &ENGINE_TICK_DURATION,
    &ENGINE_PANICS,
    &ENGINE_SERIES,
    &ENGINE_SERIES_REFUSED,
    &ENGINE_SHARDS,
    &ENGINE_DURATIONS_CLAMPED,
    &ENGINE_BATCHES_CLAMPED,
    &ENGINE_SERIES_SATURATED,
    &ENGINE_WINDOWS_ROUNDED,
    &ENGINE_PAUSED,
    &ENGINE_DEGRADED,
    &EXPORT_SCRAPES,
    &EXPORT_BYTES,
    &EXPORT_REFUSED,
    &EXPORT_CLOSED,
    &EXPORT_SOCKET_ERRORS,
    &EXPORT_PANICS,
    &EXPORT_SERIES_HIDDEN,
    &EXPORT_LABELS_CUT,
    &PROCESS_CPU,
    &PROCESS_RESIDENT,
    &PROCESS_VIRTUAL,
    &PROCESS_THREADS,
    &PROCESS_OPEN_FDS,
    &PROCESS_MAX_FDS,
    &PROCESS_START,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_valid_and_no_sample_of_one_family_is_another() {
        let mut seen = HashSet::new();
        for family in ALL {
            let legal = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            assert!(family.name.bytes().all(legal), "{}", family.name);
            let samples: &[&str] = match family.kind {
                Kind::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
                Kind::Counter => &["", "_total", "_created"],
                Kind::Info => &["", "_info"],
                Kind::Gauge => &[""],
            };
            for suffix in samples {
                assert!(
                    seen.insert(format!("{}{suffix}", family.name)),
                    "{}{suffix} comes twice",
                    family.name
                );
            }
        }
    }

    #[test]
    fn a_unit_ends_the_name_and_a_help_is_a_sentence() {
        for family in ALL {
            if let Some(unit) = family.unit {
                assert!(family.name.ends_with(&format!("_{unit}")), "{} in {unit}", family.name);
            }
            assert!(!family.name.ends_with("_total"), "{}: the encoder adds it", family.name);
            assert!(family.help.ends_with('.'), "{}", family.help);
        }
    }
}
