//! Calls that a libc tries first, and has another way for if the kernel does not know them.
//!
//! Apart from the lints that use it, which differ in what stands in the way of that.

/// The calls, those first that most programs make.
///
/// glibc, and of most of them musl, looks for ENOSYS alone; another errno is handed to the program, or ends it.
/// What they can do without after any errno, such as rseq and close_range, is not among them.
pub(super) const PROBED: &[&str] = &[
    "statx",
    "faccessat2",
    "clone3",
    "fchmodat2",
    "getrandom",
    "renameat2",
    "preadv2",
    "pwritev2",
];
