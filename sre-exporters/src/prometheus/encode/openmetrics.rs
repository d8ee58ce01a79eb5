//! Pure. OpenMetrics 1.0: heads without suffixes, units, exemplars, and an end that the scraper insists on.

use super::{Exemplar, Family, Kind, escape, number};

/// The last line; nothing may follow it.
const END: &[u8] = b"# EOF\n";

/// Nanoseconds in a millisecond, the grain of an exemplar's time.
const NANOS_PER_MILLI: u64 = 1_000_000;

/// Appends `# TYPE`, `# UNIT` and `# HELP`, which name the family, without the suffix of its samples.
pub(super) fn push_head(out: &mut Vec<u8>, family: &Family) {
    for word in ["# TYPE ", family.name, " ", word_of(family.kind), "\n"] {
        out.extend_from_slice(word.as_bytes());
    }
    if let Some(unit) = family.unit {
        for word in ["# UNIT ", family.name, " ", unit, "\n"] {
            out.extend_from_slice(word.as_bytes());
        }
    }
    for word in ["# HELP ", family.name, " "] {
        out.extend_from_slice(word.as_bytes());
    }
    escape::push_help_openmetrics(out, family.help);
    out.push(b'\n');
}

/// Appends ` # {trace_id="..",span_id=".."} value time`, 63 characters of labels where 128 are allowed.
pub(super) fn push_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    out.extend_from_slice(b" # {trace_id=\"");
    push_hex(out, exemplar.trace_id);
    if let Some(span_id) = exemplar.span_id {
        out.extend_from_slice(b"\",span_id=\"");
        push_hex(out, span_id);
    }
    out.extend_from_slice(b"\"} ");
    number::push_short_seconds(out, exemplar.value_ns.into());
    if let Some(time_ns) = exemplar.unix_time_ns {
        out.push(b' ');
        number::push_short_seconds(out, (time_ns / NANOS_PER_MILLI * NANOS_PER_MILLI).into());
    }
}

/// Appends the end.
pub(super) fn push_end(out: &mut Vec<u8>) {
    out.extend_from_slice(END);
}

const fn word_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Info => "info",
        Kind::Histogram => "histogram",
    }
}

fn push_hex<const BYTES: usize>(out: &mut Vec<u8>, id: [u8; BYTES]) {
    for byte in id {
        for nibble in [byte >> 4, byte & 15] {
            out.push(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
        }
    }
}
