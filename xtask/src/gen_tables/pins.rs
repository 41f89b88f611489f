//! The Debian packages that the tables are made from: `packages.tsv` pins them by version and digest.
//! Apart from the tables, because fetching, unpacking and moving pins is apt's business and nothing of theirs.

use std::path::PathBuf;
use std::process::Command;

use callgate_tablegen::Error;
use callgate_tablegen::data::Table;

use super::{error_at, workspace};

/// The pinned packages, fetched and unpacked.
pub(super) fn unpacked() -> Result<Vec<Pin>, Error> {
    let pins = Table::read(&file())?
        .rows
        .into_iter()
        .map(Pin::new)
        .collect::<Result<Vec<_>, _>>()?;
    let archives = archives()?;
    for pin in &pins {
        pin.unpack(&archives)?;
    }
    Ok(pins)
}

/// Writes the newest version of each package in its suite into `packages.tsv`.
pub(super) fn move_to_newest() -> Result<(), Error> {
    let mut table = Table::read(&file())?;
    let archives = archives()?;
    let mut headers = String::new();
    for row in &mut table.rows {
        let mut pin = Pin::new(row.clone())?;
        let suite = Suite::update(&archives[0], &pin.suite)?;
        let newest = if pin.role == "kernel" {
            // Its name holds the version; it is the one that was built with the headers above it.
            pin.package = suite.kernel_of(&headers)?;
            suite.newest(&pin.package)?
        } else {
            suite.newest(&pin.package)?
        };
        if pin.role == "headers" {
            headers.clone_from(&newest.version);
        }
        *row = vec![
            pin.role,
            pin.suite,
            pin.package,
            newest.version,
            newest.path,
            newest.sha256,
        ];
    }
    std::fs::write(file(), table.to_text()).map_err(|error| error_at(&file(), &error))
}

fn file() -> PathBuf {
    workspace().join("crates/tablegen/sources/packages.tsv")
}

/// A package of Debian, pinned by version and digest.
pub(super) struct Pin {
    pub(super) role: String,
    suite: String,
    pub(super) package: String,
    pub(super) version: String,
    path: String,
    pub(super) sha256: String,
}

impl Pin {
    fn new(row: Vec<String>) -> Result<Self, Error> {
        let cells = <[String; 6]>::try_from(row);
        let [role, suite, package, version, path, sha256] =
            cells.map_err(|row| Error::new(format!("packages.tsv: {}", row.join(" "))))?;
        Ok(Self {
            role,
            suite,
            package,
            version,
            path,
            sha256,
        })
    }

    /// Where it is unpacked.
    pub(super) fn folder(&self) -> PathBuf {
        target().join("kernel-headers").join(&self.sha256)
    }

    /// Fetches and unpacks it, unless that is done.
    ///
    /// apt's own helper fetches it, which knows the machine's proxy and checks the digest.
    fn unpack(&self, archives: &[String]) -> Result<(), Error> {
        let folder = self.folder();
        if folder.is_dir() {
            return Ok(());
        }
        // Beside the folder, which appears only when it is whole.
        let partial = folder.with_extension("partial");
        std::fs::create_dir_all(&partial).map_err(|error| error_at(&partial, &error))?;
        let file = partial.join("package.deb");
        let mut reasons = Vec::new();
        for archive in archives {
            let address = format!("{archive}{}", self.path);
            let mut fetch = Command::new("/usr/lib/apt/apt-helper");
            fetch.args(["download-file", &address]).arg(&file);
            match output(fetch.arg(format!("SHA256:{}", self.sha256))) {
                Ok(_) => {
                    output(Command::new("dpkg").arg("-x").arg(&file).arg(&partial))?;
                    std::fs::remove_file(&file).map_err(|error| error_at(&file, &error))?;
                    return std::fs::rename(&partial, &folder)
                        .map_err(|error| error_at(&folder, &error));
                }
                Err(error) => reasons.push(error.to_string()),
            }
        }
        Err(Error::new(format!(
            "headers not reached: {} {} is not to be had ({}); `--offline` does without, `--repin` takes what is \
             newest, and CALLGATE_DEBIAN_ARCHIVE names another archive to ask",
            self.package,
            self.version,
            reasons.join("; ")
        )))
    }
}

/// The archives to ask, each with a slash at its end: those that this machine's apt uses.
fn archives() -> Result<Vec<String>, Error> {
    let lines = output(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Identifier: Packages",
    ]));
    let lines = lines.map_err(|error| {
        Error::new(format!(
            "headers not reached: apt of a Debian machine is needed, or `--offline` ({error})"
        ))
    })?;
    let mut archives = Vec::<String>::new();
    let named = std::env::var("CALLGATE_DEBIAN_ARCHIVE").ok();
    for line in lines.lines().map(str::to_owned).chain(named) {
        let archive = format!("{}/", line.trim_end_matches('/'));
        if !archives.contains(&archive) {
            archives.push(archive);
        }
    }
    if archives.is_empty() {
        return Err(Error::new(
            "headers not reached: apt names no archive; `apt-get update` may mend that".to_owned(),
        ));
    }
    Ok(archives)
}

/// What a program prints, if it succeeds.
pub(super) fn output(command: &mut Command) -> Result<String, Error> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| Error::new(format!("{name}: {error}")))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        let reason = reason
            .lines()
            .find(|line| line.starts_with("E:"))
            .unwrap_or(reason.trim());
        return Err(Error::new(format!("{name}: {reason}")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A suite of Debian as apt sees it, with lists of our own and nothing installed.
struct Suite {
    options: Vec<String>,
}

/// What a suite says of a package's newest version.
struct Newest {
    version: String,
    path: String,
    sha256: String,
}

impl Suite {
    fn update(archive: &str, name: &str) -> Result<Self, Error> {
        let folder = target().join("kernel-headers").join(name);
        let lists = folder.join("lists");
        std::fs::create_dir_all(&lists).map_err(|error| error_at(&lists, &error))?;
        let sources = folder.join("sources.list");
        let keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
        std::fs::write(
            &sources,
            format!("deb [signed-by={keys}] {archive} {name} main\n"),
        )
        .map_err(|error| error_at(&sources, &error))?;
        let settings = [
            format!("Dir::Etc::sourcelist={}", sources.display()),
            "Dir::Etc::sourceparts=-".to_owned(),
            format!("Dir::State::Lists={}", lists.display()),
            format!("Dir::Cache={}", folder.display()),
            "Dir::State::status=/dev/null".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
        ];
        let options = settings
            .into_iter()
            .flat_map(|setting| ["-o".to_owned(), setting]);
        let suite = Self {
            options: options.collect(),
        };
        output(Command::new("apt-get").args(&suite.options).arg("update"))?;
        Ok(suite)
    }

    /// The newest version of a package; apt shows it first.
    fn newest(&self, package: &str) -> Result<Newest, Error> {
        let text = self.cache(&["show", package])?;
        let field = |name: &str| {
            let value = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            value
                .map(str::to_owned)
                .ok_or_else(|| Error::new(format!("{package}: apt shows no {name}")))
        };
        Ok(Newest {
            version: field("Version")?,
            path: field("Filename")?,
            sha256: field("SHA256")?,
        })
    }

    /// The package with the kernel's own headers of `version`.
    fn kernel_of(&self, version: &str) -> Result<String, Error> {
        let found = self.cache(&["search", "--names-only", "^linux-headers-[0-9].*-common$"])?;
        for package in found.lines().filter_map(|line| line.split(' ').next()) {
            if self.newest(package)?.version == version {
                return Ok(package.to_owned());
            }
        }
        Err(Error::new(format!(
            "no linux-headers-…-common of {version}"
        )))
    }

    fn cache(&self, arguments: &[&str]) -> Result<String, Error> {
        output(
            Command::new("apt-cache")
                .args(&self.options)
                .args(arguments),
        )
    }
}

fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    target.map_or_else(|| workspace().join("target"), PathBuf::from)
}
