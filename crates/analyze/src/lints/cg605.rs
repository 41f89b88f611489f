//! CG605: calls are refused with which every program begins.
//!
//! Apart from CG601, whose calls are the runtime's and not the program's.

use callgate_profile::{Problem, Severity};

use super::listed::refused;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG605",
    title: "calls are refused with which every program begins",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The loader and the libc of a program map memory, set up threads and signals before `main`.
A profile that refuses one of these calls lets no ordinary program begin.
The kernel has restart_syscall made when a call that waits, as nanosleep, goes on after the process was stopped, and no program expects that to fail.
A static program without a libc may do without; else allow them.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["mprotect"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["pkey_mprotect"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
);

/// What a loader and a libc make in every start.
const AT_THE_START: &[&str] = &[
    "mmap",
    "mprotect",
    "munmap",
    "brk",
    "set_tid_address",
    "rt_sigprocmask",
    "rt_sigaction",
];

/// What the kernel has a program make after a signal.
const AFTER_A_SIGNAL: &[&str] = &["restart_syscall"];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let at_the_start = refused(subject, AT_THE_START).map(|(first, names)| {
        let message = format!("programs begin with calls that this refuses: {names}");
        (first, message)
    });
    let found = at_the_start.or_else(|| {
        let (call, name) = refused(subject, AFTER_A_SIGNAL)?;
        let message = format!("{name} is refused, by which calls that wait go on after a stop");
        Some((call, message))
    });
    let problem = found.map(|(call, message)| {
        LINT.problem(subject.place_of(call), message)
            .note(subject.shown(call))
    });
    problem.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{finds, refusing};

    #[test]
    fn refused_and_not() {
        assert!(finds(&refusing(&["brk"]), "docker", "CG605"));
        assert!(finds(&refusing(&["restart_syscall"]), "docker", "CG605"));
        assert!(!finds(&refusing(&["getpgid"]), "docker", "CG605"));
    }
}
