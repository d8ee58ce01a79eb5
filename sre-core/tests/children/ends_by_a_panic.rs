//! A service that panics in the middle of a call. Built with `-C panic=abort` by `a_panic_that_aborts_is_flushed`.
//!
//! Arguments: its state directory, and `flushed` to be flushed by the panic.

use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::{Engine, Objective, Outcome, Sli};

#[expect(clippy::panic, clippy::expect_used, reason = "it is what this program is for")]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().expect("a directory");
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    let engine =
        Engine::builder().manual_clock(clock).state_dir(directory).flush_each(Duration::from_secs(3_600));
    let engine = engine.start().expect("nothing is wrong with it");
    let sli = Sli::new("ends").objective(Objective::availability(0.999));
    let sli = engine.sli(sli.definition()).expect("a good name");
    // The first flush; the next one would be due in an hour.
    engine.tick();
    sli.record_n(Outcome::Ok, Duration::from_millis(3), 100);
    engine.advance(Duration::from_secs(1));
    if arguments.next().as_deref() == Some("flushed") {
        engine.flush_on_panic();
    }
    let _call = sli.start();
    panic!("planned");
}
