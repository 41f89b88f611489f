//! What a child does between fork and execve, and the memory by which its parent learns how far it came.
//!
//! Apart from the other system calls because here the rules of a fork hold:
//! the parent may have other threads, so nothing is allocated and only async-signal-safe functions are called.

use std::ffi::{CStr, CString, c_char, c_ulong};
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};

use crate::sys::{Records, result, seccomp};

/// How far a child came: it writes here without a system call, since its filter may refuse every one.
#[derive(Default)]
pub(super) struct Progress {
    /// One of the `AT_` constants, or 0 before the first.
    pub(super) stage: AtomicU32,
    /// The layer that it loads or loaded last, counted from zero.
    pub(super) layer: AtomicU32,
    /// Whether the stage failed.
    pub(super) failed: AtomicBool,
    /// The error number of the failure; 0 where a filter answered execve with "done".
    pub(super) errno: AtomicI32,
    /// How long loading took, where that was asked for; 0 before.
    pub(super) nanoseconds: AtomicU64,
    /// The child's number of its listener, and one; 0 before there is one.
    pub(super) listener: AtomicI32,
    /// Whether the parent has its own descriptor of the listener.
    pub(super) taken: AtomicBool,
}

/// The child gives up new privileges.
pub(super) const AT_PRIVILEGES: u32 = 1;
/// The child loads a filter.
pub(super) const AT_LOAD: u32 = 2;
/// The child executes the program.
pub(super) const AT_EXECUTE: u32 = 3;

/// A [`Progress`] in memory that parent and child share.
#[derive(Debug)]
pub(super) struct Shared(*mut Progress);

// SAFETY: the fields are atomics, and the mapping lives as long as the value.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: a fresh mapping, placed by the kernel, large and aligned enough for a Progress.
        let address = unsafe {
            libc::mmap(
                ptr::null_mut(),
                mem::size_of::<Progress>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let progress = address.cast::<Progress>();
        // SAFETY: the page is ours, writable, and nobody else looks at it yet.
        unsafe { progress.write(Progress::default()) };
        Ok(Self(progress))
    }

    pub(super) fn progress(&self) -> &Progress {
        // SAFETY: written in `new`, mapped until `drop`; every field is atomic.
        unsafe { &*self.0 }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: mapped in `new` with this size; no reference outlives `self`.
        unsafe { libc::munmap(self.0.cast(), mem::size_of::<Progress>()) };
    }
}

/// What a child does between fork and execve; all of it is made before the fork, since the child may not allocate.
pub(super) struct Plan {
    pub(super) path: CString,
    pub(super) arguments: Vec<CString>,
    pub(super) environment: Vec<CString>,
    pub(super) layers: Vec<(Records, u32)>,
    pub(super) privileges: Privileges,
}

/// Whether the child may gain privileges by execve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privileges {
    /// It sets no-new-privileges: a set-user-ID program runs as who calls it. Needs no privilege.
    Renounced,
    /// It leaves the bit as it is: loading then needs `CAP_SYS_ADMIN`.
    Kept,
}

/// Forks a child that waits for a byte from the pipe, then follows the plan; its process number.
pub(super) fn fork(
    plan: &Plan,
    shared: &Shared,
    (reader, writer): (BorrowedFd<'_>, BorrowedFd<'_>),
) -> io::Result<i32> {
    let arguments = pointers(&plan.arguments);
    let environment = pointers(&plan.environment);
    let layers: Vec<(libc::sock_fprog, u32)> = plan
        .layers
        .iter()
        .map(|(records, flags)| (records.program(), *flags))
        .collect();
    // SAFETY: sigset_t is plain data, filled by the calls below. The parent's handlers must not run in the child,
    // so every signal is held around the fork; the child restores the mask once the handlers are gone.
    unsafe {
        let mut all: libc::sigset_t = mem::zeroed();
        let mut before: libc::sigset_t = mem::zeroed();
        keep_endings();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let child = libc::fork();
        if child == 0 {
            follow(
                plan.path.as_c_str(),
                (arguments.as_ptr(), environment.as_ptr()),
                &layers,
                plan.privileges,
                &before,
                shared.progress(),
                (reader.as_raw_fd(), writer.as_raw_fd()),
            );
        }
        let answer = result(child);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut());
        answer
    }
}

/// Forks a child that loads a filter, notes how long that took, and ends by a fault, which no filter refuses; its process number.
pub(super) fn fork_to_time(records: &Records, shared: &Shared) -> io::Result<i32> {
    let program = records.program();
    keep_endings();
    // SAFETY: fork takes no pointer; the child makes no call but those of `time`, which never returns.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            time(&program, shared.progress());
        }
        result(child)
    }
}

/// The timed child's side.
///
/// # Safety
/// Called in the child of a fork: only async-signal-safe functions, nothing allocated.
unsafe fn time(program: &libc::sock_fprog, progress: &Progress) -> ! {
    // SAFETY: each call is async-signal-safe and reads only what the caller passed.
    unsafe {
        forget_handlers();
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
        progress.stage.store(AT_PRIVILEGES, Ordering::SeqCst);
        if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 {
            give_up(progress, *libc::__errno_location());
        }
        progress.stage.store(AT_LOAD, Ordering::SeqCst);
        let begin = clock();
        let operation = libc::SECCOMP_SET_MODE_FILTER;
        if let Err(error) = seccomp(operation, 0, ptr::from_ref(program).cast()) {
            give_up(progress, error.raw_os_error().unwrap_or(0));
        }
        // The clock is read without a system call, where the kernel offers that; else the filter may end the child here.
        let spent = clock().saturating_sub(begin);
        progress.nanoseconds.store(spent.max(1), Ordering::SeqCst);
        fault()
    }
}

fn clock() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call writes `now`.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Stops ignoring SIGCHLD, which would leave nothing of a child to wait for; who started this process may have ignored it.
fn keep_endings() {
    // SAFETY: sigaction is plain data.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        libc::sigaction(libc::SIGCHLD, ptr::null(), &raw mut action);
        if action.sa_sigaction == libc::SIG_IGN {
            libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        }
    }
}

fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    let ends = [ptr::null()];
    texts.iter().map(|text| text.as_ptr()).chain(ends).collect()
}

/// The child's side.
///
/// # Safety
/// Called in the child of a fork; the pointers are null-ended arrays of C strings.
/// The parent may have other threads, so only async-signal-safe functions are called and nothing is allocated.
unsafe fn follow(
    path: &CStr,
    (arguments, environment): (*const *const c_char, *const *const c_char),
    layers: &[(libc::sock_fprog, u32)],
    privileges: Privileges,
    mask: &libc::sigset_t,
    progress: &Progress,
    (reader, writer): (RawFd, RawFd),
) -> ! {
    // SAFETY: each call is async-signal-safe and reads only what the caller passed.
    unsafe {
        forget_handlers();
        // Else the end of the pipe would never come to the child, which holds it open itself.
        libc::close(writer);
        let mut go = 0_u8;
        loop {
            match libc::read(reader, (&raw mut go).cast(), 1) {
                1 => break,
                -1 if *libc::__errno_location() == libc::EINTR => {}
                // The parent let go without releasing this child.
                _ => libc::_exit(125),
            }
        }
        // Should the child have to end by a fault, that leaves no core file; execve sets this back.
        // But the parent may take a listener only from a child that can be dumped.
        if layers.iter().all(|&(_, flags)| !has_listener(flags)) {
            libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, mask, ptr::null_mut());

        if privileges == Privileges::Renounced {
            progress.stage.store(AT_PRIVILEGES, Ordering::SeqCst);
            if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 {
                give_up(progress, *libc::__errno_location());
            }
        }
        progress.stage.store(AT_LOAD, Ordering::SeqCst);
        for (at, (program, flags)) in layers.iter().enumerate() {
            progress.layer.store(at as u32, Ordering::SeqCst);
            // A layer before this one may answer seccomp(2) as if it had been done: here it can't have been.
            if seccomp(libc::SECCOMP_SET_MODE_FILTER, *flags, ptr::null()).is_ok() {
                give_up(progress, 0);
            }
            match seccomp(
                libc::SECCOMP_SET_MODE_FILTER,
                *flags,
                ptr::from_ref(program).cast(),
            ) {
                Ok(listener) if has_listener(*flags) => hand_over(progress, listener as i32),
                Ok(_) => {}
                Err(error) => give_up(progress, error.raw_os_error().unwrap_or(0)),
            }
        }
        progress.stage.store(AT_EXECUTE, Ordering::SeqCst);
        let answer = libc::execve(path.as_ptr(), arguments, environment);
        // A filter that answers errno 0 makes execve return as if it had been done.
        let errno = if answer == 0 {
            0
        } else {
            *libc::__errno_location()
        };
        give_up(progress, errno)
    }
}

fn has_listener(flags: u32) -> bool {
    c_ulong::from(flags) & libc::SECCOMP_FILTER_FLAG_NEW_LISTENER != 0
}

/// Waits until the parent has taken the listener, without a system call: the filter may refuse each, or ask the listener about it.
fn hand_over(progress: &Progress, listener: i32) {
    /// Half a minute and more; a parent that is there needs a thousandth of a second.
    const PATIENCE: u32 = 1 << 30;
    progress.listener.store(listener + 1, Ordering::SeqCst);
    for _ in 0..PATIENCE {
        if progress.taken.load(Ordering::SeqCst) {
            return;
        }
        std::hint::spin_loop();
    }
    give_up(progress, libc::ETIMEDOUT)
}

/// Sets every signal that has a handler to its default action, as execve would: the parent's handlers are not for here,
/// and Rust's own would run forever where a filter refuses rt_sigreturn.
///
/// # Safety
/// Called in the child of a fork.
unsafe fn forget_handlers() {
    for signal in 1..=64 {
        // SAFETY: sigaction is plain data; both calls are async-signal-safe, and refuse numbers that are not theirs.
        unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            libc::sigaction(signal, ptr::null(), &raw mut action);
            // Rust ignores SIGPIPE, which a program does not expect.
            if action.sa_sigaction != libc::SIG_IGN || signal == libc::SIGPIPE {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
    }
}

/// Ends the child after a failure, by a way that no filter can close.
fn give_up(progress: &Progress, errno: i32) -> ! {
    progress.errno.store(errno, Ordering::SeqCst);
    progress.failed.store(true, Ordering::SeqCst);
    // SAFETY: exit_group takes no pointer. Where the filter refuses it, the instruction after it faults,
    // which ends the process without a system call.
    unsafe { libc::syscall(libc::SYS_exit_group, 125) };
    fault()
}

fn fault() -> ! {
    // SAFETY: an undefined instruction; the kernel answers with SIGILL, whose default action ends the process.
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    unsafe {
        std::arch::asm!("ud2", options(noreturn))
    }
    // SAFETY: as above.
    #[cfg(any(target_arch = "aarch64", target_arch = "arm"))]
    unsafe {
        std::arch::asm!("udf #0", options(noreturn))
    }
    // SAFETY: as above.
    #[cfg(target_arch = "riscv64")]
    unsafe {
        std::arch::asm!("unimp", options(noreturn))
    }
    #[cfg(not(any(
        target_arch = "x86_64",
        target_arch = "x86",
        target_arch = "aarch64",
        target_arch = "arm",
        target_arch = "riscv64"
    )))]
    std::process::abort()
}
