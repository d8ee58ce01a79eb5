//! The attribute and derive macros of [`sre_core`](https://docs.rs/sre-core), which re-exports them.
#![forbid(unsafe_code)]

mod args;
mod attribute;
mod boxed;
mod derive_labels;
mod derive_outcome;
mod duration;
mod expand;
mod model;
mod names;
mod returned;
mod target;
mod valid;

use proc_macro::TokenStream;

/// Measures a function.
#[proc_macro_attribute]
pub fn sli(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(arguments.into(), item.into()).into()
}

/// Says what a type means for an SLI.
#[proc_macro_derive(Outcome, attributes(outcome))]
pub fn derive_outcome(input: TokenStream) -> TokenStream {
    derive_outcome::expand(input.into()).into()
}

/// Makes labels.
#[proc_macro_derive(Labels, attributes(label))]
pub fn derive_labels(input: TokenStream) -> TokenStream {
    derive_labels::expand(input.into()).into()
}
