//! CG412: the default action logs, and lets everything through.
//!
//! Apart from CG411, because here somebody may take the log for a wall.

use callgate_profile::{ActionName, Problem, Severity};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG412",
    title: "the default action logs, and lets everything through",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
SCMP_ACT_LOG as the default makes the call and writes a line about it, as long as the log keeps up; nothing is refused.
That is for finding out what a program does, and not for later.
When the list is complete, write SCMP_ACT_ERRNO.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_LOG"
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let default = subject.profile.default_action.as_ref();
    let logs = default.filter(|action| action.value == ActionName::Log);
    let problem = logs.map(|action| {
        LINT.problem(
            action.span,
            "every call that no rule names is made, and logged",
        )
        .help("SCMP_ACT_ERRNO refuses what is not on the list")
    });
    problem.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds};

    #[test]
    fn by_the_default() {
        assert!(finds(&document("SCMP_ACT_LOG", &[]), "docker", "CG412"));
        assert!(!finds(&document("SCMP_ACT_ERRNO", &[]), "docker", "CG412"));
    }
}
