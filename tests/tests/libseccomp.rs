//! The model of libseccomp's database against libseccomp: sets of rules made at random, each answer proved equal.
//!
//! Apart from the cases, because nobody wrote these sets down: the model has to hold for rules that it has not seen.

use callgate_engines::{Target, Version, read};
use callgate_oracle::{Level, OracleError};
use callgate_policy::{Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, Section, Test};
use callgate_profile::{Options, parse};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Syscall};
use callgate_tests::random::Random;
use serde_json::{Value, json};

/// How often what became of sets of rules.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    equal: usize,
    /// Equal too, and the filter is not what the rules say.
    miscompiled: usize,
    refused: usize,
    endless: usize,
    unknown: usize,
}

#[test]
fn filters_are_what_the_model_says() {
    let mut counts = Counts::default();
    let mut wrong = Vec::new();
    let sets = std::env::var("CALLGATE_SETS").map_or(600, |sets| sets.parse().expect("a number"));
    for seed in 0..sets {
        let scene = Scene::new(&mut Random::new(seed));
        if let Err(found) = judge(&scene, &mut counts) {
            wrong.push(format!("{seed}: {found}: {}", scene.document()));
        }
    }
    println!("libseccomp {}: {counts:?}", loaded());
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(counts.equal > 0 && counts.miscompiled > 0 && counts.endless > 0);
    assert_eq!(counts.unknown, 0, "{counts:?}");
}

/// Calls that have neither their number's neighbours nor a multiplexer in common.
const CALLS: [&str; 4] = ["getpgid", "setpgid", "getpriority", "dup2"];

/// So many more calls make runc ask for a tree of numbers.
const MANY: [&str; 33] = [
    "read",
    "write",
    "open",
    "close",
    "stat",
    "fstat",
    "lstat",
    "poll",
    "lseek",
    "mmap",
    "mprotect",
    "munmap",
    "brk",
    "ioctl",
    "access",
    "pipe",
    "select",
    "sched_yield",
    "mremap",
    "msync",
    "mincore",
    "madvise",
    "dup",
    "pause",
    "nanosleep",
    "getitimer",
    "alarm",
    "setitimer",
    "getpid",
    "sendfile",
    "fork",
    "vfork",
    "execve",
];

/// A set of rules, on some arches.
struct Scene {
    arches: Vec<Arch>,
    level: Level,
    rules: Vec<SceneRule>,
}

/// The call, what is asked of which argument, and the errno.
type SceneRule = (&'static str, Vec<(usize, Test)>, u16);

impl Scene {
    fn new(random: &mut Random) -> Self {
        use Arch::{S390x, X32, X86, X86_64};
        let arches: [&[Arch]; 6] = [
            &[X86_64],
            &[X86_64],
            &[X86],
            &[X86_64, X86],
            &[X86_64, X86, X32],
            &[S390x],
        ];
        let arches = random.one_of(&arches).to_vec();
        let calls = 1 + random.below(2);
        let args = 1 + random.below(3);
        let values = values(random);
        let ops = random.one_of(&[7, 7, 6, 3]);
        let actions = 1 + random.below(3);
        let rules = (0..2 + random.below(4))
            .map(|_| {
                let call = CALLS[random.below(calls)];
                let tests = tests(random, args, &values, ops);
                (call, tests, 70 + random.below(actions) as u16)
            })
            .collect();
        Self {
            arches,
            level: random.one_of(&Level::ALL),
            rules,
        }
    }

    fn many(&self) -> impl Iterator<Item = &'static str> {
        let count = match self.level {
            Level::Linear => 0,
            Level::Tree => MANY.len(),
        };
        MANY[..count].iter().copied()
    }

    fn document(&self) -> Value {
        let arg = |&(index, test): &(usize, Test)| {
            let (op, value, two) = match test {
                Test::Ne(value) => ("NE", value, 0),
                Test::Lt(value) => ("LT", value, 0),
                Test::Le(value) => ("LE", value, 0),
                Test::Eq(value) => ("EQ", value, 0),
                Test::Ge(value) => ("GE", value, 0),
                Test::Gt(value) => ("GT", value, 0),
                Test::MaskedEq { mask, value } => ("MASKED_EQ", mask, value),
            };
            json!({ "index": index, "op": format!("SCMP_CMP_{op}"), "value": value, "valueTwo": two })
        };
        let rule = |(call, tests, errno): &SceneRule| {
            let args: Vec<Value> = tests.iter().map(arg).collect();
            json!({ "names": [call], "action": "SCMP_ACT_ERRNO", "errnoRet": errno, "args": args })
        };
        let mut rules: Vec<Value> = self.rules.iter().map(rule).collect();
        let many: Vec<&str> = self.many().collect();
        rules.push(json!({ "names": many, "action": "SCMP_ACT_ERRNO", "errnoRet": 73 }));
        let arches: Vec<&str> = self.arches.iter().map(|arch| arch.scmp_name()).collect();
        json!({ "defaultAction": "SCMP_ACT_ALLOW", "architectures": arches, "syscalls": rules })
    }

    /// The rules as they are handed to libseccomp.
    fn policy(&self) -> Policy {
        let many = self.many().map(|call| (call, Vec::new(), 73));
        let rules: Vec<_> = self.rules.iter().cloned().chain(many).collect();
        let section = |&arch: &Arch| Section {
            arch,
            rules: rules
                .iter()
                .zip(0..)
                .filter_map(|((call, tests, errno), id)| {
                    let number = Syscall::by_name(call).and_then(|call| call.number(arch))?;
                    let comparison =
                        |&(index, test): &(usize, Test)| Comparison::new(Arg::ALL[index], test);
                    Some(Rule {
                        id: RuleId(id),
                        numbers: Numbers::one(number),
                        comparisons: tests.iter().map(comparison).collect(),
                        action: Action::Errno(*errno),
                    })
                })
                .collect(),
        };
        let sections = self.arches.iter().map(section).collect();
        Policy::new(Action::Allow, Action::KillThread, sections).expect("no arch is there twice")
    }
}

/// Few values, so that rules share some: of one half, of both, or about the edges of the halves.
fn values(random: &mut Random) -> Vec<u64> {
    let any: [u64; 5] = [
        random.next() % 4,
        random.next() % 20,
        ((random.next() % 3) << 32) | (random.next() % 3),
        u64::from(random.word()),
        random.double_word(),
    ];
    match random.below(4) {
        0 => any[..2].to_vec(),
        1 => any[..3].to_vec(),
        2 => vec![any[0], u64::from(u32::MAX), 1 << 32, any[2]],
        _ => any.to_vec(),
    }
}

fn tests(random: &mut Random, args: usize, values: &[u64], ops: usize) -> Vec<(usize, Test)> {
    let mut tests = Vec::new();
    for index in 0..args {
        if random.below(3) == 0 && !(tests.is_empty() && index + 1 == args) {
            continue;
        }
        let value = random.one_of(values);
        tests.push((
            index,
            match random.below(ops) {
                0 => Test::Eq(value),
                1 => Test::Ne(value),
                2 => {
                    let mask =
                        random.one_of(&[1, 3, 0xffff_ffff, 1 << 32, 0xf_0000_0001, value | 1]);
                    Test::MaskedEq {
                        mask,
                        value: value & mask,
                    }
                }
                3 => Test::Lt(value),
                4 => Test::Le(value),
                5 => Test::Ge(value),
                _ => Test::Gt(value),
            },
        ));
    }
    tests
}

/// The libseccomp that this process found, which need not be the one that it was built with: `cargo xtask engines` runs it with newer ones.
fn loaded() -> Version {
    let version = callgate_oracle::version().to_string();
    version.parse().expect("a version")
}

/// Whether libseccomp does what the model says.
fn judge(scene: &Scene, counts: &mut Counts) -> Result<(), String> {
    let text = scene.document().to_string();
    let parsed = parse(text.as_bytes(), &Options::default());
    let profile = parsed.profile.expect("a profile");
    let engine = match scene.level {
        Level::Linear => "docker@28+runc@1.1.5",
        Level::Tree => "docker@28+runc@1.2",
    };
    let target = Target {
        native: scene.arches[0],
        libseccomp: Some(loaded()),
        ..Target::new(engine.parse().expect("an engine"))
    };
    let ours = read(&profile, &target);
    let has = |code| match &ours {
        Ok(resolved) => resolved.problems.iter().any(|problem| problem.code == code),
        Err(refusal) => refusal.problems.iter().any(|problem| problem.code == code),
    };
    let theirs = callgate_oracle::compile(&scene.policy(), scene.level);
    let resolved = match (&ours, &theirs) {
        _ if has("CG220") => {
            counts.unknown += 1;
            return Ok(());
        }
        (Err(_), Err(OracleError::Rule { .. })) if has("CG211") => {
            counts.refused += 1;
            return Ok(());
        }
        (Err(_), Err(OracleError::WouldNotReturn)) if has("CG222") => {
            counts.endless += 1;
            return Ok(());
        }
        (Ok(resolved), Ok(_)) => resolved,
        (ours, theirs) => {
            let theirs = theirs.as_ref().map(|program| program.insns().len());
            let ours = ours.as_ref().map(|_| ()).map_err(ToString::to_string);
            return Err(format!("the model says {ours:?}, libseccomp {theirs:?}"));
        }
    };
    let program = theirs.expect("a program");
    let budget = Budget::default();
    let ours = Diagram::of_policy(&resolved.policy, budget).map_err(|error| error.to_string())?;
    let theirs = Diagram::of_program(&program, budget).map_err(|error| error.to_string())?;
    if let Some(call) = ours.witness(&theirs) {
        let (ours, theirs) = (ours.answer(&call), theirs.answer(&call));
        return Err(format!(
            "{call:x?}: the model says {ours}, libseccomp {theirs}"
        ));
    }
    if has("CG221") {
        counts.miscompiled += 1;
    } else {
        counts.equal += 1;
    }
    Ok(())
}
