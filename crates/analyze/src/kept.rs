//! A document that lets through only what somebody needs of what it lets through now.
//!
//! Apart from the documents without what changes nothing, whose meaning stays: here calls are refused that nobody needs.

use std::collections::BTreeSet;

use callgate_engines::{Target, read};
use callgate_policy::{Action, Policy};
use callgate_profile::edit::{Edit, Text};
use callgate_profile::{ActionName, Extending, Options, Profile, SyscallRule, parse, parse_with};
use callgate_prove::Budget;
use callgate_syscalls::{Arch, Syscall, errno_by_name};

use crate::amend::{self, Answer, NotAmended, amend};
use crate::answers::all_answers;
use crate::diff::{Subject, differences};
use crate::minimal::meanings;

/// A document that lets less through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its text.
    pub text: String,
    /// How many names, or rules with all their names, went.
    pub names: usize,
    /// Calls that its bases let through, and that it refuses by name now.
    pub denied: usize,
    /// Needed calls that the document refused before, too, whatever their arguments are, for some target.
    pub refused: Vec<Syscall>,
}

/// The calls that a policy lets through with some arguments, on any arch that it names.
#[must_use]
pub fn made_by(policy: &Policy) -> BTreeSet<Syscall> {
    let arches = policy.sections().iter().map(|section| section.arch);
    let all = arches.flat_map(|arch| all_answers(policy, arch));
    let made = all.filter(|(_, answers)| answers.may_make_the_call());
    made.map(|(call, _)| call).collect()
}

/// Takes the names of all other calls out of the rules that let calls through.
///
/// What the rules of its bases let through under these targets, and nobody needs, the document refuses by name.
/// It is proved for each target that no call is let through that was refused, and that needed ones that were made still are.
///
/// # Errors
/// A target does not take the document, what it means is not decided, or the proof fails: then the default action lets calls through.
pub fn keep_only<'t>(
    text: impl Into<Extending<'t>>,
    needed: &BTreeSet<Syscall>,
    targets: &[Target],
    budget: Budget,
) -> Result<Kept, NotAmended> {
    let extending = text.into();
    let before = meanings(extending, targets, budget)?;
    let (text, names) = own_kept(extending.text, needed)?;
    let (text, denied) = match extending.bases.is_empty() {
        true => (text, 0),
        false => inherited_denied(extending.instead(&text), needed, targets, budget)?,
    };
    let after = meanings(extending.instead(&text), targets, budget)?;
    for (target, (before, after)) in targets.iter().zip(before.iter().zip(&after)) {
        if let Some(call) = after.less_strict(before) {
            return Err(NotAmended::Opens(Box::new(target.clone()), call));
        }
        let changed = differences(before, after, target.native).map_err(NotAmended::Runs)?;
        let lost = changed
            .iter()
            .find_map(|difference| match difference.subject {
                Subject::Call(_, call) if needed.contains(&call) => {
                    let mut witnesses = difference.witnesses.iter();
                    witnesses.find(|call| before.answer(call).makes_the_call())
                }
                _ => None,
            });
        if let Some(&call) = lost {
            return Err(NotAmended::Stays(Box::new(target.clone()), call));
        }
    }
    let refused = refused(&whole(extending)?, needed, targets)?;
    Ok(Kept {
        text,
        names,
        denied,
        refused,
    })
}

/// The text without the names in its own rules that nobody needs, and how many they were.
fn own_kept(text: &str, needed: &BTreeSet<Syscall>) -> Result<(String, usize), NotAmended> {
    let parsed = parse(text.as_bytes(), &Options::default());
    let profile = parsed.profile.ok_or(NotAmended::Unreadable)?;
    let text = Text::of(text.as_bytes()).ok_or(NotAmended::Unreadable)?;
    let (edits, names) = edits(&text, &profile, needed);
    let kept = text.apply(&edits).map_err(|_| NotAmended::Unreadable)?;
    Ok((kept, names))
}

/// The text with refusals of what its bases let through and nobody needs, and how many calls they are.
fn inherited_denied(
    extending: Extending<'_>,
    needed: &BTreeSet<Syscall>,
    targets: &[Target],
    budget: Budget,
) -> Result<(String, usize), NotAmended> {
    let whole = whole(extending)?;
    let rules = whole.rules().iter().map(|rule| &rule.value);
    let named: BTreeSet<Syscall> = rules
        .filter(|rule| lets_through(rule))
        .flat_map(SyscallRule::calls)
        .filter_map(|name| Syscall::by_name(&name.value))
        .collect();
    let made = made(&whole, targets)?;
    let subjects: Vec<amend::Subject> = named
        .intersection(&made)
        .filter(|call| !needed.contains(call))
        .map(|&call| amend::Subject {
            call,
            comparisons: Vec::new(),
        })
        .collect();
    let answer = refusal(&whole, targets)?;
    let amended = amend(extending, &subjects, answer, targets, budget)?;
    Ok((amended.text, subjects.len()))
}

/// The errno that the default action has for the first target, or EPERM where it is none.
fn refusal(whole: &Profile, targets: &[Target]) -> Result<Answer, NotAmended> {
    let default = targets.first().map(|target| meaning(whole, target));
    match default.transpose()?.map(|policy| policy.default()) {
        Some(Action::Errno(errno)) => Ok(Answer::Deny(errno)),
        _ => {
            let errno = errno_by_name(Arch::X86_64, "EPERM");
            Ok(Answer::Deny(errno.expect("every arch has it")))
        }
    }
}

/// What a text says together with its bases.
fn whole(extending: Extending<'_>) -> Result<Profile, NotAmended> {
    let Extending { text, bases } = extending;
    let parsed = parse_with(text.as_bytes(), &Options::default(), bases);
    parsed.profile.ok_or(NotAmended::Unreadable)
}

fn meaning(whole: &Profile, target: &Target) -> Result<Policy, NotAmended> {
    let refused = |refusal| NotAmended::Refused(Box::new(target.clone()), refusal);
    read(whole, target)
        .map(|resolved| resolved.policy)
        .map_err(refused)
}

/// The calls that some target lets through with some arguments.
fn made(whole: &Profile, targets: &[Target]) -> Result<BTreeSet<Syscall>, NotAmended> {
    let mut made = BTreeSet::new();
    for target in targets {
        made.extend(made_by(&meaning(whole, target)?));
    }
    Ok(made)
}

fn lets_through(rule: &SyscallRule) -> bool {
    let action = rule.action.as_ref().map(|action| &action.value);
    matches!(action, Some(ActionName::Allow | ActionName::Log))
}

/// What takes the names out, and how many they are.
fn edits(text: &Text<'_>, profile: &Profile, needed: &BTreeSet<Syscall>) -> (Vec<Edit>, usize) {
    let is_needed = |name: &str| Syscall::by_name(name).is_some_and(|call| needed.contains(&call));
    let mut edits = Vec::new();
    let mut rules = Vec::new();
    let mut count = 0;
    for (place, rule) in profile.rules().iter().enumerate() {
        if !lets_through(&rule.value) {
            continue;
        }
        let all: Vec<&str> = rule.value.calls().map(|name| name.value.as_str()).collect();
        let goes = all.iter().filter(|name| !is_needed(name)).count();
        count += goes;
        match &rule.value.names {
            _ if goes == all.len() => rules.push(place),
            Some(names) => {
                let names_that_go = names.value.iter().enumerate();
                let which: Vec<usize> = names_that_go
                    .filter(|(_, name)| !is_needed(&name.value))
                    .map(|(place, _)| place)
                    .collect();
                edits.extend(text.remove(names.span, &which));
            }
            None => {}
        }
    }
    if let Some(list) = &profile.syscalls {
        edits.extend(text.remove(list.span, &rules));
    }
    (edits, count)
}

/// Needed calls that no target of the document made before, where some target has them.
fn refused(
    profile: &Profile,
    needed: &BTreeSet<Syscall>,
    targets: &[Target],
) -> Result<Vec<Syscall>, NotAmended> {
    let mut refused = BTreeSet::new();
    for target in targets {
        let made = made_by(&meaning(profile, target)?);
        let has = |call: &&Syscall| call.number(target.native).is_some();
        refused.extend(needed.difference(&made).filter(has));
    }
    Ok(refused.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_profile::builtin::DOCKER_DEFAULT;
    use callgate_profile::{Base, Bases};

    fn calls(names: &[&str]) -> BTreeSet<Syscall> {
        let calls = names
            .iter()
            .map(|name| Syscall::by_name(name).expect("a call"));
        calls.collect()
    }

    fn target(name: &str) -> Target {
        Target::new(name.parse().expect("an engine"))
    }

    #[test]
    fn what_nobody_needs_goes_and_the_layout_stays() {
        let text = r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write", "chmod"], "action": "SCMP_ACT_ALLOW", "comment": "files" },
    { "names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": { "minKernel": "4.8" } },
    { "names": ["chmod"], "action": "SCMP_ACT_KILL_PROCESS" },
    { "name": "getpid", "action": "SCMP_ACT_LOG" }
  ]
}
"#;
        let needed = calls(&["write", "getpid", "mount"]);
        let kept = keep_only(text, &needed, &[target("callgate")], Budget::default());
        let kept = kept.expect("it lets less through");
        assert_eq!(
            (kept.names, &kept.refused[..]),
            (3, &[Syscall::by_name("mount").expect("a call")][..])
        );
        let expected = text
            .replace(r#"["read", "write", "chmod"]"#, r#"["write"]"#)
            .replace("    { \"names\": [\"ptrace\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": { \"minKernel\": \"4.8\" } },\n", "");
        assert_eq!(kept.text, expected);
    }

    #[test]
    fn of_dockers_default_only_what_is_needed_is_made() {
        let needed = calls(&[
            "read",
            "write",
            "execve",
            "exit_group",
            "personality",
            "clone",
        ]);
        for engine in [
            "callgate",
            "docker@20.10",
            "docker@28",
            "containerd",
            "crun",
        ] {
            let target = target(engine);
            let kept = keep_only(
                DOCKER_DEFAULT,
                &needed,
                std::slice::from_ref(&target),
                Budget::default(),
            );
            let kept = kept.unwrap_or_else(|reason| panic!("{engine}: {reason}"));
            assert_eq!(kept.refused, [], "{engine}");
            let profile = parse(kept.text.as_bytes(), &Options::default()).profile;
            let policy = read(&profile.expect("a profile"), &target)
                .expect("a meaning")
                .policy;
            assert_eq!(made_by(&policy), needed, "{engine}");
        }
    }

    #[test]
    fn what_a_base_lets_through_is_refused_by_name() {
        let base = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [
            { "names": ["read", "write", "chmod", "mount"], "action": "SCMP_ACT_ALLOW" },
            { "names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_BPF"] } },
            { "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_EQ" }] } ] }"#;
        let text = r#"{
  "x-extends": "base.json",
  "syscalls": [
    { "names": ["chmod", "getpid"], "action": "SCMP_ACT_LOG" },
    { "names": ["mount"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#;
        let bases = Bases::of(vec![Base {
            name: "base.json".to_owned(),
            text: base.into(),
        }]);
        let extending = Extending {
            text,
            bases: &bases,
        };
        for engine in ["callgate", "docker@28"] {
            let targets = [target(engine)];
            let needed = calls(&["write", "getpid"]);
            let kept = keep_only(extending, &needed, &targets, Budget::default());
            let kept = kept.unwrap_or_else(|reason| panic!("{engine}: {reason}"));
            // What the base lets through elsewhere alone is no concern of these targets.
            assert_eq!((kept.names, kept.denied), (1, 3), "{engine}: {}", kept.text);
            let after = whole(extending.instead(&kept.text)).expect("a profile");
            let made = made(&after, &targets).expect("a meaning");
            assert_eq!(made, needed, "{engine}: {}", kept.text);
            assert!(
                kept.text
                    .contains(r#"{ "names": ["getpid"], "action": "SCMP_ACT_LOG" }"#),
                "{engine}: {}",
                kept.text
            );
        }
    }

    #[test]
    fn a_default_that_lets_calls_through_may_lose_its_exceptions() {
        let text = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{ "names": ["read"], "action": "SCMP_ACT_LOG" }] }"#;
        let done = keep_only(
            text,
            &calls(&["write"]),
            &[target("callgate")],
            Budget::default(),
        );
        assert!(matches!(done, Err(NotAmended::Opens(..))), "{done:?}");
    }
}
