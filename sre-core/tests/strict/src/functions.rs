//! Functions of every form.

use std::fmt::{Debug, Display};
use std::num::ParseIntError;

use slo::{Sli, sli};

static PARSE: Sli = Sli::new("parse");

/// `?`, an early `return`, and a closure with its own.
///
/// # Errors
///
/// When one of `words` is no number.
#[sli(PARSE, crate = slo)]
pub fn parse(words: &[&str]) -> Result<Vec<u32>, ParseIntError> {
    let Some((first, rest)) = words.split_first() else { return Ok(Vec::new()) };
    let mut numbers = vec![first.parse()?];
    let parse = |word: &&str| -> Result<u32, ParseIntError> {
        if word.is_empty() {
            return Ok(0);
        }
        word.parse()
    };
    for word in rest {
        numbers.push(parse(word)?);
    }
    Ok(numbers)
}

/// Lifetimes, elided and written.
#[sli(crate = slo)]
#[must_use]
pub fn first<'a>(text: &'a str, separator: &str) -> Option<&'a str> {
    text.split(separator).next()
}

/// Type parameters and `const` generics.
#[sli(name = "rows", availability = 0.9, latency(0.9, "1s"), period = "7d", crate = slo)]
pub fn rows<T, const N: usize>(value: &T, label: impl Display) -> [(T, String); N]
where
    T: Clone + Debug,
{
    std::array::from_fn(|_| (value.clone(), label.to_string()))
}

static ADDER: Sli = Sli::new("adder");

/// `impl Trait` in return position, with a closure that the signature types.
#[sli(ADDER, always_ok, crate = slo)]
pub fn adder(by: usize) -> impl Fn(&str) -> usize + Clone {
    move |text| text.len() + by
}

static FOREVER: Sli = Sli::new("forever");

/// Never returns.
#[sli(FOREVER, crate = slo)]
pub fn forever(reason: &str) -> ! {
    panic!("{reason}")
}

static EXPORTED: Sli = Sli::new("exported");

/// Called from C.
#[sli(EXPORTED, crate = slo)]
#[must_use]
pub extern "C" fn exported(number: u32) -> u32 {
    number.wrapping_add(1)
}

/// Nothing said at all.
#[sli(crate = slo)]
pub fn suggest() {}

#[cfg(test)]
mod tests {
    use slo::Outcome;
    use slo::sli::Abandoned;

    use super::*;
    use crate::check::{counts, is_known};

    #[test]
    fn every_way_out_of_a_function_is_counted() {
        assert_eq!(parse(&[]), Ok(Vec::new()));
        assert_eq!(parse(&["1", "", "2"]), Ok(vec![1, 0, 2]));
        assert!(parse(&["x"]).is_err() && parse(&["1", "x"]).is_err());
        counts(&PARSE, [2, 2, 0]);
    }

    #[test]
    fn functions_of_every_form_keep_their_types() {
        assert_eq!(first("a-b", "-"), Some("a"));
        assert_eq!(rows::<u8, 2>(&1, 'x'), [(1, "x".to_owned()), (1, "x".to_owned())]);
        assert_eq!(adder(1).clone()("ab"), 3);
        let pointer: extern "C" fn(u32) -> u32 = exported;
        assert_eq!(pointer(1), 2);
        suggest();
        counts(&ADDER, [1, 0, 0]);
        counts(&EXPORTED, [1, 0, 0]);
        for name in ["strict.functions.first", "rows", "strict.functions.suggest"] {
            is_known(name);
        }
    }

    #[test]
    fn a_function_that_never_returns_is_counted_when_it_panics() {
        assert!(std::panic::catch_unwind(|| forever("on purpose")).is_err());
        assert_eq!(FOREVER.count(Outcome::Abandoned(Abandoned::Panicked)), 1);
    }
}
