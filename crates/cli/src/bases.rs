//! The bases of a document: the files and the built-in profiles that it names by `x-extends`.
//!
//! Apart from reading what a user names, because these are named by a document, which may come from anybody: it reaches files
//! from its own folder alone, and nothing but files.

use std::path::{self, Component, Path, PathBuf};

use callgate_profile::edit::{Edit, Text};
use callgate_profile::{Base, Bases, Options, builtin, parse};

use crate::input::{self, Document, InputOptions};
use crate::words;

/// The bases of a text of this name.
pub(crate) fn of(name: &str, text: &[u8], options: InputOptions) -> Bases {
    Bases::find(name, text, &options.limits(), |reference, beside| {
        open(reference, beside, options)
    })
}

/// Whether a document could be named so, and is a file.
pub(crate) fn is_file(name: &str) -> bool {
    builtin::by_name(name).is_none() && Path::new(name).is_file()
}

/// What names a profile from a folder.
pub(crate) fn reference(profile: &str, folder: &Path) -> String {
    if builtin::by_name(profile).is_some() {
        return profile.to_owned();
    }
    let absolute = |path: &Path| path::absolute(path).map_or(path.to_owned(), |path| plain(&path));
    // The empty path is no folder to the library.
    let (file, folder) = (
        absolute(Path::new(profile)),
        absolute(&Path::new(".").join(folder)),
    );
    let mut below = file.components().peekable();
    let mut above = folder.components().peekable();
    while below.peek().is_some() && below.peek() == above.peek() {
        below.next();
        above.next();
    }
    let steps = above.map(|_| Component::ParentDir).chain(below);
    steps.collect::<PathBuf>().to_string_lossy().into_owned()
}

/// The text of a document for another file, from whose folder its base may have another name.
pub(crate) fn text_for(file: &Path, document: &Document) -> Vec<u8> {
    let renamed = || {
        let base = document.bases.texts().first()?;
        let own = parse(&document.text, &Options::default())
            .profile?
            .extends?;
        let folder = file.parent().unwrap_or(Path::new(""));
        let name = serde_json::Value::from(reference(&base.name, folder)).to_string();
        let text = Text::of(&document.text)?;
        let edited = text.apply(&[Edit::replace(own.span, name)]).ok()?;
        Some(edited.into_bytes())
    };
    renamed().unwrap_or_else(|| document.text.clone())
}

/// What a text of the name `beside` names.
fn open(reference: &str, beside: &str, options: InputOptions) -> Result<Base, String> {
    if let Some(text) = builtin::by_name(reference) {
        return Ok(Base {
            name: reference.to_owned(),
            text: text.as_bytes().to_vec(),
        });
    }
    if Path::new(reference).is_absolute() {
        return Err("a base is named by its path from the profile's folder".to_owned());
    }
    let folder = Path::new(beside).parent().unwrap_or(Path::new(""));
    let path = plain(&folder.join(reference));
    let name = path.to_string_lossy().into_owned();
    if !path.is_file() {
        let name = words::harmless(&name);
        return Err(format!(
            "there is no file {name}, and no profile of this name is built in"
        ));
    }
    let text = input::bytes_of(&name, options).map_err(|failure| failure.message())?;
    Ok(Base { name, text })
}

/// The path without steps into a folder and out of it again, so that a file has one name.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for step in path.components() {
        let may_go_back = matches!(plain.components().next_back(), Some(Component::Normal(_)));
        match step {
            Component::CurDir => {}
            Component::ParentDir if may_go_back => {
                plain.pop();
            }
            step => plain.push(step),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_name() {
        for (path, name) in [
            ("a/../b.json", "b.json"),
            ("./a/./b.json", "a/b.json"),
            ("../b.json", "../b.json"),
            ("a/../../b.json", "../b.json"),
            ("/a/../b.json", "/b.json"),
        ] {
            assert_eq!(plain(Path::new(path)), Path::new(name), "{path}");
        }
    }

    #[test]
    fn a_file_is_named_from_a_folder() {
        for (file, folder, name) in [
            ("a/base.json", "", "a/base.json"),
            ("a/base.json", "a", "base.json"),
            ("base.json", "a/b", "../../base.json"),
            ("/a/base.json", "/a/b/..", "base.json"),
            ("docker:default", "a", "docker:default"),
        ] {
            assert_eq!(
                reference(file, Path::new(folder)),
                name,
                "{file} from {folder}"
            );
        }
    }
}
