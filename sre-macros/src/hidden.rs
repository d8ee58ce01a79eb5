//! Pure. What a body may do that its tokens do not show: macros of the user can expand to a `return` or an `.await`.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::Path;

/// The macros of the standard library that a body is likely to call: they do what their arguments do, and no more.
const STD: [&str; 39] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include_bytes",
    "include_str",
    "is_x86_feature_detected",
    "line",
    "macro_rules",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "thread_local",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
    "addr_of",
    "addr_of_mut",
    "offset_of",
];

/// Words before a `!` that is a negation.
const BEFORE_NOT: [&str; 7] = ["break", "else", "if", "in", "match", "return", "while"];

/// Whether `word` stands in `tokens`, or a macro is called that may write it.
pub(crate) fn may_say(tokens: TokenStream, word: &str) -> bool {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    trees.windows(3).any(calls_unknown_macro)
        || trees.into_iter().any(|tree| match tree {
            TokenTree::Ident(ident) => ident == word,
            TokenTree::Group(group) => may_say(group.stream(), word),
            _ => false,
        })
}

/// [`may_say`] for a macro call that was taken apart already.
pub(crate) fn may_call_say(call: &syn::Macro, word: &str) -> bool {
    !is_known(&call.path) || may_say(call.tokens.clone(), word)
}

fn calls_unknown_macro(trees: &[TokenTree]) -> bool {
    let [TokenTree::Ident(name), TokenTree::Punct(bang), TokenTree::Group(arguments)] = trees else {
        return false;
    };
    bang.as_char() == '!' && arguments.delimiter() != Delimiter::None && !is_std(name) && !is_before_not(name)
}

/// `vec`, `std::vec`, `core::assert`.
fn is_known(path: &Path) -> bool {
    let mut segments = path.segments.iter();
    let last = segments.next_back().is_some_and(|last| is_std(&last.ident));
    last && segments.all(|segment| ["alloc", "core", "ptr", "std"].iter().any(|root| segment.ident == root))
}

fn is_std(name: &Ident) -> bool {
    STD.iter().any(|known| name == known)
}

fn is_before_not(word: &Ident) -> bool {
    BEFORE_NOT.iter().any(|known| word == known)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[track_caller]
    fn check(tokens: TokenStream, expected: bool) {
        assert_eq!(may_say(tokens.clone(), "return"), expected, "{tokens}");
    }

    #[test]
    fn words_are_found_at_any_depth() {
        check(quote!(), false);
        check(quote!(a + b), false);
        check(quote!(return), true);
        check(quote!(f({ [return 1] })), true);
    }

    #[test]
    fn macros_of_the_user_may_say_anything() {
        check(quote!(early!()), true);
        check(quote!(println!("{}", early!())), true);
        check(quote!(slog::info!["x"]), true);
        check(quote!(println!("{}", 1)), false);
        check(quote!(assert!({ return })), true);
    }

    #[test]
    fn a_negation_is_no_macro() {
        check(
            quote!(if !(a) {
                b != (c)
            }),
            false,
        );
        check(quote!(while !{ a } {}), false);
    }
}
