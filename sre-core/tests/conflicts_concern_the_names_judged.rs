//! Two definitions of one name stop an engine that is to judge that name, and no other. One that comes later shows
//! in status. Conflicts last as long as the process, so these are all there are in this one.

use std::time::Duration;

use sre_core::{Engine, Error, Objective, Outcome, Sli, register};

static FIRST: Sli = Sli::new("twice").objective(Objective::availability(0.99));
static SECOND: Sli = Sli::new("twice").objective(Objective::availability(0.9));
static FINE: Sli = Sli::new("fine");
static LATER: Sli = Sli::new("fine").objective(Objective::availability(0.9));
static CLASHING: Sli =
    Sli::new("clashing").objective(Objective::availability(0.9).named("twice-availability"));
register!(FIRST, SECOND, FINE);

#[test]
fn a_conflict_concerns_the_engine_that_judges_its_name() {
    let refused = Engine::builder().start();
    assert!(matches!(refused, Err(Error::Conflict { name: "twice", .. })), "{refused:?}");
    assert!(matches!(Engine::builder().only(["twice"]).start(), Err(Error::Conflict { .. })));

    let engine = Engine::builder().except(["twice"]).start().unwrap();
    assert!(engine.is_default());
    assert!(engine.report().sli("fine").is_some());
    assert!(engine.status().engine.degraded.is_empty());

    for _ in 0..3 {
        LATER.record(Outcome::Ok, Duration::from_millis(1));
        engine.tick();
    }
    // What clashes with an SLI that is not judged is no problem.
    CLASHING.record(Outcome::Ok, Duration::from_millis(1));
    engine.tick();
    let degraded = engine.status().engine.degraded;
    assert!(matches!(degraded.as_slice(), [problem] if problem.contains("fine")), "{degraded:?}");
    assert!(engine.report().sli("clashing").is_some());
    assert!(engine.shutdown(Duration::from_secs(20)));
}
