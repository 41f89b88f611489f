//! CG704: a listener is asked about calls that are made all the time.
//!
//! Apart from CG705, where the answer never comes.

use callgate_profile::{Problem, Severity};

use super::listed::asked_about;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG704",
    title: "a listener is asked about calls that are made all the time",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
Every such call waits for another process to wake up and answer, some microseconds each time.
Programs make these calls a million times a second.
Ask about what is rare, and decide the rest in the filter.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "listenerPath": "/run/agent.sock",
  "syscalls": [
    { "names": ["futex"], "action": "SCMP_ACT_NOTIFY" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "listenerPath": "/run/agent.sock",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_NOTIFY" }
  ]
}
"#,
);

/// The calls.
const CALLS: &[&str] = &[
    "read",
    "futex",
    "clock_gettime",
    "gettimeofday",
    "recvfrom",
    "sendto",
    "recvmsg",
    "poll",
    "epoll_wait",
    "epoll_pwait",
    "nanosleep",
    "mmap",
    "munmap",
    "brk",
    "madvise",
    "lseek",
    "fstat",
    "newfstatat",
    "sched_yield",
    "rt_sigprocmask",
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arch = subject.target.native;
    let Some((first, names)) = asked_about(subject, arch, CALLS) else {
        return Vec::new();
    };
    let message = format!(
        "programs make {} all the time, and each waits for the listener",
        names
    );
    vec![
        LINT.problem(subject.place_of(first), message)
            .note(subject.shown(first)),
    ]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds, rule};

    #[test]
    fn asked_and_not() {
        let found = |name: &str| {
            let rule = rule(&[name], "SCMP_ACT_NOTIFY");
            finds(&document("SCMP_ACT_ALLOW", &[&rule]), "callgate", "CG704")
        };
        assert!(found("futex"));
        assert!(!found("getpgid"));
    }
}
