//! The compiler is asked to refuse what panics, in every module of the libraries, and each exception says why.
//!
//! Whether it finds any is for clippy, with these lints as errors: the step `lint`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic as tests do")]

use std::path::{Path, PathBuf};

mod promise;

const LIBRARIES: [&str; 3] = ["sre-core", "sre-exporters", "sre-macros"];

/// What the manifest of the workspace names for every module.
const EVERYWHERE: [&str; 4] = ["unwrap_used", "expect_used", "panic", "indexing_slicing"];

/// Modules that only tests, models and fuzzers have, wherever they lie.
const OF_TESTS: [&str; 8] =
    ["tests", "tests.rs", "simulation", "golden.rs", "models.rs", "model.rs", "fuzzing.rs", "any_input.rs"];

/// What modules that read foreign bytes, or keep what must survive, ask for in addition.
const ARITHMETIC: &str = "#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]";

#[test]
fn in_every_module_of_the_libraries() {
    let manifest = read(&root().join("Cargo.toml"));
    let (_, lints) = manifest.split_once("[workspace.lints.clippy]").unwrap();
    for lint in EVERYWHERE {
        let is_refused = lints.lines().any(|line| line == format!("{lint} = \"warn\""));
        assert!(is_refused, "{lint}");
    }
    let modules: Vec<(PathBuf, String)> = LIBRARIES.iter().flat_map(|library| modules_of(library)).collect();
    let careful = modules.iter().filter(|(_, code)| code.lines().any(|line| line == ARITHMETIC)).count();
    let exceptions: usize = modules.iter().map(|(path, code)| exceptions(path, code)).sum();
    assert!(modules.len() > 100 && careful > 5, "{} modules, {careful} of them careful", modules.len());
    promise::kept(
        "H2",
        format_args!(
            "`unwrap`, `expect`, `panic!` and indexing are errors in {} modules of {} libraries, and arithmetic that \
             may overflow in {careful} of them; {exceptions} exceptions outside of tests, each with its reason",
            modules.len(),
            LIBRARIES.len(),
        ),
    );
}

#[test]
fn an_exception_without_a_reason_is_found() {
    let told = |code: &str| std::panic::catch_unwind(|| exceptions(Path::new("x"), code));
    let reason = "#[expect(clippy::indexing_slicing, reason = \"checked\")]\nfn a() {}";
    assert_eq!(told(reason).unwrap(), 1);
    assert_eq!(told("#[expect(\n    clippy::panic,\n    reason = \"why\"\n)]").unwrap(), 1);
    assert_eq!(told("#[expect(clippy::float_cmp)]\nfn a() {}").unwrap(), 0);
    assert_eq!(told("fn a() {}\n#[cfg(test)]\nmod tests {\n#[allow(clippy::panic)]").unwrap(), 0);
    assert_eq!(told("fn a() {}\n#[cfg(test)]\n#[expect(clippy::panic)]\nmod tests {").unwrap(), 0);
    assert!(told("#[cfg(test)]\nuse a;\n\n#[expect(clippy::panic)]\nfn a() {}").is_err());
    assert!(told("#[expect(clippy::indexing_slicing)]\nfn a() {}").is_err());
    assert!(
        told("#[allow(clippy::unwrap_used, reason = \"no\")]").is_err(),
        "only `expect` ends with its cause"
    );
}

/// Exceptions in the code that is shipped: all that come before the tests at the end of a file.
fn exceptions(path: &Path, code: &str) -> usize {
    let is_of_tests = |rest: &str| {
        let is_conditional = rest.starts_with("#[cfg(test)]\n") || rest.starts_with("#[cfg(all(test, ");
        is_conditional && rest.split("\nmod ").next().is_some_and(|between| !between.contains("\n\n"))
    };
    let tests = code.match_indices("#[cfg(").find(|(at, _)| code.get(*at..).is_some_and(is_of_tests));
    let shipped = tests.map_or(code, |(at, _)| code.get(..at).unwrap_or_default());
    let attributes = shipped.split("#[").skip(1).chain(shipped.split("#![").skip(1));
    let attributes = attributes.filter_map(|rest| rest.split_once(")]").map(|(attribute, _)| attribute));
    let concerned: Vec<&str> = attributes
        .filter(|attribute| attribute.starts_with("expect(") || attribute.starts_with("allow("))
        .filter(|attribute| EVERYWHERE.iter().any(|lint| attribute.contains(&format!("clippy::{lint}"))))
        .collect();
    for attribute in &concerned {
        let is_reasoned = attribute.starts_with("expect(") && attribute.contains("reason = \"");
        assert!(is_reasoned, "{}: {attribute}", path.display());
    }
    concerned.len()
}

/// Modules that are shipped, with their code.
fn modules_of(library: &str) -> Vec<(PathBuf, String)> {
    let manifest = read(&root().join(library).join("Cargo.toml"));
    assert!(manifest.contains("[lints]\nworkspace = true"), "{library} takes the lints of the workspace");
    let mut folders = vec![root().join(library).join("src")];
    let mut modules = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_for_tests = OF_TESTS.iter().any(|name| path.ends_with(name));
            if path.is_dir() && !is_for_tests {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !is_for_tests {
                modules.push((path.clone(), read(&path)));
            }
        }
    }
    modules
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
