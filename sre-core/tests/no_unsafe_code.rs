//! Every library of the workspace forbids unsafe code, in its root and thereby everywhere.

use std::path::Path;

mod promise;

#[test]
fn every_library_forbids_unsafe_code() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let roots = ["sre-core/src/lib.rs", "sre-exporters/src/lib.rs", "sre-macros/src/lib.rs"];
    for root in roots {
        let source = std::fs::read_to_string(crates.join(root)).unwrap();
        assert!(source.lines().any(|line| line == "#![forbid(unsafe_code)]"), "{root}");
    }
    promise::kept("H1", format_args!("{} libraries, each with `forbid(unsafe_code)`", roots.len()));
}
