//! What several tests need: the files beside the checkout, and a way to say that they are not there.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

/// The folder of real files beside the checkout, if it is there; if not, says that `test` is left out.
pub(crate) fn shared(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CALLGATE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    if folder.join("corpus").is_dir() {
        return Some(folder);
    }
    leave_out(test, "../shared is not beside the checkout");
    None
}

fn leave_out(test: &str, reason: &str) {
    let line = format!("left out: callgate-profile::{test}: {reason}\n");
    assert!(
        std::env::var_os("CALLGATE_COMPLETE").is_none_or(|complete| complete != "1"),
        "{line}"
    );
    match std::env::var_os("CALLGATE_LEFT_OUT").filter(|path| !path.is_empty()) {
        Some(path) => OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .expect("CALLGATE_LEFT_OUT names a file that can be written"),
        None => eprint!("{line}"),
    }
}
