//! In an optimised build no way leads from a hot function to a panic, to the allocator, to a lock or to the kernel, but
//! through the few functions that are named here.
//!
//! The test disassembles itself with `objdump` and follows every call. An unoptimised build has calls that the optimiser
//! proves to be needless: there the test only looks for itself.

#![cfg(all(target_os = "linux", target_arch = "x86_64", feature = "macros"))]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may")]

mod promise;

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use promise::kept;
use sre_core::sli::Call;
use sre_core::{Labels, Objective, Outcome, Sli, SliFamily, sli};

static SLI: Sli = Sli::new("probed")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, Duration::from_millis(300)));

#[derive(Clone, Copy, Labels)]
enum Region {
    Near,
    Far,
}

#[derive(Clone, Copy, Labels)]
struct Dense {
    region: Region,
    is_paid: bool,
}

#[derive(Clone, Copy, Labels)]
struct Fixed {
    route: &'static str,
}

static DENSE: SliFamily<Dense> = SliFamily::new("probed-dense");
static FIXED: SliFamily<Fixed> = SliFamily::new("probed-fixed");

/// The hot functions of the library as a user's code calls them. Their names begin alike, by which they are found.
mod hot {
    use super::*;

    #[inline(never)]
    pub(super) fn probe_record(duration: Duration) {
        SLI.record(Outcome::Ok, duration);
    }

    #[inline(never)]
    pub(super) fn probe_record_outcome(outcome: Outcome, duration: Duration) {
        SLI.record(outcome, duration);
    }

    #[inline(never)]
    pub(super) fn probe_start() -> Call<'static> {
        SLI.start()
    }

    #[inline(never)]
    pub(super) fn probe_ok(call: Call<'static>) {
        call.ok();
    }

    #[inline(never)]
    pub(super) fn probe_finish(call: Call<'static>, outcome: Outcome) {
        call.finish(outcome);
    }

    #[inline(never)]
    pub(super) fn probe_drop(call: Call<'static>) {
        drop(call);
    }

    #[inline(never)]
    #[sli(SLI)]
    pub(super) fn probe_attribute(number: u64) -> Result<u64, u64> {
        if number > 3 { Ok(number) } else { Err(number) }
    }

    #[inline(never)]
    pub(super) fn probe_dense_labels(labels: &Dense) -> &'static Sli {
        DENSE.get(labels)
    }

    #[inline(never)]
    pub(super) fn probe_fixed_labels(labels: &Fixed) -> &'static Sli {
        FIXED.get(labels)
    }

    #[inline(never)]
    pub(super) fn probe_burn_rate(window: Duration) -> bool {
        SLI.burn_rate(window).is_some_and(|burn| burn > 10.0)
    }

    /// The twin: what the detector must find.
    #[inline(never)]
    pub(super) fn twin_panics(values: &[u64], place: usize) -> u64 {
        values[place]
    }

    /// The twin: what the detector must find.
    #[inline(never)]
    pub(super) fn twin_allocates_in_a_loop(count: usize) -> usize {
        (0..count).map(|bytes| black_box(Box::new(bytes))).fold(0, |sum, bytes| sum + *bytes)
    }

    /// The twin: what the detector must find.
    #[inline(never)]
    pub(super) fn twin_allocates(bytes: usize) -> Vec<u8> {
        Vec::with_capacity(bytes)
    }
}

/// So that the linker keeps them.
fn call_all() {
    sre_core::clock::calibrate();
    hot::probe_record(black_box(Duration::from_millis(1)));
    hot::probe_record_outcome(black_box(Outcome::Error), black_box(Duration::from_millis(1)));
    hot::probe_ok(hot::probe_start());
    hot::probe_finish(hot::probe_start(), black_box(Outcome::Ignored));
    hot::probe_drop(hot::probe_start());
    let _ = black_box(hot::probe_attribute(black_box(7)));
    let dense = Dense { region: black_box(Region::Far), is_paid: black_box(true) };
    hot::probe_dense_labels(&dense).start().ok();
    hot::probe_dense_labels(&Dense { region: Region::Near, ..dense }).start().ok();
    hot::probe_fixed_labels(&Fixed { route: black_box("/pay") }).start().ok();
    black_box(hot::probe_burn_rate(black_box(Duration::from_secs(300))));
    black_box(hot::twin_panics(black_box(&[1, 2]), black_box(1)));
    black_box(hot::twin_allocates(black_box(3)));
    black_box(hot::twin_allocates_in_a_loop(black_box(3)));
}

/// The functions of ours behind which there may be anything, each with its reason. All of them are cold, and say so where
/// they stand: `inline(never)` keeps them apart from what calls them, whatever else is compiled.
const REVIEWED: &[(&str, &str)] = &[
    (">::offer", "counters are allotted when the first event needs them"),
    ("Shared::allot_pages", "the places for buckets are allotted for the first event"),
    ("Recorder::promote", "a hot thread gets a shard, which may be allotted"),
    ("Sli::register", "an SLI registers with its first event"),
    ("SliFamily<L>::register", "a family registers with its first event"),
    ("Lookup::fill", "the first use of labels with a place of their own"),
    ("Lookup::add", "the first use of other labels"),
    ("lookup::remember", "the first use of labels that are found by the addresses of their texts"),
    ("Family::make_overflow", "the member for labels beyond the bound is made once"),
    ("system::drop_anchor", "the first reading of the clock of a processor without a counter"),
    ("a pointer in sre_core::sli::series::Series::", "the clock of a user's engine"),
];

/// The same of others, which a compiler may place as it likes.
const REVIEWED_ELSEWHERE: &[(&str, &str)] = &[
    (
        "RawMutex::unlock_slow",
        "a full cell was moved under a lock that is tried and never waited for; a waiting reader is woken",
    ),
    ("<std::time::Instant>", "the clock of a processor without a counter"),
    ("panic_count::is_zero_slow_path", "asks whether the thread unwinds"),
    ("_Unwind_Resume", "goes on unwinding after a panic of somebody else"),
    ("panic_in_cleanup", "a second panic while a thread unwinds"),
];

fn reviewed() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    REVIEWED.iter().chain(REVIEWED_ELSEWHERE)
}

/// What a name contains that must not be reached.
const FORBIDDEN: &[&str] = &[
    "panic",
    "unwrap_failed",
    "expect_failed",
    "slice_index",
    "_fail",
    "alloc::",
    "__rust_",
    "__rdl_",
    "malloc",
    "calloc",
    "realloc",
    "lock_slow",
    "syscall",
    "futex",
];

/// Functions of this program by their address, and the calls and jumps from each to another.
struct Program {
    names: BTreeMap<u64, String>,
    calls: BTreeMap<u64, BTreeSet<Target>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    At(u64),
    Named(String),
    /// Through a pointer that is only known when the program runs.
    Unknown(String),
}

impl Program {
    fn of_this_process() -> Self {
        let relocated = relocations(&objdump(&["-R"]));
        let mut program = Self { names: BTreeMap::new(), calls: BTreeMap::new() };
        let mut jumps = Vec::new();
        let mut registers = Registers::default();
        let mut within = 0;
        for line in objdump(&["-d", "-C", "--no-show-raw-insn"]).lines() {
            if let Some((address, name)) = header(line) {
                within = address;
                registers = Registers::default();
                program.names.insert(address, name.to_owned());
            } else if let Some(instruction) = line.split_once(":\t").map(|(_, text)| text.trim()) {
                jumps.extend(jump(instruction, &relocated, &registers).map(|target| (within, target)));
                registers.note(instruction, &relocated);
            }
        }
        for (from, target) in jumps {
            let target = program.resolved(target);
            if target != Target::At(from) {
                program.calls.entry(from).or_default().insert(target);
            }
        }
        program
    }

    /// A jump into the middle of a function is a jump to that function.
    fn resolved(&self, target: Target) -> Target {
        match target {
            Target::At(address) => {
                let function = self.names.range(..=address).next_back();
                function.map_or(Target::At(address), |(start, _)| Target::At(*start))
            }
            other => other,
        }
    }

    fn function(&self, address: u64) -> String {
        self.names.get(&address).cloned().unwrap_or_else(|| format!("{address:x}"))
    }

    fn name(&self, target: &Target, caller: u64) -> String {
        match target {
            Target::At(address) => self.function(*address),
            Target::Named(name) => name.clone(),
            Target::Unknown(instruction) => format!("a pointer in {}: {instruction}", self.function(caller)),
        }
    }

    fn functions(&self, part: &str) -> Vec<u64> {
        self.names.iter().filter(|(_, name)| name.contains(part)).map(|(address, _)| *address).collect()
    }

    /// Every way from a function to what is forbidden, as the names along it, and the reviewed functions met.
    fn ways(&self, start: u64) -> (Vec<Vec<String>>, BTreeSet<&'static str>) {
        let (mut ways, mut met) = (Vec::new(), BTreeSet::new());
        let mut seen = BTreeSet::from([Target::At(start)]);
        let mut open = vec![(Target::At(start), vec![self.function(start)])];
        while let Some((at, way)) = open.pop() {
            let Target::At(address) = at else { continue };
            for next in self.calls.get(&address).into_iter().flatten() {
                if !seen.insert(next.clone()) {
                    continue;
                }
                let name = self.name(next, address);
                if let Some((reviewed, _)) = reviewed().find(|(reviewed, _)| name.contains(reviewed)) {
                    met.insert(*reviewed);
                    continue;
                }
                let way = [way.clone(), vec![name.clone()]].concat();
                let is_forbidden = FORBIDDEN.iter().any(|part| name.contains(part));
                if is_forbidden || matches!(next, Target::Unknown(_)) {
                    ways.push(way);
                } else {
                    open.push((next.clone(), way));
                }
            }
        }
        (ways, met)
    }
}

fn objdump(arguments: &[&str]) -> String {
    let program = std::env::current_exe().expect("this test is a file");
    let output = Command::new("objdump").args(arguments).arg(program).output();
    let output = output.expect("objdump runs: install binutils");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// `0000000000012340 <name>:`
fn header(line: &str) -> Option<(u64, &str)> {
    let (address, name) = line.split_once(" <")?;
    Some((u64::from_str_radix(address, 16).ok()?, name.strip_suffix(">:")?))
}

/// Registers that hold the address of a known function: what is called in a loop is loaded before it.
#[derive(Default)]
struct Registers(BTreeMap<String, Target>);

impl Registers {
    /// `mov    0x1234(%rip),%rbp        # 5678 <name>`, or whatever else puts something into a register.
    fn note(&mut self, instruction: &str, relocated: &BTreeMap<u64, Target>) {
        let (mnemonic, rest) = instruction.split_once(' ').unwrap_or((instruction, ""));
        match mnemonic {
            "cmp" | "test" | "push" => {}
            "call" => self.0.retain(|register, _| KEPT_BY_CALLS.contains(&register.as_str())),
            _ => {
                let operands = rest.split('#').next().unwrap_or_default().trim();
                let register = operands.rsplit(',').next().unwrap_or_default();
                match slot(rest).and_then(|slot| relocated.get(&slot)).filter(|_| mnemonic == "mov") {
                    Some(target) => self.0.insert(register.to_owned(), target.clone()),
                    None => self.0.remove(register),
                };
            }
        }
    }
}

const KEPT_BY_CALLS: [&str; 6] = ["%rbx", "%rbp", "%r12", "%r13", "%r14", "%r15"];

/// The `5678` of `0x1234(%rip)        # 5678 <name>`.
fn slot(operand: &str) -> Option<u64> {
    let (_, slot) = operand.split_once("# ")?;
    u64::from_str_radix(slot.split(' ').next()?, 16).ok()
}

/// `call   23456 <name+0x7>` and its kin; none for other instructions.
fn jump(instruction: &str, relocated: &BTreeMap<u64, Target>, registers: &Registers) -> Option<Target> {
    let (mnemonic, rest) = instruction.split_once(' ')?;
    if !(mnemonic.starts_with("call") || mnemonic.starts_with('j')) {
        return None;
    }
    let operand = rest.trim();
    if let Some(pointer) = operand.strip_prefix('*') {
        let known = match slot(pointer) {
            Some(slot) => relocated.get(&slot),
            None => registers.0.get(pointer.trim()),
        };
        return Some(known.cloned().unwrap_or_else(|| Target::Unknown(instruction.to_owned())));
    }
    let address = operand.split(' ').next()?;
    u64::from_str_radix(address, 16).ok().map(Target::At)
}

/// What the loader writes where: addresses of this program, and names of others.
fn relocations(text: &str) -> BTreeMap<u64, Target> {
    let of = |line: &str| {
        let mut words = line.split_whitespace();
        let slot = u64::from_str_radix(words.next()?, 16).ok()?;
        let value = words.nth(1)?;
        let address =
            value.strip_prefix("*ABS*+0x").and_then(|address| u64::from_str_radix(address, 16).ok());
        Some((slot, address.map_or_else(|| Target::Named(value.to_owned()), Target::At)))
    };
    text.lines().filter_map(of).collect()
}

#[test]
fn but_through_functions_that_are_reviewed() {
    call_all();
    let program = Program::of_this_process();
    let probes = program.functions("::hot::probe_");
    assert!(probes.len() >= 10, "{}", probes.len());
    if cfg!(debug_assertions) {
        return;
    }
    for twin in ["::hot::twin_panics", "::hot::twin_allocates", "::hot::twin_allocates_in_a_loop"] {
        let ways = program.functions(twin).into_iter().flat_map(|twin| program.ways(twin).0);
        let mut ends = ways.filter_map(|way| way.last().cloned());
        assert!(
            ends.any(|end| FORBIDDEN.iter().any(|part| end.contains(part)) && !end.starts_with("a pointer")),
            "the detector is blind to {twin}"
        );
    }
    let mut met = BTreeSet::new();
    let mut ways = BTreeSet::new();
    for probe in &probes {
        let (found, reviewed) = program.ways(*probe);
        ways.extend(found.iter().map(|way| way.join("\n      -> ")));
        met.extend(reviewed);
    }
    let list: Vec<_> = ways.iter().map(String::as_str).collect();
    assert!(list.is_empty(), "{} ways:\n{}", list.len(), list.join("\n"));
    for (reviewed, reason) in REVIEWED {
        assert!(
            met.contains(reviewed),
            "nothing leads to {reviewed} any more ({reason}): take it from the list"
        );
    }
    let (probes, reviewed) = (probes.len(), met.len());
    kept(
        "R4",
        format_args!(
            "from {probes} hot functions no call leads to a panic, the allocator, a lock or the kernel but through {reviewed} reviewed cold functions"
        ),
    );
}
