//! `callgate prove`: whether two filters answer every call alike, decided, with a call to show for it where they do not.
//!
//! Apart from `sim`, which asks about some calls: this is about all of them.

mod document;

use std::fmt::{self, Write};

use callgate_analyze::Call;
use callgate_bpf::{Action, Insn, Program, SeccompData};
use callgate_policy::{Policy, Rule, Section};
use callgate_prove::{Budget, Diagram, Undecided};
use callgate_syscalls::Arch;
use clap::Args;
use serde::Serialize;

use self::document::Answer;
use super::Format;
use crate::failure::{Ended, Failure, Status};
use crate::input::{self, InputOptions};
use crate::reading::{Meaning, TargetOptions};
use crate::{output, words};

/// Decide whether two filters answer every call alike
///
/// The answer is `equal`, or how A differs from B, with a call that shows it: stricter, looser, neither (stricter for some calls,
/// looser for others), or equally strict (other data only, such as another errno).
/// Strictness is the kernel's order of actions: kill_process, kill_thread, trap, errno, notify, trace, log, allow.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 equal; 1 not; 2 undecided, and the reason is said, or not readable.

Examples:
  callgate prove profile.json filter.bpf
  callgate prove --subset mine.json docker:default
  callgate prove --format json old.bpf new.bpf | jq -r .relation"
)]
pub(crate) struct Prove {
    /// A profile: a path, `-`, docker:default, or a raw program FILE.bpf of any origin
    #[arg(value_name = "A")]
    one: String,
    /// Another
    #[arg(value_name = "B")]
    other: String,
    /// Exit with 0 also where A is stricter than B, or equally strict: no call gets a less strict answer
    #[arg(long)]
    subset: bool,
    /// How many nodes of its decision diagram a filter may take; fifty bytes each, about
    #[arg(long, value_name = "NODES", default_value_t = Budget::default().nodes)]
    budget: u32,
    /// How to print the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    #[command(flatten)]
    target: TargetOptions,
}

/// Compares the two.
pub(crate) fn run(arguments: &Prove, options: InputOptions) -> Ended {
    if arguments.one == "-" && arguments.other == "-" {
        return Err(Failure::input(
            "A and B can't both come from standard input",
        ));
    }
    let budget = Budget {
        nodes: arguments.budget,
    };
    let read = |reference: &str| Filter::read(reference, options, &arguments.target);
    let filters = [read(&arguments.one)?, read(&arguments.other)?];
    let finding = compare(&filters, budget)?;
    match arguments.format {
        Format::Human => output::answer(&finding.page(&filters))?,
        Format::Json => output::document(&Answer::of(&finding, &filters))?,
    }
    let is_yes = match finding.relation {
        Relation::Equal => true,
        Relation::Stricter | Relation::EquallyStrict => arguments.subset,
        Relation::Looser | Relation::Neither => false,
    };
    Ok(if is_yes { Status::Yes } else { Status::No })
}

/// One of the two, and what to call it.
struct Filter {
    name: String,
    meaning: Meaning,
}

/// How the first filter stands to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Relation {
    Equal,
    /// They differ in the data of actions alone.
    EquallyStrict,
    Stricter,
    Looser,
    /// Stricter for some calls, looser for others.
    Neither,
}

/// What was found, with a call for every claim that two answers differ.
struct Finding {
    relation: Relation,
    witnesses: Vec<Witness>,
}

/// A call, and what each filter was seen to answer to it.
struct Witness {
    call: SeccompData,
    answers: [Action; 2],
}

/// What a witness is to show of the first answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    Different,
    Stricter,
    Looser,
}

fn compare(filters: &[Filter; 2], budget: Budget) -> Result<Finding, Failure> {
    let [one, other] = filters;
    let witness = one.diagram(budget)?.witness(&other.diagram(budget)?);
    let Some(different) = witness else {
        return Ok(Finding {
            relation: Relation::Equal,
            witnesses: Vec::new(),
        });
    };
    let strictness = [one.strictness(budget)?, other.strictness(budget)?];
    let stricter = strictness[1].looser(&strictness[0]);
    let looser = strictness[0].looser(&strictness[1]);
    let relation = match (stricter, looser) {
        (None, None) => Relation::EquallyStrict,
        (Some(_), None) => Relation::Stricter,
        (None, Some(_)) => Relation::Looser,
        (Some(_), Some(_)) => Relation::Neither,
    };
    let different = Some(different).filter(|_| relation == Relation::EquallyStrict);
    let claims = [
        (Claim::Stricter, stricter),
        (Claim::Looser, looser),
        (Claim::Different, different),
    ];
    let witnesses = claims
        .into_iter()
        .filter_map(|(claim, call)| Some(confirmed(filters, claim, call?)))
        .collect::<Result<_, _>>()?;
    Ok(Finding {
        relation,
        witnesses,
    })
}

/// A witness, after both filters were asked: by what they mean, or by running them.
fn confirmed(filters: &[Filter; 2], claim: Claim, call: SeccompData) -> Result<Witness, Failure> {
    let answers = [filters[0].answer(&call), filters[1].answer(&call)];
    let strictness = answers.map(without_data);
    let holds = match claim {
        Claim::Different => answers[0] != answers[1],
        Claim::Stricter => strictness[0] < strictness[1],
        Claim::Looser => strictness[0] > strictness[1],
    };
    if holds {
        return Ok(Witness { call, answers });
    }
    if let Some(filter) = filters.iter().find(|filter| filter.computes_answers()) {
        return Err(Failure::input(format_args!(
            "{}: undecided: the filters differ, and which is stricter is not decided of a program that computes its answers",
            filter.name
        )));
    }
    Err(Failure::new(
        Status::Fault,
        format_args!(
            "the proof and the filters disagree, which is a mistake of callgate's: {claim:?}, and call {} of arch {:#x} with arguments {:x?} gets {answers:?}",
            call.nr, call.arch, call.args
        ),
    ))
}

impl Filter {
    fn read(
        reference: &str,
        options: InputOptions,
        target: &TargetOptions,
    ) -> Result<Self, Failure> {
        Ok(Self {
            name: input::title(reference),
            meaning: Meaning::read(reference, options, target)?,
        })
    }

    fn answer(&self, call: &SeccompData) -> Action {
        match &self.meaning {
            // The kernel lowers large errnos, also a profile's.
            Meaning::Policy(reading) => {
                Action::from_ret(reading.resolved.policy.decide(call).action.to_ret())
            }
            Meaning::Program(program) => callgate_bpf::run(program, call).action,
        }
    }

    fn diagram(&self, budget: Budget) -> Result<Diagram, Failure> {
        let diagram = match &self.meaning {
            Meaning::Policy(reading) => Diagram::of_policy(&reading.resolved.policy, budget),
            Meaning::Program(program) => Diagram::of_program(program, budget),
        };
        diagram.map_err(|reason| self.undecided(reason, budget))
    }

    /// The diagram of the actions alone: with their data they have an order too, which says nothing about strictness.
    fn strictness(&self, budget: Budget) -> Result<Diagram, Failure> {
        let diagram = match &self.meaning {
            Meaning::Policy(reading) => {
                Diagram::of_policy(&policy_without_data(&reading.resolved.policy), budget)
            }
            Meaning::Program(program) => {
                Diagram::of_program(&program_without_data(program), budget)
            }
        };
        diagram.map_err(|reason| self.undecided(reason, budget))
    }

    fn undecided(&self, reason: Undecided, budget: Budget) -> Failure {
        let failure = Failure::input(format_args!("{}: undecided: {reason}", self.name));
        match reason {
            Undecided::Budget => failure.help(format_args!(
                "it was {} nodes; --budget grants another number",
                budget.nodes
            )),
            Undecided::Returns { .. } => failure,
        }
    }

    fn computes_answers(&self) -> bool {
        match &self.meaning {
            Meaning::Policy(_) => false,
            Meaning::Program(program) => program.insns().contains(&Insn::RetA),
        }
    }

    /// Where its answer to a call is written: a place in a document, or the filter's name.
    fn place(&self, call: &SeccompData) -> String {
        match (&self.meaning, Arch::of_call(call.arch, call.nr)) {
            (Meaning::Policy(reading), Some(arch)) if !reading.document.is_built_in() => {
                reading.located(reading.resolved.policy.decide(call), arch)
            }
            _ => self.name.clone(),
        }
    }
}

const fn without_data(action: Action) -> Action {
    match action {
        Action::Trap(_) => Action::Trap(0),
        Action::Errno(_) => Action::Errno(0),
        Action::Trace(_) => Action::Trace(0),
        other => other,
    }
}

fn policy_without_data(policy: &Policy) -> Policy {
    let rule = |rule: &Rule| Rule {
        action: without_data(rule.action),
        ..rule.clone()
    };
    let section = |section: &Section| Section {
        arch: section.arch,
        rules: section.rules.iter().map(rule).collect(),
    };
    Policy::new(
        without_data(policy.default()),
        without_data(policy.bad_arch()),
        policy.sections().iter().map(section).collect(),
    )
    .expect("the same arches as before")
}

/// The program with its constant answers stripped; what it computes stays.
fn program_without_data(program: &Program) -> Program {
    let insns = program.insns().iter().map(|&insn| match insn {
        Insn::RetK(ret) => Insn::RetK(without_data(Action::from_ret(ret)).to_ret()),
        other => other,
    });
    Program::new(insns.collect()).expect("other answers leave a program one")
}

impl Finding {
    fn page(&self, filters: &[Filter; 2]) -> String {
        let mut text = format!("{}\n", self.relation);
        for witness in &self.witnesses {
            let _ = writeln!(text, "\n{witness}");
            let answers = [witness.answer(0), witness.answer(1)];
            let width = answers.iter().map(String::len).max().unwrap_or(0);
            for ((side, filter), answer) in ["A", "B"].into_iter().zip(filters).zip(&answers) {
                let place = filter.place(&witness.call);
                let _ = writeln!(text, "  {side}: {answer:<width$}  {place}");
            }
        }
        text
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "equal: A and B answer every call alike",
            Self::EquallyStrict => {
                "equally strict: some calls get other data from A than from B, and none another action"
            }
            Self::Stricter => {
                "stricter: some calls get a stricter answer from A than from B, and none a less strict one"
            }
            Self::Looser => {
                "looser: some calls get a less strict answer from A than from B, and none a stricter one"
            }
            Self::Neither => {
                "neither: some calls get a stricter answer from A than from B, and some a less strict one"
            }
        })
    }
}

impl Witness {
    fn arch(&self) -> Option<Arch> {
        Arch::of_call(self.call.arch, self.call.nr)
    }

    /// The call as in C; of an arch that has no table, by its number.
    fn written(&self) -> String {
        let SeccompData { nr, args, .. } = self.call;
        match self.arch() {
            Some(arch) => Call { arch, nr, args }.to_string(),
            None => {
                let [a, b, c, d, e, f] = args;
                format!("{nr}({a:#x}, {b:#x}, {c:#x}, {d:#x}, {e:#x}, {f:#x})")
            }
        }
    }

    fn answer(&self, side: usize) -> String {
        let action = self.answers[side];
        match (self.arch(), action.data()) {
            (Some(arch), _) => words::action(action, arch),
            (None, Some(data)) => format!("{} {data}", action.name()),
            (None, None) => action.name().to_owned(),
        }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on ", self.written())?;
        match self.arch() {
            Some(arch) => write!(f, "{arch}")?,
            None => write!(f, "an arch that is not known, {:#x}", self.call.arch)?,
        }
        match self.call.instruction_pointer {
            0 => Ok(()),
            pointer => write!(f, ", made at {pointer:#x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> Filter {
        Filter {
            name: "filter".to_owned(),
            meaning: Meaning::Program(text.parse().expect("a program")),
        }
    }

    /// `read` gets the first answer, every other call the second.
    fn two(read: &str, others: &str) -> Filter {
        filter(&format!(
            "ld [0]\njeq #0, read, others\nread: ret #{read}\nothers: ret #{others}"
        ))
    }

    const KILL: &str = "0x80000000";
    const EPERM: &str = "0x50001";
    const ENOSYS: &str = "0x50026";
    const ALLOW: &str = "0x7fff0000";

    #[test]
    fn every_relation_and_as_many_witnesses_as_it_claims() {
        for (one, other, relation, witnesses) in [
            (two(EPERM, ALLOW), two(EPERM, ALLOW), Relation::Equal, 0),
            (
                two(EPERM, ALLOW),
                two(ENOSYS, ALLOW),
                Relation::EquallyStrict,
                1,
            ),
            (
                two(ENOSYS, EPERM),
                two(EPERM, ENOSYS),
                Relation::EquallyStrict,
                1,
            ),
            (
                two(EPERM, ENOSYS),
                two(ENOSYS, ALLOW),
                Relation::Stricter,
                1,
            ),
            (two(EPERM, ALLOW), two(KILL, ALLOW), Relation::Looser, 1),
            (two(EPERM, ALLOW), two(ALLOW, EPERM), Relation::Neither, 2),
        ] {
            let finding = compare(&[one, other], Budget::default()).expect("decided");
            assert_eq!(finding.relation, relation);
            assert_eq!(finding.witnesses.len(), witnesses, "{relation}");
        }
    }

    #[test]
    fn a_claim_that_the_filters_deny_is_our_fault() {
        let filters = [two(EPERM, ALLOW), two(ENOSYS, ALLOW)];
        let read = SeccompData::default();
        for (claim, holds) in [
            (Claim::Different, true),
            (Claim::Stricter, false),
            (Claim::Looser, false),
        ] {
            let found = confirmed(&filters, claim, read).map_err(|failure| failure.status);
            assert_eq!(found.as_ref().err(), (!holds).then_some(&Status::Fault));
        }
    }

    #[test]
    fn strictness_of_computed_answers_is_not_decided() {
        let computed = filter("ld [0]\nand #0xfff\nor #0x50000\nret a");
        let failure = compare(&[computed, two(EPERM, EPERM)], Budget::default())
            .err()
            .expect("undecided");
        assert_eq!(failure.status, Status::Meaningless);
    }
}
