//! Compiles a seccomp policy to classic BPF.
