//! CG101: text that is not strict JSON.
//!
//! Apart from the other faults of form, because engines read nothing at all of such a document.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG101",
    title: "text that is not strict JSON",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
A comment, a comma after the last entry, a number in hexadecimal, a byte order mark, text behind the end: engines take strict JSON alone.
They refuse the document as a whole, most of them without a line number.
Take the text out that is no JSON; a `comment` of a rule is the place for words.
`--fix --write` takes comments, superfluous commas and the mark out, and writes numbers in decimal; never without `--write`, since a document that nobody reads lets nothing through.
What stands behind the end of the document, and a value that is no JSON in another way, is for a person to mend: nobody else knows what it should be.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" },  // files
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.mended();
