//! Pure. How the objectives of an SLI judge one event: what counting adds up, said of one.

use core::time::Duration;

use crate::sli::{Definition, Outcome, Verdict};
use crate::slo::{Objective, Validity};
use crate::units::saturating_nanos;

impl Definition {
    /// How each objective judges a call that ended like this after this long, in the order of the objectives.
    ///
    /// An engine counts exactly these verdicts. Nothing is recorded: for tests of an objective, or for a log line that
    /// says why a call was bad.
    ///
    /// # Examples
    ///
    /// ```
    /// use sre_core::sli::Verdict;
    /// use sre_core::{Objective, Outcome, Sli};
    /// use std::time::Duration;
    ///
    /// static CHECKOUT: Sli = Sli::new("checkout")
    ///     .objective(Objective::availability(0.999))
    ///     .objective(Objective::latency(0.99, Duration::from_millis(300)));
    ///
    /// let slow = CHECKOUT.definition().verdicts(Outcome::Ok, Duration::from_millis(301));
    /// assert!(slow.map(|(_, verdict)| verdict).eq([Verdict::Good, Verdict::Bad]));
    /// ```
    pub fn verdicts(
        &self,
        outcome: Outcome,
        duration: Duration,
    ) -> impl Iterator<Item = (&Objective, Verdict)> {
        let duration_ns = saturating_nanos(duration);
        let limits = self.wait_limits();
        let is_bad_wait = match outcome {
            Outcome::Abandoned(cause) => limits.is_bad(cause, duration_ns),
            Outcome::Ok | Outcome::Error | Outcome::Ignored => false,
        };
        self.objectives().map(move |objective| {
            let verdict = match objective.threshold_ns() {
                None => of_availability(outcome, is_bad_wait),
                Some(threshold_ns) => {
                    let validity = objective.terms().validity();
                    of_latency(outcome, duration_ns > threshold_ns, is_bad_wait, validity)
                }
            };
            (objective, verdict)
        })
    }
}

fn of_availability(outcome: Outcome, is_bad_wait: bool) -> Verdict {
    match outcome {
        Outcome::Ok => Verdict::Good,
        Outcome::Error => Verdict::Bad,
        Outcome::Abandoned(_) if is_bad_wait => Verdict::Bad,
        Outcome::Ignored | Outcome::Abandoned(_) => Verdict::Ignored,
    }
}

fn of_latency(outcome: Outcome, is_slow: bool, is_bad_wait: bool, validity: Validity) -> Verdict {
    match (outcome, validity) {
        (Outcome::Ok, _) | (Outcome::Error, Validity::AllValid) => by_duration(is_slow),
        (Outcome::Error, Validity::ErrorsAreSlow) => Verdict::Bad,
        (Outcome::Abandoned(_), _) if is_slow => Verdict::Bad,
        (Outcome::Abandoned(_), Validity::ErrorsAreSlow) if is_bad_wait => Verdict::Bad,
        (Outcome::Error | Outcome::Ignored | Outcome::Abandoned(_), _) => Verdict::Ignored,
    }
}

fn by_duration(is_slow: bool) -> Verdict {
    if is_slow { Verdict::Bad } else { Verdict::Good }
}
