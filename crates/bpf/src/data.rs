//! What a filter sees of a call: `struct seccomp_data`, sixty-four bytes.

use callgate_syscalls::Endian;

/// One call, as the kernel shows it to a filter.
///
/// Its memory is laid out in the byte order that the token in `arch` states,
/// so a program that loads a word gets what the kernel of that arch would give it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SeccompData {
    /// The number of the call.
    pub nr: u32,
    /// The audit token of its arch.
    pub arch: u32,
    /// Where it was made from.
    pub instruction_pointer: u64,
    /// Its six arguments, used or not.
    pub args: [u64; 6],
}

impl SeccompData {
    /// The bytes of the whole.
    pub const SIZE: u32 = 64;
    /// The offset of `nr`.
    pub const NR: u32 = 0;
    /// The offset of `arch`.
    pub const ARCH: u32 = 4;
    /// The offset of the instruction pointer.
    pub const INSTRUCTION_POINTER: u32 = 8;
    /// The offset of the first argument; each takes eight bytes.
    pub const ARGS: u32 = 16;

    /// The offset of the low 32 bits of argument `index` (0 to 5).
    #[must_use]
    pub const fn low_of_arg(index: u32, endian: Endian) -> u32 {
        Self::ARGS + index * 8 + low_half(endian)
    }

    /// The offset of the high 32 bits of argument `index` (0 to 5).
    #[must_use]
    pub const fn high_of_arg(index: u32, endian: Endian) -> u32 {
        Self::ARGS + index * 8 + (4 - low_half(endian))
    }

    /// The word at a byte offset; none where a filter may not load: out of bounds, or not a multiple of four.
    #[must_use]
    pub fn word(&self, offset: u32) -> Option<u32> {
        if !offset.is_multiple_of(4) || offset >= Self::SIZE {
            return None;
        }
        Some(match offset {
            Self::NR => self.nr,
            Self::ARCH => self.arch,
            _ => {
                let slot = (offset - Self::INSTRUCTION_POINTER) / 8;
                let value = match slot {
                    0 => self.instruction_pointer,
                    arg => self.args[arg as usize - 1],
                };
                let is_low = offset % 8 == low_half(Endian::of_audit(self.arch));
                if is_low {
                    value as u32
                } else {
                    (value >> 32) as u32
                }
            }
        })
    }
}

/// Where the low half of eight bytes stands.
const fn low_half(endian: Endian) -> u32 {
    match endian {
        Endian::Little => 0,
        Endian::Big => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_syscalls::Arch;

    #[test]
    fn words_lie_as_in_memory() {
        for &arch in Arch::ALL {
            let call = SeccompData {
                nr: 1,
                arch: arch.audit(),
                instruction_pointer: 0x0201_0000_0203,
                args: [
                    0xa0_0000_00b0,
                    0xa1_0000_00b1,
                    0xa2_0000_00b2,
                    0xa3_0000_00b3,
                    0xa4_0000_00b4,
                    0xa5_0000_00b5,
                ],
            };
            assert_eq!(call.word(SeccompData::NR), Some(1));
            assert_eq!(call.word(SeccompData::ARCH), Some(arch.audit()));
            for index in 0..6 {
                assert_eq!(
                    call.word(SeccompData::low_of_arg(index, arch.endian())),
                    Some(0xb0 + index)
                );
                assert_eq!(
                    call.word(SeccompData::high_of_arg(index, arch.endian())),
                    Some(0xa0 + index)
                );
            }
            let pointer = [call.word(8), call.word(12)];
            match arch.endian() {
                Endian::Little => assert_eq!(pointer, [Some(0x203), Some(0x201)]),
                Endian::Big => assert_eq!(pointer, [Some(0x201), Some(0x203)]),
            }
            for offset in [1, 2, 3, 5, 62, 64, u32::MAX - 3] {
                assert_eq!(call.word(offset), None);
            }
        }
    }
}
