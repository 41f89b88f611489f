//! What two filters are asked in a comparison: their diagrams, their answers, and where those are written.
//!
//! Apart from the verbs, because `prove`, `diff` and `verify` all hold two of them against each other.

use std::fmt;

use callgate_analyze::Call;
use callgate_analyze::diff::{Difference, differences};
use callgate_bpf::{Action, SeccompData};
use callgate_engines::Target;
use callgate_policy::of_stack;
use callgate_profile::Options;
use callgate_prove::{Budget, Diagram, Undecided};
use callgate_syscalls::Arch;

use crate::failure::{Failure, Status};
use crate::input::{self, Document, InputOptions};
use crate::live::Live;
use crate::meaning::{LayerOptions, Meaning};
use crate::reading::{Reading, TargetOptions};
use crate::sources::Sources;
use crate::words;

/// A filter, or several as one, and what to call it.
pub(crate) struct Filter {
    /// Its path, or its reference.
    pub(crate) name: String,
    /// What it means.
    pub(crate) meaning: Meaning,
}

/// A call, and what each of two filters was seen to answer to it.
pub(crate) struct Witness {
    /// The call.
    pub(crate) call: SeccompData,
    /// The first filter's answer, and the second's.
    pub(crate) answers: [Action; 2],
}

/// What a witness is to show of the first answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It is another than the second.
    Different,
    /// It is stricter.
    Stricter,
    /// It is less strict.
    Looser,
}

impl Filter {
    /// Reads what a PROFILE argument names, and what lies above it.
    pub(crate) fn read(
        reference: &str,
        layers: &LayerOptions,
        options: InputOptions,
        target: &TargetOptions,
    ) -> Result<Self, Failure> {
        let sources = Sources::read(reference, layers, options, target)?;
        Ok(Self {
            name: layers.title(reference),
            meaning: sources.agreed(options, &target.targets()?)?,
        })
    }

    /// The same as each of these targets reads it.
    pub(crate) fn read_each(
        reference: &str,
        layers: &LayerOptions,
        options: InputOptions,
        target: &TargetOptions,
        targets: &[Target],
    ) -> Result<Vec<Self>, Failure> {
        let sources = Sources::read(reference, layers, options, target)?;
        let filters = targets.iter().map(|target| {
            Ok(Self {
                name: layers.title(reference),
                meaning: sources.meaning(options, target)?,
            })
        });
        filters.collect()
    }

    /// A raw program from a file, whatever its name ends in.
    pub(crate) fn of_program_file(
        file: &str,
        options: InputOptions,
        target: &TargetOptions,
    ) -> Result<Self, Failure> {
        let bytes = input::bytes_of(file, options)?;
        let endian = target.native()?.endian();
        Ok(Self {
            name: input::title(file),
            meaning: Meaning::Program(input::raw_program(file, &bytes, Some(endian))?),
        })
    }

    /// A profile that callgate wrote for a target, as the target reads it.
    pub(crate) fn written(json: &str, target: &Target) -> Self {
        let profile = callgate_profile::parse(json.as_bytes(), &Options::default()).profile;
        let profile = profile.expect("what is written is a profile");
        let resolved = callgate_engines::read(&profile, target).expect("it was read before");
        let document = Document::alone("the profile".to_owned(), json.as_bytes().to_vec());
        Self {
            name: document.name.clone(),
            meaning: Meaning::Policy(Box::new(Reading {
                document,
                profile,
                resolved,
                target: target.clone(),
            })),
        }
    }

    /// All filters in force.
    pub(crate) fn live(live: &Live) -> Result<Self, Failure> {
        Ok(Self {
            name: live.to_string(),
            meaning: Meaning::of_live(live)?,
        })
    }

    /// The same, named with who reads it, where it is a document.
    pub(crate) fn for_target(self) -> Self {
        let name = match &self.meaning {
            Meaning::Policy(reading) => format!("{} for {}", self.name, reading.target),
            _ => self.name,
        };
        Self { name, ..self }
    }

    /// What it answers to a call: by what it means, or by running it.
    pub(crate) fn answer(&self, call: &SeccompData) -> Action {
        self.counting(call).1
    }

    /// The one whose answer to a call counts, and that answer.
    fn counting(&self, call: &SeccompData) -> (&Self, Action) {
        match &self.meaning {
            // The kernel lowers large errnos, also a profile's.
            Meaning::Policy(reading) => {
                let action = reading.resolved.policy.decide(call).action;
                (self, Action::from_ret(action.to_ret()))
            }
            Meaning::Program(program) => (self, callgate_bpf::run(program, call).action),
            Meaning::Stack(layers) => {
                let answers: Vec<_> = layers.iter().map(|layer| layer.counting(call)).collect();
                let (place, _) = of_stack(answers.iter().map(|&(_, action)| action))
                    .expect("a stack has a layer");
                answers[place]
            }
        }
    }

    /// The filters that it is, the oldest first: one, or those of a stack.
    pub(crate) fn layers(&self) -> &[Self] {
        match &self.meaning {
            Meaning::Stack(layers) => layers,
            Meaning::Policy(_) | Meaning::Program(_) => std::slice::from_ref(self),
        }
    }

    /// Its diagram.
    pub(crate) fn diagram(&self, budget: Budget) -> Result<Diagram, Failure> {
        match &self.meaning {
            Meaning::Policy(reading) => Diagram::of_policy(&reading.resolved.policy, budget)
                .map_err(|reason| self.undecided(reason, budget)),
            Meaning::Program(program) => Diagram::of_program(program, budget)
                .map_err(|reason| self.undecided(reason, budget)),
            Meaning::Stack(layers) => diagram_of(layers, budget),
        }
    }

    /// Where its answer to a call is written: a place in a document, or the filter's name.
    pub(crate) fn place(&self, call: &SeccompData) -> String {
        let (layer, _) = self.counting(call);
        match (&layer.meaning, Arch::of_call(call.arch, call.nr)) {
            (Meaning::Policy(reading), Some(arch)) if !reading.document.is_built_in() => {
                reading.located(reading.resolved.policy.decide(call), arch)
            }
            _ => layer.name.clone(),
        }
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
}

/// What several filters on one process mean together, the oldest first; there is at least one.
pub(crate) fn diagram_of(layers: &[Filter], budget: Budget) -> Result<Diagram, Failure> {
    let (first, rest) = layers.split_first().expect("a stack has a layer");
    rest.iter().try_fold(first.diagram(budget)?, |all, layer| {
        all.beneath(&layer.diagram(budget)?, budget)
            .map_err(|reason| layer.undecided(reason, budget))
    })
}

/// Refuses to read two filters from standard input, which can be read once.
pub(crate) fn two_sources(one: &str, above: &LayerOptions, other: &str) -> Result<(), Failure> {
    let first = one == "-" || above.layers.iter().any(|layer| layer == "-");
    if first && other == "-" {
        return Err(Failure::input(
            "A and B can't both come from standard input",
        ));
    }
    Ok(())
}

/// All that differs between two filters.
pub(crate) fn all_differences(
    diagrams: &[Diagram; 2],
    native: Arch,
) -> Result<Vec<Difference>, Failure> {
    differences(&diagrams[0], &diagrams[1], native).map_err(Failure::input)
}

impl Witness {
    /// A witness, after both filters were asked.
    pub(crate) fn confirmed(
        filters: &[Filter; 2],
        claim: Claim,
        call: SeccompData,
    ) -> Result<Self, Failure> {
        let answers = [filters[0].answer(&call), filters[1].answer(&call)];
        let strictness = answers.map(Action::strictness);
        let holds = match claim {
            Claim::Different => answers[0] != answers[1],
            Claim::Stricter => strictness[0] < strictness[1],
            Claim::Looser => strictness[0] > strictness[1],
        };
        if holds {
            return Ok(Self { call, answers });
        }
        Err(Failure::new(
            Status::Fault,
            format_args!(
                "the proof and the filters disagree, which is a mistake of callgate's: {claim:?}, and call {} of arch {:#x} with arguments {:x?} gets {answers:?}",
                call.nr, call.arch, call.args
            ),
        ))
    }

    /// The arch whose call it is; none of a token that has no table.
    pub(crate) fn arch(&self) -> Option<Arch> {
        Arch::of_call(self.call.arch, self.call.nr)
    }

    /// The call as in C; of an arch that has no table, by its number.
    pub(crate) fn written(&self) -> String {
        let SeccompData { nr, args, .. } = self.call;
        match self.arch() {
            Some(arch) => Call { arch, nr, args }.to_string(),
            None => {
                let [a, b, c, d, e, f] = args;
                format!("{nr}({a:#x}, {b:#x}, {c:#x}, {d:#x}, {e:#x}, {f:#x})")
            }
        }
    }

    /// The call, and from where it is made where that matters.
    pub(crate) fn written_with_place(&self) -> String {
        match self.call.instruction_pointer {
            0 => self.written(),
            pointer => format!("{}, made at {pointer:#x}", self.written()),
        }
    }

    /// One of the two answers, in words.
    pub(crate) fn answer(&self, side: usize) -> String {
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

    #[test]
    fn a_claim_that_the_filters_deny_is_our_fault() {
        let filter = |data: u16| Filter {
            name: "filter".to_owned(),
            meaning: Meaning::Program(
                format!("ret #{:#x}", Action::Errno(data).to_ret())
                    .parse()
                    .expect("a program"),
            ),
        };
        let filters = [filter(1), filter(38)];
        for (claim, holds) in [
            (Claim::Different, true),
            (Claim::Stricter, false),
            (Claim::Looser, false),
        ] {
            let found = Witness::confirmed(&filters, claim, SeccompData::default());
            let status = found.map_err(|failure| failure.status).err();
            assert_eq!(status, (!holds).then_some(Status::Fault));
        }
    }
}
