//! The system call ABIs, and how headers are read as a compiler for each would read them.
//!
//! It repeats the names of `callgate_syscalls::Arch`, because the crate that this one generates can't be asked for them;
//! the generated Rust matches on that enum without a wildcard, so the two can't drift apart.

/// One system call ABI.
pub struct Abi {
    /// callgate's name: `x86_64`.
    pub name: &'static str,
    /// The variant of `callgate_syscalls::Arch`.
    pub variant: &'static str,
    /// The folder of Debian's `linux-libc-dev` that holds its `asm`.
    pub triple: &'static str,
    /// Its name in `linux/audit.h`, without `AUDIT_ARCH_`.
    pub audit: &'static str,
    /// What clang is told about the target.
    pub target: Target,
}

/// How clang comes to read headers for an ABI.
pub enum Target {
    /// clang knows it under this name.
    Known(&'static str),
    /// clang need not know it: one with the same word size, byte order and alignment stands in, under these macros.
    StandIn {
        /// The target that clang takes instead.
        target: &'static str,
        /// What the real compiler defines.
        defines: &'static [&'static str],
    },
}

/// The ABI of a Rust target, by its `target_arch`, `target_endian` and `target_pointer_width`.
#[must_use]
pub fn of_target(arch: &str, endian: &str, width: &str) -> Option<&'static Abi> {
    let name = match (arch, endian, width) {
        ("x86_64", _, "32") => "x32",
        ("mips", "little", _) => "mipsel",
        ("mips64", "little", _) => "mipsel64",
        ("powerpc", _, _) => "ppc",
        ("powerpc64", "big", _) => "ppc64",
        ("powerpc64", "little", _) => "ppc64le",
        (arch, _, _) => arch,
    };
    ABIS.iter().find(|abi| abi.name == name)
}

/// The macros by which a stand-in would give itself away.
const STAND_IN_MACROS: &[&str] = &[
    "__i386__",
    "__i386",
    "i386",
    "__x86_64__",
    "__x86_64",
    "__powerpc__",
    "__powerpc64__",
    "__ppc__",
    "__PPC__",
    "__PPC64__",
    "__ppc64__",
    "__POWERPC__",
    "__s390__",
    "__s390x__",
    "__zarch__",
    "__riscv",
    "__riscv_xlen",
];

impl Target {
    /// The arguments of clang.
    pub(crate) fn arguments(&self) -> Vec<String> {
        match self {
            Self::Known(target) => vec![format!("--target={target}")],
            Self::StandIn { target, defines } => {
                let undefine = STAND_IN_MACROS.iter().map(|name| format!("-U{name}"));
                let define = defines.iter().map(|name| format!("-D{name}"));
                core::iter::once(format!("--target={target}"))
                    .chain(undefine)
                    .chain(define)
                    .collect()
            }
        }
    }
}

macro_rules! abis {
    ($($name:literal $variant:literal $triple:literal $audit:literal $target:expr;)*) => {
        /// Every ABI, in the order of `callgate_syscalls::Arch`.
        pub const ABIS: &[Abi] = &[
            $(Abi { name: $name, variant: $variant, triple: $triple, audit: $audit, target: $target }),*
        ];
    };
}

use Target::{Known, StandIn};

abis! {
    "x86_64" "X86_64" "x86_64-linux-gnu" "X86_64" Known("x86_64-linux-gnu");
    "x86" "X86" "i386-linux-gnu" "I386" Known("i686-linux-gnu");
    "x32" "X32" "x86_64-linux-gnux32" "X86_64" Known("x86_64-linux-gnux32");
    "aarch64" "Aarch64" "aarch64-linux-gnu" "AARCH64" Known("aarch64-linux-gnu");
    "arm" "Arm" "arm-linux-gnueabihf" "ARM" Known("armv7-linux-gnueabihf");
    "loongarch64" "Loongarch64" "loongarch64-linux-gnu" "LOONGARCH64" StandIn {
        target: "riscv64-linux-gnu",
        defines: &["__loongarch__", "__loongarch_lp64", "__loongarch64", "__loongarch_grlen=64"],
    };
    "m68k" "M68k" "m68k-linux-gnu" "M68K" StandIn { target: "powerpc-linux-gnu", defines: &["__m68k__", "__mc68000__"] };
    "mips" "Mips" "mips-linux-gnu" "MIPS" Known("mips-linux-gnu");
    "mipsel" "Mipsel" "mipsel-linux-gnu" "MIPSEL" Known("mipsel-linux-gnu");
    "mips64" "Mips64" "mips64-linux-gnuabi64" "MIPS64" Known("mips64-linux-gnuabi64");
    "mipsel64" "Mipsel64" "mips64el-linux-gnuabi64" "MIPSEL64" Known("mips64el-linux-gnuabi64");
    "mips64n32" "Mips64n32" "mips64-linux-gnuabi64" "MIPS64N32" Known("mips64-linux-gnuabin32");
    "mipsel64n32" "Mipsel64n32" "mips64el-linux-gnuabi64" "MIPSEL64N32" Known("mips64el-linux-gnuabin32");
    "parisc" "Parisc" "hppa-linux-gnu" "PARISC" StandIn { target: "powerpc-linux-gnu", defines: &["__hppa__"] };
    "parisc64" "Parisc64" "hppa-linux-gnu" "PARISC64" StandIn {
        target: "powerpc64-linux-gnu",
        defines: &["__hppa__", "__hppa64__"],
    };
    "ppc" "Ppc" "powerpc-linux-gnu" "PPC" Known("powerpc-linux-gnu");
    "ppc64" "Ppc64" "powerpc64-linux-gnu" "PPC64" Known("powerpc64-linux-gnu");
    "ppc64le" "Ppc64le" "powerpc64le-linux-gnu" "PPC64LE" Known("powerpc64le-linux-gnu");
    "riscv64" "Riscv64" "riscv64-linux-gnu" "RISCV64" Known("riscv64-linux-gnu");
    "s390" "S390" "s390x-linux-gnu" "S390" StandIn { target: "powerpc-linux-gnu", defines: &["__s390__"] };
    "s390x" "S390x" "s390x-linux-gnu" "S390X" Known("s390x-linux-gnu");
    "sh" "Sh" "sh4-linux-gnu" "SHEL" StandIn {
        target: "i686-linux-gnu",
        defines: &["__sh__", "__SH4__", "__LITTLE_ENDIAN__"],
    };
    "sheb" "Sheb" "sh4-linux-gnu" "SH" StandIn {
        target: "powerpc-linux-gnu",
        defines: &["__sh__", "__SH4__", "__BIG_ENDIAN__"],
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_have_their_abi() {
        for (arch, endian, width, name) in [
            ("x86_64", "little", "64", Some("x86_64")),
            ("x86_64", "little", "32", Some("x32")),
            ("powerpc64", "little", "64", Some("ppc64le")),
            ("mips64", "big", "64", Some("mips64")),
            ("wasm32", "little", "32", None),
        ] {
            assert_eq!(
                of_target(arch, endian, width).map(|abi| abi.name),
                name,
                "{arch}"
            );
        }
    }
}
