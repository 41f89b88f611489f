//! The containers' root: busybox with links for the applets that the rows use, and the probe.
//! Apart, because it is the same for all ways, and what is in it is a list.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::command::{Fallible, succeed};

const FOLDERS: [&str; 7] = ["bin", "dev", "etc", "proc", "root", "sys", "tmp"];
const APPLETS: [&str; 6] = ["chmod", "echo", "grep", "sh", "unshare", "whoami"];
const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\n";
const PROBE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lab/probe.c");

/// Fills `root` with everything that a row starts.
pub(super) fn lay_out(root: &Path) -> Fallible {
    for folder in FOLDERS {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::copy("/bin/busybox", root.join("bin/busybox")).map_err(|error| {
        format!("/bin/busybox (the Debian package busybox-static has it): {error}")
    })?;
    for applet in APPLETS {
        symlink("busybox", root.join("bin").join(applet))?;
    }
    fs::write(root.join("etc/passwd"), PASSWD)?;
    succeed(
        Command::new("gcc")
            .args(["-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
            .arg(root.join("bin/probe"))
            .arg(PROBE),
    )
}
