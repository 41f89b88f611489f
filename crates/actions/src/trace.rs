//! The tracer that answers `SCMP_ACT_TRACE`: a thread whose filter asks about its call stands still until a handler has its reply.
//!
//! Apart from the serving of a listener, because the kernel asks one thread alone here, and takes answers from no other.

#[allow(unsafe_code)]
mod sys;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, Scope};
use std::time::Duration;

use callgate_bpf::{Action, SeccompData};
use callgate_engines::Resolved;
use callgate_load::ptrace::{self, Event, Look, Seen, Stops};
use callgate_syscalls::Arch;
use rustix::io::Errno;

use crate::call::Call;
use crate::instead::Instead;
use crate::refusal::{NOSYS, refusal, without_an_answer};
use crate::registry::{Registry, TraceHandler};
use crate::reply::TraceReply;
use crate::sys::Answer;

/// While handlers think, the tracer looks as often whether another thread has stopped: no wait has two ends in the kernel.
const TURN: Duration = Duration::from_micros(500);

/// Traces a process and all that it starts. The tracer is the thread that made it, which it can't leave.
///
/// Should that thread end too early, the kernel kills whatever stands still: no call is made that nobody answered.
#[derive(Debug)]
pub struct Tracer {
    process: i32,
    of_this_thread: PhantomData<*const ()>,
}

impl Tracer {
    /// Traces a child of this process that waits to be released ([`Held`](callgate_load::Held)).
    ///
    /// # Errors
    /// It may not be traced, or is; or this is not x86-64, of whose registers alone it is known how a call is answered.
    pub fn seize(process: u32) -> io::Result<Self> {
        if !sys::KNOWS_REGISTERS {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let process = process.cast_signed();
        ptrace::seize(process, Stops::WhereAsked)?;
        Ok(Self {
            process,
            of_this_thread: PhantomData,
        })
    }

    /// Answers the calls that the filter shows to a tracer, until the process has ended, which is left to be reaped.
    ///
    /// What it started and left behind is traced no longer then: to such calls it gets `ENOSYS`.
    /// `resolved` is what the filter was compiled from. Handlers run in threads of the scope, as many as there are calls at once.
    ///
    /// # Errors
    /// The kernel's, when it says no more of who has stopped.
    pub fn answer<'scope, 'env>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        resolved: &'env Resolved,
        registry: &'env Registry,
    ) -> io::Result<()> {
        let (sender, answers) = mpsc::channel();
        let mut tracing = Tracing {
            scope,
            resolved,
            registry,
            threads: BTreeSet::from([self.process]),
            asked: BTreeMap::new(),
            replaced: BTreeMap::new(),
            sender,
        };
        let followed = tracing.follow(self.process, &answers);
        tracing.leave(self.process);
        followed
    }
}

/// A call to be answered: as the filter saw it, and whether its thread still waits.
#[derive(Clone)]
struct Asked {
    data: SeccompData,
    waits: Arc<AtomicBool>,
}

/// What becomes of a call.
#[derive(Clone, Copy)]
enum Then {
    Make,
    MakeInstead(Instead),
    Return(i64),
}

/// A handler's answer to the call of a thread.
struct Answered {
    thread: i32,
    waits: Arc<AtomicBool>,
    then: Then,
}

struct Tracing<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    resolved: &'env Resolved,
    registry: &'env Registry,
    threads: BTreeSet<i32>,
    /// The threads that wait for an answer.
    asked: BTreeMap<i32, Asked>,
    /// The threads that make another call, and what they wanted to make.
    replaced: BTreeMap<i32, (Instead, SeccompData)>,
    sender: Sender<Answered>,
}

impl Tracing<'_, '_> {
    fn follow(&mut self, process: i32, answers: &Receiver<Answered>) -> io::Result<()> {
        loop {
            for answered in answers.try_iter() {
                of_who_lives(self.answered(&answered))?;
            }
            let look = match self.asked.is_empty() {
                true => Look::Long,
                false => Look::Short,
            };
            match ptrace::look(look) {
                Ok(Some(Seen::Ended(thread))) if thread == process => return Ok(()),
                Ok(Some(Seen::Ended(thread) | Seen::Stopped(thread))) => {
                    let event = ptrace::take(thread);
                    of_who_lives(event.and_then(|event| self.handle(thread, event)))?;
                }
                Ok(None) => match answers.recv_timeout(TURN) {
                    Ok(answered) => of_who_lives(self.answered(&answered))?,
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
                },
                Err(error) => match Errno::from_io_error(&error) {
                    Some(Errno::INTR) => {}
                    // Somebody else reaped the process.
                    Some(Errno::CHILD) => return Ok(()),
                    _ => return Err(error),
                },
            }
        }
    }

    fn handle(&mut self, thread: i32, event: Event) -> io::Result<()> {
        self.threads.insert(thread);
        match event {
            Event::Exited(_) | Event::Signalled(_) => {
                self.forget(thread);
                self.threads.remove(&thread);
                return Ok(());
            }
            Event::Asked => return self.ask(thread),
            Event::GroupStopped => return ptrace::listen(thread),
            Event::Signal(signal) => return self.resume(thread, signal),
            Event::Executed => {
                // The thread that made the call has its process's number now.
                let former = ptrace::message(thread)?;
                self.forget(thread);
                if former != thread {
                    self.forget(former);
                    self.threads.remove(&former);
                }
            }
            Event::Call => self.put_back(thread)?,
            Event::Started | Event::Stopped => {}
        }
        self.resume(thread, 0)
    }

    /// A thread whose call is answered, or made, no longer waits.
    fn forget(&mut self, thread: i32) {
        self.replaced.remove(&thread);
        if let Some(asked) = self.asked.remove(&thread) {
            asked.waits.store(false, Ordering::SeqCst);
        }
    }

    fn resume(&self, thread: i32, signal: i32) -> io::Result<()> {
        let stops = match self.replaced.contains_key(&thread) {
            // To have its registers back when the call returns.
            true => Stops::AtEveryCall,
            false => Stops::WhereAsked,
        };
        ptrace::resume(thread, stops, signal)
    }

    /// Has a handler asked in a thread of its own, or answers for it.
    fn ask(&mut self, thread: i32) -> io::Result<()> {
        let data = ptrace::entry(thread)?.ok_or(Errno::SRCH)?;
        let waits = Arc::new(AtomicBool::new(true));
        let asked = Asked { data, waits };
        self.asked.insert(thread, asked.clone());
        let (resolved, registry) = (self.resolved, self.registry);
        let sender = self.sender.clone();
        let started = thread::Builder::new()
            .name("callgate-trace".to_owned())
            .spawn_scoped(self.scope, move || {
                let then = then(thread, &asked, resolved, registry);
                let waits = asked.waits;
                // The tracer may have left by now.
                let _left = sender.send(Answered {
                    thread,
                    waits,
                    then,
                });
            });
        match started {
            Ok(_) => Ok(()),
            Err(_) => self.go_on(thread, Then::Return(NOSYS)),
        }
    }

    /// Lets a thread go on as a handler says, if it is still the same call that waits.
    fn answered(&mut self, answered: &Answered) -> io::Result<()> {
        match answered.waits.load(Ordering::SeqCst) {
            true => self.go_on(answered.thread, answered.then),
            false => Ok(()),
        }
    }

    fn go_on(&mut self, thread: i32, then: Then) -> io::Result<()> {
        let asked = self.asked.get(&thread).map(|asked| asked.data);
        self.forget(thread);
        match (then, asked) {
            (Then::Make, _) => {}
            (Then::Return(value), _) => sys::skip(thread, value)?,
            (Then::MakeInstead(instead), Some(asked)) => {
                sys::put(thread, &instead)?;
                self.replaced.insert(thread, (instead, asked));
            }
            (Then::MakeInstead(_), None) => sys::skip(thread, NOSYS)?,
        }
        self.resume(thread, 0)
    }

    /// Gives a thread the registers back that another call needed.
    fn put_back(&mut self, thread: i32) -> io::Result<()> {
        if ptrace::entry(thread)?.is_some() {
            return Ok(());
        }
        match self.replaced.remove(&thread) {
            Some((instead, asked)) => sys::put_back(thread, &instead, &asked),
            None => Ok(()),
        }
    }

    /// Traces no longer whatever outlives the process; a call that waits gets `ENOSYS`.
    fn leave(&mut self, process: i32) {
        self.forget(process);
        self.threads.remove(&process);
        for &thread in &self.threads {
            let _gone = ptrace::interrupt(thread);
        }
        while let Some(thread) = self.threads.pop_first() {
            let stands = self.asked.contains_key(&thread);
            self.forget(thread);
            // One that is gone needs no answer, and the kernel kills one that could not be let go.
            let _gone = self.let_go(thread, stands);
        }
    }

    fn let_go(&mut self, thread: i32, stands: bool) -> io::Result<()> {
        let event = match stands {
            true => Event::Asked,
            false => ptrace::take(thread)?,
        };
        let signal = match event {
            Event::Exited(_) | Event::Signalled(_) => return Ok(()),
            Event::Asked => {
                sys::skip(thread, NOSYS)?;
                0
            }
            Event::Started => {
                self.threads.insert(ptrace::message(thread)?);
                0
            }
            Event::Signal(signal) => signal,
            _ => 0,
        };
        ptrace::detach(thread, signal)
    }
}

/// A thread can be killed while it stands still; the kernel reports that next.
fn of_who_lives(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| match Errno::from_io_error(&error) {
        Some(Errno::SRCH | Errno::CHILD) => Ok(()),
        _ => Err(error),
    })
}

/// What a handler wants to become of a call, if one is asked about it.
fn then(thread: i32, asked: &Asked, resolved: &Resolved, registry: &Registry) -> Then {
    let data = &asked.data;
    let decision = resolved.policy.decide(data);
    let custom = decision
        .rule
        .and_then(|rule| resolved.origin(rule).custom.as_deref());
    let action = custom.and_then(|name| registry.action(name));
    let handler =
        action.and_then(|action| Some((action.traced()?, action.when_there_is_no_answer())));
    let asks = matches!(decision.action, Action::Trace(_));
    let (Some((handler, otherwise)), Some(arch), true) =
        (handler, Arch::of_call(data.arch, data.nr), asks)
    else {
        return Then::Return(NOSYS);
    };
    let call = Call::traced(thread.cast_unsigned(), *data, &asked.waits, arch, decision);
    match reply(handler, &call) {
        TraceReply::Value(value) => Then::Return(value),
        TraceReply::Errno(errno) => Then::Return(-i64::from(refusal(errno))),
        TraceReply::Continue(_) => Then::Make,
        TraceReply::Instead(instead) => Then::MakeInstead(instead),
        TraceReply::Otherwise => match without_an_answer(&call, otherwise) {
            Answer::Value(value) => Then::Return(value),
            Answer::Error(errno) => Then::Return(-i64::from(errno)),
            Answer::Continue => Then::Make,
        },
    }
}

fn reply(handler: &dyn TraceHandler, call: &Call<'_>) -> TraceReply {
    let reply = catch_unwind(AssertUnwindSafe(|| handler.handle(call)));
    match reply {
        Ok(Ok(reply)) => reply,
        Ok(Err(_)) | Err(_) => TraceReply::Otherwise,
    }
}
