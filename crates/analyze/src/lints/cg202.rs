//! CG202: two `NE` of one argument in one rule, which Docker takes for every call.
//!
//! Apart from CG201, because here the rule is not only wider than it looks: it matches everything.

use callgate_policy::{Arg, Comparison, Test};
use callgate_profile::{OpName, Problem, Severity, SyscallRule};
use callgate_syscalls::Syscall;

use crate::call::Call;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG202",
    title: "two `NE` of one argument in one rule",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule asks that an argument is neither of two values.
runc, crun and youki take every comparison for itself as soon as one argument is compared twice;
each value differs from one of the two, so the rule matches every call.
Write a rule with one NE, or rules for the values that are meant.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_NE" }, { "index": 0, "value": 2, "op": "SCMP_CMP_NE" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 4294967295, "valueTwo": 16, "op": "SCMP_CMP_MASKED_EQ" }] },
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 4294967295, "valueTwo": 17, "op": "SCMP_CMP_MASKED_EQ" }] }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let rules = subject.profile.rules().iter();
    rules.filter_map(|rule| {
        let (index, [first, second]) = repeated(&rule.value)?;
        let shown = witness(subject, &rule.value, index, first)?;
        let argument = &rule.value.arguments()[second.place];
        let message = format!("argument {index} differs from one of {:#x} and {:#x} in every call, and runc takes each comparison for itself", first.value, second.value);
        Some(
            LINT.problem(argument.span, message)
                .label("with this the rule matches every call")
                .related(rule.value.arguments()[first.place].span, "the other one")
                .note(shown),
        )
    })
    .collect()
}

/// A value that an argument must not be, and the place of that comparison in the rule.
#[derive(Clone, Copy)]
pub(super) struct Unwanted {
    place: usize,
    value: u64,
}

/// Two values that one argument must not be.
pub(super) fn repeated(rule: &SyscallRule) -> Option<(u64, [Unwanted; 2])> {
    let unwanted: Vec<(u64, Unwanted)> = rule
        .arguments()
        .iter()
        .enumerate()
        .filter(|(_, argument)| {
            argument
                .value
                .op
                .as_ref()
                .is_some_and(|op| op.value == OpName::Ne)
        })
        .map(|(place, argument)| {
            let number = |field: &Option<callgate_profile::Spanned<u64>>| {
                field.as_ref().map_or(0, |number| number.value)
            };
            (
                number(&argument.value.index),
                Unwanted {
                    place,
                    value: number(&argument.value.value),
                },
            )
        })
        .collect();
    unwanted
        .iter()
        .enumerate()
        .find_map(|(at, &(index, second))| {
            let first = unwanted[..at]
                .iter()
                .find(|(other, first)| *other == index && first.value != second.value)?;
            Some((index, [first.1, second]))
        })
}

/// A call with the first value that must not be, decided by the rule all the same.
fn witness(
    subject: &Subject<'_>,
    rule: &SyscallRule,
    index: u64,
    unwanted: Unwanted,
) -> Option<String> {
    let read = subject.docker_beside_callgate().unwrap_or(subject.resolved);
    let comparison = Comparison::new(Arg::new(index)?, Test::Eq(unwanted.value));
    rule.calls().find_map(|name| {
        let named = Syscall::by_name(&name.value)?;
        read.policy.sections().iter().find_map(|section| {
            let args = callgate_engines::arguments_for(section.arch, &[comparison])?;
            let call = Call {
                arch: section.arch,
                nr: named.number(section.arch)?,
                args,
            };
            let decision = read.policy.decide(&call.data());
            let origin = read.origin(decision.rule?);
            (origin.name == name.span).then(|| {
                format!(
                    "docker, {}: {call} gets {}, by this rule",
                    section.arch, decision.action
                )
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::codes;

    #[test]
    fn neither_of_two_values() {
        let rule = |second: &str| {
            format!(
                r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ {{ "names": ["getpgid"], "action": "SCMP_ACT_ERRNO",
                "args": [ {{ "index": 0, "value": 1, "op": "SCMP_CMP_NE" }}, {second} ] }} ] }}"#
            )
        };
        let same = rule(r#"{ "index": 0, "value": 2, "op": "SCMP_CMP_NE" }"#);
        let other = rule(r#"{ "index": 1, "value": 2, "op": "SCMP_CMP_NE" }"#);
        for target in ["callgate", "docker"] {
            assert!(codes(&same, target).contains(&"CG202"), "{target}");
            assert!(!codes(&other, target).contains(&"CG202"), "{target}");
        }
    }
}
