//! Cold. Memory of SLIs, shards and rings, counted by the allocator, and allocations on the hot path.
//!
//! `cargo bench -p sre-benches --bench memory`; fails when a goal is missed. Figures do not depend on the load of the
//! machine.
#![expect(unsafe_code, reason = "only an allocator can count what is allotted")]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]
#![expect(clippy::expect_used, reason = "a bench that cannot set itself up has to stop")]

use sre_benches::harness::{Progress, describe_machine, is_bench};
use sre_benches::subjects::judge::engine;
use sre_benches::subjects::prepare;
use sre_benches::subjects::scrape;
use sre_benches::subjects::thousand::{OBJECTIVES, slis};
use sre_benches::values::{SERIES, duration};
use sre_core::{Engine, Objective, Outcome, Sli};
use std::alloc::{GlobalAlloc, Layout, System};
use std::process::ExitCode;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// The system's allocator, with a count of live bytes and of allocations.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator with the caller's own arguments; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const KIB: f64 = 1024.0;

/// SLIs that are measured together, so that rounding by the allocator's own tables does not matter.
const MANY: usize = 100;

/// One figure beside its goal.
struct Figure {
    what: &'static str,
    value: f64,
    unit: &'static str,
    goal: Option<f64>,
}

impl Figure {
    fn met(&self) -> bool {
        self.goal.is_none_or(|goal| self.value <= goal)
    }
}

/// Measures one or more figures.
type Measure = fn() -> Vec<Figure>;

fn main() -> ExitCode {
    if !is_bench() {
        return ExitCode::SUCCESS;
    }
    let mut missed = 0;
    let progress = Progress::new();
    prepare();
    println!("{}\n\n| Memory | | goal | |\n|---|---|---|---|", describe_machine());
    // Records come first: threads of engines that end allocate for a while.
    let measures: [(&str, Measure); 6] = [
        ("ten million records", records),
        ("cold SLIs", cold),
        ("hot SLIs", hot),
        ("objectives", objectives),
        ("a thousand SLIs on 64 threads", fleet),
        ("scrapes", scrapes),
    ];
    for (what, measure) in measures {
        progress.show(format_args!("measuring {what}"));
        let figures = measure();
        progress.clear();
        for figure in figures {
            missed += usize::from(!figure.met());
            let (goal, verdict) = match figure.goal {
                Some(goal) => {
                    (format!("{goal} {}", figure.unit), if figure.met() { "met" } else { "**missed**" })
                }
                None => (String::new(), ""),
            };
            println!("| {} | {:.2} {} | {goal} | {verdict} |", figure.what, figure.value, figure.unit);
        }
    }
    if missed == 0 {
        return ExitCode::SUCCESS;
    }
    println!("\n{missed} of the goals are missed.");
    ExitCode::FAILURE
}

/// Live bytes that `work` leaves behind, and what it returns.
#[expect(clippy::cast_precision_loss, reason = "memory of this process")]
fn left_by<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let before = LIVE.load(Ordering::Relaxed);
    let result = work();
    (LIVE.load(Ordering::Relaxed) as f64 - before as f64, result)
}

#[expect(clippy::cast_precision_loss, reason = "a hundred")]
fn each(bytes: f64) -> f64 {
    bytes / MANY as f64 / KIB
}

#[expect(clippy::cast_precision_loss, reason = "the size of a struct")]
fn cold() -> Vec<Figure> {
    let slis: Vec<Sli> = slis("memory.cold", &OBJECTIVES).into_iter().take(MANY).collect();
    // Asking for a count registers the SLI and its series.
    let (untouched, ()) = left_by(|| slis.iter().for_each(|sli| assert_eq!(sli.count(Outcome::Ok), 0)));
    let touch = |sli: &Sli, octaves: std::ops::Range<u32>| {
        octaves.for_each(|octave| sli.record(Outcome::Ok, Duration::from_nanos(1 << octave)));
    };
    // 1 µs to 64 s.
    let (usual, ()) = left_by(|| slis.iter().for_each(|sli| touch(sli, 10..36)));
    let (all, ()) = left_by(|| slis.iter().for_each(|sli| touch(sli, 0..53)));
    vec![
        Figure { what: "the handle itself", value: size_of::<Sli>() as f64 / KIB, unit: "KiB", goal: None },
        Figure { what: "cold SLI, untouched", value: each(untouched), unit: "KiB", goal: Some(1.0) },
        Figure {
            what: "cold SLI, all octaves from 1 µs to 64 s touched",
            value: each(untouched + usual),
            unit: "KiB",
            goal: Some(7.0),
        },
        Figure {
            what: "cold SLI, all octaves from 1 ns to 104 d touched",
            value: each(untouched + usual + all),
            unit: "KiB",
            goal: None,
        },
    ]
}

fn hot() -> Vec<Figure> {
    let slis: Vec<Sli> = slis("memory.hot", &OBJECTIVES).into_iter().take(MANY).collect();
    slis.iter().for_each(Sli::prewarm);
    let become_hot =
        || slis.iter().for_each(|sli| (0..100_000).for_each(|_| sli.record(Outcome::Ok, duration(1))));
    // A thread that ends would give its shards to the next one, so this one is measured before it ends.
    let (first, second) = thread::scope(|scope| {
        let hot = scope.spawn(|| (left_by(become_hot).0, left_by(become_hot).0));
        hot.join().expect("recording does not panic")
    });
    vec![
        Figure { what: "hot SLI, for each thread", value: each(first), unit: "KiB", goal: Some(7.0) },
        Figure { what: "the same, recorded into again", value: each(second), unit: "KiB", goal: Some(0.0) },
    ]
}

fn objectives() -> Vec<Figure> {
    let with = |prefix: &str, objectives: &[Objective]| {
        let slis: Vec<Sli> = slis(prefix, objectives).into_iter().take(MANY).collect();
        let (bytes, kept) = left_by(|| judged(&slis));
        drop(kept);
        bytes
    };
    let bare = with("memory.bare", &[]);
    let one = with("memory.judged", &[Objective::availability(0.999)]);
    vec![
        Figure {
            what: "rings of a 30-day objective",
            value: each(one - bare),
            unit: "KiB",
            goal: Some(40.0),
        },
        Figure {
            what: "SLI of an engine after ten minutes, without objectives",
            value: each(bare),
            unit: "KiB",
            goal: None,
        },
    ]
}

/// An engine with these SLIs, ten busy minutes old.
fn judged(slis: &[Sli]) -> (Engine, Vec<Sli>) {
    let engine = engine();
    let own: Vec<Sli> =
        slis.iter().map(|sli| engine.sli(sli.definition()).expect("valid objectives")).collect();
    for second in 0..600 {
        own.iter().for_each(|sli| sli.record(Outcome::Ok, duration(second)));
        engine.advance(Duration::from_secs(1));
    }
    (engine, own)
}

fn fleet() -> Vec<Figure> {
    const THREADS: usize = 64;
    /// Five of a hundred.
    const HOT: usize = SERIES / 20;
    let slis = slis("memory.fleet", &OBJECTIVES);
    let (recorded, measured) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    let resident_before = resident_mib();
    thread::scope(|scope| {
        let (bytes, ()) = left_by(|| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for (n, sli) in slis.iter().enumerate() {
                        let events = if n < HOT { 20_000 } else { 20 };
                        (0..events).for_each(|i| sli.record(Outcome::Ok, duration(n + i)));
                    }
                    recorded.wait();
                    measured.wait();
                });
            }
            recorded.wait();
        });
        let resident = resident_mib() - resident_before;
        measured.wait();
        vec![
            Figure {
                what: "1,000 SLIs on 64 threads, 5 % hot",
                value: bytes / 1e6,
                unit: "MB",
                goal: Some(40.0),
            },
            Figure {
                what: "the same, resident, with the threads' own stacks",
                value: resident * KIB * KIB / 1e6,
                unit: "MB",
                goal: None,
            },
        ]
    })
}

/// Resident memory of this process; zero where the system does not say.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<f64>().ok());
    kib.unwrap_or(0.0) / KIB
}

/// Heap that scrapes keep beyond what the first ones needed.
fn scrapes() -> Vec<Figure> {
    let mut subjects = scrape::subjects(1);
    // The other one stays: its threads would free what they hold while this is measured.
    let (alone, _other) = (subjects.swap_remove(0), subjects);
    let mut batch = alone.batch();
    batch(3);
    let (bytes, ()) = left_by(|| batch(10));
    vec![Figure {
        what: "heap that ten more scrapes of 1,000 SLIs keep",
        value: bytes / KIB,
        unit: "KiB",
        goal: Some(0.0),
    }]
}

fn records() -> Vec<Figure> {
    const RECORDS: usize = 10_000_000;
    static SLI: Sli = Sli::new("memory.records").objective(OBJECTIVES[0]).objective(OBJECTIVES[1]);
    SLI.prewarm();
    let allocations = |work: &dyn Fn()| {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        work();
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let counted = (ALLOCATIONS.load(Ordering::Relaxed) - before) as f64;
        counted
    };
    let records = allocations(&|| (0..RECORDS).for_each(|i| SLI.record(Outcome::Ok, duration(i))));
    let calls = allocations(&|| (0..RECORDS).for_each(|_| SLI.start().ok()));
    // The twin that shows that the counter sees an allocation.
    let twin = allocations(&|| drop(std::hint::black_box(Box::new(1_u64))));
    assert!(twin >= 1.0, "the allocator does not count");
    vec![
        Figure { what: "allocations in ten million records", value: records, unit: "", goal: Some(0.0) },
        Figure { what: "allocations in ten million calls", value: calls, unit: "", goal: Some(0.0) },
    ]
}
