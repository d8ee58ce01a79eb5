//! How do I test that an outage wakes somebody?
//!
//! With a scenario for each: traffic, what goes wrong, and what is expected. It is played on a clock of its own, so that
//! months pass in milliseconds and nothing depends on the machine. The tests below are the example; `cargo test -p
//! sre-examples --example outage_test` runs them, and `cargo run --example outage_test` tells one of them aloud.
#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::time::Duration;

use sre_core::testing::{Replay, outage, replay, rps};
use sre_core::{Objective, Sli};

/// What the service promises; in a real one this static sits beside the handlers, and the tests use it as it is.
static CHECKOUT: Sli = Sli::new("checkout")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, Duration::from_millis(300)));

/// The shop on an ordinary day, with a month behind it.
fn shop() -> Replay {
    replay(&CHECKOUT).traffic(rps(100.0).diurnal(0.5)).history("30d")
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout();
    let begin = Duration::from_secs(3_600);
    let played = shop().fault(outage().at(begin).lasting("10m")).try_run()?;
    let objective = played.objective("checkout-availability").ok_or("no such objective")?;
    writeln!(out, "A shop promises that 99.9 % of its checkouts succeed. For ten minutes all of them fail.")?;
    for change in &objective.changes {
        let minutes = change.at.saturating_sub(begin).as_secs_f64() / 60.0;
        let (from, to) = (change.from.as_str(), change.to.as_str());
        writeln!(
            out,
            "{minutes:7.1} min: tier {} ({}) {from} -> {to}",
            change.tier,
            change.severity.as_str()
        )?;
    }
    let budget = objective.end().and_then(|report| report.budget).ok_or("there were events")?;
    writeln!(out, "A day later {:.1} % of the budget of 30 days are left.", 100.0 * budget.remaining())?;
    writeln!(out, "All of it took no time. Read the tests in this file to see how it is asserted.")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sre_core::testing::{
        alert, budget_left, burn, clock_back, errors, hanging, kill, mistakes, page, slow, suspend, ticket,
    };

    use super::*;

    #[test]
    fn an_ordinary_day_reaches_nobody() {
        shop().fault(errors(0.000_3)).expect(alert().never()).expect(budget_left().above(0.9)).run();
    }

    #[test]
    fn a_total_outage_pages_within_a_minute_and_clears_within_an_hour() {
        shop()
            .fault(outage().at("1h").lasting("10m"))
            .expect(page().tier(1).within("1m"))
            .expect(page().clears_within("1h"))
            // Of 43.2 minutes ten are gone, a little less at night.
            .expect(budget_left().above(0.75))
            .run();
    }

    #[test]
    fn one_failure_in_a_hundred_is_found_within_the_hour() {
        // Ten times the budget: too slow for the page of an hour, fast enough for that of six.
        shop()
            .fault(errors(0.01).at("9h"))
            .expect(page().tier(1).never())
            .expect(page().tier(2).within("4h"))
            .run();
    }

    #[test]
    fn a_leak_gives_somebody_a_ticket_before_the_budget_is_gone() {
        shop()
            .fault(errors(0.004).growing().lasting("14d"))
            .expect(ticket().within("6d"))
            .expect(page().never())
            .expect(budget_left().at("6d").above(0.5))
            .run();
    }

    #[test]
    fn slow_answers_are_the_business_of_the_latency_objective_alone() {
        shop()
            .fault(slow(0.5, "900ms").at("2h").lasting("1h"))
            .expect(page().of("checkout-latency").within("20m"))
            .expect(page().of("checkout-availability").never())
            .run();
    }

    #[test]
    fn calls_that_hang_page_while_they_hang() {
        shop().fault(hanging(1.0).at("2h").lasting("15m")).expect(page().within("2m")).run();
    }

    #[test]
    fn mistakes_of_customers_cost_no_budget() {
        shop().fault(mistakes(0.2)).expect(alert().never()).expect(budget_left().near(1.0, 0.0)).run();
    }

    #[test]
    fn a_kill_in_the_middle_of_an_outage_pages_nobody_twice() {
        shop()
            .fault(outage().at("1h").lasting("10m"))
            .fault(kill().at("1h5m").lasting("15s"))
            .expect(page().tier(1).times(1))
            .run();
    }

    #[test]
    fn a_wrong_clock_and_a_sleeping_machine_page_nobody() {
        shop()
            .fault(clock_back("90m").at("3h"))
            .fault(suspend().at("8h").lasting("2h"))
            .expect(alert().never())
            .expect(burn("1h").at("12h").near(0.0, 0.0))
            .run();
    }
}
