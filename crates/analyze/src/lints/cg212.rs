//! CG212: a rule that another one swallows.
//!
//! Docker's alone: what callgate makes of such a document does not depend on it.

use callgate_profile::{Problem, Severity};

use super::docker;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG212",
    title: "a rule that another one swallows",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule has comparisons, and another one for the same call has none, or fewer of the same.
Under callgate the strictest rule that matches a call counts.
libseccomp keeps the broader rule and drops the narrower one, whichever stands first.
Give the broader rule a comparison that excludes what the narrower one is about; a narrower rule that is no stricter may go.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["kill"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{ "index": 1, "value": 9, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 1, "value": 9, "op": "SCMP_CMP_NE" }] },
    { "names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{ "index": 1, "value": 9, "op": "SCMP_CMP_EQ" }] }
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
    fn swallowed_in_either_order() {
        let allow = r#"{ "names": ["getpgid"], "action": "SCMP_ACT_ALLOW" }"#;
        let trap = r#"{ "names": ["getpgid"], "action": "SCMP_ACT_TRAP", "args": [ { "index": 0, "value": 1, "op": "SCMP_CMP_EQ" } ] }"#;
        for rules in [[allow, trap], [trap, allow]] {
            let text = format!(
                r#"{{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ {} ] }}"#,
                rules.join(", ")
            );
            for target in ["callgate", "docker"] {
                assert!(
                    codes(&text, target).contains(&"CG212"),
                    "{target} {rules:?}"
                );
            }
        }
        let text = format!(r#"{{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ {trap} ] }}"#);
        assert!(!codes(&text, "callgate").contains(&"CG212"));
    }
}
