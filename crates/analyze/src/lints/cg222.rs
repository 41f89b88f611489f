//! CG222: rules that libseccomp does not finish.
//!
//! Apart from CG801, where there is a filter, and too long a one.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG222",
    title: "rules that libseccomp does not finish",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Engine,
};

const PAGE: &str = "\
With these rules libseccomp does not come to an end, or takes memory without bound, so no container starts.
Fewer rules with comparisons for one call help.
";
