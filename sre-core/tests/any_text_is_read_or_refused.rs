//! Texts and numbers from outside: any is accepted as what it says or refused, and what is accepted reads back.

use std::time::Duration;

use proptest::prelude::*;
use sre_core::slo::Period;
use sre_core::units::{Target, duration_text, parse_duration};
use sre_core::{Error, Objective, Sli};

mod mutate;

use mutate::{edits, mutated};

/// Any text, and texts that look like what is read.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        "([0-9]{1,30}(w|d|h|m|s|ms|us|ns)?){0,4}",
        " ?(day|week|month|quarter|year)( [A-Z][a-z]{2,8}/[A-Z][a-z]{2,8})? ?",
    ]
}

fn valid() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<Duration>().prop_map(duration_text),
        (0_u64..100, 0_u64..100).prop_map(|(hours, millis)| format!("{hours}h{millis}ms")),
        Just("30d".to_owned()),
        Just("month Europe/Berlin".to_owned()),
    ]
}

fn damaged() -> impl Strategy<Value = String> {
    let bytes = (valid(), edits()).prop_map(|(text, edits)| mutated(text.into_bytes(), &edits));
    bytes.prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn check_duration(text: &str) -> Result<(), TestCaseError> {
    match parse_duration(text) {
        Ok(duration) => prop_assert_eq!(parse_duration(&duration_text(duration)), Ok(duration)),
        Err(error) => prop_assert_eq!(error, Error::DurationText { text: text.into() }),
    }
    Ok(())
}

fn check_period(text: &str) -> Result<(), TestCaseError> {
    if let Ok(period) = text.parse::<Period>() {
        let written = period.to_string();
        prop_assert_eq!(written.parse::<Period>().map(|period| period.to_string()), Ok(written));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_duration_reads_back(seconds: u64, nanos in 0_u32..1_000_000_000, trailing_zeros in 0_u32..10) {
        let nanos = nanos / 10_u32.pow(trailing_zeros) * 10_u32.pow(trailing_zeros);
        let duration = Duration::new(seconds, nanos);
        prop_assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
    }

    #[test]
    fn any_text_is_a_duration_or_none(text in texts(), damaged in damaged()) {
        check_duration(&text)?;
        check_duration(&damaged)?;
    }

    #[test]
    fn any_text_is_a_period_or_none(text in texts(), damaged in damaged()) {
        check_period(&text)?;
        check_period(&damaged)?;
    }

    #[test]
    fn any_number_is_a_target_or_none(bits: u64, near in -2.0..2.0_f64) {
        for value in [f64::from_bits(bits), near, near * 1e-9, 1.0 - near * 1e-9] {
            match Target::try_new(value) {
                Ok(target) => {
                    prop_assert!((1..1_000_000_000).contains(&target.ppb()), "{value}: {target}");
                    prop_assert!((target.ratio() - value).abs() <= 0.6e-9, "{value}: {target}");
                    prop_assert_eq!(Target::try_new(target.ratio()), Ok(target));
                }
                Err(error) => {
                    prop_assert!(!(1e-9..=1.0 - 1e-9).contains(&value), "{value}");
                    prop_assert!(matches!(error, Error::Target { .. }), "{error}");
                }
            }
            let _ = Objective::try_latency(value, Duration::from_millis(1));
        }
    }

    #[test]
    fn any_threshold_is_one_or_none(duration: Duration) {
        let is_one = !duration.is_zero() && duration <= Duration::from_secs(86_400);
        prop_assert_eq!(Objective::try_latency(0.9, duration).is_ok(), is_one);
    }

    #[test]
    fn any_text_is_a_name_or_none(name in "\\PC{0,140}|[a-z0-9._-]{0,140}") {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let bytes = name.as_bytes();
        let is_name = (1..=120).contains(&bytes.len())
            && bytes.iter().copied().all(fits)
            && [bytes[0], bytes[bytes.len() - 1]].iter().all(u8::is_ascii_alphanumeric);
        // Names are kept for the life of the process, so few are accepted here: most are refused.
        match Sli::try_new(&name) {
            Ok(sli) => prop_assert!(is_name && sli.name() == name),
            Err(Error::SliName { value }) => prop_assert!(!is_name && name.starts_with(&value)),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}
