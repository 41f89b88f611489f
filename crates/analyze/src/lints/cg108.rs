//! CG108: a comparison without meaning.
//!
//! Apart from CG207 and CG209, whose comparisons mean something, if nothing useful.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG108",
    title: "a comparison without meaning",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Reading,
};

const PAGE: &str = "\
An entry of `args` has an operator that does not exist or none, an index above 5, or a value that is no number of 64 bits.
Runtimes find that when the container starts, some only if the kernel has the call.
Numbers are decimal in JSON, without quotes; operators begin with SCMP_CMP_.
";

#[cfg(test)]
mod tests {
    use crate::lints::testing::read_codes;

    #[test]
    fn found_where_it_is() {
        assert!(read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["getpgid"], "action": "SCMP_ACT_ALLOW", "args": [ { "index": 6, "value": 1, "op": "SCMP_CMP_EQ" } ] } ] }"#).contains(&"CG108"));
        assert!(!read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["getpgid"], "action": "SCMP_ACT_ALLOW", "args": [ { "index": 0, "value": 1, "op": "SCMP_CMP_EQ" } ] } ] }"#).contains(&"CG108"));
    }
}
