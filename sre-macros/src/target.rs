//! Pure. What stands under the attribute: a function, an impl block or a trait.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, Error, ImplItem, Item, ItemImpl, ItemTrait, Result, Signature, Token, TraitItem, Type,
    Visibility,
};

/// The item under the attribute.
pub(crate) enum Target {
    Function(Box<Function>),
    Block(Box<Block>),
}

/// A function with a body. The body stays as it was written: only its end matters, and only sometimes.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

/// An impl block or a trait: its head without a body, and what was in the body.
pub(crate) struct Block {
    pub(crate) head: TokenStream,
    pub(crate) braces: Group,
    /// The name of the type or trait, for the names of its SLIs.
    pub(crate) name: Option<String>,
    pub(crate) members: Vec<Member>,
}

/// One item of a block.
pub(crate) enum Member {
    Function(Box<Function>),
    Other(TokenStream),
}

/// Finds out what `item` is.
pub(crate) fn parse(item: TokenStream) -> Result<Target> {
    let item = uncovered(item);
    if let Ok(function) = syn::parse2::<Function>(item.clone()) {
        return Ok(Target::Function(Box::new(function)));
    }
    let (head, braces) = split_last_braces(item.clone());
    if let Some(braces) = braces {
        if let Ok(head_item) = syn::parse2::<ItemImpl>(quote!(#head {})) {
            let members = members::<ImplItem>(&braces)?;
            let name = type_name(&head_item.self_ty);
            return Ok(Target::Block(Box::new(Block { head, braces, name, members })));
        }
        if let Ok(head_item) = syn::parse2::<ItemTrait>(quote!(#head {})) {
            let members = members::<TraitItem>(&braces)?;
            let name = Some(head_item.ident.to_string());
            return Ok(Target::Block(Box::new(Block { head, braces, name, members })));
        }
    }
    Err(misplaced(item))
}

/// Takes off the invisible group that `macro_rules` leave around a `$item:item`.
fn uncovered(item: TokenStream) -> TokenStream {
    let mut trees = item.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => {
            uncovered(group.stream())
        }
        _ => item,
    }
}

/// Says what the attribute was put on instead of a function.
fn misplaced(item: TokenStream) -> Error {
    let is_method = syn::parse2::<TraitItem>(item.clone()).is_ok_and(|item| matches!(item, TraitItem::Fn(_)));
    if is_method {
        return Error::new_spanned(
            item,
            "a method without a body cannot be measured: put `#[sli]` on its implementations, or give it a body",
        );
    }
    let (what, hint) = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Struct(_)) => ("a struct", DERIVE_HINT),
        Ok(Item::Enum(_)) => ("an enum", DERIVE_HINT),
        Ok(Item::Union(_)) => ("a union", ""),
        Ok(Item::Mod(_)) => ("a module", ": name the functions or impl blocks inside"),
        Ok(Item::Static(_)) => ("a static", ": to make it known at start, write `sre_core::register!(..)`"),
        Ok(Item::Const(_)) => ("a constant", ""),
        Ok(Item::ForeignMod(_)) => ("foreign functions", ": measure the Rust function that calls them"),
        Ok(Item::Type(_)) => ("a type alias", ""),
        Ok(Item::Macro(_)) => ("a macro call", ": put it on the functions that the macro writes"),
        Ok(_) => ("this item", ""),
        Err(error) => return error,
    };
    let message = format!("`#[sli]` goes on a function, an impl block or a trait, not on {what}{hint}");
    Error::new_spanned(item, message)
}

const DERIVE_HINT: &str = ": to say what a type means for an SLI, derive `sre_core::Outcome`";

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let defaultness = parse_default(input)?;
        let signature = input.parse()?;
        let mut body = parse_braces(input)?;
        attributes.extend(inner_attributes(&mut body)?);
        Ok(Self { attributes, visibility, defaultness, signature, body })
    }
}

/// `default fn`, but not a function called `default`.
fn parse_default(input: ParseStream<'_>) -> Result<Option<Token![default]>> {
    if input.peek(Token![default]) && !input.peek2(Token![!]) { input.parse().map(Some) } else { Ok(None) }
}

/// The next brace group, seen through the invisible groups that `macro_rules` leave around a `$body:block`.
fn parse_braces(input: ParseStream<'_>) -> Result<Group> {
    let mut tree: TokenTree = input.parse()?;
    loop {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return Ok(group),
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                let mut inside = group.stream().into_iter();
                tree = match (inside.next(), inside.next()) {
                    (Some(only), None) => only,
                    _ => return Err(Error::new(group.span(), "expected the body of a function")),
                };
            }
            other => return Err(Error::new(other.span(), "expected the body of a function")),
        }
    }
}

/// Takes `#![...]` off the front of a body.
fn inner_attributes(body: &mut Group) -> Result<Vec<Attribute>> {
    let parse = |input: ParseStream<'_>| {
        let attributes = input.call(Attribute::parse_inner)?;
        Ok((attributes, input.parse::<TokenStream>()?))
    };
    let (attributes, rest) = syn::parse::Parser::parse2(parse, body.stream())?;
    *body = with_stream(body, rest);
    Ok(attributes)
}

/// The same delimiters around other tokens.
pub(crate) fn with_stream(group: &Group, stream: TokenStream) -> Group {
    let mut changed = Group::new(group.delimiter(), stream);
    changed.set_span(group.span());
    changed
}

fn split_last_braces(item: TokenStream) -> (TokenStream, Option<Group>) {
    let mut trees: Vec<TokenTree> = item.into_iter().collect();
    match trees.pop() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            (trees.into_iter().collect(), Some(group))
        }
        last => (trees.into_iter().chain(last).collect(), None),
    }
}

/// The members of a block; `I` is the grammar of those that are no functions with a body.
fn members<I: Parse + ToTokens>(braces: &Group) -> Result<Vec<Member>> {
    let parse = |input: ParseStream<'_>| {
        let mut members = Vec::new();
        while !input.is_empty() {
            members.push(member::<I>(input)?);
        }
        Ok(members)
    };
    syn::parse::Parser::parse2(parse, braces.stream())
}

fn member<I: Parse + ToTokens>(input: ParseStream<'_>) -> Result<Member> {
    use syn::parse::discouraged::Speculative;

    let ahead = input.fork();
    if let Ok(function) = ahead.parse::<Function>() {
        input.advance_to(&ahead);
        return Ok(Member::Function(Box::new(function)));
    }
    let other: I = input.parse()?;
    Ok(Member::Other(other.into_token_stream()))
}

/// The last word of a type's path.
fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Reference(reference) => type_name(&reference.elem),
        Type::Paren(inner) => type_name(&inner.elem),
        Type::Group(inner) => type_name(&inner.elem),
        Type::TraitObject(object) => object.bounds.iter().find_map(|bound| match bound {
            syn::TypeParamBound::Trait(bound) => {
                bound.path.segments.last().map(|last| last.ident.to_string())
            }
            _ => None,
        }),
        _ => None,
    }
}
