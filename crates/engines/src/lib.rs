//! Who reads a seccomp profile, and what it then means.
