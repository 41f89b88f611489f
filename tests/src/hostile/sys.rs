//! Calls whose memory another thread changes meanwhile, and attacks on another process.
//!
//! Apart because `unsafe` stands here: no safe interface takes memory that changes.

use std::ffi::{c_int, c_long};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicU8, AtomicU16};

/// Opens the file that a text names, as it is by then, and reads its first byte.
pub(super) fn first_byte(path: &[AtomicU8]) -> io::Result<u8> {
    let mut byte = 0_u8;
    // SAFETY: the text ends with a zero that nobody changes; the kernel reads it as it reads all memory of a process with threads.
    unsafe {
        let flags = libc::O_RDONLY | libc::O_CLOEXEC;
        let path = path.as_ptr().cast::<libc::c_char>();
        let file = result(libc::openat(libc::AT_FDCWD, path, flags) as c_long)? as RawFd;
        libc::read(file, (&raw mut byte).cast(), 1);
        libc::close(file);
    }
    Ok(byte)
}

/// Connects a socket to an address, as it is by then.
pub(super) fn connect(socket: RawFd, address: &[AtomicU16]) -> io::Result<()> {
    let len = size_of_val(address) as libc::socklen_t;
    // SAFETY: the kernel reads `len` bytes.
    result(unsafe { libc::connect(socket, address.as_ptr().cast(), len) } as c_long).map(drop)
}

/// Sends a byte to an address, as it is by then.
pub(super) fn send(socket: RawFd, address: &[AtomicU16]) -> io::Result<()> {
    let len = size_of_val(address) as libc::socklen_t;
    // SAFETY: the kernel reads a byte, and `len` bytes of the address.
    let sent = unsafe {
        libc::sendto(
            socket,
            c"x".as_ptr().cast(),
            1,
            0,
            address.as_ptr().cast(),
            len,
        )
    };
    result(sent as c_long).map(drop)
}

/// getppid(2), which can fail where a filter or a supervisor says so.
pub(super) fn parent() -> io::Result<c_int> {
    // SAFETY: the call takes no argument.
    result(unsafe { libc::syscall(libc::SYS_getppid) }).map(|parent| parent as c_int)
}

/// getsid(2) of this process.
pub(super) fn session() -> io::Result<c_int> {
    // SAFETY: the call takes a number.
    result(unsafe { libc::syscall(libc::SYS_getsid, 0) }).map(|session| session as c_int)
}

/// An attack on a process, by the name of its call.
pub(super) type Attack = (&'static str, fn(c_int) -> io::Result<()>);

/// Those that do nothing to a process that lets them.
pub(super) const HARMLESS: [Attack; 6] = [
    ("kill", |process| {
        // SAFETY: the call takes numbers.
        result(unsafe { libc::kill(process, 0) } as c_long).map(drop)
    }),
    ("tgkill", |process| {
        // SAFETY: as above.
        result(unsafe { libc::syscall(libc::SYS_tgkill, process, process, 0) }).map(drop)
    }),
    ("pidfd_send_signal", |process| {
        // SAFETY: as above.
        let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
        signal_by(result(descriptor)? as RawFd)
    }),
    ("pidfd_send_signal by a folder", |process| {
        let folder = File::open(format!("/proc/{process}"))?;
        signal_by(folder.as_raw_fd())
    }),
    ("prlimit", |process| {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: the kernel writes and reads a limit; that for core files is set to what it was.
        unsafe {
            libc::prlimit(process, libc::RLIMIT_CORE, ptr::null(), &raw mut limit);
            result(libc::prlimit(
                process,
                libc::RLIMIT_CORE,
                &raw const limit,
                ptr::null_mut(),
            ) as c_long)
            .map(drop)
        }
    }),
    ("process_vm_writev", |process| {
        let byte = 0_u8;
        let own = libc::iovec {
            iov_base: (&raw const byte).cast_mut().cast(),
            iov_len: 1,
        };
        let theirs = libc::iovec {
            iov_base: ptr::without_provenance_mut(1),
            iov_len: 1,
        };
        // SAFETY: the kernel reads a byte, and nothing is at the first address of a process.
        let written =
            unsafe { libc::process_vm_writev(process, &raw const own, 1, &raw const theirs, 1, 0) };
        result(written as c_long).map(drop)
    }),
];

/// Those that stop a process, or take hold of it.
pub(super) const HARMFUL: [Attack; 5] = [
    ("PTRACE_ATTACH", |process| {
        // SAFETY: the call takes numbers.
        result(unsafe { libc::ptrace(libc::PTRACE_ATTACH, process, 0, 0) }).map(drop)
    }),
    ("PTRACE_SEIZE", |process| {
        // SAFETY: as above.
        result(unsafe { libc::ptrace(libc::PTRACE_SEIZE, process, 0, 0) }).map(drop)
    }),
    ("/proc/PID/mem", |process| {
        let file = OpenOptions::new()
            .write(true)
            .open(format!("/proc/{process}/mem"));
        file.map(drop)
    }),
    ("pidfd_getfd", |process| {
        // SAFETY: as above.
        unsafe {
            let descriptor = result(libc::syscall(libc::SYS_pidfd_open, process, 0))?;
            result(libc::syscall(libc::SYS_pidfd_getfd, descriptor, 0, 0)).map(drop)
        }
    }),
    ("SIGSTOP", |process| {
        // SAFETY: as above.
        result(unsafe { libc::kill(process, libc::SIGSTOP) } as c_long).map(drop)
    }),
];

/// Asks whether a signal could be sent.
fn signal_by(descriptor: RawFd) -> io::Result<()> {
    let nothing = ptr::null::<libc::siginfo_t>();
    // SAFETY: no signal's details are passed.
    let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, descriptor, 0, nothing, 0) };
    result(sent).map(drop)
}

fn result(answer: c_long) -> io::Result<c_long> {
    match answer {
        -1 => Err(io::Error::last_os_error()),
        answer => Ok(answer),
    }
}
