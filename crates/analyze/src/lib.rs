//! Questions to seccomp profiles: explain, check.
