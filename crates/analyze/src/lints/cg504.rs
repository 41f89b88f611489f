//! CG504: reading or writing is refused by one call, and not by its siblings.
//!
//! Apart from CG501, whose calls act on names.

use callgate_profile::{Problem, Severity};

use super::equivalents::{Family, gaps};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG504",
    title: "reading or writing is refused by one call, and not by its siblings",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule refuses read or write, whatever its arguments; readv, pread64, sendfile, splice and others move the same data.
Refuse the whole family, or refuse what gives the descriptor.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["write"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["write", "writev", "pwrite64", "pwritev", "pwritev2", "splice", "tee", "vmsplice", "sendfile", "copy_file_range"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
);

/// Calls that do the same.
const FAMILIES: &[Family] = &[
    Family {
        calls: &["read", "readv", "pread64", "preadv", "preadv2"],
        besides: &["splice", "sendfile", "copy_file_range"],
    },
    Family {
        calls: &["write", "writev", "pwrite64", "pwritev", "pwritev2"],
        besides: &["splice", "sendfile", "copy_file_range"],
    },
    Family {
        calls: &["sendmsg", "sendto", "sendmmsg"],
        besides: &[],
    },
    Family {
        calls: &["recvmsg", "recvfrom", "recvmmsg"],
        besides: &[],
    },
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    gaps(subject, &LINT, FAMILIES)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{finds, refusing};

    #[test]
    fn some_and_all() {
        assert!(finds(&refusing(&["read"]), "docker", "CG504"));
        assert!(!finds(
            &refusing(&[
                "read",
                "readv",
                "pread64",
                "preadv",
                "preadv2",
                "splice",
                "sendfile",
                "copy_file_range"
            ]),
            "docker",
            "CG504"
        ));
        assert!(!finds(&refusing(&["getpgid"]), "docker", "CG504"));
    }
}
