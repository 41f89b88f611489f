//! Directories beneath which a plugin acts, and the way to a file beneath one.
//!
//! Apart from the plugins, because several of them promise that no path leads out.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;

use crate::place::{Place, name_beneath};

/// Where a path leads: a directory of the list, and the rest of the way from there.
pub(super) struct Way {
    directory: OwnedFd,
    rest: Vec<u8>,
}

/// Whether a link that is a path's last part is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastLink {
    Followed,
    Kept,
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

/// The way from the deepest of these directories that a place is beneath; for the one who acts as the caller.
///
/// Links and `..` lead where the kernel takes them in the caller's root. Should they lead elsewhere by the time the way is gone,
/// it ends where it leaves its directory.
///
/// # Errors
/// What the caller would meet on its way; `ELOOP` for the links of `/proc` that are none.
pub(super) fn way<'s>(
    roots: impl Iterator<Item = &'s Vec<u8>>,
    place: &Place,
    last_link: LastLink,
) -> io::Result<Option<Way>> {
    let end = end(place, last_link)?;
    let mut deepest: Option<(usize, Way)> = None;
    for root in roots {
        let directory = match opened(place, root, OFlags::DIRECTORY) {
            Ok(directory) => directory,
            // Nothing lies beneath what is not there.
            Err(_) => continue,
        };
        let name = name_beneath(&place.from, &directory)?;
        let depth = name.len();
        if let Some(rest) = rest_beneath(&name, &end)
            && deepest.as_ref().is_none_or(|(most, _)| depth >= *most)
        {
            let rest = rest.to_vec();
            deepest = Some((depth, Way { directory, rest }));
        }
    }
    Ok(deepest.map(|(_, way)| way))
}

/// The name in the caller's root of what lies at a place, or is to be made there, without links and `..` on the way.
fn end(place: &Place, last_link: LastLink) -> io::Result<Vec<u8>> {
    let flags = match last_link {
        LastLink::Followed => OFlags::empty(),
        LastLink::Kept => OFlags::NOFOLLOW,
    };
    let mut name = match opened(place, &place.path, flags) {
        Ok(file) => name_beneath(&place.from, &file)?,
        Err(Errno::NOENT) => {
            // What is not there yet has a name in a directory that is.
            let path = place.path.strip_suffix(b"/").unwrap_or(&place.path);
            let (directory, last) = match path.iter().rposition(|&byte| byte == b'/') {
                Some(at) => (&path[..at], &path[at + 1..]),
                None => (&b""[..], path),
            };
            let directory = opened(place, directory, OFlags::DIRECTORY)?;
            [&name_beneath(&place.from, &directory)?, &b"/"[..], last].concat()
        }
        Err(errno) => return Err(errno.into()),
    };
    if place.path.ends_with(b"/") {
        name.push(b'/');
    }
    Ok(name)
}

/// What a path from the caller's root names, opened for nothing.
fn opened(place: &Place, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let flags = flags | OFlags::PATH | OFlags::CLOEXEC;
    openat2(&place.from, name(path), flags, Mode::empty(), resolve)
}

/// The rest of a name that begins with that of a directory; none where it only looks as if, as `/foobar` for `/foo`.
fn rest_beneath<'n>(directory: &[u8], name: &'n [u8]) -> Option<&'n [u8]> {
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    match name.strip_prefix(directory)? {
        [] => Some(&[]),
        [b'/', rest @ ..] => Some(rest),
        _ => None,
    }
}

fn name(bytes: &[u8]) -> &OsStr {
    match bytes {
        [] => OsStr::new("."),
        bytes => OsStr::from_bytes(bytes),
    }
}

impl Way {
    /// Opens what lies at its end, through no link that leads out of its directory.
    pub(super) fn open(&self, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        Ok(openat2(
            &self.directory,
            name(&self.rest),
            flags,
            mode,
            resolve,
        )?)
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

    #[test]
    fn a_name_that_only_begins_alike_is_not_beneath() {
        for (directory, name, rest) in [
            ("/foo", "/foo/bar", Some("bar")),
            ("/foo", "/foo", Some("")),
            ("/foo", "/foobar", None),
            ("/foo", "/fo", None),
            ("", "/foo", Some("foo")),
            ("/", "/foo", Some("foo")),
        ] {
            let found = rest_beneath(directory.as_bytes(), name.as_bytes());
            assert_eq!(found, rest.map(str::as_bytes), "{directory} {name}");
        }
    }
}
