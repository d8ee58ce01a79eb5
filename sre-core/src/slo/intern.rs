//! Cold. Names and tiers that come at run time, kept for the life of the process.
//!
//! [`crate::Objective`] is `Copy` and usable in statics, so it holds `&'static` data. Equal values are kept
//! once, so loading the same configuration again costs nothing; memory grows with the number of different
//! values only.

use std::collections::BTreeSet;

use parking_lot::Mutex;

use super::tier::Tier;

static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
static TIERS: Mutex<Vec<&'static [Tier]>> = Mutex::new(Vec::new());

/// The one `&'static` copy of `text`.
pub(crate) fn text(text: &str) -> &'static str {
    let mut texts = TEXTS.lock();
    if let Some(known) = texts.get(text) {
        return known;
    }
    let kept: &'static str = Box::leak(text.into());
    texts.insert(kept);
    kept
}

/// The one `&'static` copy of `tiers`.
pub(super) fn tiers(tiers: &[Tier]) -> &'static [Tier] {
    let mut known = TIERS.lock();
    if let Some(kept) = known.iter().find(|kept| **kept == tiers) {
        return kept;
    }
    let kept: &'static [Tier] = Box::leak(tiers.into());
    known.push(kept);
    kept
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn equal_values_are_kept_once() {
        assert!(core::ptr::eq(text("intern-once"), text(&String::from("intern-once"))));
        let tier = Tier::page(Duration::from_secs(61), Duration::from_secs(7), 3.0);
        assert!(core::ptr::eq(tiers(&[tier]), tiers(&[tier])));
        assert_eq!(tiers(&[]), &[] as &[Tier]);
    }
}
