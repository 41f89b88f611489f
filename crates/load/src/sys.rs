//! The system calls that no safe crate offers: seccomp(2), ptrace(2) and signal handlers.
//!
//! Apart because it has `unsafe`, of which the crate's rest is a child's way from fork to execve, in `launch/sys.rs`.

use std::ffi::{c_int, c_long, c_uint, c_ulong, c_void};
use std::io;
use std::mem;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use callgate_bpf::{Program, RawInsn};

use crate::ptrace::trace;

/// A program as the kernel reads it: `struct sock_filter`s in this machine's byte order.
pub(crate) struct Records(Vec<libc::sock_filter>);

impl Records {
    pub(crate) fn of(program: &Program) -> Self {
        let record = |raw: RawInsn| libc::sock_filter {
            code: raw.code,
            jt: raw.jt,
            jf: raw.jf,
            k: raw.k,
        };
        Self(
            program
                .insns()
                .iter()
                .map(|insn| record(insn.to_raw()))
                .collect(),
        )
    }

    /// The `struct sock_fprog` that points at these records, and is good as long as they are.
    pub(crate) fn program(&self) -> libc::sock_fprog {
        libc::sock_fprog {
            len: u16::try_from(self.0.len()).expect("a Program has at most 4096 instructions"),
            filter: self.0.as_ptr().cast_mut(),
        }
    }
}

/// What the kernel answered to a filter.
pub(crate) enum Installed {
    /// It is loaded.
    Filter,
    /// It is loaded, and notifications arrive here.
    Listener(OwnedFd),
    /// It is not loaded: this thread could not be synchronised.
    UnlessFor(u32),
}

/// Loads a filter. Who asks for a listener has asked with [`ask_flags`] before whether the call is really made.
pub(crate) fn install(records: &Records, flags: u32) -> io::Result<Installed> {
    let program = records.program();
    // SAFETY: `program` points at `records`, which outlives the call; the kernel only reads both.
    let answer = unsafe {
        seccomp(
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            (&raw const program).cast(),
        )
    }?;
    if c_ulong::from(flags) & libc::SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 {
        // SAFETY: with this flag the kernel returns a new descriptor, which nobody else owns.
        return Ok(Installed::Listener(unsafe {
            OwnedFd::from_raw_fd(answer as RawFd)
        }));
    }
    Ok(match u32::try_from(answer) {
        Ok(thread @ 1..) => Installed::UnlessFor(thread),
        _ => Installed::Filter,
    })
}

/// Asks for a filter with these flags at a null address: `EFAULT` where the kernel knows the flags.
pub(crate) fn ask_flags(flags: u32) -> io::Error {
    // SAFETY: the kernel refuses a null program, and loads nothing.
    match unsafe { seccomp(libc::SECCOMP_SET_MODE_FILTER, flags, ptr::null()) } {
        Err(error) => error,
        // So answers a filter on this process, and not the kernel.
        Ok(_) => io::Error::from_raw_os_error(0),
    }
}

/// Asks whether the kernel has an action: `EOPNOTSUPP` where it does not.
pub(crate) fn ask_action(ret: u32) -> io::Result<()> {
    // SAFETY: the kernel reads the four bytes of `ret`.
    unsafe { seccomp(libc::SECCOMP_GET_ACTION_AVAIL, 0, (&raw const ret).cast()) }.map(drop)
}

/// The sizes of `struct seccomp_notif`, `seccomp_notif_resp` and `seccomp_data` in the running kernel.
pub(crate) fn notification_sizes() -> io::Result<[u16; 3]> {
    let mut sizes = libc::seccomp_notif_sizes {
        seccomp_notif: 0,
        seccomp_notif_resp: 0,
        seccomp_data: 0,
    };
    // SAFETY: the kernel writes `sizes`, which is its own type.
    unsafe { seccomp(libc::SECCOMP_GET_NOTIF_SIZES, 0, (&raw mut sizes).cast()) }?;
    Ok([
        sizes.seccomp_notif,
        sizes.seccomp_notif_resp,
        sizes.seccomp_data,
    ])
}

/// The seccomp mode of this thread: an error where the kernel was built without seccomp.
pub(crate) fn ask_mode() -> io::Result<c_int> {
    // SAFETY: the request takes no pointer.
    result(unsafe { libc::prctl(libc::PR_GET_SECCOMP, 0, 0, 0, 0) })
}

/// # Safety
/// `argument` is what `operation` reads or writes (seccomp(2)), or null.
pub(crate) unsafe fn seccomp(
    operation: c_uint,
    flags: u32,
    argument: *const c_void,
) -> io::Result<c_long> {
    // SAFETY: the caller's promise.
    let answer =
        unsafe { libc::syscall(libc::SYS_seccomp, operation, c_ulong::from(flags), argument) };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(answer)
}

pub(crate) fn result(answer: c_int) -> io::Result<c_int> {
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(answer)
}

/// The signals that a supervisor passes on to its children.
pub(crate) const FORWARDED: [c_int; 6] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGUSR1,
    libc::SIGUSR2,
];

/// The children to which the handler passes signals on; 0 is a free place.
pub(crate) static CHILDREN: [AtomicI32; 64] = [const { AtomicI32::new(0) }; 64];

/// How many signals the handler saw.
pub(crate) static SEEN: AtomicU32 = AtomicU32::new(0);

/// The dispositions that [`install_forwarder`] replaced.
pub(crate) struct Replaced(Vec<(c_int, libc::sigaction)>);

/// Installs the handler for [`FORWARDED`], save those that are ignored, which stay so (nohup).
pub(crate) fn install_forwarder() -> Replaced {
    let mut replaced = Vec::new();
    for signal in FORWARDED {
        // SAFETY: both actions are plain data; `forward` has SA_SIGINFO's signature and is async-signal-safe.
        // No SA_RESTART: who waits wants to look up.
        unsafe {
            let mut before: libc::sigaction = mem::zeroed();
            libc::sigaction(signal, ptr::null(), &raw mut before);
            if before.sa_sigaction == libc::SIG_IGN {
                continue;
            }
            let mut ours: libc::sigaction = mem::zeroed();
            ours.sa_sigaction = forward as *const () as usize;
            ours.sa_flags = libc::SA_SIGINFO;
            libc::sigaction(signal, &raw const ours, ptr::null_mut());
            replaced.push((signal, before));
        }
    }
    Replaced(replaced)
}

/// Puts the former dispositions back.
pub(crate) fn restore(replaced: &Replaced) {
    for (signal, action) in &replaced.0 {
        // SAFETY: an action that sigaction(2) gave us.
        unsafe { libc::sigaction(*signal, action, ptr::null_mut()) };
    }
}

extern "C" fn forward(signal: c_int, info: *mut libc::siginfo_t, _context: *mut c_void) {
    SEEN.fetch_add(1, Ordering::SeqCst);
    // SAFETY: the kernel passes a valid siginfo_t; kill(2) and errno's place are async-signal-safe.
    unsafe {
        // What the terminal sends comes from the kernel, and the children, in the same group, get it, too.
        if (*info).si_code > 0 {
            return;
        }
        let errno = *libc::__errno_location();
        for child in &CHILDREN {
            let child = child.load(Ordering::SeqCst);
            if child > 0 {
                libc::kill(child, signal);
            }
        }
        *libc::__errno_location() = errno;
    }
}

/// Attaches to a thread without stopping it, and asks it to stop.
pub(crate) fn seize(thread: i32) -> io::Result<()> {
    // SAFETY: neither request reads memory of ours.
    unsafe {
        trace(libc::PTRACE_SEIZE as c_uint, thread, 0, ptr::null_mut())?;
        trace(libc::PTRACE_INTERRUPT as c_uint, thread, 0, ptr::null_mut()).map(drop)
    }
}

/// Lets a stopped thread go on, with the signal that it was about to get, or 0.
pub(crate) fn detach(thread: i32, signal: c_int) -> io::Result<()> {
    let signal = ptr::without_provenance_mut(signal as usize);
    // SAFETY: the request reads no memory of ours.
    unsafe { trace(libc::PTRACE_DETACH as c_uint, thread, 0, signal) }.map(drop)
}

/// The filter that a stopped thread got as its `index`-th, the oldest being number 0; none past the newest.
pub(crate) fn filter(thread: i32, index: usize) -> io::Result<Option<Vec<RawInsn>>> {
    /// `PTRACE_SECCOMP_GET_FILTER` in `include/uapi/linux/ptrace.h`.
    const GET_FILTER: c_uint = 0x420c;
    // SAFETY: a null buffer asks for the length only.
    let len = match unsafe { trace(GET_FILTER, thread, index, ptr::null_mut()) } {
        Ok(len) => len,
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut records = vec![
        libc::sock_filter {
            code: 0,
            jt: 0,
            jf: 0,
            k: 0,
        };
        usize::try_from(len).unwrap_or(0)
    ];
    // SAFETY: the kernel writes `len` records; a loaded filter never changes its length.
    unsafe { trace(GET_FILTER, thread, index, records.as_mut_ptr().cast()) }?;
    let raw = |record: &libc::sock_filter| RawInsn {
        code: record.code,
        jt: record.jt,
        jf: record.jf,
        k: record.k,
    };
    Ok(Some(records.iter().map(raw).collect()))
}
