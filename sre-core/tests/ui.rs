//! What the compiler says where a macro does not fit: at the user's own token, with what to write instead.
//!
//! `TRYBUILD=overwrite cargo test -p sre-core --test ui` rewrites the messages; read the difference.

#![cfg(feature = "macros")]
#![forbid(unsafe_code)]

#[test]
fn misuse_is_explained_at_the_users_token() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}
