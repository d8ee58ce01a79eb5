//! How do I test that an outage wakes somebody?
//!
//! With an engine of the test's own, on a clock that only the test moves: hours pass in milliseconds, and nothing
//! depends on the machine. The tests below are the example; `cargo test -p sre-examples --example outage_test` runs
//! them, and `cargo run --example outage_test` tells the same story aloud.
#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::report::ObjectiveReport;
use sre_core::slo::Severity;
use sre_core::{Engine, Objective, Outcome, Sli};

/// What the service promises; in a real one this static sits beside the handlers, and the tests use it as it is.
static CHECKOUT: Sli = Sli::new("checkout")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, Duration::from_millis(300)));

/// The service under test: its SLI on an engine whose time stands still until it is told to move.
struct Rehearsal {
    engine: Engine,
    checkout: Sli,
}

/// The traffic of a second.
#[derive(Clone, Copy)]
struct Traffic {
    good: u64,
    failed: u64,
    slow: u64,
}

const NORMAL: Traffic = Traffic { good: 100, failed: 0, slow: 0 };
const OUTAGE: Traffic = Traffic { good: 0, failed: 100, slow: 0 };

impl Rehearsal {
    fn new() -> Result<Self, sre_core::Error> {
        let clock = ManualClock::at_unix_seconds(1_700_000_000);
        let engine = Engine::builder().service("shop").manual_clock(clock).start()?;
        // The definition is the real one; the counters are the test's own.
        let checkout = engine.sli(CHECKOUT.definition())?;
        Ok(Self { engine, checkout })
    }

    /// Lets one second of traffic pass.
    fn second_of(&self, traffic: Traffic) {
        let ms = Duration::from_millis;
        self.checkout.record_n(Outcome::Ok, ms(40), traffic.good);
        self.checkout.record_n(Outcome::Ok, ms(900), traffic.slow);
        self.checkout.record_n(Outcome::Error, ms(5), traffic.failed);
        self.engine.advance(Duration::from_secs(1));
    }

    /// Lets traffic pass for so long.
    fn pass(&self, length: Duration, traffic: Traffic) {
        (0..length.as_secs()).for_each(|_| self.second_of(traffic));
    }

    /// Lets traffic pass until `holds`, for at most a day, and tells how long that took.
    fn pass_until(&self, traffic: Traffic, holds: impl Fn(&ObjectiveReport) -> bool) -> Option<Duration> {
        let seconds = (1..86_400).find(|_| {
            self.second_of(traffic);
            self.availability().is_some_and(|objective| holds(&objective))
        });
        seconds.map(Duration::from_secs)
    }

    fn availability(&self) -> Option<ObjectiveReport> {
        self.engine.report().slo("checkout-availability").cloned()
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

fn is_paging(objective: &ObjectiveReport) -> bool {
    objective.firing().is_some_and(|tier| tier.severity == Severity::Page)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout();
    let shop = Rehearsal::new()?;
    writeln!(out, "A shop with 100 checkouts a second promises that 99.9 % of them succeed over 30 days.")?;
    shop.pass(HOUR, NORMAL);
    let fired = shop.pass_until(OUTAGE, is_paging).ok_or("nobody was woken")?;
    writeln!(out, "After a good hour everything fails: somebody is paged after {} s.", fired.as_secs())?;
    let cleared = shop.pass_until(NORMAL, |objective| !is_paging(objective)).ok_or("it never cleared")?;
    writeln!(out, "Then all is well again: the page clears after {} s.", cleared.as_secs())?;
    let objective = shop.availability().ok_or("no such objective")?;
    writeln!(out, "What is left: {}.", objective.sentence())?;
    writeln!(out, "All of it took no time. Read the tests in this file to see how it is asserted.")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Rehearsal {
        Rehearsal::new().expect("the objectives are sound")
    }

    /// Whom the objective reaches now.
    fn reached_by(shop: &Rehearsal, slo: &str) -> Option<Severity> {
        let report = shop.engine.report();
        let objective = report.slo(slo).expect("it is one of the SLI's");
        objective.firing().map(|tier| tier.severity)
    }

    #[test]
    fn a_quiet_hour_reaches_nobody() {
        let shop = shop();
        shop.pass(HOUR, NORMAL);
        assert_eq!(reached_by(&shop, "checkout-availability"), None);
        assert_eq!(reached_by(&shop, "checkout-latency"), None);
    }

    #[test]
    fn a_total_outage_pages_within_a_minute() {
        let shop = shop();
        shop.pass(HOUR, NORMAL);
        let fired = shop.pass_until(OUTAGE, is_paging).expect("it pages");
        assert!(fired <= Duration::from_secs(60), "only after {fired:?}");
    }

    #[test]
    fn the_page_clears_within_an_hour_of_the_recovery() {
        let shop = shop();
        shop.pass(HOUR, NORMAL);
        shop.pass(Duration::from_secs(300), OUTAGE);
        let cleared = shop.pass_until(NORMAL, |objective| !is_paging(objective)).expect("it clears");
        // The slower of the two pages looks back half an hour, and holds for as long.
        assert!(cleared <= HOUR, "only after {cleared:?}");
    }

    #[test]
    fn one_failure_in_a_hundred_is_found_within_the_hour() {
        let shop = shop();
        shop.pass(HOUR, NORMAL);
        let failing = Traffic { good: 99, failed: 1, slow: 0 };
        // Ten times the budget: too slow for the page of an hour, fast enough for that of six.
        let fired = shop.pass_until(failing, is_paging).expect("it pages");
        assert!((HOUR / 2..=4 * HOUR).contains(&fired), "after {fired:?}");
    }

    #[test]
    fn slow_answers_are_the_business_of_the_latency_objective_alone() {
        let shop = shop();
        let slow = Traffic { good: 50, failed: 0, slow: 50 };
        shop.pass(HOUR, slow);
        assert_eq!(reached_by(&shop, "checkout-latency"), Some(Severity::Page));
        assert_eq!(reached_by(&shop, "checkout-availability"), None);
    }

    #[test]
    fn mistakes_of_customers_cost_no_budget() {
        let shop = shop();
        shop.pass(HOUR, NORMAL);
        shop.checkout.record_n(Outcome::Ignored, Duration::from_millis(3), 10_000);
        shop.pass(Duration::from_secs(1), NORMAL);
        let budget = shop.availability().and_then(|objective| objective.budget).expect("there were events");
        assert_eq!(budget.bad_events(), 0);
    }

    #[test]
    fn six_seconds_of_outage_spend_five_sixths_of_what_two_hours_grant() {
        let shop = shop();
        shop.pass(2 * HOUR - Duration::from_secs(6), NORMAL);
        shop.pass(Duration::from_secs(6), OUTAGE);
        let budget = shop.availability().and_then(|objective| objective.budget).expect("there were events");
        // Of 7,200 s of traffic one in a thousand may fail, 7.2 s, and 6 s did.
        assert!((budget.consumed() - 6.0 / 7.2).abs() < 1e-9, "{} consumed", budget.consumed());
    }
}
