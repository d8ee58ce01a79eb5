//! Pure. Prometheus: text format 0.0.4 and OpenMetrics 1.0, with exemplars.
//!
//! | Limit of the backend | Value | What we do |
//! |---|---|---|
//! | exposition | all or nothing: one bad line, or too many samples, lose the scrape | names, labels and numbers are escaped or bounded here; the number of series is bounded by `sre-core` |
//! | label value | no limit of its own, though `label_value_length_limit` may be set | cut to 1,024 bytes, marked with a hash, counted in `sre_export_label_values_cut_total` |
//! | label name | `[a-zA-Z_][a-zA-Z0-9_]*` unless UTF-8 is negotiated; `le` and `quantile` are taken | escaped by the scheme that the scraper names; names of our own get `label_` in front |
//! | exemplar | 128 characters of labels, in OpenMetrics only, inside its bucket | trace and span id, 63 characters; the last one of a bucket |
//! | classic buckets | a set that changes breaks `rate()` | 14 fixed bounds from 0.5 ms to 10 s and each latency threshold, fixed by the definition of the SLI |
//! | time | the scrape's timeout, 10 s by default | one millisecond for a thousand histograms, some more with objectives |
//!
//! What is between two fixed bounds comes from log-linear buckets that are below 0.8 % wide: an event within that of
//! a bound that is no threshold may be counted above it. Thresholds are exact.
//!
//! Checked against Prometheus 2.42, `promtool` 2.42 and the OpenMetrics parser of the Python client.

mod config;
mod encode;
mod escaping;
#[cfg_attr(not(sre_fuzz), cfg(test))]
pub(crate) mod fuzzing;
mod names;
mod negotiate;
mod process;
mod rows;
mod series;
mod sink;

#[cfg(test)]
mod any_input;
#[cfg(test)]
mod tests;

pub(crate) use negotiate::{Negotiated, accepts_gzip, negotiate};
pub(crate) use process::Process;
pub(crate) use sink::Exposition;
