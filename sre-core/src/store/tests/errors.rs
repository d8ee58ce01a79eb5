//! Each call to the disk fails once, in every way: nothing panics, the standing says so, and one interval after the disk
//! has healed everything is durable again.

use super::kept;
use super::workload::{History, Owner};
use crate::store::Standing;
use crate::store::model::{Failure, World};

const FLUSHES: usize = 14;

/// Runs a life with a failure; gives how many calls there were.
fn live(first: u64, count: u64, failure: Failure) -> u64 {
    let case = format!("calls {first} to {}: {failure:?}", first.saturating_add(count));
    let world = World::new();
    let mut before = Owner::on(&world, History::new(), 0);
    before.start().unwrap();
    before.flush().unwrap();
    let history = before.history.clone();
    drop(before);

    let calls_before = world.lock().calls();
    world.lock().fail(calls_before + first, count, failure);
    let mut owner = Owner::on(&world, history, 1);
    let mut refused = usize::from(owner.start().is_err());
    for _ in 0..FLUSHES {
        refused += usize::from(owner.flush().is_err());
        let names = world.lock().names();
        assert!(names.iter().filter(|name| name.ends_with(".tmp")).count() <= 1, "{case}: {names:?}");
        if refused > 0 {
            assert!(owner.store.failures() > 0, "{case}");
        }
    }
    let calls = world.lock().calls() - calls_before;
    world.lock().heal();
    let flushed = owner.flush();
    assert_eq!(flushed, Ok(()), "{case}");
    assert_eq!(*owner.store.standing(), Standing::Writable, "{case}");
    assert_eq!(owner.store.error(), None, "{case}");
    assert_eq!(owner.durable, owner.history.len(), "{case}");
    // A medium that cannot read for a minute is given up, but what it held is set aside.
    let is_given_up = owner.history.len() == FLUSHES + 1;
    let aside = world.lock().names().iter().filter(|name| name.contains(".corrupt-")).count();
    assert_eq!(aside > 0, is_given_up, "{case}");
    assert!(!is_given_up || (count > 6 && failure.code() == Some(5)), "{case}");
    assert_eq!(owner.history.len() + usize::from(is_given_up), 1 + FLUSHES + 1, "{case}");
    assert_eq!(world.lock().violations(), [""; 0], "{case}");

    let history = owner.history.clone();
    drop(owner);
    let mut random = super::workload::Random(first);
    world.lock().power_off(&mut |below| random.below(below));
    let mut last = Owner::on(&world, history.clone(), 2);
    assert_eq!(last.history, history, "{case}");
    last.start().unwrap();
    last.begin().unwrap();
    let names = world.lock().names();
    assert!(
        names.len() <= 4 + aside && !names.iter().any(|name| name.ends_with(".tmp")),
        "{case}: {names:?}"
    );
    calls
}

#[test]
fn each_call_fails_in_every_way() {
    let calls = live(0, 0, Failure::Short);
    assert!(calls > 80, "only {calls} calls");
    let mut cases = 0;
    for code in [5, 28, 30, 13, 24, 4] {
        for first in 0..calls {
            for count in [1, 15, 200, u64::MAX] {
                live(first, count, Failure::Error(code));
                // An interrupted call did nothing.
                if code != 4 {
                    live(first, count, Failure::ErrorAfter(code));
                }
                cases += 1;
            }
        }
    }
    for first in 0..calls {
        live(first, u64::MAX, Failure::Short);
    }
    assert!(cases > 2_000, "{cases}");
    kept(
        "P3",
        format_args!(
            "{cases} errors at each of {calls} calls of a model disk, 0 panics, healed at the next flush"
        ),
    );
}

#[test]
fn a_full_disk_is_told_with_the_next_step() {
    let world = World::new();
    let mut owner = Owner::on(&world, History::new(), 0);
    owner.start().unwrap();
    let calls = world.lock().calls();
    world.lock().fail(calls, u64::MAX, Failure::Error(28));
    let error = owner.flush().unwrap_err();
    assert!(error.is_retryable());
    assert!(
        error.to_string().ends_with("(No space left on device (os error 28)): free some space on the disk"),
        "{error}"
    );
    let Standing::Degraded(told) = owner.store.standing() else { panic!("{:?}", owner.store.standing()) };
    assert!(told.to_string().contains("os error 28"), "{told}");
    assert_eq!(owner.store.generation(), None);
}
