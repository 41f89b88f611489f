//! Watches processes and records the system calls they make.
