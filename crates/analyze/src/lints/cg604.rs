//! CG604: calls are refused that Go's runtime makes at any time.
//!
//! Apart from CG601, whose calls are made in every start: these are a matter of timing.

use callgate_engines::Runtime;
use callgate_profile::{Problem, Severity};

use super::listed::refused;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG604",
    title: "calls are refused that Go's runtime makes at any time",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
runc is written in Go, and Go's runtime looks after threads, timers and memory whenever it has to, also between the filter and the program.
A profile that refuses these calls starts nine containers of ten, and the tenth fails or hangs.
Allow them, if the program itself makes no harm with them.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["futex"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["futex_waitv"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
);

/// What Go's runtime makes for itself.
const OF_GO: &[&str] = &[
    "futex",
    "tgkill",
    "rt_sigreturn",
    "nanosleep",
    "sched_yield",
    "sigaltstack",
    "rt_sigprocmask",
    "mmap",
    "munmap",
    "madvise",
    "epoll_pwait",
    "getpid",
    "gettid",
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let is_go = matches!(subject.runtime(), Some(Runtime::Runc(_)));
    if !is_go || !subject.standard.is_of_a_container() {
        return Vec::new();
    }
    let refused = refused(subject, OF_GO);
    let problem = refused.map(|(first, names)| {
        let message = format!("runc may need {names} at any time, as every program in Go");
        LINT.problem(subject.place_of(first), message)
            .note(subject.shown(first))
    });
    problem.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{finds, refusing};

    #[test]
    fn by_runtime() {
        assert!(finds(&refusing(&["futex"]), "docker", "CG604"));
        assert!(!finds(&refusing(&["futex"]), "docker+crun", "CG604"));
        assert!(!finds(&refusing(&["getpgid"]), "docker", "CG604"));
    }
}
