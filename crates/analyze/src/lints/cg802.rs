//! CG802: a call that is made all the time is looked at each time.
//!
//! Apart from CG704, which costs a thousand times as much.

use callgate_profile::{Problem, Severity};

use super::listed::some_of;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG802",
    title: "a call that is made all the time is looked at each time",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
From Linux 5.11 on the kernel remembers the calls that a filter always allows, and does not run it for them.
A rule that compares arguments of a call takes that away from the call; for one that is made a million times a second it is felt.
If the comparison is not needed, allow the call as it is.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 3, "op": "SCMP_CMP_EQ" }] }
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
);

/// Calls that programs make all the time.
const HOT: &[&str] = &[
    "read",
    "write",
    "futex",
    "recvfrom",
    "sendto",
    "recvmsg",
    "sendmsg",
    "epoll_wait",
    "epoll_pwait",
    "poll",
    "lseek",
    "close",
    "fstat",
    "newfstatat",
    "openat",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arch = subject.target.native;
    let looked_at = HOT.iter().filter_map(|&name| {
        let call = subject.made(arch, name)?;
        let answers = subject.answers_to(arch, call.syscall()?)?;
        answers.always().is_none().then_some((name, call))
    });
    let looked_at: Vec<_> = looked_at.collect();
    let Some(&(_, first)) = looked_at.first() else {
        return Vec::new();
    };
    let names: Vec<&str> = looked_at.iter().map(|&(name, _)| name).collect();
    let message = format!(
        "the filter runs for each {}, since their arguments are compared",
        some_of(&names)
    );
    vec![LINT.problem(subject.place_of(first), message)]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds};

    #[test]
    fn compared_or_not() {
        let found = |args: &str| {
            let rule = format!(
                r#"{{ "names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [ {args} ] }}"#
            );
            finds(&document("SCMP_ACT_ERRNO", &[&rule]), "callgate", "CG802")
        };
        assert!(found(r#"{ "index": 0, "value": 3, "op": "SCMP_CMP_EQ" }"#));
        assert!(!found(""));
    }
}
