//! A supervisor in a process of its own, which dies where it is told to; see `callgate_tests::supervisor`.

use std::process::ExitCode;

fn main() -> ExitCode {
    callgate_tests::supervisor::main()
}
