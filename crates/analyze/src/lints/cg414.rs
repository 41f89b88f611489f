//! CG414: an action that asks a tracer.
//!
//! Apart from CG702, whose listener the profile itself names.

use callgate_profile::{ActionName, Problem, Severity};

use super::written::actions;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG414",
    title: "an action that asks a tracer",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
SCMP_ACT_TRACE asks whoever traces the process, and the profile can't say who that is.
Without a tracer the call is answered with ENOSYS; with one, every such call stops twice.
A container engine sets up no tracer.
SCMP_ACT_NOTIFY asks a listener that a profile can name, SCMP_ACT_LOG only writes the call down.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_TRACE" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_LOG" }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let found = actions(subject.profile).find(|action| action.value == ActionName::Trace);
    let problem = found.map(|action| {
        LINT.problem(
            action.span,
            "without a tracer such a call is answered with ENOSYS",
        )
        .help("SCMP_ACT_LOG writes the call down, SCMP_ACT_NOTIFY asks a listener")
    });
    problem.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds, rule};

    #[test]
    fn in_a_rule_and_by_default() {
        let yes = rule(&["getpgid"], "SCMP_ACT_TRACE");
        let no = rule(&["getpgid"], "SCMP_ACT_ERRNO");
        assert!(finds(
            &document("SCMP_ACT_ALLOW", &[&yes]),
            "callgate",
            "CG414"
        ));
        assert!(!finds(
            &document("SCMP_ACT_ALLOW", &[&no]),
            "callgate",
            "CG414"
        ));
    }
}
