//! The process that tries to get by its supervisor; see `callgate_tests::hostile`.

use std::process::ExitCode;

fn main() -> ExitCode {
    callgate_tests::hostile::main()
}
