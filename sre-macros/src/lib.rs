//! The attribute and derive macros of [`sre_core`](https://docs.rs/sre-core), which re-exports them.
//!
//! Use them through `sre_core` (feature `macros`, on by default): what they write names paths of one exact
//! version of it.
//!
//! | Macro | Goes on | Writes |
//! |---|---|---|
//! | [`#[sli]`](macro@sli) | functions, methods, `impl` blocks, traits | a guard around the body, and the SLI itself when none is named |
//! | [`#[derive(Outcome)]`](derive@Outcome) | error types, answers | `Classify`: what a value means for an SLI |
//! | [`#[derive(Labels)]`](derive@Labels) | structs of small fields, enums | `Labels`: the members of an `SliFamily` |
//!
//! What a measured call costs is told by `sre_core`; the macros add nothing that a guard by hand does not have. They
//! write safe code that passes `#![forbid(unsafe_code)]` and `#![deny(warnings)]`. The minimum supported Rust version
//! is 1.95.
#![forbid(unsafe_code)]

#[cfg(test)]
mod agreement;
mod args;
mod attribute;
mod boxed;
mod derive_labels;
mod derive_outcome;
mod duration;
mod expand;
#[cfg(test)]
mod golden;
mod hidden;
mod model;
mod names;
mod returned;
mod root;
mod target;
mod valid;

use proc_macro::TokenStream;

/// Measures a function: each call is recorded once, whatever way it ends.
///
/// The signature stays as it is, lifetimes, `Send` and everything else included. A call costs what
/// `Sli::start` and `Call::finish` cost: two clock reads and a few relaxed adds, no lock, no allocation.
///
/// # Which SLI
///
/// A static, by its path; or an SLI of the function's own, written down on the spot; or, with nothing written
/// down, one without objectives:
///
/// ```
/// use sre_core::{Objective, Sli, sli};
/// use std::time::Duration;
///
/// static CHECKOUT: Sli = Sli::new("checkout")
///     .objective(Objective::availability(0.999))
///     .objective(Objective::latency(0.99, Duration::from_millis(300)));
///
/// #[sli(CHECKOUT)]
/// async fn checkout(cart: &[u32]) -> Result<u32, String> {
///     let first = cart.first().ok_or("the cart is empty")?;
///     Ok(*first)
/// }
///
/// #[sli(name = "search", availability = 0.995, latency(0.95, "250ms"), period = "7d")]
/// fn search(query: &str) -> Result<Vec<u32>, std::num::ParseIntError> {
///     query.split(' ').map(str::parse).collect()
/// }
///
/// #[sli]
/// fn suggest() -> Option<u32> {
///     None
/// }
///
/// search("1 2")?;
/// suggest();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Every SLI that is named this way is known from the start of an engine on and begins at zero, whether the
/// function is ever called or not. A generic function has one SLI for all its types.
///
/// | Argument | Meaning |
/// |---|---|
/// | `CHECKOUT`, `crate::slo::CHECKOUT` | the static that calls are recorded to; it says everything about its SLI itself |
/// | `name = "search"` | the name; otherwise the path of the function, such as `shop.cart.add` |
/// | `availability = 0.995` | an objective: this share of the calls ends well |
/// | `latency(0.95, "250ms")` | an objective: this share of the successful calls takes at most so long; may be repeated |
/// | `period = "7d"` | what the budgets are granted for: 1 to 92 days, or a unit of the calendar such as `"month Europe/Berlin"`; 30 days otherwise |
/// | `abandoned(bad)`, `abandoned(ignored)`, `abandoned(bad_after = "2s")` | how calls without an answer count, see `AbandonedPolicy` |
/// | `ok_if = ..`, `error_if = ..`, `ignore_if = ..`, `always_ok` | how return values are judged, see below |
/// | `crate = path` | where `sre_core` is, if not at `::sre_core` |
///
/// Targets, thresholds and periods may be constants instead of literals.
///
/// # What is ok
///
/// The first of these that applies:
///
/// 1. A predicate: a closure or the path of a function, on a reference to the return value. `ok_if` and
///    `error_if` decide alone, both ways. What `ignore_if` holds for counts in neither side; it goes together
///    with one of the others, and otherwise hands over to the next rule. With `always_ok` every call that
///    returns is ok.
/// 2. `Result<T, E>`: an `Err` is what `E: Classify` says, or an error when `E` says nothing; an `Ok` is what
///    `T: Classify` says, or ok.
/// 3. Any other `T: Classify`, such as `Outcome`, `ExitCode`, or an HTTP status (feature `http`).
/// 4. Everything else is ok.
///
/// A return type `impl Trait` hides what happened, so that it needs a predicate or `always_ok`. In generic
/// functions a type parameter is `Classify` where a bound says so.
///
/// ```
/// use sre_core::{Outcome, Sli, sli};
///
/// static PAY: Sli = Sli::new("pay");
///
/// #[derive(Outcome)]
/// enum PayError {
///     #[outcome(ignored)]
///     CardDeclined,
///     BankUnreachable,
/// }
///
/// #[sli(PAY)]
/// fn pay(cents: u32) -> Result<(), PayError> {
///     match cents {
///         0..=100 => Ok(()),
///         101..=200 => Err(PayError::CardDeclined),
///         _ => Err(PayError::BankUnreachable),
///     }
/// }
///
/// #[sli(PAY, ok_if = |receipts| !receipts.is_empty())]
/// fn receipts(count: usize) -> Vec<u32> {
///     vec![0; count]
/// }
///
/// for cents in [100, 200, 300] {
///     let _ = pay(cents);
/// }
/// receipts(0);
/// assert_eq!([Outcome::Ok, Outcome::Ignored, Outcome::Error].map(|outcome| PAY.count(outcome)), [1, 1, 2]);
/// ```
///
/// A panic, and a future that is dropped before it is done, count as abandoned.
///
/// # When it starts and ends
///
/// - An ordinary function is measured from its first to its last statement.
/// - An `async fn` is measured from its first poll to its end. A future that nobody polls is not recorded.
/// - A function that returns `impl Future<Output = ..>`, `Pin<Box<dyn Future<Output = ..>>>`, `BoxFuture` or
///   `LocalBoxFuture` is measured like an `async fn`: from the first poll of its future on, without what the
///   function does before. Other names for a future do not compile without a predicate; a
///   future that is only lent, such as by `&mut Self`, is a value like any other.
///   When a boxed future is made anywhere but in a `Box::pin(async ..)` at the end, or a macro that is not of the
///   standard library is called before that, it is put into a second box, which allocates.
/// - A function that returns `!` is recorded only when it panics or is dropped.
///
/// It goes together with `#[async_trait]`, above or below it, and inside on single methods.
///
/// # On blocks
///
/// On an `impl` block or a trait it measures every function with a body, except `const fn`s, those with an
/// attribute `#[sli(..)]` of their own, and those marked `#[sli(skip)]`, also by a `cfg_attr`. A static is then shared by all of
/// them. Without one each function has an SLI of its own, with the objectives of the block, named after the
/// module, the type and the function; `name = ".."` takes the place of module and type.
///
/// ```
/// use sre_core::{registry, sli};
///
/// struct Cart {
///     items: Vec<u32>,
/// }
///
/// #[sli(name = "cart", availability = 0.999)]
/// impl Cart {
///     fn add(&mut self, item: u32) -> Result<(), String> {
///         self.items.push(item);
///         Ok(())
///     }
///
///     #[sli(skip)]
///     fn len(&self) -> usize {
///         self.items.len()
///     }
/// }
///
/// let names: Vec<_> = registry::named().iter().map(|named| named.definition().name()).collect();
/// assert!(names.contains(&"cart.add") && !names.contains(&"cart.len"));
/// ```
///
/// # Limits
///
/// A closure that is returned as `impl Fn(&str) -> ..` learns from the signature what it takes only under `always_ok`,
/// and in an `async fn` only when that awaits nothing and calls no macro that might. Elsewhere `#[sli]` has to hold
/// the value for a moment, so write the types at the closure: `|text: &str| ..`.
///
/// The body moves into a closure (or async block), so that inside it `Location::caller()` of a
/// `#[track_caller]` function is the function itself, and arguments that the body uses up may be dropped before
/// those it only borrows. Where two types of a module have methods of one name, attributes on the methods give
/// both SLIs the same name, and equal definitions are one SLI: put the attribute on the block, or give names.
#[proc_macro_attribute]
pub fn sli(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(arguments.into(), item.into()).into()
}

/// Says what a type means for an SLI: writes `Classify` from one word per variant.
///
/// | Attribute | The call was |
/// |---|---|
/// | `#[outcome(ok)]` | ok |
/// | `#[outcome(error)]` | an error; also what is meant where nothing is said |
/// | `#[outcome(ignored)]` | not to be counted, such as a mistake of the caller |
/// | `#[outcome(timed_out)]`, `#[outcome(cancelled)]`, `#[outcome(shut_down)]` | abandoned, for this reason |
/// | `#[outcome(delegate)]`, `#[outcome(transparent)]` | what its only field says, which must be `Classify` |
///
/// On an enum it is the word of all variants that have none of their own. On a struct it is the one of every
/// value. On either, `#[outcome(crate = path)]` says where `sre_core` is, if not at `::sre_core`.
///
/// # Examples
///
/// ```
/// use sre_core::Outcome;
/// use sre_core::sli::{Abandoned, Classify};
///
/// #[derive(Outcome)]
/// enum OrderError {
///     #[outcome(ignored)]
///     SoldOut,
///     #[outcome(timed_out)]
///     TooSlow { after_ms: u64 },
///     #[outcome(delegate)]
///     Payment(PaymentError),
///     Database(std::io::ErrorKind),
/// }
///
/// #[derive(Outcome)]
/// #[outcome(ignored)]
/// struct PaymentError;
///
/// assert_eq!(OrderError::SoldOut.classify(), Outcome::Ignored);
/// assert_eq!(OrderError::TooSlow { after_ms: 500 }.classify(), Outcome::Abandoned(Abandoned::TimedOut));
/// assert_eq!(OrderError::Payment(PaymentError).classify(), Outcome::Ignored);
/// assert_eq!(OrderError::Database(std::io::ErrorKind::NotFound).classify(), Outcome::Error);
/// ```
#[proc_macro_derive(Outcome, attributes(outcome))]
pub fn derive_outcome(input: TokenStream) -> TokenStream {
    derive_outcome::expand(input.into()).into()
}

/// Makes a struct the labels of a family, or an enum without data one label value.
///
/// On a struct it writes the trait `Labels`: each field is a label of its name. Fields are enums with this
/// derive, `bool`, integers, or text (`&str`, `String`, `Box<str>`, `Cow<str>`, `Arc<str>`). When all of them
/// are enums and `bool`s the family finds a member by its place in a table; text that is `&'static str` is
/// found by its address; other text is hashed. None of it allocates.
///
/// On an enum it writes `LabelValue`: each variant is a value, in snake case.
///
/// `#[label(rename = "..")]` changes the name of a label or the text of a value; `#[label(crate = path)]` on the type
/// says where `sre_core` is, if not at `::sre_core`. Label names have ASCII
/// letters, digits and underscores, do not start with two underscores, and are none of those that every row
/// has: `sli`, `slo`, `outcome`, `verdict`, `window`, `tier`, `severity`, `le`, `quantile`.
///
/// # Examples
///
/// ```
/// use sre_core::Labels;
///
/// #[derive(Labels)]
/// enum Method {
///     Get,
///     #[label(rename = "POST")]
///     Post,
/// }
///
/// #[derive(Labels)]
/// struct Request<'a> {
///     method: Method,
///     #[label(rename = "http_route")]
///     route: &'a str,
///     status: u16,
/// }
///
/// let request = Request { method: Method::Post, route: "/cart", status: 201 };
/// assert_eq!(Request::NAMES, ["method", "http_route", "status"]);
/// assert!(request.matches(&["POST", "/cart", "201"]));
/// ```
#[proc_macro_derive(Labels, attributes(label))]
pub fn derive_labels(input: TokenStream) -> TokenStream {
    derive_labels::expand(input.into()).into()
}
