//! CG707: io_uring goes around an action with a plugin.
//!
//! Apart from CG410, because here somebody is to see the calls, however ordinary io_uring is where the profile is for.

use callgate_profile::{ActionName, Change, Problem, Severity, Span, SyscallRule};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG707",
    title: "io_uring goes around an action with a plugin",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A plugin answers calls, and io_uring does the same by operations that no filter sees and no plugin is asked about:
it opens files, connects, sends, reads and writes.
Refuse io_uring_setup; a program that can't have it makes the calls.
`callgate run` does not start a command with the plugins connect and open without that.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "x-actions": {
    "x-net": { "answer": "SCMP_ACT_NOTIFY", "plugin": "connect", "with": { "allow": ["127.0.0.1:5432"] } }
  },
  "syscalls": [
    { "names": ["connect"], "action": "x-net" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "x-actions": {
    "x-net": { "answer": "SCMP_ACT_NOTIFY", "plugin": "connect", "with": { "allow": ["127.0.0.1:5432"] } }
  },
  "syscalls": [
    { "names": ["io_uring_setup"], "action": "SCMP_ACT_ERRNO" },
    { "names": ["connect"], "action": "x-net" }
  ]
}
"#,
)
.mended();

/// The calls for which io_uring has operations: `enum io_uring_op` in `include/uapi/linux/io_uring.h`, with those that they stand for.
const CALLS: &[&str] = &[
    "accept",
    "accept4",
    "bind",
    "close",
    "connect",
    "creat",
    "epoll_ctl",
    "epoll_wait",
    "fadvise64",
    "fallocate",
    "fdatasync",
    "fgetxattr",
    "fsetxattr",
    "fsync",
    "ftruncate",
    "futex",
    "getxattr",
    "link",
    "linkat",
    "listen",
    "madvise",
    "mkdir",
    "mkdirat",
    "open",
    "openat",
    "openat2",
    "pipe2",
    "poll",
    "pread64",
    "preadv",
    "preadv2",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "read",
    "readv",
    "recv",
    "recvfrom",
    "recvmsg",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "send",
    "sendmsg",
    "sendto",
    "setxattr",
    "shutdown",
    "socket",
    "socketcall",
    "splice",
    "statx",
    "symlink",
    "symlinkat",
    "sync_file_range",
    "tee",
    "unlink",
    "unlinkat",
    "waitid",
    "write",
    "writev",
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let mut rules = subject.rules().iter();
    let asking = rules.find_map(|rule| Some((rule.span, asks_a_plugin(subject, &rule.value)?)));
    let mut arches = subject.arches();
    let made = arches.find_map(|arch| subject.made(arch, "io_uring_setup"));
    let (Some((rule, (call, place))), Some(made)) = (asking, made) else {
        return Vec::new();
    };
    let message =
        format!("a plugin is asked about {call}, and io_uring does the same without asking");
    let refusal = r#"{ "names": ["io_uring_setup"], "action": "SCMP_ACT_ERRNO" }"#;
    vec![LINT.problem(place, message).note(subject.shown(made)).fix(
        "refuse io_uring_setup",
        vec![Change::Before(rule, refusal.to_owned())],
    )]
}

/// A call of a rule that io_uring has an operation for, with its place, where a plugin is asked about it.
fn asks_a_plugin<'r>(subject: &Subject<'_>, rule: &'r SyscallRule) -> Option<(&'r str, Span)> {
    let ActionName::Custom(custom) = &rule.action.as_ref()?.value else {
        return None;
    };
    subject.profile.x_actions.get(custom)?.plugin.as_ref()?;
    let mut calls = rule.calls();
    let call = calls.find(|call| CALLS.contains(&call.value.as_str()))?;
    Some((&call.value, call.span))
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds, rule};

    fn asking(call: &str, plugin: &str, more: &[&str]) -> String {
        let mut rules = vec![rule(&[call], "x-it")];
        rules.extend(more.iter().map(|&more| more.to_owned()));
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        let action =
            format!(r#"{{ "x-actions": {{ "x-it": {{ "answer": "SCMP_ACT_NOTIFY" {plugin} }} }},"#);
        document("SCMP_ACT_ALLOW", &rules).replacen('{', &action, 1)
    }

    #[test]
    fn calls_that_io_uring_makes_too() {
        let plugin = r#", "plugin": "connect""#;
        let refused = rule(&["io_uring_setup"], "SCMP_ACT_ERRNO");
        for (text, expected) in [
            (asking("connect", plugin, &[]), true),
            (asking("openat", r#", "plugin": "mine""#, &[]), true),
            (asking("connect", plugin, &[&refused]), false),
            (asking("mount", plugin, &[]), false),
            (asking("connect", "", &[]), false),
        ] {
            assert_eq!(finds(&text, "callgate", "CG707"), expected, "{text}");
        }
    }
}
