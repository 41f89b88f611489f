//! CG210: a rule whose action is the default action.
//!
//! Docker's alone: what callgate makes of such a document does not depend on it.

use callgate_profile::{Problem, Severity};

use super::docker;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG210",
    title: "a rule whose action is the default action",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The action of a rule is the default action, and another rule for the same call has another one.
Under callgate the strictest rule that matches wins, so this one may narrow the other.
runc and crun skip it without a word, so it narrows nothing there.
Let the other rule exclude what this one is about: the default action does the rest.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["personality"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["personality"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 262144, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 262144, "op": "SCMP_CMP_NE" }] }
  ]
}
"#,
)
.mended();

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    docker::shown(subject, LINT.id)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::codes;

    #[test]
    fn a_hole_that_docker_does_not_cut() {
        let rules = |errno: u16| {
            format!(
                r#"{{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ {{ "names": ["getpgid"], "action": "SCMP_ACT_ALLOW" }},
                {{ "names": ["getpgid"], "action": "SCMP_ACT_ERRNO", "errnoRet": {errno},
                "args": [ {{ "index": 0, "value": 1, "op": "SCMP_CMP_EQ" }} ] }} ] }}"#
            )
        };
        for target in ["callgate", "docker"] {
            assert!(codes(&rules(1), target).contains(&"CG210"), "{target}");
            assert!(!codes(&rules(2), target).contains(&"CG210"), "{target}");
        }
    }
}
