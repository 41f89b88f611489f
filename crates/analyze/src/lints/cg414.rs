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
A container engine sets up no tracer; `callgate run` traces the command where an action of the profile's own has this answer and a plugin.
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
    let custom = subject.profile.x_actions.values();
    let answered: Vec<_> = custom
        .filter(|action| action.plugin.is_some())
        .filter_map(|action| Some(action.answer.as_ref()?.span))
        .collect();
    let found = actions(subject.profile)
        .find(|action| action.value == ActionName::Trace && !answered.contains(&action.span));
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

    #[test]
    fn a_plugin_answers_as_a_tracer() {
        let of = |action: &str| {
            document("SCMP_ACT_ALLOW", &[&rule(&["getpgid"], "x-it")]).replacen(
                '{',
                &format!(
                    r#"{{ "x-actions": {{ "x-it": {{ "answer": "SCMP_ACT_TRACE" {action} }} }},"#
                ),
                1,
            )
        };
        assert!(finds(&of(""), "callgate", "CG414"));
        assert!(!finds(&of(r#", "plugin": "log""#), "callgate", "CG414"));
    }
}
