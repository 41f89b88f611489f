//! Kernel headers to system call tables.
