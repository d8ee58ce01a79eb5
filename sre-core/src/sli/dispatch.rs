//! Hot. How the output of `#[sli]` finds what a return value means, for concrete types only.
//!
//! The attribute writes `(&&&&&&Probe(&result)).sre_outcome()`. Method lookup tries the type as written and then
//! takes references off, one by one, so the trait with the most references wins among those that apply. All
//! of it is decided while the user's crate is compiled and leaves a comparison or nothing at all.
//!
//! Nothing here is public API: in a generic function the answer depends on the bounds that are written there,
//! which is fine for an attribute that documents it and wrong for a trait that others build on.

use core::future::Future;

use super::{Call, Classify, Outcome};

/// What a function returned, waiting to be judged.
#[derive(Debug)]
pub struct Probe<'a, T>(pub &'a T);

/// Futures are refused: they would be judged, and timed, before they ran.
pub trait OfFuture {
    /// Does not compile, and says what to write.
    fn sre_outcome(&self) -> Outcome
    where
        Self: Visible;
}

/// Held by no type.
#[diagnostic::on_unimplemented(
    message = "this function returns a future under a type that `#[sli]` cannot look into",
    note = "to measure the work of the future, make the function an `async fn` or write its return type as `impl Future<Output = ..>` or `Pin<Box<dyn Future<Output = ..>>>`",
    note = "to measure only how the future is made, write `#[sli(.., always_ok)]`"
)]
pub trait Visible {}

impl<T: Future> OfFuture for &&&&&&Probe<'_, T> {
    #[inline]
    fn sre_outcome(&self) -> Outcome
    where
        Self: Visible,
    {
        Outcome::Ok
    }
}

/// Both sides of a result know what they mean.
pub trait OfBoth {
    /// What happened.
    fn sre_outcome(&self) -> Outcome;
}

impl<T: Classify, E: Classify> OfBoth for &&&&&Probe<'_, Result<T, E>> {
    #[inline]
    fn sre_outcome(&self) -> Outcome {
        match self.0 {
            Ok(value) => value.classify(),
            Err(error) => error.classify(),
        }
    }
}

/// The error of a result knows what it means.
pub trait OfError {
    /// What happened.
    fn sre_outcome(&self) -> Outcome;
}

impl<T, E: Classify> OfError for &&&&Probe<'_, Result<T, E>> {
    #[inline]
    fn sre_outcome(&self) -> Outcome {
        match self.0 {
            Ok(_) => Outcome::Ok,
            Err(error) => error.classify(),
        }
    }
}

/// The value of a result knows what it means, its error does not.
pub trait OfValue {
    /// What happened.
    fn sre_outcome(&self) -> Outcome;
}

impl<T: Classify, E> OfValue for &&&Probe<'_, Result<T, E>> {
    #[inline]
    fn sre_outcome(&self) -> Outcome {
        match self.0 {
            Ok(value) => value.classify(),
            Err(_) => Outcome::Error,
        }
    }
}

/// The whole value knows what it means.
pub trait OfWhole {
    /// What happened.
    fn sre_outcome(&self) -> Outcome;
}

impl<T: Classify> OfWhole for &&Probe<'_, T> {
    #[inline]
    fn sre_outcome(&self) -> Outcome {
        self.0.classify()
    }
}

/// A result of which nothing more is known.
pub trait OfResult {
    /// What happened.
    fn sre_outcome(&self) -> Outcome;
}

impl<T, E> OfResult for &Probe<'_, Result<T, E>> {
    #[inline]
    fn sre_outcome(&self) -> Outcome {
        if self.0.is_ok() { Outcome::Ok } else { Outcome::Error }
    }
}

/// Anything else.
pub trait OfAnything {
    /// Ok.
    fn sre_outcome(&self) -> Outcome;
}

impl<T> OfAnything for Probe<'_, T> {
    #[inline]
    fn sre_outcome(&self) -> Outcome {
        Outcome::Ok
    }
}

/// Runs the body of a function, so that `return` and `?` end there and not past the recording.
///
/// A closure called on the spot would be inferred as `FnMut`, from which `&mut self -> Option<&mut T>` cannot
/// hand out its borrow; the bound here makes it `FnOnce`.
#[inline(always)]
pub fn run<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// A call that is ok as soon as the function returns, however it does, and abandoned when it panics.
///
/// For bodies that must stay where they are: in a closure the compiler no longer knows that a returned `|s| ..` is
/// the `impl Fn(&str)` of the signature. Nothing looks at the value, so only `always_ok` can end this way.
#[derive(Debug)]
#[must_use = "a call that is dropped at once ends at once"]
pub struct OkAtReturn<'a> {
    call: Option<Call<'a>>,
    /// Whether the thread unwinds since before the call, which then is one of a destructor.
    was_panicking: bool,
}

impl<'a> OkAtReturn<'a> {
    /// From here to the end of the function.
    #[inline]
    pub fn new(call: Call<'a>) -> Self {
        Self { call: Some(call), was_panicking: std::thread::panicking() }
    }
}

impl Drop for OkAtReturn<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(call) = self.call.take_if(|_| self.was_panicking || !std::thread::panicking()) {
            call.ok();
        }
    }
}

/// Gives an async block its return type: `if false { return never::<R>() }`.
#[inline]
pub fn never<R>() -> R {
    #[expect(clippy::empty_loop, reason = "never called; a panic would bring code along")]
    loop {}
}

/// Asks a predicate of the attribute; fixes the type of its argument before the closure is looked at.
#[inline(always)]
pub fn holds<T: ?Sized>(value: &T, predicate: impl FnOnce(&T) -> bool) -> bool {
    predicate(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the attribute writes.
    macro_rules! outcome {
        ($value:expr) => {{
            #[allow(unused_imports, reason = "each type needs one of them")]
            use super::{OfAnything, OfBoth, OfError, OfFuture, OfResult, OfValue, OfWhole};
            (&&&&&&Probe(&$value)).sre_outcome()
        }};
    }

    struct Plain;

    struct Slip;

    impl Classify for Slip {
        fn classify(&self) -> Outcome {
            Outcome::Ignored
        }
    }

    #[test]
    fn a_classified_error_decides_its_result() {
        assert_eq!(outcome!(Err::<Plain, Slip>(Slip)), Outcome::Ignored);
        assert_eq!(outcome!(Ok::<Plain, Slip>(Plain)), Outcome::Ok);
    }

    #[test]
    fn a_classified_value_decides_its_result() {
        assert_eq!(outcome!(Ok::<Slip, Plain>(Slip)), Outcome::Ignored);
        assert_eq!(outcome!(Err::<Slip, Plain>(Plain)), Outcome::Error);
        assert_eq!(outcome!(Ok::<Slip, Outcome>(Slip)), Outcome::Ignored);
        assert_eq!(outcome!(Err::<Slip, Outcome>(Outcome::Ok)), Outcome::Ok);
    }

    #[test]
    fn a_classified_type_decides_for_itself() {
        assert_eq!(outcome!(Slip), Outcome::Ignored);
        assert_eq!(outcome!(&Slip), Outcome::Ignored);
        assert_eq!(outcome!(Outcome::Error), Outcome::Error);
    }

    #[test]
    fn any_other_result_is_an_error_when_it_is_err() {
        assert_eq!(outcome!(Err::<Plain, Plain>(Plain)), Outcome::Error);
        assert_eq!(outcome!(Ok::<Plain, Plain>(Plain)), Outcome::Ok);
    }

    #[test]
    fn everything_else_is_ok() {
        assert_eq!(outcome!(()), Outcome::Ok);
        assert_eq!(outcome!(None::<Slip>), Outcome::Ok);
        assert_eq!(outcome!(Plain), Outcome::Ok);
        assert_eq!(outcome!("text"), Outcome::Ok);
    }

    #[test]
    fn type_parameters_count_by_their_bounds() {
        fn bounded<E: Classify>(error: E) -> Outcome {
            let result = Err::<(), E>(error);
            outcome!(result)
        }
        fn unbounded<E>(error: E) -> Outcome {
            let result = Err::<(), E>(error);
            outcome!(result)
        }
        assert_eq!(bounded(Slip), Outcome::Ignored);
        assert_eq!(unbounded(Slip), Outcome::Error);
    }
}
