//! CG801: a filter that is too long.
//!
//! Apart from CG802, which is about time.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG801",
    title: "a filter that is too long",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: None,
    find: Find::Engine,
};

const PAGE: &str = "\
The kernel takes filters of at most 4096 instructions, and what the target makes of this profile has more.
It is refused when the container starts, with EINVAL and no reason.
Fewer arches, fewer values and fewer comparisons make it shorter; callgate's own compiler needs less.
What libseccomp writes is counted without the jumps that it puts in where a test leads far, one or two of a hundred instructions: a filter that is as near to the limit may be too long as well, and is not told of.
For the target callgate the program is made, and the count exact.
";
