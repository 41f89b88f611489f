//! CG408: prctl may change who a process is to others.
//!
//! Apart from CG405, because these are attributes and no layout.

use callgate_profile::{Problem, Severity};

use super::values::{Values, made};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG408",
    title: "prctl may change who a process is to others",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
prctl(2) names a process that may trace this one, moves the borders of its memory, and makes it dumpable.
In `--context sandbox` that is worth a word; few programs make these calls.
Refuse them by the first argument, under the mask 0xffffffff.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["prctl"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["prctl"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 15, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
)
.asked("--context sandbox");

/// The values, and what each is called.
const VALUES: &[(u64, &str)] = &[
    (0x5961_6d61, "PR_SET_PTRACER"),
    (35, "PR_SET_MM"),
    (4, "PR_SET_DUMPABLE"),
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let values = Values {
        call: "prctl",
        index: 0,
        values: VALUES,
    };
    let is_strict = |_, _| subject.standard.is_strict();
    let why = "prctl lets a process change what others may do with it:";
    made(subject, &LINT, &values, is_strict, why)
}

#[cfg(test)]
mod tests {
    use crate::Context;
    use crate::lints::testing::{allowing, document, messages_in};

    #[test]
    fn allowed_without_a_look_at_the_value() {
        let all = allowing(&["prctl"]);
        let some = r#"{ "names": ["prctl"], "action": "SCMP_ACT_ALLOW", "args": [ { "index": 0, "value": 38, "op": "SCMP_CMP_EQ" } ] }"#;
        let some = document("SCMP_ACT_ERRNO", &[some]);
        let count = |text: &str, context| messages_in(context, text, "callgate", "CG408").len();
        assert_eq!(count(&all, Context::Sandbox), 1);
        assert_eq!(count(&some, Context::Sandbox), 0);
        assert_eq!(count(&all, Context::Container), 0);
    }
}
