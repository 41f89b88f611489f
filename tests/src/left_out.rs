//! How a test says that it lacks something which a machine may lawfully lack: it is left out, and never counted as passed.
//!
//! `cargo xtask test` reads the lines and sums them up by reason.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Notes that a test was left out; the caller returns at once.
///
/// # Panics
/// `CALLGATE_COMPLETE` is `1`: then nothing may be left out.
pub fn left_out(name: &str, reason: &str) {
    let line = format!("left out: {name}: {reason}\n");
    assert!(
        env::var_os("CALLGATE_COMPLETE").is_none_or(|value| value != "1"),
        "{}",
        line.trim_end()
    );
    match env::var_os("CALLGATE_LEFT_OUT").filter(|path| !path.is_empty()) {
        Some(path) => OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        None => eprint!("{line}"),
    }
}

/// The folder of other people's profiles beside the checkout, or where `CALLGATE_SHARED` says; none where it is not.
#[must_use]
pub fn shared() -> Option<PathBuf> {
    // This file is a module of tests of other crates, too.
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let checkout = folders.find(|folder| folder.join("Cargo.lock").is_file())?;
    let folder =
        env::var_os("CALLGATE_SHARED").map_or_else(|| checkout.join("../shared"), PathBuf::from);
    folder.is_dir().then_some(folder)
}
