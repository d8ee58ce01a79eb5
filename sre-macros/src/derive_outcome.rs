//! Pure. `#[derive(Outcome)]`: one word per variant becomes `Classify`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DataEnum, DeriveInput, Error, Fields, Member, Result, Type, parse_quote};

use crate::names::closest;
use crate::valid::Errors;

const WORDS: [&str; 8] =
    ["ok", "error", "ignored", "timed_out", "cancelled", "shut_down", "delegate", "transparent"];

/// What one variant means.
#[derive(Clone, Copy, PartialEq)]
enum Meaning {
    Ok,
    Error,
    Ignored,
    TimedOut,
    Cancelled,
    ShutDown,
    Delegate,
}

impl Meaning {
    /// The outcome; a delegate has none of its own.
    fn outcome(self) -> Option<TokenStream> {
        let outcome = match self {
            Self::Ok => quote!(Ok),
            Self::Error => quote!(Error),
            Self::Ignored => quote!(Ignored),
            Self::TimedOut => quote!(Abandoned(::sre_core::sli::Abandoned::TimedOut)),
            Self::Cancelled => quote!(Abandoned(::sre_core::sli::Abandoned::Cancelled)),
            Self::ShutDown => quote!(Abandoned(::sre_core::sli::Abandoned::ShutDown)),
            Self::Delegate => return None,
        };
        Some(quote!(::sre_core::sli::Outcome::#outcome))
    }
}

/// The derived implementation, or what is wrong.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    syn::parse2(input).and_then(|input| try_expand(&input)).unwrap_or_else(Error::into_compile_error)
}

fn try_expand(input: &DeriveInput) -> Result<TokenStream> {
    let mut asked = Vec::new();
    let body = match &input.data {
        Data::Enum(data) => enum_body(input, data, &mut asked)?,
        Data::Struct(data) => {
            let meaning = meaning(&input.attrs)?.map_or(Meaning::Error, |(meaning, _)| meaning);
            check_fields(&data.fields)?;
            let arm = arm(&parse_quote!(Self), &data.fields, meaning, input.ident.span(), &mut asked)?;
            quote!(match self { #arm })
        }
        Data::Union(data) => {
            let message = "a union does not say which of its fields is valid: implement `Classify` by hand";
            return Err(Error::new(data.union_token.span, message));
        }
    };
    Ok(implementation(input, &body, &asked))
}

fn enum_body(input: &DeriveInput, data: &DataEnum, asked: &mut Vec<Type>) -> Result<TokenStream> {
    let mut errors = Errors::default();
    let default = errors.take(default_meaning(&input.attrs)).unwrap_or(Meaning::Error);
    let mut arms = Vec::new();
    for variant in &data.variants {
        let name = &variant.ident;
        let arm = meaning(&variant.attrs).and_then(|own| {
            check_fields(&variant.fields)?;
            let meaning = own.map_or(default, |(meaning, _)| meaning);
            let at = own.map_or_else(|| name.span(), |(_, at)| at);
            arm(&parse_quote!(Self::#name), &variant.fields, meaning, at, asked)
        });
        arms.extend(errors.take(arm));
    }
    errors.finish()?;
    // A reference to an empty enum could be matched by no arm at all, the enum itself can.
    Ok(if arms.is_empty() { quote!(match *self {}) } else { quote!(match self { #(#arms)* }) })
}

/// The word on an enum is the one of every variant without its own.
fn default_meaning(attributes: &[Attribute]) -> Result<Meaning> {
    match meaning(attributes)? {
        Some((Meaning::Delegate, at)) => {
            Err(Error::new(at, "an enum has no field to ask: write `#[outcome(delegate)]` on its variants"))
        }
        Some((meaning, _)) => Ok(meaning),
        None => Ok(Meaning::Error),
    }
}

fn arm(
    path: &syn::Path,
    fields: &Fields,
    meaning: Meaning,
    at: proc_macro2::Span,
    asked: &mut Vec<Type>,
) -> Result<TokenStream> {
    if let Some(outcome) = meaning.outcome() {
        return Ok(quote!(#path { .. } => #outcome,));
    }
    let mut all = fields.members().zip(fields);
    let (Some((member, field)), None) = (all.next(), all.next()) else {
        return Err(Error::new(at, "`delegate` asks the only field: there must be exactly one"));
    };
    asked.push(field.ty.clone());
    let member: Member = member;
    let call = quote_spanned!(field.ty.span()=> ::sre_core::sli::Classify::classify(inner));
    Ok(quote!(#path { #member: inner } => #call,))
}

fn check_fields(fields: &Fields) -> Result<()> {
    let misplaced =
        fields.iter().flat_map(|field| &field.attrs).find(|attribute| attribute.path().is_ident("outcome"));
    misplaced.map_or(Ok(()), |attribute| {
        Err(Error::new_spanned(
            attribute,
            "`#[outcome(..)]` goes on the variant or the struct, not on a field",
        ))
    })
}

/// The word on a type or variant, and where it stands.
fn meaning(attributes: &[Attribute]) -> Result<Option<(Meaning, proc_macro2::Span)>> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("outcome")) {
        let word: Ident = attribute.parse_args().map_err(|error| Error::new(error.span(), usage()))?;
        if found.is_some() {
            return Err(Error::new(word.span(), "there is one outcome: keep one word"));
        }
        found = Some((known(&word)?, word.span()));
    }
    Ok(found)
}

fn known(word: &Ident) -> Result<Meaning> {
    let name = word.to_string();
    Ok(match name.as_str() {
        "ok" => Meaning::Ok,
        "error" => Meaning::Error,
        "ignored" => Meaning::Ignored,
        "timed_out" => Meaning::TimedOut,
        "cancelled" => Meaning::Cancelled,
        "shut_down" => Meaning::ShutDown,
        "delegate" | "transparent" => Meaning::Delegate,
        _ => {
            let hint =
                closest(&name, &WORDS).map_or_else(String::new, |word| format!(", did you mean `{word}`?"));
            return Err(Error::new(word.span(), format!("unknown outcome `{name}`{hint}\n{}", usage())));
        }
    })
}

fn usage() -> String {
    format!("write one of: {}", WORDS.map(|word| format!("#[outcome({word})]")).join(", "))
}

fn implementation(input: &DeriveInput, body: &TokenStream, asked: &[Type]) -> TokenStream {
    let name = &input.ident;
    let mut generics = input.generics.clone();
    if generics.type_params().next().is_some() {
        let bounds = generics.make_where_clause();
        bounds.predicates.extend(
            asked.iter().map(|ty| -> syn::WherePredicate { parse_quote!(#ty: ::sre_core::sli::Classify) }),
        );
    }
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics ::sre_core::sli::Classify for #name #type_generics #bounds {
            #[inline]
            fn classify(&self) -> ::sre_core::sli::Outcome {
                #body
            }
        }
    }
}
