//! A forked child goes on recording into its own copy of the counters, without a ticker, and cannot hang.

#![cfg(unix)]
#![expect(unsafe_code, reason = "fork")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use sre_core::sli::Exemplar;
use sre_core::{Engine, Objective, Outcome, Sli};

const MS: Duration = Duration::from_millis(1);

/// A child that takes longer hangs; it needs a few milliseconds.
const PATIENCE_SECONDS: u32 = 60;

static SLI: Sli = Sli::new("forked").objective(Objective::availability(0.999));

/// Runs `work` in a child, and answers what it says; `false` for one that hangs.
fn in_child(work: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child does what the tests are about, and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: no handler is set, so the signal ends the child.
        let _ = unsafe { libc::alarm(PATIENCE_SECONDS) };
        let succeeded = work();
        // SAFETY: ends the child at once, without the destructors that are the parent's.
        unsafe { libc::_exit(i32::from(!succeeded)) }
    }
    assert!(child > 0, "fork failed");
    let mut status = 0;
    // SAFETY: waits for the child that was just made, into a place that is ours.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    status == 0
}

/// Runs `work` on a thread that is over when this returns.
///
/// Not by the standard library: it keeps the stacks of its threads behind a lock, which a child has as it was, taken for
/// ever if a thread of the parent came or went at that moment.
fn on_a_thread(work: &(dyn Fn() + Sync)) {
    extern "C" fn run(work: *mut libc::c_void) -> *mut libc::c_void {
        // SAFETY: the reference outlives the thread, which is joined before it ends.
        let work = unsafe { *work.cast::<&(dyn Fn() + Sync)>() };
        work();
        std::ptr::null_mut()
    }
    let mut thread = std::mem::MaybeUninit::uninit();
    let argument = (&raw const work).cast_mut().cast();
    // SAFETY: all places are ours, and the thread gets what it expects.
    let created = unsafe { libc::pthread_create(thread.as_mut_ptr(), std::ptr::null(), run, argument) };
    assert_eq!(created, 0);
    // SAFETY: it was created.
    let thread = unsafe { thread.assume_init() };
    // SAFETY: nobody else joins it.
    let joined = unsafe { libc::pthread_join(thread, std::ptr::null_mut()) };
    assert_eq!(joined, 0);
}

fn record(sli: &Sli) {
    for _ in 0..1_000 {
        sli.record(Outcome::Ok, MS);
        sli.start().ok();
    }
}

/// Everything that records, past what a shard holds: full cells, failures, batches of all sizes.
fn record_all(sli: &Sli) {
    record(sli);
    (0..70_000).for_each(|_| sli.record(Outcome::Ok, MS));
    for outcome in [Outcome::Ok, Outcome::Error, Outcome::Ignored] {
        for count in [1, 1 << 20, 1 << 31, u64::MAX] {
            sli.record_n(outcome, 100 * MS, count);
        }
        (0..200).for_each(|_| sli.record_with_exemplar(outcome, MS, Exemplar::new([1; 16], [2; 8])));
    }
}

#[test]
fn a_child_counts_for_itself() {
    let engine = Engine::builder().start().expect("nothing is wrong with it");
    SLI.prewarm();
    SLI.record_n(Outcome::Ok, MS, 100);
    // The ticker may be reading the counters right now, behind locks that stay locked in the child: recording on a
    // thread that has its shard takes none of them.
    for _ in 0..20 {
        assert!(in_child(|| {
            record(&SLI);
            true
        }));
    }
    assert_eq!(SLI.count(Outcome::Ok), 100);
    // Asking for counts does take one. Without the ticker no thread is left that could hold it.
    assert!(engine.shutdown(Duration::from_secs(60)));
    assert!(in_child(|| {
        record(&SLI);
        SLI.count(Outcome::Ok) == 100 + 2_000
    }));
    assert_eq!(SLI.count(Outcome::Ok), 100);
}

/// Forks while `busy` runs on another thread of the parent again and again.
fn while_busy(busy: impl Fn() + Sync, work: impl Fn()) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                busy();
            }
        });
        let succeeded = (0..20).all(|_| {
            in_child(|| {
                work();
                true
            })
        });
        done.store(true, Ordering::Relaxed);
        assert!(succeeded, "a child hung");
    });
}

#[test]
fn whatever_a_child_records_waits_for_no_lock_of_the_parent() {
    sre_core::clock::calibrate();
    let sli = Sli::new("read-by-parent");
    sli.prewarm();
    sli.record_with_exemplar(Outcome::Ok, MS, Exemplar::new([1; 16], [2; 8]));
    // Nearly all the time the lock of the counters is taken, and then it is for ever in the child.
    while_busy(
        || drop((sli.durations(), sli.error_durations())),
        || {
            record_all(&sli);
            // A thread without a shard, which asks for one in vain and ends.
            thread::scope(|scope| drop(scope.spawn(|| record_all(&sli))));
        },
    );
}

#[test]
fn threads_of_a_child_come_and_go_whatever_the_pool_of_shards_was_doing() {
    sre_core::clock::calibrate();
    let slis: Vec<Sli> = (0..100).map(|number| Sli::try_new(&format!("pooled-{number}")).unwrap()).collect();
    let come_and_go = |slis: &[Sli]| on_a_thread(&|| slis.iter().for_each(Sli::prewarm));
    come_and_go(&slis);
    let (of_parent, of_child) = slis.split_at(50);
    while_busy(|| come_and_go(of_parent), || come_and_go(of_child));
}
