//! A call that a handler is asked about: its registers, and what of its caller can be read safely.
//!
//! Apart from the handlers, because the order matters: first the copy, then whether the caller still waits.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};

use callgate_bpf::SeccompData;
use callgate_policy::Decision;
use callgate_syscalls::{Arch, Syscall};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use crate::listener::{Listener, Notification};
use crate::sys;

/// A call that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    waits: Waits<'a>,
    thread: u32,
    data: SeccompData,
    arch: Arch,
    decision: Decision,
}

/// Who keeps a caller waiting.
#[derive(Clone, Copy, Debug)]
enum Waits<'a> {
    /// A listener that has its notification.
    Notified(&'a Listener, Notification),
    /// Its tracer, which says here when it does so no longer.
    Traced(&'a AtomicBool),
}

/// The most bytes of a path, its end included (`PATH_MAX`).
pub const PATH_MAX: usize = 4096;

/// The most bytes that are copied of a caller at once.
const COPY_MAX: usize = 1 << 20;

impl<'a> Call<'a> {
    pub(crate) const fn new(
        listener: &'a Listener,
        notification: Notification,
        arch: Arch,
        decision: Decision,
    ) -> Self {
        Self {
            thread: notification.thread,
            data: notification.data,
            waits: Waits::Notified(listener, notification),
            arch,
            decision,
        }
    }

    /// The call of a thread that its tracer keeps stopped while `waits`.
    pub(crate) const fn traced(
        thread: u32,
        data: SeccompData,
        waits: &'a AtomicBool,
        arch: Arch,
        decision: Decision,
    ) -> Self {
        Self {
            waits: Waits::Traced(waits),
            thread,
            data,
            arch,
            decision,
        }
    }

    /// The call as the filter saw it.
    #[must_use]
    pub const fn data(&self) -> &SeccompData {
        &self.data
    }

    /// What the policy says of it, and by which rule.
    #[must_use]
    pub const fn decision(&self) -> Decision {
        self.decision
    }

    /// Its arch.
    #[must_use]
    pub const fn arch(&self) -> Arch {
        self.arch
    }

    /// Which call it is; none if its number has no name.
    #[must_use]
    pub fn syscall(&self) -> Option<Syscall> {
        Syscall::by_number(self.arch, self.data.nr)
    }

    /// Its name, or its number.
    #[must_use]
    pub fn name(&self) -> String {
        let number = || self.data.nr.to_string();
        self.syscall().map_or_else(number, |call| call.to_string())
    }

    /// An argument, from 0.
    ///
    /// # Panics
    /// If there is no such argument: a call has six.
    #[must_use]
    pub const fn arg(&self, index: usize) -> u64 {
        self.data.args[index]
    }

    /// The calling thread, by its number here.
    #[must_use]
    pub const fn thread(&self) -> u32 {
        self.thread
    }

    /// Whether the caller still waits for its answer.
    ///
    /// # Errors
    /// `ENOENT` if not.
    pub fn check(&self) -> io::Result<()> {
        match self.waits {
            Waits::Notified(listener, notification) => listener.check(&notification),
            Waits::Traced(waits) if waits.load(Ordering::SeqCst) => Ok(()),
            Waits::Traced(_) => Err(Errno::NOENT.into()),
        }
    }

    /// A copy of the caller's memory, whole.
    ///
    /// # Errors
    /// `EFAULT` where it has none, `EINVAL` for more than a MiB; the caller is gone, or may not be read.
    pub fn memory(&self, address: u64, len: usize) -> io::Result<Vec<u8>> {
        if len > COPY_MAX {
            return Err(Errno::INVAL.into());
        }
        let mut bytes = vec![0; len];
        if len > 0 {
            let read = sys::read_memory(self.thread_number()?, address, &mut bytes);
            self.check()?;
            if read? < len {
                return Err(Errno::FAULT.into());
            }
        }
        Ok(bytes)
    }

    /// Writes to the caller's memory, whole.
    ///
    /// # Errors
    /// As for [`Call::memory`]; a part may have been written.
    pub fn write(&self, address: u64, bytes: &[u8]) -> io::Result<()> {
        // Else the memory could be that of a process which got the number since.
        self.check()?;
        let written = sys::write_memory(self.thread_number()?, address, bytes)?;
        match written == bytes.len() {
            true => Ok(()),
            false => Err(Errno::FAULT.into()),
        }
    }

    /// The text at an address, up to its zero byte.
    ///
    /// # Errors
    /// As for [`Call::memory`]; `ENAMETOOLONG` if there is no zero byte within `most` bytes.
    pub fn text(&self, address: u64, most: usize) -> io::Result<CString> {
        /// A page is the least that is there together.
        const PAGE: u64 = 4096;
        let mut text = Vec::new();
        let mut next = address;
        while text.len() < most {
            let in_page = (PAGE - next % PAGE) as usize;
            let part = self.memory(next, in_page.min(most - text.len()))?;
            if let Some(end) = part.iter().position(|&byte| byte == 0) {
                text.extend_from_slice(&part[..end]);
                return Ok(CString::new(text).expect("it was cut at the first zero byte"));
            }
            next = next.wrapping_add(part.len() as u64);
            text.extend(part);
        }
        Err(Errno::NAMETOOLONG.into())
    }

    /// A word of the caller's memory as wide as its pointers, in its byte order.
    ///
    /// # Errors
    /// As for [`Call::memory`].
    pub fn word(&self, address: u64) -> io::Result<u64> {
        let bytes = self.memory(address, self.word_size())?;
        Ok(self.word_of(&bytes))
    }

    /// How many bytes a pointer of the caller has.
    #[must_use]
    pub fn word_size(&self) -> usize {
        // x32's structures have 32-bit pointers, too.
        match self.arch {
            Arch::X32 => 4,
            arch => arch.bits() as usize / 8,
        }
    }

    /// The word that these bytes are; as many as a pointer has.
    pub(crate) fn word_of(&self, bytes: &[u8]) -> u64 {
        let mut word = [0; 8];
        match callgate_syscalls::Endian::Little == self.arch.endian() {
            true => {
                word[..bytes.len()].copy_from_slice(bytes);
                u64::from_le_bytes(word)
            }
            false => {
                word[8 - bytes.len()..].copy_from_slice(bytes);
                u64::from_be_bytes(word)
            }
        }
    }

    /// A descriptor of this process for what one of the caller's is.
    ///
    /// # Errors
    /// `EBADF` where the caller has none of this number; `EPERM` where it may not be taken; the caller is gone.
    pub fn descriptor(&self, number: i32) -> io::Result<OwnedFd> {
        let caller = self.process()?;
        let copy = pidfd_getfd(&caller, number, PidfdGetfdFlags::empty());
        self.check()?;
        Ok(copy?)
    }

    /// The caller, as a descriptor: its thread where the kernel can (Linux 6.9), else its process.
    pub(crate) fn process(&self) -> io::Result<OwnedFd> {
        // PIDFD_THREAD has the value of O_EXCL.
        let of_thread = PidfdFlags::from_bits_retain(rustix::fs::OFlags::EXCL.bits());
        let thread = self.pid()?;
        let caller = match pidfd_open(thread, of_thread) {
            Err(Errno::INVAL) => pidfd_open(self.group()?, PidfdFlags::empty()),
            opened => opened,
        };
        self.check()?;
        Ok(caller?)
    }

    /// A line of `/proc/TID/status`.
    pub(crate) fn status(&self, field: &str) -> io::Result<String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.thread()));
        self.check()?;
        let status = status?;
        let value = status.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name == field).then(|| value.trim().to_owned())
        });
        value.ok_or_else(|| Errno::NOTSUP.into())
    }

    fn group(&self) -> io::Result<Pid> {
        let group = self.status("Tgid")?.parse().ok().and_then(Pid::from_raw);
        group.ok_or_else(|| Errno::SRCH.into())
    }

    pub(crate) fn pid(&self) -> io::Result<Pid> {
        Pid::from_raw(self.thread_number()?).ok_or_else(|| Errno::SRCH.into())
    }

    fn thread_number(&self) -> io::Result<i32> {
        match i32::try_from(self.thread()) {
            Ok(thread @ 1..) => Ok(thread),
            // A caller outside of this process's namespace has no number here.
            _ => Err(Errno::SRCH.into()),
        }
    }
}
