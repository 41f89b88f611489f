//! CG311: an action or a flag that the kernel does not have.
//!
//! Apart from CG114, which is about conditions on the kernel.

use callgate_profile::{ActionName, FlagName, Problem, Severity};
use callgate_syscalls::Release;

use super::written::actions;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG311",
    title: "an action or a flag that the kernel does not have",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
With `--kernel` a release is stated, and that release does not know an action or a flag of the profile.
SCMP_ACT_LOG and SCMP_ACT_KILL_PROCESS came with 4.14, SCMP_ACT_NOTIFY with 5.0, the flag WAIT_KILLABLE_RECV with 5.19.
Older kernels refuse the filter or kill for an action that they do not know.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_KILL_PROCESS",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
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
.asked("--kernel 4.9");

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let kernel = subject.target.kernel;
    let actions = actions(subject.profile).filter_map(|action| {
        Some((
            action.span,
            action.value.to_string(),
            of_action(&action.value)?,
        ))
    });
    let flags = subject.profile.flags.iter().flat_map(|flags| &flags.value);
    let flags =
        flags.filter_map(|flag| Some((flag.span, flag.value.to_string(), of_flag(&flag.value)?)));
    let too_new = actions.chain(flags).filter(|(.., since)| kernel < *since);
    too_new
        .map(|(span, word, since)| {
            let message = format!("{word} needs Linux {since}, and the target has {kernel}");
            LINT.problem(span, message)
        })
        .collect()
}

/// The release that brought an action; none where filters always had it.
const fn of_action(action: &ActionName) -> Option<Release> {
    match action {
        ActionName::Log | ActionName::KillProcess => Some(Release::new(4, 14)),
        ActionName::Notify => Some(Release::new(5, 0)),
        _ => None,
    }
}

/// The release that brought a flag (seccomp(2)).
const fn of_flag(flag: &FlagName) -> Option<Release> {
    match flag {
        FlagName::Log => Some(Release::new(4, 14)),
        FlagName::SpecAllow => Some(Release::new(4, 17)),
        FlagName::WaitKillableRecv => Some(Release::new(5, 19)),
        FlagName::Tsync | FlagName::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use callgate_engines::Target;
    use callgate_syscalls::Release;

    use crate::lints::testing::{document, problems_by};
    use crate::{Context, Standard};

    #[test]
    fn by_kernel() {
        let found = |kernel| {
            let target = Target {
                kernel,
                ..Target::default()
            };
            let standard = Standard::new(target, Context::Container);
            let problems = problems_by(&document("SCMP_ACT_KILL_PROCESS", &[]), &standard);
            problems.iter().any(|problem| problem.code == "CG311")
        };
        assert!(found(Release::new(4, 9)));
        assert!(!found(Release::new(5, 10)));
    }
}
