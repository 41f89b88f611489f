//! CG501: a call is refused, and another that does the same is not.
//!
//! Apart from CG504, whose calls move data.

use callgate_profile::{Problem, Severity};

use super::equivalents::{Family, gaps};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG501",
    title: "a call is refused, and another that does the same is not",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule refuses a call, whatever its arguments, and leaves its siblings: execveat runs programs as execve does, openat opens files as open does.
So does a list that is Docker's default without the call, and with a sibling that is as new: fchmodat2 remains, where chmod, fchmod and fchmodat were taken out.
Whoever meets the refusal takes the other.
Refuse the siblings as well, or allow by a list.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["execve"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["execve", "execveat"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
);

/// Calls that do the same.
const FAMILIES: &[Family] = &[
    Family {
        calls: &["execve", "execveat"],
        besides: &[],
    },
    Family {
        calls: &["open", "openat", "openat2", "creat"],
        besides: &[],
    },
    Family {
        calls: &["fork", "vfork", "clone", "clone3"],
        besides: &[],
    },
    Family {
        calls: &[
            "kill",
            "tkill",
            "tgkill",
            "rt_sigqueueinfo",
            "rt_tgsigqueueinfo",
            "pidfd_send_signal",
        ],
        besides: &[],
    },
    Family {
        calls: &["mount", "fsmount", "move_mount", "open_tree"],
        besides: &[],
    },
    Family {
        calls: &["chmod", "fchmod", "fchmodat", "fchmodat2"],
        besides: &[],
    },
    Family {
        calls: &["chown", "lchown", "fchown", "fchownat"],
        besides: &[],
    },
    Family {
        calls: &["unlink", "unlinkat"],
        besides: &[],
    },
    Family {
        calls: &["rename", "renameat", "renameat2"],
        besides: &[],
    },
    Family {
        calls: &["mkdir", "mkdirat"],
        besides: &[],
    },
    Family {
        calls: &["mknod", "mknodat"],
        besides: &[],
    },
    Family {
        calls: &["link", "linkat"],
        besides: &[],
    },
    Family {
        calls: &["symlink", "symlinkat"],
        besides: &[],
    },
    Family {
        calls: &["truncate", "ftruncate"],
        besides: &[],
    },
    Family {
        calls: &["init_module", "finit_module"],
        besides: &[],
    },
    Family {
        calls: &["kexec_load", "kexec_file_load"],
        besides: &[],
    },
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    gaps(subject, &LINT, FAMILIES)
}

#[cfg(test)]
mod tests {
    use callgate_profile::builtin;

    use crate::lints::testing::{allowing, finds, messages, refusing};

    #[test]
    fn some_and_all() {
        assert!(finds(&refusing(&["execve"]), "docker", "CG501"));
        assert!(!finds(
            &refusing(&["execve", "execveat"]),
            "docker",
            "CG501"
        ));
        assert!(!finds(&refusing(&["getpgid"]), "docker", "CG501"));
    }

    #[test]
    fn a_list_from_which_some_were_taken() {
        let without = |names: &[&str]| {
            let mut text = builtin::DOCKER_DEFAULT.to_owned();
            for name in names {
                text = text.replace(&format!("\"{name}\","), "");
            }
            messages(&text, "docker", "CG501")
        };
        assert_eq!(without(&[]), [""; 0]);
        assert_eq!(
            without(&["chmod", "fchmod", "fchmodat"]),
            ["chmod is refused, and fchmodat2 can do the same"]
        );
        assert_eq!(
            without(&["chmod", "fchmod", "fchmodat", "fchmodat2"]),
            [""; 0]
        );
        // It is newer than its siblings: the list may be old.
        assert_eq!(without(&["fchmodat2"]), [""; 0]);
    }

    #[test]
    fn a_list_that_never_had_much() {
        assert!(!finds(
            &allowing(&["openat", "fchmodat2"]),
            "docker",
            "CG501"
        ));
    }
}
