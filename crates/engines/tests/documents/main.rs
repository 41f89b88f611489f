//! Whole documents read for targets, held against real engines, against each other, and against their own rules in another order.
//!
//! One program, so that the parts share what they need and it is linked once.

mod callgate;
mod dialects;
mod docker;
mod docker_default;
mod edge;
mod libseccomp;
mod once;
mod order;
mod quick;
mod support;
mod types;
