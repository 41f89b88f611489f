//! The files that arguments of `check` stand for: themselves, or the profiles of a folder.
//!
//! Apart from the reading: here is only looked for what may be a profile.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use callgate_profile::builtin;
use memchr::memmem;

use super::manifest::{self, is_yaml};
use crate::bases;
use crate::failure::Failure;
use crate::input::{self, Document, InputOptions};
use crate::words;

/// The files that some arguments stand for, and what could not be looked at.
pub(super) fn files(paths: &[String], options: InputOptions) -> (Vec<String>, Vec<Failure>) {
    let mut files = Vec::new();
    let mut unreadable = Vec::new();
    for path in paths {
        if builtin::by_name(path).is_some() {
            unreadable.push(Failure::input(format_args!(
                "{path} is built in, and check is for files that one can mend; `callgate explain {path}` says what it means"
            )));
            continue;
        }
        if input::names_a_program(path) && !Path::new(path).is_dir() {
            unreadable.push(input::no_profile(path, "checked"));
            continue;
        }
        match profiles_of(path, options) {
            Ok(found) if found.is_empty() => unreadable.push(Failure::input(format_args!(
                "{path}: no *.json file here has a \"defaultAction\", and no YAML file names a profile"
            ))),
            Ok(found) => files.extend(found),
            Err((folder, error)) => {
                let words = words::system_error(&error);
                let folder = folder.display();
                unreadable.push(Failure::input(format_args!("{folder}: {words}")));
            }
        }
    }
    (files, unreadable)
}

/// The profiles that YAML files name, and the bases of profiles, each once and where it is not among the documents anyway.
pub(super) fn named(documents: &[Document]) -> Vec<String> {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let mut known: Vec<PathBuf> = documents
        .iter()
        .map(|document| real(Path::new(&document.name)))
        .collect();
    let mut files = Vec::new();
    let manifests = documents.iter().filter_map(manifest::of);
    let bases = documents.iter().flat_map(|document| document.bases.texts());
    let bases = bases.filter(|base| bases::is_file(&base.name));
    let bases = bases.map(|base| PathBuf::from(&base.name));
    for path in manifests.flat_map(|manifest| manifest.named).chain(bases) {
        let place = real(&path);
        if !known.contains(&place) {
            known.push(place);
            files.push(path.display().to_string());
        }
    }
    files
}

/// The files that an argument stands for: itself, or the profiles of a folder; an error names the folder in the way.
fn profiles_of(path: &str, options: InputOptions) -> Result<Vec<String>, (PathBuf, io::Error)> {
    if !Path::new(path).is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(path)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(|error| (folder, error))? {
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let found = entry.path();
            if is_folder && !is_hidden {
                folders.push(found);
            } else if !is_folder
                && (found.extension().is_some_and(|end| end == "json") || is_yaml(&found))
                && may_be_profile(&found, options)
            {
                files.push(found.display().to_string());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a file looks like a profile, as far as documents are read; one that can't be read may be one, and whoever reads it says why not.
fn may_be_profile(path: &Path, options: InputOptions) -> bool {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return false;
    }
    let mut text = Vec::new();
    match File::open(path).and_then(|file| file.take(options.max_size.0).read_to_end(&mut text)) {
        Ok(_) => has_its_words(path, &text),
        Err(_) => true,
    }
}

/// Whether a text looks like a profile, or like one that names profiles.
pub(super) fn looks_like_profile(document: &Document) -> bool {
    has_its_words(Path::new(&document.name), &document.text)
}

fn has_its_words(path: &Path, text: &[u8]) -> bool {
    let keys: &[&str] = match is_yaml(path) {
        true => &["eccomp"],
        false => &["\"defaultAction\"", "\"x-extends\""],
    };
    keys.iter()
        .any(|key| memmem::find(text, key.as_bytes()).is_some())
}
