//! Directories beneath which a plugin acts, and the way to a file beneath one.
//!
//! Apart from the plugins, because several of them promise that no path leads out.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

use crate::place::Place;

/// Where a path leads: a directory of the list, and the rest of the way from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way<'s> {
    root: &'s [u8],
    rest: &'s [u8],
}

/// An absolute path in its shortest form, without the first `/`.
pub(super) fn directory(text: &str) -> Result<Vec<u8>, String> {
    let Some(rest) = text.strip_prefix('/') else {
        return Err(format!("{text:?} is not an absolute path"));
    };
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    match parts.iter().find(|part| matches!(**part, "." | "..")) {
        Some(part) => Err(format!(
            "{text:?} has a part `{part}`, and must be written without"
        )),
        None => Ok(parts.join("/").into_bytes()),
    }
}

/// The way from the longest of these directories that a place is beneath.
pub(super) fn way<'s>(
    roots: impl Iterator<Item = &'s Vec<u8>>,
    place: &'s Place,
) -> Option<Way<'s>> {
    let beneath = roots.filter_map(|root| {
        let rest = match (root.is_empty(), place.path.strip_prefix(&root[..])?) {
            (true, rest) | (false, rest @ []) | (false, [b'/', rest @ ..]) => rest,
            (false, _) => return None,
        };
        Some(Way { root, rest })
    });
    beneath.max_by_key(|way| way.root.len())
}

impl Way<'_> {
    /// Opens what lies at its end, through no link that leads out of its directory.
    pub(super) fn open(&self, place: &Place, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let name = |bytes: &[u8]| match bytes {
            [] => OsStr::new(".").to_owned(),
            bytes => OsStr::from_bytes(bytes).to_owned(),
        };
        let directory = openat2(
            &place.from,
            name(self.root),
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS,
        )?;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        Ok(openat2(&directory, name(self.rest), flags, mode, resolve)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_absolute_and_plain() {
        assert_eq!(directory("/usr//lib/"), Ok(b"usr/lib".to_vec()));
        assert_eq!(directory("/"), Ok(Vec::new()));
        for wrong in ["usr", "", "/usr/../etc", "/./usr"] {
            assert!(directory(wrong).is_err(), "{wrong}");
        }
    }
}
