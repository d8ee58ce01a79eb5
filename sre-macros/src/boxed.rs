//! Pure. Bodies that end in `Box::pin(async move { .. })`, the form that `async_trait` writes.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit::Visit;
use syn::{Block, Expr, ExprAsync, ExprCall, Stmt};

use crate::hidden;

/// Such a body, taken apart around the inside of the async block.
pub(crate) struct BoxedBody {
    before: Vec<Stmt>,
    call: ExprCall,
    block: ExprAsync,
    /// The statements of the async block.
    pub(crate) inside: TokenStream,
}

/// Takes `statements` apart, unless another future can be returned before the end.
pub(crate) fn split(statements: &TokenStream) -> Option<BoxedBody> {
    let mut before = syn::parse2::<Block>(quote!({ #statements })).ok()?.stmts;
    let Some(Stmt::Expr(Expr::Call(mut call), None)) = before.pop() else { return None };
    if !is_box_pin(&call.func) || call.args.len() != 1 {
        return None;
    }
    let Some(Expr::Async(block)) = call.args.pop().map(syn::punctuated::Pair::into_value) else {
        return None;
    };
    if before.iter().any(may_return) {
        return None;
    }
    let inside = block.block.stmts.iter().map(ToTokens::to_token_stream).collect();
    Some(BoxedBody { before, call, block, inside })
}

impl BoxedBody {
    /// `async` or `async move`, as the block itself.
    pub(crate) fn opening(&self) -> TokenStream {
        let capture = &self.block.capture;
        quote!(async #capture)
    }

    /// The body with `inside` in place of the statements of the async block.
    pub(crate) fn around(&self, inside: &TokenStream) -> TokenStream {
        let Self { before, call, block, .. } = self;
        let (attributes, function, opening) = (&block.attrs, &call.func, self.opening());
        quote!(#(#before)* #function(#(#attributes)* #opening { #inside }))
    }
}

/// `Box::pin`, by whatever path.
fn is_box_pin(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    let mut segments = path.path.segments.iter().rev().map(|segment| &segment.ident);
    segments.next().is_some_and(|last| last == "pin") && segments.next().is_some_and(|owner| owner == "Box")
}

/// Whether a statement of the function itself has a `return`, also one that a macro may write.
fn may_return(statement: &Stmt) -> bool {
    #[derive(Default)]
    struct Search {
        is_found: bool,
    }

    impl<'ast> Visit<'ast> for Search {
        fn visit_expr_return(&mut self, _: &'ast syn::ExprReturn) {
            self.is_found = true;
        }

        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

        fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}

        fn visit_item(&mut self, _: &'ast syn::Item) {}

        fn visit_macro(&mut self, call: &'ast syn::Macro) {
            self.is_found |= hidden::may_call_say(call, "return");
        }
    }

    let mut search = Search::default();
    search.visit_stmt(statement);
    search.is_found
}
