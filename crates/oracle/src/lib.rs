//! The same policy through the real libseccomp.
