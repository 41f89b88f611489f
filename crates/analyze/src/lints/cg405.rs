//! CG405: personality may weaken the layout of memory.
//!
//! Apart from CG408, which is about a process's own attributes.

use callgate_profile::{Problem, Severity};

use super::values::{Values, made};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG405",
    title: "personality may weaken the layout of memory",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
personality(2) can make all memory executable that is readable, and lay a program out at the same addresses each time: both help whoever attacks it.
Docker's default allows the five values that ordinary programs use.
Allow personality with SCMP_CMP_EQ and the values that are needed; debuggers want ADDR_NO_RANDOMIZE.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["personality"], "action": "SCMP_ACT_ALLOW" }
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

/// The values, and what each is called.
const VALUES: &[(u64, &str)] = &[
    (0x004_0000, "ADDR_NO_RANDOMIZE"),
    (0x040_0000, "READ_IMPLIES_EXEC"),
    (0x010_0000, "MMAP_PAGE_ZERO"),
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let values = Values {
        call: "personality",
        index: 0,
        values: VALUES,
    };
    let is_unusual = |call, _| !subject.usually_makes(call);
    let why = "personality lets a program have";
    made(subject, &LINT, &values, is_unusual, why)
}

#[cfg(test)]
mod tests {
    use crate::Context;
    use crate::lints::testing::{allowing, document, messages_in};

    #[test]
    fn allowed_without_a_look_at_the_value() {
        let all = allowing(&["personality"]);
        let some = r#"{ "names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [ { "index": 0, "value": 0, "op": "SCMP_CMP_EQ" } ] }"#;
        let some = document("SCMP_ACT_ERRNO", &[some]);
        let count = |text: &str, context| messages_in(context, text, "callgate", "CG405").len();
        assert_eq!(count(&all, Context::Container), 1);
        assert_eq!(count(&some, Context::Container), 0);
    }
}
