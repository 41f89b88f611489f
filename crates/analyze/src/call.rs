//! A concrete call, shown as a person would write it.
//!
//! Apart from the questions, because every answer that makes a claim shows one.

use std::fmt;

use callgate_policy::SeccompData;
use callgate_syscalls::{Arch, Syscall};

use crate::words;

/// A call of an arch.
///
/// Displayed with the names of constants, and with as many arguments as the call has:
/// `clone(CLONE_NEWUSER|SIGCHLD, 0x0, 0x0, 0x0, 0x0)`; a number that no call has is shown with all that are not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// Its arch.
    pub arch: Arch,
    /// The number that a filter sees: x32's have [`X32_BIT`](callgate_syscalls::X32_BIT) set.
    pub nr: u32,
    /// Its arguments.
    pub args: [u64; 6],
}

impl Call {
    /// What a filter sees of it.
    #[must_use]
    pub fn data(&self) -> SeccompData {
        SeccompData {
            nr: self.nr,
            arch: self.arch.audit(),
            instruction_pointer: 0,
            args: self.args,
        }
    }

    /// Which call it is; none for a number that the arch does not have.
    #[must_use]
    pub fn syscall(&self) -> Option<Syscall> {
        Syscall::by_number(self.arch, self.nr)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = self.syscall();
        match call {
            Some(call) => write!(f, "{call}(")?,
            None => write!(f, "{}(", self.nr)?,
        }
        let not_zero = self
            .args
            .iter()
            .rposition(|&arg| arg != 0)
            .map_or(0, |last| last + 1);
        let taken = call
            .and_then(|call| call.params_on(self.arch))
            .map_or(0, <[_]>::len);
        for (index, &value) in self.args.iter().enumerate().take(not_zero.max(taken)) {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str(&words::value(self.arch, call, index, value))?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_as_people_write_them() {
        for (arch, nr, args, text) in [
            (
                Arch::X86_64,
                41,
                [9, 1, 0, 0, 0, 0],
                "socket(AF_X25, SOCK_STREAM, 0x0)",
            ),
            (
                Arch::X86_64,
                41,
                [0x1_0000_0009, 1, 0, 0, 0, 0],
                "socket(0x100000009, SOCK_STREAM, 0x0)",
            ),
            (Arch::X86_64, 39, [0; 6], "getpid()"),
            (Arch::X86_64, 39, [0, 7, 0, 0, 0, 0], "getpid(0x0, 0x7)"),
            (Arch::X86_64, 9999, [1, 0, 0, 0, 0, 0], "9999(0x1)"),
            (
                Arch::Aarch64,
                97,
                [0x1002_0000, 0, 0, 0, 0, 0],
                "unshare(CLONE_NEWNS|CLONE_NEWUSER)",
            ),
        ] {
            assert_eq!(Call { arch, nr, args }.to_string(), text);
        }
    }
}
