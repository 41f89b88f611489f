//! What the full suite needs of the machine: programs, libraries, and the Debian packages that have them.
//! Apart, because the README's test command installs what it may, and says what it may not.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Fallible, capture, on_path, succeed};

/// Something that a part of the suite cannot do without.
pub(crate) struct Need {
    /// What it is called in reasons.
    pub(crate) name: &'static str,
    packages: &'static [&'static str],
    is_there: fn() -> bool,
}

/// The library that the tests compare with.
pub(crate) const LIBSECCOMP: Need = Need {
    name: "libseccomp",
    packages: &["libseccomp-dev"],
    is_there: || any_exists(&["/usr/include/seccomp.h", "/usr/local/include/seccomp.h"]),
};

/// What reads kernel headers.
pub(crate) const LIBCLANG: Need = Need {
    name: "libclang",
    packages: &["libclang1"],
    is_there: libclang_is_there,
};

/// What the feature kernel-headers of callgate-syscalls reads.
pub(crate) const KERNEL_HEADERS: Need = Need {
    name: "kernel headers",
    packages: &["linux-libc-dev"],
    is_there: || any_exists(&["/usr/include/linux/version.h"]),
};

/// What the recorder is compared with, and what sees the runtimes' calls.
pub(crate) const STRACE: Need = Need {
    name: "strace",
    packages: &["strace"],
    is_there: || on_path("strace"),
};

/// What counts the instructions of a benchmark.
pub(crate) const VALGRIND: Need = Need {
    name: "valgrind",
    packages: &["valgrind"],
    is_there: || on_path("valgrind"),
};

/// Those that read what callgate writes, an editor, and a plugin's language.
const READERS: [Need; 5] = [
    Need {
        name: "neovim",
        packages: &["neovim"],
        is_there: || on_path("nvim"),
    },
    Need {
        name: "bubblewrap",
        packages: &["bubblewrap"],
        is_there: || on_path("bwrap"),
    },
    Need {
        name: "systemd-analyze",
        packages: &["systemd"],
        is_there: || on_path("systemd-analyze"),
    },
    Need {
        name: "pre-commit",
        packages: &["pre-commit", "git"],
        is_there: || on_path("pre-commit") && on_path("git"),
    },
    Need {
        name: "python3 with jsonschema and yaml",
        packages: &["python3", "python3-jsonschema", "python3-yaml"],
        is_there: || {
            let mut python = Command::new("python3");
            let asked = capture(python.args(["-c", "import jsonschema, yaml"]));
            asked.is_ok_and(|finished| finished.status == 0)
        },
    },
];

/// What makes a place for Python's own packages.
const VENV: Need = Need {
    name: "python3 with venv",
    packages: &["python3-venv"],
    is_there: || {
        let mut python = Command::new("python3");
        let asked = capture(python.args(["-c", "import ensurepip, venv"]));
        asked.is_ok_and(|finished| finished.status == 0)
    },
};

/// Those whose calls plugins answer.
const PROGRAMS: [Need; 4] = [
    Need {
        name: "redis-server",
        packages: &["redis-server"],
        is_there: || on_path("redis-server"),
    },
    Need {
        name: "curl",
        packages: &["curl"],
        is_there: || on_path("curl"),
    },
    Need {
        name: "netcat",
        packages: &["netcat-openbsd"],
        is_there: || on_path("nc"),
    },
    Need {
        name: "gcc",
        packages: &["gcc", "libc6-dev"],
        is_there: || on_path("gcc"),
    },
];

/// What the lab starts, in the order in which it is missed.
pub(crate) const LAB: [Need; 4] = [
    Need {
        name: "a Docker engine",
        packages: &["docker.io", "docker-cli"],
        is_there: docker_is_there,
    },
    Need {
        name: "crun",
        packages: &["crun"],
        is_there: || on_path("crun"),
    },
    Need {
        name: "a static busybox",
        packages: &["busybox-static"],
        is_there: || any_exists(&["/bin/busybox"]) && !any_exists(&[DYNAMIC_BUSYBOX]),
    },
    Need {
        name: "gcc with a static libc",
        packages: &["gcc", "libc6-dev"],
        is_there: || on_path("gcc"),
    },
];

/// What the comparison of engines starts, in the order in which it is missed.
pub(crate) const ENGINES: [Need; 5] = [
    Need {
        name: "dockerd",
        packages: &["docker.io", "docker-cli"],
        is_there: || on_path("docker") && on_path("dockerd"),
    },
    Need {
        name: "containerd",
        packages: &["containerd"],
        is_there: || on_path("containerd") && on_path("ctr"),
    },
    Need {
        name: "runc and crun",
        packages: &["runc", "crun"],
        is_there: || on_path("runc") && on_path("crun"),
    },
    Need {
        name: "gcc",
        packages: &["gcc"],
        is_there: || on_path("gcc"),
    },
    Need {
        name: "debootstrap",
        packages: &["debootstrap"],
        is_there: || on_path("debootstrap"),
    },
];

/// Where it exists, `/bin/busybox` is the package busybox's, which needs libraries.
const DYNAMIC_BUSYBOX: &str = "/var/lib/dpkg/info/busybox.list";

impl Need {
    /// Why a part is left out, or none if all that it needs is there.
    pub(crate) fn missing<'a>(needs: impl IntoIterator<Item = &'a Need>) -> Option<String> {
        let missing: Vec<String> = needs
            .into_iter()
            .filter(|need| !(need.is_there)())
            .map(|need| format!("{} (Debian: {})", need.name, need.packages.join(" ")))
            .collect();
        (!missing.is_empty()).then(|| format!("{} is missing", missing.join(", ")))
    }
}

/// Installs what is missing where that is allowed: as root, on a machine with apt.
pub(crate) fn install() -> Fallible {
    let needs = LAB.iter().chain(&ENGINES).chain(&READERS);
    let needs = needs.chain(&PROGRAMS);
    let needs = needs.chain([
        &LIBSECCOMP,
        &LIBCLANG,
        &KERNEL_HEADERS,
        &STRACE,
        &VALGRIND,
        &VENV,
    ]);
    let missing: Vec<&str> = needs
        .filter(|need| !(need.is_there)())
        .flat_map(|need| need.packages.iter().copied())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() || !on_path("apt-get") {
        println!(
            "this is not root on Debian, so nothing is installed; missing: {}",
            missing.join(" ")
        );
        return Ok(());
    }
    succeed(Command::new("apt-get").args(["update", "--quiet=2"]))?;
    let mut known = Vec::new();
    for package in missing {
        // Which package has `docker` depends on the release.
        if capture(Command::new("apt-cache").args(["show", "--quiet", package]))?.status == 0 {
            known.push(package);
        }
    }
    println!("installing {}", known.join(" "));
    succeed(
        Command::new("apt-get")
            .args(["install", "--yes", "--quiet=2", "--no-install-recommends"])
            .args(known)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// Whether this process is root's.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

fn docker_is_there() -> bool {
    on_path("docker") && (on_path("dockerd") || std::env::var_os("DOCKER_HOST").is_some())
}

fn libclang_is_there() -> bool {
    if std::env::var_os("LIBCLANG_PATH").is_some() {
        return true;
    }
    let under = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let folders =
        under("/usr/lib".into()).flat_map(|entry| [entry.path(), entry.path().join("lib")]);
    folders
        .chain(["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from))
        .flat_map(under)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .any(|name| name.starts_with("libclang.so") || is_versioned(&name))
}

/// `libclang-14.so.1`, say; libclang-cpp is another library.
fn is_versioned(name: &str) -> bool {
    let version = name.strip_prefix("libclang-").unwrap_or_default();
    version.starts_with(|first: char| first.is_ascii_digit())
}

fn any_exists(paths: &[&str]) -> bool {
    paths.iter().any(|path| Path::new(path).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_packages() {
        let there = Need {
            name: "there",
            packages: &["a"],
            is_there: || true,
        };
        let gone = Need {
            name: "gone",
            packages: &["b", "c"],
            is_there: || false,
        };
        assert_eq!(Need::missing([&there]), None);
        assert_eq!(
            Need::missing([&there, &gone]).as_deref(),
            Some("gone (Debian: b c) is missing")
        );
    }
}
