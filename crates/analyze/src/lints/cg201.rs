//! CG201: an argument is compared twice in one rule.
//!
//! Docker's alone: what callgate makes of such a document does not depend on it.

use callgate_profile::{Problem, Severity, Span};

use super::{cg202, docker};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG201",
    title: "an argument is compared twice in one rule",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule compares one argument twice, as in \"from 3 to 5\".
callgate takes all comparisons of a rule together.
runc, crun and youki do not: as soon as one argument is compared twice, every comparison of the rule becomes a rule of its own,
those of other arguments included, so that one of them is enough.
Write a rule for each comparison if one is enough; say it in one comparison if all must hold.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 3, "op": "SCMP_CMP_GE" }, { "index": 0, "value": 5, "op": "SCMP_CMP_LE" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 4294967295, "valueTwo": 3, "op": "SCMP_CMP_MASKED_EQ" }] },
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 4294967295, "valueTwo": 4, "op": "SCMP_CMP_MASKED_EQ" }] },
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 4294967295, "valueTwo": 5, "op": "SCMP_CMP_MASKED_EQ" }] }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = docker::shown(subject, LINT.id);
    // CG202 has more to say of two NE.
    let twice_ne = subject
        .profile
        .rules()
        .iter()
        .filter(|rule| cg202::repeated(&rule.value).is_some());
    let told: Vec<_> = twice_ne.map(|rule| rule.span).collect();
    problems.retain(|problem| {
        let is_in = |span: &Span| span.start <= problem.span.start && problem.span.end <= span.end;
        !told.iter().any(is_in)
    });
    problems
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::codes;

    #[test]
    fn twice_is_once_too_many() {
        let rule = |second: &str| {
            format!(
                r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ {{ "names": ["getpgid"], "action": "SCMP_ACT_ERRNO",
                "args": [ {{ "index": 0, "value": 1, "op": "SCMP_CMP_GE" }}, {second} ] }} ] }}"#
            )
        };
        let same = rule(r#"{ "index": 0, "value": 5, "op": "SCMP_CMP_LE" }"#);
        let other = rule(r#"{ "index": 1, "value": 5, "op": "SCMP_CMP_LE" }"#);
        for target in ["callgate", "docker"] {
            assert!(codes(&same, target).contains(&"CG201"), "{target}");
            assert!(!codes(&other, target).contains(&"CG201"), "{target}");
        }
    }
}
