//! What the kernel says about this process.
#![allow(dead_code, reason = "each of the tests uses a part")]

use std::fs;

/// Bytes of memory in use.
fn resident_bytes() -> i64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    4_096 * pages.split(' ').nth(1).unwrap().parse::<i64>().unwrap()
}

/// Bytes of memory in use, without those that the allocator of C keeps for later.
pub(crate) fn settled_bytes() -> i64 {
    // SAFETY: may be called at any time.
    unsafe { libc::malloc_trim(0) };
    resident_bytes()
}

pub(crate) fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Open files, sockets and the like, by what they are; the listing itself is none.
pub(crate) fn files() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let mut files: Vec<String> = entries
        .filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned()))
        .filter(|file| !file.ends_with("/fd"))
        .collect();
    files.sort();
    files
}

/// Waits until the process has no more than so many threads: one that was told to end needs a moment.
pub(crate) fn wait_for_threads(threads_max: usize) {
    let tries = 2_000_000;
    let enough = (0..tries).any(|_| {
        let is_enough = threads() <= threads_max;
        if !is_enough {
            std::thread::yield_now();
        }
        is_enough
    });
    assert!(enough, "{} threads, not {threads_max}", threads());
}
