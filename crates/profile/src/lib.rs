//! Seccomp profiles of Docker, Podman and OCI as documents, with positions and problems.
