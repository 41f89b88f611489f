//! A process that makes one call over and over under a filter, pinned to a processor.
//!
//! Apart because a fork and raw calls are `unsafe`; a filter can't be unloaded, so each needs a process of its own.

use std::fs::File;
use std::io::{self, Read, Write, pipe};
use std::mem;
use std::os::fd::OwnedFd;
use std::time::Instant;

use callgate_bpf::Program;
use callgate_load::{Flags, NoNewPrivileges, load};

/// Such a process, which ends when this is dropped.
pub(crate) struct Caller {
    process: libc::pid_t,
    orders: File,
    answers: File,
}

/// How many calls make a batch.
const BATCH: u32 = 2000;

impl Caller {
    /// Starts it under a filter, or under none.
    pub(crate) fn start(program: Option<&Program>, nr: libc::c_long) -> io::Result<Self> {
        let (read_orders, write_orders) = pipe()?;
        let (read_answers, write_answers) = pipe()?;
        // SAFETY: this process has one thread, so its child may do whatever it likes.
        let process = unsafe { libc::fork() };
        if process < 0 {
            return Err(io::Error::last_os_error());
        }
        if process == 0 {
            drop((write_orders, read_answers));
            let orders = File::from(OwnedFd::from(read_orders));
            let answers = File::from(OwnedFd::from(write_answers));
            let ended = serve(program, nr, orders, answers);
            // SAFETY: the child ends here, without running what the parent has to run at its end.
            unsafe { libc::_exit(ended.is_err().into()) }
        }
        Ok(Self {
            process,
            orders: File::from(OwnedFd::from(write_orders)),
            answers: File::from(OwnedFd::from(read_answers)),
        })
    }

    /// Has it make a batch; how long a call of it took on average.
    pub(crate) fn nanoseconds(&mut self) -> io::Result<f64> {
        let mut answer = [0; 8];
        self.orders.write_all(&[GO])?;
        self.answers.read_exact(&mut answer)?;
        Ok(f64::from_le_bytes(answer))
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        // Its brothers hold the other end of the pipe, too, so that it would not end with ours.
        if self.orders.write_all(&[END]).is_ok() {
            // SAFETY: the child is ours, and ends by that order.
            unsafe { libc::waitpid(self.process, std::ptr::null_mut(), 0) };
        }
    }
}

/// The order to make a batch.
const GO: u8 = 1;
/// The order to end.
const END: u8 = 0;

/// The child's side: a batch for each order.
fn serve(
    program: Option<&Program>,
    nr: libc::c_long,
    mut orders: File,
    mut answers: File,
) -> io::Result<()> {
    pin()?;
    if let Some(program) = program {
        let token = NoNewPrivileges::set().map_err(io::Error::other)?;
        let _loaded = load(program, Flags::NONE, &token).map_err(io::Error::other)?;
    }
    let mut order = [GO];
    while orders.read(&mut order)? == 1 && order == [GO] {
        let begin = Instant::now();
        for _ in 0..BATCH {
            // SAFETY: the call touches no memory: getppid takes no argument, and mount's are null.
            unsafe { libc::syscall(nr, 0, 0, 0, 0, 0) };
        }
        let nanoseconds = begin.elapsed().as_nanos() as f64 / f64::from(BATCH);
        answers.write_all(&nanoseconds.to_le_bytes())?;
    }
    Ok(())
}

/// To the last processor that this process may use, and ahead of others where that is permitted.
fn pin() -> io::Result<()> {
    // SAFETY: both structures are plain data that the calls fill or read.
    unsafe {
        let mut set: libc::cpu_set_t = mem::zeroed();
        if libc::sched_getaffinity(0, mem::size_of_val(&set), &raw mut set) != 0 {
            return Err(io::Error::last_os_error());
        }
        let last = (0..libc::CPU_SETSIZE as usize).rfind(|&cpu| libc::CPU_ISSET(cpu, &set));
        libc::CPU_ZERO(&mut set);
        libc::CPU_SET(last.unwrap_or(0), &mut set);
        if libc::sched_setaffinity(0, mem::size_of_val(&set), &raw const set) != 0 {
            return Err(io::Error::last_os_error());
        }
        let ahead = libc::sched_param { sched_priority: 1 };
        // Where it is not permitted, the median has to do.
        libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const ahead);
    }
    Ok(())
}
