//! Structures that calls point at: the address of a socket, how a file is opened, what a child shares.
//!
//! Apart from the call, because here is what the kernel takes for one: how long it may be, and what a shorter one leaves zero.

use std::io;

use callgate_syscalls::Endian;
use rustix::io::Errno;

use crate::address::Address;
use crate::call::Call;

/// A copy of a `struct open_how` (openat2(2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenHow {
    /// As those of openat.
    pub flags: u64,
    /// The mode of a file that is made.
    pub mode: u64,
    /// How the path is followed.
    pub resolve: u64,
}

/// A copy of a `struct clone_args` (clone3(2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CloneArgs {
    /// What is shared and what is new.
    pub flags: u64,
    /// Where the child's pidfd goes.
    pub pidfd: u64,
    /// Where the child's number goes, in its memory.
    pub child_tid: u64,
    /// Where the child's number goes, in its parent's memory.
    pub parent_tid: u64,
    /// The signal of its end.
    pub exit_signal: u64,
    /// The lowest byte of its stack.
    pub stack: u64,
    /// How many bytes its stack has.
    pub stack_size: u64,
    /// Its thread-local storage.
    pub tls: u64,
    /// Where the numbers stand that it is to have.
    pub set_tid: u64,
    /// How many these are.
    pub set_tid_size: u64,
    /// The descriptor of its control group.
    pub cgroup: u64,
}

impl Call<'_> {
    /// The address that a `struct sockaddr` of so many bytes is.
    ///
    /// # Errors
    /// As for [`Call::memory`]; `EINVAL` for more bytes than any has, or fewer than its family has.
    pub fn socket_address(&self, address: u64, len: u64) -> io::Result<Address> {
        /// `sizeof(struct sockaddr_storage)`.
        const MOST: u64 = 128;
        // An int.
        let len = len & 0xffff_ffff;
        if len > MOST {
            return Err(Errno::INVAL.into());
        }
        Address::parse(&self.memory(address, len as usize)?)
    }

    /// The `struct open_how` of so many bytes.
    ///
    /// # Errors
    /// As for [`Call::memory`]; `EINVAL` for fewer bytes than it ever had, `E2BIG` for more than are known here.
    pub fn open_how(&self, address: u64, size: u64) -> io::Result<OpenHow> {
        let [flags, mode, resolve] = self.words(address, size, 3)?;
        Ok(OpenHow {
            flags,
            mode,
            resolve,
        })
    }

    /// The `struct clone_args` of so many bytes.
    ///
    /// # Errors
    /// As for [`Call::open_how`].
    pub fn clone_args(&self, address: u64, size: u64) -> io::Result<CloneArgs> {
        let [
            flags,
            pidfd,
            child_tid,
            parent_tid,
            exit_signal,
            stack,
            stack_size,
            tls,
            set_tid,
            set_tid_size,
            cgroup,
        ] = self.words(address, size, 8)?;
        Ok(CloneArgs {
            flags,
            pidfd,
            child_tid,
            parent_tid,
            exit_signal,
            stack,
            stack_size,
            tls,
            set_tid,
            set_tid_size,
            cgroup,
        })
    }

    /// 64-bit words in the caller's byte order, `least` of them or more; those that are not there are zero.
    fn words<const N: usize>(&self, address: u64, size: u64, least: usize) -> io::Result<[u64; N]> {
        let size = usize::try_from(size).map_err(|_| Errno::TOOBIG)?;
        if size < least * 8 {
            return Err(Errno::INVAL.into());
        }
        if size > N * 8 {
            return Err(Errno::TOOBIG.into());
        }
        let bytes = self.memory(address, size)?;
        let mut words = [0; N];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            let bytes = bytes.try_into().expect("8 bytes");
            *word = match self.arch().endian() {
                Endian::Little => u64::from_le_bytes(bytes),
                Endian::Big => u64::from_be_bytes(bytes),
            };
        }
        Ok(words)
    }
}
