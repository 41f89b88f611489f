//! Cases as data, and what runs them: the reference, the compiled program, libseccomp and the running kernel.
//!
//! A test is data and one function that knows the API; this crate is the functions that several tests share.
//! The kernel is asked on x86_64, whose three ABIs it has the instructions for.

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
compile_error!("the tests ask a Linux kernel on x86_64");

pub mod agree;
pub mod caller;
pub mod cases;
pub mod documents;
pub mod hostile;
pub mod interesting;
pub mod kernel;
mod left_out;
pub mod minijail;
pub mod notation;
pub mod probe;
pub mod random;
pub mod reader;
pub mod relabel;
pub mod scene;
pub mod supervisor;
#[allow(unsafe_code)]
mod sys;
mod wire;

pub use left_out::{left_out, shared};
