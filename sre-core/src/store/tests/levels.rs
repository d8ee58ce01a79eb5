//! Which directories are made durable when the state directory is created, by `strace`.
//!
//! The process is this test program, run again in a directory of its own.

use std::path::Path;
use std::process::Command;

use super::scratch::Scratch;
use crate::store::{Options, RealDisk, Standing, Store};

const CHILD: &str = "SRE_TEST_RELATIVE_STATE_DIRECTORY";

/// Opens a new directory; nothing when this is the test itself.
#[test]
fn another_process() {
    let Some(directory) = std::env::var_os(CHILD) else { return };
    let open = || Store::open(Box::new(RealDisk::new(&directory)), Options::default(), 0).0;
    let mut store = open();
    // A sync that failed is made up for.
    let _ = store.take_over(1);
    assert_eq!(*store.standing(), Standing::Writable);
}

/// Which directories are synced in the life of a process that keeps its state here, in this order.
fn synced(scratch: &Scratch, directory: &str, options: &[&str]) -> Vec<String> {
    let log = scratch.path().join("log");
    let output = Command::new("strace")
        .args(["-f", "-qq", "-y", "-e", "trace=fsync", "-o"])
        .arg(&log)
        .args(options)
        .arg(std::env::current_exe().expect("this test is a file"))
        .args(["--exact", "store::tests::levels::another_process", "--test-threads=1"])
        .current_dir(scratch.path())
        .env(CHILD, directory)
        .output()
        .expect("strace runs: install it with `apt-get install strace`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let log = std::fs::read_to_string(log).unwrap();
    let here = scratch.path().canonicalize().unwrap();
    let paths = log.lines().filter_map(|line| line.split_once('<')?.1.split_once('>')).map(|(path, _)| path);
    let levels = paths.filter_map(|path| Path::new(path).strip_prefix(&here).ok());
    levels.map(|level| level.display().to_string()).collect()
}

#[test]
fn the_entry_of_a_directory_named_by_one_word_is_durable() {
    assert_eq!(synced(&Scratch::new(), "state", &[]), [""]);
}

#[test]
fn the_entry_of_each_level_that_was_created_is_durable() {
    assert_eq!(synced(&Scratch::new(), "a/b/state", &[]), ["", "a", "a/b"]);
}

#[test]
fn the_entry_is_made_durable_later_when_that_fails_at_first() {
    let failing = ["-e", "inject=fsync:error=EIO:when=2"];
    assert_eq!(synced(&Scratch::new(), "a/b/state", &failing), ["", "a", "a", "a/b"]);
}
