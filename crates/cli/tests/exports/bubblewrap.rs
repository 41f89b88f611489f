//! A program that bubblewrap loads.
//!
//! Apart from the other tools, each of which starts something in its own way.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::{export, folder, lacking, left_out, profile_in, verify};

#[test]
fn bubblewrap_loads_the_program() {
    if let Some(reason) = lacking("bwrap") {
        return left_out::left_out("exports::bubblewrap_loads_the_program", &reason);
    }
    let folder = folder("bwrap");
    let profile = profile_in(&folder);
    let file = export("bwrap", &profile, &folder, &[]);
    // Where the test fails, its thread ends, and bubblewrap with it.
    let mut child = Command::new("bwrap")
        .args([
            "--die-with-parent",
            "--dev-bind",
            "/",
            "/",
            "--seccomp",
            "0",
        ])
        .args(["sh", "-c", "echo $$; exec sleep 600"])
        .stdin(File::open(&file).expect("it was written"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut pid = String::new();
    BufReader::new(child.stdout.take().expect("a pipe"))
        .read_line(&mut pid)
        .expect("it says who it is");
    let pid = pid.trim();
    assert!(!pid.is_empty(), "it did not start");
    verify(&profile, &["callgate"], pid);
    assert!(
        Command::new("kill")
            .arg(pid)
            .status()
            .expect("kill")
            .success()
    );
    let _ = child.wait();
}
