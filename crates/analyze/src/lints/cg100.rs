//! CG100: a document that can't be read.
//!
//! Apart from CG101: here nobody looked at the form, because there is too much of it or it is no text.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG100",
    title: "a document that can't be read",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
A document may have 16 MiB, a million entries and 127 levels, and its text is UTF-8.
What is beyond that is not read at all, so that no document can use up the machine.
Split the profile, or take the bytes out that are no text; `--max-size` lets a larger one in.
";

const EXAMPLE: Example = Example::new(
    r#"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
);
