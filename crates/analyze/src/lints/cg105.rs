//! CG105: a document that is no profile.
//!
//! Apart from CG106, because here Docker says nothing.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG105",
    title: "a document that is no profile",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
The document has neither a `defaultAction` nor `syscalls`.
Docker starts a container of it without any filter and without a word.
Write a `defaultAction`, or take the option away if no filter is meant.
";

const EXAMPLE: Example = Example::new(
    r#"{ "description": "no filter yet" }
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW"
}
"#,
);
