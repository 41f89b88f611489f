//! Makes the system call tables: headers to `crates/syscalls/tables`, and those to `crates/syscalls/src/generated`.
//! Apart from tablegen, because it knows where the headers come from and where the files go; tablegen knows neither.

mod pins;

use std::path::{Path, PathBuf};
use std::process::Command;

use callgate_tablegen::data::Files;
use callgate_tablegen::generate::{self, Sources};
use callgate_tablegen::headers::Headers;
use callgate_tablegen::{Error, rust};
use pins::{Pin, output};

/// What mends stale tables.
const MEND: &str = "cargo xtask gen-tables";

/// How `cargo xtask gen-tables` is asked.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing; fail if a file is not what would be written
    #[arg(long)]
    check: bool,
    /// Only make Rust from the committed tables: no network, no libclang
    #[arg(long, conflicts_with = "headers")]
    offline: bool,
    /// Take numbers and constants from the headers in this folder (as usr/include of Debian's linux-libc-dev)
    #[arg(long, value_name = "DIR")]
    headers: Option<PathBuf>,
    /// First move the pins of the packages to the newest of their suites
    #[arg(long, conflicts_with_all = ["check", "offline", "headers"])]
    repin: bool,
}

/// Runs it in the workspace.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    if args.repin {
        pins::move_to_newest()?;
    }
    let tables = workspace().join("crates/syscalls/tables");
    let generated = workspace().join("crates/syscalls/src/generated");
    let mut data = Files::new();
    for &name in rust::DATA {
        // The first run of all finds nothing but what is written by hand.
        if let Ok(text) = std::fs::read_to_string(tables.join(name)) {
            data.insert(name.to_owned(), text);
        }
    }
    let fresh = match &args.headers {
        _ if args.offline => Files::new(),
        Some(folder) => generate::overlay(&data, &Headers::new(folder))?,
        None => generate::data(&sources()?)?,
    };
    data.extend(fresh);
    if args.headers.is_none() {
        rust::check_groups(&data)?;
    }
    let code = rust::render(&data)?;
    if args.check {
        let mut stale = differing(&tables, &data);
        stale.extend(differing(&generated, &code));
        return report(&stale, args.offline);
    }
    write(&tables, &data)?;
    write(&generated, &code)
}

/// The files in `folder` that are not as `files` say.
fn differing(folder: &Path, files: &Files) -> Vec<String> {
    let is_fresh = |name: &str, text: &str| {
        std::fs::read_to_string(folder.join(name)).is_ok_and(|found| found == text)
    };
    let stale = files.iter().filter(|(name, text)| !is_fresh(name, text));
    stale.map(|(name, _)| name.clone()).collect()
}

fn report(stale: &[String], offline: bool) -> Result<(), Error> {
    if stale.is_empty() {
        return Ok(());
    }
    let flag = if offline { " --offline" } else { "" };
    let files = stale.join(", ");
    Err(Error::new(format!(
        "stale: {files}; `{MEND}{flag}` mends that"
    )))
}

fn write(folder: &Path, files: &Files) -> Result<(), Error> {
    for name in differing(folder, files) {
        let path = folder.join(&name);
        std::fs::write(&path, &files[&name]).map_err(|error| error_at(&path, &error))?;
    }
    Ok(())
}

/// What stage 1 reads: the pinned packages, unpacked.
fn sources() -> Result<Sources, Error> {
    let pins = pins::unpacked()?;
    let of = |role: &'static str| pins.iter().filter(move |pin| pin.role == role);
    let one = |role: &'static str| {
        of(role)
            .next()
            .ok_or_else(|| Error::new(format!("packages.tsv: no row for {role}")))
    };
    let include = |pin: &Pin| Headers::new(&pin.folder().join("usr/include"));
    let kernel = one("kernel")?;
    let common = kernel.package.as_str();
    Ok(Sources {
        headers: include(one("headers")?),
        retired: include(one("retired")?),
        kernel: kernel.folder().join("usr/src").join(common),
        older: of("older").chain(of("retired")).map(include).collect(),
        manual: manual(&one("manual")?.folder())?,
        provenance: pins
            .iter()
            .map(|pin| {
                format!(
                    "{}: Debian's {} {}, sha256 {}",
                    pin.role, pin.package, pin.version, pin.sha256
                )
            })
            .collect(),
    })
}

/// The source of syscalls(2) in an unpacked package, uncompressed.
fn manual(folder: &Path) -> Result<PathBuf, Error> {
    let packed = folder.join("usr/share/man/man2/syscalls.2.gz");
    let page = folder.join("syscalls.2");
    let text = output(Command::new("gzip").args(["-dc"]).arg(&packed))?;
    std::fs::write(&page, text).map_err(|error| error_at(&page, &error))?;
    Ok(page)
}

fn error_at(path: &Path, error: &std::io::Error) -> Error {
    Error::new(format!("{}: {error}", path.display()))
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
