//! Cold. A lookup by three label values, then one value into the SLI found.

use super::warm;
use crate::harness::Subject;
use crate::values::labels::{Method, Request, Route, Status, request};
use crate::values::{LATENCY_THRESHOLD, duration};
use sre_core::{Labels, Objective, Outcome, Sli, SliFamily};
use std::sync::LazyLock;

/// The name of the group.
pub const GROUP: &str = "labels";
/// Three enums: found by position.
pub const ENUMS: &str = "sre-core, enum labels";
/// A `&'static str` among them: found by address.
pub const STATIC_STR: &str = "sre-core, &'static str route";
/// A `String` among them: found by content.
pub const STRING: &str = "sre-core, String route";
/// No lookup: one held member.
pub const HELD: &str = "sre-core, held member";
/// Labels and values alone, which every subject of the group fetches.
pub const VALUES: &str = "labels and values alone";

/// Three closed sets.
#[derive(Debug, Labels)]
struct EnumLabels {
    method: Method,
    route: Route,
    status: Status,
}

/// Two closed sets and text that is known by its address.
#[derive(Debug, Labels)]
struct StaticLabels {
    method: Method,
    route: &'static str,
    status: Status,
}

/// Two closed sets and text that is known by its content.
#[derive(Debug, Labels)]
struct TextLabels {
    method: Method,
    route: String,
    status: Status,
}

static BY_ENUM: SliFamily<EnumLabels> = SliFamily::new("bench.labels.enum")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, LATENCY_THRESHOLD));
static BY_ADDRESS: SliFamily<StaticLabels> = SliFamily::new("bench.labels.static")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, LATENCY_THRESHOLD));
static BY_CONTENT: SliFamily<TextLabels> = SliFamily::new("bench.labels.text")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, LATENCY_THRESHOLD));

/// Ours.
#[must_use]
pub fn subjects() -> Vec<Subject> {
    vec![
        Subject::shared(VALUES, |i| (request(i), duration(i))),
        Subject::per_thread(HELD, || {
            static MEMBER: LazyLock<Sli> = LazyLock::new(|| BY_ENUM.get(&by_enum(0)).clone());
            let member: &Sli = &MEMBER;
            warm(member);
            |i| member.record(Outcome::Ok, duration(i))
        }),
        Subject::per_thread(ENUMS, || {
            prewarm(|i| BY_ENUM.get(&by_enum(i)));
            |i| BY_ENUM.get(&by_enum(i)).record(Outcome::Ok, duration(i))
        }),
        Subject::per_thread(STATIC_STR, || {
            prewarm(|i| BY_ADDRESS.get(&by_address(i)));
            |i| BY_ADDRESS.get(&by_address(i)).record(Outcome::Ok, duration(i))
        }),
        Subject::per_thread(STRING, || {
            let labels: Vec<TextLabels> = (0..1024).map(by_content).collect();
            prewarm(|i| BY_CONTENT.get(&by_content(i)));
            move |i| {
                if let Some(labels) = labels.get(i % 1024) {
                    BY_CONTENT.get(labels).record(Outcome::Ok, duration(i));
                }
            }
        }),
    ]
}

/// The lookups alone, for the count of instructions.
#[must_use]
pub fn lookups() -> Vec<Subject> {
    let labels: Vec<TextLabels> = (0..1024).map(by_content).collect();
    vec![
        Subject::shared("labels alone", request),
        Subject::shared("lookup by enum labels", |i| BY_ENUM.get(&by_enum(i))),
        Subject::shared("lookup by address of the text", |i| BY_ADDRESS.get(&by_address(i))),
        Subject::shared("lookup by content of the text", move |i| {
            labels.get(i % 1024).map(|labels| BY_CONTENT.get(labels))
        }),
    ]
}

/// Steady state for every member.
fn prewarm<'a>(get: impl Fn(usize) -> &'a Sli) {
    (0..1024).for_each(|i| warm(get(i)));
}

fn by_enum(i: usize) -> EnumLabels {
    let Request { method, route, status, .. } = request(i);
    EnumLabels { method, route, status }
}

fn by_address(i: usize) -> StaticLabels {
    let Request { method, path, status, .. } = request(i);
    StaticLabels { method, route: path, status }
}

fn by_content(i: usize) -> TextLabels {
    let Request { method, path, status, .. } = request(i);
    TextLabels { method, route: path.to_owned(), status }
}
