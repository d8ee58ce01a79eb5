//! A module imports from lower floors only. The floors of the architecture are read from the source.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may")]

use std::path::{Path, PathBuf};

/// Modules from the ground up; those of one line know nothing of each other.
const FLOORS: [&[&str]; 12] = [
    &["primitive", "duration", "feed", "lists", "stats"],
    &["error", "store"],
    &["units"],
    &["clock", "window"],
    &["shard", "slo"],
    &["histogram", "alert"],
    &["sli"],
    &["registry", "report"],
    &["engine"],
    &["testing"],
    &["private", "fuzzing"],
    &["lib", "_docs"],
];

fn floor(module: &str) -> usize {
    FLOORS
        .iter()
        .position(|floor| floor.contains(&module))
        .unwrap_or_else(|| panic!("on which floor is `{module}`?"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The modules that a file names by `crate::`, tests, comments and the text of macros aside.
fn named(source: &str) -> Vec<String> {
    let code = source.split("\nmod tests {").next().unwrap();
    let lines = code.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
    let mut modules = Vec::new();
    for line in lines {
        for (at, _) in line.match_indices("crate::") {
            let is_of_macro = line[..at].ends_with('$');
            let module: String =
                line[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !is_of_macro && !module.is_empty() {
                modules.push(module);
            }
        }
    }
    modules
}

/// Whose file it is: `sli` for `sli/guard.rs`.
fn module_of(path: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let first = path.strip_prefix(root).unwrap().components().next().unwrap();
    Path::new(first.as_os_str()).file_stem().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn no_module_imports_from_its_own_floor_or_above() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    let mut upward = Vec::new();
    let mut seen = 0;
    for path in found {
        let module = module_of(&path);
        for target in named(&std::fs::read_to_string(&path).unwrap()) {
            seen += 1;
            if target != module && floor(&target) >= floor(&module) {
                upward.push(format!("{} -> {target}", path.display()));
            }
        }
    }
    assert!(seen > 200, "only {seen} imports were found");
    assert_eq!(upward, Vec::<String>::new());
}

#[test]
fn the_reader_sees_imports_and_nothing_else() {
    let source = "//! crate::a\nuse crate::b::{c};\n  let x = crate::d::E; // x\n$crate::f\n#[cfg(test)]\nmod tests {\nuse crate::g;\n}";
    assert_eq!(named(source), ["b", "d"]);
}
