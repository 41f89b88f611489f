//! CG301: clone3 without ENOSYS beside a clone that is allowed, wholly or in part.
//!
//! Apart from other pairs of calls, because glibc's fallback from one to the other depends on one errno.

use callgate_engines::How;
use callgate_policy::{Action, SeccompData};
use callgate_profile::{Problem, Severity, Span};
use callgate_syscalls::{Arch, Syscall, errno_by_name};

use crate::answers::{Answers, answers};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG301",
    title: "clone3 does not answer as clone's rules need it",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
glibc from 2.34 on starts threads by clone3, and falls back to clone if that is answered with ENOSYS, and with no other errno:
a profile that allows clone and refuses clone3 with EPERM breaks every threaded program.
clone3 takes its flags through a pointer, where a filter can't look:
a profile that filters the flags of clone and allows clone3 filters nothing.
Refuse clone3 with ENOSYS (errnoRet 38 on most arches), or allow both if the flags need no filter.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["clone", "read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 },
    { "names": ["clone", "read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.asked("--target podman")
.mended();

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let policy = &subject.resolved.policy;
    // No libc has programs for x32 that would notice.
    let arches = policy.sections().iter().map(|section| section.arch);
    let mut arches = arches.filter(|&arch| arch != Arch::X32);
    let problem = arches.find_map(|arch| of_arch(subject, arch));
    problem.into_iter().collect()
}

fn of_arch(subject: &Subject<'_>, arch: Arch) -> Option<Problem> {
    let policy = &subject.resolved.policy;
    let number = |name| Syscall::by_name(name).and_then(|call| call.number(arch));
    let (clone, clone3) = (number("clone")?, number("clone3")?);
    let by_clone = answers(policy, arch, clone);
    if !by_clone.may_make_the_call() {
        return None;
    }
    let call = SeccompData {
        nr: clone3,
        arch: arch.audit(),
        ..SeccompData::default()
    };
    let decision = policy.decide(&call);
    let enosys = errno_by_name(arch, "ENOSYS").unwrap_or(38);
    let message = match decision.action {
        Action::Errno(errno) if errno != enosys => format!(
            "clone3 is refused with {}, and glibc falls back to clone only for ENOSYS ({enosys})",
            errno_name(arch, errno)
        ),
        action if action.makes_the_call() && by_clone.always().is_none() && filters(&by_clone) => {
            "the flags of clone are filtered, and clone3 gets by: its flags stand behind a pointer"
                .to_owned()
        }
        _ => return None,
    };
    let place = |rule: Option<callgate_policy::RuleId>| {
        let origin = subject.resolved.origin(rule?);
        (origin.how != How::Ceiling).then_some(origin.name)
    };
    let of_clone = by_clone.rules.first().copied().or(by_clone.last);
    let of_clone = of_clone.and_then(|rule| Some((rule, place(Some(rule.id))?)));
    let default: Span = subject
        .profile
        .default_action
        .as_ref()
        .map_or(subject.profile.span, |action| action.span);
    let problem = LINT
        .problem(
            place(decision.rule)
                .or(of_clone.map(|(_, place)| place))
                .unwrap_or(default),
            message,
        )
        .note(format!("{arch}: clone3(0x0, 0x0) gets {}", decision.action))
        .help(format!(
            "refuse clone3 by a rule of its own with errnoRet {enosys}"
        ))
        .fix(
            "refuse clone3 with ENOSYS",
            subject.as_unknown(["clone3"], enosys),
        );
    Some(match of_clone {
        Some((rule, place)) if rule.action.makes_the_call() => {
            problem.related(place, "clone is allowed by this")
        }
        Some((_, place)) => problem.related(place, "clone is filtered by this"),
        None => problem,
    })
}

/// Whether some calls of the number are made and some are not.
fn filters(answers: &Answers<'_>) -> bool {
    let mut actions = answers
        .rules
        .iter()
        .map(|rule| rule.action)
        .chain([answers.otherwise]);
    let first = actions.next().is_some_and(Action::makes_the_call);
    actions.any(|action| action.makes_the_call() != first)
}

fn errno_name(arch: Arch, errno: u16) -> String {
    callgate_syscalls::errno_name(arch, errno).map_or_else(|| errno.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::codes;

    #[test]
    fn pairs_of_answers() {
        let clone = r#"{ "names": ["clone"], "action": "SCMP_ACT_ALLOW" }"#;
        let filtered = r#"{ "names": ["clone"], "action": "SCMP_ACT_ALLOW",
            "args": [ { "index": 0, "value": 268435456, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" } ] }"#;
        let clone3 = r#"{ "names": ["clone3"], "action": "SCMP_ACT_ALLOW" }"#;
        let enosys = r#"{ "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 }"#;
        let other = r#"{ "names": ["getpid"], "action": "SCMP_ACT_ALLOW" }"#;
        for (rules, found) in [
            ([clone, other], true),
            ([clone, enosys], false),
            ([clone, clone3], false),
            ([filtered, clone3], true),
            ([filtered, enosys], false),
            ([other, other], false),
        ] {
            let text = format!(
                r#"{{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ {} ] }}"#,
                rules.join(", ")
            );
            assert_eq!(
                codes(&text, "callgate").contains(&"CG301"),
                found,
                "{rules:?}"
            );
        }
    }
}
