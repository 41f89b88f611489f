//! Where a path of a caller leads: from its own root or working directory, as descriptors of ours.
//!
//! Apart from the plugins, because two of them resolve paths, and neither may follow the caller's memory or names of its own.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;

use rustix::fs::{CWD, Mode, OFlags, openat, readlinkat};
use rustix::io::Errno;

use crate::call::Call;

/// A path as a caller's root has it.
pub(crate) struct Place {
    /// The caller's root directory.
    pub(crate) from: OwnedFd,
    /// The path from there, without a leading `/`; what is relative was put behind its directory.
    pub(crate) path: Vec<u8>,
}

/// The place of a path; one that is relative begins at a directory of the caller's, or at its working directory.
pub(crate) fn of_path(call: &Call<'_>, directory: Option<i32>, path: &[u8]) -> io::Result<Place> {
    let from = directory_of(call, "root")?;
    let mut whole = Vec::new();
    if path.first() != Some(&b'/') {
        let base = match directory {
            None => directory_of(call, "cwd")?,
            Some(number) => call.descriptor(number)?,
        };
        whole = name_beneath(&from, &base)?;
        whole.push(b'/');
    }
    whole.extend_from_slice(path);
    let mut parts: Vec<&[u8]> = whole.split(|&byte| byte == b'/').collect();
    let ends_in_directory = parts.last().is_some_and(|last| matches!(*last, b"" | b"."));
    parts.retain(|part| !matches!(*part, b"" | b"."));
    let mut path = parts.join(&b'/');
    if ends_in_directory {
        path.push(b'/');
    }
    Ok(Place { from, path })
}

/// The absolute path of an open file in its caller's root.
pub(crate) fn in_root(call: &Call<'_>, file: &OwnedFd) -> io::Result<Vec<u8>> {
    name_beneath(&directory_of(call, "root")?, file)
}

impl Place {
    /// The path from the caller's root, with the `/` that stands for it.
    pub(crate) fn absolute(&self) -> Vec<u8> {
        [b"/", &self.path[..]].concat()
    }
}

/// The caller's `root` or `cwd`.
fn directory_of(call: &Call<'_>, which: &str) -> io::Result<OwnedFd> {
    let name = format!("/proc/{}/{which}", call.thread());
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = openat(CWD, name, flags, Mode::empty());
    call.check()?;
    Ok(opened?)
}

/// The path of what is open, from a root that is open, too; what lies outside of it has no name in it.
pub(crate) fn name_beneath(root: &OwnedFd, file: &OwnedFd) -> io::Result<Vec<u8>> {
    let (root, name) = (name_of(root)?, name_of(file)?);
    let root = root.strip_suffix(b"/").unwrap_or(&root);
    match name.strip_prefix(root) {
        Some(inside) if inside.is_empty() || inside[0] == b'/' => Ok(inside.to_vec()),
        _ => Err(Errno::NOENT.into()),
    }
}

/// What the kernel calls a file that is open.
fn name_of(descriptor: &OwnedFd) -> io::Result<Vec<u8>> {
    let name = readlinkat(
        CWD,
        format!("/proc/self/fd/{}", descriptor.as_raw_fd()),
        Vec::new(),
    )?;
    Ok(std::ffi::OsString::from_vec(name.into_bytes()).into_vec())
}
