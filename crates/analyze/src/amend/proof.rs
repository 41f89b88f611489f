//! Whether an edit does what was asked and no more: every candidate is read anew by every target, and held against what it should mean.
//!
//! Apart from the candidates, which guess.

use callgate_engines::{Target, read};
use callgate_policy::{Action, Comparison, Numbers, Policy, Rule, RuleId, Section, Test};
use callgate_profile::{ActionName, Bases, Extending, Options, SyscallRule, parse_with};
use callgate_prove::{Budget, Diagram, Fixed};
use callgate_syscalls::Arch;

use super::candidates::{self, Rewritten};
use super::{Amended, Answer, NotAmended, Subject};
use crate::conjunctions::{Style, Writer};
use crate::diff::differences;

/// The smallest edit of `text` after which the calls get the answer under every target, and no other call a less strict one than before.
///
/// Its bases stay as they are: what they say of a call of which only a part changes is first written down beside it.
///
/// # Errors
/// There is none among the edits that are tried, and why the nearest is none.
pub fn amend<'t>(
    text: impl Into<Extending<'t>>,
    subjects: &[Subject],
    answer: Answer,
    targets: &[Target],
    budget: Budget,
) -> Result<Amended, NotAmended> {
    let text = text.into();
    let before = targets
        .iter()
        .map(|target| Held::of(text, target, budget))
        .collect::<Result<Vec<_>, _>>()?;
    let mut open: Vec<Subject> = Vec::new();
    for subject in subjects {
        for held in &before {
            if !held.has(std::slice::from_ref(subject), answer, budget)? {
                open.push(subject.clone());
                break;
            }
        }
    }
    if open.is_empty() {
        return Ok(Amended {
            text: text.text.to_owned(),
            also: vec![Vec::new(); targets.len()],
        });
    }
    let mut reason = None;
    for candidate in texts(text, &open, answer, &before, budget) {
        match judge(text.instead(&candidate), &open, answer, &before, budget) {
            Ok(also) => {
                return Ok(Amended {
                    text: candidate,
                    also,
                });
            }
            Err(why) => {
                // What opens too much says more than what does nothing.
                if reason.is_none() || matches!(why, NotAmended::Opens(..)) {
                    reason = Some(why);
                }
            }
        }
    }
    Err(reason.unwrap_or(NotAmended::Unreadable))
}

/// What a text means to a target.
struct Held<'t> {
    target: &'t Target,
    policy: Policy,
    diagram: Diagram,
}

impl<'t> Held<'t> {
    fn of(text: Extending<'_>, target: &'t Target, budget: Budget) -> Result<Self, NotAmended> {
        let parsed = parse_with(text.text.as_bytes(), &Options::default(), text.bases);
        let profile = parsed.profile.ok_or(NotAmended::Unreadable)?;
        let refused = |refusal| NotAmended::Refused(Box::new(target.clone()), refusal);
        let policy = read(&profile, target).map_err(refused)?.policy;
        let diagram = Diagram::of_policy(&policy, budget).map_err(NotAmended::Undecided)?;
        Ok(Self {
            target,
            policy,
            diagram,
        })
    }

    /// What it would mean if the subjects had an action before every rule.
    fn with(
        &self,
        subjects: &[Subject],
        action: Action,
        budget: Budget,
    ) -> Result<Diagram, NotAmended> {
        let section = |section: &Section| {
            let own = subjects.iter().filter_map(|subject| {
                Some(Rule {
                    id: RuleId(0),
                    numbers: Numbers::one(subject.call.number(section.arch)?),
                    comparisons: subject.comparisons.clone(),
                    action,
                })
            });
            Section {
                arch: section.arch,
                rules: own.chain(section.rules.iter().cloned()).collect(),
            }
        };
        let sections = self.policy.sections().iter().map(section).collect();
        let policy = Policy::new(self.policy.default(), self.policy.bad_arch(), sections)
            .and_then(|policy| policy.with_unnamed(self.policy.unnamed().to_vec()))
            .expect("the sections were those of a policy");
        Diagram::of_policy(&policy, budget).map_err(NotAmended::Undecided)
    }

    /// Whether all of the subjects have the answer; what is denied in whichever way is denied.
    fn has(
        &self,
        subjects: &[Subject],
        answer: Answer,
        budget: Budget,
    ) -> Result<bool, NotAmended> {
        Ok(match answer {
            Answer::Allow => self.with(subjects, Action::Allow, budget)? == self.diagram,
            Answer::Deny(_) => {
                // An errno, whichever it is, must be the least strict that any of them gets.
                let mildest = self.with(subjects, Action::Errno(0), budget)?;
                self.diagram.less_strict(&mildest).is_none()
            }
        })
    }
}

/// What else each target answers differently after an edit that does it and opens nothing.
fn judge(
    candidate: Extending<'_>,
    subjects: &[Subject],
    answer: Answer,
    before: &[Held<'_>],
    budget: Budget,
) -> Result<Vec<Vec<crate::diff::Difference>>, NotAmended> {
    let mut also = Vec::new();
    for held in before {
        let target = || Box::new(held.target.clone());
        let after = Held::of(candidate, held.target, budget)?;
        let wanted = after.with(subjects, answer.action(), budget)?;
        if let Some(call) = after.diagram.witness(&wanted) {
            return Err(NotAmended::Stays(target(), call));
        }
        let expected = held.with(subjects, answer.action(), budget)?;
        if let Some(call) = after.diagram.less_strict(&expected) {
            return Err(NotAmended::Opens(target(), call));
        }
        if let (Answer::Deny(_), Some(call)) = (answer, after.diagram.less_strict(&held.diagram)) {
            return Err(NotAmended::Opens(target(), call));
        }
        let found = differences(&expected, &after.diagram, held.target.native);
        also.push(found.map_err(NotAmended::Runs)?);
    }
    Ok(also)
}

/// The texts to try, the smallest edit first.
fn texts(
    extending: Extending<'_>,
    subjects: &[Subject],
    answer: Answer,
    before: &[Held<'_>],
    budget: Budget,
) -> Vec<String> {
    let action = crate::decompile::action_name(answer.action());
    let names: Vec<&str> = subjects.iter().map(|subject| subject.call.name()).collect();
    let says_other = |rule: &SyscallRule| {
        let is_other = |name: &ActionName| *name != action;
        rule.action
            .as_ref()
            .is_some_and(|name| is_other(&name.value))
            && rule.includes.is_none()
            && rule.excludes.is_none()
    };
    let mut texts = Vec::new();
    let partly: Vec<&str> = subjects
        .iter()
        .filter(|subject| !subject.comparisons.is_empty())
        .map(|subject| subject.call.name())
        .collect();
    let Some(text) = candidates::taken_over(extending, &partly) else {
        return texts;
    };
    let text = text.as_str();
    if partly.is_empty()
        && let Some(removed) = candidates::removed(text, &names, says_other)
    {
        let added = candidates::added(&removed, subjects, answer);
        texts.push(removed);
        texts.extend(added);
    }
    texts.extend(candidates::added(text, subjects, answer));
    let mut asked = vec![subjects.to_vec()];
    if let Answer::Deny(_) = answer {
        asked.push(subjects.iter().map(whatever_its_high_half).collect());
    }
    for held in before {
        for subjects in &asked {
            let Some(calls) = rewritten(held, subjects, answer, extending.bases, budget) else {
                continue;
            };
            texts.extend(candidates::rewritten(text, &calls));
            if let [call] = &calls[..] {
                texts.extend(candidates::rewritten_under_conditions(text, call));
            }
        }
    }
    texts.retain(|candidate| candidate != extending.text);
    texts.dedup();
    texts
}

/// More calls than the subject: those too whose argument has other bits in its high half, of which arches of 32 bits know nothing.
fn whatever_its_high_half(subject: &Subject) -> Subject {
    const LOW: u64 = 0xffff_ffff;
    let low = |comparison: &Comparison| match comparison.test {
        Test::Eq(value) if value <= LOW => {
            Comparison::new(comparison.arg, Test::MaskedEq { mask: LOW, value })
        }
        _ => *comparison,
    };
    Subject {
        comparisons: subject.comparisons.iter().map(low).collect(),
        ..subject.clone()
    }
}

/// How a target would have to be told all that these calls get.
fn rewritten(
    held: &Held<'_>,
    subjects: &[Subject],
    answer: Answer,
    bases: &Bases,
    budget: Budget,
) -> Option<Vec<Rewritten>> {
    let wanted = held.with(subjects, answer.action(), budget).ok()?;
    let mut calls: Vec<Rewritten> = Vec::new();
    for subject in subjects {
        let name = subject.call.name();
        if calls.iter().any(|call| call.name == name) {
            continue;
        }
        let arches = held.policy.sections().iter().map(|section| section.arch);
        let mut arches: Vec<Arch> = arches.collect();
        arches.sort_by_key(|arch| arch.bits() == 32);
        let (arch, number) = arches
            .iter()
            .find_map(|&arch| Some((arch, subject.call.number(arch)?)))?;
        let part = wanted.part(Fixed::Number(arch.audit(), number)).0;
        let mut writer = Writer::new(&wanted, arch, Style::OneEach, MOST_RULES);
        let rules = writer.write(part).ok()?;
        let default = held.policy.default();
        // A call that is not named gets what the base says.
        let rules = rules
            .into_iter()
            .filter(|(_, action)| *action != default || !bases.is_empty());
        calls.push(Rewritten {
            name,
            rules: rules.collect(),
        });
    }
    Some(calls)
}

/// The most rules that one call is given: not to be a value of 64 bits takes one for each of them, where two comparisons of an argument
/// are alternatives.
const MOST_RULES: usize = 128;
