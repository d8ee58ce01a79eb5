//! A second opinion: every event kept with its time, every answer counted from the definitions, in integers.
//!
//! Slow and simple on purpose. It shares no code with the engine: it has its own windows, its own comparison of
//! fractions, its own confidence bound and its own state machine.

use num_bigint::BigInt;

pub(crate) const SECOND: i128 = 1_000_000_000;

/// All good and bad events up to a moment of the time line at which some were booked.
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

/// What makes a tier sure of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sure {
    Off,
    Wilson,
    /// A belief worth so many events.
    Posterior(u32),
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
    pub(crate) sure: Sure,
    /// Whether failures are compared with a share of the period's budget, not with a burn.
    pub(crate) by_budget: bool,
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
    /// Calls that ended beside these, which nobody judges.
    pub(crate) unjudged: i128,
    /// Bad events in flight at the tick.
    pub(crate) in_flight: i128,
}

impl Step {
    const fn events(self) -> (i128, i128) {
        (self.good, self.bad)
    }

    const fn calls(self) -> (i128, i128) {
        (self.good + self.bad, self.unjudged)
    }

    const fn ended(self) -> i128 {
        self.good + self.bad + self.unjudged
    }
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
    /// Calls that ended: judged ones as good, the others as bad.
    calls: Vec<Booked>,
    /// Spans of the time line that were observed.
    seen: Vec<(i128, i128)>,
    /// How often something was not observed.
    gaps: usize,
    /// Every window, counted anew at each step.
    counted: Vec<(i128, Counted)>,
    /// Events of the longest window and how much time they took, and calls that ended in each short window.
    usual: (i128, i128),
    ended: Vec<(i128, (i128, i128))>,
}

impl Oracle {
    pub(crate) fn new(spec: Spec, start: i128) -> Self {
        Self {
            spec,
            now: start,
            booked: Vec::new(),
            calls: Vec::new(),
            seen: Vec::new(),
            gaps: 0,
            counted: Vec::new(),
            usual: (0, 0),
            ended: Vec::new(),
        }
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
        let patience = if step.ended() > 0 { 3_600 } else { 300 };
        let stopped = step.lived > patience * SECOND;
        self.gaps += usize::from(stopped || slept > 2 * SECOND);
        if stopped {
            self.book(self.now, step.events(), step.calls());
        } else if slept > 2 * SECOND {
            self.seen.push((from + slept, self.now));
            self.book(self.now, step.events(), step.calls());
        } else {
            self.seen.push((from, self.now));
            self.book_perhaps_late(from, step);
        }
        self.counted = self.windows().into_iter().map(|window| (window, self.count_anew(window))).collect();
        self.usual = self.usual_anew();
        self.ended = self.spec.tiers.iter().map(|tier| (tier.short, self.ended_anew(tier.short))).collect();
    }

    /// Missing more than two finest slots spreads the events over those that began.
    fn book_perhaps_late(&mut self, from: i128, step: Step) {
        let finest = self.finest();
        let (first, last) = (from / finest + 1, self.now / finest);
        let slots = last - first + 1;
        if slots - 1 <= 2 {
            self.book(self.now, step.events(), step.calls());
            return;
        }
        // The first i of n slots together get `events * i / n`, rounded down.
        let part = |events: i128, slot: i128| {
            let up_to = |slot| events * (slot - first) / slots;
            up_to(slot + 1) - up_to(slot)
        };
        for slot in first..=last {
            let parts = |(good, bad)| (part(good, slot), part(bad, slot));
            self.book((slot * finest).max(from), parts(step.events()), parts(step.calls()));
        }
    }

    fn book(&mut self, at: i128, events: (i128, i128), calls: (i128, i128)) {
        push(&mut self.booked, at, events);
        push(&mut self.calls, at, calls);
    }

    /// Calls that ended in a short window: judged ones, and those that nobody judges.
    ///
    /// They are counted in coarser slots than events.
    fn ended_anew(&self, short: i128) -> (i128, i128) {
        let shortest = self.spec.tiers.iter().map(|tier| tier.short).min().unwrap_or(SECOND);
        let twelfth = shortest / 12;
        let slots = [10, 5, 2].map(|seconds| seconds * SECOND);
        let finest = slots.into_iter().find(|slot| *slot <= twelfth).unwrap_or(SECOND);
        let levels = [(finest, 60), (10 * SECOND, 60), (60 * SECOND, 60), (300 * SECOND, 72)];
        let fits = |(slot, most): &(i128, i128)| (short + slot - 1) / slot <= *most;
        let slot = levels.into_iter().find(fits).map_or(3_600 * SECOND, |(slot, _)| slot);
        let first = (self.now / slot - (short + slot - 1) / slot) * slot;
        since(&self.calls, first)
    }

    fn ended(&self, tier: TierSpec) -> (i128, i128) {
        let found = self.ended.iter().find(|(short, _)| *short == tier.short);
        found.map_or((0, 0), |(_, ended)| *ended)
    }

    /// Whether more than half of at least ten calls of a tier's short window were judged by nobody.
    pub(crate) fn is_blind(&self, tier: TierSpec) -> bool {
        let (judged, unseen) = self.ended(tier);
        unseen > judged && unseen >= 10
    }

    /// Whether enough calls ended in a tier's short window to tell.
    pub(crate) fn can_tell(&self, tier: TierSpec) -> bool {
        let (judged, unseen) = self.ended(tier);
        judged + unseen >= 10
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
        let whole = self.count_slots(window);
        Counted { observed: whole.observed.min(window), ..whole }
    }

    /// The same, with all that was observed of these slots, which may be more than the window.
    fn count_slots(&self, window: i128) -> Counted {
        let slot = self.slot(window);
        let first = (self.now / slot - (window + slot - 1) / slot) * slot;
        let (good, bad) = since(&self.booked, first);
        let observed: i128 = self.seen.iter().map(|(start, end)| (end - first.max(*start)).max(0)).sum();
        Counted { good, bad, observed }
    }

    /// How many events are usual, and of how much time: those of the longest window.
    fn usual_anew(&self) -> (i128, i128) {
        let longest = self.count_slots(self.windows().into_iter().max().unwrap_or(SECOND));
        (longest.good + longest.bad, longest.observed)
    }

    /// `bad > factor * budget * window * usual events / usual time`, multiplied out.
    fn spends(&self, window: i128, counted: Counted, factor: Fraction) -> bool {
        let (events, time) = self.usual;
        let left = big(&[counted.bad, time, self.spec.budget_inverse, factor.denominator]);
        events > 0 && left > big(&[window, events, factor.numerator])
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
        let is_above = |window| {
            let counted = self.with(window, in_flight);
            if self.spec.by_budget {
                self.spends(window, counted, factor)
            } else {
                self.burns(window, counted, factor)
            }
        };
        (is_above(tier.long), is_above(tier.short))
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
            && self.is_sure(tier, long)
    }

    /// Whether there is enough in the short window for a tier to fire.
    pub(crate) fn is_short_enough(&self, tier: TierSpec, in_flight: i128) -> bool {
        self.with(tier.short, in_flight).bad >= 1
    }

    /// Whether the ratio of the whole window is above the tier's with confidence.
    ///
    /// The tier's ratio is `factor * budget`, or what spends its share of the budget with the events of this window.
    /// Unobserved time adds events to `n`, so both are fractions.
    fn is_sure(&self, tier: TierSpec, long: Counted) -> bool {
        let total = long.good + long.bad;
        let n = Fraction { numerator: total * tier.long, denominator: long.observed };
        let (usual, time) = self.usual;
        let mut t = (big(&[tier.factor_tenths]), big(&[10, self.spec.budget_inverse]));
        if self.spec.by_budget {
            t = (t.0 * big(&[usual, long.observed]), t.1 * big(&[time, total]));
        }
        match self.spec.sure {
            Sure::Off => true,
            _ if n.numerator == 0 || n.denominator == 0 => false,
            Sure::Wilson => wilson_is_above(long.bad, n, &t),
            Sure::Posterior(weight) => {
                let budget = 1.0 / self.spec.budget_inverse as f64;
                let (weight, bad) = (f64::from(weight), long.bad as f64);
                let whole = n.numerator as f64 / n.denominator as f64;
                let (a, b) = (weight * budget + bad, weight * (1.0 - budget) + whole - bad);
                beta_above(quotient(&t), a, b) > 0.95
            }
        }
    }
}

fn push(all: &mut Vec<Booked>, at: i128, (good, bad): (i128, i128)) {
    let before = all.last().map_or((0, 0), |last| (last.good, last.bad));
    all.push(Booked { at, good: before.0 + good, bad: before.1 + bad });
}

/// Good and bad events booked from `first` on; the time line never goes back.
fn since(all: &[Booked], first: i128) -> (i128, i128) {
    let sum = |booked: Option<&Booked>| booked.map_or((0, 0), |booked| (booked.good, booked.bad));
    let (before, last) = all.split_at(all.partition_point(|booked| booked.at < first));
    let ((good, bad), earlier) = (sum(last.last().or(before.last())), sum(before.last()));
    (good - earlier.0, bad - earlier.1)
}

/// Whether the Wilson lower bound at z = 1.6448536 is above `t`.
///
/// The interval is the set of ratios that a score test does not refuse, so the bound is above `t` exactly when `p > t`
/// and `(p - t)^2 n > z^2 t (1 - t)`.
fn wilson_is_above(bad: i128, n: Fraction, t: &(BigInt, BigInt)) -> bool {
    let z = Fraction { numerator: 16_448_536, denominator: 10_000_000 };
    let excess = big(&[bad, n.denominator]) * &t.1 - big(&[n.numerator]) * &t.0;
    let left = &excess * &excess * big(&[z.denominator, z.denominator]);
    let variance = &t.0 * (&t.1 - &t.0) * big(&[n.numerator, n.denominator]);
    excess > BigInt::ZERO && left > variance * big(&[z.numerator, z.numerator])
}

/// How probable a ratio above `t` is by `Beta(a, b)`, as the share of an area.
///
/// With `x = sin^2 u` the density is `sin^(2a-1) u * cos^(2b-1) u`, which is nowhere infinite. Beyond 14 deviations
/// from its peak there is nothing to be seen.
fn beta_above(t: f64, a: f64, b: f64) -> f64 {
    const RIGHT: f64 = std::f64::consts::FRAC_PI_2;
    let (rise, fall) = (2.0 * a - 1.0, 2.0 * b - 1.0);
    let peak = rise.max(0.0).sqrt().atan2(fall.max(0.0).sqrt());
    let reach = 14.0 / (2.0 * (rise + fall).max(1.0)).sqrt();
    let (low, high) = ((peak - reach).max(0.0), (peak + reach).min(RIGHT));
    let power = |base: f64, exponent: f64| if exponent == 0.0 { 0.0 } else { exponent * base.ln() };
    let log = |u: f64| power(u.sin(), rise) + power(u.cos(), fall);
    let top = log(peak.clamp(low + 1e-9, high - 1e-9));
    // The rule of Simpson.
    let area = |from: f64, to: f64| {
        let strips = 400_u32;
        let width = (to - from) / f64::from(strips);
        let height = |at: u32| (log((from + f64::from(at) * width).clamp(1e-12, RIGHT - 1e-12)) - top).exp();
        let weight = |at: u32| match at {
            0 => 1.0,
            at if at == strips => 1.0,
            at if at % 2 == 1 => 4.0,
            _ => 2.0,
        };
        (0..=strips).map(|at| weight(at) * height(at)).sum::<f64>() * width
    };
    let edge = t.clamp(0.0, 1.0).sqrt().asin().clamp(low, high);
    let (below, above) = (area(low, edge), area(edge, high));
    above / (below + above)
}

fn quotient(fraction: &(BigInt, BigInt)) -> f64 {
    let number = |value: &BigInt| value.to_string().parse::<f64>().expect("digits");
    number(&fraction.0) / number(&fraction.1)
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

/// The state of one alert, told from its whole history.
#[derive(Clone, Debug)]
struct History {
    hold: i128,
    lived: i128,
    found: Vec<Found>,
}

impl History {
    const fn new(hold: i128) -> Self {
        Self { hold, lived: 0, found: Vec::new() }
    }

    /// Fires with both windows above; lets go when it has been clear for the hold.
    fn told(&self) -> u8 {
        let mut burned: Option<i128> = None;
        for found in &self.found {
            let is_over = |since: i128| found.clear && found.lived - since >= self.hold;
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

/// The state of one tier.
#[derive(Clone, Debug)]
pub(crate) struct TierHistory {
    tier: TierSpec,
    history: History,
}

impl TierHistory {
    pub(crate) fn new(tier: TierSpec) -> Self {
        Self { tier, history: History::new(tier.short) }
    }

    /// Looks at the windows at a tick and tells the state: 0 ok, 1 pending, 2 firing.
    pub(crate) fn state(&mut self, oracle: &Oracle, step: Step) -> u8 {
        self.history.lived += step.lived;
        let (long, short) = oracle.above(self.tier, step.in_flight, 10);
        let (long_stays, short_stays) = oracle.above(self.tier, step.in_flight, 9);
        self.history.found.push(Found {
            lived: self.history.lived,
            long: long && oracle.is_long_enough(self.tier, step.in_flight),
            short: short && oracle.is_short_enough(self.tier, step.in_flight),
            clear: !(long_stays && short_stays),
        });
        self.history.told()
    }
}

/// Whether the severity of one tier is blind.
#[derive(Clone, Debug)]
pub(crate) struct SightHistory {
    tier: TierSpec,
    history: History,
}

impl SightHistory {
    pub(crate) fn new(tier: TierSpec) -> Self {
        Self { tier, history: History::new(tier.short) }
    }

    /// Looks at the calls of the short window at a tick, and tells whether it is blind.
    pub(crate) fn is_blind(&mut self, oracle: &Oracle, step: Step) -> bool {
        self.history.lived += step.lived;
        let blind = oracle.is_blind(self.tier);
        self.history.found.push(Found {
            lived: self.history.lived,
            long: blind,
            short: blind,
            clear: !blind,
        });
        self.history.told() == 2
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
