//! Reading a state directory takes what its bytes can hold, not what they claim to.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]
#![expect(unsafe_code, reason = "a global allocator that counts")]

use std::path::Path;
use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::report::StateStanding;
use sre_core::{Engine, Objective, Sli};

mod counting;
mod promise;
mod scratch;

use counting::peak_bytes;
use promise::kept;
use scratch::Scratch;

const MIB: usize = 1 << 20;

/// The length of a payload.
const LENGTH: usize = 2 * MIB;

/// A snapshot of generation 1 with sound checksums, as `docs/state-format.md` has it.
fn snapshot(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x93, 0x53, 0x52, 0x45, 1, 0, 1, 0];
    frame.extend(1_u64.to_le_bytes());
    frame.extend(0_u64.to_le_bytes());
    frame.extend(u32::try_from(payload.len()).unwrap().to_le_bytes());
    frame.extend(crc32c::crc32c(payload).to_le_bytes());
    frame.extend([0; 4]);
    let seal = crc32c::crc32c(&frame);
    frame.extend(seal.to_le_bytes());
    frame.extend(payload);
    frame
}

/// Payloads of version 1 that begin with this, and with a list that is as long as a varint of 64 bits can tell.
fn claims(before: &[u8], after: u8) -> Vec<u8> {
    let mut payload = vec![1];
    payload.extend(before);
    payload.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    payload.resize(LENGTH, after);
    payload
}

fn start(directory: &Path) -> Engine {
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    let engine = Engine::builder().manual_clock(clock).state_dir(directory).start().unwrap();
    let sli = Sli::new("checkout").objective(Objective::availability(0.999));
    engine.sli(sli.definition()).unwrap();
    engine
}

/// What reading this snapshot takes at most.
fn peak(payload: &[u8], expected: StateStanding) -> i64 {
    let scratch = Scratch::new("hostile-state");
    std::fs::create_dir_all(scratch.path()).unwrap();
    std::fs::write(scratch.path().join("snapshot-1"), snapshot(payload)).unwrap();
    let (engine, peak) = peak_bytes(|| start(scratch.path()));
    let standing = engine.report().engine.state.as_ref().map(|state| state.standing);
    assert_eq!(standing, Some(expected));
    engine.shutdown(Duration::from_secs(5));
    peak
}

/// As many of these objectives as there is room for.
fn objectives(one: &[u8]) -> Vec<u8> {
    // No starts, no crashes among them, and no end in order.
    let mut payload = vec![1, 0, 0, 0, 0];
    let mut count = LENGTH / one.len();
    while count > 0x7f {
        payload.push(0x80 | count.to_le_bytes()[0]);
        count >>= 7;
    }
    payload.push(count.to_le_bytes()[0]);
    (0..LENGTH / one.len()).for_each(|_| payload.extend(one));
    // No durations, and an empty ledger.
    payload.extend([0, 0, 0]);
    payload
}

#[test]
fn lists_take_no_more_than_their_bytes_unless_they_can_be_ours() {
    let claims = (0..40).flat_map(|zeros| [0, 1, 0x7f, 0xff].map(|rest| claims(&vec![0; zeros], rest)));
    let most = claims.map(|payload| peak(&payload, StateStanding::ReadOnly)).max().unwrap();
    let nameless = peak(&objectives(&[0; 22]), StateStanding::Writable);
    // An owner by the names `a` and `a`, and a memory of nothing.
    let mut smallest = vec![1, b'a', 0, 0, 1, b'a'];
    smallest.extend([0; 18]);
    let sound = peak(&objectives(&smallest), StateStanding::Writable);
    // The file itself is held as well, and lists have room for as many as ours.
    for peak in [most, nameless] {
        assert!(peak > LENGTH as i64 && peak <= 2 * LENGTH as i64, "{peak} bytes");
    }
    assert!(sound <= 70 * LENGTH as i64, "{sound} bytes");
    let most = most.max(nameless) / MIB as i64 + 1;
    let times = sound / LENGTH as i64 + 1;
    kept(
        "P5",
        format_args!(
            "2 MiB under sound checksums take {most} MiB at most to read if they claim lists of 2^64 members or are of no \
             use, and {times} times their length if they are the smallest memories that could be ours"
        ),
    );
}
