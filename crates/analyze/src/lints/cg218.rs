//! CG218: an argument that the call does not have.
//!
//! Apart from CG108, whose index no call has.

use callgate_profile::{Problem, Severity};

use super::written::comparisons;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG218",
    title: "an argument that the call does not have",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule compares an argument that this call does not take.
The register holds what some earlier work left there, so whether the rule matches is a matter of chance.
Look at the call's arguments: `callgate syscall NAME` lists them.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["getpid"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["getpid"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arches: Vec<_> = subject.arches().collect();
    let found = comparisons(subject.profile).filter_map(|written| {
        let (call, takes) = written.calls().find_map(|call| {
            let mut known = arches.iter().filter_map(|&arch| {
                call.number(arch)?;
                Some(call.params_on(arch)?.len())
            });
            let most = known.by_ref().max()?;
            (most <= written.index).then_some((call, most))
        })?;
        let message = format!(
            "{call} takes {takes} arguments, and this compares the one with index {}",
            written.index
        );
        Some(LINT.problem(written.argument.span, message))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds};

    #[test]
    fn one_too_many() {
        let found = |call: &str, index: usize| {
            let rule = format!(
                r#"{{ "names": ["{call}"], "action": "SCMP_ACT_ALLOW", "args": [ {{ "index": {index}, "value": 1, "op": "SCMP_CMP_EQ" }} ] }}"#
            );
            finds(&document("SCMP_ACT_ERRNO", &[&rule]), "callgate", "CG218")
        };
        assert!(found("getpid", 0));
        assert!(found("getpgid", 1));
        assert!(!found("getpgid", 0));
    }
}
