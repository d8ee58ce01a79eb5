//! Several processes and one directory. The others are this test program, run again.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use super::kept;
use super::scratch::Scratch;
use super::workload::{History, Owner, Random};
use crate::store::{Appended, Options, RealDisk, Standing, Store};

pub(super) const DIRECTORY: &str = "SRE_TEST_STATE_DIRECTORY";
const ROLE: &str = "SRE_TEST_ROLE";
const SMALL: Options = Options { journal_bytes: 2_000 };

/// Another process; it is killed when this is dropped.
struct Other {
    child: Child,
    input: Option<ChildStdin>,
    lines: std::io::Lines<BufReader<std::process::ChildStderr>>,
}

impl Other {
    fn start(role: &str, directory: &Path) -> Self {
        let program = std::env::current_exe().expect("this test is a file");
        let mut command = Command::new(program);
        command.args([
            "--exact",
            "store::tests::processes::another_process",
            "--nocapture",
            "--test-threads=1",
        ]);
        let mut child = command
            .env(ROLE, role)
            .env(DIRECTORY, directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("this test runs again");
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { input: child.stdin.take(), child, lines }
    }

    /// The next thing it says of itself; `None` when it is gone.
    fn hear(&mut self) -> Option<String> {
        self.lines.by_ref().map(Result::unwrap).find_map(|line| Some(line.strip_prefix("said: ")?.to_owned()))
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// In one write, so that it is heard whole or not at all.
pub(super) fn say(text: impl std::fmt::Display) {
    drop(std::io::stderr().write_all(format!("said: {text}\n").as_bytes()));
}

/// What the other process does; nothing when this is the test itself.
#[test]
fn another_process() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let directory = std::env::var_os(DIRECTORY).unwrap();
    match role.as_str() {
        "flush for ever" => flush_for_ever(Path::new(&directory)),
        "add one" => add_one(Path::new(&directory)),
        _ => panic!("{role}"),
    }
}

/// Says how many entries are durable after each flush.
fn flush_for_ever(directory: &Path) {
    let mut owner = Owner::open(RealDisk::new(directory), SMALL, History::endless(), 0);
    say(owner.history.len());
    owner.start().unwrap();
    loop {
        owner.flush().unwrap();
        say(owner.durable);
    }
}

/// Adds one to a number if it gets the directory, whenever it is told to.
fn add_one(directory: &Path) {
    for _ in std::io::stdin().lines() {
        let (mut store, recovered) = Store::open(Box::new(RealDisk::new(directory)), SMALL, 7);
        if *store.standing() != Standing::Writable {
            say("held");
            continue;
        }
        let before = recovered.snapshot.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().unwrap()));
        let before = before + recovered.entries.len() as u64;
        store.begin_generation(&before.to_le_bytes()).unwrap();
        assert_eq!(store.append(&[1]), Ok(Appended::Durable));
        store.close();
        say("added");
    }
}

#[test]
fn a_process_waits_while_another_lives_and_takes_over_when_it_is_killed() {
    let scratch = Scratch::new();
    let mut other = Other::start("flush for ever", scratch.path());
    assert_eq!(other.hear().as_deref(), Some("0"));
    let (mut store, recovered) = Store::open(Box::new(RealDisk::new(scratch.path())), SMALL, 7);
    assert_eq!(recovered.snapshot, None);
    let Standing::HeldBy(holder) = store.standing().clone() else { panic!("{store:?}") };
    assert_eq!(holder.pid, other.child.id());
    let told = store.error().unwrap().to_string();
    assert!(told.contains(&format!("is held by pid {}", holder.pid)), "{told}");
    let mut durable = 0;
    while durable < 10 {
        durable = other.hear().unwrap().parse().unwrap();
        assert_eq!(store.take_over(8), None);
    }
    other.kill();
    let recovered = store.take_over(9).expect("the kernel has let go of the lock");
    assert!(History::endless().count(&recovered) >= durable);
    assert!(scratch.path().join("lock").exists());
    kept("P7", "the lock of a killed process is taken over at the next attempt");
}

#[test]
fn processes_that_contend_never_write_both() {
    let scratch = Scratch::new();
    let mut others: Vec<Other> = (0..4).map(|_| Other::start("add one", scratch.path())).collect();
    let (mut added, mut held) = (0, 0);
    for _ in 0..50 {
        others.iter_mut().for_each(|other| other.tell("go"));
        for other in &mut others {
            match other.hear().as_deref() {
                Some("added") => added += 1,
                Some("held") => held += 1,
                said => panic!("{said:?}"),
            }
        }
    }
    drop(others);
    let (_, recovered) = Store::open(Box::new(RealDisk::new(scratch.path())), SMALL, 7);
    let before = u64::from_le_bytes(recovered.snapshot.unwrap().try_into().unwrap());
    assert_eq!(before + recovered.entries.len() as u64, added, "{held} times it was held");
    assert_eq!(added + held, 200);
    kept(
        "P7",
        format_args!(
            "{} attempts of 4 processes on one directory, {added} wrote, 0 wrote beside another",
            added + held
        ),
    );
}

/// `SRE_STORE_KILLS=10000` kills more often; `SRE_STORE_SEED` waits as often as a run which told this seed.
#[test]
fn killed_at_any_time_at_most_one_flush_is_lost() {
    let kills = std::env::var("SRE_STORE_KILLS").map_or(30, |kills| kills.parse().unwrap());
    let scratch = Scratch::new();
    let seed = std::env::var("SRE_STORE_SEED");
    let seed = seed.map_or_else(|_| u64::from(std::process::id()), |seed| seed.parse().unwrap());
    // Shown if it fails.
    println!("replay: SRE_STORE_SEED={seed} cargo test -p sre-core --lib killed_at_any_time");
    let mut random = Random(seed);
    let mut durable = 0;
    for _ in 0..kills {
        let mut other = Other::start("flush for ever", scratch.path());
        let found: usize = other.hear().unwrap().parse().unwrap();
        assert!((durable..=durable + 1).contains(&found), "{found} after {durable}");
        durable = found;
        for _ in 0..random.below(20) {
            durable = other.hear().unwrap().parse().unwrap();
        }
        // It goes on meanwhile, so the end comes anywhere.
        other.kill();
        while let Some(said) = other.hear() {
            durable = said.parse().unwrap();
        }
    }
    assert!(scratch.names().len() <= 6, "{:?}", scratch.names());
    kept("P1", format_args!("{kills} kills at random times: at most one flush lost, 0 unreadable files"));
}
