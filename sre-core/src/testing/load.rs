//! Pure. Traffic and faults, second by second or in larger steps: how many calls came, and how they ended.

use super::fault::Fault;
use super::random::Chance;
use super::traffic::{Traffic, float};
use crate::sli::Outcome;

/// Shares and rates count in billionths, so that no call is lost to rounding and steps of any size add up.
const GIGA: u64 = 1_000_000_000;

/// Calls that end alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) outcome: Outcome,
    pub(crate) duration_ns: u64,
    /// When they end, if they do not end at once.
    pub(crate) hangs_until: Option<u64>,
}

/// The calls of a scenario, from its begin to its end.
///
/// However the time is cut into steps, the calls are the same.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    traffic: Traffic,
    faults: Vec<Fault>,
    length: u64,
    /// The second of the day at the begin.
    clock: u64,
    classes: Vec<Class>,
    /// Those that faults make; the others are those of the usual latency, the last of which takes what is left.
    made_by: Vec<(usize, Fault)>,
    usual: Vec<Stage>,
    cursor: Cursor,
    marked: Cursor,
    counts: Vec<u64>,
}

/// How far a load is.
#[derive(Clone, Debug, Default)]
struct Cursor {
    at: u64,
    cell: Cell,
    /// Billionths of a call that came, and of one that belongs to each class, but for the last.
    arriving: u64,
    owing: Vec<u64>,
}

/// A part of the scenario with one rate and one share for each class.
#[derive(Clone, Debug, Default)]
struct Cell {
    end: u64,
    rate: f64,
    rate_giga: u64,
    stages: Vec<Stage>,
}

/// Of the calls that those before it left, this share belongs to a class.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stage {
    class: usize,
    share: f64,
    share_giga: u64,
}

impl Stage {
    fn new(class: usize, share: f64) -> Self {
        Self { class, share, share_giga: giga(share) }
    }
}

impl Load {
    /// What comes in `length` seconds; no class crosses one of `thresholds_ns`, which are sorted.
    pub(crate) fn new(
        traffic: &Traffic,
        faults: &[Fault],
        thresholds_ns: &[u64],
        length: u64,
        clock: u64,
    ) -> Self {
        let mut classes = Vec::new();
        let mut made_by = Vec::new();
        for fault in faults {
            if let Some((outcome, duration_ns)) = fault.call() {
                made_by.push((classes.len(), *fault));
                let hangs_until = fault.hangs().then(|| fault.end().unwrap_or(length).min(length));
                classes.push(Class { outcome, duration_ns, hangs_until });
            }
        }
        let (mut usual, mut left) = (Vec::new(), 1.0);
        for point in traffic.latency.points(thresholds_ns) {
            usual.push(Stage::new(
                classes.len(),
                if left > 0.0 { (point.share / left).min(1.0) } else { 0.0 },
            ));
            classes.push(Class { outcome: Outcome::Ok, duration_ns: point.duration_ns, hangs_until: None });
            left -= point.share;
        }
        Self {
            cursor: Cursor { owing: vec![0; classes.len()], ..Cursor::default() },
            marked: Cursor::default(),
            counts: vec![0; classes.len()],
            traffic: traffic.clone(),
            faults: faults.to_vec(),
            length,
            clock,
            classes,
            made_by,
            usual,
        }
    }

    /// How calls end, by their class.
    pub(crate) fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The second that it is at.
    pub(crate) const fn at(&self) -> u64 {
        self.cursor.at
    }

    /// Remembers this place.
    pub(crate) fn mark(&mut self) {
        self.marked.follow(&self.cursor);
    }

    /// Goes back to the place that was [marked](Self::mark).
    pub(crate) fn back(&mut self) {
        self.cursor.follow(&self.marked);
    }

    /// The calls of each class that come until `to`, a second of the scenario.
    pub(crate) fn advance(&mut self, to: u64) -> &[u64] {
        self.counts.fill(0);
        while self.cursor.at < to {
            if self.cursor.at >= self.cursor.cell.end {
                self.enter();
            }
            match self.traffic.seed {
                None => {
                    let end = to.min(self.cursor.cell.end);
                    self.cursor.come_evenly(end - self.cursor.at, &mut self.counts);
                    self.cursor.at = end;
                }
                Some(seed) => {
                    self.cursor.come_by(Chance(seed), &mut self.counts);
                    self.cursor.at += 1;
                }
            }
        }
        &self.counts
    }

    /// Finds out what holds from now on, and for how long.
    fn enter(&mut self) {
        let (at, length) = (self.cursor.at, self.length);
        let ends = self.faults.iter().map(|fault| fault.steady_until(at, length));
        let end = ends.chain([self.traffic.steady_until(at)]).min().unwrap_or(u64::MAX).max(at + 1);
        let rate = self.traffic.rate(f64::midpoint(float(at), float(end.min(at + 60))), self.clock);
        let cell = &mut self.cursor.cell;
        (cell.end, cell.rate, cell.rate_giga) = (end, rate, giga(rate));
        let made = self.made_by.iter().map(|(class, fault)| Stage::new(*class, fault.share(at, length)));
        cell.stages.clear();
        cell.stages.extend(made.filter(|stage| stage.share > 0.0).chain(self.usual.iter().copied()));
    }
}

impl Cursor {
    /// Takes the place of another one, without an allocation.
    fn follow(&mut self, other: &Self) {
        (self.at, self.arriving) = (other.at, other.arriving);
        self.owing.clone_from(&other.owing);
        let Cell { end, rate, rate_giga, stages } = &other.cell;
        (self.cell.end, self.cell.rate, self.cell.rate_giga) = (*end, *rate, *rate_giga);
        self.cell.stages.clone_from(stages);
    }

    fn come_evenly(&mut self, seconds: u64, counts: &mut [u64]) {
        let (come, arriving) = split(self.cell.rate_giga, seconds, self.arriving);
        self.arriving = arriving;
        let owing = &mut self.owing;
        share_out(&self.cell.stages, come, counts, |stage, left| {
            let Some(owing) = owing.get_mut(stage.class) else { return 0 };
            let (taken, rest) = split(stage.share_giga, left, *owing);
            *owing = rest;
            taken
        });
    }

    fn come_by(&mut self, chance: Chance, counts: &mut [u64]) {
        let come = chance.poisson((self.at, u64::MAX), self.cell.rate);
        share_out(&self.cell.stages, come, counts, |stage, left| {
            chance.binomial((self.at, stage.class as u64), left, stage.share)
        });
    }
}

/// Gives each stage what `take` gives it of what is left, and the last one the rest.
fn share_out(stages: &[Stage], come: u64, counts: &mut [u64], mut take: impl FnMut(&Stage, u64) -> u64) {
    let mut left = come;
    for (place, stage) in stages.iter().enumerate() {
        let is_last = place + 1 == stages.len();
        let taken = if is_last || left == 0 { left } else { take(stage, left) };
        if let Some(count) = counts.get_mut(stage.class) {
            *count += taken;
        }
        left -= taken;
    }
}

/// `rate * count + carried` billionths as a whole number and what is left over.
fn split(rate_giga: u64, count: u64, carried: u64) -> (u64, u64) {
    let sum = u128::from(rate_giga) * u128::from(count) + u128::from(carried);
    let whole = u64::try_from(sum / u128::from(GIGA)).unwrap_or(u64::MAX);
    (whole, u64::try_from(sum % u128::from(GIGA)).unwrap_or(0))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, which is what is wanted"
)]
fn giga(value: f64) -> u64 {
    (value * 1e9).round() as u64
}
