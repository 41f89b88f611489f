//! The listener of a child that was just filtered, as a descriptor of the parent's.
//!
//! Apart from the launch, because the child can't send it: its filter may refuse the call, or ask the listener about it.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use super::Child;

/// How often the parent looks, while the child loads: there is no call by which a child under a filter could tell it.
const TURN: Duration = Duration::from_micros(50);

/// The listener, once the child has loaded its filter; none where it ended before.
pub(super) fn taken_from(child: &Child) -> io::Result<Option<OwnedFd>> {
    let process = pidfd_open(child.process, PidfdFlags::empty())?;
    let progress = child.shared.progress();
    let turn = Timespec::try_from(TURN).expect("a short time");
    loop {
        if let number @ 1.. = progress.listener.load(Ordering::SeqCst) {
            let listener = pidfd_getfd(&process, number - 1, PidfdGetfdFlags::empty())?;
            progress.taken.store(true, Ordering::SeqCst);
            return Ok(Some(listener));
        }
        let mut ended = [PollFd::new(&process, PollFlags::IN)];
        match poll(&mut ended, Some(&turn)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        }
    }
}
