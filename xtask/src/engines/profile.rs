//! The profiles that containers are started under: the tree's own, and other people's where they stand beside it.
//! Apart, because the suite takes some of them, and a person all.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::site::Site;
use crate::command::Fallible;
use crate::left_out;

/// A profile where every ground sees it.
pub(super) struct Given {
    name: String,
    path: PathBuf,
}

/// The ones of other people that the short form takes.
const SHORT: [&str; 7] = [
    "containers-common-2025-04",
    "lab-allow",
    "lab-default",
    "lab-default-no-chmod",
    "lab-deny",
    "moby-20.10-default",
    "moby-28.3-default",
];

const TREE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

impl Given {
    /// Its file's name without the ending.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// All profiles, or those of the short form.
pub(super) fn all(site: &Site, short: bool) -> Fallible<Vec<Given>> {
    let tree = Path::new(TREE);
    let mut files = vec![tree.join("crates/profile/builtin/docker-default.json")];
    let shared = std::env::var_os("CALLGATE_SHARED")
        .map_or_else(|| tree.join("../shared"), PathBuf::from)
        .join("corpus");
    let is_shared = shared.is_dir();
    if is_shared {
        let theirs = json_files(&shared)?.into_iter();
        files.extend(theirs.filter(|path| !short || SHORT.contains(&&*stem(path))));
    } else {
        let reason = format!("{} is not there", shared.display());
        left_out::note("engines under other people's profiles", &reason)?;
    }
    // The tree's own have to do where there are no others.
    if !short || !is_shared {
        files.extend(json_files(&tree.join("tests/profiles"))?);
    }
    let folder = site.folder_for("profiles")?;
    let mut given = Vec::new();
    for file in files {
        let text = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        // A whole config.json of a container is read by callgate, and is no profile to an engine.
        let document: Value = serde_json::from_slice(&text)?;
        if document.get("defaultAction").is_none() {
            continue;
        }
        let name = stem(&file);
        let path = folder.join(format!("{name}.json"));
        fs::write(&path, text)?;
        given.push(Given { name, path });
    }
    Ok(given)
}

fn json_files(folder: &Path) -> Fallible<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
