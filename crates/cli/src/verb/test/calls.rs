//! The expectations of calls: each target and arch is a meaning of its own, and a diagram answers for all arguments.
//!
//! Apart from the commands, which run for real.

use std::collections::BTreeMap;

use callgate_analyze::expect::exception;
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Syscall};

use super::file::{Calls, Expectation, TestFile};
use super::{Case, Outcome, Wrong};
use crate::failure::Failure;
use crate::filter::{Filter, Witness};
use crate::input::InputOptions;
use crate::meaning::LayerOptions;
use crate::question::Question;
use crate::reading::TargetOptions;

/// The profile as somebody reads it on a machine.
struct Read {
    engine: String,
    filter: Filter,
    diagram: Diagram,
    /// The arches to ask about.
    arches: Vec<Arch>,
}

pub(super) fn run(
    test: &TestFile,
    target: &TargetOptions,
    options: InputOptions,
) -> Result<Vec<Case>, Failure> {
    if test.expectations.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for (native, arches) in machines(test, target)? {
        for &engine in &test.engines {
            let target = target.on_machine(native).read_by(Some(engine));
            let filter = Filter::read(&test.profile, &LayerOptions::default(), options, &target)?;
            let arches = match (&arches[..], filter.meaning.arches()) {
                ([], of_profile) if of_profile.is_empty() => vec![native],
                ([], of_profile) => of_profile,
                (named, _) => named.to_vec(),
            };
            all.push(Read {
                engine: target.target()?.to_string(),
                diagram: filter.diagram(Budget::default())?,
                filter,
                arches,
            });
        }
    }
    test.expectations
        .iter()
        .map(|expectation| case(test, expectation, &all))
        .collect()
}

/// The machines on which the arches of a test run, each with those arches; with none named, the one that is asked for.
fn machines(test: &TestFile, target: &TargetOptions) -> Result<BTreeMap<Arch, Vec<Arch>>, Failure> {
    if test.arches.is_empty() {
        return Ok(BTreeMap::from([(target.native()?, Vec::new())]));
    }
    let mut machines: BTreeMap<Arch, Vec<Arch>> = BTreeMap::new();
    for &arch in &test.arches {
        machines.entry(machine_of(arch)).or_default().push(arch);
    }
    Ok(machines)
}

/// The machine that runs an arch today: the wide one of its family, where that is another.
const fn machine_of(arch: Arch) -> Arch {
    match arch {
        Arch::X86 | Arch::X32 => Arch::X86_64,
        Arch::Arm => Arch::Aarch64,
        Arch::Mips | Arch::Mips64n32 => Arch::Mips64,
        Arch::Mipsel | Arch::Mipsel64n32 => Arch::Mipsel64,
        Arch::Parisc => Arch::Parisc64,
        Arch::Ppc => Arch::Ppc64,
        Arch::S390 => Arch::S390x,
        other => other,
    }
}

fn case(test: &TestFile, expectation: &Expectation, all: &[Read]) -> Result<Case, Failure> {
    let mut wrong = Vec::new();
    let mut asked = false;
    for read in all {
        for &arch in &read.arches {
            for (nr, args) in numbers(test, expectation, arch)? {
                asked = true;
                let found = exception(&read.diagram, arch, nr, args, &expectation.verdict)
                    .map_err(|reason| Failure::input(format_args!("{}: {reason}", test.name)))?;
                let Some(call) = found else {
                    continue;
                };
                let answer = read.filter.answer(&call);
                if expectation.verdict.holds(answer, arch) {
                    return Err(Failure::new(
                        crate::failure::Status::Fault,
                        format_args!(
                            "{}: the diagram and the filter disagree about {call:?}, which is a mistake of callgate's",
                            test.name
                        ),
                    ));
                }
                let witness = Witness {
                    call,
                    answers: [answer; 2],
                };
                wrong.push(Wrong {
                    reader: format!("{} on {arch}", read.engine),
                    seen: format!("{} gets {}", witness.written(), witness.answer(0)),
                    place: Some(read.filter.place(&call)),
                });
            }
        }
    }
    if !asked {
        return Err(Failure::input(format_args!(
            "{}:{}: no arch of the test has `{}`",
            test.name, expectation.line, expectation.call
        )));
    }
    Ok(Case {
        line: expectation.line,
        title: format!("{} is {}", expectation.call, expectation.verdict),
        outcome: match wrong.is_empty() {
            true => Outcome::Passed,
            false => Outcome::Failed(wrong),
        },
    })
}

/// A number, and the arguments that are fixed.
type Asked = (u32, [Option<u64>; 6]);

/// The calls of an arch that an expectation is about.
fn numbers(test: &TestFile, expectation: &Expectation, arch: Arch) -> Result<Vec<Asked>, Failure> {
    let of_question = |question: &Question| {
        let Some(nr) = question.number(arch) else {
            return Ok(Vec::new());
        };
        let args = question.arguments(arch).map_err(|message| {
            Failure::input(format_args!(
                "{}:{}: {message}",
                test.name, expectation.line
            ))
        })?;
        Ok(vec![(nr, args)])
    };
    match &expectation.calls {
        Calls::One(question) => of_question(question),
        Calls::Names(names) => {
            let calls = names.iter().filter_map(|name| Syscall::by_name(name));
            let numbers = calls.filter_map(|call| call.number(arch));
            Ok(numbers.map(|nr| (nr, [None; 6])).collect())
        }
    }
}
