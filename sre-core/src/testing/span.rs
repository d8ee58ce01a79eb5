//! Pure. Lengths of time in a scenario: a `Duration`, or its text.

use core::time::Duration;

use crate::units::parse_duration;

/// A length of time: a [`Duration`], or a text such as `"12m"` or `"1h30m"`, as attributes take it.
///
/// # Panics
///
/// Functions that take one panic at the caller's line when the text is none, and where whole seconds are needed, when
/// there are others: a scenario is made of seconds.
pub trait Span: private::Sealed {
    /// The length.
    fn into_duration(self) -> Duration;
}

mod private {
    #[expect(unnameable_types, reason = "sealed")]
    pub trait Sealed {}
    impl Sealed for core::time::Duration {}
    impl Sealed for &str {}
}

impl Span for Duration {
    fn into_duration(self) -> Duration {
        self
    }
}

impl Span for &str {
    #[track_caller]
    #[expect(clippy::panic, reason = "a text that is no duration is a fault of the test")]
    fn into_duration(self) -> Duration {
        match parse_duration(self) {
            Ok(duration) => duration,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Whole seconds of a scenario.
#[track_caller]
pub(super) fn seconds(span: impl Span) -> u64 {
    let duration = span.into_duration();
    assert!(duration.subsec_nanos() == 0, "a scenario is made of whole seconds, and {duration:?} is not");
    duration.as_secs()
}

/// A share of calls.
#[track_caller]
pub(super) fn share_of_calls(share: f64) -> f64 {
    assert!((0.0..=1.0).contains(&share), "a share lies between 0 and 1, and {share} does not: 5 % are 0.05");
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_durations_are_alike() {
        assert_eq!(seconds("1h30m"), seconds(Duration::from_secs(5_400)));
        assert_eq!("250ms".into_duration(), Duration::from_millis(250));
    }

    #[test]
    #[should_panic(expected = "12 minutes")]
    fn a_text_that_is_no_duration_is_refused() {
        seconds("12 minutes");
    }

    #[test]
    #[should_panic(expected = "whole seconds")]
    fn half_a_second_is_no_time_of_a_scenario() {
        seconds("500ms");
    }
}
