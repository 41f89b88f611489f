//! Those who stand ready in a scene, as the kernel knows them: a tracer, a handler of SIGSYS, a listener.
//!
//! Apart because `unsafe` stands here.

use std::ffi::{c_int, c_long, c_uint, c_void};
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::sys::result;

/// This thread becomes a tracee of the parent process, and stops.
pub(crate) fn be_traced() -> io::Result<()> {
    // SAFETY: the request reads no memory.
    unsafe {
        trace(libc::PTRACE_TRACEME, 0, 0)?;
        result(libc::raise(libc::SIGSTOP)).map(drop)
    }
}

/// Asks for the events of a traced thread's filters, and lets it go on without the signal.
pub(crate) fn trace_filters_of(thread: i32) -> io::Result<()> {
    // SAFETY: the requests read no memory.
    unsafe {
        trace(
            libc::PTRACE_SETOPTIONS,
            thread,
            libc::PTRACE_O_TRACESECCOMP as usize,
        )
    }?;
    let_go_on(thread, 0)
}

/// Lets a traced thread go on with a signal, or without one.
pub(crate) fn let_go_on(thread: i32, signal: i32) -> io::Result<()> {
    // SAFETY: the request reads no memory.
    unsafe { trace(libc::PTRACE_CONT, thread, signal as usize) }.map(drop)
}

/// The message of a traced thread's event; its call is skipped and returns `value`.
pub(crate) fn answer_as_tracer(thread: i32, value: i64) -> io::Result<u64> {
    let mut message: u64 = 0;
    // SAFETY: the kernel writes `message` and `registers`, plain data of its own types, and reads the latter back.
    unsafe {
        trace(libc::PTRACE_GETEVENTMSG, thread, (&raw mut message).addr())?;
        let mut registers: libc::user_regs_struct = mem::zeroed();
        trace(
            libc::PTRACE_GETREGS,
            thread,
            (&raw mut registers).expose_provenance(),
        )?;
        registers.orig_rax = u64::MAX;
        registers.rax = value.cast_unsigned();
        trace(
            libc::PTRACE_SETREGS,
            thread,
            (&raw mut registers).expose_provenance(),
        )?;
    }
    Ok(message)
}

/// # Safety
/// `data` is an address that `request` may use (ptrace(2)), or a number.
unsafe fn trace(request: c_uint, thread: i32, data: usize) -> io::Result<c_long> {
    // SAFETY: the caller's promise.
    let answer = unsafe {
        libc::ptrace(
            request,
            thread,
            ptr::null_mut::<c_void>(),
            ptr::with_exposed_provenance_mut::<c_void>(data),
        )
    };
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(answer)
    }
}

/// What a SIGSYS said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trapped {
    pub(crate) code: i64,
    pub(crate) errno: i64,
    pub(crate) address: i64,
    pub(crate) nr: i64,
    pub(crate) arch: i64,
}

/// How often SIGSYS came, its latest words, and what the trapped call is to return.
static TRAP: [AtomicI64; 7] = [const { AtomicI64::new(0) }; 7];

/// Handles SIGSYS from now on: the trapped call returns `value`.
pub(crate) fn handle_traps(value: i64) -> io::Result<()> {
    TRAP[6].store(value, Ordering::SeqCst);
    // SAFETY: `action` is plain data; the handler takes what SA_SIGINFO passes.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = on_trap as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        result(libc::sigaction(
            libc::SIGSYS,
            &raw const action,
            ptr::null_mut(),
        ))
        .map(drop)
    }
}

/// What the trap said, if there was exactly one.
pub(crate) fn trapped() -> Option<Trapped> {
    let [count, code, errno, address, nr, arch, _] =
        TRAP.each_ref().map(|word| word.load(Ordering::SeqCst));
    (count == 1).then_some(Trapped {
        code,
        errno,
        address,
        nr,
        arch,
    })
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

extern "C" fn on_trap(_: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes both, and for SIGSYS the info has this layout; atomics are async-signal-safe.
    unsafe {
        let info = &*info.cast::<SigsysInfo>();
        let context = &mut *context.cast::<libc::ucontext_t>();
        context.uc_mcontext.gregs[libc::REG_RAX as usize] = TRAP[6].load(Ordering::SeqCst);
        let words = [
            info.code.into(),
            info.errno.into(),
            info.address as i64,
            info.nr.into(),
            info.arch.into(),
        ];
        for (place, word) in TRAP[1..].iter().zip(words) {
            place.store(word, Ordering::SeqCst);
        }
        TRAP[0].fetch_add(1, Ordering::SeqCst);
    }
}

/// Whether a notification waits, for a millisecond at most.
pub(crate) fn has_notification(listener: BorrowedFd<'_>) -> io::Result<bool> {
    let mut poll = libc::pollfd {
        fd: listener.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one record, which the kernel writes.
    result(unsafe { libc::poll(&raw mut poll, 1, 1) })?;
    Ok(poll.revents & libc::POLLIN != 0)
}

/// Receives a notification, whose call then returns `value`.
pub(crate) fn answer_notification(
    listener: BorrowedFd<'_>,
    value: i64,
) -> io::Result<libc::seccomp_data> {
    /// `SECCOMP_IOCTL_NOTIF_RECV` and `SECCOMP_IOCTL_NOTIF_SEND` of `include/uapi/linux/seccomp.h`.
    const RECEIVE: libc::Ioctl = 0xc050_2100;
    const SEND: libc::Ioctl = 0xc018_2101;
    // SAFETY: plain data of the kernel's own types, of which it wants the first zeroed.
    unsafe {
        let mut notification: libc::seccomp_notif = mem::zeroed();
        result(libc::ioctl(
            listener.as_raw_fd(),
            RECEIVE,
            &raw mut notification,
        ))?;
        let mut response: libc::seccomp_notif_resp = mem::zeroed();
        response.id = notification.id;
        response.val = value;
        result(libc::ioctl(listener.as_raw_fd(), SEND, &raw mut response))?;
        Ok(notification.data)
    }
}

/// The number of this thread.
pub(crate) fn thread() -> i32 {
    // SAFETY: no argument.
    unsafe { libc::gettid() }
}
