//! Whatever a scraper asks for it gets a format that exists, and whatever a label is called it has a name.

use http::HeaderValue;
use proptest::collection::vec;
use proptest::prelude::*;

use super::encode::Syntax;
use super::escaping::{Escaping, is_legacy};
use super::negotiate::{accepts_gzip, negotiate};

const ALL: [Escaping; 4] = [Escaping::AllowUtf8, Escaping::Underscores, Escaping::Dots, Escaping::Values];

/// What we write, by the words that name it.
const TYPES: [&str; 4] = [
    "application/openmetrics-text;version=1.0.0",
    "application/openmetrics-text;version=0.0.1",
    "text/plain;version=0.0.4",
    "text/plain;version=1.0.0",
];

/// Any text, and pieces of what scrapers send in any order.
fn headers() -> impl Strategy<Value = String> {
    let piece = "application/openmetrics-text|text/plain|text/\\*|\\*/\\*|;|,|\"|q=[0-9.e-]{0,5}|version=[0-9.]{0,5}\
                 |escaping=(dots|values|allow-utf-8|[a-z]{0,4})|gzip| |[^,]";
    prop_oneof!["\\PC{0,60}".prop_map(String::from), vec(piece, 0..12).prop_map(|pieces| pieces.concat())]
}

/// What `U__` stands in front of, read by the published rules.
fn undo_values(escaped: &str) -> Option<String> {
    let mut rest = escaped.strip_prefix("U__")?;
    let mut name = String::new();
    while let Some(char) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("__") {
            (name, rest) = (name + "_", after);
        } else if let Some(code) = rest.strip_prefix('_') {
            let (hex, after) = code.split_once('_')?;
            name.push(char::from_u32(u32::from_str_radix(hex, 16).ok()?)?);
            rest = after;
        } else {
            name.push(char);
            rest = rest.get(char.len_utf8()..)?;
        }
    }
    Some(name)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_accept_gets_a_format_that_exists_and_that_it_can_read(accept in headers()) {
        let negotiated = negotiate(&accept);
        let content_type = negotiated.content_type();
        prop_assert!(HeaderValue::from_str(&content_type).is_ok(), "{content_type:?}");
        let asked = accept.to_ascii_lowercase();
        if negotiated.media_type.syntax() == Syntax::OpenMetrics {
            prop_assert!(asked.contains("application/openmetrics-text"), "nobody asked: {accept:?}");
        }
        prop_assert!(negotiated.escaping_asked || negotiated.escaping == Escaping::default());
        prop_assert!(!accepts_gzip(&accept) || asked.contains("gzip"), "{accept:?}");
    }

    #[test]
    fn the_highest_quality_wins(qualities in vec(1_u16..=1_000, 4), order in Just([0, 1, 2, 3]).prop_shuffle()) {
        let clauses = order.map(|at| format!("{};q={}", TYPES[at], f64::from(qualities[at]) / 1_000.0));
        let best = (0..4).max_by_key(|at| (qualities[*at], std::cmp::Reverse(*at))).unwrap();
        let given = negotiate(&clauses.join(", ")).content_type().replace("; charset=utf-8", "").replace(' ', "");
        prop_assert_eq!(given, TYPES[best], "{}", clauses.join(", "));
    }

    #[test]
    fn any_label_name_is_written_in_the_old_characters_where_asked(name in "\\PC{1,40}|[a-zA-Z0-9_.:-]{1,40}") {
        for scheme in ALL {
            let written = scheme.label_name(&name);
            prop_assert!(scheme == Escaping::AllowUtf8 || is_legacy(&written), "{scheme:?}: {written:?}");
            prop_assert!(!is_legacy(&name) || written == name, "{scheme:?}: {written:?}");
            if scheme == Escaping::Values && !is_legacy(&name) {
                prop_assert_eq!(undo_values(&written), Some(name.clone()));
            }
        }
    }
}
