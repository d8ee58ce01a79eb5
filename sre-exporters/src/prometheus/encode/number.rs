//! Pure. Numbers as text: fast for values, canonical for the label `le`.

/// Nanoseconds in a second.
const NANOS: u64 = 1_000_000_000;

/// Appends an integer.
pub(crate) fn push_integer(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends a float as the shortest digits that read back to the same number; the special ones are `NaN`, `+Inf`
/// and `-Inf`.
pub(crate) fn push_float(out: &mut Vec<u8>, value: f64) {
    match special(value) {
        Some(word) => out.extend_from_slice(word.as_bytes()),
        None => out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes()),
    }
}

/// Appends nanoseconds as seconds, exactly and with nine decimals: a text that grows by a digit in ten times the time.
pub(crate) fn push_seconds(out: &mut Vec<u8>, nanos: u128) {
    // Division of 64 bits is much cheaper, and 584 years are usually enough.
    let fraction = match u64::try_from(nanos) {
        Ok(nanos) => {
            push_integer(out, nanos / NANOS);
            nanos % NANOS
        }
        Err(_) => {
            let nanos_in_second = u128::from(NANOS);
            out.extend_from_slice(itoa::Buffer::new().format(nanos / nanos_in_second).as_bytes());
            u64::try_from(nanos % nanos_in_second).unwrap_or(0)
        }
    };
    let mut digits = *b".000000000";
    overwrite_decimals(&mut digits, fraction);
    out.extend_from_slice(&digits);
}

/// Appends nanoseconds as seconds, exactly and without zeros at the end.
pub(crate) fn push_short_seconds(out: &mut Vec<u8>, nanos: u128) {
    push_seconds(out, nanos);
    while out.last() == Some(&b'0') {
        out.pop();
    }
    out.pop_if(|last| *last == b'.');
}

/// Writes an integer over an earlier one; `false` if it has another length.
pub(crate) fn overwrite_integer(place: &mut [u8], earlier: u64, value: u64) -> bool {
    let (mut earlier, mut rest, length) = (earlier, value, place.len());
    for digit in place.iter_mut().rev() {
        *digit = last_digit(rest);
        (earlier, rest) = (earlier / 10, rest / 10);
        if earlier == rest {
            // The digits before are the same.
            return rest > 0 || *digit != b'0' || length == 1;
        }
    }
    false
}

/// Writes nanoseconds over those of [`push_seconds`]; `false` if the text has another length.
pub(crate) fn overwrite_seconds(place: &mut [u8], nanos: u64) -> bool {
    let Some((seconds, [_dot, decimals @ ..])) = place.split_last_chunk_mut::<10>() else { return false };
    overwrite_decimals(decimals, nanos % NANOS);
    let mut rest = nanos / NANOS;
    for digit in seconds.iter_mut().rev() {
        *digit = last_digit(rest);
        rest /= 10;
    }
    rest == 0 && (seconds.len() == 1 || seconds.first() != Some(&b'0'))
}

/// Writes the last nine digits of a number.
fn overwrite_decimals(place: &mut [u8], number: u64) {
    let mut rest = number;
    for digit in place.iter_mut().rev().take(9) {
        *digit = last_digit(rest);
        rest /= 10;
    }
}

fn last_digit(number: u64) -> u8 {
    b'0' + u8::try_from(number % 10).unwrap_or(0)
}

/// The one spelling of a bucket bound: shortest digits in the manner of Go's `%g`, and `.0` where neither a dot nor
/// an exponent shows that it is a float.
///
/// OpenMetrics calls these canonical numbers; servers that do not normalise `le` compare them as strings.
pub(crate) fn canonical(value: f64) -> String {
    if let Some(word) = special(value) {
        return word.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        let plain = value.to_string();
        if plain.contains('.') { plain } else { plain + ".0" }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
    }
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[track_caller]
    fn check_canonical(value: f64, expected: &str) {
        assert_eq!(canonical(value), expected, "canonical form of {value:?}");
    }

    #[test]
    fn bounds_have_one_spelling() {
        check_canonical(1.0, "1.0");
        check_canonical(0.005, "0.005");
        check_canonical(0.00001, "1e-05");
        check_canonical(0.0001, "0.0001");
        check_canonical(1_000_000.0, "1e+06");
        check_canonical(100_000.0, "100000.0");
        check_canonical(1_234_567.0, "1.234567e+06");
        check_canonical(0.3, "0.3");
        check_canonical(1e-300, "1e-300");
        check_canonical(0.0, "0.0");
        check_canonical(f64::INFINITY, "+Inf");
    }

    #[track_caller]
    fn check_seconds(nanos: u128, expected: &str, short: &str) {
        assert_eq!(text(|out| push_seconds(out, nanos)), expected, "{nanos} ns");
        assert_eq!(text(|out| push_short_seconds(out, nanos)), short, "{nanos} ns");
    }

    #[test]
    fn seconds_are_exact() {
        check_seconds(0, "0.000000000", "0");
        check_seconds(1, "0.000000001", "0.000000001");
        check_seconds(1_000_000_000, "1.000000000", "1");
        check_seconds(10_000_000_000, "10.000000000", "10");
        check_seconds(8_500_000_000, "8.500000000", "8.5");
        check_seconds(300_000_000, "0.300000000", "0.3");
        for nanos in [u64::MAX.into(), u128::from(u64::MAX) + 2, u128::MAX] {
            let seconds = format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000);
            check_seconds(nanos, &seconds, &seconds);
        }
    }

    #[test]
    fn floats_read_back_to_the_same_number() {
        for value in [0.0, -0.0, 0.1, 1.0 / 3.0, 14.4, 1e300, 5e-324, -2.5, 1e21] {
            let written = text(|out| push_float(out, value));
            assert_eq!(written.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{written}");
        }
        assert_eq!(text(|out| push_float(out, f64::NEG_INFINITY)), "-Inf");
        assert_eq!(text(|out| push_float(out, f64::NAN)), "NaN");
    }
}
