//! CG204: a comparison of 64 bits of an argument of which the kernel looks at fewer.
//!
//! Apart from the other lints on comparisons, because it needs to know what the kernel does with the call.

use std::collections::HashSet;

use callgate_engines::How;
use callgate_policy::Section;
use callgate_profile::{Change, OpName, Problem, Severity, Span};
use callgate_syscalls::{Arch, Syscall};

use crate::answers::answers;
use crate::call::Call;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;
use crate::{witness, words};

pub(crate) const LINT: Lint = Lint {
    id: "CG204",
    title: "a refused call gets by with other high bits",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A filter sees registers of 64 bits, and the kernel looks at the low 32 of an `int` (or 16 of a mode).
A comparison looks at all of them, so a call that is refused may get by with other bits in the high half,
which the kernel drops: to it, both are the same call.
The lint shows such a pair of calls.
Compare with SCMP_CMP_MASKED_EQ and the mask 0xffffffff, or allow the values that are wanted by SCMP_CMP_EQ
instead of refusing those that are not; or compile with `--typed-args`, which compares what the kernel looks at.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 40, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 4294967295, "valueTwo": 40, "op": "SCMP_CMP_MASKED_EQ" }] }
  ]
}
"#,
)
.mended();

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut told = HashSet::new();
    for section in subject.resolved.policy.sections() {
        if section.arch.bits() == 32 {
            continue;
        }
        for (nr, call) in compared_calls(section) {
            for bypass in bypasses(subject, section.arch, nr, call) {
                if told.insert((call, bypass.index)) {
                    problems.push(problem(subject, section.arch, call, &bypass));
                }
            }
        }
    }
    problems
}

/// The calls for which some rule compares arguments.
fn compared_calls(section: &Section) -> Vec<(u32, Syscall)> {
    let compare = section
        .rules
        .iter()
        .filter(|rule| !rule.comparisons.is_empty());
    let numbers: HashSet<u32> = compare.map(|rule| rule.numbers.first).collect();
    let calls = numbers
        .into_iter()
        .filter_map(|nr| Some((nr, Syscall::by_number(section.arch, nr)?)));
    let mut calls: Vec<_> = calls.collect();
    calls.sort_unstable();
    calls
}

/// A call that is refused, and one that is not and that is the same to the kernel.
struct Bypass {
    index: usize,
    refused: Call,
    made: Call,
}

/// The first pair for each argument of which the kernel looks at fewer bits than the filter.
fn bypasses(subject: &Subject<'_>, arch: Arch, nr: u32, call: Syscall) -> Vec<Bypass> {
    let answers = answers(&subject.resolved.policy, arch, nr);
    let sets: Vec<_> = answers
        .rules
        .iter()
        .map(|rule| &rule.comparisons[..])
        .collect();
    let compared: HashSet<usize> = sets
        .iter()
        .flat_map(|set| set.iter())
        .map(|each| each.arg.index())
        .collect();
    let params = call.params_on(arch).unwrap_or_default();
    let candidates = witness::arguments(arch, sets);
    let action = |call: &Call| answers.action(&call.args);
    let mut found = Vec::new();
    for (index, param) in params
        .iter()
        .enumerate()
        .filter(|(index, _)| compared.contains(index))
    {
        let bits = param.kind.bits(arch);
        if bits >= 64 {
            continue;
        }
        let seen = (1_u64 << bits) - 1;
        let pair = candidates.iter().find_map(|&args| {
            let mut plain = args;
            plain[index] &= seen;
            let refused = Call {
                arch,
                nr,
                args: plain,
            };
            if action(&refused).makes_the_call() {
                return None;
            }
            // A value below all that are compared, or above: one bit more, or all.
            [1 << bits, !seen].into_iter().find_map(|high| {
                let mut args = plain;
                args[index] |= high;
                let made = Call { arch, nr, args };
                action(&made).makes_the_call().then_some(Bypass {
                    index,
                    refused,
                    made,
                })
            })
        });
        found.extend(pair);
    }
    found
}

fn problem(subject: &Subject<'_>, arch: Arch, call: Syscall, bypass: &Bypass) -> Problem {
    let policy = &subject.resolved.policy;
    let place = |call: &Call| {
        let decision = policy.decide(&call.data());
        let origin = decision.rule.map(|id| subject.resolved.origin(id));
        (
            origin
                .filter(|origin| origin.how != How::Ceiling)
                .map(|origin| origin.name),
            decision.action,
        )
    };
    let (by, made) = place(&bypass.made);
    let (refused_by, refused) = place(&bypass.refused);
    let whole: Span = subject.profile.span;
    let default = subject
        .profile
        .default_action
        .as_ref()
        .map_or(whole, |action| action.span);
    let name = words::parameter(arch, Some(call), bypass.index);
    let bits = call
        .params_on(arch)
        .map_or(32, |params| params[bypass.index].kind.bits(arch));
    let message = format!(
        "{} is refused, and {} gets by: the kernel looks at {bits} bits of `{name}`, the comparison at 64",
        bypass.refused, bypass.made
    );
    let problem = LINT
        .problem(by.or(refused_by).unwrap_or(default), message)
        .note(format!("{arch}: {refused} for the first, {made} for the second, and to the kernel they are the same call"))
        .help("compare with SCMP_CMP_MASKED_EQ under the mask 0xffffffff, or allow by SCMP_CMP_EQ what is wanted");
    let problem = match masked(subject, bits, bypass) {
        Some(changes) => problem.fix(format!("compare the low {bits} bits"), changes),
        None => problem,
    };
    match (by, refused_by) {
        (Some(_), Some(other)) if by != refused_by => problem.related(other, "refused here"),
        _ => problem,
    }
}

/// The comparison of the rule that refuses, of as many bits as the kernel looks at; none where it is not one SCMP_CMP_EQ.
fn masked(subject: &Subject<'_>, bits: u32, bypass: &Bypass) -> Option<Vec<Change>> {
    let rule = subject.rule_of(bypass.refused)?;
    let mut compared = rule.arguments().iter().filter(|argument| {
        let index = argument.value.index.as_ref();
        index.is_some_and(|index| usize::try_from(index.value) == Ok(bypass.index))
    });
    let argument = &compared.next()?.value;
    let (op, value) = (argument.op.as_ref()?, argument.value.as_ref()?);
    if compared.next().is_some() || op.value != OpName::Eq {
        return None;
    }
    let mask = (1_u64 << bits) - 1;
    let low = (value.value & mask).to_string();
    let masked = match &argument.value_two {
        Some(two) => Change::Replace(two.span, low),
        None => Change::After(value.span, "valueTwo", low),
    };
    Some(vec![
        Change::Replace(value.span, mask.to_string()),
        masked,
        Change::Replace(op.span, "\"SCMP_CMP_MASKED_EQ\"".to_owned()),
    ])
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{codes, messages};

    fn document(default: &str, action: &str, arg: &str) -> String {
        format!(
            r#"{{ "defaultAction": "{default}", "syscalls": [ {{ "names": ["socket"], "action": "{action}", "args": [ {arg} ] }} ] }}"#
        )
    }

    #[test]
    fn what_gets_by() {
        let ne = document(
            "SCMP_ACT_ERRNO",
            "SCMP_ACT_ALLOW",
            r#"{ "index": 0, "value": 9, "op": "SCMP_CMP_NE" }"#,
        );
        let eq = document(
            "SCMP_ACT_ALLOW",
            "SCMP_ACT_ERRNO",
            r#"{ "index": 0, "value": 9, "op": "SCMP_CMP_EQ" }"#,
        );
        for text in [ne, eq] {
            let found = messages(&text, "callgate", "CG204");
            let [message] = &found[..] else {
                panic!("{found:?}")
            };
            assert!(
                message.starts_with(
                    "socket(AF_X25, 0x0, 0x0) is refused, and socket(0x100000009, 0x0, 0x0) gets by"
                ),
                "{message}"
            );
        }
    }

    #[test]
    fn what_does_not() {
        let allowed = document(
            "SCMP_ACT_ERRNO",
            "SCMP_ACT_ALLOW",
            r#"{ "index": 0, "value": 1, "op": "SCMP_CMP_EQ" }"#,
        );
        let masked = document(
            "SCMP_ACT_ALLOW",
            "SCMP_ACT_ERRNO",
            r#"{ "index": 0, "value": 4294967295, "valueTwo": 9, "op": "SCMP_CMP_MASKED_EQ" }"#,
        );
        // The kernel looks at all of a pointer.
        let wide = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": ["munmap"], "action": "SCMP_ACT_ERRNO",
            "args": [ { "index": 0, "value": 4096, "op": "SCMP_CMP_EQ" } ] } ] }"#;
        for text in [&allowed, &masked, wide] {
            assert!(!codes(text, "callgate").contains(&"CG204"), "{text}");
        }
    }
}
