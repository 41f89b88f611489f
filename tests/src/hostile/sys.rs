//! Calls whose memory another thread changes meanwhile.
//!
//! Apart because `unsafe` stands here: no safe interface takes memory that changes.

use std::ffi::{c_int, c_long};
use std::io;
use std::os::fd::RawFd;
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

fn result(answer: c_long) -> io::Result<c_long> {
    match answer {
        -1 => Err(io::Error::last_os_error()),
        answer => Ok(answer),
    }
}
