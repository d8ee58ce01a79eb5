//! What an attribute or `register!` names is known at start, called or not, and begins at zero.

#![cfg(feature = "macros")]

use std::time::Duration;

use sre_core::{Engine, Objective, Outcome, Sli, register, sli};

static REGISTERED: Sli = Sli::new("named").objective(Objective::availability(0.999));
static BY_HAND: Sli = Sli::new("by-hand").objective(Objective::availability(0.999));
register!(REGISTERED);

#[sli(name = "search", availability = 0.995, latency(0.95, "250ms"), period = "7d")]
fn search(query: &str) -> Result<usize, String> {
    if query.is_empty() { Err("empty".into()) } else { Ok(query.len()) }
}

/// Never instantiated.
#[sli(name = "generic", availability = 0.99)]
pub fn generic<T>(value: T) -> T {
    value
}

#[test]
fn series_exist_before_the_first_call() {
    let engine = Engine::builder().service("shop").start().unwrap();
    assert!(engine.is_default());
    let names = |engine: &Engine| engine.report().slis.iter().map(|sli| sli.name).collect::<Vec<_>>();
    let mut at_start = names(&engine);
    at_start.sort_unstable();
    assert_eq!(at_start, ["generic", "named", "search"]);
    assert!(engine.report().slis.iter().all(|sli| sli.events.ok == 0));

    BY_HAND.record(Outcome::Ok, Duration::from_millis(1));
    assert!(search("rust").is_ok() && search("").is_err());
    engine.tick();
    assert!(names(&engine).contains(&"by-hand"));
    let report = engine.report();
    let search = report.sli("search").unwrap();
    assert_eq!((search.events.ok, search.events.error), (1, 1));
    assert_eq!(report.slo("search-availability").unwrap().counts.total(), 2);
    // The first event of an SLI that came later is judged, too.
    assert_eq!(report.slo("by-hand-availability").unwrap().counts.total(), 1);
    assert_eq!(BY_HAND.burn_rate(Duration::from_secs(300)).map(|burn| burn.get()), Some(0.0));

    let second = Engine::builder().start().unwrap();
    assert!(!second.is_default());
    assert!(second.report().slis.is_empty());
    assert!(engine.shutdown(Duration::from_secs(5)));
    assert_eq!(BY_HAND.burn_rate(Duration::from_secs(300)), None);
    let third = Engine::builder().only(["named"]).start().unwrap();
    assert!(third.is_default());
    assert_eq!(names(&third), ["named"]);
}
