//! Pure. How a call ends, in one word each: the verbs of every kind of call.

/// The verbs of a call, by way of its `finish`.
macro_rules! endings {
    () => {
        /// It did what the caller asked for.
        #[inline]
        pub fn ok(self) {
            self.finish(Outcome::Ok);
        }

        /// It failed, and the service is to blame.
        #[inline]
        pub fn error(self) {
            self.finish(Outcome::Error);
        }

        /// It says nothing about the service, such as a mistake of the caller.
        #[inline]
        pub fn ignore(self) {
            self.finish(Outcome::Ignored);
        }

        /// It ended without an answer, for this reason.
        #[inline]
        pub fn abandon(self, cause: Abandoned) {
            self.finish(Outcome::Abandoned(cause));
        }
    };
}

pub(crate) use endings;

use crate::sli::Abandoned;

/// Why a call was dropped without a word.
pub(crate) fn cause_of_drop() -> Abandoned {
    if std::thread::panicking() { Abandoned::Panicked } else { Abandoned::Cancelled }
}
