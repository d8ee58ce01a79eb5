//! Return values, by their type and by predicates.

use slo::{Outcome, Sli, sli};

static JUDGED: Sli = Sli::new("judged");

/// Why a payment did not go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Outcome)]
#[outcome(crate = slo)]
#[non_exhaustive]
pub enum PayError {
    /// A matter of the customer.
    #[outcome(ignored)]
    Declined,
    /// A matter of the bank.
    Unreachable,
}

/// By the type of the error.
///
/// # Errors
///
/// `error`, if there is one.
#[sli(JUDGED, crate = slo)]
pub fn pay(error: Option<PayError>) -> Result<u32, PayError> {
    error.map_or(Ok(1), Err)
}

/// By `ok_if`.
#[sli(JUDGED, ok_if = |receipts| !receipts.is_empty(), crate = slo)]
#[must_use]
pub fn receipts(count: usize) -> Vec<u32> {
    vec![0; count]
}

/// By `error_if`.
#[sli(JUDGED, error_if = |status| *status >= 500, crate = slo)]
#[must_use]
pub fn status(code: u16) -> u16 {
    code
}

/// By `ignore_if`, and what it leaves by the type.
///
/// # Errors
///
/// `error`.
#[sli(JUDGED, ignore_if = |refund| matches!(refund, Err(PayError::Unreachable)), crate = slo)]
pub fn refund(error: PayError) -> Result<(), PayError> {
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::counts;

    #[test]
    fn types_and_predicates_judge() {
        assert!(pay(None).is_ok());
        assert!(pay(Some(PayError::Declined)).is_err());
        assert!(pay(Some(PayError::Unreachable)).is_err());
        counts(&JUDGED, [1, 1, 1]);
        assert_eq!(receipts(0).len() + receipts(1).len(), 1);
        counts(&JUDGED, [2, 2, 1]);
        assert_eq!(status(200) + status(500), 700);
        counts(&JUDGED, [3, 3, 1]);
        assert!(refund(PayError::Unreachable).is_err() && refund(PayError::Declined).is_err());
        counts(&JUDGED, [3, 3, 3]);
    }
}
