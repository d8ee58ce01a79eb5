//! Pure. Which characters of a label value and of a help text are written with a backslash.

/// Appends a label value; both formats escape the backslash, the quote and the line feed in it, and nothing else.
pub(crate) fn push_label_value(out: &mut Vec<u8>, value: &str) {
    push_escaped(out, value, |byte| matches!(byte, b'\\' | b'"' | b'\n'));
}

/// Appends the help text of format 0.0.4, which leaves quotes alone.
pub(crate) fn push_help_text(out: &mut Vec<u8>, help: &str) {
    push_escaped(out, help, |byte| matches!(byte, b'\\' | b'\n'));
}

/// Appends the help text of OpenMetrics, which escapes quotes as well.
pub(crate) fn push_help_openmetrics(out: &mut Vec<u8>, help: &str) {
    push_label_value(out, help);
}

fn push_escaped(out: &mut Vec<u8>, text: &str, special: impl Fn(u8) -> bool) {
    for run in text.as_bytes().split_inclusive(|byte| special(*byte)) {
        match run.split_last() {
            Some((last, plain)) if special(*last) => {
                out.extend_from_slice(plain);
                out.push(b'\\');
                out.push(if *last == b'\n' { b'n' } else { *last });
            }
            _ => out.extend_from_slice(run),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(write: fn(&mut Vec<u8>, &str), text: &str, expected: &str) {
        let mut out = Vec::new();
        write(&mut out, text);
        assert_eq!(String::from_utf8(out).unwrap(), expected, "escaping {text:?}");
    }

    #[test]
    fn label_values_escape_three_characters() {
        check(push_label_value, "plain", "plain");
        check(push_label_value, "", "");
        check(push_label_value, "\\ \" \n", "\\\\ \\\" \\n");
        check(push_label_value, "\"\"", "\\\"\\\"");
        check(push_label_value, "\0\r\t\u{1F980}", "\0\r\t\u{1F980}");
    }

    #[test]
    fn the_two_formats_escape_help_differently() {
        check(push_help_text, "a \"b\" \\ \n c", "a \"b\" \\\\ \\n c");
        check(push_help_openmetrics, "a \"b\" \\ \n c", "a \\\"b\\\" \\\\ \\n c");
    }
}
