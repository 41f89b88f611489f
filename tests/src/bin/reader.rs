//! The process in which the tests read hostile documents; see `callgate_tests::reader`.

fn main() {
    callgate_tests::reader::main();
}
