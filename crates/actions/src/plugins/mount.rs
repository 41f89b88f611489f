//! `mount`: file systems of a list, on directories of a list.
//!
//! Apart from `mknod`, because here what is decided on is memory: the supervisor copies it, and mounts by itself where its caller lives.

use std::ffi::CString;
use std::io;
use std::os::fd::AsFd;

use rustix::fs::{Mode, OFlags};
use rustix::mount::MountFlags;
use serde_json::Value;

use super::config::Config;
use super::roots::{self, LastLink, directory};
use super::{Made, Plugin, Surroundings};
use crate::call::{Call, PATH_MAX};
use crate::credentials::{as_caller, whole};
use crate::place;
use crate::registry::NotifyHandler;
use crate::reply::Reply;
use crate::sys;

pub(super) const PLUGIN: Plugin = Plugin {
    name: "mount",
    about: "mount file systems of a list, on directories of a list, alone",
    manual: "\
For mount. The supervisor copies the words of the call, opens the directory, and mounts by a process of its own that has entered the
caller's namespaces and has no more than the caller's user and capabilities: what a thread of the caller does to its memory or to
symbolic links meanwhile changes nothing, and a caller that could not mount by itself can't by this either. Others get the action's
`otherwise`: another file system, another directory, and what is no new mount (MS_BIND, MS_MOVE, MS_REMOUNT, propagation).

`types`: the file systems, such as \"tmpfs\" and \"proc\": those that need no device are safe.
`beneath`: directories on and beneath which may be mounted, as absolute paths in the caller's root.

The profile has to answer fsopen, fsconfig, fsmount, fspick, open_tree, open_tree_attr, move_mount and mount_setattr with ENOSYS, by
which programs could mount without this call; they use it then.

    \"with\": { \"types\": [\"tmpfs\", \"proc\"], \"beneath\": [\"/mnt\"] }",
    around: &["fsmount", "open_tree", "move_mount"],
    gives_descriptors: false,
    make,
};

struct Mount {
    types: Vec<String>,
    beneath: Vec<Vec<u8>>,
}

fn make(with: Option<&Value>, _: &Surroundings) -> Made {
    let mut config = Config::of(with);
    let mount = Mount {
        types: config.list("types", |text| Ok(text.to_owned())),
        beneath: config.list("beneath", directory),
    };
    config.finish(Box::new(mount) as Box<dyn NotifyHandler>)
}

impl NotifyHandler for Mount {
    fn handle(&self, call: &Call<'_>) -> io::Result<Reply> {
        match call.name().as_str() {
            "mount" => Ok(Reply::of(self.mounted(call))),
            _ => Ok(Reply::Otherwise),
        }
    }
}

impl Mount {
    fn mounted(&self, call: &Call<'_>) -> io::Result<Reply> {
        let [source, target, kind, flags, data, _] = call.data().args;
        let Some(flags) = plain(flags) else {
            return Ok(Reply::Otherwise);
        };
        let words = sys::Mounted {
            source: optional(call, source)?,
            kind: call.text(kind, PATH_MAX)?,
            flags: flags.bits().into(),
            data: optional(call, data)?,
        };
        let is_listed = |listed: &String| listed.as_bytes() == words.kind.as_bytes();
        if !self.types.iter().any(is_listed) {
            return Ok(Reply::Otherwise);
        }
        let target = call.text(target, PATH_MAX)?;
        let place = place::of_path(call, None, target.as_bytes())?;
        let directory = as_caller(call, || {
            let Some(way) = roots::way(self.beneath.iter(), &place, LastLink::Followed)? else {
                return Ok(None);
            };
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            way.open(flags, Mode::empty()).map(Some)
        })?;
        let Some(directory) = directory else {
            return Ok(Reply::Otherwise);
        };
        let caller = whole(call)?;
        sys::mount_elsewhere(&caller, directory.as_fd(), &words)?;
        Ok(Reply::Value(0))
    }
}

/// The flags of a new mount; none where they ask for anything else.
fn plain(flags: u64) -> Option<MountFlags> {
    /// `MS_MGC_VAL` and `MS_MGC_MSK` in `include/uapi/linux/mount.h`, which means nothing any more.
    const MAGIC: u64 = 0xc0ed_0000;
    const MAGIC_MASK: u64 = 0xffff_0000;
    let known = MountFlags::RDONLY
        | MountFlags::NOSUID
        | MountFlags::NODEV
        | MountFlags::NOEXEC
        | MountFlags::NOATIME
        | MountFlags::NODIRATIME
        | MountFlags::RELATIME
        | MountFlags::STRICTATIME
        | MountFlags::SYNCHRONOUS
        | MountFlags::DIRSYNC
        | MountFlags::LAZYTIME
        | MountFlags::SILENT;
    let flags = match flags & MAGIC_MASK == MAGIC {
        true => flags & !MAGIC_MASK,
        false => flags,
    };
    let flags = MountFlags::from_bits_retain(u32::try_from(flags).ok()?);
    known.contains(flags).then_some(flags)
}

fn optional(call: &Call<'_>, address: u64) -> io::Result<Option<CString>> {
    match address {
        0 => Ok(None),
        address => call.text(address, PATH_MAX).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_new_mount_is_not_plain() {
        assert_eq!(plain(0xc0ed_0001), Some(MountFlags::RDONLY));
        assert_eq!(plain(0x20_0000), Some(MountFlags::RELATIME));
        // MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE, and what is no flag.
        for other in [0x20, 0x1000, 0x2000, 0x4000, 0x4_0000, 1 << 31, 1 << 32] {
            assert_eq!(plain(other), None, "{other:#x}");
        }
    }
}
