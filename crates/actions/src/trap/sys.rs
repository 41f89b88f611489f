//! The handler of `SIGSYS`, and the promise of who gives it something to call.
//!
//! Apart because `unsafe` stands here.

use std::ffi::{c_int, c_uint, c_void};
use std::io;
use std::mem;
use std::ptr;

use callgate_bpf::SeccompData;

use super::{TrapHandler, answer};
use crate::refusal::NOSYS;
use crate::registry::CustomAction;

/// Whether it is known here which register is which.
pub(super) const KNOWS_REGISTERS: bool = cfg!(target_arch = "x86_64");

impl CustomAction {
    /// An action whose calls are answered in the thread that makes them, by a handler of `SIGSYS` ([`handle_traps`](crate::handle_traps)).
    ///
    /// # Safety
    /// The handler keeps to what a signal's handler may do ([`TrapHandler`]).
    #[must_use]
    pub unsafe fn trap(name: impl Into<String>, handler: TrapHandler) -> Self {
        Self::trapped(name, handler)
    }
}

/// Calls [`answer`] whenever a filter traps a call of this process.
pub(super) fn handle_signal() -> io::Result<()> {
    // SAFETY: plain data; the handler takes what SA_SIGINFO passes, and keeps to what is async-signal-safe.
    let answer = unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigaction(libc::SIGSYS, &raw const action, ptr::null_mut())
    };
    match answer {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// `struct siginfo` of a SIGSYS, which the libc crate leaves out.
#[repr(C)]
struct SigsysInfo {
    signo: c_int,
    errno: c_int,
    code: c_int,
    padding: c_int,
    address: usize,
    nr: c_int,
    arch: c_uint,
}

extern "C" fn on_signal(_: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    /// `SYS_SECCOMP` in `include/uapi/asm-generic/siginfo.h`: the signal is a filter's.
    const OF_A_FILTER: c_int = 1;
    // SAFETY: the kernel passes both, and for SIGSYS the info has this layout; the error number is this thread's own.
    unsafe {
        let errno = *libc::__errno_location();
        let info = &*info.cast::<SigsysInfo>();
        let context = &mut *context.cast::<libc::ucontext_t>();
        let data = SeccompData {
            nr: info.nr.cast_unsigned(),
            arch: info.arch,
            instruction_pointer: info.address as u64,
            args: registers::arguments(context, info.arch),
        };
        if info.code != OF_A_FILTER {
            end_by_signal();
        } else if let Some(value) = answer(data) {
            registers::put(context, value);
        } else {
            // For a filter that refuses the end: the kernel left the call's number there, which looks like success.
            registers::put(context, NOSYS);
            end_by_signal();
        }
        *libc::__errno_location() = errno;
    }
}

/// Has the signal do what it does without a handler, once this one has returned.
fn end_by_signal() {
    // SAFETY: both are async-signal-safe, and take no pointer.
    unsafe {
        libc::signal(libc::SIGSYS, libc::SIG_DFL);
        libc::raise(libc::SIGSYS);
    }
}

#[cfg(target_arch = "x86_64")]
mod registers {
    //! Those of x86-64, and of its 32-bit ABI.

    use std::ffi::c_int;

    use callgate_syscalls::Arch;

    /// The arguments of a call of the arch with this audit token.
    pub(super) fn arguments(context: &libc::ucontext_t, audit: u32) -> [u64; 6] {
        const OF_64_BITS: [c_int; 6] = [
            libc::REG_RDI,
            libc::REG_RSI,
            libc::REG_RDX,
            libc::REG_R10,
            libc::REG_R8,
            libc::REG_R9,
        ];
        const OF_32_BITS: [c_int; 6] = [
            libc::REG_RBX,
            libc::REG_RCX,
            libc::REG_RDX,
            libc::REG_RSI,
            libc::REG_RDI,
            libc::REG_RBP,
        ];
        let register = |name: c_int| context.uc_mcontext.gregs[name as usize].cast_unsigned();
        match audit == Arch::X86.audit() {
            true => OF_32_BITS.map(|name| register(name) & 0xffff_ffff),
            false => OF_64_BITS.map(register),
        }
    }

    /// What the call returns.
    pub(super) fn put(context: &mut libc::ucontext_t, value: i64) {
        context.uc_mcontext.gregs[libc::REG_RAX as usize] = value;
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod registers {
    //! Nobody handles traps here ([`KNOWS_REGISTERS`](super::KNOWS_REGISTERS)).

    pub(super) const fn arguments(_: &libc::ucontext_t, _: u32) -> [u64; 6] {
        [0; 6]
    }

    pub(super) const fn put(_: &mut libc::ucontext_t, _: i64) {}
}
