//! Pure. `#[derive(Labels)]`: a struct becomes a set of labels, an enum without data a label value.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DataEnum, DataStruct, DeriveInput, Error, Field, Fields, LitStr, Path, Result, Token,
    Type, parse_quote,
};

use crate::names::snake_case;
use crate::root;
use crate::valid::Errors;

/// Names that the rows of every family carry already, or that Prometheus keeps for itself.
const RESERVED: [&str; 9] =
    ["sli", "slo", "outcome", "verdict", "window", "tier", "severity", "le", "quantile"];

/// The derived implementation, or what is wrong.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    syn::parse2(input).and_then(|input| try_expand(&input)).unwrap_or_else(Error::into_compile_error)
}

fn try_expand(input: &DeriveInput) -> Result<TokenStream> {
    let root = root_of(&input.attrs)?;
    match &input.data {
        Data::Struct(data) => labels(input, data, &root),
        Data::Enum(data) => label_value(input, data, &root),
        Data::Union(data) => {
            Err(Error::new(data.union_token.span, "labels are a struct with one field per label"))
        }
    }
}

/// `crate = path` on the type, else `::sre_core`.
fn root_of(attributes: &[Attribute]) -> Result<Path> {
    let mut root = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("label")) {
        attribute.parse_args_with(|input: ParseStream<'_>| {
            if !input.peek(Token![crate]) {
                let message =
                    "on the type only `crate = path` says something: the rest goes on a field or a variant";
                return Err(Error::new(input.span(), message));
            }
            root::parse(&mut root, input)
        })?;
    }
    Ok(root.unwrap_or_else(|| parse_quote!(::sre_core)))
}

fn labels(input: &DeriveInput, data: &DataStruct, root: &Path) -> Result<TokenStream> {
    let fields = named_fields(input, data)?;
    let names = field_names(&fields)?;
    let idents: Vec<&Ident> = fields.iter().filter_map(|field| field.ident.as_ref()).collect();
    let types: Vec<&Type> = fields.iter().map(|field| &field.ty).collect();
    let identities = fields.iter().filter_map(|field| identity_call(field));
    let values: Vec<TokenStream> = idents.iter().zip(&types).map(|(ident, ty)| value_of(ident, ty)).collect();
    let stored: Vec<Ident> = idents
        .iter()
        .map(|ident| Ident::new(&format!("__sre_stored_{}", ident.unraw()), Span::mixed_site()))
        .collect();
    let private = quote!(#root::private);
    let places = values.iter().fold(quote!(0), |before, value| quote!(#private::place(#before, #value)));
    let hash = values
        .iter()
        .fold(quote!(__sre_seed), |before, value| quote!(#private::LabelValue::mix_into(#value, #before)));
    let body = quote! {
        const NAMES: &'static [&'static ::core::primitive::str] = &[#(#names),*];

        const DENSE: ::core::option::Option<::core::primitive::usize> =
            #private::combinations(&[#(<#types as #private::LabelValue>::CLOSED),*]);

        #[inline]
        fn dense_index(&self) -> ::core::primitive::usize {
            if <Self as #private::Labels>::DENSE.is_some() { #places } else { 0 }
        }

        #[inline]
        fn identity(&self) -> ::core::option::Option<#private::Identity> {
            #private::IdentityBuilder::new() #(#identities)* .finish()
        }

        #[inline]
        fn content_hash(&self, __sre_seed: ::core::primitive::u64) -> ::core::primitive::u64 {
            #hash
        }

        #[inline]
        fn matches<__SreText: ::core::convert::AsRef<::core::primitive::str>>(
            &self,
            __sre_values: &[__SreText],
        ) -> ::core::primitive::bool {
            match __sre_values {
                [#(#stored),*] => {
                    #(#private::LabelValue::is(#values, ::core::convert::AsRef::as_ref(#stored)))&&*
                }
                _ => false,
            }
        }

        fn visit(&self, mut __sre_visitor: impl ::core::ops::FnMut(&::core::primitive::str)) {
            #(#private::LabelValue::with_text(#values, &mut __sre_visitor);)*
        }
    };
    Ok(implementation(input, root, &quote!(Labels), &types, &body))
}

fn named_fields<'a>(input: &DeriveInput, data: &'a DataStruct) -> Result<Vec<&'a Field>> {
    match &data.fields {
        Fields::Named(fields) if !fields.named.is_empty() => Ok(fields.named.iter().collect()),
        Fields::Unnamed(fields) => Err(Error::new_spanned(
            fields,
            "label names are field names: write `{ method: Method }` instead of a tuple",
        )),
        _ => Err(Error::new_spanned(
            &input.ident,
            "labels need a field each: without any, use an `Sli`, not a family",
        )),
    }
}

/// The label names, checked against the data model of Prometheus and each other.
fn field_names(fields: &[&Field]) -> Result<Vec<String>> {
    let mut errors = Errors::default();
    let mut names = Vec::new();
    for field in fields {
        let Some(ident) = &field.ident else { continue };
        let own = (ident.unraw().to_string(), ident.span());
        let Some((name, at)) = errors.take(rename(&field.attrs)).map(|renamed| renamed.unwrap_or(own)) else {
            continue;
        };
        if let Some(message) = name_flaw(&name) {
            errors.push(Error::new(at, message));
        } else if names.contains(&name) {
            errors.push(Error::new(at, format!("two labels are named `{name}`: rename one")));
        }
        names.push(name);
    }
    errors.finish()?;
    Ok(names)
}

fn name_flaw(name: &str) -> Option<String> {
    let mut letters = name.chars();
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    if !letters.next().is_some_and(is_letter) || !letters.all(|c| is_letter(c) || c.is_ascii_digit()) {
        return Some(format!(
            "label name `{name}` must be ASCII letters, digits and underscores, and not start with a digit"
        ));
    }
    if name.starts_with("__") {
        return Some(format!(
            "label names that start with two underscores, such as `{name}`, belong to Prometheus"
        ));
    }
    RESERVED.contains(&name).then(|| {
        format!(
            "`{name}` is a label of every row already: write `#[label(rename = \"...\")]` with another name"
        )
    })
}

fn value_of(ident: &Ident, ty: &Type) -> TokenStream {
    let at = ty.span();
    quote_spanned!(at=> &self.#ident)
}

/// Text that is `&'static` by its type is told by its address.
fn identity_call(field: &Field) -> Option<TokenStream> {
    let ident = field.ident.as_ref()?;
    Some(if is_static_text(&field.ty) {
        quote!(.static_text(self.#ident))
    } else {
        quote!(.field(&self.#ident))
    })
}

fn is_static_text(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else { return false };
    let is_static = reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static");
    let is_text = matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("str"));
    is_static && is_text && reference.mutability.is_none()
}

fn label_value(input: &DeriveInput, data: &DataEnum, root: &Path) -> Result<TokenStream> {
    let mut errors = Errors::default();
    let mut texts = Vec::new();
    let mut seen = HashSet::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.push(Error::new_spanned(
                &variant.fields,
                "a label value is one of a closed set: keep the variant without data, or make the data a label of its own",
            ));
        }
        let own = (snake_case(&variant.ident.unraw().to_string()), variant.ident.span());
        let Some((text, at)) = errors.take(rename(&variant.attrs)).map(|renamed| renamed.unwrap_or(own))
        else {
            continue;
        };
        if !seen.insert(text.clone()) {
            errors.push(Error::new(at, format!("two variants have the text \"{text}\": rename one")));
        }
        texts.push(text);
    }
    if data.variants.is_empty() {
        errors.push(Error::new_spanned(&input.ident, "a label value needs at least one variant"));
    }
    errors.finish()?;
    let variants: Vec<&Ident> = data.variants.iter().map(|variant| &variant.ident).collect();
    let (size, places) = (texts.len(), 0..texts.len());
    let body = quote! {
        const CLOSED: ::core::option::Option<::core::primitive::usize> = ::core::option::Option::Some(#size);

        #[inline]
        fn index(&self) -> ::core::primitive::usize {
            match self { #(Self::#variants => #places,)* }
        }

        #[inline]
        fn with_text<__SreRead>(
            &self,
            __sre_reader: impl ::core::ops::FnOnce(&::core::primitive::str) -> __SreRead,
        ) -> __SreRead {
            __sre_reader(match self { #(Self::#variants => #texts,)* })
        }
    };
    Ok(implementation(input, root, &quote!(LabelValue), &[], &body))
}

/// The text of `#[label(rename = "...")]`.
fn rename(attributes: &[Attribute]) -> Result<Option<(String, Span)>> {
    let mut renamed = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("label")) {
        let usage = "write `#[label(rename = \"...\")]`";
        let mut is_known = false;
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("rename") {
                return Err(Error::new_spanned(&meta.path, usage));
            }
            let text: LitStr = meta.value()?.parse().map_err(|error| Error::new(error.span(), usage))?;
            renamed = Some((text.value(), text.span()));
            is_known = true;
            Ok(())
        })?;
        if !is_known {
            return Err(Error::new_spanned(attribute, usage));
        }
    }
    Ok(renamed)
}

/// Each type has to be a label value; said once, a type that is none is refused once, at its field.
fn implementation(
    input: &DeriveInput,
    root: &Path,
    name: &TokenStream,
    types: &[&Type],
    body: &TokenStream,
) -> TokenStream {
    let ident = &input.ident;
    let mut generics = input.generics.clone();
    if !types.is_empty() {
        let bounds = generics.make_where_clause();
        bounds.predicates.extend(types.iter().map(|ty| -> syn::WherePredicate {
            let at = ty.span().resolved_at(Span::mixed_site());
            let root = root::located(root, at);
            let bound = quote_spanned!(at=> #ty: #root::private::LabelValue);
            parse_quote!(#bound)
        }));
    }
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #root::private::#name for #ident #type_generics #bounds {
            #body
        }
    }
}
