//! What no safe crate offers: calls by number under each of this machine's ABIs, filters as raw bytes, and the children that make them.
//!
//! Apart because `unsafe` stands here, and in the probe's file of this name.

use std::arch::asm;
use std::ffi::{c_int, c_uint};
use std::io;
use std::mem;
use std::ptr;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use callgate_bpf::RawInsn;

/// What a call returned, and the address after the instruction that made it: the one that its filter saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Returned {
    pub(crate) value: i64,
    pub(crate) address: u64,
}

/// Makes a call as a 64-bit program does.
///
/// The probe makes calls that filters answer, or harmless ones.
#[inline(never)]
pub(crate) fn call_by_syscall(nr: u32, args: &[u64; 6]) -> Returned {
    let value: i64;
    let address: u64;
    // SAFETY: the instruction changes rax, rcx and r11; a filter answers the call, or it is one that touches no memory.
    unsafe {
        asm!(
            "syscall",
            "2:",
            "lea {address}, [rip + 2b]",
            address = lateout(reg) address,
            inlateout("rax") u64::from(nr) => value,
            in("rdi") args[0], in("rsi") args[1], in("rdx") args[2],
            in("r10") args[3], in("r8") args[4], in("r9") args[5],
            lateout("rcx") _, lateout("r11") _,
        );
    }
    Returned { value, address }
}

/// Makes a call as a program of i386 does; of an argument the kernel sees the low half.
#[inline(never)]
pub(crate) fn call_by_interrupt(nr: u32, args: &[u64; 6]) -> Returned {
    let args = args.map(|arg| arg as u32);
    let value: i32;
    let address: u64;
    // SAFETY: as above; rbx and rbp, which can't be operands, are put back, and old kernels clear r8 to r11.
    unsafe {
        asm!(
            "push rbx",
            "push rbp",
            "mov ebx, [r8]",
            "mov ecx, [r8 + 4]",
            "mov edx, [r8 + 8]",
            "mov esi, [r8 + 12]",
            "mov edi, [r8 + 16]",
            "mov ebp, [r8 + 20]",
            "int 0x80",
            "2:",
            "pop rbp",
            "pop rbx",
            "lea r9, [rip + 2b]",
            inlateout("eax") nr => value,
            inlateout("r8") args.as_ptr() => _,
            lateout("r9") address,
            lateout("rcx") _, lateout("rdx") _, lateout("rsi") _, lateout("rdi") _,
            lateout("r10") _, lateout("r11") _,
        );
    }
    Returned {
        value: value.into(),
        address,
    }
}

/// Ends this process without a system call, by SIGILL.
pub(crate) fn end_without_a_call() -> ! {
    // SAFETY: the instruction raises the exception that it is there for.
    unsafe { asm!("ud2", options(noreturn)) }
}

/// The errno with which the kernel answers raw instructions under a descriptor limit of zero.
///
/// It checks a program first, then looks for a descriptor for the listener: `EMFILE` means that it would take the program.
/// No filter is ever loaded.
pub(crate) fn verdict(insns: &[RawInsn]) -> i32 {
    let mut filter: Vec<libc::sock_filter> = insns
        .iter()
        .map(|raw| libc::sock_filter {
            code: raw.code,
            jt: raw.jt,
            jf: raw.jf,
            k: raw.k,
        })
        .collect();
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: the kernel reads `program` and the instructions, which live here.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            &raw const program,
        )
    };
    assert_eq!(
        answer, -1,
        "a descriptor limit of zero leaves none for a listener"
    );
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Takes new descriptors from this process; it keeps those that it has.
pub(crate) fn forbid_descriptors() -> io::Result<()> {
    limit(libc::RLIMIT_NOFILE, 0)
}

/// Takes core files from this process and its children: 1 stands for "none" also where a program collects them.
pub(crate) fn forbid_cores() -> io::Result<()> {
    limit(libc::RLIMIT_CORE, 1)
}

/// Limits the memory that this process may map, in bytes.
pub(crate) fn limit_memory(bytes: u64) -> io::Result<()> {
    limit(libc::RLIMIT_AS, bytes)
}

fn limit(resource: libc::__rlimit_resource_t, most: u64) -> io::Result<()> {
    let limit = libc::rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    // SAFETY: the kernel reads `limit`.
    result(unsafe { libc::setrlimit(resource, &raw const limit) }).map(drop)
}

/// The processor time that this process took.
pub(crate) fn processor_time() -> Duration {
    // SAFETY: plain data, which the kernel writes.
    let usage = unsafe {
        let mut usage: libc::rusage = mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    let time = |time: libc::timeval| {
        Duration::new(time.tv_sec.cast_unsigned(), 0)
            + Duration::from_micros(time.tv_usec.cast_unsigned())
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Ends this process by SIGALRM after so many seconds, whatever it waits for.
pub(crate) fn end_after(seconds: c_uint) {
    // SAFETY: no pointer, and no handler is set.
    unsafe { libc::alarm(seconds) };
}

/// Words that a process shares with its children.
pub(crate) struct Shared {
    words: *mut AtomicI64,
    len: usize,
}

// SAFETY: atomics in a mapping that lives as long as the value.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    pub(crate) fn new(len: usize) -> io::Result<Self> {
        // SAFETY: a fresh mapping that the kernel places and fills with zeros.
        let address = unsafe {
            libc::mmap(
                ptr::null_mut(),
                len.max(1) * mem::size_of::<AtomicI64>(),
                libc::PROT_READ | libc::PROT_WRITE,
                // Populated, so that a filtered child need not fault.
                libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_POPULATE,
                -1,
                0,
            )
        };
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            words: address.cast(),
            len,
        })
    }

    pub(crate) fn words(&self) -> &[AtomicI64] {
        // SAFETY: mapped in `new` with this length, zeroed, which is a valid atomic.
        unsafe { std::slice::from_raw_parts(self.words, self.len) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: the mapping of `new`; no reference outlives `self`.
        unsafe {
            libc::munmap(
                self.words.cast(),
                self.len.max(1) * mem::size_of::<AtomicI64>(),
            )
        };
    }
}

/// Runs a function in a child, which ends with SIGILL after it; the child's process number.
///
/// The probe has one thread, so the child may do what it likes.
pub(crate) fn fork(child: impl FnOnce()) -> io::Result<i32> {
    // SAFETY: nothing is shared with another thread, since there is none; the child never returns.
    unsafe {
        let parent = libc::getpid();
        let process = result(libc::fork())?;
        if process == 0 {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid() == parent {
                child();
            }
            end_without_a_call();
        }
        Ok(process)
    }
}

/// Something that a child, or a traced thread, came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Exited(i32),
    Signalled(i32),
    /// A traced thread is about to get a signal.
    Stopped(i32),
    /// A traced thread waits at an event of ptrace(2).
    Traced(i32),
}

/// Waits for the next event of this process, or of any child and traced thread where none is named.
pub(crate) fn wait(process: Option<i32>) -> io::Result<(i32, Event)> {
    let mut status = 0;
    // SAFETY: the kernel writes `status`.
    let who =
        result(unsafe { libc::waitpid(process.unwrap_or(-1), &raw mut status, libc::__WALL) })?;
    let event = if libc::WIFEXITED(status) {
        Event::Exited(libc::WEXITSTATUS(status))
    } else if libc::WIFSIGNALED(status) {
        Event::Signalled(libc::WTERMSIG(status))
    } else if status >> 16 != 0 {
        Event::Traced(status >> 16)
    } else {
        Event::Stopped(libc::WSTOPSIG(status))
    };
    Ok((who, event))
}

/// What a call of the C library returned, or its errno.
pub(crate) fn result(answer: c_int) -> io::Result<c_int> {
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(answer)
    }
}
