//! Expansions as people would read them: a change of them is a difference in `tests/golden`.
//!
//! `GOLDEN=overwrite cargo test -p sre-macros golden` rewrites the files.

use std::path::PathBuf;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{File, Item, Meta};

/// Expands the one annotated item of `tests/golden/<name>.rs` and compares with `<name>.expanded.rs`.
#[track_caller]
fn check(name: &str, expand: fn(TokenStream, TokenStream) -> TokenStream) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let source = std::fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
    let (arguments, item) = annotated(syn::parse_file(&source).unwrap());
    let expanded: File = syn::parse2(expand(arguments, item)).unwrap();
    let text = prettyplease::unparse(&expanded);
    let golden = folder.join(format!("{name}.expanded.rs"));
    if std::env::var("GOLDEN").is_ok_and(|value| value == "overwrite") {
        std::fs::write(&golden, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&golden).unwrap(), "{}", golden.display());
}

/// The arguments of the first attribute, and the item without it.
fn annotated(file: File) -> (TokenStream, TokenStream) {
    let mut item = file.items.into_iter().next().unwrap();
    let attributes = match &mut item {
        Item::Fn(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        _ => panic!("no golden file of this kind"),
    };
    let arguments = match attributes.remove(0).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    (arguments, item.to_token_stream())
}

#[test]
fn attribute_on_a_function() {
    check("function", crate::attribute::expand);
}

#[test]
fn attribute_on_an_async_function_with_everything() {
    check("async_function", crate::attribute::expand);
}

#[test]
fn attribute_on_a_boxed_future() {
    check("boxed_future", crate::attribute::expand);
}

#[test]
fn attribute_on_a_future_from_elsewhere() {
    check("other_future", crate::attribute::expand);
}

#[test]
fn attribute_on_a_function_that_returns_a_closure() {
    check("opaque", crate::attribute::expand);
}

#[test]
fn attribute_on_a_block() {
    check("block", crate::attribute::expand);
}

#[test]
fn derive_on_an_error() {
    check("outcome", |_, item| crate::derive_outcome::expand(item));
}

#[test]
fn derive_on_a_set_of_labels() {
    check("labels", |_, item| crate::derive_labels::expand(item));
}

#[test]
fn expansions_are_the_same_each_time() {
    let item = || {
        quote::quote!(
            fn search(query: &str) -> Result<Vec<u32>, Error> {
                find(query)?
            }
        )
    };
    let arguments = || quote::quote!(availability = 0.9, latency(0.9, "1s"));
    let once = crate::attribute::expand(arguments(), item()).to_string();
    assert_eq!(once, crate::attribute::expand(arguments(), item()).to_string());
}
