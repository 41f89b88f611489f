//! The namespaces in which everything is mounted and started: with their first process go all others and all mounts, however it ends.
//! Apart, because nothing else here may depend on a tidy end.

use std::process::Command;

/// What starts a program, whose words follow, as the first process of namespaces of its own; it ends if we do.
pub(super) fn command() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "unshare", "--mount", "--pid"]);
    command.args(["--fork", "--kill-child", "--mount-proc"]);
    command
}
