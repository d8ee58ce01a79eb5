//! Pure. What a scraper accepts, and the format it gets.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use super::encode::Syntax;
use super::escaping::Escaping;

/// The media type of a response that carries metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MediaType {
    OpenMetrics1_0_0,
    OpenMetrics0_0_1,
    Text1_0_0,
    Text0_0_4,
}

/// The media types, the most welcome first.
const PREFERENCE: [MediaType; 4] =
    [MediaType::OpenMetrics1_0_0, MediaType::OpenMetrics0_0_1, MediaType::Text0_0_4, MediaType::Text1_0_0];

impl MediaType {
    pub(crate) const fn syntax(self) -> Syntax {
        match self {
            Self::OpenMetrics1_0_0 | Self::OpenMetrics0_0_1 => Syntax::OpenMetrics,
            Self::Text1_0_0 | Self::Text0_0_4 => Syntax::Text,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::OpenMetrics1_0_0 => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::OpenMetrics0_0_1 => "application/openmetrics-text; version=0.0.1; charset=utf-8",
            Self::Text1_0_0 => "text/plain; version=1.0.0; charset=utf-8",
            Self::Text0_0_4 => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// How closely a clause names this type: 3 with its version, 2 without, 1 by a wildcard; `None` if not at all.
    ///
    /// A missing version means the first one of the type. Wildcards speak for text 0.0.4 only: who does not name
    /// OpenMetrics may not be able to read it.
    fn named_by(self, clause: &Clause<'_>) -> Option<u8> {
        let version = clause.parameter("version");
        let (essence, own) = match self {
            Self::OpenMetrics1_0_0 => ("application/openmetrics-text", "1.0.0"),
            Self::OpenMetrics0_0_1 => ("application/openmetrics-text", "0.0.1"),
            Self::Text1_0_0 => ("text/plain", "1.0.0"),
            Self::Text0_0_4 => ("text/plain", "0.0.4"),
        };
        if clause.essence.eq_ignore_ascii_case(essence) {
            return match version {
                Some(version) => (version == own).then_some(3),
                None => matches!(self, Self::OpenMetrics0_0_1 | Self::Text0_0_4).then_some(2),
            };
        }
        let wildcard = match self {
            Self::Text0_0_4 if clause.essence.eq_ignore_ascii_case("text/*") => Some(1),
            Self::Text0_0_4 if clause.essence == "*/*" => Some(0),
            _ => None,
        };
        wildcard.filter(|_| version.is_none())
    }
}

/// What a scraper gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Negotiated {
    pub(crate) media_type: MediaType,
    pub(crate) escaping: Escaping,
    /// Whether the scraper spoke of escaping, so that the answer names the scheme.
    pub(crate) escaping_asked: bool,
}

impl Negotiated {
    /// The header `Content-Type` of the answer.
    pub(crate) fn content_type(self) -> String {
        let base = self.media_type.as_str();
        if self.escaping_asked {
            format!("{base}; escaping={}", self.escaping.as_str())
        } else {
            base.to_owned()
        }
    }
}

/// Chooses by the header `Accept`: the highest quality among what we write, ties by [`PREFERENCE`].
///
/// Nothing that fits, no header or one that makes no sense: text 0.0.4, never an error.
pub(crate) fn negotiate(accept: &str) -> Negotiated {
    let clauses: Vec<Clause<'_>> = split_outside_quotes(accept, ',').filter_map(Clause::parse).collect();
    let mut best: Option<(u16, MediaType, &Clause<'_>)> = None;
    for media_type in PREFERENCE {
        let closest = clauses
            .iter()
            .filter_map(|clause| media_type.named_by(clause).map(|closeness| (closeness, clause)))
            .max_by_key(|(closeness, clause)| (*closeness, clause.quality));
        if let Some((_, clause)) = closest
            && clause.quality > 0
            && best.is_none_or(|(quality, ..)| clause.quality > quality)
        {
            best = Some((clause.quality, media_type, clause));
        }
    }
    let chosen = best.and_then(|(_, _, clause)| clause.escaping());
    let escaping = chosen.or_else(|| clauses.iter().find_map(Clause::escaping));
    Negotiated {
        media_type: best.map_or(MediaType::Text0_0_4, |(_, media_type, _)| media_type),
        escaping: escaping.unwrap_or_default(),
        escaping_asked: escaping.is_some(),
    }
}

/// Whether the header `Accept-Encoding` lists gzip with a quality above zero.
pub(crate) fn accepts_gzip(accept_encoding: &str) -> bool {
    split_outside_quotes(accept_encoding, ',')
        .filter_map(Clause::parse)
        .any(|clause| clause.essence.eq_ignore_ascii_case("gzip") && clause.quality > 0)
}

/// One clause of a header, such as `text/plain;version=0.0.4;q=0.3`.
#[derive(Debug)]
struct Clause<'a> {
    essence: &'a str,
    parameters: &'a str,
    /// In thousandths.
    quality: u16,
}

impl<'a> Clause<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        let mut clause = Self { essence: essence.trim(), parameters, quality: 1_000 };
        if clause.essence.is_empty() || !text.is_ascii() {
            return None;
        }
        if let Some(quality) = clause.parameter("q") {
            clause.quality = parse_quality(quality)?;
        }
        Some(clause)
    }

    fn parameter(&self, key: &str) -> Option<&'a str> {
        split_outside_quotes(self.parameters, ';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case(key).then(|| value.trim().trim_matches('"'))
        })
    }

    fn escaping(&self) -> Option<Escaping> {
        self.parameter("escaping").and_then(Escaping::parse)
    }
}

/// A quality in thousandths; `None` for what is not a number from 0 to 1.
fn parse_quality(text: &str) -> Option<u16> {
    let value: f64 = text.parse().ok()?;
    if !(0.0..=1.0).contains(&value) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 1,000")]
    let thousandths = (value * 1_000.0).round() as u16;
    // A quality that rounds to nothing was still not a refusal.
    Some(if value > 0.0 { thousandths.max(1) } else { 0 })
}

/// The parts of a header between separators, which do not count inside quotes.
fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |char| {
        quoted ^= char == '"';
        char == separator && !quoted
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

    #[track_caller]
    fn check(accept: &str, content_type: &str) {
        assert_eq!(negotiate(accept).content_type(), content_type, "Accept: {accept}");
    }

    #[test]
    fn headers_that_real_servers_send() {
        // Prometheus 3.
        check(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            &format!("{OPENMETRICS}; escaping=allow-utf-8"),
        );
        // Prometheus 3 that scrapes native histograms and names protobuf first.
        check(
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
             application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
             application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
             text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
            &format!("{OPENMETRICS}; escaping=allow-utf-8"),
        );
        // Prometheus 2.42.
        check(
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
             text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OPENMETRICS,
        );
        // Prometheus 2.20.
        check(
            "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/openmetrics-text; version=0.0.1; charset=utf-8",
        );
        // curl, and a browser.
        check("*/*", TEXT);
        check("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", TEXT);
    }

    #[test]
    fn nothing_that_fits_is_text() {
        for accept in
            ["", ",", ";;;", "application/json", "q=1", "\u{FFFD}", "\"", "text/plain;q=much", "/", "*/*;q=0"]
        {
            check(accept, TEXT);
        }
    }

    #[test]
    fn the_highest_quality_wins_whatever_the_order() {
        check("text/plain;version=0.0.4;q=0.3,application/openmetrics-text;version=1.0.0;q=0.4", OPENMETRICS);
        check("text/plain;version=0.0.4;q=0.4,application/openmetrics-text;version=1.0.0;q=0.3", TEXT);
        check("text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0", OPENMETRICS);
        check("*/*,application/openmetrics-text;version=1.0.0;q=0.0001", TEXT);
    }

    #[test]
    fn a_quality_of_zero_refuses() {
        check("application/openmetrics-text;version=1.0.0;q=0,text/plain;q=0.1", TEXT);
        check("application/openmetrics-text;version=1.0.0;q=0.0, */*;q=0.1", TEXT);
        check("text/plain;q=0,application/openmetrics-text;version=1.0.0;q=0.1,*/*;q=0.9", OPENMETRICS);
    }

    #[test]
    fn versions_are_matched_and_default_to_the_first() {
        check("application/openmetrics-text;version=2.0.0,text/plain;q=0.1", TEXT);
        check("application/openmetrics-text", "application/openmetrics-text; version=0.0.1; charset=utf-8");
        check("text/plain", TEXT);
        check("text/plain;version=9", TEXT);
        check("text/plain;version=1.0.0", "text/plain; version=1.0.0; charset=utf-8");
    }

    #[test]
    fn case_spaces_and_quotes_do_not_matter() {
        check(
            " APPLICATION/OpenMetrics-Text ; VERSION = \"1.0.0\" ; Q = 0.7 , text/plain ; q=0.5 ",
            OPENMETRICS,
        );
        check("text/plain;x=\"a,b;c\";version=0.0.4", TEXT);
    }

    #[test]
    fn escaping_comes_from_the_chosen_clause_or_else_from_any() {
        check(
            "text/plain;version=0.0.4;escaping=dots,*/*;escaping=values;q=0.1",
            &format!("{TEXT}; escaping=dots"),
        );
        check("text/plain;version=0.0.4,*/*;escaping=values;q=0.1", &format!("{TEXT}; escaping=values"));
        check("text/plain;version=0.0.4;escaping=morse", TEXT);
        assert_eq!(negotiate("text/plain").escaping, Escaping::Underscores);
    }

    #[test]
    fn gzip_only_when_listed() {
        for (header, expected) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.1", true),
            ("gzip;q=0", false),
            ("*", false),
            ("identity", false),
            ("", false),
            ("gzip;q=2", false),
        ] {
            assert_eq!(accepts_gzip(header), expected, "Accept-Encoding: {header}");
        }
    }
}
