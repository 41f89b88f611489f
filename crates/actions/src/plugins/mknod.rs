//! `mknod`: device files of a safe list alone.
//!
//! Apart from `mount`, because kind and device are in registers: nothing has to be copied, and the kernel makes the file for its
//! caller, who needs the privilege as ever.

use std::io;

use serde_json::Value;

use super::config::Config;
use super::{Made, Plugin, Surroundings};
use crate::call::Call;
use crate::registry::NotifyHandler;
use crate::reply::{Race, Reply};

pub(super) const PLUGIN: Plugin = Plugin {
    name: "mknod",
    about: "make device files of a safe list alone",
    manual: "\
For mknod and mknodat. Pipes, sockets and regular files are made as ever, and character devices where the list has them; block devices
and other character devices get the action's `otherwise`. Decided are the call's registers, which can't change; the kernel makes the
file with the caller's own privileges, so a caller without CAP_MKNOD still makes no device.

`devices`: the character devices, each `null`, `zero`, `full`, `random`, `urandom`, `tty`, `whiteout` (of an overlay), or its numbers
as \"10:229\". Without it: all those that have a name here.

    \"with\": { \"devices\": [\"null\", \"zero\", \"10:229\"] }",
    around: &[],
    gives_descriptors: false,
    make,
};

/// The devices that have no more in them than every process may have anyway, by what the kernel's devices.txt calls them.
const SAFE: [(&str, Device); 7] = [
    ("null", Device { major: 1, minor: 3 }),
    ("zero", Device { major: 1, minor: 5 }),
    ("full", Device { major: 1, minor: 7 }),
    ("random", Device { major: 1, minor: 8 }),
    ("urandom", Device { major: 1, minor: 9 }),
    ("tty", Device { major: 5, minor: 0 }),
    ("whiteout", Device { major: 0, minor: 0 }),
];

/// A character device, by its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Device {
    major: u32,
    minor: u32,
}

struct MakeNode {
    devices: Vec<Device>,
}

fn make(with: Option<&Value>, _: &Surroundings) -> Made {
    let mut config = Config::of(with);
    let listed = config.list("devices", Device::parse);
    let devices = match config.has("devices") {
        true => listed,
        false => SAFE.map(|(_, device)| device).to_vec(),
    };
    config.finish(Box::new(MakeNode { devices }) as Box<dyn NotifyHandler>)
}

impl NotifyHandler for MakeNode {
    fn handle(&self, call: &Call<'_>) -> io::Result<Reply> {
        let (mode, device) = match call.name().as_str() {
            "mknod" => (call.arg(1), call.arg(2)),
            "mknodat" => (call.arg(2), call.arg(3)),
            _ => return Ok(Reply::Otherwise),
        };
        Ok(match self.is_allowed(mode as u32, device as u32) {
            true => Reply::Continue(Race::RegistersOnly),
            false => Reply::Otherwise,
        })
    }
}

impl MakeNode {
    /// Whether a file of this mode may be made; of a device, the number as the call has it.
    fn is_allowed(&self, mode: u32, device: u32) -> bool {
        // The kinds of a mode in inode(7), of which none is a regular file.
        const KIND: u32 = 0o170_000;
        match mode & KIND {
            0 | 0o100_000 | 0o010_000 | 0o140_000 => true,
            0o020_000 => self.devices.contains(&Device::of_argument(device)),
            _ => false,
        }
    }
}

impl Device {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some((_, device)) = SAFE.iter().find(|(name, _)| *name == text) {
            return Ok(*device);
        }
        let numbers = text.split_once(':').and_then(|(major, minor)| {
            Some(Self {
                major: major.parse().ok().filter(|major| *major < 1 << 12)?,
                minor: minor.parse().ok().filter(|minor| *minor < 1 << 20)?,
            })
        });
        numbers.ok_or_else(|| {
            let names = SAFE.map(|(name, _)| name).join(" ");
            format!("{text:?} is neither two numbers, such as \"10:229\", nor one of {names}")
        })
    }

    /// From the number that the call takes (`new_decode_dev` in `include/linux/kdev_t.h`).
    const fn of_argument(device: u32) -> Self {
        Self {
            major: device >> 8 & 0xfff,
            minor: device & 0xff | device >> 12 & 0xf_ff00,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_names_or_numbers() {
        let numbers = |major, minor| Ok(Device { major, minor });
        for (text, expected) in [
            ("null", numbers(1, 3)),
            ("10:229", numbers(10, 229)),
            ("4095:1048575", numbers(4095, 1_048_575)),
        ] {
            assert_eq!(Device::parse(text), expected, "{text}");
        }
        for wrong in ["", "kmem", "10", "4096:0", "1:1048576", "1:-1", "1:3:5"] {
            assert!(Device::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn kinds_without_a_device_are_made_and_disks_are_not() {
        let devices = vec![
            Device { major: 1, minor: 3 },
            Device {
                major: 10,
                minor: 0x345,
            },
        ];
        let node = MakeNode { devices };
        for (mode, device, expected) in [
            (0o644, 0x801, true),
            (0o010_644, 0, true),
            (0o140_644, 0, true),
            (0o020_666, 0x103, true),
            (0o020_666, 0x101, false),
            (0o020_666, 0x300a45, true),
            (0o060_660, 0x103, false),
            (0o040_755, 0, false),
        ] {
            assert_eq!(
                node.is_allowed(mode, device),
                expected,
                "{mode:o} {device:x}"
            );
        }
    }
}
