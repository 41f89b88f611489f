//! Whatever the fuzzer once found, again: each file of `fuzz/regressions`.
//!
//! Apart from the random policies, because these are the same on every run.

#[path = "support/fuzzed.rs"]
mod fuzzed;
mod support;

use std::fs;

#[test]
fn what_was_found_is_right() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/regressions");
    let mut policies = 0;
    for entry in fs::read_dir(folder).expect("it is part of the tree") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "md") {
            continue;
        }
        println!("{}", path.display());
        let bytes = fs::read(&path).expect("an input");
        assert!(fuzzed::policy(&bytes).is_some());
        fuzzed::hold(&bytes);
        policies += 1;
    }
    assert!(policies > 0, "{folder} is empty");
}
