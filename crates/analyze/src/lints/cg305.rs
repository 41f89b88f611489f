//! CG305: the target ignores conditions, and opens what they close.
//!
//! Apart from CG223, which names every field that is not read, whether or not anything hangs on it.

use callgate_policy::Policy;
use callgate_profile::{Problem, Severity, Span};
use callgate_syscalls::Arch;

use super::listed::some_of;
use crate::answers::all_answers;
use crate::call::Call;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;
use crate::witness;

pub(crate) const LINT: Lint = Lint {
    id: "CG305",
    title: "the target ignores conditions, and opens what they close",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The profile has conditions in Docker's dialect: `includes`, `excludes`, `minKernel`, `archMap`.
The target reads another dialect and takes every rule as if they were not there, so calls are made that Docker refuses under the same profile.
containerd does so with profiles of type Localhost, and with it Kubernetes; Podman and CRI-O leave out `minKernel` alone.
Export the profile for the target, with the conditions resolved.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.asked("--target containerd");

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let conditions = conditions(subject);
    let Some(&first) = conditions.first() else {
        return Vec::new();
    };
    let Some(docker) = subject.docker() else {
        return Vec::new();
    };
    // callgate reads the conditions as Docker does, and what else differs is told by other lints.
    if subject.runtime().is_none() {
        return Vec::new();
    }
    let native = subject.target.native;
    let opened = opened(&docker.policy, &subject.resolved.policy, native);
    let target = &subject.target;
    let Some(&call) = opened.first() else {
        return Vec::new();
    };
    let names: Vec<String> = opened
        .iter()
        .filter_map(|call| Some(call.syscall()?.name().to_owned()))
        .collect();
    let message = format!(
        "{target} ignores the conditions, and makes {} that Docker refuses: {}",
        match opened.len() {
            1 => "a call".to_owned(),
            many => format!("{many} calls"),
        },
        some_of(&names)
    );
    let problem = LINT
        .problem(first, message)
        .note(format!(
            "{native}: {call} gets {} from docker, {} from {target}",
            docker.policy.decide(&call.data()).action,
            subject.decide(call).action
        ))
        .help("resolve the conditions for the target before it gets the profile");
    let lost = docker.policy.sections().iter();
    let lost = lost.filter(|section| subject.resolved.policy.section(section.arch).is_none());
    let lost: Vec<&str> = lost.map(|section| section.arch.name()).collect();
    vec![match lost.is_empty() {
        true => problem,
        false => problem.note(format!(
            "and with `archMap` ignored, every call of {} gets {}",
            lost.join(" and "),
            subject.resolved.policy.bad_arch()
        )),
    }]
}

/// Where the document has conditions.
fn conditions(subject: &Subject<'_>) -> Vec<Span> {
    let rules = subject.rules().iter().flat_map(|rule| {
        let both = [&rule.value.includes, &rule.value.excludes];
        both.into_iter().flatten().map(|asked| asked.span)
    });
    rules.collect()
}

/// Calls of an arch that the second makes and the first refuses, one a number.
fn opened(first: &Policy, second: &Policy, arch: Arch) -> Vec<Call> {
    let firsts = all_answers(first, arch).into_iter();
    let both = firsts.zip(all_answers(second, arch));
    both.filter_map(|((call, one), (_, two))| {
        let nr = call.number(arch)?;
        if one.rules.is_empty() && two.rules.is_empty() {
            let is_opened = two.otherwise.makes_the_call() && !one.otherwise.makes_the_call();
            return is_opened.then_some(Call {
                arch,
                nr,
                args: [0; 6],
            });
        }
        let sets = one.rules.iter().chain(&two.rules);
        let tried = witness::arguments(arch, sets.map(|rule| &rule.comparisons[..]));
        let args = tried
            .into_iter()
            .find(|args| two.action(args).makes_the_call() && !one.action(args).makes_the_call())?;
        Some(Call { arch, nr, args })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds};

    #[test]
    fn a_condition_that_nobody_reads() {
        let rule = r#"{ "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } }"#;
        let asks = document("SCMP_ACT_ERRNO", &[rule]);
        let held = asks.replace("CAP_SYS_ADMIN", "CAP_CHOWN");
        assert!(finds(&asks, "containerd", "CG305"));
        assert!(!finds(&asks, "docker", "CG305"));
        assert!(!finds(&asks, "podman", "CG305"));
        assert!(!finds(&held, "containerd", "CG305"));
    }
}
