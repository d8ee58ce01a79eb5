//! Pure. How many calls come.

use super::latency::Latency;
use super::span::{Span, seconds, share_of_calls};

const MINUTE: u64 = 60;
pub(super) const DAY: u64 = 86_400;

/// When a day is busiest, in UTC.
const NOON: f64 = 15.0 * 3_600.0;

/// How many calls come, at any second of a scenario, and how long they take.
///
/// Calls come as evenly as whole calls can, unless [`Traffic::random`] lets chance decide. Shapes multiply, in any
/// order. Where the rate changes steadily, it does so each minute.
///
/// # Examples
///
/// ```
/// use sre_core::testing::{Latency, rps};
///
/// // A shop with a quiet night, a rush of five minutes each hour, and a long tail.
/// let shop = rps(200.0)
///     .diurnal(0.6)
///     .bursts("1h", "5m", 3.0)
///     .latency(Latency::log_normal("80ms", "400ms"));
/// # let _ = shop;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "traffic is given to a replay"]
pub struct Traffic {
    rate: f64,
    shapes: Vec<Shape>,
    pub(super) latency: Latency,
    pub(super) seed: Option<u64>,
}

/// What a shape multiplies the rate by at most.
const TIMES_MAX: f64 = 1_000.0;

/// What a rate is at most, whatever shapes are combined: a month of it is far from the end of a counter.
const RATE_MAX: f64 = 1e12;

/// What multiplies the rate.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Diurnal { swing: f64 },
    Bursts { each: u64, lasting: u64, times: f64 },
    Ramp { to: f64, from: u64, lasting: u64 },
    Silence { from: u64, lasting: u64 },
}

/// Traffic of so many calls a second; fractions are fine: `rps(0.1)` is a call each ten seconds.
///
/// # Panics
///
/// When the rate is negative, not a number, or above a billion.
#[track_caller]
pub fn rps(rate: f64) -> Traffic {
    assert!((0.0..=1e9).contains(&rate), "{rate} calls a second are none, or too many");
    Traffic { rate, shapes: Vec::new(), latency: Latency::default(), seed: None }
}

impl Traffic {
    /// The rate swings over the day, up and down by this share of it (0 to 1): most calls come at 15:00 UTC, fewest at
    /// 03:00.
    ///
    /// # Panics
    ///
    /// When the share does not lie between 0 and 1.
    #[track_caller]
    pub fn diurnal(self, swing: f64) -> Self {
        self.shaped(Shape::Diurnal { swing: share_of_calls(swing) })
    }

    /// So many times the rate, for so long at the beginning of each interval of the scenario.
    ///
    /// # Panics
    ///
    /// As [`Span`] says, when the interval is zero, and when `times` is negative or above a thousand.
    #[track_caller]
    pub fn bursts(self, each: impl Span, lasting: impl Span, times: f64) -> Self {
        let (each, lasting) = (seconds(each), seconds(lasting));
        assert!(each > 0, "bursts come at some interval");
        assert!(
            (0.0..=TIMES_MAX).contains(&times),
            "{times} times the calls are less than none, or too many"
        );
        self.shaped(Shape::Bursts { each, lasting, times })
    }

    /// From `from` on, and over so long a time, the rate goes steadily to so many times what it was, and stays there.
    ///
    /// # Panics
    ///
    /// As [`Span`] says, and when `times` is negative or above a thousand.
    #[track_caller]
    pub fn ramp(self, times: f64, from: impl Span, lasting: impl Span) -> Self {
        assert!(
            (0.0..=TIMES_MAX).contains(&times),
            "{times} times the calls are less than none, or too many"
        );
        self.shaped(Shape::Ramp { to: times, from: seconds(from), lasting: seconds(lasting) })
    }

    /// Nobody calls for a while.
    ///
    /// # Panics
    ///
    /// As [`Span`] says.
    #[track_caller]
    pub fn silence(self, from: impl Span, lasting: impl Span) -> Self {
        self.shaped(Shape::Silence { from: seconds(from), lasting: seconds(lasting) })
    }

    /// How long the calls take that succeed: 20 ms unless said otherwise.
    pub fn latency(mut self, latency: Latency) -> Self {
        self.latency = latency;
        self
    }

    /// Lets chance decide when calls come (Poisson) and which of them a fault hits (binomial). The same seed gives the
    /// same calls on every machine.
    pub fn random(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    fn shaped(mut self, shape: Shape) -> Self {
        self.shapes.push(shape);
        self
    }

    /// What came before the scenario: the shapes that repeat, and another draw.
    pub(super) fn before(&self) -> Self {
        let repeats = |shape: &&Shape| matches!(shape, Shape::Diurnal { .. } | Shape::Bursts { .. });
        let shapes = self.shapes.iter().filter(repeats).copied().collect();
        Self { shapes, seed: self.seed.map(|seed| seed.wrapping_add(1)), ..self.clone() }
    }

    /// Calls a second in the part of a scenario that has one rate; `middle` is its middle, and `clock` the second of
    /// the day at the scenario's begin.
    pub(super) fn rate(&self, middle: f64, clock: u64) -> f64 {
        let rate = self.shapes.iter().fold(self.rate, |rate, shape| rate * shape.factor(middle, clock));
        rate.min(RATE_MAX)
    }

    /// Where the part of the scenario ends that begins at `from` and has one rate.
    pub(super) fn steady_until(&self, from: u64) -> u64 {
        self.shapes.iter().map(|shape| shape.steady_until(from)).min().unwrap_or(u64::MAX)
    }
}

impl Shape {
    fn factor(self, at: f64, clock: u64) -> f64 {
        match self {
            Self::Diurnal { swing } => {
                let angle = core::f64::consts::TAU * (at + float(clock) - NOON) / float(DAY);
                swing.mul_add(angle.cos(), 1.0)
            }
            Self::Bursts { each, lasting, times } => {
                if at % float(each) < float(lasting) {
                    times
                } else {
                    1.0
                }
            }
            Self::Ramp { to, from, lasting } => {
                let share = ((at - float(from)) / float(lasting.max(1))).clamp(0.0, 1.0);
                (to - 1.0).mul_add(share, 1.0)
            }
            Self::Silence { from, lasting } => {
                let is_silent = (float(from)..float(from.saturating_add(lasting))).contains(&at);
                f64::from(u8::from(!is_silent))
            }
        }
    }

    fn steady_until(self, from: u64) -> u64 {
        let next = |marks: [u64; 2]| marks.into_iter().find(|mark| *mark > from).unwrap_or(u64::MAX);
        match self {
            Self::Diurnal { .. } => (from / MINUTE + 1) * MINUTE,
            Self::Bursts { each, lasting, .. } => {
                let start = from / each * each;
                next([start.saturating_add(lasting.min(each)), start.saturating_add(each)])
            }
            Self::Ramp { from: begin, lasting, .. } => {
                let end = begin.saturating_add(lasting);
                let inside = (begin..end).contains(&from);
                if inside { ((from / MINUTE + 1) * MINUTE).min(end) } else { next([begin, end]) }
            }
            Self::Silence { from: begin, lasting } => next([begin, begin.saturating_add(lasting)]),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a scenario are far below 2^53")]
pub(super) const fn float(seconds: u64) -> f64 {
    seconds as f64
}

/// How much a default scenario goes on after the last thing that happens.
pub(super) const AFTERMATH: u64 = DAY;

#[cfg(test)]
mod tests {
    use super::*;

    /// The rate of each part that begins before `until`.
    fn rates(traffic: &Traffic, until: u64) -> Vec<(u64, f64)> {
        let (mut at, mut rates) = (0, Vec::new());
        while at < until {
            let end = traffic.steady_until(at).min(until);
            rates.push((at, traffic.rate(f64::midpoint(float(at), float(end)), 0)));
            at = end;
        }
        rates
    }

    #[test]
    fn traffic_without_shape_is_steady() {
        assert_eq!(rates(&rps(7.0), 1_000_000), [(0, 7.0)]);
    }

    #[test]
    fn bursts_and_silences_have_sharp_edges() {
        let traffic = rps(10.0).bursts("10m", "2m", 3.0).silence("11m", "90s");
        assert_eq!(
            rates(&traffic, 1_300),
            [(0, 30.0), (120, 10.0), (600, 30.0), (660, 0.0), (720, 0.0), (750, 10.0), (1_200, 30.0)]
        );
    }

    #[test]
    fn a_day_has_its_mean_its_noon_and_its_night() {
        let traffic = rps(100.0).diurnal(0.5);
        let rates = rates(&traffic, 86_400);
        assert_eq!(rates.len(), 1_440);
        let mean = rates.iter().map(|(_, rate)| rate).sum::<f64>() / 1_440.0;
        assert!((mean - 100.0).abs() < 1e-6, "{mean}");
        assert!((rates[15 * 60].1 - 150.0).abs() < 0.01 && (rates[3 * 60].1 - 50.0).abs() < 0.01);
    }

    #[test]
    fn a_ramp_goes_by_minutes_and_stays() {
        let rates = rates(&rps(10.0).ramp(2.0, "1m", "2m"), 600);
        assert_eq!(rates, [(0, 10.0), (60, 12.5), (120, 17.5), (180, 20.0)]);
    }

    #[test]
    #[should_panic(expected = "a share lies between 0 and 1")]
    fn a_day_cannot_swing_by_more_than_all() {
        let _ = rps(1.0).diurnal(5.0);
    }
}
