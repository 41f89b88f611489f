//! ptrace(2) and the wait that goes with it, for which there is no safe crate.
//!
//! Apart because it is the crate's one file with `unsafe`: who audits that reads this page and no other.

use std::ffi::{c_int, c_long, c_uint, c_void};
use std::io;
use std::mem;
use std::ptr;

use callgate_load::Forwarding;

/// What a wait reported of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It exited with this status.
    Exited(u8),
    /// This signal ended it.
    Signalled(u8),
    /// It enters or leaves a system call.
    Call,
    /// It executed a program.
    Executed,
    /// It began to be traced, or stopped because it was asked to.
    Stopped,
    /// It stopped together with its process, as job control wants it.
    GroupStopped,
    /// It started a process or a thread, which is traced, too.
    Started,
    /// It is about to get this signal.
    Signal(c_int),
}

/// A system call as the kernel shows it to a tracer: before any filter judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The audit token of the ABI.
    pub(crate) audit: u32,
    pub(crate) nr: u32,
    pub(crate) args: [u64; 6],
}

/// Attaches to a child, so that it and all that it will start are traced, and asks it to stop.
///
/// Should the tracer end, the kernel ends whatever is traced then.
pub(crate) fn seize(thread: i32) -> io::Result<()> {
    const OPTIONS: c_int = libc::PTRACE_O_TRACESYSGOOD
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEEXEC
        | libc::PTRACE_O_EXITKILL;
    // SAFETY: neither request reads memory of ours.
    unsafe {
        trace(libc::PTRACE_SEIZE as c_uint, thread, 0, number(OPTIONS))?;
    }
    interrupt(thread)
}

/// Asks a thread to stop.
pub(crate) fn interrupt(thread: i32) -> io::Result<()> {
    // SAFETY: the request reads no memory of ours.
    unsafe { trace(libc::PTRACE_INTERRUPT as c_uint, thread, 0, ptr::null_mut()) }.map(drop)
}

/// Lets a stopped thread go on until its next system call, with a signal, or 0.
pub(crate) fn resume(thread: i32, signal: c_int) -> io::Result<()> {
    // SAFETY: the request reads no memory of ours.
    unsafe { trace(libc::PTRACE_SYSCALL as c_uint, thread, 0, number(signal)) }.map(drop)
}

/// Leaves a thread stopped with its process, and waits for it to be continued.
pub(crate) fn listen(thread: i32) -> io::Result<()> {
    // SAFETY: the request reads no memory of ours.
    unsafe { trace(libc::PTRACE_LISTEN as c_uint, thread, 0, ptr::null_mut()) }.map(drop)
}

/// Lets a stopped thread go on untraced, with a signal, or 0.
pub(crate) fn detach(thread: i32, signal: c_int) -> io::Result<()> {
    // SAFETY: the request reads no memory of ours.
    unsafe { trace(libc::PTRACE_DETACH as c_uint, thread, 0, number(signal)) }.map(drop)
}

/// The call that a thread, stopped at one, is entering; none if it is leaving it.
pub(crate) fn entry(thread: i32) -> io::Result<Option<Entry>> {
    /// `PTRACE_GET_SYSCALL_INFO` in `include/uapi/linux/ptrace.h`, since Linux 5.3.
    const GET_SYSCALL_INFO: c_uint = 0x420e;
    const ENTRY: u8 = 1;
    /// The beginning of `struct ptrace_syscall_info`, up to the end of what an entry has.
    #[repr(C)]
    struct Info {
        op: u8,
        padding: [u8; 3],
        arch: u32,
        instruction_pointer: u64,
        stack_pointer: u64,
        nr: u64,
        args: [u64; 6],
    }
    // SAFETY: every field is a number, for which zero is a value.
    let mut info: Info = unsafe { mem::zeroed() };
    // SAFETY: the kernel writes at most as many bytes as the address says, which is the size of `info`.
    unsafe {
        trace(
            GET_SYSCALL_INFO,
            thread,
            mem::size_of::<Info>(),
            (&raw mut info).cast(),
        )?;
    }
    Ok((info.op == ENTRY).then_some(Entry {
        audit: info.arch,
        // The kernel's number is an int.
        nr: info.nr as u32,
        args: info.args,
    }))
}

/// A word of a stopped thread's memory.
pub(crate) fn peek(thread: i32, address: u64) -> io::Result<u64> {
    let mut word: c_long = 0;
    let address = usize::try_from(address).map_err(io::Error::other)?;
    // SAFETY: the raw call (unlike the C library's) writes the word to `word`.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_ptrace,
            c_long::from(libc::PTRACE_PEEKDATA as i32),
            c_long::from(thread),
            address,
            &raw mut word,
        )
    };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(word as u64)
}

/// The number that the kernel attached to an event: after an execve, the thread that made the call.
pub(crate) fn message(thread: i32) -> io::Result<i32> {
    let mut message: libc::c_ulong = 0;
    // SAFETY: the kernel writes one unsigned long to `message`.
    unsafe {
        trace(
            libc::PTRACE_GETEVENTMSG as c_uint,
            thread,
            0,
            (&raw mut message).cast(),
        )?;
    }
    i32::try_from(message).map_err(io::Error::other)
}

/// Waits for the next event of a child or tracee of this thread, and says which thread's it is.
///
/// `EINTR` where a signal came, `ECHILD` where there are no more.
pub(crate) fn next() -> io::Result<(i32, Event)> {
    let mut status = 0;
    // SAFETY: the kernel writes one int to `status`.
    let thread = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::__WNOTHREAD) };
    if thread < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((thread, event(status)))
}

fn event(status: c_int) -> Event {
    let byte = |number: c_int| (number & 0xff) as u8;
    if libc::WIFEXITED(status) {
        return Event::Exited(byte(libc::WEXITSTATUS(status)));
    }
    if libc::WIFSIGNALED(status) {
        return Event::Signalled(byte(libc::WTERMSIG(status)));
    }
    let signal = libc::WSTOPSIG(status);
    match status >> 16 {
        libc::PTRACE_EVENT_STOP if signal == libc::SIGTRAP => Event::Stopped,
        libc::PTRACE_EVENT_STOP => Event::GroupStopped,
        libc::PTRACE_EVENT_EXEC => Event::Executed,
        0 if signal == libc::SIGTRAP | 0x80 => Event::Call,
        0 => Event::Signal(signal),
        _ => Event::Started,
    }
}

/// While this lives, signals that a supervisor forwards come to the other threads of this process.
pub(crate) struct SignalsElsewhere(libc::sigset_t);

impl SignalsElsewhere {
    pub(crate) fn new() -> Self {
        // SAFETY: sigset_t is plain data, filled by the calls.
        unsafe {
            let mut signals: libc::sigset_t = mem::zeroed();
            let mut before: libc::sigset_t = mem::zeroed();
            libc::sigemptyset(&raw mut signals);
            for signal in Forwarding::SIGNALS {
                libc::sigaddset(&raw mut signals, signal);
            }
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const signals, &raw mut before);
            Self(before)
        }
    }
}

impl Drop for SignalsElsewhere {
    fn drop(&mut self) {
        // SAFETY: the mask that `new` found.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, ptr::null_mut()) };
    }
}

/// A number in the place of a pointer, as ptrace(2) takes it.
fn number(number: c_int) -> *mut c_void {
    ptr::without_provenance_mut(number as usize)
}

/// # Safety
/// `data` is what `request` reads or writes (ptrace(2)), or no pointer at all.
unsafe fn trace(
    request: c_uint,
    thread: i32,
    address: usize,
    data: *mut c_void,
) -> io::Result<c_long> {
    let address: *mut c_void = ptr::without_provenance_mut(address);
    // SAFETY: the caller's promise.
    let answer = unsafe { libc::ptrace(request as _, thread, address, data) };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(answer)
}
