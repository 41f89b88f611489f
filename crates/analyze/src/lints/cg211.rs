//! CG211: two actions for one call without comparisons.
//!
//! Docker's alone: what callgate makes of such a document does not depend on it.

use callgate_profile::{Problem, Severity};

use super::docker;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG211",
    title: "two actions for one call without comparisons",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
Two rules for one call have no comparisons, and different actions.
Under callgate the stricter one counts, for Docker the first.
Take one of them out: `--fix` takes the less strict one, unless one of the two counts under some conditions only.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS" }
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
    fn the_first_and_the_stricter() {
        let rules = |first: &str, second: &str| {
            format!(
                r#"{{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ {{ "names": ["getpgid"], "action": "{first}" }},
                {{ "names": ["getpgid"], "action": "{second}" }} ] }}"#
            )
        };
        for (first, second, found) in [
            ("SCMP_ACT_ALLOW", "SCMP_ACT_TRAP", true),
            ("SCMP_ACT_ALLOW", "SCMP_ACT_ALLOW", false),
            // The first is the stricter: both mean the same.
            ("SCMP_ACT_TRAP", "SCMP_ACT_ALLOW", false),
        ] {
            let text = rules(first, second);
            assert_eq!(
                codes(&text, "callgate").contains(&"CG211"),
                found,
                "{first} {second}"
            );
        }
        assert!(codes(&rules("SCMP_ACT_TRAP", "SCMP_ACT_ALLOW"), "docker").contains(&"CG211"));
    }
}
