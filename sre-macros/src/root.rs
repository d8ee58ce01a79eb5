//! Pure. `crate = path`: where `sre_core` is, if not at `::sre_core`.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Error, Path, Result, Token};

/// Takes `crate = path` off `input`.
pub(crate) fn parse(root: &mut Option<Path>, input: ParseStream<'_>) -> Result<()> {
    let key = input.parse::<Token![crate]>()?.span;
    input.parse::<Token![=]>().map_err(|error| Error::new(error.span(), "write `crate = path`"))?;
    if root.is_some() {
        return Err(Error::new(key, "`crate` is given twice: keep one"));
    }
    *root = Some(input.call(Path::parse_mod_style)?);
    Ok(())
}

/// The path, for code whose errors point elsewhere.
pub(crate) fn located(root: &Path, at: Span) -> TokenStream {
    let locate = |mut tree: proc_macro2::TokenTree| {
        tree.set_span(tree.span().located_at(at));
        tree
    };
    root.to_token_stream().into_iter().map(locate).collect()
}
