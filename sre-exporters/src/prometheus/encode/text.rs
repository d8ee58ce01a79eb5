//! Pure. Text format 0.0.4: what it says before the samples of a family.

use super::{Family, Kind, escape};

/// Appends `# HELP` and `# TYPE`, which name the samples: a counter with its `_total`, an info with its `_info`.
pub(super) fn push_head(out: &mut Vec<u8>, family: &Family) {
    for word in ["# HELP ", family.name, family.kind.suffix(), " "] {
        out.extend_from_slice(word.as_bytes());
    }
    escape::push_help_text(out, family.help);
    for word in ["\n# TYPE ", family.name, family.kind.suffix(), " ", word_of(family.kind), "\n"] {
        out.extend_from_slice(word.as_bytes());
    }
}

/// The type as this format knows it; an info is a gauge that is always one.
const fn word_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge | Kind::Info => "gauge",
        Kind::Histogram => "histogram",
    }
}
