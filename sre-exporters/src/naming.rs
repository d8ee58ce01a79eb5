//! Pure. Label names and values as all families of exporters need them: valid, bounded, still distinct.

use std::borrow::Cow;

/// The longest label value that is exported, in bytes; a longer one is cut and marked with a hash of the whole.
pub(crate) const LABEL_VALUE_BYTES_MAX: usize = 1_024;

/// The value shown for a member of a family that has no value at all, so that it is not taken for the whole.
pub(crate) const EMPTY: &str = "__empty__";

/// Label names of our own, which a declared label must not take.
const RESERVED: [&str; 9] =
    ["sli", "slo", "outcome", "verdict", "window", "tier", "severity", "le", "quantile"];

/// The value, cut to [`LABEL_VALUE_BYTES_MAX`] bytes where it is longer.
///
/// A cut value ends in `~` and 16 hexadecimal digits, a hash of the whole value, so that two values with the same
/// beginning stay two series.
pub(crate) fn label_value(value: &str) -> Cow<'_, str> {
    const MARK_BYTES: usize = 17;
    if value.len() <= LABEL_VALUE_BYTES_MAX {
        return Cow::Borrowed(value);
    }
    let end = value.floor_char_boundary(LABEL_VALUE_BYTES_MAX - MARK_BYTES);
    let kept = value.get(..end).unwrap_or_default();
    Cow::Owned(format!("{kept}~{:016x}", fnv1a(value.as_bytes())))
}

/// The name under which a declared label is exported: one of our own names gets `label_` in front, and so does a
/// name that begins with two underscores, which Prometheus keeps for itself, or with one, which OpenMetrics does.
pub(crate) fn label_name(name: &str) -> Cow<'_, str> {
    if RESERVED.contains(&name) || name.starts_with('_') || name.is_empty() {
        Cow::Owned(format!("label_{}", name.trim_start_matches('_')))
    } else {
        Cow::Borrowed(name)
    }
}

/// FNV-1a with 64 bits: the same in every process and version, which a series must be.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_up_to_the_limit_are_untouched() {
        for length in [0, 1, LABEL_VALUE_BYTES_MAX] {
            let value = "x".repeat(length);
            assert_eq!(label_value(&value), value);
        }
    }

    #[test]
    fn longer_values_are_cut_to_the_limit_and_stay_distinct() {
        let ends = ["a", "b", "\u{1F980}"];
        let cut: std::collections::HashSet<_> =
            ends.iter().map(|end| label_value(&("é".repeat(1 << 19) + end)).into_owned()).collect();
        assert_eq!(cut.len(), ends.len());
        for value in &cut {
            assert!(
                (LABEL_VALUE_BYTES_MAX - 3..=LABEL_VALUE_BYTES_MAX).contains(&value.len()),
                "{}",
                value.len()
            );
        }
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[track_caller]
    fn check_name(declared: &str, exported: &str) {
        assert_eq!(label_name(declared), exported, "label {declared:?}");
    }

    #[test]
    fn declared_labels_cannot_take_our_names() {
        check_name("route", "route");
        check_name("outcome", "label_outcome");
        check_name("le", "label_le");
        check_name("__name__", "label_name__");
        check_name("_x", "label_x");
        check_name("", "label_");
    }
}
