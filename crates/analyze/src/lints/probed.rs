//! Calls that a libc tries first, and has another way for if the kernel does not know them.
//!
//! Apart from the lints that use it, which differ in what stands in the way of that.

/// The calls, those first that most programs make.
///
/// glibc and musl make them and look for ENOSYS; another errno is handed to the program.
pub(super) const PROBED: &[&str] = &[
    "statx",
    "faccessat2",
    "clone3",
    "close_range",
    "fchmodat2",
    "getrandom",
    "renameat2",
    "preadv2",
    "pwritev2",
    "copy_file_range",
    "epoll_pwait2",
    "futex_waitv",
    "openat2",
    "pidfd_open",
    "rseq",
    "membarrier",
];
