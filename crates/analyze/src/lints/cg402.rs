//! CG402: other processes can be read or steered.
//!
//! Apart from CG403, because here the kernel's release decides, too.

use callgate_profile::{Problem, Severity};
use callgate_syscalls::Release;

use super::listed::{Ordinary, allowed};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG402",
    title: "other processes can be read or steered",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
Before Linux 4.8 a tracer could change the number of a call after the filter had looked at it: whoever may call ptrace had no filter.
Docker's default allows ptrace and process_vm_readv only from that release on.
In `--context sandbox` they are worth a word on any kernel, as are pidfd_getfd and kcmp: one process of the sandbox gets at another's memory and files.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["ptrace", "read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.asked("--context sandbox");

/// The calls, the plainest first.
const CALLS: &[&str] = &[
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
    "process_madvise",
];

/// The first release on which a tracer does not get by.
const MENDED: Release = Release::new(4, 8);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.target.kernel < MENDED {
        let why = format!(
            "on Linux {} this goes around the filter",
            subject.target.kernel
        );
        return allowed(subject, &LINT, &CALLS[..1], Ordinary::Nothing, &why);
    }
    let ordinary = match subject.standard.is_strict() {
        true => Ordinary::Nothing,
        false => Ordinary::Baseline,
    };
    let why = "this gets at the memory or the files of other processes";
    allowed(subject, &LINT, CALLS, ordinary, why)
}

#[cfg(test)]
mod tests {
    use callgate_engines::Target;
    use callgate_syscalls::Release;

    use crate::lints::testing::{allowing, problems_by};
    use crate::{Context, Standard};

    #[test]
    fn by_kernel_and_context() {
        let found = |kernel, context| {
            let target = Target {
                kernel,
                ..Target::default()
            };
            let problems = problems_by(&allowing(&["ptrace"]), &Standard::new(target, context));
            problems.iter().any(|problem| problem.code == "CG402")
        };
        assert!(found(Release::new(4, 4), Context::Container));
        assert!(found(Release::new(6, 1), Context::Sandbox));
        assert!(!found(Release::new(6, 1), Context::Container));
    }
}
