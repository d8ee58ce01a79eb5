//! Records while thread-locals are destroyed neither crash nor get lost.

use std::cell::RefCell;
use std::thread;
use std::time::Duration;

use sre_core::{Outcome, Sli};

static LATE: Sli = Sli::new("late");

struct RecordsWhenDropped;

impl Drop for RecordsWhenDropped {
    fn drop(&mut self) {
        for _ in 0..1_000 {
            LATE.record(Outcome::Ok, Duration::from_millis(1));
            LATE.start().ok();
        }
    }
}

thread_local! {
    static FIRST: RefCell<Option<RecordsWhenDropped>> = const { RefCell::new(None) };
    static SECOND: RefCell<Option<RecordsWhenDropped>> = const { RefCell::new(None) };
}

#[test]
fn a_destructor_of_a_thread_local_can_record() {
    sre_core::clock::calibrate();
    // One destructor runs before that of the leases and one after it, whatever the order of the platform.
    for _ in 0..20 {
        thread::spawn(|| {
            FIRST.with(|slot| *slot.borrow_mut() = Some(RecordsWhenDropped));
            (0..1_000).for_each(|_| LATE.record(Outcome::Ok, Duration::from_millis(1)));
            SECOND.with(|slot| *slot.borrow_mut() = Some(RecordsWhenDropped));
        })
        .join()
        .expect("the thread ends in peace");
    }
    assert_eq!(LATE.count(Outcome::Ok), 20 * (1_000 + 2 * 2_000));
}
