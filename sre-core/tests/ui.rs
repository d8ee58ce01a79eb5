//! What the compiler says where a macro does not fit: at the user's own token, with what to write instead.
//!
//! `TRYBUILD=overwrite cargo test -p sre-core --test ui` rewrites the messages; read the difference.
//!
//! A part of each message is the compiler's own and differs between its versions, so they are compared on the one that
//! wrote them, which is the MSRV that `.ci/run` builds with.

#![cfg(feature = "macros")]
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::process::Command;

#[test]
fn misuse_is_explained_at_the_users_token() {
    let cases = trybuild::TestCases::new();
    if compiler().starts_with(concat!("rustc ", env!("CARGO_PKG_RUST_VERSION"), ".")) {
        cases.compile_fail("tests/ui/fail/*.rs");
    } else {
        println!("messages not compared: they are those of rustc {}", env!("CARGO_PKG_RUST_VERSION"));
    }
}

/// What the compiler says of itself: `rustc 1.95.0 (...)`.
fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).arg("--version").output().unwrap();
    String::from_utf8(told.stdout).unwrap()
}
