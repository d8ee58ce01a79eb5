//! `#[sli]` changes neither signature nor behaviour of what it stands on, and counts every way out of it.

#![cfg(feature = "macros")]
#![forbid(unsafe_code)]
#![deny(warnings, clippy::all, clippy::pedantic)]
#![deny(elided_lifetimes_in_paths, unreachable_pub, unused_qualifications, missing_debug_implementations)]

use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use sre_core::sli::Abandoned;
use sre_core::{Outcome, Sli, sli};

/// Polls until ready; nothing here waits for anything.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

/// Pending once, so that a future can be dropped halfway.
async fn pause() {
    let mut is_first = true;
    std::future::poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) })
        .await;
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[track_caller]
fn check(sli: &Sli, ok: u64, error: u64) {
    let counts = (sli.count(Outcome::Ok), sli.count(Outcome::Error));
    assert_eq!(counts, (ok, error), "ok and error of {}", sli.name());
}

mod functions {
    use super::*;

    static PLAIN: Sli = Sli::new("plain");

    #[sli(PLAIN)]
    fn plain(left: u32, right: u32) -> Result<u32, String> {
        let sum = left.checked_add(right).ok_or("too large")?;
        if sum == 7 {
            return Err("seven".to_owned());
        }
        Ok(sum)
    }

    #[test]
    fn a_plain_function_counts_results_question_marks_and_returns() {
        assert_eq!(plain(1, 2), Ok(3));
        assert_eq!(plain(u32::MAX, 2), Err("too large".to_owned()));
        assert_eq!(plain(3, 4), Err("seven".to_owned()));
        check(&PLAIN, 1, 2);
    }

    mod slo {
        pub(super) static NOTHING: sre_core::Sli = sre_core::Sli::new("nothing");
    }

    #[sli(slo::NOTHING)]
    fn nothing() {}

    #[sli(slo::NOTHING)]
    fn early(is_early: bool) {
        if is_early {
            return;
        }
        let _ = is_early;
    }

    #[test]
    fn functions_without_a_value_are_ok() {
        nothing();
        early(true);
        early(false);
        check(&slo::NOTHING, 3, 0);
    }

    static BORROWS: Sli = Sli::new("borrows");

    struct Store {
        items: Vec<String>,
    }

    impl Store {
        #[sli(BORROWS)]
        fn last_mut(&mut self) -> Option<&mut String> {
            let found = self.items.last_mut()?;
            found.push('!');
            Some(found)
        }

        #[sli(BORROWS)]
        fn longest<'a>(&'a self, other: &'a str) -> &'a str {
            self.items
                .iter()
                .map(String::as_str)
                .filter(|item| item.len() > other.len())
                .max()
                .unwrap_or(other)
        }

        #[sli(BORROWS)]
        fn into_items(self) -> Vec<String> {
            self.items
        }

        #[sli(BORROWS)]
        fn with(mut self, item: impl Into<String>) -> Self {
            self.items.push(item.into());
            self
        }
    }

    #[test]
    fn methods_lend_and_take_what_they_did_before() {
        let mut store = Store { items: Vec::new() }.with("a").with("bcd");
        if let Some(last) = store.last_mut() {
            last.push('?');
        }
        assert_eq!(store.longest("xy"), "bcd!?");
        assert_eq!(store.into_items(), ["a", "bcd!?"]);
        check(&BORROWS, 5, 0);
    }

    static LIFETIMES: Sli = Sli::new("lifetimes");

    #[derive(Clone, Copy)]
    struct Words<'text> {
        text: &'text str,
    }

    impl<'text> Words<'text> {
        /// Lives as long as the text, not as the borrow of `self`.
        #[sli(LIFETIMES)]
        fn first<'short: 'short>(&'short self, note: &'short mut Vec<&'text str>) -> Option<&'text str> {
            let word = self.text.split(' ').next()?;
            note.push(word);
            Some(word)
        }

        #[sli(LIFETIMES)]
        fn every<'a>(&'a self, pick: &'a dyn for<'b> Fn(&'b str) -> &'b str) -> Vec<&'a str> {
            self.text.split(' ').map(pick).collect()
        }

        #[sli(LIFETIMES)]
        async fn later<'a>(&'a self, other: &'a str) -> &'a str
        where
            'text: 'a,
        {
            pause().await;
            if other.is_empty() { self.text } else { other }
        }
    }

    #[test]
    fn lifetimes_stay_as_they_were_written() {
        let text = "a bc".to_owned();
        let mut note = Vec::new();
        let first = Words { text: &text }.first(&mut note);
        assert_eq!((first, note), (Some("a"), vec!["a"]));
        let words = Words { text: &text };
        assert_eq!(words.every(&|word| word.trim_start_matches('b')), ["a", "c"]);
        assert_eq!(block_on(words.later("")), "a bc");
        check(&LIFETIMES, 3, 0);
    }

    static CONSTANTS: Sli = Sli::new("const-generics");

    struct Grid<const WIDTH: usize>;

    #[sli(CONSTANTS)]
    impl<const WIDTH: usize> Grid<WIDTH> {
        fn row<const N: usize>(&self, numbers: [u8; N]) -> Result<[u8; WIDTH], [u8; N]> {
            numbers.get(..WIDTH).and_then(|row| row.try_into().ok()).ok_or(numbers)
        }

        async fn width<const EXTRA: usize>(&self) -> usize {
            pause().await;
            WIDTH + EXTRA
        }

        fn cells<const N: usize>(&self) -> Result<impl Iterator<Item = [u8; N]>, String> {
            if N == 0 {
                return Err("no cells".to_owned());
            }
            Ok((0..WIDTH).map(|_| [0; N]))
        }
    }

    #[test]
    fn const_generics_stay_as_they_were_written() {
        assert_eq!(Grid::<2>.row([1, 2, 3]), Ok([1, 2]));
        assert_eq!(Grid::<2>.row([1]), Err([1]));
        assert_eq!(block_on(Grid::<2>.width::<3>()), 5);
        assert_eq!(Grid::<2>.cells::<1>().map(Iterator::count), Ok(2));
        assert!(Grid::<2>.cells::<0>().is_err());
        check(&CONSTANTS, 3, 2);
    }

    static GENERIC: Sli = Sli::new("generic");

    #[sli(GENERIC)]
    fn generic<T, const N: usize>(value: &T) -> [T; N]
    where
        T: Clone + Debug + Default,
    {
        std::array::from_fn(|index| if index == 0 { value.clone() } else { T::default() })
    }

    #[test]
    fn a_generic_function_has_one_sli_for_all_types() {
        assert_eq!(generic::<u8, 2>(&1), [1, 0]);
        assert_eq!(generic::<String, 1>(&"a".to_owned()), ["a"]);
        check(&GENERIC, 2, 0);
    }

    static OPAQUE: Sli = Sli::new("opaque");

    #[sli(OPAQUE, always_ok)]
    fn evens<'a>(numbers: &'a [u32], note: &'a impl Display) -> impl Iterator<Item = (u32, String)> + 'a {
        numbers
            .iter()
            .filter(|number| number.is_multiple_of(2))
            .map(move |number| (*number, note.to_string()))
    }

    #[sli(OPAQUE)]
    fn maybe_evens(numbers: &[u32]) -> Result<impl Iterator<Item = &u32>, String> {
        let first = numbers.first().ok_or("empty")?;
        Ok(numbers.iter().filter(move |number| *number > first))
    }

    #[test]
    fn impl_trait_works_as_argument_and_as_return() {
        assert_eq!(evens(&[1, 2], &'x').collect::<Vec<_>>(), [(2, "x".to_owned())]);
        assert_eq!(maybe_evens(&[1, 2, 3]).map(Iterator::count), Ok(2));
        assert!(maybe_evens(&[]).is_err());
        check(&OPAQUE, 2, 1);
    }

    static LENT: Sli = Sli::new("lent");

    #[sli(LENT, always_ok)]
    fn counter() -> impl Fn(&str) -> usize {
        |text| text.len()
    }

    #[sli(LENT, always_ok)]
    fn longest() -> impl for<'a> Fn(&'a str, &'a str) -> &'a str {
        |left, right| if left.len() < right.len() { right } else { left }
    }

    #[sli(LENT, always_ok)]
    fn adders() -> impl Fn(u32) -> Box<dyn Fn(u32) -> u32> {
        |by| Box::new(move |number| number + by)
    }

    #[sli(LENT, always_ok)]
    fn parser(limit: &str) -> Result<impl Fn(&str) -> Option<u32>, std::num::ParseIntError> {
        let limit = limit.parse::<u32>()?;
        if limit == 0 {
            let Err(error) = "none".parse::<u32>() else { unreachable!("not a number") };
            return Err(error);
        }
        Ok(move |text: &str| text.parse().ok().filter(|number| *number < limit))
    }

    #[sli(LENT, always_ok)]
    fn pair(by: usize) -> (impl Fn(&str) -> usize, usize) {
        (move |text| text.len() + by, by)
    }

    #[test]
    fn closures_come_out_as_the_signature_says() {
        assert_eq!(pair(1).0("a") + pair(1).1, 3);
        check(&LENT, 2, 0);
        assert_eq!(counter()("abc"), 3);
        assert_eq!(longest()("abc", "ab"), "abc");
        assert_eq!(adders()(1)(2), 3);
        check(&LENT, 5, 0);
        assert_eq!(parser("9").map(|parse| (parse("8"), parse("9"))), Ok((Some(8), None)));
        check(&LENT, 6, 0);
        assert!(parser("0").is_err() && parser("x").is_err());
        check(&LENT, 8, 0);
    }

    static PREDICATE: Sli = Sli::new("closure-predicate");

    /// The value is looked at, so that the closure has to say itself what it takes.
    #[sli(PREDICATE, error_if = |count| count("") > 0)]
    fn counted(from: usize) -> impl Fn(&str) -> usize {
        move |text: &str| from + text.len()
    }

    #[sli(PREDICATE)]
    fn tried(is_ok: bool) -> Result<impl Fn(&str) -> usize, String> {
        if !is_ok {
            return Err("no".to_owned());
        }
        Ok(|text: &str| text.len())
    }

    #[test]
    fn closures_with_written_types_can_be_judged() {
        assert_eq!(counted(0)("a") + counted(1)("a"), 3);
        assert_eq!(tried(true).map(|count| count("ab")), Ok(2));
        assert!(tried(false).is_err());
        check(&PREDICATE, 2, 2);
    }

    static OPAQUE_PANICS: Sli = Sli::new("opaque-panics");

    #[sli(OPAQUE_PANICS, always_ok)]
    fn panics_or_counts(is_fine: bool) -> impl Fn(&str) -> usize {
        assert!(is_fine, "on purpose");
        |text| text.len()
    }

    struct CallsWhenDropped;

    impl Drop for CallsWhenDropped {
        fn drop(&mut self) {
            assert_eq!(panics_or_counts(true)("a"), 1);
        }
    }

    #[test]
    fn opaque_values_know_a_panic_from_a_return() {
        assert!(std::panic::catch_unwind(|| panics_or_counts(false)("a")).is_err());
        assert_eq!(OPAQUE_PANICS.count(Outcome::Abandoned(Abandoned::Panicked)), 1);
        check(&OPAQUE_PANICS, 0, 0);
        let unwound = std::panic::catch_unwind(|| {
            let _calls = CallsWhenDropped;
            panic!("on purpose");
        });
        assert!(unwound.is_err());
        check(&OPAQUE_PANICS, 1, 0);
        assert_eq!(OPAQUE_PANICS.count(Outcome::Abandoned(Abandoned::Panicked)), 1);
    }

    static COERCED: Sli = Sli::new("coerced");

    #[sli(COERCED)]
    fn coerced(is_number: bool) -> Box<dyn Display> {
        if is_number {
            return Box::new(1);
        }
        Box::new("text")
    }

    #[sli(COERCED)]
    fn boxed_error(text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        if text.is_empty() {
            return Err("empty".into());
        }
        Ok(text.parse::<u32>()?)
    }

    #[test]
    fn return_types_still_coerce() {
        assert_eq!(format!("{}{}", coerced(true), coerced(false)), "1text");
        assert_eq!(boxed_error("12").ok(), Some(12));
        assert!(boxed_error("").is_err());
        assert!(boxed_error("x").is_err());
        check(&COERCED, 3, 2);
    }

    static CLOSURES: Sli = Sli::new("closures");

    #[sli(CLOSURES)]
    fn closures(limit: u32) -> Result<Vec<u32>, std::num::ParseIntError> {
        let parse = |text: &str| -> Result<u32, std::num::ParseIntError> {
            let number = text.parse::<u32>()?;
            if number > limit {
                return Ok(limit);
            }
            Ok(number)
        };
        ["1", "200"].into_iter().map(parse).collect()
    }

    #[sli(CLOSURES)]
    fn adder(by: u32) -> Box<dyn Fn(u32) -> u32> {
        Box::new(move |number| number + by)
    }

    #[test]
    fn closures_inside_keep_their_returns() {
        assert_eq!(closures(9), Ok(vec![1, 9]));
        assert_eq!(adder(1)(2), 3);
        check(&CLOSURES, 2, 0);
    }

    static ITEMS: Sli = Sli::new("items");

    #[sli(ITEMS)]
    fn with_items(call: u32) -> u32 {
        #![allow(non_upper_case_globals, reason = "inner attributes stay in front")]
        const result: u32 = 1;
        fn outcome(number: u32) -> u32 {
            number + result
        }
        let future = outcome(call);
        outcome(future)
    }

    #[test]
    fn names_inside_are_the_users() {
        assert_eq!(with_items(1), 3);
        check(&ITEMS, 1, 0);
    }

    /// Names in lower case that would be taken for patterns, and for the statics of the attribute.
    mod hostile_constants {
        #![allow(non_upper_case_globals, dead_code, reason = "only their names matter")]

        use super::*;

        const call: u8 = 0;
        const result: u8 = 0;
        const outcome: u8 = 0;
        const future: u8 = 0;
        const inner: u8 = 0;
        const seed: u8 = 0;
        const values: u8 = 0;
        const visitor: u8 = 0;
        const reader: u8 = 0;
        const stored_kind: u8 = 0;
        pub(super) static NAMED: Sli = Sli::new("hostile-constants");

        #[sli(NAMED)]
        pub(super) fn value() -> Result<u8, Slip> {
            Err(Slip::Inner(Outcome::Ignored))
        }

        #[sli(NAMED, always_ok)]
        pub(super) fn closure() -> impl Fn(&str) -> usize {
            |text| text.len()
        }

        #[sli(NAMED)]
        pub(super) async fn later() -> u8 {
            result
        }

        #[sli(NAMED)]
        pub(super) fn opaque_future() -> impl Future<Output = u8> {
            std::future::ready(future)
        }

        #[sli(NAMED)]
        pub(super) fn boxed_future() -> Pin<Box<dyn Future<Output = u8>>> {
            Box::pin(std::future::ready(call))
        }

        #[derive(Debug, Outcome)]
        pub(super) enum Slip {
            #[outcome(delegate)]
            Inner(Outcome),
        }

        #[derive(sre_core::Labels)]
        pub(super) enum Kind {
            Only,
        }

        #[derive(sre_core::Labels)]
        pub(super) struct Kinds<S, R> {
            pub(super) kind: Kind,
            pub(super) number: S,
            pub(super) text: R,
        }
    }

    #[test]
    fn names_around_are_the_users() {
        use hostile_constants as hostile;
        use sre_core::Labels as _;

        assert!(hostile::value().is_err());
        assert_eq!(hostile::NAMED.count(Outcome::Ignored), 1);
        assert_eq!(hostile::closure()("a"), 1);
        assert_eq!(block_on(hostile::later()) + block_on(hostile::opaque_future()), 0);
        assert_eq!(block_on(hostile::boxed_future()), 0);
        check(&hostile::NAMED, 4, 0);
        let kinds = hostile::Kinds { kind: hostile::Kind::Only, number: 7_u8, text: "x" };
        assert!(kinds.matches(&["only", "7", "x"]));
    }

    static PANICS: Sli = Sli::new("panics");

    #[sli(PANICS)]
    fn panics() -> u32 {
        panic!("on purpose")
    }

    #[sli(PANICS)]
    fn never() -> ! {
        panic!("on purpose")
    }

    #[test]
    fn panics_of_functions_that_return_and_that_never_do_count_as_abandoned() {
        assert!(std::panic::catch_unwind(panics).is_err());
        assert!(std::panic::catch_unwind(|| never()).is_err());
        check(&PANICS, 0, 0);
        assert_eq!(PANICS.count(Outcome::Abandoned(Abandoned::Panicked)), 2);
    }

    static DROPS: Sli = Sli::new("drops");

    thread_local! {
        static DROPPED: Cell<u32> = const { Cell::new(0) };
    }

    struct CountsDrop;

    impl Drop for CountsDrop {
        fn drop(&mut self) {
            DROPPED.set(DROPPED.get() + 1);
        }
    }

    #[sli(DROPS)]
    fn takes(_unused: CountsDrop, used: CountsDrop, (first, _): (CountsDrop, CountsDrop)) -> u32 {
        let before = DROPPED.get();
        drop(used);
        let _kept = first;
        DROPPED.get() - before
    }

    #[test]
    fn arguments_are_dropped_once() {
        assert_eq!(takes(CountsDrop, CountsDrop, (CountsDrop, CountsDrop)), 1);
        assert_eq!(DROPPED.get(), 4);
    }

    #[sli(DROPS)]
    fn recursive(depth: u32) -> u32 {
        if depth == 0 { 0 } else { 1 + recursive(depth - 1) }
    }

    #[sli(DROPS)]
    fn shadows(mut number: u32, text: Option<&str>) -> u32 {
        number += 1;
        let Some(text) = text else { return number };
        for letter in text.chars() {
            if letter == 'b' {
                return number;
            }
            number += 1;
        }
        number
    }

    #[test]
    fn recursion_and_mutable_arguments_work() {
        assert_eq!(recursive(3), 3);
        assert_eq!(shadows(1, None), 2);
        assert_eq!(shadows(1, Some("ab")), 3);
    }

    macro_rules! instrumented {
        ($name:ident, $body:block, $item:item) => {
            #[sli]
            fn $name() -> u32 $body

            #[sli]
            $item
        };
    }

    instrumented!(
        from_block,
        { 5 },
        fn from_item() -> u32 {
            6
        }
    );

    #[test]
    fn functions_made_by_macros_are_measured() {
        assert_eq!(from_block() + from_item(), 11);
    }
}

mod futures {
    use super::*;

    static ASYNC: Sli = Sli::new("async");

    #[sli(ASYNC)]
    async fn asynchronous(text: &str) -> Result<u32, std::num::ParseIntError> {
        pause().await;
        let number = text.parse::<u32>()?;
        if number == 0 {
            return Ok(100);
        }
        Ok(number)
    }

    #[test]
    fn async_functions_count_when_they_are_done() {
        drop(asynchronous("1"));
        check(&ASYNC, 0, 0);
        assert_eq!(block_on(assert_send(asynchronous("1"))), Ok(1));
        assert_eq!(block_on(asynchronous("0")), Ok(100));
        assert!(block_on(asynchronous("x")).is_err());
        check(&ASYNC, 2, 1);
        assert_eq!(ASYNC.count(Outcome::Abandoned(Abandoned::Cancelled)), 0, "one was never polled");
    }

    static CANCELLED: Sli = Sli::new("cancelled");

    #[sli(CANCELLED)]
    async fn cancelled() {
        pause().await;
        pause().await;
    }

    #[test]
    fn a_future_dropped_halfway_counts_as_cancelled() {
        {
            let mut future = pin!(cancelled());
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        check(&CANCELLED, 0, 0);
        assert_eq!(CANCELLED.count(Outcome::Abandoned(Abandoned::Cancelled)), 1);
    }

    static SHAPES: Sli = Sli::new("shapes");

    #[sli(SHAPES)]
    async fn coerced(is_number: bool) -> Box<dyn Display + Send> {
        if is_number { Box::new(1) } else { Box::new("text") }
    }

    #[sli(SHAPES)]
    async fn diverges() -> Result<(), Outcome> {
        pause().await;
        todo_later()
    }

    fn todo_later() -> Result<(), Outcome> {
        Err(Outcome::Ignored)
    }

    /// The cell may move to another thread, but not be shared: it must not be borrowed over an await.
    #[sli(SHAPES)]
    async fn keeps_send(cell: Cell<u32>) -> u32 {
        cell.set(2);
        pause().await;
        cell.get()
    }

    #[sli(SHAPES)]
    async fn opaque_inside(numbers: &[u32]) -> Result<impl Iterator<Item = &u32> + Send, String> {
        pause().await;
        let first = numbers.first().ok_or("empty")?;
        Ok(numbers.iter().filter(move |number| *number > first))
    }

    #[sli(SHAPES)]
    async fn generic<T: Default + Send, const N: usize>(_: impl Display + Send) -> [T; N] {
        pause().await;
        std::array::from_fn(|_| T::default())
    }

    #[test]
    fn async_functions_keep_their_shape() {
        assert_eq!(block_on(coerced(true)).to_string(), "1");
        assert_eq!(block_on(diverges()), Err(Outcome::Ignored));
        assert_eq!(block_on(assert_send(keeps_send(Cell::new(1)))), 2);
        assert_eq!(block_on(assert_send(opaque_inside(&[1, 2]))).map(Iterator::count), Ok(1));
        assert_eq!(block_on(assert_send(generic::<u8, 2>("x"))), [0, 0]);
        check(&SHAPES, 4, 0);
        assert_eq!(SHAPES.count(Outcome::Ignored), 1);
    }

    static LENT: Sli = Sli::new("lent-later");

    #[sli(LENT, always_ok)]
    async fn counter() -> impl Fn(&str) -> usize {
        |text| text.len()
    }

    #[sli(LENT, always_ok)]
    async fn parser(limit: &str) -> Result<impl Fn(&str) -> bool + Send, std::num::ParseIntError> {
        let limit = limit.parse::<usize>()?;
        Ok(move |text: &str| text.len() < limit)
    }

    /// It waits, so that it may be dropped: the closure has to say itself what it takes.
    #[sli(LENT, always_ok)]
    async fn waiting() -> impl Fn(&str) -> usize + Send {
        pause().await;
        |text: &str| text.len()
    }

    #[test]
    fn closures_come_out_of_async_functions() {
        drop(counter());
        check(&LENT, 0, 0);
        assert_eq!(block_on(counter())("abc"), 3);
        assert_eq!(block_on(assert_send(parser("2"))).map(|parse| parse("a")), Ok(true));
        assert!(block_on(parser("x")).is_err());
        check(&LENT, 3, 0);
        {
            let mut future = pin!(assert_send(waiting()));
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        check(&LENT, 3, 0);
        assert_eq!(LENT.count(Outcome::Abandoned(Abandoned::Cancelled)), 1);
        assert_eq!(block_on(waiting())("ab"), 2);
        check(&LENT, 4, 0);
    }

    static LENDS_ITSELF: Sli = Sli::new("lends-itself");

    /// A future that is set up by methods.
    #[derive(Debug, Default)]
    struct Ready {
        number: u32,
    }

    impl Future for Ready {
        type Output = u32;

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
            Poll::Ready(self.number)
        }
    }

    #[sli(LENDS_ITSELF)]
    impl Ready {
        fn set(&mut self, number: u32) -> &mut Self {
            self.number = number;
            self
        }

        fn set_pinned(mut self: Pin<&mut Self>, number: u32) -> Pin<&mut Self> {
            self.number = number;
            self
        }

        fn try_set(&mut self, number: u32) -> Result<&mut Self, String> {
            if number == 0 {
                return Err("zero".to_owned());
            }
            Ok(self.set(number))
        }
    }

    #[test]
    fn methods_of_futures_may_lend_the_future() {
        let mut ready = Ready::default();
        ready.set(1);
        assert_eq!(block_on(&mut ready), 1);
        assert_eq!(block_on(pin!(ready).set_pinned(2)), 2);
        assert!(Ready::default().try_set(0).is_err() && Ready::default().try_set(3).is_ok());
        check(&LENDS_ITSELF, 4, 1);
    }

    static RETURNED: Sli = Sli::new("returned");

    #[sli(RETURNED)]
    fn returned<'a>(text: &'a str) -> impl Future<Output = Result<usize, String>> + Send + 'a {
        let is_short = text.len() < 3;
        async move {
            pause().await;
            if is_short { Err("short".to_owned()) } else { Ok(text.len()) }
        }
    }

    type Erased<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

    #[sli(RETURNED)]
    fn boxed(text: &str) -> Pin<Box<dyn Future<Output = Result<usize, String>> + Send + '_>> {
        let is_short = text.len() < 3;
        Box::pin(async move {
            pause().await;
            if is_short {
                return Err("short".to_owned());
            }
            let number = text.parse::<usize>().map_err(|error| error.to_string())?;
            Ok(number)
        })
    }

    #[sli(RETURNED)]
    fn boxed_somehow(is_early: bool) -> Pin<Box<dyn Future<Output = u32> + Send>> {
        if is_early {
            return Box::pin(async { 1 });
        }
        let future: Erased<'static, u32> = Box::pin(async { 2 });
        future
    }

    macro_rules! early {
        ($is_early:expr) => {
            if $is_early {
                return Box::pin(async { 9 });
            }
        };
    }

    static BY_MACRO: Sli = Sli::new("by-macro");

    #[sli(BY_MACRO)]
    fn boxed_by_a_macro(is_early: bool) -> Pin<Box<dyn Future<Output = u32>>> {
        early!(is_early);
        Box::pin(async { 1 })
    }

    #[sli(BY_MACRO)]
    fn boxed_by_a_macro_inside(is_early: bool) -> Pin<Box<dyn Future<Output = u32>>> {
        assert!({
            early!(is_early);
            !is_early
        });
        Box::pin(async { 1 })
    }

    #[sli(BY_MACRO, always_ok)]
    fn returned_by_a_macro(text: &str) -> Result<u32, String> {
        macro_rules! tried {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(_) => return Err("no number".to_owned()),
                }
            };
        }
        Ok(tried!(text.parse::<u32>()))
    }

    #[test]
    fn returns_that_a_macro_writes_are_counted() {
        assert_eq!(block_on(boxed_by_a_macro(true)) + block_on(boxed_by_a_macro(false)), 10);
        check(&BY_MACRO, 2, 0);
        assert_eq!(block_on(boxed_by_a_macro_inside(true)) + block_on(boxed_by_a_macro_inside(false)), 10);
        check(&BY_MACRO, 4, 0);
        assert!(returned_by_a_macro("x").is_err() && returned_by_a_macro("1").is_ok());
        check(&BY_MACRO, 6, 0);
    }

    #[test]
    fn returned_futures_and_pinned_boxes_count_when_they_are_done() {
        drop(returned("abc"));
        drop(boxed("abc"));
        drop(boxed_somehow(true));
        check(&RETURNED, 0, 0);
        assert_eq!(block_on(assert_send(returned("abc"))), Ok(3));
        assert_eq!(block_on(returned("a")), Err("short".to_owned()));
        assert_eq!(block_on(boxed("123")), Ok(123));
        assert!(block_on(boxed("abc")).is_err());
        assert!(block_on(boxed("a")).is_err());
        assert_eq!(block_on(boxed_somehow(true)) + block_on(boxed_somehow(false)), 3);
        check(&RETURNED, 4, 3);
        assert_eq!(RETURNED.count(Outcome::Abandoned(Abandoned::Cancelled)), 0, "some were never polled");
    }

    static FOREVER: Sli = Sli::new("forever");

    #[sli(FOREVER)]
    async fn forever() -> ! {
        loop {
            pause().await;
        }
    }

    #[test]
    fn async_functions_that_never_end_are_cancelled() {
        {
            let mut future = pin!(forever());
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert_eq!(FOREVER.count(Outcome::Abandoned(Abandoned::Cancelled)), 1);
    }
}

mod blocks {
    use super::*;

    static CART: Sli = Sli::new("cart");
    static OWN: Sli = Sli::new("own");

    #[derive(Debug, Default)]
    struct Cart {
        items: Vec<u32>,
    }

    #[sli(CART)]
    impl Cart {
        const LIMIT: usize = 2;

        const fn new() -> Self {
            Self { items: Vec::new() }
        }

        fn add(&mut self, item: u32) -> Result<&mut Self, String> {
            if self.items.len() == Self::LIMIT {
                return Err("full".to_owned());
            }
            self.items.push(item);
            Ok(self)
        }

        async fn total(&self) -> u32 {
            pause().await;
            self.items.iter().sum()
        }

        #[sli(skip)]
        fn len(&self) -> usize {
            self.items.len()
        }

        #[sli(OWN)]
        fn is_empty(&self) -> bool {
            self.items.is_empty()
        }
    }

    #[test]
    fn every_function_of_a_block_counts_but_skipped_and_constant_ones() {
        let mut cart = Cart::new();
        assert!(cart.add(1).and_then(|cart| cart.add(2)).is_ok());
        assert!(cart.add(3).is_err());
        assert_eq!(block_on(cart.total()), 3);
        assert_eq!(cart.len(), 2);
        assert!(!cart.is_empty());
        check(&CART, 3, 1);
        check(&OWN, 1, 0);
    }

    #[derive(Debug)]
    struct Square(u32);

    static CONDITIONAL: Sli = Sli::new("conditional");
    static CONDITIONAL_OWN: Sli = Sli::new("conditional-own");

    #[sli(CONDITIONAL)]
    impl Square {
        #[cfg_attr(all(), sli(skip))]
        fn skipped(&self) -> u32 {
            self.0
        }

        #[cfg_attr(any(), sli(skip))]
        fn measured(&self) -> u32 {
            self.0
        }

        #[cfg_attr(true, inline, sli(CONDITIONAL_OWN))]
        #[cfg_attr(any(), inline)]
        fn own(&self) -> u32 {
            self.0
        }

        #[cfg_attr(true, cfg_attr(true, sli(skip)))]
        fn skipped_twice(&self) -> u32 {
            self.0
        }

        #[cfg_attr(true, cfg_attr(false, sli(skip)))]
        fn measured_after_all(&self) -> u32 {
            self.0
        }
    }

    #[test]
    fn skip_markers_may_depend_on_the_configuration() {
        let square = Square(1);
        assert_eq!(square.skipped() + square.skipped_twice(), 2);
        check(&CONDITIONAL, 0, 0);
        assert_eq!(square.measured() + square.measured_after_all() + square.own(), 3);
        check(&CONDITIONAL, 2, 0);
        check(&CONDITIONAL_OWN, 1, 0);
    }

    static TRAIT: Sli = Sli::new("trait");

    #[sli(TRAIT)]
    trait Shape {
        const SIDES: u32;
        type Unit: Default;

        fn area(&self) -> u32;

        fn double(&self) -> u32 {
            self.area() * 2
        }

        fn unit(&self) -> Self::Unit {
            Self::Unit::default()
        }

        async fn later(&self) -> u32 {
            pause().await;
            self.area()
        }
    }

    impl Shape for Square {
        const SIDES: u32 = 4;
        type Unit = u8;

        #[sli(TRAIT)]
        fn area(&self) -> u32 {
            self.0 * self.0
        }
    }

    #[test]
    fn default_bodies_and_trait_methods_count() {
        let square = Square(3);
        assert_eq!(square.double() + Square::SIDES, 22);
        assert_eq!(square.unit(), 0);
        assert_eq!(block_on(square.later()), 9);
        check(&TRAIT, 5, 0);
    }

    static GENERIC: Sli = Sli::new("generic-trait");

    #[sli(GENERIC)]
    impl<T> Shape for Vec<T>
    where
        T: Debug,
    {
        const SIDES: u32 = 0;
        type Unit = ();

        fn area(&self) -> u32 {
            0
        }
    }

    #[test]
    fn generic_trait_impls_are_measured() {
        assert_eq!(vec![1].area() + Vec::<u8>::SIDES, 0);
        check(&GENERIC, 1, 0);
    }
}
