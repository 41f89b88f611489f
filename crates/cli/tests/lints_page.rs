//! The page of the rules in the documentation is what the rules themselves say.
//!
//! `SNAPSHOTS=overwrite cargo test -p callgate-cli --test lints_page` writes it anew; read the difference before you keep it.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[test]
fn the_page_is_fresh() {
    let made = Command::new(env!("CARGO_BIN_EXE_callgate"))
        .args(["rule", "--format", "markdown"])
        .output()
        .expect("callgate runs");
    assert!(made.status.success());
    let made = String::from_utf8(made.stdout).expect("text");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lints.md");
    if env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        fs::write(&path, &made).expect("written");
    }
    let kept = fs::read_to_string(&path).expect("the page is there");
    assert!(
        made == kept,
        "docs/lints.md is not what `callgate rule --format markdown` prints"
    );
}
