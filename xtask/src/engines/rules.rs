//! The model of libseccomp's database against the libseccomp of a ground, by sets of rules made at random: the suite's own test, run there.
//! Apart from the engines, because no container is started: containers' profiles have few rules, and these have odd ones.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::archive;
use super::site::Site;
use crate::command::{Fallible, read};
use crate::ground::Ground;

/// As many sets of rules are made in the short form, and in the long one.
const SHORT: &str = "600";
const LONG: &str = "6000";

/// The test, in the folder that is kept.
const TEST: &str = "rules";

/// Builds the test, so that it can be run where there is no compiler.
pub(super) fn build() -> Fallible {
    let mut build = Command::new(env!("CARGO"));
    build.args(["test", "--quiet", "-p", "callgate-tests", "--test"]);
    build.args(["libseccomp", "--no-run", "--message-format=json"]);
    let said = read(&mut build)?;
    let messages = said
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let program = messages
        .filter(|message| message["target"]["name"] == "libseccomp")
        .find_map(|message| message["executable"].as_str().map(str::to_owned));
    let program = program.ok_or("cargo names no program of the test")?;
    fs::copy(program, archive::folder()?.join(TEST))?;
    Ok(())
}

/// Runs the test with the libseccomp of a ground, and prints what came of the sets.
pub(super) fn hold(ground: &Ground, site: &Site, short: bool) -> Fallible {
    let folder = site.folder_for(TEST)?;
    let program = folder.join(TEST);
    fs::copy(archive::folder()?.join(TEST), &program)?;
    let sets = format!("CALLGATE_SETS={}", if short { SHORT } else { LONG });
    let mut test = ground.command("env");
    test.args([Path::new(&sets), &program]);
    let said = read(test.args(["--nocapture", "--test-threads=1"]))?;
    let counts = said.lines().find(|line| line.starts_with("libseccomp "));
    println!("\n{}", counts.ok_or("the test counts nothing")?);
    Ok(())
}
