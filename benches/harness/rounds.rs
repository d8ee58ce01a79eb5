//! Cold. Interleaved rounds: every subject runs once per round, so that a slow second of the machine hits them all.

use super::machine::spread;
use super::{Options, Progress, Subject, now};
use cpu_time::ThreadTime;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Nanoseconds of one subject at one number of threads.
#[derive(Debug, Clone)]
pub struct Timing {
    /// The name of the group that ran together.
    pub group: &'static str,
    /// The name of the subject.
    pub name: &'static str,
    /// Threads that worked at the same time.
    pub threads: usize,
    /// One value per round, sorted: nanoseconds of one core per iteration.
    rounds: Vec<f64>,
    /// Share of the cores that the threads had in the middle round; below one on a busy machine.
    share: f64,
}

impl Timing {
    /// A timing from values taken elsewhere.
    #[must_use]
    pub fn new(group: &'static str, name: &'static str, threads: usize, mut rounds: Vec<f64>) -> Self {
        rounds.sort_by(f64::total_cmp);
        Self { group, name, threads, rounds, share: 1.0 }
    }

    /// From the rounds in which the threads had most of the cores, since in the others they did not contend.
    fn of(group: &'static str, subject: &Subject, threads: usize, mut ran: Vec<Ran>, keep: usize) -> Self {
        if !subject.waits() {
            ran.sort_by(|a, b| b.share.total_cmp(&a.share));
        }
        ran.truncate(keep);
        let share = if subject.waits() { 1.0 } else { ran.get(keep / 2).map_or(0.0, |ran| ran.share) };
        Self { share, ..Self::new(group, subject.name(), threads, ran.iter().map(|ran| ran.ns).collect()) }
    }

    /// Share of the cores that the threads had in the middle round; below one on a busy machine.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.share
    }

    /// The middle round, in nanoseconds; `NaN` without rounds.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantile(1, 2)
    }

    /// Half the distance between the quartiles, as a share of the median.
    #[must_use]
    pub fn spread(&self) -> f64 {
        (self.quantile(3, 4) - self.quantile(1, 4)) / 2.0 / self.median()
    }

    fn quantile(&self, numerator: usize, denominator: usize) -> f64 {
        let rank = self.rounds.len().saturating_sub(1) * numerator / denominator;
        self.rounds.get(rank).copied().unwrap_or(f64::NAN)
    }
}

/// All timings of one run.
#[derive(Debug, Default)]
pub struct Results(Vec<Timing>);

impl Results {
    /// Adds the timings of a group.
    pub fn extend(&mut self, timings: impl IntoIterator<Item = Timing>) {
        self.0.extend(timings);
    }

    /// The timing of a subject, if it ran.
    #[must_use]
    pub fn find(&self, group: &str, name: &str, threads: usize) -> Option<&Timing> {
        self.0.iter().find(|t| t.group == group && t.name == name && t.threads == threads)
    }

    /// All timings, in the order of the run.
    pub fn iter(&self) -> impl Iterator<Item = &Timing> {
        self.0.iter()
    }
}

/// Runs the subjects in interleaved rounds on `threads` threads.
///
/// The time of a batch reaches from the first thread's start to the last one's end. It is given as nanoseconds of
/// one core per iteration: elapsed time, times the cores that could be busy, divided by all iterations.
#[must_use]
pub fn interleave(
    group: &'static str,
    subjects: &[Subject],
    threads: usize,
    options: &Options,
    progress: &Progress,
) -> Vec<Timing> {
    let subjects: Vec<&Subject> = subjects.iter().filter(|s| s.runs_on(threads)).collect();
    // Short batches of several threads often get all cores also on a busy machine: try often, keep the best.
    let (tries, batch) = if threads == 1 { (1, options.batch) } else { (5, options.batch / 5) };
    let rounds_all = tries * options.rounds;
    let mut rounds = vec![Vec::with_capacity(rounds_all); subjects.len()];
    with_crew(&subjects, threads, |crew| {
        let mut iterations = Vec::with_capacity(subjects.len());
        for (k, subject) in subjects.iter().enumerate() {
            progress.show(format_args!("{group}, {threads} threads: sizing {}", subject.name()));
            iterations.push(crew.size(k, subject, batch));
        }
        for round in 0..rounds_all {
            progress.show(format_args!("{group}, {threads} threads: round {} of {rounds_all}", round + 1));
            for step in 0..subjects.len() {
                // Each round starts with another subject, so none always follows the same neighbour.
                let k = (step + round) % subjects.len();
                if let (Some(subject), Some(n), Some(row)) =
                    (subjects.get(k), iterations.get(k), rounds.get_mut(k))
                {
                    row.push(crew.run(k, subject, *n));
                }
            }
        }
    });
    progress.clear();
    subjects.iter().zip(rounds).map(|(s, ran)| Timing::of(group, s, threads, ran, options.rounds)).collect()
}

/// Runs `work` with a crew of threads that stay for all of it, each with its own batch of every subject.
pub fn with_crew<R>(subjects: &[&Subject], threads: usize, work: impl FnOnce(&Crew) -> R) -> R {
    let crew = Crew::new(threads);
    thread::scope(|scope| {
        for thread in 0..threads {
            let crew = &crew;
            scope.spawn(move || {
                if threads > 1 {
                    spread(thread);
                }
                crew.work(subjects);
            });
        }
        let result = work(&crew);
        crew.close();
        result
    })
}

/// Threads that run batches at the same time.
#[derive(Debug)]
pub struct Crew {
    threads: usize,
    gate: Barrier,
    subject: AtomicUsize,
    iterations: AtomicU64,
    spans: Mutex<Vec<Span>>,
}

/// One batch of a crew.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Ran {
    /// The time of one core for the iterations of one thread.
    ///
    /// That is the processor time of a thread, so other programs on the machine do not count. For work that waits
    /// it is the time from the first thread's start to the last one's end, divided by the threads per core.
    pub took: Duration,
    /// The same for one iteration, in nanoseconds.
    pub ns: f64,
    /// Share of the cores that the threads had from the first start to the last end.
    pub share: f64,
}

/// When a batch ran on one thread, and how long it had a processor.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: Instant,
    end: Instant,
    busy: Duration,
}

/// The subject number that ends the crew.
const CLOSE: usize = usize::MAX;

impl Crew {
    fn new(threads: usize) -> Self {
        Self {
            threads,
            gate: Barrier::new(threads + 1),
            subject: AtomicUsize::new(CLOSE),
            iterations: AtomicU64::new(0),
            spans: Mutex::new(Vec::with_capacity(threads)),
        }
    }

    fn work(&self, subjects: &[&Subject]) {
        let mut batches: Vec<_> = subjects.iter().map(|s| s.batch()).collect();
        loop {
            self.gate.wait();
            // Relaxed: the barrier orders the command before the read.
            let Some(batch) = batches.get_mut(self.subject.load(Ordering::Relaxed)) else { return };
            let n = self.iterations.load(Ordering::Relaxed);
            let (start, processor) = (now(), ThreadTime::now());
            batch(n);
            let (busy, end) = (processor.elapsed(), now());
            self.spans().push(Span { start, end, busy });
            self.gate.wait();
        }
    }

    /// Runs `iterations` of subject number `k` on every thread.
    #[must_use]
    pub fn run(&self, k: usize, subject: &Subject, iterations: u64) -> Ran {
        self.spans().clear();
        self.subject.store(k, Ordering::Relaxed);
        self.iterations.store(iterations, Ordering::Relaxed);
        self.gate.wait();
        self.gate.wait();
        subject.tidy();
        let spans = self.spans();
        let start = spans.iter().map(|span| span.start).min();
        let end = spans.iter().map(|span| span.end).max();
        let elapsed = start.zip(end).map_or(Duration::ZERO, |(start, end)| end.duration_since(start));
        let elapsed = elapsed.div_f64(self.share());
        let busy = spans.iter().map(|span| span.busy).sum::<Duration>().div_f64(count(spans.len() as u64));
        let took = if subject.waits() { elapsed } else { busy };
        Ran {
            took,
            ns: took.as_secs_f64() * 1e9 / count(iterations),
            share: busy.as_secs_f64() / elapsed.as_secs_f64(),
        }
    }

    fn spans(&self) -> MutexGuard<'_, Vec<Span>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of iterations whose batch takes about `batch` per thread; warms the subject up on the way.
    fn size(&self, k: usize, subject: &Subject, batch: Duration) -> u64 {
        let mut n = 1;
        loop {
            // The faster of two, since a batch that was interrupted looks longer than it is.
            let took = self.run(k, subject, n).took.min(self.run(k, subject, n).took);
            if took >= batch / 2 {
                let scaled = count(n) * batch.as_secs_f64() / took.as_secs_f64();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far below 2^53")]
                let scaled = scaled as u64;
                return scaled.max(1);
            }
            n *= 2;
        }
    }

    /// Threads per core, at least one.
    fn share(&self) -> f64 {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        #[expect(clippy::cast_precision_loss, reason = "a handful of threads")]
        let share = self.threads as f64 / self.threads.min(cores) as f64;
        share
    }

    fn close(&self) {
        self.subject.store(CLOSE, Ordering::Relaxed);
        self.gate.wait();
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a batch stay far below 2^53")]
fn count(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_of_an_odd_number_of_rounds_are_rounds() {
        let timing = Timing::new("g", "n", 1, vec![5.0, 1.0, 2.0, 4.0, 3.0]);
        assert_eq!((timing.median(), timing.spread()), (3.0, 1.0 / 3.0));
    }

    #[test]
    fn every_subject_runs_in_every_round_on_every_thread() {
        static CALLS: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];
        let subjects = [
            Subject::shared("both", |_| CALLS[0].fetch_add(1, Ordering::Relaxed)),
            Subject::shared("alone", |_| CALLS[1].fetch_add(1, Ordering::Relaxed)).threads_max(1),
        ];
        let options = Options { rounds: 3, batch: Duration::from_micros(50), only: None };
        let alone = interleave("g", &subjects, 1, &options, &Progress::silent());
        let names: Vec<_> = alone.iter().map(|t| (t.name, t.threads, t.rounds.len())).collect();
        assert_eq!(names, [("both", 1, 3), ("alone", 1, 3)]);

        let (before, after) = (CALLS[0].load(Ordering::Relaxed), CALLS[1].load(Ordering::Relaxed));
        let both = interleave("g", &subjects, 3, &options, &Progress::silent());
        assert_eq!(both.len(), 1);
        assert_eq!(CALLS[1].load(Ordering::Relaxed), after, "left out above its largest number of threads");
        let calls = CALLS[0].load(Ordering::Relaxed) - before;
        assert!(calls > 0 && calls.is_multiple_of(3), "three threads do the same number of calls: {calls}");
    }

    #[test]
    fn threads_that_share_a_core_share_its_time() {
        let cores = thread::available_parallelism().unwrap().get();
        assert_eq!(
            (Crew::new(1).share(), Crew::new(cores).share(), Crew::new(4 * cores).share()),
            (1.0, 1.0, 4.0)
        );
    }
}
