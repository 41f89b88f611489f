//! A command under filters, in a child process.
//!
//! Apart from loading for oneself because a filter may refuse the very calls with which a child reports:
//! the child writes its progress to shared memory, and where it can't even exit, it ends by a fault.

mod attach;
mod error;
mod listener;
#[allow(unsafe_code)]
mod sys;

use std::env;
use std::ffi::{CString, OsString};
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use callgate_bpf::Program;
use rustix::io::{Errno, retry_on_intr};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process, waitid};

use crate::ending::Ending;
use crate::flags::Flags;
use crate::forward::Forwarding;
use crate::load::{LoadError, grant};
use crate::sys::Records;

pub use attach::attach_time;
pub use error::{LaunchError, Stage};
pub use sys::Privileges;

/// A command to start under filters. Standard input, output and error are inherited.
///
/// ```no_run
/// use callgate_bpf::{Action, Insn, Program};
/// use callgate_load::{Flags, Launch, Layer};
///
/// let program = Program::new(vec![Insn::RetK(Action::Allow.to_ret())])?;
/// let ending = Launch::new("/bin/true", []).run(&[Layer { program: &program, flags: Flags::NONE }])?;
/// assert_eq!(ending.status(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Launch {
    /// The file to execute; not looked up.
    pub path: PathBuf,
    /// The arguments, the first of which is the name by which the program was called.
    pub arguments: Vec<OsString>,
    /// The environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Whether the command may gain privileges.
    pub privileges: Privileges,
}

/// A filter for a command.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// What it is.
    pub program: &'a Program,
    /// With which flags it is loaded; one layer may have a listener, for [`Held::release_listening`].
    pub flags: Flags,
}

/// A child that waits to be released; dropped, it ends without having done anything.
#[derive(Debug)]
pub struct Held {
    child: Child,
    gate: Gate,
}

/// A child that loads its filters and executes its program.
#[derive(Debug)]
pub struct Child {
    process: Pid,
    path: PathBuf,
    /// The flags that each layer is loaded with.
    flags: Vec<Flags>,
    shared: sys::Shared,
}

/// Whether a process executed a program since it was forked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executed {
    /// It did.
    Yes,
    /// It did not.
    No,
}

impl Launch {
    /// A command with the environment of this process and no way to gain privileges.
    ///
    /// `arguments` are those after the name, which is the path.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, arguments: impl IntoIterator<Item = OsString>) -> Self {
        let path = path.into();
        let name = path.clone().into_os_string();
        Self {
            path,
            arguments: [name].into_iter().chain(arguments).collect(),
            environment: env::vars_os().collect(),
            privileges: Privileges::Renounced,
        }
    }

    /// Runs the command under these filters, the first of which is loaded first, and waits for its end.
    ///
    /// Meanwhile signals are [forwarded](Forwarding).
    ///
    /// # Errors
    /// The program did not come to run.
    pub fn run(&self, layers: &[Layer<'_>]) -> Result<Ending, LaunchError> {
        let held = self.hold(layers)?;
        let forwarding = Forwarding::to(held.id()).map_err(LaunchError::Process)?;
        let child = held.release()?;
        child.settle()?;
        drop(forwarding);
        child.wait()
    }

    /// Makes the child, which waits until it is released: time for a tracer to attach.
    ///
    /// # Errors
    /// What is known beforehand: flags that the kernel lacks, zero bytes, no process to be had.
    pub fn hold(&self, layers: &[Layer<'_>]) -> Result<Held, LaunchError> {
        let mut flags = Vec::new();
        for (layer, asked) in layers.iter().enumerate() {
            let granted = grant(asked.flags).map_err(|error| LaunchError::Load { layer, error })?;
            flags.push(granted.applied);
        }
        let plan = sys::Plan {
            path: text(self.path.clone().into())?,
            arguments: self
                .arguments
                .iter()
                .map(|argument| text(argument.clone()))
                .collect::<Result<_, _>>()?,
            environment: self
                .environment
                .iter()
                .map(|(name, value)| {
                    let mut entry = name.clone();
                    entry.push("=");
                    entry.push(value);
                    text(entry)
                })
                .collect::<Result<_, _>>()?,
            layers: layers
                .iter()
                .zip(&flags)
                .map(|(layer, flags)| (Records::of(layer.program), flags.bits()))
                .collect(),
            privileges: self.privileges,
        };
        let shared = sys::Shared::new().map_err(LaunchError::Process)?;
        let (reader, writer) =
            pipe_with(PipeFlags::CLOEXEC).map_err(|errno| LaunchError::Process(errno.into()))?;
        let process = sys::fork(&plan, &shared, (reader.as_fd(), writer.as_fd()))
            .map_err(LaunchError::Process)?;
        let process = Pid::from_raw(process).expect("a child has a positive number");
        Ok(Held {
            child: Child {
                process,
                path: self.path.clone(),
                flags,
                shared,
            },
            gate: Gate {
                writer: Some(writer),
                process,
            },
        })
    }
}

impl Held {
    /// The child's process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets the child load its filters and execute its program.
    ///
    /// # Errors
    /// The child can't be told, or a layer asks for a listener, which nobody would hold.
    pub fn release(self) -> Result<Child, LaunchError> {
        if self.child.listens() {
            return Err(LaunchError::Listener);
        }
        self.open()
    }

    /// As [`Held::release`], where a layer asks for a listener: it is the caller's, and closes on execve.
    ///
    /// The child executes its program once the caller has the listener, which may be asked about that very call.
    ///
    /// # Errors
    /// The child can't be told, or it came to no listener.
    pub fn release_listening(self) -> Result<(Child, OwnedFd), LaunchError> {
        let child = self.open()?;
        match listener::taken_from(&child) {
            Ok(Some(listener)) => Ok((child, listener)),
            Ok(None) => match child.wait() {
                Ok(_) => Err(LaunchError::Listener),
                Err(error) => Err(error),
            },
            Err(error) => {
                // Without its listener it would wait in vain.
                let _gone = kill_process(child.process, Signal::KILL);
                let _reaped = wait(child.process, WaitIdOptions::EXITED);
                Err(LaunchError::Process(error))
            }
        }
    }

    fn open(self) -> Result<Child, LaunchError> {
        match self.gate.open() {
            // A broken pipe means a child that somebody ended: who waits for it learns how.
            Ok(()) | Err(Errno::PIPE) => Ok(self.child),
            Err(errno) => Err(LaunchError::Process(errno.into())),
        }
    }
}

impl Child {
    /// The process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.as_raw_nonzero().get().cast_unsigned()
    }

    fn listens(&self) -> bool {
        let mut flags = self.flags.iter();
        flags.any(|flags| flags.contains(Flags::NEW_LISTENER))
    }

    /// Waits until the child has ended, and leaves it to be reaped: its number stays its own.
    ///
    /// # Errors
    /// It can't be waited for.
    pub fn settle(&self) -> Result<(), LaunchError> {
        wait(self.process, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
            .map(drop)
            .map_err(|errno| LaunchError::Process(errno.into()))
    }

    /// Waits until the child has ended.
    ///
    /// # Errors
    /// The program did not come to run, or the child can't be waited for.
    pub fn wait(self) -> Result<Ending, LaunchError> {
        self.settle()?;
        let executed = executed(self.process);
        let status = wait(self.process, WaitIdOptions::EXITED)
            .map_err(|errno| LaunchError::Process(errno.into()))?;
        self.conclude(ending(&status), executed)
    }

    /// What an ending means, for who reaped the child (a tracer does).
    ///
    /// # Errors
    /// The program did not come to run.
    pub fn conclude(self, ending: Ending, executed: Executed) -> Result<Ending, LaunchError> {
        if executed == Executed::Yes {
            return Ok(ending);
        }
        let progress = self.shared.progress();
        let layer = progress.layer.load(Ordering::SeqCst) as usize;
        let stage = match progress.stage.load(Ordering::SeqCst) {
            sys::AT_PRIVILEGES => Stage::Privileges,
            sys::AT_LOAD => Stage::Load(layer),
            sys::AT_EXECUTE => Stage::Execute,
            _ => Stage::Start,
        };
        if !progress.failed.load(Ordering::SeqCst) {
            return Err(LaunchError::Ended { ending, stage });
        }
        let errno = progress.errno.load(Ordering::SeqCst);
        let error = io::Error::from_raw_os_error(errno);
        let path = self.path;
        Err(match stage {
            Stage::Start => LaunchError::Process(error),
            Stage::Privileges => LaunchError::Privileges(error),
            Stage::Load(layer) => LaunchError::Load {
                layer,
                error: match errno {
                    0 => LoadError::Feigned,
                    _ => LoadError::of(error, self.flags[layer]),
                },
            },
            Stage::Execute if errno == 0 => LaunchError::Feigned { path },
            Stage::Execute => LaunchError::Execute { path, error },
        })
    }
}

/// The end of the pipe that holds a child back; dropped unopened, it ends the child.
#[derive(Debug)]
struct Gate {
    writer: Option<OwnedFd>,
    process: Pid,
}

impl Gate {
    fn open(mut self) -> Result<(), Errno> {
        let Some(writer) = self.writer.take() else {
            return Ok(());
        };
        retry_on_intr(|| rustix::io::write(&writer, &[1])).map(drop)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if self.writer.take().is_some() {
            // The end of the pipe would do, but for a child that a tracer stopped.
            let _gone = kill_process(self.process, Signal::KILL);
            let _reaped = wait(self.process, WaitIdOptions::EXITED);
        }
    }
}

fn wait(process: Pid, options: WaitIdOptions) -> Result<WaitIdStatus, Errno> {
    retry_on_intr(|| waitid(WaitId::Pid(process), options))?.ok_or(Errno::CHILD)
}

fn ending(status: &WaitIdStatus) -> Ending {
    let byte = |number: i32| u8::try_from(number & 0xff).unwrap_or(0);
    match status.terminating_signal() {
        Some(signal) => Ending::Signalled(byte(signal)),
        None => Ending::Exited(byte(status.exit_status().unwrap_or(0))),
    }
}

/// Whether a process that has not been reaped executed something since its fork.
///
/// The kernel keeps that in `PF_FORKNOEXEC`, the bit of `/proc/PID/stat` that `ps -o f` shows as 1.
/// Without `/proc` the answer is yes: the child's ending is then the command's.
fn executed(process: Pid) -> Executed {
    const FORKED_AND_NOT_EXECUTED: u32 = 0x40;
    // After the name, which may hold anything: state, parent, group, session, terminal, its group, flags.
    let flags = fs::read(format!("/proc/{process}/stat"))
        .ok()
        .and_then(|stat| {
            let name_ends = stat.iter().rposition(|&byte| byte == b')')?;
            let rest = String::from_utf8_lossy(&stat[name_ends + 1..]).into_owned();
            rest.split_whitespace().nth(6)?.parse::<u32>().ok()
        });
    match flags {
        Some(flags) if flags & FORKED_AND_NOT_EXECUTED != 0 => Executed::No,
        _ => Executed::Yes,
    }
}

fn text(text: OsString) -> Result<CString, LaunchError> {
    CString::new(text.into_vec())
        .map_err(|error| LaunchError::Nul(OsString::from_vec(error.into_vec())))
}
