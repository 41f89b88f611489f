//! The process that makes the calls that it is told; see `callgate_tests::caller`.

use std::process::ExitCode;

fn main() -> ExitCode {
    callgate_tests::caller::main()
}
