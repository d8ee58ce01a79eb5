//! Pure. How calls that end without an answer count.

use core::time::Duration;

use crate::sli::Abandoned;
use crate::units::saturating_nanos;

/// How abandoned calls count for the availability of an SLI.
///
/// Whatever the policy, an abandoned call that had waited longer than the threshold of a latency objective is
/// bad for that objective.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AbandonedPolicy {
    /// Panicked and timed out calls are bad. Cancelled and shut down ones are bad if they had waited longer
    /// than the SLI's smallest latency threshold (1 s when it has none), and ignored otherwise.
    #[default]
    ByCause,
    /// All of them are bad.
    Bad,
    /// All of them are ignored.
    Ignored,
    /// Those that had waited longer than this are bad, the others ignored.
    BadAfter(Duration),
}

/// The limit of [`AbandonedPolicy::ByCause`] for an SLI without a latency threshold.
const WAIT_LIMIT_NS: u64 = 1_000_000_000;

/// A policy as recording uses it: the wait in nanoseconds above which each cause is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitLimits {
    by_cause_ns: [Limit; 4],
    overdue_ns: Option<u64>,
}

/// From which wait on an abandoned call is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    Always,
    Above(u64),
    Never,
}

impl AbandonedPolicy {
    /// What the policy means for an SLI whose smallest latency threshold this is.
    pub(crate) fn wait_limits(self, smallest_threshold_ns: Option<u64>) -> WaitLimits {
        let wait_ns = smallest_threshold_ns.unwrap_or(WAIT_LIMIT_NS);
        let all = |limit, overdue_ns| WaitLimits { by_cause_ns: [limit; 4], overdue_ns };
        match self {
            Self::Bad => all(Limit::Always, Some(wait_ns)),
            Self::Ignored => all(Limit::Never, None),
            Self::BadAfter(wait) => {
                let wait_ns = saturating_nanos(wait);
                all(Limit::Above(wait_ns), Some(wait_ns))
            }
            Self::ByCause => {
                let limit = |cause| match cause {
                    Abandoned::Panicked | Abandoned::TimedOut => Limit::Always,
                    Abandoned::Cancelled | Abandoned::ShutDown => Limit::Above(wait_ns),
                };
                WaitLimits { by_cause_ns: Abandoned::ALL.map(limit), overdue_ns: Some(wait_ns) }
            }
        }
    }
}

impl WaitLimits {
    /// Whether a call that was abandoned after `waited_ns` is bad.
    pub(crate) fn is_bad(&self, cause: Abandoned, waited_ns: u64) -> bool {
        match self.by_cause_ns.get(cause.index()) {
            Some(Limit::Always) => true,
            Some(Limit::Above(limit_ns)) => waited_ns > *limit_ns,
            Some(Limit::Never) | None => false,
        }
    }

    /// The wait from which a call in flight counts as bad before it ends; `None`: never.
    pub(crate) fn overdue_ns(&self) -> Option<u64> {
        self.overdue_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[track_caller]
    fn check(
        policy: AbandonedPolicy,
        threshold_ms: Option<u64>,
        cause: Abandoned,
        waited_ms: u64,
        bad: bool,
    ) {
        let limits = policy.wait_limits(threshold_ms.map(|ms| ms * MS));
        assert_eq!(limits.is_bad(cause, waited_ms * MS), bad, "{policy:?} {cause:?} after {waited_ms} ms");
    }

    #[test]
    fn by_default_a_panic_is_bad_and_a_caller_who_left_early_is_ignored() {
        let policy = AbandonedPolicy::default();
        check(policy, Some(300), Abandoned::Panicked, 0, true);
        check(policy, Some(300), Abandoned::TimedOut, 0, true);
        check(policy, Some(300), Abandoned::Cancelled, 300, false);
        check(policy, Some(300), Abandoned::Cancelled, 301, true);
        check(policy, None, Abandoned::Cancelled, 1_000, false);
        check(policy, None, Abandoned::ShutDown, 1_001, true);
    }

    #[test]
    fn the_other_policies_treat_all_causes_alike() {
        for cause in Abandoned::ALL {
            check(AbandonedPolicy::Bad, Some(300), cause, 0, true);
            check(AbandonedPolicy::Ignored, Some(300), cause, 10_000, false);
            check(AbandonedPolicy::BadAfter(Duration::from_secs(2)), Some(300), cause, 2_000, false);
            check(AbandonedPolicy::BadAfter(Duration::from_secs(2)), Some(300), cause, 2_001, true);
        }
    }
}
