//! CG120: words for a listener that is not there.
//!
//! Apart from CG702, where it is the listener that a rule needs.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG120",
    title: "words for a listener that is not there",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Reading,
};

const PAGE: &str = "\
`listenerMetadata` stands without `listenerPath`.
The runtime specification forbids it, because nobody would get the words.
Name the socket, or take the words out.
";

#[cfg(test)]
mod tests {
    use crate::lints::testing::read_codes;

    #[test]
    fn found_where_it_is() {
        assert!(
            read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "listenerMetadata": "words" }"#)
                .contains(&"CG120")
        );
        assert!(!read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "listenerPath": "/run/agent.sock", "listenerMetadata": "words" }"#).contains(&"CG120"));
    }
}
