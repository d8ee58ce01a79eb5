//! Pure. `#[derive(Outcome)]`: one word per variant becomes `Classify`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DataEnum, DeriveInput, Error, Fields, Path, Result, Token, Type, parse_quote};

use crate::names::closest;
use crate::root;
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
    fn outcome(self, root: &Path) -> Option<TokenStream> {
        let outcome = match self {
            Self::Ok => quote!(Ok),
            Self::Error => quote!(Error),
            Self::Ignored => quote!(Ignored),
            Self::TimedOut => quote!(Abandoned(#root::sli::Abandoned::TimedOut)),
            Self::Cancelled => quote!(Abandoned(#root::sli::Abandoned::Cancelled)),
            Self::ShutDown => quote!(Abandoned(#root::sli::Abandoned::ShutDown)),
            Self::Delegate => return None,
        };
        Some(quote!(#root::sli::Outcome::#outcome))
    }
}

/// The derived implementation, or what is wrong.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    syn::parse2(input).and_then(|input| try_expand(&input)).unwrap_or_else(Error::into_compile_error)
}

fn try_expand(input: &DeriveInput) -> Result<TokenStream> {
    let own = Words::on_type(&input.attrs)?;
    let root = own.root.clone().unwrap_or_else(|| parse_quote!(::sre_core));
    let mut arms = Arms { root: &root, asked: Vec::new() };
    let body = match &input.data {
        Data::Enum(data) => enum_body(&own, data, &mut arms)?,
        Data::Struct(data) => {
            let meaning = own.meaning.map_or(Meaning::Error, |(meaning, _)| meaning);
            check_fields(&data.fields)?;
            let arm = arms.arm(&parse_quote!(Self), &data.fields, meaning, input.ident.span())?;
            quote!(match self { #arm })
        }
        Data::Union(data) => {
            let message = "a union does not say which of its fields is valid: implement `Classify` by hand";
            return Err(Error::new(data.union_token.span, message));
        }
    };
    Ok(implementation(input, &body, &arms))
}

fn enum_body(own: &Words, data: &DataEnum, arms: &mut Arms<'_>) -> Result<TokenStream> {
    let mut errors = Errors::default();
    let default = errors.take(default_meaning(own)).unwrap_or(Meaning::Error);
    let mut found = Vec::new();
    for variant in &data.variants {
        let name = &variant.ident;
        let arm = Words::on_variant(&variant.attrs).and_then(|own| {
            check_fields(&variant.fields)?;
            let (meaning, at) = own.meaning.unwrap_or_else(|| (default, name.span()));
            arms.arm(&parse_quote!(Self::#name), &variant.fields, meaning, at)
        });
        found.extend(errors.take(arm));
    }
    errors.finish()?;
    // A reference to an empty enum could be matched by no arm at all, the enum itself can.
    Ok(if found.is_empty() { quote!(match *self {}) } else { quote!(match self { #(#found)* }) })
}

/// The word on an enum is the one of every variant without its own.
fn default_meaning(own: &Words) -> Result<Meaning> {
    match own.meaning {
        Some((Meaning::Delegate, at)) => {
            Err(Error::new(at, "an enum has no field to ask: write `#[outcome(delegate)]` on its variants"))
        }
        Some((meaning, _)) => Ok(meaning),
        None => Ok(Meaning::Error),
    }
}

/// The arms of the `match`, while they are written.
struct Arms<'a> {
    root: &'a Path,
    /// The types that a delegate hands over to.
    asked: Vec<Type>,
}

impl Arms<'_> {
    fn arm(&mut self, path: &Path, fields: &Fields, meaning: Meaning, at: Span) -> Result<TokenStream> {
        let root = self.root;
        if let Some(outcome) = meaning.outcome(root) {
            return Ok(quote!(#path { .. } => #outcome,));
        }
        let mut all = fields.members().zip(fields);
        let (Some((member, field)), None) = (all.next(), all.next()) else {
            return Err(Error::new(at, "`delegate` asks the only field: there must be exactly one"));
        };
        self.asked.push(field.ty.clone());
        let root = root::located(root, field.ty.span());
        let call = quote_spanned!(field.ty.span()=> #root::sli::Classify::classify(__sre_inner));
        Ok(quote!(#path { #member: __sre_inner } => #call,))
    }
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

/// What stands in the attributes of a type or variant.
#[derive(Default)]
struct Words {
    meaning: Option<(Meaning, Span)>,
    root: Option<Path>,
}

impl Words {
    fn on_type(attributes: &[Attribute]) -> Result<Self> {
        let mut words = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("outcome")) {
            let list = attribute.meta.require_list().map_err(|error| Error::new(error.span(), usage()))?;
            list.parse_args_with(|input: ParseStream<'_>| words.parse(input))?;
        }
        Ok(words)
    }

    fn on_variant(attributes: &[Attribute]) -> Result<Self> {
        let words = Self::on_type(attributes)?;
        match words.root {
            Some(root) => Err(Error::new_spanned(root, "`crate = ..` goes on the type, not on a variant")),
            None => Ok(words),
        }
    }

    /// A word, `crate = path`, or both with a comma between them.
    fn parse(&mut self, input: ParseStream<'_>) -> Result<()> {
        loop {
            if input.peek(Token![crate]) {
                root::parse(&mut self.root, input)?;
            } else {
                self.parse_meaning(input)?;
            }
            if input.is_empty() {
                return Ok(());
            }
            input.parse::<Token![,]>().map_err(|error| Error::new(error.span(), usage()))?;
        }
    }

    fn parse_meaning(&mut self, input: ParseStream<'_>) -> Result<()> {
        let word: Ident = input.parse().map_err(|error| Error::new(error.span(), usage()))?;
        if self.meaning.is_some() {
            return Err(Error::new(word.span(), "there is one outcome: keep one word"));
        }
        self.meaning = Some((known(&word)?, word.span()));
        Ok(())
    }
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

fn implementation(input: &DeriveInput, body: &TokenStream, arms: &Arms<'_>) -> TokenStream {
    let (name, root) = (&input.ident, arms.root);
    let mut generics = input.generics.clone();
    if generics.type_params().next().is_some() {
        let bounds = generics.make_where_clause();
        bounds.predicates.extend(
            arms.asked.iter().map(|ty| -> syn::WherePredicate { parse_quote!(#ty: #root::sli::Classify) }),
        );
    }
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #root::sli::Classify for #name #type_generics #bounds {
            #[inline]
            fn classify(&self) -> #root::sli::Outcome {
                #body
            }
        }
    }
}
