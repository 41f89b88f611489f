//! The system call tables against other sources: libseccomp's resolver, the bindings of linux-raw-sys, and profiles.
//!
//! A number that differs is a failure. What one has and the other lacks is listed in a file for each,
//! and the test fails when its list is stale; `SNAPSHOTS=overwrite` writes it anew.

mod corpus;
mod libseccomp;
mod linux_raw_sys;
#[allow(unsafe_code)]
mod sys;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use callgate_syscalls::Arch;

/// What one source has and the other lacks: what is lacking, and the call, on which arches.
#[derive(Default)]
struct Gaps(BTreeMap<(&'static str, String), BTreeSet<Arch>>);

impl Gaps {
    fn add(&mut self, kind: &'static str, call: &str, arch: Arch) {
        self.0
            .entry((kind, call.to_owned()))
            .or_default()
            .insert(arch);
    }

    /// The list as text; `*` are all the arches that both sources know.
    fn to_text(&self, head: &str, arches: &BTreeSet<Arch>) -> String {
        let mut text = format!("{head}gap\tcall\tarches\n");
        for ((kind, call), found) in &self.0 {
            let names = found.iter().map(|arch| arch.name()).collect::<Vec<_>>();
            let names = if found == arches {
                "*".to_owned()
            } else {
                names.join(" ")
            };
            let _ = writeln!(text, "{kind}\t{call}\t{names}");
        }
        text
    }
}

/// Fails unless the list in `file` is `text`, or writes it when asked to.
fn compare(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/second_sources")
        .join(file);
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        std::fs::write(&path, text).expect("the list is written");
    }
    let listed = std::fs::read_to_string(&path).unwrap_or_default();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (listed_lines, found_lines) = (lines(&listed), lines(text));
    let stale = listed_lines
        .difference(&found_lines)
        .map(|line| format!("- {line}"));
    let new = found_lines
        .difference(&listed_lines)
        .map(|line| format!("+ {line}"));
    let changes = stale.chain(new).collect::<Vec<_>>();
    assert!(
        listed == text,
        "{file} is stale; SNAPSHOTS=overwrite writes it anew:\n{}",
        changes.join("\n")
    );
}
