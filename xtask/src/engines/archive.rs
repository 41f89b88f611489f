//! A root of Debian sid with its engines, made once below `target/`, and only read afterwards.
//! Apart, because the archive may be out of reach, and everything else may not.

use std::fs;
use std::path::{Path, PathBuf};

use super::namespace;
use crate::command::{Fallible, Finished, capture, read};
use crate::ground::Ground;

/// What is installed there; a root that was made with other words is made anew.
const PACKAGES: &str = "docker.io docker-cli containerd runc crun podman netavark conmon strace";

/// Makes the root `$1` from the archive `$2` with the packages `$3`; no service may start in it meanwhile.
const MAKE: &str = r#"set -e
debootstrap --variant=minbase sid "$1" "$2"
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --rbind /sys "$1/sys"
mount --rbind /dev "$1/dev"
cp /etc/resolv.conf "$1/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' > "$1/usr/sbin/policy-rc.d"
chmod +x "$1/usr/sbin/policy-rc.d"
export DEBIAN_FRONTEND=noninteractive
chroot "$1" apt-get install --yes --quiet=2 --no-install-recommends $3
chroot "$1" apt-get clean
"#;

/// Where the root is, if it was made; it is whole.
pub(super) fn sid() -> Fallible<Option<PathBuf>> {
    let root = folder()?.join("sid");
    Ok(root.is_dir().then_some(root))
}

/// The folder for everything that is kept, and for what is mounted while it is used.
pub(super) fn folder() -> Fallible<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.parent().and_then(Path::parent);
    let folder = target.ok_or("the program has no folder")?.join("engines");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Makes the root, unless there is one with these packages.
///
/// It takes its name when it is whole, so that an interrupted run leaves nothing that looks like one.
pub(super) fn prepare(fresh: bool) -> Fallible {
    let folder = folder()?;
    let (root, made, note) = (
        folder.join("sid"),
        folder.join("sid.new"),
        folder.join("sid.packages"),
    );
    let is_there = root.is_dir() && fs::read_to_string(&note).is_ok_and(|text| text == PACKAGES);
    if is_there && !fresh {
        return Ok(());
    }
    for old in [&root, &made] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    println!("engines: making a root of Debian sid, once");
    let mut make = namespace::command();
    make.args(["sh", "-c", MAKE, "sh"]).arg(&made);
    let made_it = capture(make.arg(mirror()?).arg(PACKAGES))?;
    if made_it.status != 0 {
        return Err(format!("no root of Debian sid: {}", reason(&made_it)).into());
    }
    fs::write(note, PACKAGES)?;
    Ok(fs::rename(made, root)?)
}

/// The archive of Debian that this machine uses.
fn mirror() -> Fallible<String> {
    let form = "$(LABEL) $(REPO_URI)";
    let targets =
        read(
            Ground::MACHINE
                .command("apt-get")
                .args(["indextargets", "--format", form]),
        )?;
    let uri = targets
        .lines()
        .find_map(|line| line.strip_prefix("Debian "));
    Ok(uri.ok_or("apt names no archive of Debian")?.to_owned())
}

/// Why debootstrap or apt gave up: what they mark as errors, or the last they said.
fn reason(finished: &Finished) -> String {
    let said = finished.stdout.lines().chain(finished.stderr.lines());
    let errors: Vec<&str> = said
        .clone()
        .filter(|line| line.starts_with("E: "))
        .collect();
    match errors[..] {
        [] => said.last().unwrap_or("no word").to_owned(),
        _ => errors.join(" / "),
    }
}
