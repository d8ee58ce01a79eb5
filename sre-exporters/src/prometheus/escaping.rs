//! Pure. Names for readers that know only the old character set, by one of four schemes.

use std::borrow::Cow;
use std::fmt::Write as _;

/// How names outside `[a-zA-Z_][a-zA-Z0-9_]*` are shown to a scraper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Escaping {
    /// As they are, in quotes.
    AllowUtf8,
    /// An underscore for each character outside.
    #[default]
    Underscores,
    /// `_dot_` for a dot, two underscores for an underscore and for any other character outside.
    Dots,
    /// `U__` in front and the code point of each character outside, which can be undone.
    Values,
}

impl Escaping {
    /// The scheme of a parameter `escaping=`; `None` for an unknown one.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "allow-utf-8" => Some(Self::AllowUtf8),
            "underscores" => Some(Self::Underscores),
            "dots" => Some(Self::Dots),
            "values" => Some(Self::Values),
            _ => None,
        }
    }

    /// The word for the parameter `escaping=`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::AllowUtf8 => "allow-utf-8",
            Self::Underscores => "underscores",
            Self::Dots => "dots",
            Self::Values => "values",
        }
    }

    /// A label name as the scheme writes it. A name inside the old character set is written as it is.
    pub(crate) fn label_name(self, name: &str) -> Cow<'_, str> {
        if is_legacy(name) { Cow::Borrowed(name) } else { self.escape(name) }
    }

    /// The scheme itself, applied to any name. A colon counts as a character outside, as labels may have none.
    fn escape(self, name: &str) -> Cow<'_, str> {
        let mut out = String::with_capacity(name.len() + 8);
        match self {
            Self::AllowUtf8 => return Cow::Borrowed(name),
            Self::Underscores => out.extend(
                name.chars().enumerate().map(|(at, char)| if is_legacy_char(at, char) { char } else { '_' }),
            ),
            Self::Dots => {
                for (at, char) in name.chars().enumerate() {
                    match char {
                        '.' => out.push_str("_dot_"),
                        '_' => out.push_str("__"),
                        _ if is_legacy_char(at, char) => out.push(char),
                        _ => out.push_str("__"),
                    }
                }
            }
            Self::Values if is_legacy(name) => return Cow::Borrowed(name),
            Self::Values => {
                out.push_str("U__");
                for (at, char) in name.chars().enumerate() {
                    match char {
                        '_' => out.push_str("__"),
                        _ if is_legacy_char(at, char) => out.push(char),
                        _ => {
                            // Writing to a string cannot fail.
                            let _ = write!(out, "_{:x}_", u32::from(char));
                        }
                    }
                }
            }
        }
        Cow::Owned(out)
    }
}

/// Whether a name needs no escaping and no quotes.
pub(crate) fn is_legacy(name: &str) -> bool {
    !name.is_empty() && name.chars().enumerate().all(|(at, char)| is_legacy_char(at, char))
}

fn is_legacy_char(at: usize, char: char) -> bool {
    char.is_ascii_alphabetic() || char == '_' || (at > 0 && char.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(scheme: Escaping, name: &str, expected: &str) {
        assert_eq!(scheme.escape(name), expected, "{scheme:?} of {name:?}");
    }

    #[test]
    fn each_scheme_writes_its_own_form() {
        check(Escaping::Underscores, "foo.bar_baz", "foo_bar_baz");
        check(Escaping::Dots, "foo.bar_baz", "foo_dot_bar__baz");
        check(Escaping::Values, "foo.bar_baz", "U__foo_2e_bar__baz");
        check(Escaping::AllowUtf8, "foo.bar_baz", "foo.bar_baz");

        check(Escaping::Underscores, "1abc", "_abc");
        check(Escaping::Dots, "1abc", "__abc");
        check(Escaping::Values, "1abc", "U___31_abc");

        check(Escaping::Underscores, "é", "_");
        check(Escaping::Dots, "é", "__");
        check(Escaping::Values, "é", "U___e9_");

        check(Escaping::Underscores, "a:b", "a_b");
        check(Escaping::Dots, "a:b", "a__b");
        check(Escaping::Values, "a:b", "U__a_3a_b");

        check(Escaping::Underscores, "", "");
    }

    #[test]
    fn names_of_the_old_character_set_are_written_as_they_are() {
        for scheme in [Escaping::AllowUtf8, Escaping::Underscores, Escaping::Dots, Escaping::Values] {
            assert_eq!(scheme.label_name("http_route"), "http_route");
            assert_eq!(Escaping::parse(scheme.as_str()), Some(scheme));
        }
        assert_eq!(Escaping::parse("morse"), None);
    }

    #[test]
    fn the_values_scheme_can_be_undone() {
        for name in ["a.b", "größe", "1", "a__b.c", "\u{1F980}", "U__x.y", " ", "a\nb"] {
            assert_eq!(undo_values(&Escaping::Values.escape(name)), name);
        }
    }

    /// The published reading rules, written independently of the writer.
    fn undo_values(escaped: &str) -> String {
        let mut rest = escaped.strip_prefix("U__").expect("marked");
        let mut name = String::new();
        while let Some(char) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("__") {
                name.push('_');
                rest = after;
            } else if let Some(code) = rest.strip_prefix('_') {
                let (hex, after) = code.split_once('_').expect("closed");
                name.push(char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap());
                rest = after;
            } else {
                name.push(char);
                rest = &rest[char.len_utf8()..];
            }
        }
        name
    }
}
