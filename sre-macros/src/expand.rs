//! Pure. From a checked plan to the tokens of an instrumented function.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Expr, LitStr, Path, Result, Type};

use crate::boxed;
use crate::hidden;
use crate::model::{Abandoned, Definition, Length, Objective, Period, Plan, Rule, Source, Verdict};
use crate::returned::{Judged, Returned, is_lent, returned};
use crate::target::Function;

/// The function with its body measured; `prefix` goes before its name where the SLI has none of its own.
pub(crate) fn function(function: &Function, plan: &Plan, prefix: &Prefix) -> Result<TokenStream> {
    check(function, plan)?;
    let returned = returned(&function.signature)?;
    check_returned(function, plan, &returned)?;
    let items = items(function, plan, prefix);
    let body = body(function, plan, &returned);
    let Function { attributes, visibility, defaultness, signature, .. } = function;
    let (inner, outer): (Vec<_>, Vec<_>) =
        attributes.iter().partition(|attribute| matches!(attribute.style, syn::AttrStyle::Inner(_)));
    Ok(quote! {
        #(#outer)* #visibility #defaultness #signature {
            #(#inner)*
            #items
            #body
        }
    })
}

/// The function as it was.
pub(crate) fn untouched(function: &Function) -> TokenStream {
    let Function { attributes, visibility, defaultness, signature, body } = function;
    let (inner, outer): (Vec<_>, Vec<_>) =
        attributes.iter().partition(|attribute| matches!(attribute.style, syn::AttrStyle::Inner(_)));
    let statements = body.stream();
    quote!(#(#outer)* #visibility #defaultness #signature { #(#inner)* #statements })
}

/// What stands before the name of a function in the name of its SLI.
#[derive(Clone, Default)]
pub(crate) struct Prefix {
    /// The type or trait that it belongs to, where an attribute on the whole block tells.
    pub(crate) owner: Option<String>,
    /// The name in the attribute on the whole block.
    pub(crate) group: Option<LitStr>,
}

fn check(function: &Function, plan: &Plan) -> Result<()> {
    if let Some(constness) = &function.signature.constness {
        return Err(Error::new(
            constness.span,
            "a `const fn` may run in the compiler, where nothing is recorded: remove `const` or the attribute",
        ));
    }
    let is_never =
        matches!(&function.signature.output, syn::ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)));
    match plan.rule.predicates().next() {
        Some(predicate) if is_never => Err(Error::new_spanned(
            predicate,
            "this function never returns, so there is nothing to look at: remove the predicate",
        )),
        _ => Ok(()),
    }
}

fn check_returned(function: &Function, plan: &Plan, returned: &Returned) -> Result<()> {
    if returned.is_opaque() && plan.rule.needs_type() {
        return Err(Error::new_spanned(
            &function.signature.output,
            "`impl Trait` hides what happened: add `ok_if = |result| ..`, `error_if = |result| ..` or `always_ok` to `#[sli]`, or return a type with a name",
        ));
    }
    Ok(())
}

/// The hidden static of an inline SLI, and its place in the list of those known at start.
fn items(function: &Function, plan: &Plan, prefix: &Prefix) -> TokenStream {
    let root = &plan.root;
    let sli = sli(plan);
    let hidden = match &plan.source {
        Source::Static(_) => TokenStream::new(),
        Source::Inline(definition) => {
            let value = definition_value(definition, function, root, prefix);
            quote!(static #sli: #root::Sli = #value;)
        }
    };
    // The place is the one of the function's name, also for an attribute on a whole block.
    let name = function.signature.ident.span();
    let place = quote_spanned!(name=> ::core::file!(), ::core::line!());
    let borrowed = borrowed(&sli);
    quote! {
        #hidden
        const _: () = {
            #[#root::private::linkme::distributed_slice(#root::private::NAMED)]
            #[linkme(crate = #root::private::linkme)]
            static __SRE_NAMED: #root::private::Named = #root::private::Named::new(#borrowed, #place);
        };
    }
}

/// The static that calls are recorded to.
fn sli(plan: &Plan) -> TokenStream {
    match &plan.source {
        Source::Static(path) => path.to_token_stream(),
        Source::Inline(_) => quote!(__SRE_SLI),
    }
}

/// A reference whose errors point at the path that the user wrote.
fn borrowed(sli: &TokenStream) -> TokenStream {
    let at = sli.span().resolved_at(Span::mixed_site());
    quote_spanned!(at=> &#sli)
}

fn definition_value(
    definition: &Definition,
    function: &Function,
    root: &Path,
    prefix: &Prefix,
) -> TokenStream {
    let name = name(definition, function, root, prefix);
    let period = definition.period.as_ref().map(|period| period_call(period, root));
    let objectives = definition.objectives.iter().map(|objective| {
        let objective = objective_value(objective, root);
        quote!(.objective(#objective #period))
    });
    let abandoned = definition.abandoned.as_ref().map(|abandoned| abandoned_call(abandoned, root));
    quote!(#root::Sli::new(#name) #(#objectives)* #abandoned)
}

/// As written, else from the place: module, owner where it is known, function.
fn name(definition: &Definition, function: &Function, root: &Path, prefix: &Prefix) -> TokenStream {
    if let Some(name) = &definition.name {
        return name.to_token_stream();
    }
    let ident = syn::ext::IdentExt::unraw(&function.signature.ident).to_string();
    if let Some(group) = &prefix.group {
        let name = format!("{}.{ident}", group.value());
        return LitStr::new(&name, group.span()).to_token_stream();
    }
    let owner = prefix.owner.iter().map(|owner| format!("::{owner}"));
    let tail = owner.chain([format!("::{ident}")]).collect::<String>();
    quote! {{
        const PATH: &::core::primitive::str = ::core::concat!(::core::module_path!(), #tail);
        const DOTTED: [::core::primitive::u8; #root::private::dotted_len(PATH)] = #root::private::dotted(PATH);
        #root::private::text(&DOTTED)
    }}
}

fn objective_value(objective: &Objective, root: &Path) -> TokenStream {
    match objective {
        Objective::Availability { target } => {
            let at = target.span().resolved_at(Span::mixed_site());
            quote_spanned!(at=> #root::Objective::availability(#target))
        }
        Objective::Latency { target, threshold, .. } => {
            let threshold = length_value(threshold, root);
            let at = target.span().resolved_at(Span::mixed_site());
            quote_spanned!(at=> #root::Objective::latency(#target, #threshold))
        }
    }
}

fn length_value(length: &Length, root: &Path) -> TokenStream {
    match length {
        Length::Known(duration) => {
            let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
            quote!(#root::private::Duration::new(#seconds, #nanos))
        }
        Length::Expr(value) => value.to_token_stream(),
    }
}

fn period_call(period: &Period, root: &Path) -> TokenStream {
    let period = match period {
        Period::Rolling(duration) => {
            let length = length_value(&Length::Known(*duration), root);
            quote!(#root::private::Period::rolling(#length))
        }
        Period::Calendar { unit, zone } => {
            let unit = proc_macro2::Ident::new(unit, Span::mixed_site());
            quote!(#root::private::Period::calendar(#root::private::CalendarUnit::#unit, #zone))
        }
        Period::Expr(value) => value.to_token_stream(),
    };
    quote!(.period(#period))
}

fn abandoned_call(abandoned: &Abandoned, root: &Path) -> TokenStream {
    let policy = match abandoned {
        Abandoned::Bad => quote!(Bad),
        Abandoned::Ignored => quote!(Ignored),
        Abandoned::BadAfter(length) => {
            let length = length_value(length, root);
            quote!(BadAfter(#length))
        }
    };
    quote!(.abandoned(#root::private::AbandonedPolicy::#policy))
}

/// Code with local names that the user's code neither sees nor hides. They begin with `__sre_`, because a name of a
/// constant in scope would be that constant, hygiene or not.
macro_rules! hygienic {
    ($($tokens:tt)*) => {
        quote_spanned!(Span::mixed_site()=> $($tokens)*)
    };
}

fn body(function: &Function, plan: &Plan, returned: &Returned) -> TokenStream {
    let statements = function.body.stream();
    let is_async = function.signature.asyncness.is_some();
    match returned {
        Returned::Never => {
            let start = start(plan);
            hygienic!(let __sre_call = #start; #statements)
        }
        Returned::Value(judged) if stays_in_place(judged, &plan.rule, is_async, &statements) => {
            let (root, start) = (&plan.root, start(plan));
            hygienic!(let __sre_call = #root::private::OkAtReturn::new(#start); #statements)
        }
        Returned::Value(Judged { ty, .. }) if is_async => {
            measured_block(plan, ty, &hygienic!(async move), &statements)
        }
        Returned::Value(Judged { ty, .. }) => {
            let root = &plan.root;
            let run = hygienic!(#root::private::run(|| -> #ty { #statements }));
            measured(plan, ty, &run)
        }
        Returned::OpaqueFuture(Judged { ty: output, .. }) => {
            let root = &plan.root;
            let block = measured(plan, output, &hygienic!(__sre_future.await));
            hygienic! {
                let __sre_future = #root::private::run(|| -> _ { #statements });
                async move { #block }
            }
        }
        Returned::BoxedFuture(ty, Judged { ty: output, .. }) => boxed_body(plan, ty, output, statements),
    }
}

/// Whether a guard beside the statements can tell how the call ends. An opaque value asks for it: in a closure the
/// compiler no longer knows what the signature says about it. An `async fn` that waits may be dropped meanwhile,
/// which looks like a `return`.
fn stays_in_place(judged: &Judged, rule: &Rule, is_async: bool, statements: &TokenStream) -> bool {
    let may_wait = is_async && hidden::may_say(statements.clone(), "await");
    judged.has_opaque && !rule.needs_value() && !may_wait
}

/// A box made at the end of the function is measured inside; any other one is put into a second box.
fn boxed_body(plan: &Plan, ty: &Type, output: &Type, statements: TokenStream) -> TokenStream {
    let root = &plan.root;
    if let Some(body) = boxed::split(&statements) {
        let block = measured_block(plan, output, &body.opening(), &body.inside);
        return body.around(&block);
    }
    let block = measured(plan, output, &hygienic!(__sre_future.await));
    hygienic! {
        let __sre_future = #root::private::run(|| -> #ty { #statements });
        #root::private::Box::pin(async move { #block })
    }
}

/// An async body: `return` and `?` end in an inner block, whose type is told by a `return` never taken.
fn measured_block(plan: &Plan, ty: &Type, opening: &TokenStream, statements: &TokenStream) -> TokenStream {
    let root = &plan.root;
    let work = hygienic! {
        #opening {
            if false {
                return #root::private::never::<#ty>();
            }
            #statements
        }.await
    };
    measured(plan, ty, &work)
}

/// Start, work, judgement, record, result.
fn measured(plan: &Plan, ty: &Type, work: &TokenStream) -> TokenStream {
    let start = start(plan);
    let outcome = outcome(&plan.rule, &plan.root, ty);
    // A `()` without its type is what clippy asks about.
    let is_unit = matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty());
    let unit = is_unit.then(|| quote!(: ()));
    hygienic! {
        let __sre_call = #start;
        let __sre_result #unit = #work;
        let __sre_outcome = #outcome;
        __sre_call.finish(__sre_outcome);
        __sre_result
    }
}

fn start(plan: &Plan) -> TokenStream {
    let root = &plan.root;
    let sli = borrowed(&sli(plan));
    quote!(#root::Sli::start(#sli))
}

fn outcome(rule: &Rule, root: &Path, ty: &Type) -> TokenStream {
    let verdict = match &rule.verdict {
        Verdict::ByType => by_type(root, ty),
        Verdict::AlwaysOk => quote!(#root::sli::Outcome::Ok),
        Verdict::OkIf(predicate) => either(root, predicate, &quote!(Ok), &quote!(#root::sli::Outcome::Error)),
        Verdict::ErrorIf(predicate) => {
            either(root, predicate, &quote!(Error), &quote!(#root::sli::Outcome::Ok))
        }
    };
    match &rule.ignore_if {
        Some(predicate) => either(root, predicate, &quote!(Ignored), &verdict),
        None => verdict,
    }
}

fn either(root: &Path, predicate: &Expr, then: &TokenStream, otherwise: &TokenStream) -> TokenStream {
    hygienic! {
        if #root::private::holds(&__sre_result, #predicate) {
            #root::sli::Outcome::#then
        } else {
            #otherwise
        }
    }
}

/// Errors point at the return type. What is lent out is not the work of this function, even if it is a future.
fn by_type(root: &Path, ty: &Type) -> TokenStream {
    let ask = quote_spanned!(ty.span().resolved_at(Span::mixed_site())=> .sre_outcome());
    let future = (!is_lent(ty)).then(|| quote!(OfFuture as _,));
    hygienic! {{
        use #root::private::{
            OfAnything as _, OfBoth as _, OfError as _, #future OfResult as _, OfValue as _, OfWhole as _,
        };
        (&&&&&&#root::private::Probe(&__sre_result)) #ask
    }}
}
