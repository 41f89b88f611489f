//! What a system call takes: parameters with their names, C types and kinds.
//!
//! The kind says how many bits of the register the kernel looks at, which is what a filter must know.

use core::fmt;

use crate::Arch;

/// A parameter of a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name in the kernel's prototype: `flags`.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its type in the kernel's prototype: `unsigned int`.
    pub c_type: &'static str,
}

/// What a parameter is, as far as its type and name in the kernel's prototype tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `int` and what is one.
    Int,
    /// `unsigned int` and what is one.
    Unsigned,
    /// `long`.
    Long,
    /// `unsigned long`.
    UnsignedLong,
    /// 64 bits on every arch: `loff_t`, `u64`.
    ///
    /// A 32-bit arch passes it as two words, some only from an even place on, so the places of later arguments move there.
    Wide,
    /// 16 bits: the ids of the oldest calls.
    Short,
    /// An address.
    Pointer,
    /// The address of a string that is a path.
    Path,
    /// A file descriptor.
    Fd,
    /// A number of bytes: `size_t`.
    Size,
    /// Flags in an `int`.
    Flags,
    /// Flags in a `long`.
    LongFlags,
    /// The mode of a file: `umode_t`, 16 bits.
    Mode,
    /// A process or a thread: `pid_t`.
    Pid,
    /// A user or a group: `uid_t`, `gid_t`.
    Id,
    /// A signal's number.
    Signal,
}

impl Kind {
    /// How many bits of the argument the kernel looks at on `arch`.
    #[must_use]
    pub const fn bits(self, arch: Arch) -> u32 {
        match self {
            Self::Short | Self::Mode => 16,
            Self::Int
            | Self::Unsigned
            | Self::Fd
            | Self::Flags
            | Self::Pid
            | Self::Id
            | Self::Signal => 32,
            Self::Wide => 64,
            Self::Long
            | Self::UnsignedLong
            | Self::Pointer
            | Self::Path
            | Self::Size
            | Self::LongFlags => arch.bits(),
        }
    }

    /// Its name: `fd`, `unsigned long`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Unsigned => "unsigned",
            Self::Long => "long",
            Self::UnsignedLong => "unsigned long",
            Self::Wide => "wide",
            Self::Short => "short",
            Self::Pointer => "pointer",
            Self::Path => "path",
            Self::Fd => "fd",
            Self::Size => "size",
            Self::Flags => "flags",
            Self::LongFlags => "long flags",
            Self::Mode => "mode",
            Self::Pid => "pid",
            Self::Id => "id",
            Self::Signal => "signal",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_looks_at_so_many_bits() {
        for (kind, on_64, on_32) in [
            (Kind::Int, 32, 32),
            (Kind::Fd, 32, 32),
            (Kind::Mode, 16, 16),
            (Kind::Size, 64, 32),
            (Kind::LongFlags, 64, 32),
            (Kind::Pointer, 64, 32),
            (Kind::Wide, 64, 64),
        ] {
            assert_eq!(kind.bits(Arch::X86_64), on_64, "{kind}");
            assert_eq!(kind.bits(Arch::X86), on_32, "{kind}");
            assert_eq!(kind.bits(Arch::X32), on_32, "{kind}");
        }
    }
}
