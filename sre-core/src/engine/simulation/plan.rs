//! What happens to a machine, made from a seed: data, so that a failure can be told by the part of it that it needs.

use crate::store::Random;
use crate::store::model::Failure;

/// How many objectives there are.
pub(super) const OBJECTIVES: usize = 3;

/// Something that happens to a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Time passes, with calls each second.
    Serve { seconds: u64, load: Load },
    /// One tick comes so much later than the one before.
    Late { seconds: u64 },
    /// The wall clock is set.
    Step { seconds: i64 },
    /// The machine sleeps: the wall clock goes on, the monotonic one does not.
    Suspend { seconds: u64 },
    /// The state directory is written.
    Flush,
    /// Calls of the disk fail, from the one after `skip` more.
    Fault { skip: u64, count: u64, failure: Failure },
    /// The disk works again.
    Heal,
    /// The process ends, and another one starts later.
    Restart { end: End, downtime: u64 },
    /// Another process starts beside this one, both serve, this one ends, and the other goes on.
    Relieve { seconds: u64, load: Load },
    /// Somebody books an entry about the objective at this place.
    Book { slo: usize, what: What },
    /// Somebody takes one back: the one at this place among those in force, counted from the last on.
    Withdraw { back: usize },
}

/// What is booked; all times are seconds from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Reset,
    Exclude { from: i64, until: i64 },
    Adjust { good: i64, bad: i64, ago: u64 },
}

impl What {
    fn random(random: &mut Random) -> Self {
        let number = |random: &mut Random, below: usize| i64::try_from(random.below(below)).unwrap_or(0);
        match random.below(5) {
            0 => Self::Reset,
            1 => {
                let (good, bad) = (number(random, 400) - 200, number(random, 40) - 20);
                Self::Adjust {
                    good,
                    bad: bad + i64::from((good, bad) == (0, 0)),
                    ago: random.below(300) as u64,
                }
            }
            // Over, going on, planned.
            2 => {
                let from = -1 - number(random, 9_000);
                Self::Exclude { from, until: (from + 1 + number(random, 900)).min(0) }
            }
            3 => Self::Exclude { from: -number(random, 90), until: 1 + number(random, 600) },
            _ => {
                let from = 1 + number(random, 200);
                Self::Exclude { from, until: from + 1 + number(random, 4_000) }
            }
        }
    }
}

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    InOrder,
    Kill,
    PowerLoss { seed: u64 },
}

/// Calls of each second: how many, and how many of a thousand fail or are slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) calls: u64,
    pub(super) failing: u64,
    pub(super) slow: u64,
}

impl Load {
    fn random(random: &mut Random) -> Self {
        let pick = |random: &mut Random, of: &[u64]| of[random.below(of.len())];
        Self {
            calls: pick(random, &[0, 1, 20, 300]),
            failing: pick(random, &[0, 0, 1, 50, 1_000]),
            slow: pick(random, &[0, 5, 300]),
        }
    }
}

const CODES: [i32; 6] = [5, 28, 30, 13, 24, 4];

fn failure(random: &mut Random) -> Failure {
    let code = CODES[random.below(CODES.len())];
    match random.below(3) {
        0 => Failure::Short,
        1 => Failure::Error(code),
        // A call that was interrupted did nothing.
        _ => Failure::ErrorAfter(if code == 4 { 28 } else { code }),
    }
}

/// What happens with this seed.
pub(super) fn plan(seed: u64) -> Vec<Act> {
    let mut random = Random(seed);
    let mut acts = Vec::new();
    for _ in 0..20 + random.below(20) {
        acts.push(act(&mut random));
        if random.one_in(3) {
            acts.push(Act::Flush);
        }
    }
    acts
}

fn seconds(random: &mut Random, below: usize) -> u64 {
    1 + random.below(below) as u64
}

fn act(random: &mut Random) -> Act {
    match random.below(24) {
        0..=9 => Act::Serve { seconds: seconds(random, 90), load: Load::random(random) },
        10 => Act::Late { seconds: seconds(random, 4_000) },
        11 => Act::Step { seconds: step(random) },
        12 => Act::Suspend { seconds: seconds(random, 30_000) },
        13 => Act::Fault {
            skip: random.below(40) as u64,
            count: if random.one_in(2) { seconds(random, 20) } else { u64::MAX },
            failure: failure(random),
        },
        14 => Act::Heal,
        15 => Act::Relieve { seconds: seconds(random, 20), load: Load::random(random) },
        16..=18 => Act::Book { slo: random.below(OBJECTIVES), what: What::random(random) },
        19 => Act::Withdraw { back: random.below(4) },
        _ => {
            let end = match random.below(4) {
                0 => End::Kill,
                1 => End::PowerLoss { seed: random.next() },
                _ => End::InOrder,
            };
            Act::Restart { end, downtime: if random.one_in(2) { 0 } else { seconds(random, 9_000) } }
        }
    }
}

fn step(random: &mut Random) -> i64 {
    let longest = [3, 90, 7_200, 40 * 86_400][random.below(4)];
    let seconds = 1 + i64::try_from(random.below(longest)).unwrap_or(0);
    if random.one_in(2) { seconds } else { -seconds }
}
