//! A filter as a list of calls, for tools that have no profiles: systemd's units, minijail's policies and the JSON of seccompiler.
//!
//! Apart from decompiling: these lists have fewer answers than a profile, so that each tool says to what it lowers one.

mod groups;
mod minijail;
mod seccompiler;
mod systemd;

use std::collections::BTreeMap;

use callgate_policy::{Action, Numbers, Policy, Rule, RuleId, SeccompData, Section};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Release, Syscall};

use crate::conjunctions::{Conjunction, Style, Writer};
use crate::decompile::{NoProfile, defaults};
use crate::diff::{Difference, Subject, differences, wider};
use crate::rules::{Shape, Unwritable};

/// For whom a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `SystemCallFilter=` and what belongs to it, of a unit.
    Systemd,
    /// The JSON of the crate seccompiler, which is for one arch.
    Seccompiler,
    /// A policy of minijail, as its compiler reads it, for one arch.
    Minijail,
}

/// A list that was written from a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Its text.
    pub text: String,
    /// What the tool makes of it.
    pub policy: Policy,
    /// What that says differently than the filter: none where the two are proved equal.
    pub differences: Vec<Difference>,
    /// A call that goes through to the kernel, or to a listener or tracer, where the filter answers more strictly.
    pub wider: Option<SeccompData>,
}

impl Listed {
    /// The newest call that a list of refusals has; none where the list is one of allowed calls.
    ///
    /// A reader that does not know a refused name yet may leave it out, and what is left out is allowed there.
    #[must_use]
    pub fn newest_refused(&self) -> Option<(Syscall, Release)> {
        if self.policy.default() != Action::Allow {
            return None;
        }
        let refused = self.policy.sections().iter().flat_map(|section| {
            let calls = Syscall::numbers(section.arch);
            calls.filter(|&(nr, _)| {
                let mut rules = section.rules.iter();
                rules.any(|rule| rule.numbers.contain(nr))
            })
        });
        refused
            .filter_map(|(_, call)| Some((call, call.since()?)))
            .max_by_key(|&(_, since)| since)
    }
}

/// What is to be written, and for which calls.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What the filter means.
    pub diagram: &'a Diagram,
    /// The arch of the machine.
    pub native: Arch,
    /// The arches whose calls count. Where none are named, all do, and for systemd those that a kernel of the native one has.
    pub arches: Option<&'a [Arch]>,
    /// The most rules that may be written.
    pub limit: usize,
    /// What a diagram of the list may take.
    pub budget: Budget,
}

/// The list that a tool reads as what a diagram says, or the one that differs the least and is wider nowhere.
///
/// # Errors
/// There is none, or it takes more rules than the limit.
pub fn list(tool: Tool, request: &Request<'_>) -> Result<Listed, NoProfile> {
    let arches = match tool {
        Tool::Systemd => request
            .arches
            .or_else(|| Some(systemd::arches_of(&request.native))),
        Tool::Seccompiler | Tool::Minijail => request.arches,
    };
    let request = &Request { arches, ..*request };
    let mut shape = Shape::by_name(request.diagram).map_err(NoProfile::Unwritable)?;
    let counts = |arch: Arch| match tool {
        Tool::Seccompiler | Tool::Minijail => arch == request.native,
        Tool::Systemd => arches.is_none_or(|only| only.contains(&arch)),
    };
    shape.arches.retain(|&(arch, _)| counts(arch));
    let mut listed = nearest(tool, request, &shape)?;
    // To libseccomp a name may mean more calls of one arch than it should: a unit can do without the arch.
    while let Some(arch) = listed
        .wider
        .and_then(|call| Arch::of_call(call.arch, call.nr))
    {
        let can_be_left_out = tool == Tool::Systemd && arch != request.native;
        if !can_be_left_out || shape.arches.iter().all(|&(known, _)| known != arch) {
            break;
        }
        shape.arches.retain(|&(known, _)| known != arch);
        listed = nearest(tool, request, &shape)?;
    }
    Ok(listed)
}

/// The list with the default that makes it differ the least.
fn nearest(tool: Tool, request: &Request<'_>, shape: &Shape) -> Result<Listed, NoProfile> {
    if shape.arches.is_empty() {
        return Err(NoProfile::NoWords(
            "the filter says nothing of the arches that the list is for",
        ));
    }
    let mut best: Option<Listed> = None;
    let mut refused = None;
    for default in defaults(shape, request.diagram) {
        let table = Table::of(shape, request, default).map_err(NoProfile::Unwritable)?;
        let ways = match tool {
            Tool::Systemd => vec![
                systemd::write(&systemd::without_multiplexers(&table)),
                systemd::write(&table),
            ],
            Tool::Seccompiler => vec![seccompiler::write(&table)],
            Tool::Minijail => vec![minijail::write(&table)],
        };
        for written in ways {
            let (text, policy) = match written {
                Ok(written) => written,
                Err(reason) => {
                    refused.get_or_insert(NoProfile::NoWords(reason));
                    continue;
                }
            };
            let found = held_against(request, text, policy)?;
            if found.differences.is_empty() {
                return Ok(found);
            }
            let rank = |found: &Listed| (found.wider.is_some(), found.differences.len());
            if best.as_ref().is_none_or(|best| rank(&found) < rank(best)) {
                best = Some(found);
            }
        }
    }
    best.ok_or_else(|| refused.unwrap_or(NoProfile::Unwritable(Unwritable::UnknownArches)))
}

/// What names get: conjunctions of which at most one holds for a call.
type Said = BTreeMap<&'static str, Vec<Conjunction>>;

/// What a filter says by name, on all of its arches together.
#[derive(Clone)]
struct Table {
    /// The arch of the machine.
    native: Arch,
    arches: Vec<Arch>,
    default: Action,
    /// What calls of arches get that the filter does not know.
    bad_arch: Action,
    /// The conjunctions of a name, of which exactly one holds; where two arches differ, the strictest answer alone.
    calls: Said,
}

impl Table {
    fn of(shape: &Shape, request: &Request<'_>, default: Action) -> Result<Self, Unwritable> {
        let mut calls = Said::new();
        for (arch, runs) in &shape.arches {
            let mut writer = Writer::new(request.diagram, *arch, Style::Any, request.limit);
            for run in runs {
                let said = writer.write(run.is)?;
                let named = Syscall::numbers(*arch)
                    .skip_while(|&(nr, _)| nr < run.first)
                    .take_while(|&(nr, _)| nr <= run.last);
                for (_, call) in named {
                    let before = calls.entry(call.name()).or_insert_with(|| said.clone());
                    if *before != said {
                        let least = strictest(before).min(strictest(&said));
                        *before = Vec::from([(Vec::new(), least)]);
                    }
                }
            }
        }
        Ok(Self {
            native: request.native,
            arches: shape.arches.iter().map(|&(arch, _)| arch).collect(),
            default,
            bad_arch: shape.bad_arch,
            calls,
        })
    }

    /// The meaning of a list for one arch.
    ///
    /// Numbers of x32 have the token of x86_64, and no name of a list is theirs.
    fn policy(arch: Arch, said: &Said, [default, bad_arch]: [Action; 2]) -> Policy {
        let mut rules = Vec::new();
        for (name, conjunctions) in said {
            let Some(nr) = Syscall::by_name(name).and_then(|call| call.number(arch)) else {
                continue;
            };
            for (comparisons, action) in conjunctions {
                rules.push(Rule {
                    id: RuleId(0),
                    numbers: Numbers::one(nr),
                    comparisons: comparisons.clone(),
                    action: *action,
                });
            }
        }
        let mut sections = vec![Section { arch, rules }];
        if arch == Arch::X86_64 {
            sections.push(Section {
                arch: Arch::X32,
                rules: Vec::new(),
            });
        }
        Policy::new(default, bad_arch, sections).expect("no arch twice")
    }
}

/// The strictest answer among conjunctions, of which there is one at least.
fn strictest(conjunctions: &[Conjunction]) -> Action {
    let actions = conjunctions.iter().map(|&(_, action)| action);
    actions.min().expect("a part has an answer")
}

fn held_against(request: &Request<'_>, text: String, policy: Policy) -> Result<Listed, NoProfile> {
    let means = Diagram::of_policy(&policy, request.budget).map_err(NoProfile::Undecided)?;
    let mut differences = differences(request.diagram, &means, request.native)
        .map_err(|reason| NoProfile::Unwritable(Unwritable::Runs(reason)))?;
    if let Some(only) = request.arches {
        differences.retain(|difference| match difference.subject {
            Subject::Call(arch, _) | Subject::Numbers(arch, ..) | Subject::Arch(arch) => {
                only.contains(&arch)
            }
            Subject::OtherArches => false,
        });
    }
    let wider = differences
        .iter()
        .find_map(|difference| wider(request.diagram, &means, difference));
    Ok(Listed {
        text,
        policy,
        differences,
        wider,
    })
}
