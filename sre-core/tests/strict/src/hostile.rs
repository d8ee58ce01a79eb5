//! A module in which nothing is what it is called: modules, types, traits, functions, constants and macros have the
//! names that macro output is tempted to write.
#![allow(unused_macros, dead_code, reason = "only the names matter")]
#![allow(
    non_upper_case_globals,
    non_snake_case,
    non_camel_case_types,
    clippy::upper_case_acronyms,
    reason = "only the names matter"
)]

macro_rules! concat {
    ($($tokens:tt)*) => {
        compile_error!("not the macro of the user")
    };
}
macro_rules! file {
    ($($tokens:tt)*) => {
        concat!()
    };
}
macro_rules! line {
    ($($tokens:tt)*) => {
        concat!()
    };
}
macro_rules! module_path {
    ($($tokens:tt)*) => {
        concat!()
    };
}
macro_rules! stringify {
    ($($tokens:tt)*) => {
        concat!()
    };
}
macro_rules! env {
    ($($tokens:tt)*) => {
        concat!()
    };
}

pub(crate) mod names {
    mod core {}
    mod std {}
    mod alloc {}
    mod linkme {}
    mod sre_core {}
    mod slo {}

    struct Result;
    struct Option;
    struct Box;
    struct String;
    struct Vec;
    struct Future;
    struct Pin;
    struct Duration;
    struct Sli;
    struct Objective;
    struct Outcome;
    struct Named;
    struct Probe;
    struct u64;
    struct u32;
    struct u8;
    struct usize;
    struct bool;
    struct str;
    struct f64;

    trait Send {}
    trait Fn {}
    trait FnOnce {}
    trait FnMut {}
    trait AsRef {}
    trait Into {}
    trait Drop {}
    trait Classify {}
    trait Labels {}
    trait LabelValue {}

    const fn drop() {}
    const fn Ok() {}
    const fn Err() {}
    const fn Some() {}

    const call: () = ();
    const result: () = ();
    const outcome: () = ();
    const future: () = ();
    const inner: () = ();
    const seed: () = ();
    const values: () = ();
    const visitor: () = ();
    const reader: () = ();
    const NAMED: () = ();
    const PATH: () = ();
    const DOTTED: () = ();
    const None: () = ();

    static CHECKOUT: ::slo::Sli = ::slo::Sli::new("hostile");

    /// Which way.
    #[derive(Debug, ::slo::Labels)]
    #[label(crate = ::slo)]
    pub(super) enum Kind {
        Only,
    }

    /// Labels of every form.
    #[derive(Debug, ::slo::Labels)]
    #[label(crate = ::slo)]
    pub(super) struct Row<'a> {
        pub(super) kind: Kind,
        pub(super) number: ::core::primitive::u16,
        pub(super) text: &'a ::core::primitive::str,
    }

    /// What may go wrong.
    #[non_exhaustive]
    #[derive(Debug, ::slo::Outcome)]
    #[outcome(ignored, crate = ::slo)]
    pub enum Slip {
        /// Of the caller.
        Small,
        /// Somebody waited.
        #[outcome(timed_out)]
        Slow,
        /// As the other says.
        #[outcome(delegate)]
        Other(::slo::Outcome),
    }

    /// A static, a result, the derive.
    ///
    /// # Errors
    ///
    /// Always.
    #[::slo::sli(CHECKOUT, crate = ::slo)]
    pub fn judged(slip: Slip) -> ::core::result::Result<(), Slip> {
        ::core::result::Result::Err(slip)
    }

    /// Everything written on the spot, a predicate included.
    #[::slo::sli(
        availability = 0.9,
        latency(0.9, "1s"),
        period = "month",
        abandoned(bad_after = "2s"),
        ok_if = |number| *number > 0,
        ignore_if = |number| *number == 7,
        crate = ::slo
    )]
    #[must_use]
    pub fn inline(number: ::core::primitive::i32) -> ::core::primitive::i32 {
        number
    }

    /// The hidden static of an `async fn`.
    #[::slo::sli(name = "hostile-waiting", crate = ::slo)]
    pub async fn waiting(number: ::core::primitive::i32) -> ::core::primitive::i32 {
        ::core::future::ready(number).await
    }

    /// A box from elsewhere, a future under its trait, a closure.
    #[derive(Debug)]
    pub(super) struct Forms;

    #[::slo::sli(CHECKOUT, always_ok, crate = ::slo)]
    impl Forms {
        pub(super) fn boxed(
            &self,
        ) -> ::core::pin::Pin<
            ::std::boxed::Box<dyn ::core::future::Future<Output = ::core::primitive::i32> + '_>,
        > {
            ::std::boxed::Box::pin(::core::future::ready(1))
        }

        pub(super) fn opaque(&self) -> impl ::core::future::Future<Output = ::core::primitive::i32> {
            ::core::future::ready(1)
        }

        pub(super) fn closure(
            &self,
        ) -> impl ::core::ops::Fn(&::core::primitive::str) -> ::core::primitive::bool {
            |text| text.is_empty()
        }
    }

    #[cfg(test)]
    pub(super) static SLI: &::slo::Sli = &CHECKOUT;
}

#[cfg(test)]
mod tests {
    use slo::sli::Abandoned;
    use slo::{Labels as _, Outcome};

    use super::names::{Forms, Kind, Row, SLI, Slip, inline, judged, waiting};
    use crate::check::{block_on, counts, is_known};

    #[test]
    fn names_of_the_user_do_not_come_between() {
        for slip in [Slip::Small, Slip::Slow, Slip::Other(Outcome::Error)] {
            assert!(judged(slip).is_err());
        }
        counts(SLI, [0, 1, 1]);
        assert_eq!(SLI.count(Outcome::Abandoned(Abandoned::TimedOut)), 1);
        assert_eq!(inline(7) + block_on(waiting(1)), 8);
        assert_eq!(block_on(Forms.boxed()) + block_on(Forms.opaque()), 2);
        assert!(Forms.closure()(""));
        counts(SLI, [3, 1, 1]);
        let row = Row { kind: Kind::Only, number: 7, text: "x" };
        assert!(row.matches(&["only", "7", "x"]));
        is_known("strict.hostile.names.inline");
        is_known("hostile-waiting");
    }
}
