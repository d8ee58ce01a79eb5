//! What the tests of exporters report on: a shop with a checkout, by a manual clock, the same in every run.

#![allow(
    clippy::expect_used,
    dead_code,
    reason = "tests say where they stopped, and not every test binary asks for everything"
)]

use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::sli::Exemplar;
use sre_core::{Engine, Objective, Sli};

pub(crate) static CHECKOUT: Sli = Sli::new("checkout")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, Duration::from_millis(300)));

/// A trace that is easy to recognise.
pub(crate) const TRACE: Exemplar = Exemplar::new([0x0a; 16], [0xb7; 8]);

/// An engine of a service with this name, some day in December 2025.
pub(crate) fn engine(service: &str) -> Engine {
    let clock = ManualClock::at_unix_seconds(1_766_000_000);
    Engine::builder().service(service).manual_clock(clock).start().expect("starts")
}

/// The checkout of an engine, with counters of its own.
pub(crate) fn checkout(engine: &Engine) -> Sli {
    engine.sli(CHECKOUT.definition()).expect("well defined")
}

/// Label values that try to leave their quotes, their line, or the reader's patience.
pub(crate) fn hostile_values() -> Vec<String> {
    [
        "",
        "\"",
        "\\",
        "\n",
        "\0",
        "\"} 1\nfake_total 1\n#",
        "a\",le=\"0.1",
        "# EOF\n",
        "\r\n",
        "\u{202E}",
        "\u{1F980}",
        "|,;:{}",
    ]
    .map(str::to_owned)
    .to_vec()
}
