//! The recorder that is always right and may be slow: every thread stops at every call.
//!
//! Apart from the recording so that a faster mechanism can stand beside it.
//! Calls are seen as the kernel enters them, with the ABI by which they were made, and before a filter judges them.
//! Not seen are the calls of the `vsyscall` page, which the kernel emulates without a stop
//! (old static programs' time, gettimeofday and getcpu).

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::panic;
use std::thread;

use callgate_bpf::SeccompData;
use callgate_load::ptrace::{self as kernel, Event, SignalsElsewhere, Stops};
use callgate_load::{Child, Ending, Executed, Forwarding, Held, Launch, LaunchError};
use callgate_syscalls::{Arch, Syscall};
use rustix::io::Errno;

use crate::recording::{Call, Extent, Recording};

/// Why there is no recording.
#[derive(Debug)]
pub enum RecordError {
    /// The command did not come to run.
    Launch(LaunchError),
    /// The kernel does not permit to trace an own child.
    NotPermitted(io::Error),
    /// The kernel does not say which call a stopped thread makes: `PTRACE_GET_SYSCALL_INFO` came with Linux 5.3.
    TooOld,
    /// Another error of ptrace(2) or waitpid(2).
    Kernel(io::Error),
}

/// Runs a command and records its calls and those of all that it starts, to the end of the last process.
///
/// Standard input, output and error are inherited, and signals are [forwarded](Forwarding) to the command.
/// Once the command itself has ended, one more signal ends the recording; what is left then goes on unrecorded.
/// A set-user-ID program runs as who calls it, and a program that traces others can't.
///
/// # Errors
/// The command did not come to run, or can't be traced.
pub fn record(launch: &Launch) -> Result<Recording, RecordError> {
    // The tracer is a thread, and waits for all of its own children: in a thread of its own these are only ours.
    let (tracer, outcome) = thread::scope(|scope| {
        let tracer = scope.spawn(|| {
            let held = launch.hold(&[]).map_err(RecordError::Launch)?;
            let mut tracer = Tracer::attach(held)?;
            let outcome = tracer.follow();
            Ok((tracer, outcome))
        });
        let _signals = SignalsElsewhere::new();
        tracer
            .join()
            .unwrap_or_else(|reason| panic::resume_unwind(reason))
    })?;
    let ending = match outcome {
        Ok(()) => tracer
            .child
            .conclude(tracer.recording.ending, tracer.executed)
            .map_err(RecordError::Launch)?,
        Err(error) => {
            // With its tracer gone the kernel ends the child; what is left is to reap it.
            drop(tracer.forwarding);
            let _ending = tracer.child.wait();
            return Err(error);
        }
    };
    Ok(Recording {
        ending,
        ..tracer.recording
    })
}

struct Tracer {
    child: Child,
    leader: i32,
    forwarding: Forwarding,
    /// The threads that are traced now.
    threads: BTreeSet<i32>,
    phase: Phase,
    executed: Executed,
    recording: Recording,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The child sets itself up: calls that are not the command's.
    Launching,
    /// Every call counts.
    Recording,
    /// The command has ended; `seen` signals had come by then.
    LeftBehind { seen: u32 },
    /// Whatever stops is let go.
    Leaving,
}

impl Tracer {
    fn attach(held: Held) -> Result<Self, RecordError> {
        let leader = held.id().cast_signed();
        let forwarding = Forwarding::to(held.id()).map_err(RecordError::Kernel)?;
        let seized = kernel::seize(leader, Stops::AtEveryCall);
        let seized = seized.and_then(|()| kernel::interrupt(leader));
        seized.map_err(|error| match Errno::from_io_error(&error) {
            Some(Errno::PERM | Errno::ACCESS | Errno::NOSYS) => RecordError::NotPermitted(error),
            _ => RecordError::Kernel(error),
        })?;
        // It waits for this, or is stopped already: its first stop is seen below.
        let child = held.release().map_err(RecordError::Launch)?;
        Ok(Self {
            child,
            leader,
            forwarding,
            threads: BTreeSet::from([leader]),
            phase: Phase::Launching,
            executed: Executed::No,
            recording: Recording {
                calls: Default::default(),
                programs: Vec::new(),
                unfollowed: 0,
                ending: Ending::Exited(0),
                extent: Extent::Whole,
            },
        })
    }

    /// Handles events until nothing is left that is traced.
    fn follow(&mut self) -> Result<(), RecordError> {
        loop {
            match kernel::next() {
                Ok((thread, event)) => self.handle(thread, event)?,
                Err(error) => match Errno::from_io_error(&error) {
                    Some(Errno::INTR) => {}
                    Some(Errno::CHILD) => return Ok(()),
                    _ => return Err(RecordError::Kernel(error)),
                },
            }
            self.leave_if_asked();
        }
    }

    fn handle(&mut self, thread: i32, event: Event) -> Result<(), RecordError> {
        let ending = match event {
            Event::Exited(status) => Ending::Exited(status),
            Event::Signalled(signal) => Ending::Signalled(signal),
            _ => {
                self.threads.insert(thread);
                return match self.stopped(thread, event) {
                    // A thread can be killed while it is stopped; the wait reports that next.
                    Err(error) if Errno::from_io_error(&error) == Some(Errno::SRCH) => Ok(()),
                    Err(error) if Errno::from_io_error(&error) == Some(Errno::IO) => {
                        Err(RecordError::TooOld)
                    }
                    Err(error) => Err(RecordError::Kernel(error)),
                    Ok(()) => Ok(()),
                };
            }
        };
        self.threads.remove(&thread);
        if thread == self.leader {
            // Its number may be another's from now on.
            self.forwarding.cease();
            self.recording.ending = ending;
            self.phase = Phase::LeftBehind {
                seen: self.forwarding.seen(),
            };
        }
        Ok(())
    }

    fn stopped(&mut self, thread: i32, event: Event) -> io::Result<()> {
        let signal = match event {
            Event::Signal(signal) => signal,
            _ => 0,
        };
        if self.phase == Phase::Leaving {
            self.threads.remove(&thread);
            return kernel::detach(thread, signal);
        }
        match event {
            Event::GroupStopped => return kernel::listen(thread),
            Event::Call => {
                if let Some(entry) = kernel::entry(thread)? {
                    self.entered(thread, entry);
                }
            }
            Event::Executed => self.executed(thread),
            _ => {}
        }
        kernel::resume(thread, Stops::AtEveryCall, signal)
    }

    fn entered(&mut self, thread: i32, entry: SeccompData) {
        let call = Call {
            audit: entry.arch,
            nr: entry.nr,
        };
        let name = call.syscall().map(Syscall::name);
        if self.phase == Phase::Launching && name == Some("execve") {
            self.phase = Phase::Recording;
        }
        if self.phase == Phase::Launching {
            return;
        }
        *self.recording.calls.entry(call).or_default() += 1;
        if is_untraced(thread, call.arch(), name, &entry.args) {
            self.recording.unfollowed += 1;
        }
    }

    fn executed(&mut self, thread: i32) {
        if thread == self.leader {
            self.executed = Executed::Yes;
        }
        // The thread that made the call has its process's number now; its own is gone without an ending.
        if let Ok(former) = kernel::message(thread)
            && former != thread
        {
            self.threads.remove(&former);
        }
        if let Ok(program) = fs::read_link(format!("/proc/{thread}/exe"))
            && !self.recording.programs.contains(&program)
        {
            self.recording.programs.push(program);
        }
    }

    /// After the command's end a signal means that nobody wants to wait for what it left behind.
    fn leave_if_asked(&mut self) {
        let Phase::LeftBehind { seen } = self.phase else {
            return;
        };
        if self.forwarding.seen() == seen {
            return;
        }
        self.phase = Phase::Leaving;
        self.recording.extent = Extent::UntilInterrupted;
        for &thread in &self.threads {
            // One that has just ended is reported by the wait.
            let _gone = kernel::interrupt(thread);
        }
    }
}

/// Whether a call starts a child that the kernel will not let us trace.
fn is_untraced(thread: i32, arch: Option<Arch>, name: Option<&str>, args: &[u64; 6]) -> bool {
    /// `CLONE_UNTRACED` in `include/uapi/linux/sched.h`.
    const UNTRACED: u64 = 0x0080_0000;
    /// Where a word of this machine has the low bits of 64.
    const LOW_WORD: u64 = if cfg!(all(target_endian = "big", target_pointer_width = "32")) {
        4
    } else {
        0
    };
    let flags = match (name, arch) {
        // s390 has the stack first.
        (Some("clone"), Some(Arch::S390 | Arch::S390x)) => args[1],
        (Some("clone"), _) => args[0],
        // The first 64 bits of struct clone_args.
        (Some("clone3"), _) => kernel::peek(thread, args[0] + LOW_WORD).unwrap_or(0),
        _ => 0,
    };
    flags & UNTRACED != 0
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Launch(error) => error.fmt(f),
            Self::NotPermitted(error) => write!(
                f,
                "ptrace is not permitted here: {error} \
                 (a filter on this process, or kernel.yama.ptrace_scope = 3, forbids it)"
            ),
            Self::TooOld => f.write_str(
                "this kernel does not show calls to a tracer: PTRACE_GET_SYSCALL_INFO came with Linux 5.3",
            ),
            Self::Kernel(error) => write!(f, "tracing ended early: {error}"),
        }
    }
}

impl std::error::Error for RecordError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Launch(error) => Some(error),
            Self::NotPermitted(error) | Self::Kernel(error) => Some(error),
            Self::TooOld => None,
        }
    }
}
