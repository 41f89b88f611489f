//! `merge` of ten thousand profiles: in one pass, in memory that does not grow with their number.
//!
//! The kernel says so: the command gets a limit of memory that it would pass if it kept what it had read.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use callgate_syscalls::Syscall;

const MANY: usize = 10_000;
/// Twice what two of them take, and a small part of what all of them would, once read.
const KIBIBYTES: usize = 8_000;

#[test]
fn ten_thousand_profiles_take_no_more_memory_than_a_few() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("many");
    fs::create_dir_all(&folder).expect("a folder");
    let names: Vec<&str> = Syscall::all().map(Syscall::name).collect();
    let files = (0..MANY).map(|at| {
        let listed: Vec<String> = (0..40)
            .map(|place| format!("\"{}\"", names[(at * 7 + place * 11) % names.len()]))
            .collect();
        let file = folder.join(format!("{at}.json"));
        let text = format!(
            "{{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86_64\"],\"syscalls\":[{{\"names\":[{}],\"action\":\"SCMP_ACT_ALLOW\"}}]}}",
            listed.join(",")
        );
        fs::write(&file, text).expect("written");
        file
    });
    let files: Vec<_> = files.collect();
    let merged = limited(KIBIBYTES, &["merge", "--union"], &files);
    let said = String::from_utf8_lossy(&merged.stderr).into_owned();
    let last = said.lines().last().unwrap_or_default();
    assert!(merged.status.success(), "{last}");
    assert!(last.contains("10000 filters"), "{last}");
    // The limit is one: with a small part of it not even two are merged.
    let starved = limited(KIBIBYTES / 80, &["merge", "--union"], &files[..2]);
    assert!(!starved.status.success());
    fs::remove_dir_all(folder).expect("it is ours");
}

fn limited(kibibytes: usize, verb: &[&str], files: &[impl AsRef<std::ffi::OsStr>]) -> Output {
    Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -d {kibibytes} && exec \"$0\" \"$@\""),
        ])
        .arg(env!("CARGO_BIN_EXE_callgate"))
        .args(verb)
        .args(files)
        .output()
        .expect("sh is there")
}
