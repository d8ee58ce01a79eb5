//! The end of a process at each system call of several flushes, and errors of each of them, by `strace`.
//!
//! The process is this test program, run again. It marks the stretch that counts by asking for its parent's number.

use std::collections::BTreeMap;
use std::io::{Read, Seek, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use super::kept;
use super::processes::{DIRECTORY, say};
use super::scratch::Scratch;
use super::workload::{History, Owner};
use crate::store::{Options, RealDisk, Standing};

const CHILD: &str = "SRE_TEST_UNDER_STRACE";
const SMALL: Options = Options { journal_bytes: 800 };
const FLUSHES: usize = 8;

fn mark() {
    std::hint::black_box(std::os::unix::process::parent_id());
}

fn owner(directory: &Path) -> Owner {
    Owner::open(RealDisk::new(directory), SMALL, History::endless(), 0)
}

/// A life with many flushes and several generations; nothing when this is the test itself.
#[test]
fn another_process() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let directory = std::env::var_os(DIRECTORY).unwrap();
    // Whatever is done once in a process is done before.
    let _ = crate::store::Holder::this_process(0);
    make_calls();
    mark();
    let mut owner = owner(Path::new(&directory));
    drop(owner.start());
    for _ in 0..FLUSHES {
        drop(owner.flush());
        say(owner.durable);
    }
    mark();
    for _ in 0..2 {
        drop(owner.flush());
    }
    assert_eq!(*owner.store.standing(), Standing::Writable);
    assert_eq!(owner.durable, owner.history.len());
    say(owner.durable);
}

/// What a life under `strace` came to.
struct Traced {
    /// The last number of durable entries that it told.
    durable: usize,
    output: Output,
    /// Its system calls.
    log: String,
}

/// Runs the life under `strace`.
fn trace(directory: &Path, options: &[&str]) -> Traced {
    let scratch = Scratch::new();
    let log = scratch.path().join("log");
    let output = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&log)
        .args(options)
        .arg(std::env::current_exe().expect("this test is a file"))
        .args(["--exact", "store::tests::killed::another_process", "--nocapture", "--test-threads=1"])
        // Where libraries are searched makes no difference but in the number of calls.
        .env_remove("LD_LIBRARY_PATH")
        .env(CHILD, "1")
        .env(DIRECTORY, directory)
        .output()
        .expect("strace runs: install it with `apt-get install strace`");
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().filter_map(|line| line.strip_prefix("said: ")?.parse().ok());
    Traced { durable: said.max().unwrap_or(0), output, log: std::fs::read_to_string(log).unwrap() }
}

/// Lets one system call do something else: `signal=KILL` or `error=EIO`.
fn inject(directory: &Path, (name, index): &(String, usize), what: &str) -> Traced {
    // Only calls that are traced are touched.
    trace(directory, &["-e", &format!("trace={name}"), "-e", &format!("inject={name}:{what}:when={index}")])
}

/// A directory with a past of some generations, for each case anew.
fn used() -> (Scratch, usize) {
    let scratch = Scratch::new();
    let mut owner = owner(scratch.path());
    owner.start().unwrap();
    for _ in 0..5 {
        owner.flush().unwrap();
    }
    (scratch, owner.durable)
}

/// Each system call of the stretch that counts: its name, and which of that name it is in its thread.
///
/// `strace` counts for each thread by itself, so calls that another thread makes as often are left out. Those to the
/// file system never are: enough of them were made before.
fn calls() -> Vec<(String, usize)> {
    let (scratch, _) = used();
    let Traced { durable, output, log } = trace(scratch.path(), &[]);
    assert!(output.status.success() && durable > FLUSHES, "{output:?}");
    let lines = || log.lines().filter_map(|line| line.split_once('(')?.0.trim_end().split_once(' '));
    let lines = || lines().map(|(thread, name)| (thread, name.trim_start()));
    let ours = lines().find(|(_, name)| *name == "getppid").map(|(thread, _)| thread).expect("a mark");
    let mut counts = BTreeMap::<(&str, &str), usize>::new();
    let mut marks = 0;
    let mut calls = Vec::new();
    for (thread, name) in lines() {
        let count = counts.entry((thread, name)).or_default();
        *count += 1;
        marks += usize::from(name == "getppid");
        if thread == ours && marks == 1 && name != "getppid" {
            calls.push((name, *count));
        }
    }
    assert_eq!(marks, 2);
    let elsewhere = |name: &str| {
        let others = counts.iter().filter(|((thread, seen), _)| *thread != ours && *seen == name);
        others.map(|(_, count)| *count).max().unwrap_or(0)
    };
    let (told, ambiguous): (Vec<_>, Vec<_>) = calls.into_iter().partition(|(name, at)| *at > elsewhere(name));
    assert!(ambiguous.iter().all(|(name, _)| !OF_FILES.contains(name)), "{ambiguous:?}");
    let seen = |name: &str| told.iter().filter(|(seen, _)| *seen == name).count();
    assert!(seen("fdatasync") > FLUSHES && seen("rename") >= 3 && seen("unlink") > 3, "{told:?}");
    told.into_iter().map(|(name, at)| (name.to_owned(), at)).collect()
}

/// Calls to the file system, as far as they are made.
const OF_FILES: [&str; 18] = [
    "close",
    "fdatasync",
    "flock",
    "fstat",
    "fsync",
    "ftruncate",
    "getdents64",
    "lseek",
    "mkdir",
    "newfstatat",
    "openat",
    "pread64",
    "read",
    "readlink",
    "rename",
    "statx",
    "unlink",
    "write",
];

/// Makes calls that the start of a program makes as well, so that those that count have numbers of their own.
fn make_calls() {
    for _ in 0..60 {
        let mut file = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null").unwrap();
        let _ = file.write_all(b"x").and_then(|()| file.read(&mut [0])).and_then(|_| file.stream_position());
        std::fs::read_dir("/proc/self/attr").unwrap().for_each(drop);
        drop((file.metadata(), std::fs::metadata("/"), std::fs::read_link("/proc/self/exe")));
    }
}

/// What is found afterwards: everything that was called durable, and the entry after it at most.
fn check(scratch: &Scratch, durable: usize, case: &str) {
    let mut owner = owner(scratch.path());
    assert_eq!(*owner.store.standing(), Standing::Writable, "{case}");
    let found = owner.history.len();
    assert!((durable..=durable + 1).contains(&found), "{case}: {found} after {durable}");
    let temporary = scratch.names().iter().filter(|name| name.ends_with(".tmp")).count();
    assert!(temporary <= 1, "{case}: {:?}", scratch.names());
    owner.start().unwrap();
    owner.flush().unwrap();
    assert!(scratch.names().len() <= 5, "{case}: {:?}", scratch.names());
    assert!(!scratch.names().contains(&"snapshot.tmp".to_owned()), "{case}");
}

#[test]
fn at_each_system_call_at_most_one_flush_is_lost() {
    let mut calls = calls();
    // Between two of them nothing changes that anybody could read later.
    calls.retain(|(name, _)| OF_FILES.contains(&&**name));
    for call in &calls {
        let (scratch, before) = used();
        let Traced { durable, output, .. } = inject(scratch.path(), call, "signal=KILL");
        assert_eq!(output.status.signal(), Some(9), "{call:?} was not killed: {output:?}");
        check(&scratch, durable.max(before), &format!("{call:?}"));
    }
    assert!(calls.len() > 100, "{} calls", calls.len());
    kept(
        "P1",
        format_args!(
            "killed at each of {} system calls on files, which {FLUSHES} flushes make: at most one flush lost",
            calls.len()
        ),
    );
}

#[test]
fn an_error_of_each_system_call_is_borne_and_healed() {
    // A file that is not closed keeps the lock; that cannot happen.
    let files = |name: &str| name != "close" && OF_FILES.contains(&name);
    let mut cases = 0;
    for (number, call) in calls().iter().filter(|(name, _)| files(name)).enumerate() {
        let error = ["EIO", "ENOSPC", "EACCES", "EROFS", "EMFILE", "EINTR"][number % 6];
        let case = format!("{call:?} {error}");
        let (scratch, _) = used();
        let Traced { durable, output, log } = inject(scratch.path(), call, &format!("error={error}"));
        assert!(log.contains("(INJECTED)"), "{case}: {log}");
        assert!(output.status.success(), "{case}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(durable, 5 + FLUSHES + 2, "{case}");
        check(&scratch, durable, &case);
        cases += 1;
    }
    assert!(cases > 100, "{cases} cases");
    kept("P3", format_args!("an error at each of {cases} system calls, 0 panics, all healed"));
}
