//! Pure. From what a function returned to what happened.

use std::process::{ExitCode, ExitStatus, Output};
use std::rc::Rc;
use std::sync::Arc;

use super::Outcome;

/// Types that know what they mean for an SLI: errors that are the caller's fault, statuses that are failures.
///
/// `#[derive(Outcome)]` writes it from one word per variant; by hand it is one `match`. The attribute
/// `#[sli]` finds it on what a function returns, in this order:
///
/// 1. `ok_if`, `error_if`, `ignore_if` or `always_ok` of the attribute,
/// 2. `Result<T, E>`: an `Err` is what `E: Classify` says, else an error; an `Ok` is what `T: Classify` says,
///    else ok,
/// 3. any other `T: Classify`,
/// 4. everything else is ok.
///
/// In a generic function a type parameter counts as `Classify` only where a bound says so.
///
/// # Examples
///
/// ```
/// use sre_core::sli::{Classify, Outcome};
///
/// enum LoginError {
///     WrongPassword,
///     DatabaseGone,
/// }
///
/// impl Classify for LoginError {
///     fn classify(&self) -> Outcome {
///         match self {
///             Self::WrongPassword => Outcome::Ignored,
///             Self::DatabaseGone => Outcome::Error,
///         }
///     }
/// }
///
/// assert_eq!(LoginError::WrongPassword.classify(), Outcome::Ignored);
/// assert_eq!(LoginError::DatabaseGone.classify(), Outcome::Error);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it means for an SLI",
    label = "this type is not `Classify`",
    note = "write `#[derive(sre_core::Outcome)]` on it, or implement `sre_core::sli::Classify`"
)]
pub trait Classify {
    /// What happened, judged from this value alone.
    ///
    /// Called once per recorded call, on the caller's thread: it should neither block nor allocate.
    #[must_use]
    fn classify(&self) -> Outcome;
}

/// An outcome means itself.
impl Classify for Outcome {
    #[inline]
    fn classify(&self) -> Outcome {
        *self
    }
}

/// Never happens, so that `Result<Response, Infallible>` is judged by its response.
impl Classify for core::convert::Infallible {
    #[inline]
    fn classify(&self) -> Outcome {
        match *self {}
    }
}

/// Success is ok, anything else an error.
impl Classify for ExitStatus {
    fn classify(&self) -> Outcome {
        ok_or_error(self.success())
    }
}

/// [`ExitCode::SUCCESS`] is ok, anything else an error.
impl Classify for ExitCode {
    fn classify(&self) -> Outcome {
        ok_or_error(*self == Self::SUCCESS)
    }
}

/// The exit status decides, not what was printed.
impl Classify for Output {
    fn classify(&self) -> Outcome {
        self.status.classify()
    }
}

macro_rules! through_pointers {
    ($($pointer:ty),+) => {$(
        /// What it points to decides.
        impl<T: Classify + ?Sized> Classify for $pointer {
            #[inline]
            fn classify(&self) -> Outcome {
                (**self).classify()
            }
        }
    )+};
}

through_pointers!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

/// 5xx, 408 and 429 are errors, any other 4xx is ignored, the rest is ok.
///
/// 408 (the request took too long) and 429 (the service turned it away) are the two 4xx answers that tell of
/// the service rather than of the caller.
#[cfg(feature = "http")]
impl Classify for http::StatusCode {
    #[inline]
    fn classify(&self) -> Outcome {
        match self.as_u16() {
            408 | 429 | 500.. => Outcome::Error,
            400..500 => Outcome::Ignored,
            _ => Outcome::Ok,
        }
    }
}

/// The status decides; the body may still fail later, which only an SLI of its own can see.
#[cfg(feature = "http")]
impl<B> Classify for http::Response<B> {
    #[inline]
    fn classify(&self) -> Outcome {
        self.status().classify()
    }
}

#[cfg(feature = "http")]
macro_rules! answers {
    ($($part:ident),+) => {
        /// A status in front of other parts, as web frameworks take an answer: the status decides.
        impl<$($part),+> Classify for (http::StatusCode, $($part),+) {
            #[inline]
            fn classify(&self) -> Outcome {
                self.0.classify()
            }
        }
    };
}

#[cfg(feature = "http")]
answers!(A);
#[cfg(feature = "http")]
answers!(A, B);
#[cfg(feature = "http")]
answers!(A, B, C);

const fn ok_or_error(is_ok: bool) -> Outcome {
    if is_ok { Outcome::Ok } else { Outcome::Error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_other_than_success_are_errors() {
        assert_eq!(ExitCode::SUCCESS.classify(), Outcome::Ok);
        assert_eq!(ExitCode::FAILURE.classify(), Outcome::Error);
        assert_eq!(ExitCode::from(3).classify(), Outcome::Error);
    }

    #[test]
    fn exit_statuses_other_than_success_are_errors() {
        assert_eq!(ExitStatus::default().classify(), Outcome::Ok);
        let output = Output { status: ExitStatus::default(), stdout: Vec::new(), stderr: b"oops".to_vec() };
        assert_eq!(output.classify(), Outcome::Ok);
    }

    #[test]
    fn pointers_mean_what_they_point_to() {
        assert_eq!((&&Outcome::Ignored).classify(), Outcome::Ignored);
        assert_eq!(Box::new(Outcome::Error).classify(), Outcome::Error);
        assert_eq!(Arc::new(Outcome::Error).classify(), Outcome::Error);
        let erased: Box<dyn Classify> = Box::new(Outcome::Ignored);
        assert_eq!(erased.classify(), Outcome::Ignored);
    }

    #[cfg(feature = "http")]
    #[test]
    fn statuses_blame_the_caller_for_4xx_but_408_and_429() {
        #[track_caller]
        fn check(status: u16, expected: Outcome) {
            let status = http::StatusCode::from_u16(status).unwrap();
            assert_eq!(status.classify(), expected, "{status}");
            assert_eq!(http::Response::builder().status(status).body(()).unwrap().classify(), expected);
            assert_eq!((status, "body").classify(), expected);
            assert_eq!((status, [("name", "value")], "body").classify(), expected);
        }
        for (status, expected) in [
            (100, Outcome::Ok),
            (200, Outcome::Ok),
            (304, Outcome::Ok),
            (399, Outcome::Ok),
            (400, Outcome::Ignored),
            (404, Outcome::Ignored),
            (407, Outcome::Ignored),
            (408, Outcome::Error),
            (409, Outcome::Ignored),
            (429, Outcome::Error),
            (499, Outcome::Ignored),
            (500, Outcome::Error),
            (599, Outcome::Error),
            (999, Outcome::Error),
        ] {
            check(status, expected);
        }
    }
}
