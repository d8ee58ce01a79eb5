//! Pure. The arguments of `#[sli(...)]` as they were written, before anything is checked.

use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Path, Result, Token, parenthesized};

use crate::names::closest;
use crate::root;

/// Every argument, in the order in which the error for an unknown one lists them.
pub(crate) const KNOWN: [&str; 11] = [
    "name",
    "availability",
    "latency",
    "period",
    "abandoned",
    "ok_if",
    "error_if",
    "ignore_if",
    "always_ok",
    "skip",
    "crate",
];

/// What stands between the parentheses; everything optional, nothing judged.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) path: Option<Path>,
    pub(crate) name: Option<Given>,
    pub(crate) availability: Option<Given>,
    pub(crate) latencies: Vec<LatencyArg>,
    pub(crate) period: Option<Given>,
    pub(crate) abandoned: Option<AbandonedArg>,
    pub(crate) ok_if: Option<Given>,
    pub(crate) error_if: Option<Given>,
    pub(crate) ignore_if: Option<Given>,
    pub(crate) always_ok: Option<Span>,
    pub(crate) skip: Option<Span>,
    pub(crate) root: Option<Path>,
}

/// `key = value`.
pub(crate) struct Given {
    pub(crate) key: Span,
    pub(crate) value: Expr,
}

/// `latency(target, threshold)`.
pub(crate) struct LatencyArg {
    pub(crate) key: Span,
    pub(crate) target: Expr,
    pub(crate) threshold: Expr,
}

/// `abandoned(bad)`, `abandoned(ignored)` or `abandoned(bad_after = "2s")`.
pub(crate) enum AbandonedArg {
    Bad(Span),
    Ignored(Span),
    BadAfter(Given),
}

impl AbandonedArg {
    pub(crate) const fn span(&self) -> Span {
        match self {
            Self::Bad(span) | Self::Ignored(span) => *span,
            Self::BadAfter(given) => given.key,
        }
    }
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Self::default();
        while !input.is_empty() {
            args.parse_one(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>().map_err(|error| {
                    Error::new(error.span(), "expected a comma between the arguments of `#[sli]`")
                })?;
            }
        }
        Ok(args)
    }
}

impl Args {
    /// Whether nothing but `skip` is given.
    pub(crate) fn is_alone(&self) -> bool {
        let given =
            [&self.name, &self.availability, &self.period, &self.ok_if, &self.error_if, &self.ignore_if];
        self.path.is_none()
            && given.into_iter().all(Option::is_none)
            && self.latencies.is_empty()
            && self.abandoned.is_none()
            && self.always_ok.is_none()
    }

    fn parse_one(&mut self, input: ParseStream<'_>) -> Result<()> {
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            return root::parse(&mut self.root, input);
        }
        if !input.peek(syn::Ident) && !input.peek(Token![::]) && !is_path_keyword(input) {
            return Err(Error::new(input.span(), expected_arguments()));
        }
        let path = input.call(Path::parse_mod_style)?;
        match path.get_ident() {
            Some(key) if input.peek(Token![=]) => self.parse_assignment(key, input),
            Some(key) if input.peek(syn::token::Paren) => self.parse_call(key, input),
            Some(key) if is_lower_case(key) => self.parse_word(key),
            _ => once(&mut self.path, path.clone(), span_of(&path), "the path of the SLI"),
        }
    }

    fn parse_assignment(&mut self, key: &Ident, input: ParseStream<'_>) -> Result<()> {
        let name = key.to_string();
        let slot = match name.as_str() {
            "name" => &mut self.name,
            "availability" => &mut self.availability,
            "period" => &mut self.period,
            "ok_if" => &mut self.ok_if,
            "error_if" => &mut self.error_if,
            "ignore_if" => &mut self.ignore_if,
            _ => return Err(misused(key, &name)),
        };
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        once(slot, Given { key: key.span(), value }, key.span(), &format!("`{name}`"))
    }

    fn parse_call(&mut self, key: &Ident, input: ParseStream<'_>) -> Result<()> {
        let inside;
        match key.to_string().as_str() {
            "latency" => {
                parenthesized!(inside in input);
                self.latencies.push(parse_latency(key, &inside)?);
                Ok(())
            }
            "abandoned" => {
                parenthesized!(inside in input);
                let policy = parse_abandoned(key, &inside)?;
                once(&mut self.abandoned, policy, key.span(), "`abandoned`")
            }
            name => Err(misused(key, name)),
        }
    }

    fn parse_word(&mut self, key: &Ident) -> Result<()> {
        match key.to_string().as_str() {
            "always_ok" => once(&mut self.always_ok, key.span(), key.span(), "`always_ok`"),
            "skip" => once(&mut self.skip, key.span(), key.span(), "`skip`"),
            name => Err(misused(key, name)),
        }
    }
}

fn parse_latency(key: &Ident, inside: ParseStream<'_>) -> Result<LatencyArg> {
    let usage = "write the target and the longest good duration, as in `latency(0.99, \"300ms\")`";
    let values = Punctuated::<Expr, Token![,]>::parse_terminated(inside)?;
    let mut values = values.into_iter();
    match (values.next(), values.next(), values.next()) {
        (Some(target), Some(threshold), None) => Ok(LatencyArg { key: key.span(), target, threshold }),
        (_, _, Some(extra)) => Err(Error::new_spanned(extra, usage)),
        _ => Err(Error::new(key.span(), usage)),
    }
}

fn parse_abandoned(key: &Ident, inside: ParseStream<'_>) -> Result<AbandonedArg> {
    let usage = "write `abandoned(bad)`, `abandoned(ignored)` or `abandoned(bad_after = \"2s\")`";
    if inside.is_empty() {
        return Err(Error::new(key.span(), usage));
    }
    let word: Ident = inside.parse().map_err(|error| Error::new(error.span(), usage))?;
    let policy = match word.to_string().as_str() {
        "bad" => AbandonedArg::Bad(key.span()),
        "ignored" => AbandonedArg::Ignored(key.span()),
        "bad_after" => {
            inside.parse::<Token![=]>().map_err(|_| Error::new(word.span(), usage))?;
            AbandonedArg::BadAfter(Given { key: key.span(), value: inside.parse()? })
        }
        _ => return Err(Error::new(word.span(), usage)),
    };
    if inside.is_empty() { Ok(policy) } else { Err(Error::new(inside.span(), usage)) }
}

/// Fills `slot`, or says that it was filled before.
fn once<T>(slot: &mut Option<T>, value: T, at: Span, what: &str) -> Result<()> {
    if slot.is_some() {
        return Err(Error::new(at, format!("{what} is given twice: keep one")));
    }
    *slot = Some(value);
    Ok(())
}

/// An argument that does not exist, or exists in another form.
fn misused(key: &Ident, name: &str) -> Error {
    let usage = match name {
        "name" => "write `name = \"checkout\"`",
        "availability" => "write `availability = 0.999`",
        "latency" => "write `latency(0.99, \"300ms\")`",
        "period" => "write `period = \"30d\"`",
        "abandoned" => "write `abandoned(bad)`, `abandoned(ignored)` or `abandoned(bad_after = \"2s\")`",
        "ok_if" => "write `ok_if = |result| ...`",
        "error_if" => "write `error_if = |result| ...`",
        "ignore_if" => "write `ignore_if = |result| ...`",
        "always_ok" => "write `always_ok` alone",
        "skip" => "write `skip` alone",
        _ => return unknown(key, name),
    };
    Error::new(key.span(), usage)
}

fn unknown(key: &Ident, name: &str) -> Error {
    let hint = closest(name, &KNOWN).map_or_else(String::new, |known| format!(", did you mean `{known}`?"));
    Error::new(key.span(), format!("unknown argument `{name}`{hint}\n{}", expected_arguments()))
}

fn expected_arguments() -> String {
    format!("expected the path of a static `Sli`, or some of: {}", KNOWN.join(", "))
}

/// Arguments are lower case, statics are not, so a misspelt argument is told from a path.
fn is_lower_case(ident: &Ident) -> bool {
    !ident.to_string().contains(char::is_uppercase)
}

fn is_path_keyword(input: ParseStream<'_>) -> bool {
    input.peek(Token![crate])
        || input.peek(Token![self])
        || input.peek(Token![super])
        || input.peek(Token![Self])
}

fn span_of(path: &Path) -> Span {
    path.segments.first().map_or_else(Span::call_site, |segment| segment.ident.span())
}

/// Parses what the compiler hands over.
pub(crate) fn parse(tokens: TokenStream) -> Result<Args> {
    syn::parse2(tokens)
}
