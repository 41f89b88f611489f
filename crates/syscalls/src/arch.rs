//! The architectures: the audit token, byte order and word size of each, and its names in other tools.
//!
//! An arch here is a system call ABI: x32 is one, though the kernel reports it under x86_64's token.

use core::fmt;
use core::str::FromStr;

/// The bit that marks an x32 number in a call under x86_64's audit token (`__X32_SYSCALL_BIT`).
pub const X32_BIT: u32 = 0x4000_0000;

/// The order of bytes in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Endian {
    /// The byte order that an audit token states in its `__AUDIT_ARCH_LE` bit.
    #[must_use]
    pub const fn of_audit(token: u32) -> Self {
        if token & 0x4000_0000 != 0 {
            Self::Little
        } else {
            Self::Big
        }
    }
}

macro_rules! arches {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $scmp:literal, $audit:literal, $bits:literal;)*) => {
        /// A system call ABI of Linux, one for each that libseccomp knows.
        ///
        /// Audit tokens are those of `include/uapi/linux/audit.h`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Arch {
            $($(#[$doc])* $variant,)*
        }

        impl Arch {
            /// Every arch, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// callgate's name, which is libseccomp's: `x86_64`, `aarch64`, `mipsel64n32`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The name that profiles use: `SCMP_ARCH_X86_64`.
            #[must_use]
            pub const fn scmp_name(self) -> &'static str {
                match self { $(Self::$variant => concat!("SCMP_ARCH_", $scmp)),* }
            }

            /// The value of `seccomp_data.arch` for calls of this arch (`AUDIT_ARCH_…`).
            #[must_use]
            pub const fn audit(self) -> u32 {
                match self { $(Self::$variant => $audit),* }
            }

            /// The bits of an argument that the ABI passes: 32 or 64.
            ///
            /// x32 and the mips n32 ABIs count as 32, as they do for libseccomp.
            #[must_use]
            pub const fn bits(self) -> u32 {
                match self { $(Self::$variant => $bits),* }
            }
        }
    };
}

arches! {
    /// AMD64.
    X86_64 = "x86_64", "X86_64", 0xc000_003e, 64;
    /// i386, also as the compatibility ABI of x86_64.
    X86 = "x86", "X86", 0x4000_0003, 32;
    /// The ABI of 32-bit pointers on x86_64: its audit token, with [`X32_BIT`] in the number.
    X32 = "x32", "X32", 0xc000_003e, 32;
    /// 64-bit ARM.
    Aarch64 = "aarch64", "AARCH64", 0xc000_00b7, 64;
    /// 32-bit ARM, EABI.
    Arm = "arm", "ARM", 0x4000_0028, 32;
    /// 64-bit LoongArch.
    Loongarch64 = "loongarch64", "LOONGARCH64", 0xc000_0102, 64;
    /// Motorola 68000.
    M68k = "m68k", "M68K", 0x0000_0004, 32;
    /// MIPS o32, big-endian.
    Mips = "mips", "MIPS", 0x0000_0008, 32;
    /// MIPS o32, little-endian.
    Mipsel = "mipsel", "MIPSEL", 0x4000_0008, 32;
    /// MIPS n64, big-endian.
    Mips64 = "mips64", "MIPS64", 0x8000_0008, 64;
    /// MIPS n64, little-endian.
    Mipsel64 = "mipsel64", "MIPSEL64", 0xc000_0008, 64;
    /// MIPS n32, big-endian.
    Mips64n32 = "mips64n32", "MIPS64N32", 0xa000_0008, 32;
    /// MIPS n32, little-endian.
    Mipsel64n32 = "mipsel64n32", "MIPSEL64N32", 0xe000_0008, 32;
    /// 32-bit PA-RISC.
    Parisc = "parisc", "PARISC", 0x0000_000f, 32;
    /// 64-bit PA-RISC.
    Parisc64 = "parisc64", "PARISC64", 0x8000_000f, 64;
    /// 32-bit PowerPC.
    Ppc = "ppc", "PPC", 0x0000_0014, 32;
    /// 64-bit PowerPC, big-endian.
    Ppc64 = "ppc64", "PPC64", 0x8000_0015, 64;
    /// 64-bit PowerPC, little-endian.
    Ppc64le = "ppc64le", "PPC64LE", 0xc000_0015, 64;
    /// 64-bit RISC-V.
    Riscv64 = "riscv64", "RISCV64", 0xc000_00f3, 64;
    /// 31-bit S/390.
    S390 = "s390", "S390", 0x0000_0016, 32;
    /// 64-bit S/390.
    S390x = "s390x", "S390X", 0x8000_0016, 64;
    /// SuperH, little-endian.
    Sh = "sh", "SH", 0x4000_002a, 32;
    /// SuperH, big-endian.
    Sheb = "sheb", "SHEB", 0x0000_002a, 32;
}

impl Arch {
    /// The order of bytes in its words.
    #[must_use]
    pub const fn endian(self) -> Endian {
        Endian::of_audit(self.audit())
    }

    /// The arch of a call, from the two words that a filter sees; none for a token that no arch here has.
    ///
    /// Under x86_64's token a number from [`X32_BIT`] upward is x32's,
    /// except `0xffff_ffff`, with which a tracer skips a call: that one stays x86_64's, as for libseccomp.
    #[must_use]
    pub fn of_call(audit: u32, nr: u32) -> Option<Self> {
        if audit == Self::X86_64.audit() && (X32_BIT..u32::MAX).contains(&nr) {
            return Some(Self::X32);
        }
        Self::ALL.iter().copied().find(|arch| arch.audit() == audit)
    }

    /// The arch that this program was built for; none where the kernel has no seccomp table for it.
    #[must_use]
    pub const fn of_this_build() -> Option<Self> {
        let little = cfg!(target_endian = "little");
        if cfg!(all(target_arch = "x86_64", target_pointer_width = "32")) {
            return Some(Self::X32);
        }
        Some(if cfg!(target_arch = "x86_64") {
            Self::X86_64
        } else if cfg!(target_arch = "x86") {
            Self::X86
        } else if cfg!(target_arch = "aarch64") {
            Self::Aarch64
        } else if cfg!(target_arch = "arm") {
            Self::Arm
        } else if cfg!(target_arch = "loongarch64") {
            Self::Loongarch64
        } else if cfg!(target_arch = "m68k") {
            Self::M68k
        } else if cfg!(target_arch = "mips") {
            if little { Self::Mipsel } else { Self::Mips }
        } else if cfg!(target_arch = "mips64") {
            if little { Self::Mipsel64 } else { Self::Mips64 }
        } else if cfg!(target_arch = "powerpc") {
            Self::Ppc
        } else if cfg!(target_arch = "powerpc64") {
            if little { Self::Ppc64le } else { Self::Ppc64 }
        } else if cfg!(target_arch = "riscv64") {
            Self::Riscv64
        } else if cfg!(target_arch = "s390x") {
            Self::S390x
        } else {
            return None;
        })
    }

    /// The arch that a profile names: exactly `SCMP_ARCH_X86_64` and its like.
    #[must_use]
    pub fn from_scmp_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|arch| arch.scmp_name() == name)
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no arch's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseArchError;

impl fmt::Display for ParseArchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown arch; known are")?;
        for arch in Arch::ALL {
            write!(f, " {arch}")?;
        }
        Ok(())
    }
}

impl core::error::Error for ParseArchError {}

impl FromStr for Arch {
    type Err = ParseArchError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|arch| arch.name() == name)
            .ok_or(ParseArchError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_read_back() {
        for &arch in Arch::ALL {
            assert_eq!(arch.name().parse(), Ok(arch));
            assert_eq!(Arch::from_scmp_name(arch.scmp_name()), Some(arch));
        }
    }

    #[test]
    fn a_call_has_the_arch_of_its_token_and_number() {
        for &arch in Arch::ALL {
            let nr = if arch == Arch::X32 { X32_BIT } else { 0 };
            assert_eq!(Arch::of_call(arch.audit(), nr), Some(arch));
        }
        let token = Arch::X86_64.audit();
        assert_eq!(Arch::of_call(token, X32_BIT - 1), Some(Arch::X86_64));
        assert_eq!(Arch::of_call(token, u32::MAX - 1), Some(Arch::X32));
        assert_eq!(Arch::of_call(token, u32::MAX), Some(Arch::X86_64));
        assert_eq!(Arch::of_call(0, 0), None);
    }

    #[test]
    fn the_token_states_the_word() {
        for &arch in Arch::ALL {
            let kernel_is_64 = arch.audit() & 0x8000_0000 != 0;
            let ilp32 = matches!(arch, Arch::X32 | Arch::Mips64n32 | Arch::Mipsel64n32);
            assert_eq!(arch.bits() == 64, kernel_is_64 && !ilp32, "{arch}");
        }
    }
}
