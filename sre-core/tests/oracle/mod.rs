//! A second opinion: every event kept with its time, every answer counted from the definitions, in integers.
//!
//! Slow and simple on purpose. It shares no code with the engine: it has its own windows, its own comparison of
//! fractions, its own confidence bound and its own state machine.

use num_bigint::BigInt;

pub(crate) const SECOND: i128 = 1_000_000_000;

/// Good and bad events that are booked at a moment of the time line.
#[derive(Clone, Copy, Debug)]
struct Booked {
    at: i128,
    good: i128,
    bad: i128,
}

/// One alert tier, as fractions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TierSpec {
    pub(crate) long: i128,
    pub(crate) short: i128,
    /// Factor in tenths: 14.4 is 144.
    pub(crate) factor_tenths: i128,
}

/// One objective, as fractions.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// Budget `1 - target` as `1 / budget_inverse`.
    pub(crate) budget_inverse: i128,
    pub(crate) period: i128,
    pub(crate) tiers: Vec<TierSpec>,
    pub(crate) min_events: i128,
    pub(crate) min_failures: i128,
    pub(crate) wilson: bool,
}

/// What happened between two ticks, and when the second one was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// By how much the wall clock moved, in nanoseconds.
    pub(crate) wall: i128,
    /// By how much the monotonic clock moved.
    pub(crate) lived: i128,
    pub(crate) good: i128,
    pub(crate) bad: i128,
    /// Bad events in flight at the tick.
    pub(crate) in_flight: i128,
}

/// A window at one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) good: i128,
    pub(crate) bad: i128,
    pub(crate) observed: i128,
}

#[derive(Clone, Debug)]
pub(crate) struct Oracle {
    spec: Spec,
    now: i128,
    booked: Vec<Booked>,
    /// Spans of the time line that were observed.
    seen: Vec<(i128, i128)>,
    /// How often something was not observed.
    gaps: usize,
    /// Every window, counted anew at each step.
    counted: Vec<(i128, Counted)>,
}

impl Oracle {
    pub(crate) fn new(spec: Spec, start: i128) -> Self {
        Self { spec, now: start, booked: Vec::new(), seen: Vec::new(), gaps: 0, counted: Vec::new() }
    }

    /// Every window that the engine must keep for this objective.
    pub(crate) fn windows(&self) -> Vec<i128> {
        let extra = [300, 3_600, 86_400].map(|seconds: i128| (seconds * SECOND).min(self.spec.period));
        let mut windows: Vec<i128> =
            self.spec.tiers.iter().flat_map(|tier| [tier.long, tier.short]).collect();
        windows.extend(extra);
        windows.push(self.spec.period);
        windows.sort_unstable();
        windows.dedup();
        windows
    }

    /// The finest slot: a twelfth of the shortest window, rounded down to 1, 2, 5 or 10 s.
    pub(crate) fn finest(&self) -> i128 {
        let twelfth = self.windows().into_iter().min().unwrap_or(SECOND) / 12;
        [10, 5, 2, 1]
            .map(|seconds| seconds * SECOND)
            .into_iter()
            .find(|slot| *slot <= twelfth)
            .unwrap_or(SECOND)
    }

    /// The slot length that a window is counted in.
    pub(crate) fn slot(&self, window: i128) -> i128 {
        let levels = [(self.finest(), 360), (10 * SECOND, 360), (60 * SECOND, 360), (300 * SECOND, 864)];
        let fits = |(slot, most): &(i128, i128)| (window + slot - 1) / slot <= *most;
        levels.into_iter().find(fits).map_or(3_600 * SECOND, |(slot, _)| slot)
    }

    /// Moves on by one tick whose wall clock never goes back.
    pub(crate) fn step(&mut self, step: Step) {
        let from = self.now;
        self.now += step.wall;
        let slept = step.wall - step.lived;
        let patience = if step.good + step.bad > 0 { 3_600 } else { 300 };
        let stopped = step.lived > patience * SECOND;
        self.gaps += usize::from(stopped || slept > 2 * SECOND);
        if stopped {
            self.book(self.now, step.good, step.bad);
        } else if slept > 2 * SECOND {
            self.seen.push((from + slept, self.now));
            self.book(self.now, step.good, step.bad);
        } else {
            self.seen.push((from, self.now));
            self.book_perhaps_late(from, step);
        }
        self.counted = self.windows().into_iter().map(|window| (window, self.count_anew(window))).collect();
    }

    /// Missing more than two finest slots spreads the events over those that began.
    fn book_perhaps_late(&mut self, from: i128, step: Step) {
        let finest = self.finest();
        let (first, last) = (from / finest + 1, self.now / finest);
        let slots = last - first + 1;
        if slots - 1 <= 2 {
            self.book(self.now, step.good, step.bad);
            return;
        }
        // The first i of n slots together get `events * i / n`, rounded down.
        let part = |events: i128, slot: i128| {
            let up_to = |slot| events * (slot - first) / slots;
            up_to(slot + 1) - up_to(slot)
        };
        for slot in first..=last {
            self.book((slot * finest).max(from), part(step.good, slot), part(step.bad, slot));
        }
    }

    fn book(&mut self, at: i128, good: i128, bad: i128) {
        self.booked.push(Booked { at, good, bad });
    }

    /// How many spans were not observed.
    pub(crate) const fn gaps(&self) -> usize {
        self.gaps
    }

    /// What a window counted at the last step.
    pub(crate) fn count(&self, window: i128) -> Counted {
        let found = self.counted.iter().find(|(length, _)| *length == window);
        found.map_or(Counted { good: 0, bad: 0, observed: 0 }, |(_, counted)| *counted)
    }

    /// The current partial slot and the full ones that cover the window.
    fn count_anew(&self, window: i128) -> Counted {
        let slot = self.slot(window);
        let first = (self.now / slot - (window + slot - 1) / slot) * slot;
        let events = self.booked.iter().filter(|booked| booked.at >= first);
        let (good, bad) = events.fold((0, 0), |(good, bad), event| (good + event.good, bad + event.bad));
        let observed: i128 = self.seen.iter().map(|(start, end)| (end - first.max(*start)).max(0)).sum();
        Counted { good, bad, observed: observed.min(window) }
    }

    /// `observed / window * bad / total / budget > factor * scale / 10`, multiplied out.
    fn burns(&self, window: i128, counted: Counted, factor: Fraction) -> bool {
        let total = counted.good + counted.bad;
        let left = product(&[counted.observed, counted.bad, self.spec.budget_inverse, factor.denominator]);
        total > 0 && left > product(&[window, total, factor.numerator])
    }

    /// Whether both windows of a tier are above `tenths` tenths of its factor.
    pub(crate) fn above(&self, tier: TierSpec, in_flight: i128, tenths: i128) -> (bool, bool) {
        let factor = Fraction { numerator: tier.factor_tenths * tenths, denominator: 100 };
        let burns = |window| self.burns(window, self.with(window, in_flight), factor);
        (burns(tier.long), burns(tier.short))
    }

    fn with(&self, window: i128, in_flight: i128) -> Counted {
        let counted = self.count(window);
        Counted { bad: counted.bad + in_flight, ..counted }
    }

    /// Whether there is enough in the long window for a tier to fire.
    pub(crate) fn is_long_enough(&self, tier: TierSpec, in_flight: i128) -> bool {
        let long = self.with(tier.long, in_flight);
        long.good + long.bad >= self.spec.min_events
            && long.bad >= self.spec.min_failures
            && (!self.spec.wilson || self.is_sure(tier, long))
    }

    /// Whether there is enough in the short window for a tier to fire.
    pub(crate) fn is_short_enough(&self, tier: TierSpec, in_flight: i128) -> bool {
        self.with(tier.short, in_flight).bad >= 1
    }

    /// Whether the Wilson lower bound at z = 1.6448536 is above `factor * budget`.
    ///
    /// The interval is the set of ratios that a score test does not refuse, so the bound is above `t` exactly
    /// when `p > t` and `(p - t)^2 n > z^2 t (1 - t)`. Unobserved time adds events to `n`, so it is a fraction.
    fn is_sure(&self, tier: TierSpec, long: Counted) -> bool {
        let z = Fraction { numerator: 16_448_536, denominator: 10_000_000 };
        let t = Fraction { numerator: tier.factor_tenths, denominator: 10 * self.spec.budget_inverse };
        let n = Fraction { numerator: (long.good + long.bad) * tier.long, denominator: long.observed };
        if n.numerator == 0 || n.denominator == 0 {
            return false;
        }
        let excess = big(&[long.bad, n.denominator, t.denominator]) - big(&[n.numerator, t.numerator]);
        let left = &excess * &excess * big(&[z.denominator, z.denominator]);
        let variance = big(&[t.numerator, t.denominator - t.numerator, n.numerator, n.denominator]);
        excess > BigInt::ZERO && left > variance * big(&[z.numerator, z.numerator])
    }
}

/// What one tick found for one tier.
#[derive(Clone, Copy, Debug)]
struct Found {
    /// When, by the monotonic clock.
    lived: i128,
    long: bool,
    short: bool,
    /// Whether one of the windows is at or below nine tenths of the factor.
    clear: bool,
}

/// The state of one tier, told from its whole history.
#[derive(Clone, Debug)]
pub(crate) struct TierHistory {
    tier: TierSpec,
    lived: i128,
    found: Vec<Found>,
}

impl TierHistory {
    pub(crate) fn new(tier: TierSpec) -> Self {
        Self { tier, lived: 0, found: Vec::new() }
    }

    /// Looks at the windows at a tick and tells the state: 0 ok, 1 pending, 2 firing.
    pub(crate) fn state(&mut self, oracle: &Oracle, step: Step) -> u8 {
        self.lived += step.lived;
        let (long, short) = oracle.above(self.tier, step.in_flight, 10);
        let (long_stays, short_stays) = oracle.above(self.tier, step.in_flight, 9);
        self.found.push(Found {
            lived: self.lived,
            long: long && oracle.is_long_enough(self.tier, step.in_flight),
            short: short && oracle.is_short_enough(self.tier, step.in_flight),
            clear: !(long_stays && short_stays),
        });
        self.told()
    }

    /// Fires with both windows above; lets go when it has been clear for one short window.
    fn told(&self) -> u8 {
        let mut burned: Option<i128> = None;
        for found in &self.found {
            let is_over = |since: i128| found.clear && found.lived - since >= self.tier.short;
            burned = match burned {
                _ if found.long && found.short => Some(found.lived),
                Some(since) if is_over(since) => None,
                Some(since) => Some(if found.clear { since } else { found.lived }),
                None => None,
            };
        }
        let last = self.found.last().expect("a tick");
        if burned.is_some() { 2 } else { u8::from(last.long != last.short) }
    }
}

#[derive(Clone, Copy)]
struct Fraction {
    numerator: i128,
    denominator: i128,
}

fn big(factors: &[i128]) -> BigInt {
    factors.iter().copied().map(BigInt::from).product()
}

/// A product that refuses to be wrong.
fn product(factors: &[i128]) -> i128 {
    factors.iter().try_fold(1_i128, |product, factor| product.checked_mul(*factor)).expect("small traces")
}
