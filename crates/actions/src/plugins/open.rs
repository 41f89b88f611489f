//! `open`: files beneath some directories alone.
//!
//! Apart from the kernel's own refusals, because a filter sees an address where the path is: the supervisor copies the path, opens
//! the file beneath the directory by itself, and gives the caller the descriptor.

use std::cell::Cell;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, PROC_SUPER_MAGIC, fstatfs};
use rustix::io::Errno;
use rustix::process::umask;
use serde_json::Value;

use super::config::Config;
use super::roots::{self, LastLink, directory};
use super::{Made, Plugin, Surroundings};
use crate::call::{Call, PATH_MAX};
use crate::credentials::as_caller;
use crate::place::{self, Place};
use crate::registry::NotifyHandler;
use crate::reply::{OnExec, Reply};
use crate::sys;

pub(super) const PLUGIN: Plugin = Plugin {
    name: "open",
    about: "open files beneath some directories alone",
    manual: "\
For open, creat, openat and openat2. The supervisor copies the path, opens the file beneath one of the directories by itself, with
the caller's credentials and file mode mask, and gives the caller the descriptor: what a thread of the caller does to its memory or
to symbolic links meanwhile leads out of no directory. Other paths get the action's `otherwise`.

`read`: directories beneath which files may be opened for reading.
`write`: directories beneath which files may be opened for reading and writing, made and emptied.

Both are absolute paths in the caller's root. Symbolic links and `..` lead where the kernel takes them, and the file at their end has
to lie beneath a directory. What lies in /proc is refused (EACCES), as it would show the supervisor. openat2 with resolve flags of its own gets ENOSYS; the C library opens
without them then. The profile has to refuse io_uring, which opens files without these calls.

    \"with\": { \"read\": [\"/usr\", \"/etc\"], \"write\": [\"/tmp/build\"] }",
    around: &["io_uring_setup"],
    gives_descriptors: true,
    make,
};

struct Open {
    read: Vec<Vec<u8>>,
    write: Vec<Vec<u8>>,
}

fn make(with: Option<&Value>, _: &Surroundings) -> Made {
    let mut config = Config::of(with);
    let open = Open {
        read: config.list("read", directory),
        write: config.list("write", directory),
    };
    config.finish(Box::new(open) as Box<dyn NotifyHandler>)
}

/// A request to open a file.
struct Request {
    directory: Option<i32>,
    path: u64,
    flags: OFlags,
    mode: Mode,
}

impl NotifyHandler for Open {
    fn handle(&self, call: &Call<'_>) -> io::Result<Reply> {
        Ok(Reply::of(self.opened(call)))
    }
}

impl Open {
    fn opened(&self, call: &Call<'_>) -> io::Result<Reply> {
        let Some(request) = request(call)? else {
            return Ok(Reply::Otherwise);
        };
        let path = call.text(request.path, PATH_MAX)?;
        if path.is_empty() {
            return Err(Errno::NOENT.into());
        }
        let place = place::of_path(call, request.directory, path.as_bytes())?;
        let read = self.read.iter().filter(|_| !request.writes());
        let roots = read.chain(&self.write);
        let Some(descriptor) = opened(call, &place, roots, &request)? else {
            return Ok(Reply::Otherwise);
        };
        let on_exec = match request.flags.contains(OFlags::CLOEXEC) {
            true => OnExec::Close,
            false => OnExec::Keep,
        };
        Ok(Reply::Descriptor {
            descriptor,
            on_exec,
        })
    }
}

impl Request {
    /// Whether a file may be changed, made or emptied.
    fn writes(&self) -> bool {
        let access = self.flags & OFlags::ACCMODE;
        let changing =
            OFlags::CREATE | OFlags::TRUNC | OFlags::APPEND | OFlags::TMPFILE & !OFlags::DIRECTORY;
        // Reading a path alone asks for nothing.
        !self.flags.contains(OFlags::PATH)
            && (access != OFlags::RDONLY || self.flags.intersects(changing))
    }

    /// Whether a link at the end of the path is followed, as open(2) says.
    fn last_link(&self) -> LastLink {
        let makes = self.flags.contains(OFlags::CREATE | OFlags::EXCL);
        match makes || self.flags.contains(OFlags::NOFOLLOW) {
            true => LastLink::Kept,
            false => LastLink::Followed,
        }
    }
}

/// What a call asks for; none for a call that opens no file by a path.
fn request(call: &Call<'_>) -> io::Result<Option<Request>> {
    let flags = |word: u64| OFlags::from_bits_retain(word as u32);
    let mode = |word: u64| Mode::from_bits_truncate(word as u32 & 0o7777);
    let at = |word: u64| match word as u32 as i32 {
        AT_FDCWD => None,
        number => Some(number),
    };
    let [first, second, third, fourth, ..] = call.data().args;
    Ok(Some(match call.name().as_str() {
        "open" => Request {
            directory: None,
            path: first,
            flags: flags(second),
            mode: mode(third),
        },
        "creat" => Request {
            directory: None,
            path: first,
            flags: OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC,
            mode: mode(second),
        },
        "openat" => Request {
            directory: at(first),
            path: second,
            flags: flags(third),
            mode: mode(fourth),
        },
        "openat2" => {
            let how = call.open_how(third, fourth)?;
            if how.resolve != 0 {
                return Err(Errno::NOSYS.into());
            }
            Request {
                directory: at(first),
                path: second,
                flags: flags(how.flags),
                mode: mode(how.mode),
            }
        }
        _ => return Ok(None),
    }))
}

/// `AT_FDCWD` in `include/uapi/linux/fcntl.h`.
const AT_FDCWD: i32 = -100;

/// Opens what is requested, with the caller's credentials and mask; none where it lies beneath no root.
fn opened<'s>(
    call: &Call<'_>,
    place: &Place,
    roots: impl Iterator<Item = &'s Vec<u8>>,
    request: &Request,
) -> io::Result<Option<OwnedFd>> {
    let mask = call.status("Umask")?;
    let mask = u32::from_str_radix(&mask, 8).map_err(|_| Errno::INVAL)?;
    take_mask(Mode::from_bits_truncate(mask))?;
    // The supervisor's own terminal is not for the taking.
    let flags = request.flags | OFlags::CLOEXEC | OFlags::NOCTTY;
    let mode = match flags.intersects(OFlags::CREATE | OFlags::TMPFILE & !OFlags::DIRECTORY) {
        true => request.mode,
        // openat2 refuses what open overlooks.
        false => Mode::empty(),
    };
    let opened = as_caller(call, || {
        match roots::way(roots, place, request.last_link())? {
            Some(way) => way.open(flags, mode).map(Some),
            None => Ok(None),
        }
    })?;
    match opened {
        Some(opened) if fstatfs(&opened)?.f_type == PROC_SUPER_MAGIC => Err(Errno::ACCESS.into()),
        opened => Ok(opened),
    }
}

/// Gives this thread a mask, which it shares with no other from then on.
fn take_mask(mask: Mode) -> io::Result<()> {
    thread_local! {
        static HAS_OWN: Cell<bool> = const { Cell::new(false) };
    }
    if !HAS_OWN.get() {
        sys::own_mask()?;
        HAS_OWN.set(true);
    }
    umask(mask);
    Ok(())
}
