//! CG605: calls are refused with which every program begins.
//!
//! Apart from CG601, whose calls are the runtime's and not the program's.

use callgate_profile::{Problem, Severity};

use super::listed::some_of;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG605",
    title: "calls are refused with which every program begins",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Here(find),
};

const PAGE: &str = "\
The loader and the libc of a program map memory, set up threads and signals before `main`.
A profile that refuses one of these calls lets no ordinary program begin; restart_syscall is made by the kernel's order after a signal, and no program expects it to fail.
A static program without a libc may do without; else allow them.
";

/// What a loader and a libc make in every start, and restart_syscall.
const AT_THE_START: &[&str] = &[
    "mmap",
    "mprotect",
    "munmap",
    "brk",
    "set_tid_address",
    "rt_sigprocmask",
    "rt_sigaction",
    "restart_syscall",
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arch = subject.target.native;
    let refused = AT_THE_START
        .iter()
        .filter_map(|&name| Some((name, subject.never_made(arch, name)?)));
    let refused: Vec<_> = refused.collect();
    // A profile that makes no call at all has other lints.
    if subject.makes_nothing(arch) {
        return Vec::new();
    }
    let Some(&(_, first)) = refused.first() else {
        return Vec::new();
    };
    let names: Vec<&str> = refused.iter().map(|&(name, _)| name).collect();
    let message = format!(
        "programs begin with calls that this refuses: {}",
        some_of(&names)
    );
    vec![
        LINT.problem(subject.place_of(first), message)
            .note(subject.shown(first)),
    ]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{finds, refusing};

    #[test]
    fn refused_and_not() {
        assert!(finds(&refusing(&["brk"]), "docker", "CG605"));
        assert!(!finds(&refusing(&["getpgid"]), "docker", "CG605"));
    }
}
