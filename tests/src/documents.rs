//! The profiles that the suites read: ours, the built-in one, and other people's where they stand beside the checkout.

use std::path::Path;
use std::{fs, io};

use crate::left_out::shared;

/// A profile's text.
#[derive(Clone, Debug)]
pub struct Document {
    /// The name of its file, without the folder.
    pub name: String,
    /// Its bytes.
    pub text: Vec<u8>,
}

/// The profiles of our own writing, in `profiles/`.
///
/// # Panics
/// They can't be read.
#[must_use]
pub fn ours() -> Vec<Document> {
    of_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles"))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Other people's profiles, the JSON ones; none where they are not beside the checkout.
///
/// # Panics
/// They are there and can't be read.
#[must_use]
pub fn of_others() -> Option<Vec<Document>> {
    let folder = shared()?.join("corpus");
    Some(of_folder(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())))
}

fn of_folder(folder: &Path) -> io::Result<Vec<Document>> {
    let mut documents = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            documents.push(Document {
                name,
                text: fs::read(&path)?,
            });
        }
    }
    documents.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(documents)
}
