//! CG406: ioctl may type into the terminal.
//!
//! Apart from CG408: the device behind the descriptor answers here.

use callgate_profile::{Problem, Severity};

use super::values::{Values, made};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG406",
    title: "ioctl may type into the terminal",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
TIOCSTI puts characters into the input of a terminal, and TIOCLINUX pastes them: a program in a sandbox that shares a terminal so gives commands to the shell outside.
Newer kernels can switch the first off, and most do.
In `--context sandbox` it is worth a word: refuse ioctl with these two requests in its second argument, under the mask 0xffffffff.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["ioctl"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["ioctl"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 1, "value": 21505, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
)
.asked("--context sandbox");

/// The values, and what each is called.
const VALUES: &[(u64, &str)] = &[(0x5412, "TIOCSTI"), (0x541c, "TIOCLINUX")];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let values = Values {
        call: "ioctl",
        index: 1,
        values: VALUES,
    };
    let is_strict = |_, _| subject.standard.is_strict();
    let why = "ioctl lets a program type into its terminal:";
    made(subject, &LINT, &values, is_strict, why)
}

#[cfg(test)]
mod tests {
    use crate::Context;
    use crate::lints::testing::{allowing, document, messages_in};

    #[test]
    fn allowed_without_a_look_at_the_value() {
        let all = allowing(&["ioctl"]);
        let some = r#"{ "names": ["ioctl"], "action": "SCMP_ACT_ALLOW", "args": [ { "index": 1, "value": 21505, "op": "SCMP_CMP_EQ" } ] }"#;
        let some = document("SCMP_ACT_ERRNO", &[some]);
        let count = |text: &str, context| messages_in(context, text, "callgate", "CG406").len();
        assert_eq!(count(&all, Context::Sandbox), 1);
        assert_eq!(count(&some, Context::Sandbox), 0);
        assert_eq!(count(&all, Context::Container), 0);
    }
}
