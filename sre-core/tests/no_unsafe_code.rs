//! Every program of the workspace forbids unsafe code in its root, and thereby everywhere, but for those that need it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic as tests do")]

use std::path::{Path, PathBuf};

mod promise;

/// Programs with unsafe code: an allocator that counts cannot be written without.
const EXCEPTIONS: [&str; 1] = ["benches/memory.rs"];

#[test]
fn every_library_forbids_unsafe_code() {
    let libraries = ["sre-core/src/lib.rs", "sre-exporters/src/lib.rs", "sre-macros/src/lib.rs"];
    let programs = programs();
    for root in libraries.iter().map(PathBuf::from).chain(programs.iter().cloned()) {
        let is_exception = EXCEPTIONS.iter().any(|exception| root == Path::new(exception));
        assert_eq!(forbids(&root), !is_exception, "{}", root.display());
    }
    let forbidding = programs.len() - EXCEPTIONS.len();
    promise::kept(
        "H1",
        format_args!(
            "{} libraries and {forbidding} benches, examples and fuzzers, each with `forbid(unsafe_code)`; {} bench \
             that counts allocations has unsafe code",
            libraries.len(),
            EXCEPTIONS.len(),
        ),
    );
}

/// Roots of all that is built of this workspace beside the libraries and their tests, as the manifests name them.
fn programs() -> Vec<PathBuf> {
    let mut roots = Vec::new();
    for folder in ["benches", "examples", "sre-core/fuzz"] {
        let manifest = read(&Path::new(folder).join("Cargo.toml"));
        let paths = manifest.lines().filter_map(|line| line.strip_prefix("path = \"")?.strip_suffix('"'));
        let here = roots.len();
        roots.extend(paths.map(|path| Path::new(folder).join(path)));
        assert!(roots.len() > here, "{folder} has a program");
    }
    roots
}

fn forbids(root: &Path) -> bool {
    read(root).lines().any(|line| line == "#![forbid(unsafe_code)]")
}

fn read(path: &Path) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
