//! Who asks for nonsense, or is disappointed, is shown the line of the test and none of the kit.

use std::cell::RefCell;
use std::panic::{Location, UnwindSafe, catch_unwind};
use std::sync::Once;

use crate::slo::Objective;
use crate::testing::{
    Latency, alert, budget_left, burn, clock_back, clock_forward, coverage, errors, hanging, kill, mistakes,
    outage, page, replay, restart, rps, slow,
};

const OBJECTIVE: Objective = Objective::availability(0.999);

/// A file and a line of it.
type Line = (String, u32);

thread_local! {
    /// Where this thread panicked, if somebody wants to know.
    static PANICKED: RefCell<Option<Option<Line>>> = const { RefCell::new(None) };
}

fn line(location: &Location<'_>) -> Line {
    (location.file().to_owned(), location.line())
}

/// Where the panic of `refused` says that it came from.
fn blamed<T>(refused: impl FnOnce() -> T + UnwindSafe) -> Option<Line> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let is_ours = PANICKED.with_borrow_mut(|panicked| {
                panicked.as_mut().map(|panicked| *panicked = panic.location().map(line)).is_some()
            });
            if !is_ours {
                before(panic);
            }
        }));
    });
    PANICKED.set(Some(None));
    let _ = catch_unwind(|| drop(refused()));
    PANICKED.take().flatten()
}

/// It panics at the line of the test, which is that of this call.
#[track_caller]
fn check<T>(refused: impl FnOnce() -> T + UnwindSafe) {
    assert_eq!(blamed(refused), Some(line(Location::caller())));
}

#[test]
fn nonsense_is_blamed_on_the_line_that_asks_for_it() {
    check(|| replay(&OBJECTIVE).history("soon"));
    check(|| replay(&OBJECTIVE).length("0s"));
    check(|| replay(&OBJECTIVE).length("soon"));
    check(|| replay(&OBJECTIVE).look("500ms"));
    check(|| errors(2.0));
    check(|| slow(2.0, "1s"));
    check(|| slow(0.5, "soon"));
    check(|| mistakes(2.0));
    check(|| hanging(2.0));
    check(|| clock_forward("soon"));
    check(|| clock_back("soon"));
    check(|| outage().at("soon"));
    check(|| outage().lasting("soon"));
    check(|| clock_back("1h").lasting("1m"));
    check(|| restart().growing());
    check(|| outage().taking("soon"));
    check(|| kill().taking("1s"));
    check(|| hanging(0.5).taking("1s"));
    check(|| outage().forgetting());
    check(|| burn("soon"));
    check(|| coverage("soon"));
    check(|| alert().since("soon"));
    check(|| alert().within("soon"));
    check(|| alert().not_before("soon"));
    check(|| alert().clears_within("soon"));
    check(|| budget_left().at("soon"));
    check(|| rps(-1.0));
    check(|| rps(1.0).diurnal(2.0));
    check(|| rps(1.0).bursts("0s", "1s", 1.0));
    check(|| rps(1.0).ramp(-1.0, "1h", "1h"));
    check(|| rps(1.0).silence("soon", "1h"));
    check(|| Latency::constant("soon"));
    check(|| Latency::two_point("1s", "2s", 3.0));
    check(|| Latency::log_normal("2s", "1s"));
}

#[test]
fn a_disappointment_is_blamed_on_the_line_that_runs_the_scenario() {
    let hour = || replay(&OBJECTIVE).length("1h");
    check(|| hour().expect(page()).run());
    check(|| hour().expect(page().tier(1).within("1m")).run());
    check(|| hour().expect(page().times(3)).run());
    check(|| hour().expect(page().clears_within("1m")).run());
    check(|| hour().expect(budget_left().below(0.5)).run());
    check(|| hour().expect(burn("1h").near(3.0, 0.1)).run());
    check(|| hour().expect(budget_left().at("2h").above(0.5)).run());
    check(|| hour().fault(outage().at("2h")).run());
    check(|| hour().fault(outage()).expect(page().never()).run());
    check(|| hour().fault(outage()).expect(page().not_before("10m")).run());
}
