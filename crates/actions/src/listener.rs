//! The descriptor on which the kernel asks about calls: one notification after another, each answered once.
//!
//! Apart from who answers, because what a notification is, and when there are no more, is the kernel's affair.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use callgate_bpf::SeccompData;
use callgate_load::Support;
use callgate_syscalls::Release;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::sys;

/// A listener: what loading a filter with `NEW_LISTENER` gave, or what a container runtime sent.
#[derive(Debug)]
pub struct Listener {
    descriptor: OwnedFd,
    /// Whether waiting for a notification ends when there can be no more; before, one thread at a time looks.
    waiting_ends: bool,
    turn: Mutex<()>,
    ended: AtomicBool,
}

/// A call that waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Which one it is, to this listener.
    pub id: u64,
    /// The thread that makes it, by its number in this process's namespace; 0 if it has none there.
    pub thread: u32,
    /// The call.
    pub data: SeccompData,
}

impl Listener {
    /// From the descriptor of a listener.
    ///
    /// # Errors
    /// The kernel's notifications are larger than this build knows.
    pub fn new(descriptor: OwnedFd) -> io::Result<Self> {
        let support = Support::probe();
        if let Some(sizes) = support.notification_sizes {
            let sizes = [sizes.notification, sizes.response].map(usize::from);
            if sizes
                .iter()
                .zip(sys::SIZES)
                .any(|(&there, known)| there > known)
            {
                return Err(io::Error::other(format!(
                    "the kernel's notifications have {sizes:?} bytes, and {:?} are known",
                    sys::SIZES
                )));
            }
        }
        // Where the kernel has no such flag, a switch of processors costs what it costs.
        let _unknown = sys::wake_in_turn(descriptor.as_fd());
        let kernel = support.release_numbers();
        Ok(Self {
            descriptor,
            waiting_ends: kernel.is_some_and(|kernel| kernel >= Release::new(6, 11)),
            turn: Mutex::new(()),
            ended: AtomicBool::new(false),
        })
    }

    /// Waits for the next notification; none once no process has the filter any more. Several threads may wait.
    ///
    /// # Errors
    /// The kernel's, save that a caller was gone before its call could be handed over.
    pub fn receive(&self) -> io::Result<Option<Notification>> {
        loop {
            let _turn = match self.waiting_ends {
                true => None,
                // A thread that panicked in its turn left nothing half done.
                false => Some(
                    self.turn
                        .lock()
                        .unwrap_or_else(|poison| poison.into_inner()),
                ),
            };
            if !self.waiting_ends && !self.is_readable(None)? {
                return Ok(None);
            }
            match sys::receive(self.descriptor.as_fd()) {
                Ok(raw) => return Ok(Some(notification(&raw))),
                Err(error) if is(&error, Errno::INTR) => {}
                // The caller is gone, or all are.
                Err(error) if is(&error, Errno::NOENT) => {
                    if self.ended.load(Ordering::Relaxed) || self.has_hung_up()? {
                        return Ok(None);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether the caller still waits: what was read of it before then was its own.
    ///
    /// # Errors
    /// `ENOENT`: it does not; its number may be another's by now.
    pub fn check(&self, notification: &Notification) -> io::Result<()> {
        sys::is_valid(self.descriptor.as_fd(), notification.id)
    }

    pub(crate) fn answer(&self, id: u64, answer: sys::Answer) -> io::Result<()> {
        sys::send(self.descriptor.as_fd(), id, answer)
    }

    pub(crate) fn inject(&self, id: u64, given: BorrowedFd<'_>, flags: u32) -> io::Result<()> {
        sys::inject(self.descriptor.as_fd(), id, given, flags)
    }

    fn has_hung_up(&self) -> io::Result<bool> {
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let mut fds = [PollFd::new(&self.descriptor, PollFlags::IN)];
        poll(&mut fds, Some(&now))?;
        let hung_up = fds[0].revents().contains(PollFlags::HUP);
        if hung_up {
            self.ended.store(true, Ordering::Relaxed);
        }
        Ok(hung_up)
    }

    /// Waits until there is something to receive; not if there never will be.
    fn is_readable(&self, limit: Option<&Timespec>) -> io::Result<bool> {
        loop {
            let mut fds = [PollFd::new(&self.descriptor, PollFlags::IN)];
            match poll(&mut fds, limit) {
                Ok(_) => return Ok(fds[0].revents().contains(PollFlags::IN)),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

fn notification(raw: &sys::Raw) -> Notification {
    Notification {
        id: raw.id,
        thread: raw.pid,
        data: SeccompData {
            nr: raw.data.nr.cast_unsigned(),
            arch: raw.data.arch,
            instruction_pointer: raw.data.instruction_pointer,
            args: raw.data.args,
        },
    }
}

fn is(error: &io::Error, errno: Errno) -> bool {
    Errno::from_io_error(error) == Some(errno)
}
