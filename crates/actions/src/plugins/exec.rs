//! `exec`: programs of a list, by path and by digest. Advice, and it says so.
//!
//! Apart from `open`, which acts for its caller and so holds: nobody can execute a program for another process.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::config::Config;
use super::{Made, Plugin, Surroundings};
use crate::call::{Call, PATH_MAX};
use crate::credentials::as_caller;
use crate::place;
use crate::registry::NotifyHandler;
use crate::reply::{Race, Reply};

pub(super) const PLUGIN: Plugin = Plugin {
    name: "exec",
    about: "execute programs of a list, by path and digest; advice, which a hostile program gets by",
    manual: "\
For execve and execveat. The supervisor copies the path, finds the file in the caller's root, through symbolic links, and looks it up
in the list, where there is a digest by what is in it. Other programs get the action's `otherwise`.

This is advice: the kernel reads the path again, and by then another thread of the caller can have changed it, or somebody the file.
It keeps a program from what it starts by mistake or by its settings, and none that means ill. The interpreter that a script names,
and what a program loads into itself, are not asked about.

`allow`: the programs: a path, or a path and its digest with a space between.

    \"with\": { \"allow\": [\"/usr/bin/cat\", \"/usr/bin/env sha256:9f86d0…\"] }",
    around: &[],
    gives_descriptors: false,
    make,
};

/// To whom it was told that the decision is advice.
const TOLD: &str = "the author of the profile, by the plugin's manual page";

/// The most bytes of a program that are digested.
const PROGRAM_MAX: u64 = 1 << 30;

struct Execute {
    allowed: Vec<Program>,
}

/// A program of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Program {
    /// The path in the caller's root.
    path: Vec<u8>,
    sha256: Option<[u8; 32]>,
}

fn make(with: Option<&Value>, _: &Surroundings) -> Made {
    let mut config = Config::of(with);
    let allowed = config.list("allow", Program::parse);
    config.finish(Box::new(Execute { allowed }) as Box<dyn NotifyHandler>)
}

impl Program {
    fn parse(text: &str) -> Result<Self, String> {
        let (path, digest) = match text.split_once(" sha256:") {
            Some((path, digest)) => (path, Some(digest)),
            None => (text, None),
        };
        if !path.starts_with('/') {
            return Err(format!("{path:?} is not an absolute path"));
        }
        let sha256 = digest.map(|digest| {
            digest_of(digest).ok_or_else(|| format!("{digest:?} are not the 64 digits of a digest"))
        });
        Ok(Self {
            path: path.as_bytes().to_vec(),
            sha256: sha256.transpose()?,
        })
    }
}

fn digest_of(digits: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if digits.len() != 2 * digest.len() || !is_hexadecimal {
        return None;
    }
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(digest)
}

impl NotifyHandler for Execute {
    fn handle(&self, call: &Call<'_>) -> io::Result<Reply> {
        Ok(Reply::of(self.executed(call)))
    }
}

impl Execute {
    fn executed(&self, call: &Call<'_>) -> io::Result<Reply> {
        let Some(file) = file(call)? else {
            return Ok(Reply::Otherwise);
        };
        let path = place::in_root(call, &file)?;
        let mut digest = None;
        for program in self.allowed.iter().filter(|program| program.path == path) {
            let is_this = match program.sha256 {
                None => true,
                Some(sha256) => {
                    let found = match digest {
                        Some(digest) => digest,
                        None => *digest.insert(content_digest(call, &file)?),
                    };
                    found == sha256
                }
            };
            if is_this {
                return Ok(Reply::Continue(Race::Advisory(TOLD)));
            }
        }
        Ok(Reply::Otherwise)
    }
}

/// The file that a call executes, by its path alone; none for another call.
fn file(call: &Call<'_>) -> io::Result<Option<OwnedFd>> {
    /// `AT_FDCWD` and `AT_EMPTY_PATH` in `include/uapi/linux/fcntl.h`.
    const AT_FDCWD: i32 = -100;
    const AT_EMPTY_PATH: u64 = 0x1000;
    let (directory, path, may_be_empty) = match call.name().as_str() {
        "execve" => (AT_FDCWD, call.arg(0), false),
        "execveat" => (
            call.arg(0) as u32 as i32,
            call.arg(1),
            call.arg(4) & AT_EMPTY_PATH != 0,
        ),
        _ => return Ok(None),
    };
    let path = call.text(path, PATH_MAX)?;
    if path.is_empty() {
        return match may_be_empty {
            true => call.descriptor(directory).map(Some),
            false => Err(Errno::NOENT.into()),
        };
    }
    let directory = (directory != AT_FDCWD).then_some(directory);
    let place = place::of_path(call, directory, path.as_bytes())?;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let path = std::ffi::OsStr::from_bytes(&place.path);
    let opened = as_caller(call, || {
        Ok(openat2(&place.from, path, flags, Mode::empty(), resolve)?)
    });
    opened.map(Some)
}

/// The digest of what is in a file, which its caller has to be able to read.
fn content_digest(call: &Call<'_>, file: &OwnedFd) -> io::Result<[u8; 32]> {
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let opened = as_caller(call, || Ok(openat(CWD, name, flags, Mode::empty())?))?;
    let opened = File::from(opened);
    let metadata = opened.metadata()?;
    if !metadata.is_file() {
        return Err(Errno::ACCESS.into());
    }
    if metadata.len() > PROGRAM_MAX {
        return Err(Errno::FBIG.into());
    }
    let mut hasher = Sha256::new();
    io::copy(&mut io::Read::take(opened, PROGRAM_MAX), &mut hasher)?;
    Ok(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_paths_and_perhaps_digests() {
        let plain = Program::parse("/bin/a b").expect("a path");
        assert_eq!((&plain.path[..], plain.sha256), (&b"/bin/a b"[..], None));
        let digits = "0123456789abcdef".repeat(4);
        let with = Program::parse(&format!("/bin/a sha256:{digits}")).expect("both");
        assert_eq!(with.path, b"/bin/a");
        assert_eq!(
            with.sha256.map(|digest| digest[..4].to_vec()),
            Some(vec![1, 0x23, 0x45, 0x67])
        );
        for wrong in ["bin/a", "", "/bin/a sha256:0123", "/bin/a sha256:+"] {
            assert!(Program::parse(wrong).is_err(), "{wrong}");
        }
    }
}
