//! CG206: a comparison of an address.
//!
//! Apart from CG204, whose arguments are the values themselves.

use callgate_profile::{OpName, Problem, Severity};
use callgate_syscalls::Kind;

use super::written::comparisons;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG206",
    title: "a comparison of an address",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The argument is a pointer: a path, a structure.
A filter sees the address and not what stands there, and an address says nothing; even a supervisor that looks may be deceived, as the memory can change after the look.
Only zero, no pointer at all, is worth a comparison.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["openat"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 1, "value": 4096, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["openat"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 2, "value": 0, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let native = subject.target.native;
    let found = comparisons(subject.profile).filter_map(|written| {
        let value = written.value()?;
        let op = written.argument.value.op.as_ref()?;
        let asks_for_none = value.value == 0 && matches!(op.value, OpName::Eq | OpName::Ne);
        if asks_for_none {
            return None;
        }
        let (call, param) = written.calls().find_map(|call| {
            let param = call.params_on(native)?.get(written.index)?;
            matches!(param.kind, Kind::Pointer | Kind::Path).then_some((call, param))
        })?;
        let message = format!(
            "`{}` of {call} is an address, and a filter can't see what stands there",
            param.name
        );
        Some(LINT.problem(written.argument.span, message))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds};

    #[test]
    fn paths_and_flags() {
        let found = |index: usize, value: u64| {
            let rule = format!(
                r#"{{ "names": ["openat"], "action": "SCMP_ACT_ALLOW", "args": [ {{ "index": {index}, "value": {value}, "op": "SCMP_CMP_EQ" }} ] }}"#
            );
            finds(&document("SCMP_ACT_ERRNO", &[&rule]), "callgate", "CG206")
        };
        assert!(found(1, 4096));
        assert!(!found(1, 0));
        assert!(!found(2, 4096));
    }
}
