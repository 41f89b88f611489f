//! The header of an ELF file: the ABI it is made for and the loader that it asks for.
//!
//! Apart from following scripts because a loader is read the same way.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use callgate_syscalls::{Arch, Endian};
use goblin::container::{Container, Ctx};
use goblin::elf::Elf;
use goblin::elf::header::{self, Header};
use goblin::elf::program_header::{PT_INTERP, ProgramHeader};

use super::{InspectError, Problem, error, fault};

/// An ELF file that can be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The file.
    pub path: PathBuf,
    /// The ABI of its calls; none for a machine that callgate has no table for.
    ///
    /// A 64-bit x86 program may still make i386 calls (`int 0x80`): no header tells.
    pub arch: Option<Arch>,
    /// What its header says.
    pub machine: Machine,
    /// The loader that it asks for (`PT_INTERP`); none for a static program.
    pub interpreter: Option<PathBuf>,
}

/// The machine that a header states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// `e_machine`.
    pub number: u16,
    /// 32 or 64, by the class.
    pub bits: u32,
    /// The order of bytes.
    pub endian: Endian,
    /// `e_flags`, in which MIPS states the ABI.
    pub flags: u32,
}

/// The largest table of program headers, and the longest name of a loader, that the kernel takes (`fs/binfmt_elf.c`).
const MAX_TABLE: usize = 65536;
const MAX_NAME: u64 = 4096;

/// Reads an image from a file that begins with these bytes.
pub(super) fn read(path: &Path, file: &File, start: &[u8]) -> Result<Image, InspectError> {
    if !start.starts_with(header::ELFMAG) {
        return Err(error(path, Problem::UnknownFormat));
    }
    let malformed = |what: &str| error(path, Problem::Malformed(what.to_owned()));
    let header = Elf::parse_header(start).map_err(|reason| malformed(&reason.to_string()))?;
    if !matches!(header.e_type, header::ET_EXEC | header::ET_DYN) {
        return Err(malformed("neither an executable nor a shared object"));
    }
    let endian = match header.endianness() {
        Ok(endian) if endian.is_little() => Endian::Little,
        Ok(_) => Endian::Big,
        Err(reason) => return Err(malformed(&reason.to_string())),
    };
    let machine = Machine {
        number: header.e_machine,
        bits: if header.e_ident[header::EI_CLASS] == header::ELFCLASS64 {
            64
        } else {
            32
        },
        endian,
        flags: header.e_flags,
    };
    Ok(Image {
        path: path.to_owned(),
        arch: machine.arch(),
        machine,
        interpreter: interpreter(path, file, &header, machine)?,
    })
}

fn interpreter(
    path: &Path,
    file: &File,
    header: &Header,
    machine: Machine,
) -> Result<Option<PathBuf>, InspectError> {
    let malformed = |what: &str| error(path, Problem::Malformed(what.to_owned()));
    let container = match machine.bits {
        64 => Container::Big,
        _ => Container::Little,
    };
    let endian = match machine.endian {
        Endian::Little => goblin::container::Endian::Little,
        Endian::Big => goblin::container::Endian::Big,
    };
    let context = Ctx::new(container, endian);
    let entry = ProgramHeader::size(context);
    let table = entry * usize::from(header.e_phnum);
    if usize::from(header.e_phentsize) != entry || table == 0 || table > MAX_TABLE {
        return Err(malformed(
            "no table of program headers of a size that the kernel takes",
        ));
    }
    let mut bytes = vec![0; table];
    if super::read(file, &mut bytes, header.e_phoff).map_err(|reason| fault(path, &reason))? < table
    {
        return Err(malformed("the table of program headers is past the end"));
    }
    let headers = ProgramHeader::parse(&bytes, 0, header.e_phnum.into(), context)
        .map_err(|reason| malformed(&reason.to_string()))?;
    let Some(segment) = headers.iter().find(|header| header.p_type == PT_INTERP) else {
        return Ok(None);
    };
    if !(2..=MAX_NAME).contains(&segment.p_filesz) {
        return Err(malformed(
            "the name of the loader has a length that the kernel refuses",
        ));
    }
    let mut name = vec![0; segment.p_filesz as usize];
    let len =
        super::read(file, &mut name, segment.p_offset).map_err(|reason| fault(path, &reason))?;
    if len < name.len() || name.last() != Some(&0) {
        return Err(malformed("the name of the loader has no end"));
    }
    let end = name.iter().position(|&byte| byte == 0).unwrap_or(0);
    Ok(Some(OsStr::from_bytes(&name[..end]).into()))
}

impl Machine {
    /// The ABI of its calls; none for a machine that callgate has no table for.
    #[must_use]
    pub fn arch(self) -> Option<Arch> {
        use Endian::{Big, Little};
        /// The n32 ABI (`EF_MIPS_ABI2` in `arch/mips/include/asm/elf.h`).
        const MIPS_N32: u32 = 0x20;
        Some(match (self.number, self.bits, self.endian) {
            (header::EM_X86_64, 64, Little) => Arch::X86_64,
            (header::EM_X86_64, 32, Little) => Arch::X32,
            (header::EM_386, 32, Little) => Arch::X86,
            (header::EM_AARCH64, 64, Little) => Arch::Aarch64,
            (header::EM_ARM, 32, Little) => Arch::Arm,
            (EM_LOONGARCH, 64, Little) => Arch::Loongarch64,
            (header::EM_68K, 32, Big) => Arch::M68k,
            (header::EM_MIPS, 64, Big) => Arch::Mips64,
            (header::EM_MIPS, 64, Little) => Arch::Mipsel64,
            (header::EM_MIPS, 32, Big) if self.flags & MIPS_N32 != 0 => Arch::Mips64n32,
            (header::EM_MIPS, 32, Little) if self.flags & MIPS_N32 != 0 => Arch::Mipsel64n32,
            (header::EM_MIPS, 32, Big) => Arch::Mips,
            (header::EM_MIPS, 32, Little) => Arch::Mipsel,
            (header::EM_PARISC, 32, Big) => Arch::Parisc,
            (header::EM_PARISC, 64, Big) => Arch::Parisc64,
            (header::EM_PPC, 32, Big) => Arch::Ppc,
            (header::EM_PPC64, 64, Big) => Arch::Ppc64,
            (header::EM_PPC64, 64, Little) => Arch::Ppc64le,
            (header::EM_RISCV, 64, Little) => Arch::Riscv64,
            (header::EM_S390, 32, Big) => Arch::S390,
            (header::EM_S390, 64, Big) => Arch::S390x,
            (header::EM_SH, 32, Little) => Arch::Sh,
            (header::EM_SH, 32, Big) => Arch::Sheb,
            _ => return None,
        })
    }
}

/// LoongArch (`EM_LOONGARCH` in `include/uapi/linux/elf-em.h`).
const EM_LOONGARCH: u16 = 258;

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endian = match self.endian {
            Endian::Little => "little-endian",
            Endian::Big => "big-endian",
        };
        write!(f, "machine {} ({} bits, {endian})", self.number, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_arch_has_a_machine() {
        let mut found = Vec::new();
        for number in 0..=EM_LOONGARCH {
            for bits in [32, 64] {
                for endian in [Endian::Little, Endian::Big] {
                    for flags in [0, 0x20] {
                        let machine = Machine {
                            number,
                            bits,
                            endian,
                            flags,
                        };
                        if let Some(arch) = machine.arch()
                            && !found.contains(&arch)
                        {
                            found.push(arch);
                        }
                    }
                }
            }
        }
        found.sort();
        assert_eq!(found, Arch::ALL);
    }

    #[test]
    fn the_token_of_an_arch_holds_its_machine() {
        // The kernel makes audit tokens from e_machine, the word and the byte order (include/uapi/linux/audit.h).
        for (number, bits, endian) in [
            (header::EM_X86_64, 64, Endian::Little),
            (header::EM_386, 32, Endian::Little),
            (header::EM_AARCH64, 64, Endian::Little),
            (header::EM_ARM, 32, Endian::Little),
            (EM_LOONGARCH, 64, Endian::Little),
            (header::EM_68K, 32, Endian::Big),
            (header::EM_MIPS, 64, Endian::Big),
            (header::EM_PARISC, 32, Endian::Big),
            (header::EM_PPC, 32, Endian::Big),
            (header::EM_PPC64, 64, Endian::Little),
            (header::EM_RISCV, 64, Endian::Little),
            (header::EM_S390, 64, Endian::Big),
            (header::EM_SH, 32, Endian::Little),
        ] {
            let machine = Machine {
                number,
                bits,
                endian,
                flags: 0,
            };
            let arch = machine.arch().expect("a table");
            assert_eq!(arch.audit() & 0xffff, u32::from(number), "{arch}");
            assert_eq!(arch.bits(), bits, "{arch}");
            assert_eq!(arch.endian(), endian, "{arch}");
        }
    }
}
