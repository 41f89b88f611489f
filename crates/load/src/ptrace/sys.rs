//! ptrace(2) and the waits that go with it, for which there is no safe crate.
//!
//! Apart because `unsafe` stands here.

use std::ffi::{c_int, c_long, c_uint, c_void};
use std::io;
use std::mem;
use std::ptr;

use callgate_bpf::SeccompData;

use crate::forward::Forwarding;

/// What a wait reported of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It exited with this status.
    Exited(u8),
    /// This signal ended it.
    Signalled(u8),
    /// It enters or leaves a system call.
    Call,
    /// A filter answered its call with `SCMP_ACT_TRACE`.
    Asked,
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

/// At which of its system calls a thread stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stops {
    /// At every one, before any filter judges it and after it was made.
    AtEveryCall,
    /// Where a filter answers `SCMP_ACT_TRACE`, once it has seized for that.
    WhereAsked,
}

/// Attaches to a process, so that it and all that it will start are traced.
///
/// The tracer is this thread. Should it end, the kernel ends whatever is traced then.
///
/// # Errors
/// The process is gone, is traced, or may not be traced.
pub fn seize(process: i32, stops: Stops) -> io::Result<()> {
    const ALWAYS: c_int = libc::PTRACE_O_TRACESYSGOOD
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEEXEC
        | libc::PTRACE_O_EXITKILL;
    let options = match stops {
        Stops::AtEveryCall => ALWAYS,
        Stops::WhereAsked => ALWAYS | libc::PTRACE_O_TRACESECCOMP,
    };
    // SAFETY: the request reads no memory of ours.
    unsafe { trace(libc::PTRACE_SEIZE as c_uint, process, 0, number(options)) }.map(drop)
}

/// Asks a thread to stop.
///
/// # Errors
/// It is gone.
pub fn interrupt(thread: i32) -> io::Result<()> {
    // SAFETY: the request reads no memory of ours.
    unsafe { trace(libc::PTRACE_INTERRUPT as c_uint, thread, 0, ptr::null_mut()) }.map(drop)
}

/// Lets a stopped thread go on until its next stop, with a signal, or 0.
///
/// # Errors
/// It is gone, or not stopped.
pub fn resume(thread: i32, stops: Stops, signal: i32) -> io::Result<()> {
    let request = match stops {
        Stops::AtEveryCall => libc::PTRACE_SYSCALL,
        Stops::WhereAsked => libc::PTRACE_CONT,
    };
    // SAFETY: the request reads no memory of ours.
    unsafe { trace(request as c_uint, thread, 0, number(signal)) }.map(drop)
}

/// Leaves a thread stopped with its process, and waits for it to be continued.
///
/// # Errors
/// It is gone, or not stopped.
pub fn listen(thread: i32) -> io::Result<()> {
    // SAFETY: the request reads no memory of ours.
    unsafe { trace(libc::PTRACE_LISTEN as c_uint, thread, 0, ptr::null_mut()) }.map(drop)
}

/// Lets a stopped thread go on untraced, with a signal, or 0.
///
/// # Errors
/// It is gone, or not stopped.
pub fn detach(thread: i32, signal: i32) -> io::Result<()> {
    // SAFETY: the request reads no memory of ours.
    unsafe { trace(libc::PTRACE_DETACH as c_uint, thread, 0, number(signal)) }.map(drop)
}

/// The call that a thread, stopped at one, is entering; none if it is leaving it.
///
/// # Errors
/// `EIO` before Linux 5.3, which brought `PTRACE_GET_SYSCALL_INFO`; it is gone, or not stopped.
pub fn entry(thread: i32) -> io::Result<Option<SeccompData>> {
    /// `PTRACE_GET_SYSCALL_INFO` in `include/uapi/linux/ptrace.h`, since Linux 5.3.
    const GET_SYSCALL_INFO: c_uint = 0x420e;
    const ENTRY: u8 = 1;
    const ASKED: u8 = 3;
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
    Ok(matches!(info.op, ENTRY | ASKED).then_some(SeccompData {
        // The kernel's number is an int.
        nr: info.nr as u32,
        arch: info.arch,
        instruction_pointer: info.instruction_pointer,
        args: info.args,
    }))
}

/// A word of a stopped thread's memory.
///
/// # Errors
/// It has none there; it is gone, or not stopped.
pub fn peek(thread: i32, address: u64) -> io::Result<u64> {
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

/// The number that the kernel attached to an event: after an execve, the thread that made the call; of a thread that started
/// another, that one.
///
/// # Errors
/// It is gone, or not stopped at such an event.
pub fn message(thread: i32) -> io::Result<i32> {
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

/// Waits for the next event of a child or tracee of this thread, and says which thread's it is. Who ended is reaped.
///
/// # Errors
/// `EINTR` where a signal came, `ECHILD` where there are no more.
pub fn next() -> io::Result<(i32, Event)> {
    let mut status = 0;
    // SAFETY: the kernel writes one int to `status`.
    let thread = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::__WNOTHREAD) };
    if thread < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((thread, event(status)))
}

/// Who has an event that waits to be [taken](take).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A thread stopped, and this is its number.
    Stopped(i32),
    /// A thread ended.
    Ended(i32),
}

/// How long a look lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Until there is something to see.
    Long,
    /// No time at all.
    Short,
}

/// Sees whether a child or tracee of this thread has an event, and leaves the event where it is; none where nothing was to be seen.
///
/// # Errors
/// As for [`next`].
pub fn look(look: Look) -> io::Result<Option<Seen>> {
    let options = libc::WEXITED | libc::WSTOPPED | libc::WNOWAIT | libc::__WALL | libc::__WNOTHREAD;
    let options = match look {
        Look::Long => options,
        Look::Short => options | libc::WNOHANG,
    };
    // SAFETY: plain data, which stays zero where there is nothing to see.
    let mut seen: libc::siginfo_t = unsafe { mem::zeroed() };
    // SAFETY: the kernel writes one siginfo.
    let answer = unsafe { libc::waitid(libc::P_ALL, 0, &raw mut seen, options) };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: what waitid writes has a process number, and so have zeroes.
    let thread = unsafe { seen.si_pid() };
    Ok(match seen.si_code {
        _ if thread == 0 => None,
        libc::CLD_EXITED | libc::CLD_KILLED | libc::CLD_DUMPED => Some(Seen::Ended(thread)),
        _ => Some(Seen::Stopped(thread)),
    })
}

/// Waits for the next event of a thread that this one traces. Who ended is reaped.
///
/// # Errors
/// As for [`next`].
pub fn take(thread: i32) -> io::Result<Event> {
    let mut status = 0;
    // SAFETY: the kernel writes one int to `status`.
    match unsafe { libc::waitpid(thread, &raw mut status, libc::__WALL) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(event(status)),
    }
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
        libc::PTRACE_EVENT_SECCOMP => Event::Asked,
        0 if signal == libc::SIGTRAP | 0x80 => Event::Call,
        0 => Event::Signal(signal),
        _ => Event::Started,
    }
}

/// While this lives, signals that a supervisor [forwards](Forwarding) come to the other threads of this process.
pub struct SignalsElsewhere(libc::sigset_t);

impl SignalsElsewhere {
    /// From now on.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "it does something to this thread"
    )]
    pub fn new() -> Self {
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
pub(crate) unsafe fn trace(
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
