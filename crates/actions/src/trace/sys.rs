//! The registers of a thread that stands still before its call: how the call is skipped, and how another is put in its place.
//!
//! Apart because `unsafe` stands here.

use std::io;

use callgate_bpf::SeccompData;

use crate::instead::Instead;

/// Whether it is known here which register is which.
pub(super) const KNOWS_REGISTERS: bool = cfg!(target_arch = "x86_64");

/// Skips the call of a thread, which returns this.
pub(super) fn skip(thread: i32, value: i64) -> io::Result<()> {
    registers::change(thread, |registers| registers.skip(value))
}

/// Puts another call in the place of a thread's.
pub(super) fn put(thread: i32, instead: &Instead) -> io::Result<()> {
    let args = &instead.args;
    registers::change(thread, |registers| {
        registers.make(instead.arch, instead.nr, args)
    })
}

/// Gives a thread whose call has returned the call back that it wanted to make, also to make it again should the kernel want that.
///
/// Where the call left other registers, as execve does, they stay.
pub(super) fn put_back(thread: i32, instead: &Instead, asked: &SeccompData) -> io::Result<()> {
    registers::change(thread, |registers| {
        if registers.arguments(instead.arch) == instead.args {
            registers.make(instead.arch, asked.nr, &asked.args);
        }
    })
}

#[cfg(target_arch = "x86_64")]
mod registers {
    //! Those of x86-64, and of its 32-bit ABI.

    use std::io;
    use std::mem;
    use std::ptr;

    use callgate_syscalls::Arch;

    pub(super) struct Registers(libc::user_regs_struct);

    /// Reads the registers of a thread that stands still, and writes them back as `edit` leaves them.
    pub(super) fn change(thread: i32, edit: impl FnOnce(&mut Registers)) -> io::Result<()> {
        // SAFETY: every field is a number, for which zero is a value.
        let mut registers = Registers(unsafe { mem::zeroed() });
        let place = &raw mut registers.0;
        // SAFETY: the kernel writes the registers to `place`, which is of its type.
        done(unsafe { libc::ptrace(libc::PTRACE_GETREGS, thread, ptr::null_mut::<u8>(), place) })?;
        edit(&mut registers);
        let place = &raw mut registers.0;
        // SAFETY: the kernel reads the registers from `place`.
        done(unsafe { libc::ptrace(libc::PTRACE_SETREGS, thread, ptr::null_mut::<u8>(), place) })
    }

    fn done(answer: libc::c_long) -> io::Result<()> {
        match answer {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    impl Registers {
        pub(super) const fn skip(&mut self, value: i64) {
            self.0.orig_rax = u64::MAX;
            self.0.rax = value.cast_unsigned();
        }

        pub(super) fn make(&mut self, arch: Arch, nr: u32, args: &[u64; 6]) {
            self.0.orig_rax = nr.into();
            for (register, &arg) in self.of_arguments(arch).into_iter().zip(args) {
                *register = arg;
            }
        }

        pub(super) fn arguments(&mut self, arch: Arch) -> [u64; 6] {
            self.of_arguments(arch).map(|register| *register)
        }

        const fn of_arguments(&mut self, arch: Arch) -> [&mut u64; 6] {
            let all = &mut self.0;
            match arch {
                Arch::X86 => [
                    &mut all.rbx,
                    &mut all.rcx,
                    &mut all.rdx,
                    &mut all.rsi,
                    &mut all.rdi,
                    &mut all.rbp,
                ],
                _ => [
                    &mut all.rdi,
                    &mut all.rsi,
                    &mut all.rdx,
                    &mut all.r10,
                    &mut all.r8,
                    &mut all.r9,
                ],
            }
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod registers {
    //! Nobody traces here ([`KNOWS_REGISTERS`](super::KNOWS_REGISTERS)).

    use std::io;

    use callgate_syscalls::Arch;

    pub(super) enum Registers {}

    pub(super) fn change(_: i32, _: impl FnOnce(&mut Registers)) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    impl Registers {
        pub(super) const fn skip(&mut self, _: i64) {}

        pub(super) const fn make(&mut self, _: Arch, _: u32, _: &[u64; 6]) {}

        pub(super) const fn arguments(&mut self, _: Arch) -> [u64; 6] {
            [0; 6]
        }
    }
}
