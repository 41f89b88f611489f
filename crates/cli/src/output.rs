//! Where answers and words go: standard output, standard error, and files that are never half written.
//!
//! Apart from the verbs, because stdout holds the answer alone, and that is one rule for all of them.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process;

use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::words;

/// Says a line on standard error, after the command's name.
#[macro_export]
#[doc(hidden)]
macro_rules! say {
    ($($part:tt)*) => {
        $crate::output::say_line(format_args!($($part)*))
    };
}

/// The line of [`say`]; a standard error that is closed can't be told anything.
pub(crate) fn say_line(line: std::fmt::Arguments<'_>) {
    let line = words::harmless(&line.to_string());
    let _ = writeln!(anstream::stderr(), "callgate: {line}");
}

/// Writes text to standard error as it is.
pub(crate) fn tell(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Writes an answer to standard output.
pub(crate) fn answer(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

/// Writes an answer to standard output as a JSON document.
pub(crate) fn document(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(value).expect("an answer is JSON");
    text.push('\n');
    answer(&text)
}

/// One answer of a stream: JSON on a line of its own.
pub(crate) fn json_line(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string(value).expect("an answer is JSON");
    text.push('\n');
    text
}

/// Writes bytes to a file or, for `-`, to standard output.
///
/// A file is there whole or not at all; what is no regular file, such as a device, is written to as it is.
pub(crate) fn to_file_or_stdout(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if path == Path::new("-") {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        return Ok(stdout.flush()?);
    }
    to_file(path, bytes).map_err(|error| {
        Failure::new(
            Status::NotPossible,
            format_args!("{}: {}", path.display(), words::system_error(&error)),
        )
    })
}

/// Refuses a path where no file can be written, before any work is done for it.
pub(crate) fn expect_writable(path: &Path) -> Result<(), Failure> {
    let refused = |reason: fmt::Arguments<'_>| {
        Failure::new(
            Status::NotPossible,
            format_args!("{}: {reason}", path.display()),
        )
    };
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => Err(refused(
            format_args!("there is no folder {}", folder.display()),
        )),
        _ => try_beside(path)
            .map_err(|error| refused(format_args!("{}", words::system_error(&error)))),
    }
}

/// Makes the file that [`to_file`] would write first, and takes it away again.
fn try_beside(path: &Path) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    match fs::metadata(&target) {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => Ok(()),
        _ => {
            let beside = beside(&target)?;
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&beside)?;
            fs::remove_file(&beside)
        }
    }
}

/// Whether standard output is a terminal, which raw bytes would upset.
pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

fn to_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let before = fs::metadata(&target).ok();
    if before.as_ref().is_some_and(|found| !found.is_file()) {
        return OpenOptions::new()
            .write(true)
            .open(&target)?
            .write_all(bytes);
    }
    let beside = beside(&target)?;
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&beside)
        .and_then(|mut file| {
            if let Some(before) = before {
                file.set_permissions(before.permissions())?;
            }
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A name in the same folder, so that the file can be put in its place in one step.
fn beside(target: &Path) -> io::Result<PathBuf> {
    let name = target
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not the name of a file"))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", process::id()));
    Ok(target.with_file_name(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("callgate-{name}.{}", process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_stays() {
        let folder = folder("output");
        let file = folder.join("profile.json");
        for text in ["a long text", "short"] {
            to_file(&file, text.as_bytes()).expect("written");
            assert_eq!(fs::read_to_string(&file).expect("read"), text);
        }
        let names: Vec<_> = fs::read_dir(&folder).expect("a folder").collect();
        assert_eq!(names.len(), 1);
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn a_link_stays_a_link_and_a_folder_is_refused() {
        let folder = folder("link");
        let (file, link) = (folder.join("file"), folder.join("link"));
        fs::write(&file, "before").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        to_file(&link, b"after").expect("written");
        assert_eq!(fs::read_to_string(&file).expect("read"), "after");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert!(to_file(&folder, b"text").is_err());
        fs::remove_dir_all(folder).expect("removed");
    }
}
