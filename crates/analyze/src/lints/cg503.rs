//! CG503: modes of files can be changed by other means.
//!
//! Apart from CG501: these calls do something else, and the same comes of it.

use callgate_profile::{Problem, Severity};

use super::listed::some_of;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG503",
    title: "modes of files can be changed by other means",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The calls of the chmod family are refused, and others that set modes are not:
setxattr writes an access control list of POSIX, of which the mode is a part, and open, creat, mkdir and mknod take a mode for what they make.
What matters may be to make no program set-user-ID; then refuse by the mode's bits in those calls as well, or mount with nosuid.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["chmod", "fchmod", "fchmodat", "fchmodat2"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["chmod", "fchmod", "fchmodat", "fchmodat2", "setxattr", "lsetxattr", "fsetxattr", "setxattrat"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
);

/// The family that changes modes.
const CHMOD: [&str; 4] = ["fchmodat", "fchmod", "chmod", "fchmodat2"];

/// Calls that change them all the same.
const OTHERS: [&str; 4] = ["setxattr", "lsetxattr", "fsetxattr", "setxattrat"];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arch = subject.target.native;
    let is_made = |name: &&str| subject.made(arch, name).is_some();
    if CHMOD.iter().any(is_made) {
        return Vec::new();
    }
    let others: Vec<&str> = OTHERS.into_iter().filter(|name| is_made(name)).collect();
    let shown = others.first().and_then(|name| subject.made(arch, name));
    let (Some(made), Some(refused)) = (shown, subject.never_made(arch, CHMOD[0])) else {
        return Vec::new();
    };
    let message = format!(
        "the chmod family is refused, and {} can change modes as well",
        some_of(&others)
    );
    vec![
        LINT.problem(subject.place_of(made), message)
            .note(subject.shown(refused))
            .note(subject.shown(made)),
    ]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{finds, refusing};

    #[test]
    fn with_and_without_attributes() {
        let chmod = ["chmod", "fchmod", "fchmodat", "fchmodat2"];
        let all = [
            &chmod[..],
            &["setxattr", "lsetxattr", "fsetxattr", "setxattrat"],
        ]
        .concat();
        assert!(finds(&refusing(&chmod), "docker", "CG503"));
        assert!(!finds(&refusing(&all), "docker", "CG503"));
        assert!(!finds(&refusing(&["chmod"]), "docker", "CG503"));
    }
}
