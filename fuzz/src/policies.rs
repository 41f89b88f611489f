//! The fuzz target: a policy of the given bytes, through compiler, proof, reference and interpreter.
//! Apart from what it holds, which the compiler's tests replay on what was once found.
#![no_main]

#[path = "../../crates/compile/tests/support/fuzzed.rs"]
mod fuzzed;
#[path = "../../crates/compile/tests/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzed::hold(bytes));
