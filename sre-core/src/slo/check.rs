//! Pure. Whether the objectives of an SLI fit together, asked once when an engine starts.

use std::collections::BTreeSet;

use super::limits;
use super::name::slo_names;
use super::objective::Objective;
use super::period::PeriodKind;
use crate::error::Error;
use crate::window::Calendar;

/// Refuses what a single builder call cannot see: periods, tiers and names that do not fit together.
///
/// Reads the time-zone database for calendar periods. What is accepted but worth a word, such as tiers that
/// traffic is too thin for, is told by [`crate::alert::lint_objective`].
///
/// # Errors
///
/// The first of: [`Error::DuplicateSlo`], [`Error::PeriodNeedsTiers`], [`Error::TierAbovePeriod`],
/// [`Error::SliceLength`], [`Error::TimeZone`].
pub fn check(sli: &str, objectives: &[Objective]) -> Result<(), Error> {
    let names = slo_names(sli, objectives);
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(Error::DuplicateSlo { sli: sli.into(), slo: twice.as_str().into() });
    }
    names.iter().zip(objectives).try_for_each(|(slo, objective)| check_one(slo, objective))
}

fn check_one(slo: &str, objective: &Objective) -> Result<(), Error> {
    let terms = objective.terms();
    let period = terms.period().length();
    if limits::needs_tiers(terms) {
        return Err(Error::PeriodNeedsTiers { slo: slo.into(), period });
    }
    if let Some(long) = limits::long_above_period(terms) {
        return Err(Error::TierAbovePeriod { slo: slo.into(), long, period });
    }
    if let Some(value) = limits::slice_above_period(terms) {
        return Err(Error::SliceLength { value, max: period });
    }
    match terms.period().kind() {
        PeriodKind::Rolling(_) => Ok(()),
        PeriodKind::Calendar { unit, zone } => Calendar::try_new(unit, zone).map(drop),
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::slo::{Budgeting, Period, Tier};
    use crate::units::Target;
    use crate::window::CalendarUnit;

    const TEN_MINUTES: Duration = Duration::from_secs(600);

    fn availability() -> Objective {
        Objective::availability(0.999)
    }

    #[track_caller]
    fn check_refused(objectives: &[Objective], expected: Error, message: &str) {
        let error = check("pay", objectives).unwrap_err();
        assert_eq!(error, expected);
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn the_sketch_of_the_design_passes() {
        let latency = Objective::latency(0.99, Duration::from_millis(300));
        assert_eq!(check("checkout", &[availability(), latency]), Ok(()));
        assert_eq!(check("checkout", &[]), Ok(()));
    }

    #[test]
    fn equal_names_are_refused() {
        check_refused(
            &[availability(), Objective::availability(0.9)],
            Error::DuplicateSlo { sli: "pay".into(), slo: "pay-availability".into() },
            "sli pay has two objectives called pay-availability: give one of them a name with `named`",
        );
        check_refused(
            &[availability(), Objective::latency(0.9, TEN_MINUTES).named("pay-availability")],
            Error::DuplicateSlo { sli: "pay".into(), slo: "pay-availability".into() },
            "sli pay has two objectives called pay-availability: give one of them a name with `named`",
        );
    }

    #[test]
    fn a_period_below_a_day_asks_for_tiers() {
        let short = availability().period(Period::rolling(TEN_MINUTES));
        check_refused(
            &[short],
            Error::PeriodNeedsTiers { slo: "pay-availability".into(), period: TEN_MINUTES },
            "objective pay-availability has a period of 10m, below a day, and no tiers of its own: add them with \
             `tiers(&[Tier::page(long, short, factor)])`",
        );
        let tier = Tier::page(TEN_MINUTES, Duration::from_secs(3), 6.0);
        assert_eq!(check("pay", &[short.try_tiers([tier]).unwrap()]), Ok(()));
    }

    #[test]
    fn no_long_window_exceeds_the_period() {
        const TIERS: &[Tier] = &[Tier::page(Duration::from_secs(601), Duration::from_secs(3), 6.0)];
        check_refused(
            &[availability().period(Period::rolling(TEN_MINUTES)).tiers(TIERS)],
            Error::TierAbovePeriod {
                slo: "pay-availability".into(),
                long: Duration::from_secs(601),
                period: TEN_MINUTES,
            },
            "objective pay-availability has a tier with a long window of 601s, which must not exceed its period of \
             10m: shorten the window or lengthen the period",
        );
    }

    #[test]
    fn no_slice_exceeds_the_period() {
        let slices = availability()
            .period(Period::rolling(Duration::from_secs(60)))
            .tiers(&[])
            .budgeting(Budgeting::RatioTimeslices { length: TEN_MINUTES, empty: Default::default() });
        let expected = Error::SliceLength { value: TEN_MINUTES, max: Duration::from_secs(60) };
        assert_eq!(check("pay", &[slices]), Err(expected));
        assert_eq!(check("pay", &[availability().budgeting(Budgeting::minutes(Target::new(0.9)))]), Ok(()));
    }

    #[test]
    fn calendar_zones_are_looked_up() {
        let month = |zone| availability().period(Period::calendar(CalendarUnit::Month, zone));
        assert_eq!(check("pay", &[month("Europe/Berlin")]), Ok(()));
        assert_eq!(check("pay", &[month("Berlin")]), Err(Error::TimeZone { zone: "Berlin".into() }));
    }
}
