//! Pure. Whether an objective sees too little of what happens to be trusted.

/// Fewest events without a verdict before an objective is called blind.
const UNSEEN_MIN: u64 = 10;

/// Whether most events of a window ended without a verdict, so that the objective looks healthier than it is.
///
/// `judged` are the events of a tier's short window that were good or bad, `unseen` those that ended ignored, or
/// abandoned in a way that counts as ignored. A deploy that turns everything into "not found", or callers whose
/// time-outs are shorter than the threshold, must not look healthy.
///
/// # Formula
///
/// `unseen > judged` and `unseen >= 10`; false without events.
///
/// # Examples
///
/// ```
/// use sre_core::alert::is_blind;
///
/// assert!(is_blind(9, 10));
/// assert!(!is_blind(10, 10), "half is not more than half");
/// assert!(!is_blind(0, 9), "too few to tell");
/// ```
#[must_use]
pub const fn is_blind(judged: u64, unseen: u64) -> bool {
    unseen >= UNSEEN_MIN && unseen > judged
}
