//! What the kernel wants of a thread before it takes a filter from it, as tokens.
//!
//! Apart so that a token can only be made here: to hold one is to have met the condition.

use std::fmt;
use std::io;
use std::marker::PhantomData;

use rustix::thread::{CapabilitySet, capabilities, no_new_privs, set_no_new_privs};

/// What loading a filter needs: [`NoNewPrivileges`] or [`Privileged`].
///
/// Sealed: the kernel knows these two.
pub trait Privilege: sealed::Sealed {}

/// This thread, and all that it starts, gain no privileges by execve.
///
/// The bit belongs to a thread, so the token stays on it:
///
/// ```compile_fail
/// let token = callgate_load::NoNewPrivileges::set()?;
/// std::thread::spawn(move || drop(token));
/// # Ok::<(), callgate_load::PrivilegeError>(())
/// ```
#[derive(Debug)]
pub struct NoNewPrivileges(PhantomData<*const ()>);

/// This thread has `CAP_SYS_ADMIN` in its user namespace.
///
/// A set-user-ID program that it executes keeps its privileges, and finds calls refused that it does not expect to be:
/// that is why the kernel asks for a privilege here.
#[derive(Debug)]
pub struct Privileged(PhantomData<*const ()>);

/// Why there is no token.
#[derive(Debug)]
pub enum PrivilegeError {
    /// The kernel refused prctl(`PR_SET_NO_NEW_PRIVS`) or capget.
    Refused(io::Error),
    /// The thread has no `CAP_SYS_ADMIN`.
    NotAdmin,
}

impl NoNewPrivileges {
    /// Sets the bit for this thread. It can't be cleared again.
    ///
    /// # Errors
    /// A filter on this thread refuses prctl(2).
    pub fn set() -> Result<Self, PrivilegeError> {
        set_no_new_privs(true).map_err(|errno| PrivilegeError::Refused(errno.into()))?;
        // A filter may answer "done" without doing it.
        match no_new_privs() {
            Ok(true) => Ok(Self(PhantomData)),
            Ok(false) => Err(PrivilegeError::Refused(io::Error::other(
                "the bit is not set afterwards",
            ))),
            Err(errno) => Err(PrivilegeError::Refused(errno.into())),
        }
    }
}

impl Privileged {
    /// Looks whether this thread has `CAP_SYS_ADMIN`.
    ///
    /// # Errors
    /// It has not, or the kernel does not say.
    pub fn assert() -> Result<Self, PrivilegeError> {
        let sets = capabilities(None).map_err(|errno| PrivilegeError::Refused(errno.into()))?;
        if sets.effective.contains(CapabilitySet::SYS_ADMIN) {
            return Ok(Self(PhantomData));
        }
        Err(PrivilegeError::NotAdmin)
    }
}

impl Privilege for NoNewPrivileges {}
impl Privilege for Privileged {}

impl fmt::Display for PrivilegeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => write!(f, "no-new-privileges can't be set: {error}"),
            Self::NotAdmin => f.write_str(
                "loading a filter needs CAP_SYS_ADMIN, or giving up new privileges (no-new-privileges)",
            ),
        }
    }
}

impl std::error::Error for PrivilegeError {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::NoNewPrivileges {}
    impl Sealed for super::Privileged {}
}
