//! A command's name to a file, as execvp(3) looks it up.
//!
//! Apart because it is the C library's and the shell's work, not the kernel's.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;

use super::{InspectError, Problem, error};

/// Where glibc looks when there is no PATH.
const DEFAULT: &str = "/bin:/usr/bin";

/// Finds the file of a command: the name itself where it has a slash, else the first executable file of that name
/// in a directory of `path` (the variable PATH).
///
/// An empty entry is the working directory.
///
/// # Errors
/// There is no such file (127), or only such as may not be executed (126).
pub fn find(name: &OsStr, path: Option<&OsStr>) -> Result<PathBuf, InspectError> {
    if name.as_bytes().contains(&b'/') {
        return Ok(name.into());
    }
    let not_found = || error(Path::new(name), Problem::NotFound);
    if name.is_empty() {
        return Err(not_found());
    }
    let mut refused = None;
    let path = path.unwrap_or(OsStr::new(DEFAULT)).as_bytes();
    for directory in path.split(|&byte| byte == b':') {
        let directory = match directory {
            [] => Path::new("."),
            directory => Path::new(OsStr::from_bytes(directory)),
        };
        let file = directory.join(name);
        match accessat(CWD, &file, Access::EXEC_OK, AtFlags::EACCESS) {
            Ok(()) if file.is_file() => return Ok(file),
            Ok(()) | Err(Errno::ACCESS) => {
                refused.get_or_insert_with(|| error(&file, Problem::NotExecutable));
            }
            Err(_) => {}
        }
    }
    Err(refused.unwrap_or_else(not_found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, path: Option<&str>) -> Result<PathBuf, Problem> {
        find(OsStr::new(name), path.map(OsStr::new)).map_err(|error| error.problem)
    }

    #[test]
    fn names_are_found_as_execvp_does() {
        assert_eq!(found("sh", None), Ok("/bin/sh".into()));
        assert_eq!(found("sh", Some("/nowhere:/bin")), Ok("/bin/sh".into()));
        assert_eq!(found("./sh", Some("/bin")), Ok("./sh".into()));
        assert_eq!(found("sh", Some("/nowhere")), Err(Problem::NotFound));
        assert_eq!(found("", Some("/bin")), Err(Problem::NotFound));
        // A directory, and a file without the bit.
        assert_eq!(found("etc", Some("/")), Err(Problem::NotExecutable));
        assert_eq!(found("passwd", Some("/etc")), Err(Problem::NotExecutable));
        // The empty entry is the working directory, here the crate's.
        assert_eq!(
            found("Cargo.toml", Some(":/bin")),
            Err(Problem::NotExecutable)
        );
    }
}
