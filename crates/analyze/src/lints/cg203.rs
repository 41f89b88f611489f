//! CG203: a call is allowed for all values but one.
//!
//! Apart from CG202, where two such comparisons are everything.

use callgate_profile::{ActionName, OpName, Problem, Severity};

use super::written::comparisons;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG203",
    title: "a call is allowed for all values but one",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
An allowing rule has one comparison, and that is SCMP_CMP_NE: every value passes that nobody thought of.
What the kernel learns next year passes, too.
Name the values that are wanted by SCMP_CMP_EQ, a rule for each.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 262144, "op": "SCMP_CMP_NE" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 0, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let alone = comparisons(subject.profile).filter(|written| {
        let allows = |action: &ActionName| matches!(action, ActionName::Allow | ActionName::Log);
        let action = written.rule.action.as_ref();
        let op = written.argument.value.op.as_ref();
        written.rule.arguments().len() == 1
            && action.is_some_and(|action| allows(&action.value))
            && op.is_some_and(|op| op.value == OpName::Ne)
    });
    alone
        .filter_map(|written| {
            let value = written.value()?;
            let message = format!(
                "every value but {:#x} is allowed, those that nobody thought of, too",
                value.value
            );
            Some(LINT.problem(written.argument.span, message))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds};

    #[test]
    fn all_but_one() {
        let rule = |op: &str| {
            format!(
                r#"{{ "names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [ {{ "index": 0, "value": 8, "op": "{op}" }} ] }}"#
            )
        };
        let found = |op| {
            finds(
                &document("SCMP_ACT_ERRNO", &[&rule(op)]),
                "callgate",
                "CG203",
            )
        };
        assert!(found("SCMP_CMP_NE"));
        assert!(!found("SCMP_CMP_EQ"));
    }
}
