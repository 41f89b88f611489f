//! CG214: a call is named twice.
//!
//! Apart from CG211, whose second naming has another action.

use std::collections::HashMap;

use callgate_profile::{Change, Problem, Severity, Span};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG214",
    title: "a call is named twice",
    severity: Severity::Style,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule names a call twice. The second time changes nothing, and makes a reader look for a difference.
Take it out; `callgate check --fix` does.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write", "read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.mended();

/// As many as are told.
const TOLD: usize = 50;

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in subject.rules() {
        let names = rule.value.names.iter().flat_map(|names| &names.value);
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for name in names {
            let Some(first) = seen.insert(&name.value, name.span) else {
                continue;
            };
            seen.insert(&name.value, first);
            let message = format!(
                "`{}` is named twice in this rule",
                name.value.escape_default()
            );
            problems.push(
                LINT.problem(name.span, message)
                    .related(first, "first here")
                    .fix("take the second one out", vec![Change::Remove(name.span)]),
            );
        }
    }
    problems.truncate(TOLD);
    problems
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds};

    #[test]
    fn twice_in_one_rule() {
        assert!(finds(
            &allowing(&["read", "write", "read"]),
            "callgate",
            "CG214"
        ));
        assert!(!finds(&allowing(&["read", "write"]), "callgate", "CG214"));
    }
}
