//! The programs of the policies that the fuzz target found worth keeping, in the running kernel: `kernel FOLDER`.
//! Apart from the target, since a filter needs a process of its own and no coverage.

#[path = "../../crates/compile/tests/support/fuzzed.rs"]
mod fuzzed;
#[path = "../../crates/compile/tests/support/mod.rs"]
mod support;

use std::{env, fs};

use callgate_compile::{Options, compile};
use callgate_tests::kernel::Kernel;
use callgate_tests::{agree, probe};

/// As the first argument: this process is the probe.
const PROBE: &str = "probe";

/// The most calls that one policy puts to the kernel.
const CALLS: usize = 2_000;

fn main() {
    let folder = env::args_os().nth(1).expect("a folder of inputs");
    if folder == PROBE {
        return probe::main();
    }
    let own = env::current_exe().expect("a path");
    let kernel = Kernel::by(own).with_argument(PROBE);
    let (mut policies, mut heard) = (0, 0);
    for entry in fs::read_dir(folder).expect("a folder of inputs") {
        let path = entry.expect("an entry").path();
        let bytes = fs::read(&path).expect("an input");
        let Some(policy) = fuzzed::policy(&bytes) else {
            continue;
        };
        let program = compile(&policy, &Options::default()).expect("a small policy has a program");
        let mut calls = support::calls::interesting(&policy);
        calls.retain(Kernel::hears);
        // Evenly spread, because the calls of one arch follow those of another.
        let every = calls.len().div_ceil(CALLS).max(1);
        let calls: Vec<_> = calls.into_iter().step_by(every).collect();
        heard += agree::with_kernel(&path.display().to_string(), &program, &calls, &kernel);
        policies += 1;
    }
    assert!(heard > 0, "no call was put to the kernel");
    println!("{policies} policies, {heard} calls: the kernel answers as the interpreter");
}
