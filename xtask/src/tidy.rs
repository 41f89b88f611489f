//! `cargo xtask tidy`: the house rules that no compiler knows, as functions of a file's text.
//! Apart from the lints, because these are about files, names and arrows between crates.

mod arrows;
mod code;
mod markdown;
mod rust;

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Fallible;

/// A breach of a rule, with its place.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    path: String,
    /// 1-based; none where it is the whole file's.
    line: Option<usize>,
    message: String,
}

/// A file of the tree, by its path from the root.
struct SourceFile {
    path: String,
    text: String,
}

/// Prints every breach of the house rules; an error if there is one.
pub(crate) fn run() -> Fallible {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let files = read_tree(root)?;
    let mut faults = Vec::new();
    for file in &files {
        match file.path.rsplit_once('.') {
            Some((_, "rs")) => faults.extend(rust::faults(file)),
            Some((_, "md")) => {
                faults.extend(markdown::faults(file, &|path| root.join(path).exists()))
            }
            _ => {}
        }
    }
    faults.extend(rust::crate_faults(&files));
    faults.extend(arrows::faults(&files)?);
    for fault in &faults {
        match fault.line {
            Some(line) => println!("{}:{line}: {}", fault.path, fault.message),
            None => println!("{}: {}", fault.path, fault.message),
        }
    }
    println!("tidy: {} files, {} breaches", files.len(), faults.len());
    match faults.len() {
        0 => Ok(()),
        count => Err(format!("{count} breaches of the house rules").into()),
    }
}

/// All Rust, Markdown and TOML files, sorted by path; not what is built or hidden.
fn read_tree(root: &Path) -> Fallible<Vec<SourceFile>> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = folder.join(&name);
            if entry.file_type()?.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if [".rs", ".md", ".toml"]
                .iter()
                .any(|ending| name.ends_with(ending))
            {
                let text = fs::read_to_string(root.join(&path))?;
                files.push(SourceFile {
                    path: path.display().to_string(),
                    text,
                });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

impl SourceFile {
    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault {
            path: self.path.clone(),
            line: None,
            message: message.into(),
        }
    }

    fn fault_at(&self, line: usize, message: impl Into<String>) -> Fault {
        Fault {
            line: Some(line),
            ..self.fault(message)
        }
    }
}
