//! A strict reader of the two text formats, written from their specifications and not from our writer.
//!
//! It refuses more than servers do: wrong order of metadata, a repeated series, buckets that descend, an exemplar
//! outside its bucket.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    reason = "a reader for tests says where it stopped, and not every test binary asks for everything"
)]

use std::collections::{BTreeMap, BTreeSet};

/// One sample with everything it carries.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: String,
    pub(crate) exemplar: Option<(BTreeMap<String, String>, f64)>,
}

#[derive(Debug, Default)]
struct Meta {
    kind: Option<String>,
    unit: Option<String>,
    help: Option<String>,
}

/// A whole exposition.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    pub(crate) samples: Vec<Sample>,
    families: Vec<(String, Meta)>,
}

impl Exposition {
    /// The value of the one sample with this name and these labels among its labels.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut found = self.samples.iter().filter(|sample| {
            sample.name == name
                && labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|has| has == value))
        });
        let value = found.next().map(|sample| number(&sample.value));
        assert!(found.next().is_none(), "{name} {labels:?} is not one sample");
        value
    }

    pub(crate) fn help(&self, family: &str) -> Option<&str> {
        self.families.iter().find(|(name, _)| name == family).and_then(|(_, meta)| meta.help.as_deref())
    }
}

/// Reads text format 0.0.4, or says in which line it is wrong.
pub(crate) fn read_text(body: &str) -> Exposition {
    assert!(body.is_empty() || body.ends_with('\n'), "the last line must end");
    let exposition = read_lines(body, false);
    check_families(&exposition, false);
    exposition
}

/// Reads OpenMetrics 1.0, or says in which line it is wrong.
pub(crate) fn read_openmetrics(body: &str) -> Exposition {
    let lines = body.strip_suffix("# EOF\n").expect("the body must end with # EOF");
    assert!(!lines.contains("# EOF\n"), "nothing may follow # EOF");
    let exposition = read_lines(lines, true);
    check_families(&exposition, true);
    exposition
}

fn read_lines(body: &str, openmetrics: bool) -> Exposition {
    let mut exposition = Exposition::default();
    let mut closed = BTreeSet::new();
    for line in body.split_terminator('\n') {
        assert!(!line.is_empty(), "no blank lines");
        let family = if let Some(metadata) = line.strip_prefix("# ") {
            let (keyword, rest) = metadata.split_once(' ').expect(line);
            let (name, text) = rest.split_once(' ').expect(line);
            open(&mut exposition, &mut closed, name, line);
            let meta = &mut exposition.families.last_mut().expect(line).1;
            let slot = match keyword {
                "TYPE" => &mut meta.kind,
                "HELP" => &mut meta.help,
                "UNIT" if openmetrics => &mut meta.unit,
                _ => panic!("unknown metadata: {line}"),
            };
            assert!(slot.is_none(), "twice: {line}");
            *slot = Some(if keyword == "HELP" { unescape(text, openmetrics) } else { text.to_owned() });
            continue;
        } else {
            exposition.families.last().unwrap_or_else(|| panic!("sample without a family: {line}"))
        };
        let sample = read_sample(line, openmetrics);
        let kind = family.1.kind.as_deref().expect("TYPE comes before the samples");
        let suffixes: &[&str] = match (kind, openmetrics) {
            ("counter", true) => &["_total"],
            ("info", true) => &["_info"],
            ("histogram", _) => &["_bucket", "_sum", "_count"],
            ("gauge", _) | ("counter", false) => &[""],
            _ => panic!("unknown type {kind}"),
        };
        let rest = sample.name.strip_prefix(family.0.as_str()).unwrap_or("not of the family");
        assert!(suffixes.contains(&rest), "sample of another family: {line}");
        if kind == "counter" {
            assert!(sample.name.ends_with("_total"), "counter without _total: {line}");
            assert!(number(&sample.value) >= 0.0, "negative counter: {line}");
        }
        if sample.exemplar.is_some() {
            assert!(
                openmetrics && matches!(rest, "_bucket" | "_total"),
                "exemplar where none may be: {line}"
            );
        }
        exposition.samples.push(sample);
    }
    exposition
}

fn open(exposition: &mut Exposition, closed: &mut BTreeSet<String>, name: &str, line: &str) {
    assert!(is_name(name, true), "bad name: {line}");
    if exposition.families.last().is_none_or(|(last, _)| last != name) {
        assert!(closed.insert(name.to_owned()), "family is not in one piece: {line}");
        exposition.families.push((name.to_owned(), Meta::default()));
    }
}

fn check_families(exposition: &Exposition, openmetrics: bool) {
    let mut series = BTreeSet::new();
    for sample in &exposition.samples {
        assert!(series.insert((&sample.name, &sample.labels)), "twice: {sample:?}");
    }
    for (name, meta) in &exposition.families {
        let kind = meta.kind.as_deref().expect("TYPE");
        if let Some(unit) = &meta.unit {
            assert!(name.ends_with(&format!("_{unit}")), "unit {unit} does not end {name}");
        }
        if openmetrics {
            assert!(!name.ends_with("_total") && !name.ends_with("_info"), "suffix in metadata: {name}");
        }
        if kind == "histogram" {
            check_histogram(name, &exposition.samples);
        }
    }
}

fn check_histogram(name: &str, samples: &[Sample]) {
    let mut groups: BTreeMap<BTreeMap<String, String>, Vec<&Sample>> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| sample.name == format!("{name}_bucket")) {
        let mut labels = sample.labels.clone();
        labels.remove("le").expect("le");
        groups.entry(labels).or_default().push(sample);
    }
    for (labels, buckets) in groups {
        let mut floor = (f64::NEG_INFINITY, 0.0);
        for bucket in &buckets {
            let le = &bucket.labels["le"];
            assert!(le.contains(['.', 'e']) || le == "+Inf", "le is not canonical: {bucket:?}");
            let (bound, count) = (number(le), number(&bucket.value));
            assert!(bound > floor.0 && count >= floor.1, "buckets descend: {bucket:?}");
            if let Some((_, value)) = &bucket.exemplar {
                assert!(*value > floor.0 && *value <= bound, "exemplar outside its bucket: {bucket:?}");
            }
            floor = (bound, count);
        }
        let of = |suffix: &str| {
            let mut own =
                samples.iter().filter(|s| s.name == format!("{name}{suffix}") && s.labels == labels);
            number(&own.next().unwrap_or_else(|| panic!("{name}{suffix} {labels:?}")).value)
        };
        assert_eq!(floor, (f64::INFINITY, of("_count")), "{name} {labels:?}: +Inf and _count");
        assert!(of("_sum") >= 0.0);
    }
}

fn read_sample(line: &str, openmetrics: bool) -> Sample {
    let name_end = line.find(['{', ' ']).unwrap_or_else(|| panic!("no value: {line}"));
    let (name, rest) = line.split_at(name_end);
    assert!(is_name(name, true), "bad name: {line}");
    let (labels, rest) = if rest.starts_with('{') { read_labels(rest) } else { (BTreeMap::new(), rest) };
    let rest = rest.strip_prefix(' ').unwrap_or_else(|| panic!("one space before the value: {line}"));
    let (value, exemplar) = match rest.split_once(" # ") {
        Some((value, exemplar)) => {
            assert!(openmetrics, "exemplar in text: {line}");
            let (labels, rest) = read_labels(exemplar);
            let runes: usize = labels.iter().map(|(k, v)| k.chars().count() + v.chars().count()).sum();
            assert!(runes <= 128, "exemplar of {runes} characters: {line}");
            let mut words = rest.strip_prefix(' ').expect(line).split(' ');
            let exemplar = number(words.next().expect(line));
            words.next().map(number);
            assert!(words.next().is_none(), "{line}");
            (value, Some((labels, exemplar)))
        }
        None => (rest, None),
    };
    assert!(!value.contains(' '), "no time stamps and no double spaces: {line}");
    number(value);
    Sample { name: name.to_owned(), labels, value: value.to_owned(), exemplar }
}

/// Labels in braces, and what follows them.
fn read_labels(text: &str) -> (BTreeMap<String, String>, &str) {
    let mut labels = BTreeMap::new();
    let mut rest = text.strip_prefix('{').expect(text);
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return (labels, after);
        }
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = closing_quote(quoted);
                (unescape(&quoted[..end], true), quoted[end + 1..].strip_prefix('=').expect(text))
            }
            None => {
                let (name, after) = rest.split_once('=').expect(text);
                assert!(is_name(name, false), "bad label name: {text}");
                (name.to_owned(), after)
            }
        };
        let after = after.strip_prefix('"').expect(text);
        let end = closing_quote(after);
        let value = unescape(&after[..end], true);
        assert!(labels.insert(name, value).is_none(), "label twice: {text}");
        rest = &after[end + 1..];
        if let Some(after) = rest.strip_prefix(',') {
            assert!(!after.starts_with('}'), "comma at the end: {text}");
            rest = after;
        } else {
            assert!(rest.starts_with('}'), "comma or brace expected: {text}");
        }
    }
}

fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if !escaped => return at,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    panic!("no closing quote: {text}");
}

fn unescape(text: &str, quotes: bool) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('\\') => out.push('\\'),
                Some('"') if quotes => out.push('"'),
                other => panic!("bad escape {other:?} in {text:?}"),
            },
            '"' if quotes => panic!("bare quote in {text:?}"),
            _ => out.push(char),
        }
    }
    out
}

fn is_name(name: &str, metric: bool) -> bool {
    let mut bytes = name.bytes();
    let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || (metric && byte == b':');
    bytes.next().is_some_and(first) && bytes.all(|byte| first(byte) || byte.is_ascii_digit())
}

fn number(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        _ => {
            assert!(
                text.starts_with(|char: char| char.is_ascii_digit() || char == '-'),
                "not a number: {text}"
            );
            text.parse().unwrap_or_else(|_| panic!("not a number: {text}"))
        }
    }
}
