//! Filters that are too long for the kernel: the model against what libseccomp writes of the same rules.
//!
//! Apart from what filters answer, because of these there is no answer; the model counts what is sure, and so a little less.

use callgate_bpf::{BytesError, MAX_INSNS, ProgramError};
use callgate_engines::{Target, read};
use callgate_oracle::{InPlace, Level, OracleError};
use callgate_profile::{Options, Profile, parse};
use callgate_syscalls::Arch;
use callgate_tests::random::Random;
use serde_json::{Value, json};

/// Calls with a number on each arch here, and none that goes through another.
const CALLS: [&str; 30] = [
    "access",
    "alarm",
    "brk",
    "chdir",
    "chmod",
    "close",
    "creat",
    "dup",
    "dup2",
    "fchdir",
    "fchmod",
    "fsync",
    "getpgid",
    "getpriority",
    "getsid",
    "iopl",
    "kill",
    "link",
    "mkdir",
    "mprotect",
    "munmap",
    "nice",
    "pipe",
    "ptrace",
    "rmdir",
    "setpgid",
    "setpriority",
    "tkill",
    "umask",
    "unlink",
];

/// How the rules of a profile are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Another value of three arguments in each.
    Values,
    /// The same in both halves of the arguments.
    Wide,
    /// Any comparisons of two arguments, no two of them the same: else libseccomp may never return.
    Random,
}

/// Few, since libseccomp takes seconds for each.
const CASES: [(Shape, &[Arch], Level); 4] = [
    (Shape::Values, &[Arch::X86_64], Level::Tree),
    (Shape::Wide, &[Arch::X86_64, Arch::X86], Level::Linear),
    (Shape::Random, &[Arch::X86_64], Level::Linear),
    (
        Shape::Random,
        &[Arch::X86_64, Arch::X86, Arch::X32],
        Level::Tree,
    ),
];

/// What the model may miss: jumps and copies of answers, one or two of a hundred instructions.
const SLACK: usize = MAX_INSNS * 3 / 100;

#[test]
fn what_is_refused_is_too_long_and_the_first_that_is() {
    for (shape, arches, level) in CASES {
        let engine = match level {
            Level::Linear => "docker@20.10+runc@1.1.5",
            Level::Tree => "docker@28+runc@1.3",
        };
        let target: Target = engine.parse().expect("a target");
        let refuses = |count| is_refused(&profile(shape, arches, count), &target);
        let (mut fits, mut first) = (1, 2_000);
        assert!(refuses(first) && !refuses(fits), "{shape:?} {arches:?}");
        while first - fits > 1 {
            let between = fits.midpoint(first);
            match refuses(between) {
                true => first = between,
                false => fits = between,
            }
        }
        let length = length(&profile(shape, arches, first), level);
        assert!(
            (MAX_INSNS + 1..=MAX_INSNS + SLACK).contains(&length),
            "{shape:?} {arches:?} {level:?}: {first} rules are too long by the model, and {length} instructions of libseccomp's"
        );
    }
}

fn profile(shape: Shape, arches: &[Arch], count: usize) -> Profile {
    let mut random = Random::new(1);
    let rule = |at: usize| {
        let value = at as u64 + 1;
        let tests = match shape {
            Shape::Values => [0, 1, 2].map(|index| (index, "EQ", value)).to_vec(),
            Shape::Wide => [0, 1, 2]
                .map(|index| (index, "EQ", value << 32 | value))
                .to_vec(),
            Shape::Random => {
                let mut test = |index| {
                    let op = random.one_of(&["EQ", "NE", "GT", "GE", "LT", "LE"]);
                    (index, op, u64::from(random.word()) << 32 | value)
                };
                vec![test(0), test(1)]
            }
        };
        let test = |&(index, op, value): &(u64, &str, u64)| json!({ "index": index, "op": format!("SCMP_CMP_{op}"), "value": value });
        let tests: Vec<Value> = tests.iter().map(test).collect();
        json!({ "names": [CALLS[at % CALLS.len()]], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "args": tests })
    };
    let rules: Vec<Value> = (0..count).map(rule).collect();
    let arches: Vec<&str> = arches.iter().map(|arch| arch.scmp_name()).collect();
    let text =
        json!({ "defaultAction": "SCMP_ACT_ALLOW", "architectures": arches, "syscalls": rules });
    let parsed = parse(text.to_string().as_bytes(), &Options::default());
    parsed.profile.expect("a profile")
}

/// Whether the target refuses it as too long, and for no other reason.
fn is_refused(profile: &Profile, target: &Target) -> bool {
    match read(profile, target) {
        Ok(_) => false,
        Err(refusal) => {
            assert!(
                refusal
                    .problems
                    .iter()
                    .all(|problem| problem.code == "CG801"),
                "{refusal}"
            );
            true
        }
    }
}

/// How many instructions libseccomp makes of the rules, which all have one action, so that their order is no matter.
fn length(profile: &Profile, level: Level) -> usize {
    let policy = read(profile, &Target::default()).expect("a meaning").policy;
    match InPlace::of(&policy, level).and_then(|work| work.compile()) {
        Ok(program) => program.insns().len(),
        Err(OracleError::Program(BytesError::Program(ProgramError::Length { given }))) => given,
        Err(error) => panic!("{} rules: {error}", profile.rules().len()),
    }
}
