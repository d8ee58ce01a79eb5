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

/// Appends nanoseconds as seconds.
pub(crate) fn push_seconds(out: &mut Vec<u8>, nanos: u128) {
    with_seconds(nanos, |digits| out.extend_from_slice(digits));
}

/// Gives nanoseconds as seconds, exactly: integer arithmetic, no trailing zeros.
pub(crate) fn with_seconds<T>(nanos: u128, give: impl FnOnce(&[u8]) -> T) -> T {
    let mut text = Text { bytes: [0; 40], length: 0 };
    write_seconds(&mut text, nanos);
    give(text.as_bytes())
}

/// A number while it is written: at most 30 digits of seconds, a dot and nine more.
struct Text {
    bytes: [u8; 40],
    length: usize,
}

impl Text {
    fn push(&mut self, digits: &[u8]) {
        if let Some(place) = self.bytes.get_mut(self.length..self.length + digits.len()) {
            place.copy_from_slice(digits);
            self.length += digits.len();
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

fn write_seconds(out: &mut Text, nanos: u128) {
    // Division of 64 bits is much cheaper, and 584 years are usually enough.
    let (seconds, mut fraction) = match u64::try_from(nanos) {
        Ok(nanos) => (u128::from(nanos / NANOS), nanos % NANOS),
        Err(_) => (nanos / u128::from(NANOS), u64::try_from(nanos % u128::from(NANOS)).unwrap_or(0)),
    };
    match u64::try_from(seconds) {
        Ok(seconds) => out.push(itoa::Buffer::new().format(seconds).as_bytes()),
        Err(_) => out.push(itoa::Buffer::new().format(seconds).as_bytes()),
    }
    if fraction == 0 {
        return;
    }
    let mut digits = [b'.'; 10];
    for digit in digits.iter_mut().skip(1).rev() {
        *digit = b'0' + u8::try_from(fraction % 10).unwrap_or(0);
        fraction /= 10;
    }
    let end = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    out.push(digits.get(..end).unwrap_or_default());
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
    fn check_seconds(nanos: u128, expected: &str) {
        assert_eq!(text(|out| push_seconds(out, nanos)), expected, "{nanos} ns");
    }

    #[test]
    fn seconds_are_exact() {
        check_seconds(0, "0");
        check_seconds(1, "0.000000001");
        check_seconds(1_000_000_000, "1");
        check_seconds(8_500_000_000, "8.5");
        check_seconds(300_000_000, "0.3");
        check_seconds(u64::MAX.into(), "18446744073.709551615");
        check_seconds(u128::from(u64::MAX) + 1, "18446744073.709551616");
        check_seconds(u128::MAX, "340282366920938463463374607431.768211455");
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
