//! A call that borrows nothing records one outcome, wherever it goes and whatever happens to it.

#![expect(clippy::expect_used, reason = "helpers of tests may")]

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::sli::{Abandoned, Exemplar, OwnedCall};
use sre_core::{Engine, Labels, Objective, Outcome, Sli, SliFamily};

const ALL: [Outcome; 7] = [
    Outcome::Ok,
    Outcome::Error,
    Outcome::Ignored,
    Outcome::Abandoned(Abandoned::Cancelled),
    Outcome::Abandoned(Abandoned::TimedOut),
    Outcome::Abandoned(Abandoned::Panicked),
    Outcome::Abandoned(Abandoned::ShutDown),
];

fn engine() -> Engine {
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    Engine::builder().manual_clock(clock).start().expect("starts")
}

fn sli(name: &str) -> Sli {
    let engine = engine();
    let made = Sli::try_new(name).expect("a good name").objective(Objective::availability(0.999));
    engine.sli(made.definition()).expect("well defined")
}

#[track_caller]
fn check(sli: &Sli, expected: Option<Outcome>) {
    for outcome in ALL {
        assert_eq!(sli.count(outcome), u64::from(Some(outcome) == expected), "{outcome:?} of {}", sli.name());
    }
}

/// What spawning asks of a task in any runtime.
fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> JoinHandle<Poll<T>> {
    std::thread::spawn(move || pin!(task).poll(&mut Context::from_waker(Waker::noop())))
}

#[test]
fn each_ending_counts_as_itself() {
    for outcome in ALL {
        let sli = sli("ending");
        sli.start_owned().finish(outcome);
        check(&sli, Some(outcome));
    }
    let verbs: [(fn(OwnedCall), Outcome); 4] = [
        (OwnedCall::ok, Outcome::Ok),
        (OwnedCall::error, Outcome::Error),
        (OwnedCall::ignore, Outcome::Ignored),
        (|call| call.abandon(Abandoned::TimedOut), Outcome::Abandoned(Abandoned::TimedOut)),
    ];
    for (end, outcome) in verbs {
        let sli = sli("verb");
        end(sli.start_owned());
        check(&sli, Some(outcome));
    }
}

#[test]
fn a_spawned_task_is_measured_after_its_handle_is_gone() {
    let sli = Arc::new(sli("spawned"));
    let good = spawn(Arc::clone(&sli).measure_owned(async { Ok::<_, ()>(1) }));
    assert_eq!(good.join().expect("no panic"), Poll::Ready(Ok(1)));
    check(&sli, Some(Outcome::Ok));

    let sli = self::sli("spawned-error");
    let bad = spawn(sli.clone().measure_owned(async { Err::<(), _>("no") }));
    assert_eq!(bad.join().expect("no panic"), Poll::Ready(Err("no")));
    check(&sli, Some(Outcome::Error));

    let sli = self::sli("spawned-with");
    let ignored = spawn(sli.clone().measure_owned_with(async { 404 }, |_| Outcome::Ignored));
    assert_eq!(ignored.join().expect("no panic"), Poll::Ready(404));
    check(&sli, Some(Outcome::Ignored));
}

#[test]
fn a_task_that_is_aborted_was_cancelled() {
    let sli = sli("aborted");
    let task = spawn(sli.measure_owned(std::future::pending::<Result<(), ()>>()));
    assert_eq!(task.join().expect("no panic"), Poll::Pending);
    check(&sli, Some(Outcome::Abandoned(Abandoned::Cancelled)));
}

#[test]
fn a_task_that_never_ran_was_never_a_call() {
    let sli = sli("unpolled");
    drop(sli.measure_owned(std::future::ready(Ok::<(), ()>(()))));
    check(&sli, None);
}

#[test]
fn a_task_that_panics_is_recorded_as_such() {
    let sli = sli("panics");
    let call = sli.start_owned();
    let task = std::thread::spawn(move || {
        let _call = call;
        panic!("planned");
    });
    assert!(task.join().is_err());
    check(&sli, Some(Outcome::Abandoned(Abandoned::Panicked)));

    let sli = self::sli("panics-measured");
    let task = spawn(sli.measure_owned(async {
        if true {
            panic!("planned");
        }
        Ok::<(), ()>(())
    }));
    assert!(task.join().is_err());
    check(&sli, Some(Outcome::Abandoned(Abandoned::Panicked)));
}

#[test]
fn it_is_in_flight_until_it_ends_and_its_time_is_that_of_the_engine() {
    let engine = engine();
    let jobs = engine.sli(Sli::new("jobs").objective(Objective::availability(0.99)).definition());
    let jobs = jobs.expect("well defined");
    let in_flight = || {
        engine.advance(Duration::from_secs(1));
        engine.report().sli("jobs").expect("known").in_flight
    };
    let call = jobs.start_owned();
    assert_eq!((in_flight(), call.elapsed()), (1, Duration::from_secs(1)));
    call.finish_with_exemplar(Outcome::Ok, Exemplar::new([1; 16], [2; 8]));
    assert_eq!(in_flight(), 0);
    assert_eq!(jobs.durations().sum_ns(), 1_000_000_000);
    assert_eq!(engine.collect().sli("jobs").expect("known").exemplars.len(), 1);
}

#[test]
fn what_a_pause_hides_stays_hidden() {
    let engine = engine();
    let jobs = engine.sli(Sli::new("jobs").definition()).expect("well defined");
    let before = jobs.start_owned();
    engine.pause();
    before.ok();
    let during = jobs.start_owned();
    engine.resume();
    during.finish_with_exemplar(Outcome::Ok, Exemplar::new([1; 16], [2; 8]));
    let unfinished = jobs.start_owned();
    drop(unfinished);
    assert_eq!(engine.collect().sli("jobs").expect("known").exemplars, []);
    assert_eq!(jobs.count(Outcome::Abandoned(Abandoned::Cancelled)), 1);
}

#[derive(Labels)]
struct Tenant {
    name: &'static str,
}

#[test]
fn members_of_a_family_go_into_tasks_as_well() {
    static TENANTS: SliFamily<Tenant> = SliFamily::new("owned-tenants");
    let member = TENANTS.get(&Tenant { name: "one" });
    let task = spawn(member.measure_owned(async { Ok::<(), ()>(()) }));
    assert!(task.join().expect("no panic").is_ready());
    check(member, Some(Outcome::Ok));
}

#[test]
fn it_agrees_with_borrowed_calls_on_hot_threads() {
    static HOT: Sli = Sli::new("owned-hot");
    HOT.prewarm();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                for _ in 0..10_000 {
                    HOT.start().ok();
                    HOT.start_owned().ok();
                }
                HOT.start_owned()
            })
        })
        .collect();
    // Each thread leaves a call that is ended after it, and after its shard, is gone.
    for thread in threads {
        thread.join().expect("no panic").ok();
    }
    check_count(&HOT, 4 * 20_001);
}

#[track_caller]
fn check_count(sli: &Sli, ok: u64) {
    assert_eq!(sli.count(Outcome::Ok), ok);
    assert_eq!(sli.durations().count(), ok);
}

#[test]
fn it_goes_to_any_thread_and_survives_panics() {
    fn check<T: Send + Sync + 'static + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    check::<OwnedCall>();
}
