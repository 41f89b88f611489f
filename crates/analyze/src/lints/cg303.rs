//! CG303: calls of a later Linux are refused as if forbidden.
//!
//! Apart from CG302, whose calls are older than the profile.

use callgate_bpf::Action;
use callgate_profile::{Problem, Severity};
use callgate_syscalls::errno_by_name;

use crate::call::Call;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG303",
    title: "calls of a later Linux are refused as if forbidden",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
What no rule names gets an errno, and it is not ENOSYS; the target has no ceiling above which it would be.
A libc of next year tries a call of next year, and takes another way only after ENOSYS.
Write \"defaultErrnoRet\": 38, and rules with EPERM for what is to look forbidden.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 38,
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.asked("--target podman");

/// So far above all numbers that a later call may be there.
const LATER: u32 = 0xff0;

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arch = subject.target.native;
    if subject.resolved.policy.section(arch).is_none() {
        return Vec::new();
    }
    let later = Call {
        arch,
        nr: LATER,
        args: [0; 6],
    };
    let enosys = errno_by_name(arch, "ENOSYS").unwrap_or(38);
    let Action::Errno(errno) = subject.decide(later).action else {
        return Vec::new();
    };
    if errno == enosys || subject.makes_nothing(arch) {
        return Vec::new();
    }
    let message = "a call of a later Linux is refused, and no libc falls back after that errno";
    let help = format!("\"defaultErrnoRet\": {enosys} tells a program that there is no such call");
    vec![
        LINT.problem(subject.default_place(), message)
            .note(subject.shown(later))
            .help(help),
    ]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds};

    #[test]
    fn by_target_and_errno() {
        let eperm = allowing(&["read", "write"]);
        let enosys = eperm.replacen('{', r#"{ "defaultErrnoRet": 38,"#, 1);
        assert!(finds(&eperm, "docker+crun", "CG303"));
        assert!(!finds(&eperm, "docker", "CG303"));
        assert!(!finds(&enosys, "docker+crun", "CG303"));
    }
}
