//! Functions whose work is done by a future.

use std::future::ready;
use std::num::ParseIntError;
use std::pin::Pin;

use slo::{Sli, sli};

static FUTURES: Sli = Sli::new("futures");

/// An `async fn` with `?` and `return`.
///
/// # Errors
///
/// When `text` is no number.
#[sli(FUTURES, crate = slo)]
pub async fn later(text: &str) -> Result<u32, ParseIntError> {
    if text.is_empty() {
        return Ok(0);
    }
    let number = text.parse()?;
    ready(Ok(number)).await
}

/// A closure out of an `async fn`.
#[sli(FUTURES, always_ok, crate = slo)]
pub async fn matcher(word: &str) -> impl Fn(&str) -> bool {
    move |text| text.contains(word)
}

/// `impl Future`.
#[sli(FUTURES, crate = slo)]
pub fn opaque(number: u32) -> impl Future<Output = Option<u32>> + Send {
    async move { Some(ready(number).await) }
}

/// `Pin<Box<dyn Future>>`.
#[sli(FUTURES, crate = slo)]
#[must_use]
pub fn boxed(text: &str) -> Pin<Box<dyn Future<Output = Result<u32, ParseIntError>> + Send + '_>> {
    let trimmed = text.trim();
    Box::pin(async move {
        let number = trimmed.parse()?;
        Ok(ready(number).await)
    })
}

macro_rules! none_for {
    ($number:expr) => {
        if $number == 0 {
            return Box::pin(ready(None));
        }
    };
}

/// A box that a macro returns.
#[sli(FUTURES, crate = slo)]
#[must_use]
pub fn erased(number: u32) -> Pin<Box<dyn Future<Output = Option<u32>>>> {
    none_for!(number);
    Box::pin(async move { Some(number) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{block_on, counts};

    #[test]
    fn futures_of_every_form_are_counted_when_they_are_done() {
        drop((later("1"), matcher("x"), opaque(1), boxed("1"), erased(1)));
        counts(&FUTURES, [0; 3]);
        assert_eq!((block_on(later("")), block_on(later("2"))), (Ok(0), Ok(2)));
        assert!(block_on(later("x")).is_err());
        assert!(block_on(matcher("x"))("xy"));
        assert_eq!(block_on(opaque(1)), Some(1));
        counts(&FUTURES, [4, 1, 0]);
        assert_eq!(block_on(boxed(" 1 ")), Ok(1));
        assert!(block_on(boxed("x")).is_err());
        assert_eq!((block_on(erased(0)), block_on(erased(1))), (None, Some(1)));
        counts(&FUTURES, [7, 2, 0]);
    }
}
