//! The loop that answers a listener's notifications.
//!
//! Apart from the handlers, because it holds what must not depend on them: every caller is answered, by a refusal where a handler
//! fails, panics or is not there, and a handler that blocks holds up nobody else.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Scope, Thread};
use std::time::{Duration, Instant};

use callgate_bpf::Action;
use callgate_engines::Resolved;
use callgate_policy::Decision;
use callgate_syscalls::Arch;
use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::asking::is_refusal;
use crate::call::Call;
use crate::listener::{Listener, Notification};
use crate::refusal::{refusal, without_an_answer};
use crate::registry::{NotifyHandler, Registry};
use crate::reply::{OnExec, Reply};
use crate::sys::Answer;

/// How many calls are handled at once; more wait in the kernel until one of these has its answer.
pub const AT_ONCE: usize = 256;

/// A handler that takes as long no longer keeps others from being asked.
const SLOW: Duration = Duration::from_millis(1);

/// After so many looks at which nothing has happened, the watch sleeps.
const QUIET: u32 = 50;

/// Answers the calls of all processes that have the listener's filter, until the last of them is gone.
///
/// `resolved` is what the filter was compiled from: a notification does not say which rule it comes from, so the policy decides
/// again. A call that nobody is asked about gets `ENOSYS`, as without a supervisor.
/// Up to [`AT_ONCE`] calls are handled at once, each in a thread of its own; where a handler is quick, the next call waits for it.
///
/// # Errors
/// The kernel's, when it gives no more notifications: then the callers get `ENOSYS` once the listener is closed.
pub fn serve(listener: &Listener, resolved: &Resolved, registry: &Registry) -> io::Result<()> {
    let server = Server {
        listener,
        resolved,
        registry,
        workers: AtomicUsize::new(0),
        receiving: AtomicUsize::new(0),
        received: AtomicUsize::new(0),
        watched: AtomicBool::new(true),
        watch: thread::current(),
        failed: Mutex::new(None),
    };
    thread::scope(|scope| {
        server.start_worker(scope);
        server.watch(scope);
    });
    match server
        .failed
        .into_inner()
        .unwrap_or_else(|poison| poison.into_inner())
    {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

struct Server<'s> {
    listener: &'s Listener,
    resolved: &'s Resolved,
    registry: &'s Registry,
    workers: AtomicUsize,
    /// The workers that wait for a notification. Usually there is one: each that waits is woken by each call.
    receiving: AtomicUsize,
    /// How many notifications there were.
    received: AtomicUsize,
    /// Whether the watch is awake.
    watched: AtomicBool,
    /// Who sees to it that somebody waits where a handler takes its time.
    watch: Thread,
    failed: Mutex<Option<io::Error>>,
}

/// Who answers a call, and what the caller gets where there is no answer.
struct Asked<'r> {
    handler: &'r dyn NotifyHandler,
    otherwise: Action,
}

impl Server<'_> {
    fn start_worker<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        self.workers.fetch_add(1, Ordering::SeqCst);
        let started = thread::Builder::new()
            .name("callgate-notify".to_owned())
            .spawn_scoped(scope, move || {
                self.work();
                self.end_worker();
            });
        if let Err(error) = started {
            // The others go on; without any, nobody would answer.
            if self.end_worker() {
                self.fail(error);
            }
        }
    }

    /// Counts a worker less, and says whether it was the last one, for which the watch need not wait any longer.
    fn end_worker(&self) -> bool {
        let was_last = self.workers.fetch_sub(1, Ordering::SeqCst) == 1;
        if was_last {
            self.watch.unpark();
        }
        was_last
    }

    fn work(&self) {
        loop {
            self.receiving.fetch_add(1, Ordering::SeqCst);
            let received = self.listener.receive();
            self.receiving.fetch_sub(1, Ordering::SeqCst);
            match received {
                Ok(Some(notification)) => {
                    self.received.fetch_add(1, Ordering::SeqCst);
                    if !self.watched.swap(true, Ordering::SeqCst) {
                        self.watch.unpark();
                    }
                    let begun = Instant::now();
                    self.answer(notification);
                    // Where handlers are quick one worker is enough; where they are not, more of them wait.
                    let is_enough = self.receiving.load(Ordering::SeqCst) > 0;
                    if is_enough && begun.elapsed() < SLOW {
                        return;
                    }
                }
                Ok(None) => return,
                Err(error) => return self.fail(error),
            }
        }
    }

    /// Starts a worker whenever all of them have handlers that take their time, until there is no worker left.
    ///
    /// It looks from time to time, and not at all while nothing happens, so that a call wakes the one who answers it alone.
    fn watch<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let mut before = 0;
        let mut quiet = 0;
        while self.workers.load(Ordering::SeqCst) > 0 {
            thread::park_timeout(SLOW);
            let received = self.received.load(Ordering::SeqCst);
            let is_received = self.receiving.load(Ordering::SeqCst) > 0;
            if received != before {
                (before, quiet) = (received, 0);
            } else if !is_received {
                if self.workers.load(Ordering::SeqCst) < AT_ONCE {
                    self.start_worker(scope);
                }
            } else if quiet < QUIET {
                quiet += 1;
            } else {
                self.watched.store(false, Ordering::SeqCst);
                // A call that came just now found the watch awake.
                let is_quiet = self.receiving.load(Ordering::SeqCst) > 0;
                while is_quiet
                    && !self.watched.load(Ordering::SeqCst)
                    && self.workers.load(Ordering::SeqCst) > 0
                {
                    thread::park();
                }
                self.watched.store(true, Ordering::SeqCst);
            }
        }
    }

    fn fail(&self, error: io::Error) {
        let mut failed = self
            .failed
            .lock()
            .unwrap_or_else(|poison| poison.into_inner());
        failed.get_or_insert(error);
    }

    /// Answers a call; that its caller is gone by then is nobody's fault.
    fn answer(&self, notification: Notification) {
        let data = &notification.data;
        let decision = self.resolved.policy.decide(data);
        let asked = Arch::of_call(data.arch, data.nr).zip(self.asked(decision));
        let Some((arch, asked)) = asked else {
            let _gone = self
                .listener
                .answer(notification.id, Answer::Error(Errno::NOSYS.raw_os_error()));
            return;
        };
        let call = Call::new(self.listener, notification, arch, decision);
        let reply = catch_unwind(AssertUnwindSafe(|| asked.handler.handle(&call)));
        let reply = match reply {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) | Err(_) => Reply::Otherwise,
        };
        let _gone = self.send(&call, notification.id, reply, asked.otherwise);
    }

    /// Who is asked about a call that the policy decides so, if anybody.
    fn asked(&self, decision: Decision) -> Option<Asked<'_>> {
        let rule = decision.rule.map(|rule| self.resolved.origin(rule));
        if let Some(custom) = rule.and_then(|rule| rule.custom.as_deref())
            && let Some(action) = self.registry.action(custom)
            && let Some(handler) = action.notified()
        {
            let otherwise = action.when_there_is_no_answer();
            return Some(Asked { handler, otherwise });
        }
        let handler = self.registry.of_refusals()?;
        is_refusal(decision.action).then_some(Asked {
            handler,
            otherwise: decision.action,
        })
    }

    fn send(&self, call: &Call<'_>, id: u64, reply: Reply, otherwise: Action) -> io::Result<()> {
        let answer = match reply {
            Reply::Value(value) => Answer::Value(value),
            Reply::Errno(errno) => Answer::Error(refusal(errno)),
            Reply::Continue(_) => Answer::Continue,
            Reply::Descriptor {
                descriptor,
                on_exec,
            } => {
                let flags = match on_exec {
                    OnExec::Close => OFlags::CLOEXEC.bits(),
                    OnExec::Keep => 0,
                };
                let injected =
                    self.listener
                        .inject(id, std::os::fd::AsFd::as_fd(&descriptor), flags);
                let Err(error) = injected else {
                    return Ok(());
                };
                // Such as EMFILE: the caller's own limit.
                Answer::Error(error.raw_os_error().unwrap_or(Errno::PERM.raw_os_error()))
            }
            Reply::Otherwise => without_an_answer(call, otherwise),
        };
        self.listener.answer(id, answer)
    }
}
