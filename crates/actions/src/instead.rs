//! A call in place of another, as a tracer can put it: a number and registers that the caller's arch has.
//!
//! Apart from the replies, because what a register can't hold is refused here and not cut off.

use std::fmt;

use callgate_policy::Arg;
use callgate_syscalls::{Arch, Syscall};

use crate::call::Call;

/// A call to make instead: of the caller's arch, with arguments that fit its registers.
///
/// The caller finds its own arguments in its registers again when the call returns.
/// The child of a call that starts one has those of the call that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instead {
    pub(crate) arch: Arch,
    pub(crate) nr: u32,
    pub(crate) args: [u64; 6],
}

/// Why there is no such call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsteadError {
    /// The arch has no call of this name.
    Call(Syscall, Arch),
    /// The arch's registers don't hold this value.
    Value(u64, Arch),
}

impl Instead {
    /// The call that the caller wants to make.
    #[must_use]
    pub const fn of(call: &Call<'_>) -> Self {
        Self {
            arch: call.arch(),
            nr: call.data().nr,
            args: call.data().args,
        }
    }

    /// Another call with the same arguments.
    ///
    /// # Errors
    /// The arch has none of this name.
    pub fn call(self, call: Syscall) -> Result<Self, InsteadError> {
        let nr = call.number(self.arch);
        let nr = nr.ok_or(InsteadError::Call(call, self.arch))?;
        Ok(Self { nr, ..self })
    }

    /// The same call with another argument.
    ///
    /// # Errors
    /// The value has more bits than the arch's registers.
    pub fn argument(mut self, arg: Arg, value: u64) -> Result<Self, InsteadError> {
        if self.arch.bits() == 32 && u32::try_from(value).is_err() && self.arch != Arch::X32 {
            return Err(InsteadError::Value(value, self.arch));
        }
        self.args[arg.index()] = value;
        Ok(self)
    }
}

impl fmt::Display for InsteadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(call, arch) => write!(f, "{arch} has no call {call}"),
            Self::Value(value, arch) => {
                write!(
                    f,
                    "{value:#x} has more than the 32 bits of {arch}'s registers"
                )
            }
        }
    }
}

impl std::error::Error for InsteadError {}
