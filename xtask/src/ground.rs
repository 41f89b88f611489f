//! Where programs run: on this machine as it is, or in another Debian's root on it.
//! Apart, because who starts an engine need not know which.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Fallible, read};

/// A root folder from which programs are started.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    /// None: the machine's own.
    root: Option<PathBuf>,
}

impl Ground {
    /// This machine as it is.
    pub(crate) const MACHINE: Ground = Ground { root: None };

    /// Another root.
    pub(crate) fn within(root: &Path) -> Ground {
        Ground {
            root: Some(root.to_owned()),
        }
    }

    /// A program that sees this ground's files.
    pub(crate) fn command(&self, program: &str) -> Command {
        self.extend(Command::new("env"), program)
    }

    /// The same, which is ended by the signal if we end without ending it.
    pub(crate) fn command_for_our_life(&self, program: &str, signal: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", signal]);
        self.extend(command, program)
    }

    /// Whether it has a program of this name where Debian puts programs.
    pub(crate) fn has(&self, program: &str) -> bool {
        let root = self.root.as_deref().unwrap_or(Path::new("/"));
        let folders = ["usr/bin", "usr/sbin", "usr/local/bin"].into_iter();
        folders
            .map(|folder| root.join(folder).join(program))
            .any(|path| path.is_file())
    }

    /// What a program says of its version, in numbers alone: `1.1.5` of `runc version 1.1.5+ds1`.
    pub(crate) fn version(&self, program: &str) -> Fallible<String> {
        let said = read(self.command(program).arg("--version"))?;
        let line = said.lines().next().unwrap_or_default();
        version_in(line)
            .ok_or_else(|| format!("{program} says {line:?}, and no version in it").into())
    }

    fn extend(&self, mut command: Command, program: &str) -> Command {
        if let Some(root) = &self.root {
            command.arg("chroot").arg(root);
        }
        command.arg(program);
        command
    }
}

/// The first word that begins with a digit, as far as it is numbers with dots between, three at most.
pub(crate) fn version_in(line: &str) -> Option<String> {
    let word = line
        .split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let end = word
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(word.len());
    let numbers: Vec<&str> = word[..end]
        .split('.')
        .take_while(|number| !number.is_empty())
        .take(3)
        .collect();
    Some(numbers.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        for (line, version) in [
            ("Docker version 20.10.24+dfsg1, build 5d6db84", "20.10.24"),
            ("runc version 1.1.5+ds1", "1.1.5"),
            ("crun version 1.28", "1.28"),
            (
                "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3",
                "1.6.20",
            ),
            ("podman version 5.8.6", "5.8.6"),
            ("libseccomp: 2.5.4", "2.5.4"),
            ("tool 1.2.3.4", "1.2.3"),
        ] {
            assert_eq!(version_in(line).as_deref(), Some(version), "{line}");
        }
        assert_eq!(version_in("no number"), None);
    }
}
