//! `#[derive(Outcome)]` and `#[derive(Labels)]` on what they do not fit.

use sre_core::{Labels, Outcome};

#[derive(Outcome)]
enum Words {
    #[outcome(okay)]
    Misspelt,
    #[outcome(purple)]
    Unknown,
    #[outcome]
    Nothing,
    #[outcome(ok)]
    #[outcome(error)]
    Twice,
    #[outcome(delegate)]
    NoField,
    #[outcome(delegate)]
    TwoFields(u32, u32),
    Field {
        #[outcome(ok)]
        field: u32,
    },
}

#[derive(Outcome)]
#[outcome(delegate)]
enum Delegate {
    A,
}

#[derive(Outcome)]
union Bits {
    a: u32,
}

#[derive(Labels)]
struct Tuple(u32);

#[derive(Labels)]
struct Unit;

#[derive(Labels)]
struct Names {
    outcome: u32,
    größe: u32,
    __private: u32,
    #[label(rename = "a-b")]
    dashed: u32,
    #[label(rename = "same")]
    one: u32,
    #[label(rename = "same")]
    other: u32,
    #[label(name = "x")]
    misused: u32,
    #[label]
    empty: u32,
}

#[derive(Labels)]
struct Value {
    duration: std::time::Duration,
}

#[derive(Labels)]
enum Data {
    Some(u32),
    None,
}

#[derive(Labels)]
enum Same {
    One,
    #[label(rename = "one")]
    Other,
}

#[derive(Labels)]
enum Never {}

#[derive(Outcome)]
enum Rooted {
    #[outcome(ok, crate = sre_core)]
    A,
}

#[derive(Outcome)]
#[outcome(crate)]
struct NoPath;

#[derive(Outcome)]
#[outcome(ok; error)]
struct NoComma;

#[derive(Labels)]
#[label(rename = "x")]
struct Misplaced {
    a: u32,
}

#[derive(Labels)]
#[label(crate = sre_core)]
#[label(crate = sre_core)]
struct TwiceRooted {
    a: u32,
}

fn main() {}
