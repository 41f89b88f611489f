//! CG608: an action that most programs die of, without a word.
//!
//! Apart from CG606, whose action kills for certain.

use callgate_profile::{ActionName, Problem, Severity};

use super::written::actions;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG608",
    title: "an action that most programs die of, without a word",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
SCMP_ACT_TRAP sends SIGSYS. A program that has no handler for it, which is nearly all, dies with status 159, and the kernel's log says nothing.
With a handler it may go on, which is what the action is for.
SCMP_ACT_KILL_PROCESS ends the process and is logged; SCMP_ACT_ERRNO lets the program report the failure.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_TRAP" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS" }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let found = actions(subject.profile).find(|action| action.value == ActionName::Trap);
    let problem = found.map(|action| {
        LINT.problem(
            action.span,
            "a program without a handler for SIGSYS dies of it with status 159, and no log says so",
        )
        .help("SCMP_ACT_KILL_PROCESS is logged, SCMP_ACT_ERRNO lets the program say what failed")
    });
    problem.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds, rule};

    #[test]
    fn in_a_rule_and_by_default() {
        let yes = rule(&["getpgid"], "SCMP_ACT_TRAP");
        let no = rule(&["getpgid"], "SCMP_ACT_ERRNO");
        assert!(finds(
            &document("SCMP_ACT_ALLOW", &[&yes]),
            "callgate",
            "CG608"
        ));
        assert!(!finds(
            &document("SCMP_ACT_ALLOW", &[&no]),
            "callgate",
            "CG608"
        ));
    }
}
