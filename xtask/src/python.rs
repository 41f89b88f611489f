//! Python's own packages that the suite needs, in a place under the target folder.
//! Apart from Debian's packages, because no release has these, and nobody need be root for them.

use std::path::PathBuf;
use std::process::Command;

use crate::command::{Fallible, succeed};

/// What knows the schemas of Kubernetes' API.
const PACKAGES: [&str; 1] = ["kubernetes-validate==1.37.0"];

/// Installs them; what is there already stays.
pub(crate) fn install() -> Fallible {
    let place = place()?;
    let python = place.join("bin/python");
    if !python.exists() {
        succeed(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    }
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    succeed(Command::new(python).args(pip).args(PACKAGES))
}

/// Beside the profiles' folders, where the tests look for it.
fn place() -> Fallible<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.parent().and_then(|profile| profile.parent());
    Ok(target
        .ok_or("xtask lies in no target folder")?
        .join("python"))
}
