//! The process in which the tests ask the kernel; see `callgate_tests::probe`.

fn main() {
    callgate_tests::probe::main();
}
