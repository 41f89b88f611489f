//! CG309: what one arch may do another may not.
//!
//! Apart from CG304, whose siblings are of one arch.

use callgate_profile::{Problem, Severity};
use callgate_syscalls::{Arch, Syscall};

use crate::call::Call;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG309",
    title: "what one arch may do another may not",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
Arches have other calls for the same work: where x86_64 has open, aarch64 has openat alone, and x86 maps memory by mmap2.
The profile allows such work on one of its arches and no call for it on another, so the same program works here and not there.
Name the siblings side by side; what an arch does not have does no harm.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
  "syscalls": [
    { "names": ["open", "read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
  "syscalls": [
    { "names": ["open", "openat", "read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
);

/// Calls that do the same work.
const FAMILIES: &[(&str, &[&str])] = &[
    ("open files", &["open", "openat", "openat2"]),
    (
        "look at files",
        &["stat", "newfstatat", "fstatat64", "stat64", "statx"],
    ),
    ("list folders", &["getdents", "getdents64"]),
    ("map memory", &["mmap", "mmap2"]),
    ("start processes", &["fork", "vfork", "clone", "clone3"]),
    (
        "wait for descriptors",
        &[
            "select",
            "_newselect",
            "pselect6",
            "pselect6_time64",
            "poll",
            "ppoll",
            "ppoll_time64",
        ],
    ),
    (
        "wait for events",
        &["epoll_wait", "epoll_pwait", "epoll_pwait2"],
    ),
    ("rename files", &["rename", "renameat", "renameat2"]),
    ("delete files", &["unlink", "unlinkat"]),
    ("make folders", &["mkdir", "mkdirat"]),
    ("duplicate descriptors", &["dup2", "dup3"]),
    ("make pipes", &["pipe", "pipe2"]),
    ("make sockets", &["socket", "socketcall"]),
    ("move in files", &["lseek", "_llseek"]),
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arches: Vec<Arch> = subject.arches().collect();
    let found = FAMILIES.iter().filter_map(|&(work, calls)| {
        let made = |arch| calls.iter().find_map(|name| subject.made(arch, name));
        let able = arches.iter().find_map(|&arch| made(arch))?;
        let unable = arches.iter().copied().find(|&arch| made(arch).is_none())?;
        let refused = calls.iter().find_map(|name| {
            let nr = Syscall::by_name(name)?.number(unable)?;
            Some(Call {
                arch: unable,
                nr,
                args: [0; 6],
            })
        })?;
        let message = format!("a program may {work} on {} and not on {unable}", able.arch);
        Some(
            LINT.problem(subject.place_of(able), message)
                .note(subject.shown(able))
                .note(subject.shown(refused)),
        )
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{finds, rule};

    #[test]
    fn siblings_are_named_or_not() {
        let found = |names: &[&str]| {
            let rule = rule(names, "SCMP_ACT_ALLOW");
            let text = format!(
                r#"{{ "defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"], "syscalls": [ {rule} ] }}"#
            );
            finds(&text, "docker", "CG309")
        };
        assert!(found(&["open"]));
        assert!(!found(&["open", "openat"]));
        assert!(!found(&["getpid"]));
    }
}
