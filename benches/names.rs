//! Pure. Names of the rivals that goals speak of; known also where the rivals are not built.

/// Sharded counters by thread, bucket only.
pub const METRIKEN: &str = "metriken sharded";
/// Atomic cells of 32 bits, bucket only: the smallest.
pub const ATOMIC_32: &str = "histogram AtomicHistogram32";

/// Recorders that keep a bucket and a sum, as an exporter needs them.
pub const WITH_SUM: &[&str] = &[
    "prometheus",
    "prometheus-client",
    "fastmetrics",
    "measured",
    "metrics-lib",
    "metrics handle",
    "opentelemetry bound",
    "opentelemetry attributes",
];

/// Timers by hand around a call.
pub const BY_HAND: &[&str] =
    &["metriken sharded + TSC", "metriken sharded + Instant", "metrics handle + Instant", "prometheus timer"];
/// The attribute on its fastest backend.
pub const AUTOMETRICS_BEST: &str = "#[autometrics], prometheus";
/// The attribute on the backend that its exporter chooses.
pub const AUTOMETRICS_DEFAULT: &str = "#[autometrics], prometheus-client (its default)";

/// Three enum labels, dense.
pub const MEASURED_ENUMS: &str = "measured, enum labels";
/// Two enum labels and text among a fixed set.
pub const MEASURED_STR: &str = "measured, &'static str route";

/// Encoders of a scrape.
pub const SCRAPES: &[&str] = &[
    "fastmetrics",
    "metrics-lib",
    "prometheus-client",
    "measured",
    "prometheus",
    "opentelemetry-prometheus",
    "metrics-exporter-prometheus",
];
