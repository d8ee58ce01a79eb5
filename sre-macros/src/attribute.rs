//! Pure. `#[sli(...)]` from both token streams to one.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Error, LitStr, Meta, Result};

use crate::args::{self, Args};
use crate::expand::{self, Prefix};
use crate::model::{Plan, Source};
use crate::target::{self, Block, Function, Member, Target};
use crate::valid::{self, Errors};

/// The measured item, or the item as it was and what is wrong.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    try_expand(arguments, item.clone()).unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!(#error #item)
    })
}

fn try_expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let args = args::parse(arguments)?;
    if args.skip.is_some() {
        return skipped(&args, item);
    }
    let target = target::parse(item)?;
    let plan = valid::plan(args)?;
    match target {
        Target::Function(function) => expand::function(&function, &plan, &Prefix::default()),
        Target::Block(block) => block_with_all(&block, plan),
    }
}

fn skipped(args: &Args, item: TokenStream) -> Result<TokenStream> {
    match args.skip {
        Some(skip) if !args.is_alone() => {
            Err(Error::new(skip, "`skip` measures nothing, so no other argument makes sense beside it"))
        }
        _ => Ok(item),
    }
}

/// Every function of the block, except constant ones and those that have an attribute of their own.
fn block_with_all(block: &Block, mut plan: Plan) -> Result<TokenStream> {
    let prefix = Prefix { owner: block.name.clone(), group: take_name(&mut plan) };
    let mut errors = Errors::default();
    let mut members = Vec::with_capacity(block.members.len());
    for member in &block.members {
        let tokens = match member {
            Member::Other(tokens) => Some(tokens.clone()),
            Member::Function(function) => errors.take(member_function(function, &plan, &prefix)),
        };
        members.extend(tokens);
    }
    errors.finish()?;
    let head = &block.head;
    let braces = target::with_stream(&block.braces, quote!(#(#members)*));
    Ok(quote!(#head #braces))
}

fn member_function(function: &Function, plan: &Plan, prefix: &Prefix) -> Result<TokenStream> {
    let has_own = function.attributes.iter().any(|attribute| is_sli(&attribute.meta));
    if has_own || function.signature.constness.is_some() {
        return Ok(expand::untouched(function));
    }
    let conditions: Vec<_> =
        function.attributes.iter().flat_map(|attribute| conditions(&attribute.meta)).collect();
    let measured = expand::function(function, plan, prefix)?;
    if conditions.is_empty() {
        return Ok(measured);
    }
    // Only the compiler knows whether the conditions hold, so it gets both forms of the function.
    let untouched = expand::untouched(function);
    Ok(quote! {
        #[cfg(any(#(#conditions),*))]
        #untouched
        #[cfg(not(any(#(#conditions),*)))]
        #measured
    })
}

/// When a function has an `#[sli(..)]` of its own, by `#[cfg_attr(condition, sli(..))]`.
fn conditions(meta: &Meta) -> Vec<TokenStream> {
    let Meta::List(list) = meta else { return Vec::new() };
    if !list.path.is_ident("cfg_attr") {
        return Vec::new();
    }
    let mut parts = split_at_commas(list.tokens.clone()).into_iter();
    let Some(condition) = parts.next() else { return Vec::new() };
    let attributes: Vec<Meta> = parts.filter_map(|part| syn::parse2(part).ok()).collect();
    let own = attributes.iter().any(is_sli).then(|| condition.clone());
    let nested = attributes.iter().flat_map(conditions).map(|inner| quote!(all(#condition, #inner)));
    own.into_iter().chain(nested).collect()
}

fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let is_comma = |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ',');
    trees.split(is_comma).map(|part| part.iter().cloned().collect()).collect()
}

/// The name on a block is the first part of the names of its functions.
fn take_name(plan: &mut Plan) -> Option<LitStr> {
    match &mut plan.source {
        Source::Inline(definition) => definition.name.take(),
        Source::Static(_) => None,
    }
}

/// `#[sli]`, `#[sli(..)]`, also by a longer path.
fn is_sli(meta: &Meta) -> bool {
    let path = match meta {
        Meta::Path(path) => path,
        Meta::List(list) => &list.path,
        Meta::NameValue(_) => return false,
    };
    path.segments.last().is_some_and(|last| last.ident == "sli")
}
