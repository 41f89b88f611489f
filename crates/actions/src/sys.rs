//! The requests to a listener, the reading of another process's memory and acting as another, for which no safe crate serves.
//!
//! Apart so that every `unsafe` of the crate stands on one page.

use std::ffi::{CString, c_int};
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr;

use crate::credentials::Whole;

/// A notification as the kernel has it.
pub(crate) type Raw = libc::seccomp_notif;

/// The size of a notification and of a response, as this build knows them.
pub(crate) const SIZES: [usize; 2] = [
    mem::size_of::<libc::seccomp_notif>(),
    mem::size_of::<libc::seccomp_notif_resp>(),
];

/// Waits for the next notification.
pub(crate) fn receive(listener: BorrowedFd<'_>) -> io::Result<Raw> {
    // SAFETY: plain data, which the kernel wants zeroed.
    let mut raw: Raw = unsafe { mem::zeroed() };
    // SAFETY: the kernel writes one notification, whose size was compared with `SIZES` when the listener was made.
    unsafe { ask(listener, libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut raw) }?;
    Ok(raw)
}

/// What a caller is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The call is not made, and returns this.
    Value(i64),
    /// The call is not made, and fails with this errno.
    Error(i32),
    /// The kernel makes the call.
    Continue,
}

/// Answers a notification.
pub(crate) fn send(listener: BorrowedFd<'_>, id: u64, answer: Answer) -> io::Result<()> {
    // SAFETY: plain data.
    let mut response: libc::seccomp_notif_resp = unsafe { mem::zeroed() };
    response.id = id;
    match answer {
        Answer::Value(value) => response.val = value,
        Answer::Error(errno) => response.error = -errno,
        Answer::Continue => response.flags = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
    }
    // SAFETY: the kernel reads one response.
    unsafe { ask(listener, libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut response) }.map(drop)
}

/// Whether the caller of a notification still waits for its answer.
pub(crate) fn is_valid(listener: BorrowedFd<'_>, id: u64) -> io::Result<()> {
    let mut id = id;
    // SAFETY: the kernel reads eight bytes.
    unsafe { ask(listener, libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &raw mut id) }.map(drop)
}

/// Gives the caller a descriptor, whose number is then the call's return value; one step, from Linux 5.14 on.
pub(crate) fn inject(
    listener: BorrowedFd<'_>,
    id: u64,
    descriptor: BorrowedFd<'_>,
    flags: u32,
) -> io::Result<()> {
    let mut request = libc::seccomp_notif_addfd {
        id,
        flags: libc::SECCOMP_ADDFD_FLAG_SEND as u32,
        srcfd: descriptor.as_raw_fd().cast_unsigned(),
        newfd: 0,
        newfd_flags: flags,
    };
    // SAFETY: the kernel reads one request.
    unsafe { ask(listener, libc::SECCOMP_IOCTL_NOTIF_ADDFD, &raw mut request) }.map(drop)
}

/// Asks the kernel to run supervisor and caller on one processor in turn; refused before Linux 6.6.
pub(crate) fn wake_in_turn(listener: BorrowedFd<'_>) -> io::Result<()> {
    /// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP` in `include/uapi/linux/seccomp.h`; the request takes the flags themselves.
    const SYNC_WAKE_UP: usize = 1;
    let flags = ptr::without_provenance_mut::<u64>(SYNC_WAKE_UP);
    // SAFETY: the kernel takes the argument for a number and reads no memory.
    unsafe { ask(listener, libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags) }.map(drop)
}

/// # Safety
/// `argument` is what `request` reads or writes.
unsafe fn ask<T>(
    listener: BorrowedFd<'_>,
    request: libc::Ioctl,
    argument: *mut T,
) -> io::Result<RawFd> {
    // SAFETY: the caller's promise.
    let answer = unsafe { libc::ioctl(listener.as_raw_fd(), request, argument) };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(answer)
}

/// Copies memory of another process; how much of it there was.
pub(crate) fn read_memory(thread: i32, address: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let Ok(address) = usize::try_from(address) else {
        return Err(io::Error::from_raw_os_error(libc::EFAULT));
    };
    let local = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    let remote = libc::iovec {
        iov_base: ptr::without_provenance_mut(address),
        iov_len: buffer.len(),
    };
    // SAFETY: the kernel writes at most `iov_len` bytes to `buffer`, and only reads the other process.
    let len =
        unsafe { libc::process_vm_readv(thread, &raw const local, 1, &raw const remote, 1, 0) };
    if len < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(len as usize)
}

/// Writes memory of another process; how much of it there was.
pub(crate) fn write_memory(thread: i32, address: u64, bytes: &[u8]) -> io::Result<usize> {
    let Ok(address) = usize::try_from(address) else {
        return Err(io::Error::from_raw_os_error(libc::EFAULT));
    };
    let local = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let remote = libc::iovec {
        iov_base: ptr::without_provenance_mut(address),
        iov_len: bytes.len(),
    };
    // SAFETY: the kernel only reads `bytes`, and writes to the other process alone.
    let len =
        unsafe { libc::process_vm_writev(thread, &raw const local, 1, &raw const remote, 1, 0) };
    if len < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(len as usize)
}

/// Gives this thread a file mode mask of its own, so that it can take a caller's.
pub(crate) fn own_mask() -> io::Result<()> {
    // SAFETY: the call takes no pointer; the thread only stops sharing its mask, root and working directory with others.
    match unsafe { libc::unshare(libc::CLONE_FS) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The words of mount(2) but for the directory.
pub(crate) struct Mounted {
    pub(crate) source: Option<CString>,
    pub(crate) kind: CString,
    pub(crate) flags: u64,
    pub(crate) data: Option<CString>,
}

/// Mounts on a directory, by a process that has become what a caller is.
pub(crate) fn mount_elsewhere(
    caller: &Whole,
    directory: BorrowedFd<'_>,
    mounted: &Mounted,
) -> io::Result<()> {
    let pointer = |text: &Option<CString>| text.as_ref().map_or(ptr::null(), |text| text.as_ptr());
    let (source, data) = (pointer(&mounted.source), pointer(&mounted.data));
    let mount = || {
        // SAFETY: every pointer is null, or of a text that ends with a zero.
        let is_done = unsafe {
            libc::fchdir(directory.as_raw_fd()) == 0
                && have_no_more_than(caller.capabilities) == 0
                && libc::mount(
                    source,
                    c".".as_ptr(),
                    mounted.kind.as_ptr(),
                    mounted.flags,
                    data.cast(),
                ) == 0
        };
        error_unless(is_done)
    };
    let enter_and_mount = || {
        // SAFETY: the call takes no pointer.
        let is_there = caller.namespaces == 0
            || unsafe { libc::setns(caller.process.as_raw_fd(), caller.namespaces) } == 0;
        match error_unless(is_there) {
            // A namespace of processes begins with the next child, which may be made here: it is a fork's child, too.
            0 => in_child(mount),
            error => error,
        }
    };
    match in_child(enter_and_mount) {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Lets a child act, and gives the error number that it ends with; 0 is none.
///
/// The parent may have other threads, so `act` makes system calls alone, on what was made before.
fn in_child(act: impl FnOnce() -> c_int) -> c_int {
    // SAFETY: `act` keeps to what a fork's child may do, and the child ends by _exit; the parent's memory is copied, not shared.
    match unsafe { libc::fork() } {
        -1 => error_unless(false),
        0 => {
            let error = act();
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(error) }
        }
        child => ended(child),
    }
}

/// 0, or this thread's error number.
fn error_unless(is_done: bool) -> c_int {
    match is_done {
        true => 0,
        // SAFETY: the address of this thread's own error number.
        false => unsafe { *libc::__errno_location() },
    }
}

/// Takes these capabilities and no others; what capset(2) answers.
///
/// # Safety
/// None but that of a system call: it is made for the child of a fork, which may make no others.
unsafe fn have_no_more_than(capabilities: u64) -> libc::c_long {
    /// `_LINUX_CAPABILITY_VERSION_3` in `include/uapi/linux/capability.h`, whose structures these are.
    const VERSION: u32 = 0x2008_0522;
    let header: [u32; 2] = [VERSION, 0];
    let (low, high) = (capabilities as u32, (capabilities >> 32) as u32);
    // Effective, permitted, inheritable.
    let sets: [[u32; 3]; 2] = [[low, low, 0], [high, high, 0]];
    // SAFETY: the kernel reads a header and two sets.
    unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr()) }
}

/// Waits for a child, and gives its exit status; `EIO` where a signal ended it.
fn ended(child: c_int) -> c_int {
    let mut status = 0;
    loop {
        // SAFETY: the kernel writes the status of our own child.
        match unsafe { libc::waitpid(child, &raw mut status, 0) } {
            -1 => match error_unless(false) {
                libc::EINTR => {}
                error => return error,
            },
            _ if libc::WIFEXITED(status) => return libc::WEXITSTATUS(status),
            _ => return libc::EIO,
        }
    }
}
