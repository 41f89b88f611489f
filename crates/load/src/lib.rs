//! Loads seccomp filters, and says what the kernel gave.
