//! CG102: the same key twice in one object.
//!
//! Apart from CG104, because here a part of the document is lost.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG102",
    title: "the same key twice in one object",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Reading,
};

const PAGE: &str = "\
The same key stands twice in one object.
Go takes the last value and forgets the first; of lists of objects it keeps parts of both.
A second `syscalls` so wipes the rules of the first, and nothing is said.
Keep one of them, and join what belongs together.
";

#[cfg(test)]
mod tests {
    use crate::lints::testing::read_codes;

    #[test]
    fn found_where_it_is() {
        assert!(
            read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [], "syscalls": [] }"#)
                .contains(&"CG102")
        );
        assert!(!read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ALLOW" } ] }"#).contains(&"CG102"));
    }
}
