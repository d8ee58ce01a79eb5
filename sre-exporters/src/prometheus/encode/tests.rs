//! The two formats, byte by byte and through the strict reader.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::grammar::{read_openmetrics, read_text};

const REQUESTS: Family =
    Family { name: "checkout_requests", kind: Kind::Counter, unit: None, help: "Requests, by \"outcome\"." };
const BURN: Family = Family { name: "checkout_burn", kind: Kind::Gauge, unit: None, help: "Burn." };
const LATENCY: Family = Family {
    name: "checkout_latency_seconds",
    kind: Kind::Histogram,
    unit: Some("seconds"),
    help: "Time to answer.",
};
const TARGET: Family = Family { name: "target", kind: Kind::Info, unit: None, help: "What runs here." };

const EXEMPLAR: Exemplar = Exemplar {
    trace_id: *b"\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c",
    span_id: Some(*b"\xb7\xad\x6b\x71\x69\x20\x33\x31"),
    value_ns: 67_000_000,
    unix_time_ns: Some(1_766_000_000_123_456_789),
};

fn exposition(syntax: Syntax) -> String {
    let edges = Edges::new(vec![100_000_000, 1_000_000_000, 100_000_000]);
    text_of(syntax, |encoder| {
        encoder.family(&TARGET).integer(&[b"service_name=\"shop\""], 1);
        let mut requests = encoder.family(&REQUESTS);
        requests.integer(&[b"slo=\"pay\"", b"outcome=\"good\""], u64::MAX);
        requests.integer(&[b"slo=\"pay\"", b"", b"outcome=\"bad\""], 3);
        encoder.family(&BURN).float(&[], 0.42);
        let mut latency = encoder.family(&LATENCY);
        let distribution = Distribution {
            edges: &edges,
            cumulative: &[90, 98],
            count: 100,
            sum_ns: 8_500_000_000,
            exemplars: &[EXEMPLAR],
        };
        let ok: &[&[u8]] = &[b"outcome=\"ok\""];
        latency.histogram(ok, &distribution);
        let clamped = Distribution { cumulative: &[7, 5], count: 6, ..distribution };
        latency.histogram(&[], &clamped);
    })
}

/// What is written on a new sheet.
fn text_of(syntax: Syntax, write: impl Fn(&mut Encoder<'_>)) -> String {
    let mut sheet = Sheet::default();
    let mut encoder = Encoder::new(&mut sheet, syntax);
    write(&mut encoder);
    assert!(encoder.finish());
    String::from_utf8(sheet.text().to_vec()).unwrap()
}

#[test]
fn text_is_written_as_the_format_says() {
    let expected = "\
# HELP target_info What runs here.
# TYPE target_info gauge
target_info{service_name=\"shop\"} 1
# HELP checkout_requests_total Requests, by \"outcome\".
# TYPE checkout_requests_total counter
checkout_requests_total{slo=\"pay\",outcome=\"good\"} 18446744073709551615
checkout_requests_total{slo=\"pay\",outcome=\"bad\"} 3
# HELP checkout_burn Burn.
# TYPE checkout_burn gauge
checkout_burn 0.42
# HELP checkout_latency_seconds Time to answer.
# TYPE checkout_latency_seconds histogram
checkout_latency_seconds_bucket{outcome=\"ok\",le=\"0.1\"} 90
checkout_latency_seconds_bucket{outcome=\"ok\",le=\"1.0\"} 98
checkout_latency_seconds_bucket{outcome=\"ok\",le=\"+Inf\"} 100
checkout_latency_seconds_sum{outcome=\"ok\"} 8.500000000
checkout_latency_seconds_count{outcome=\"ok\"} 100
checkout_latency_seconds_bucket{le=\"0.1\"} 6
checkout_latency_seconds_bucket{le=\"1.0\"} 6
checkout_latency_seconds_bucket{le=\"+Inf\"} 6
checkout_latency_seconds_sum 8.500000000
checkout_latency_seconds_count 6
";
    assert_eq!(exposition(Syntax::Text), expected);
    read_text(expected);
}

#[test]
fn openmetrics_has_units_exemplars_and_an_end() {
    let exemplar = " # {trace_id=\"0af7651916cd43dd8448eb211c80319c\",span_id=\"b7ad6b7169203331\"} 0.067 1766000000.123";
    let expected = format!(
        "\
# TYPE target info
# HELP target What runs here.
target_info{{service_name=\"shop\"}} 1
# TYPE checkout_requests counter
# HELP checkout_requests Requests, by \\\"outcome\\\".
checkout_requests_total{{slo=\"pay\",outcome=\"good\"}} 18446744073709551615
checkout_requests_total{{slo=\"pay\",outcome=\"bad\"}} 3
# TYPE checkout_burn gauge
# HELP checkout_burn Burn.
checkout_burn 0.42
# TYPE checkout_latency_seconds histogram
# UNIT checkout_latency_seconds seconds
# HELP checkout_latency_seconds Time to answer.
checkout_latency_seconds_bucket{{outcome=\"ok\",le=\"0.1\"}} 90{exemplar}
checkout_latency_seconds_bucket{{outcome=\"ok\",le=\"1.0\"}} 98
checkout_latency_seconds_bucket{{outcome=\"ok\",le=\"+Inf\"}} 100
checkout_latency_seconds_sum{{outcome=\"ok\"}} 8.500000000
checkout_latency_seconds_count{{outcome=\"ok\"}} 100
checkout_latency_seconds_bucket{{le=\"0.1\"}} 6{exemplar}
checkout_latency_seconds_bucket{{le=\"1.0\"}} 6
checkout_latency_seconds_bucket{{le=\"+Inf\"}} 6
checkout_latency_seconds_sum 8.500000000
checkout_latency_seconds_count 6
# EOF
"
    );
    assert_eq!(exposition(Syntax::OpenMetrics), expected);
    assert_eq!(read_openmetrics(&expected).help("checkout_requests"), Some("Requests, by \"outcome\"."));
}

#[test]
fn a_family_without_samples_is_absent() {
    let text = text_of(Syntax::Text, |encoder| {
        encoder.family(&BURN);
    });
    assert_eq!(text, "");
}

#[test]
fn an_empty_openmetrics_exposition_still_has_its_end() {
    assert_eq!(text_of(Syntax::OpenMetrics, |_| {}), "# EOF\n");
}

#[test]
fn an_exemplar_on_a_bound_belongs_below_it_and_one_beyond_to_infinity() {
    let edges = Edges::new(vec![100, 200]);
    for (value_ns, bucket) in [(0, 0), (100, 0), (101, 1), (200, 1), (201, 2), (u64::MAX, 2)] {
        let exemplars = [Exemplar { value_ns, unix_time_ns: None, span_id: None, ..EXEMPLAR }];
        let distribution =
            Distribution { edges: &edges, cumulative: &[1, 2], count: 3, sum_ns: 0, exemplars: &exemplars };
        let write = |encoder: &mut Encoder<'_>| encoder.family(&LATENCY).histogram(&[], &distribution);
        let body = text_of(Syntax::OpenMetrics, write);
        let shown =
            body.lines().filter(|line| line.contains("_bucket")).position(|line| line.contains(" # "));
        assert_eq!(shown, Some(bucket), "{value_ns} ns in {body}");
    }
}

#[test]
fn every_text_reads_back_as_the_label_it_was() {
    for value in
        ["", "\\", "\"", "\n", "\\n", "\0", "\u{1F980}", "a\\\"b\n}{,=#", "\r\n", "\u{202E}bidi", "|:{}"]
    {
        let mut label = b"x=\"".to_vec();
        push_label_value(&mut label, value);
        label.push(b'"');
        for (syntax, read) in
            [(Syntax::Text, read_text as fn(&str) -> _), (Syntax::OpenMetrics, read_openmetrics)]
        {
            let text = text_of(syntax, |encoder| encoder.family(&BURN).integer(&[&label], 1));
            let exposition = read(&text);
            assert_eq!(exposition.samples.len(), 1);
            assert_eq!(exposition.samples[0].labels["x"], value);
        }
    }
}

#[test]
fn every_text_reads_back_as_the_help_it_was() {
    static HOSTILE: [Family; 6] = [
        Family { help: "\\", ..BURN },
        Family { help: "\"quoted\"", ..BURN },
        Family { help: "two\nlines", ..BURN },
        Family { help: "a\\nb", ..BURN },
        Family { help: "nul \0", ..BURN },
        Family { help: "\u{1F980} four bytes", ..BURN },
    ];
    for family in &HOSTILE {
        for (syntax, read) in
            [(Syntax::Text, read_text as fn(&str) -> _), (Syntax::OpenMetrics, read_openmetrics)]
        {
            let text = text_of(syntax, |encoder| encoder.family(family).integer(&[], 1));
            assert_eq!(read(&text).help("checkout_burn"), Some(family.help));
        }
    }
}

#[test]
#[should_panic(expected = "buckets descend")]
fn the_strict_reader_sees_descending_buckets() {
    read_text("# TYPE a histogram\na_bucket{le=\"0.1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n");
}

#[test]
#[should_panic(expected = "twice")]
fn the_strict_reader_sees_a_series_that_comes_twice() {
    read_text("# TYPE a gauge\na{x=\"1\"} 2\na{x=\"1\"} 1\n");
}

/// Values of one exposition.
#[derive(Clone, Debug)]
struct Values {
    integers: [u64; 4],
    sum_ns: u128,
    burn: [Option<f64>; 2],
    has_errors: bool,
    exemplars: Vec<Exemplar>,
}

fn values() -> impl Strategy<Value = Values> {
    let integer = || prop_oneof![0..12_u64, 95..105_u64, Just(u64::MAX), any::<u64>()];
    let sum_ns =
        prop_oneof![0..20_000_000_000_u128, Just(9_999_999_999), Just(u64::MAX.into()), any::<u128>()];
    let burn =
        || option::of(prop_oneof![Just(0.5), Just(14.4), Just(1.0 / 3.0), Just(f64::NAN), any::<f64>()]);
    let integers = [integer(), integer(), integer(), integer()];
    let exemplar = (0..3_000_000_000_u64, option::of(0..2_000_000_000_000_u64));
    let exemplar =
        exemplar.prop_map(|(value_ns, unix_time_ns)| Exemplar { value_ns, unix_time_ns, ..EXEMPLAR });
    let all = (integers, sum_ns, [burn(), burn()], any::<bool>(), vec(exemplar, 0..3));
    all.prop_map(|(integers, sum_ns, burn, has_errors, exemplars)| Values {
        integers,
        sum_ns,
        burn,
        has_errors,
        exemplars,
    })
}

fn write_values(encoder: &mut Encoder<'_>, values: &Values, edges: &Edges) {
    let [count, cumulative @ ..] = &values.integers;
    let (sum_ns, exemplars) = (values.sum_ns, values.exemplars.as_slice());
    let distribution = Distribution { edges, cumulative, count: *count, sum_ns, exemplars };
    let mut requests = encoder.family(&REQUESTS);
    values.integers.iter().for_each(|value| requests.integer(&[b"slo=\"pay\""], *value));
    let mut burn = encoder.family(&BURN);
    values.burn.iter().for_each(|rate| burn.float_if_any(&[b"slo=\"pay\""], *rate));
    let mut latency = encoder.family(&LATENCY);
    latency.histogram(&[b"outcome=\"ok\""], &distribution);
    latency.depends_on(values.has_errors);
    if values.has_errors {
        latency.histogram(&[b"outcome=\"error\""], &distribution);
    }
    encoder.family(&BURN).float(&[], values.burn[0].unwrap_or(1.5));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_sheet_that_is_written_again_is_like_a_new_one(steps in vec(values(), 1..20)) {
        let edges = Edges::new(std::vec![5_000_000, 100_000_000, 2_500_000_000]);
        for syntax in [Syntax::Text, Syntax::OpenMetrics] {
            let mut kept = Sheet::default();
            for values in &steps {
                let mut write = || {
                    let mut encoder = Encoder::new(&mut kept, syntax);
                    write_values(&mut encoder, values, &edges);
                    encoder.finish()
                };
                prop_assert!(write() || write(), "from the beginning there is nothing to differ from");
                let fresh = text_of(syntax, |encoder| write_values(encoder, values, &edges));
                prop_assert_eq!(std::str::from_utf8(kept.text()).unwrap(), fresh);
            }
        }
    }

    #[test]
    fn a_sheet_keeps_its_place_while_values_keep_their_length(counts in vec(100..1_000_u64, 1..20)) {
        let mut sheet = Sheet::default();
        let mut places = std::collections::HashSet::new();
        for count in counts {
            let mut encoder = Encoder::new(&mut sheet, Syntax::Text);
            encoder.family(&REQUESTS).integer(&[], count);
            prop_assert!(encoder.finish());
            places.insert(sheet.text().as_ptr());
        }
        prop_assert_eq!(places.len(), 1);
    }
}
