//! Signals that a supervisor gets and its child should have.
//!
//! Apart from launching because who traces a child needs it, too.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use crate::sys;

/// While this lives, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1 and SIGUSR2 don't end this process:
/// those that a process sent are passed on to the child.
/// Those that the terminal sent are not, since it sends them to the child's group itself.
///
/// A signal that was ignored before stays ignored. The dispositions of a process are one for all of its threads.
#[derive(Debug)]
pub struct Forwarding {
    place: usize,
    seen_before: u32,
}

/// How many live, and what they replaced.
static INSTALLED: Mutex<(usize, Option<sys::Replaced>)> = Mutex::new((0, None));

impl Forwarding {
    /// The numbers of the signals that are forwarded.
    pub const SIGNALS: [i32; 6] = sys::FORWARDED;

    /// Forwards to the process of this number, which must be a child that is not reaped before this is dropped:
    /// afterwards the number may be another's.
    ///
    /// # Errors
    /// 64 children have forwarding already.
    pub fn to(child: u32) -> io::Result<Self> {
        let mut installed = INSTALLED.lock().unwrap_or_else(|error| error.into_inner());
        let place = sys::CHILDREN
            .iter()
            .position(|place| place.load(Ordering::SeqCst) == 0)
            .ok_or_else(|| {
                io::Error::other(format!(
                    "signals are forwarded to {} children at most",
                    sys::CHILDREN.len()
                ))
            })?;
        sys::CHILDREN[place].store(child.cast_signed(), Ordering::SeqCst);
        if installed.0 == 0 {
            installed.1 = Some(sys::install_forwarder());
        }
        installed.0 += 1;
        Ok(Self {
            place,
            seen_before: sys::SEEN.load(Ordering::SeqCst),
        })
    }

    /// Forwards nothing any more, and still keeps the signals from ending this process.
    pub fn cease(&self) {
        sys::CHILDREN[self.place].store(-1, Ordering::SeqCst);
    }

    /// How many of the signals came since this was made, whoever sent them.
    #[must_use]
    pub fn seen(&self) -> u32 {
        sys::SEEN
            .load(Ordering::SeqCst)
            .wrapping_sub(self.seen_before)
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        let mut installed = INSTALLED.lock().unwrap_or_else(|error| error.into_inner());
        sys::CHILDREN[self.place].store(0, Ordering::SeqCst);
        installed.0 -= 1;
        if installed.0 == 0
            && let Some(replaced) = installed.1.take()
        {
            sys::restore(&replaced);
        }
    }
}
