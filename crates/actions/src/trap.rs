//! Handlers of `SCMP_ACT_TRAP`: the kernel sends `SIGSYS` to the thread that makes the call, and the process answers for itself.
//!
//! Apart from who serves other processes, because a signal's handler is code of the filtered process, where next to nothing is safe.

#[allow(unsafe_code)]
mod sys;

use std::collections::BTreeMap;
use std::io;
use std::sync::OnceLock;

use callgate_bpf::{Action, SeccompData};
use callgate_engines::Resolved;
use callgate_policy::{Policy, RuleId};
use callgate_syscalls::{Arch, Syscall};
use rustix::io::Errno;

use crate::refusal::refusal;
use crate::registry::Registry;

/// A call of this thread that the filter answered with a trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trapped {
    /// The call as the filter saw it.
    pub data: SeccompData,
    /// Its arch.
    pub arch: Arch,
}

impl Trapped {
    /// Which call it is; none if its number has no name.
    #[must_use]
    pub fn syscall(&self) -> Option<Syscall> {
        Syscall::by_number(self.arch, self.data.nr)
    }
}

/// The answer to a call that was trapped. It was not made, and can't be from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrapReply {
    /// It returns this value.
    Value(i64),
    /// It fails with this errno; 0 counts as `EPERM`, since it would feign success.
    Errno(u16),
}

/// Answers a trapped call in the thread that makes it.
///
/// It runs wherever that thread was, a lock of the allocator in its hands perhaps: it may read and write atomics and its own stack,
/// and call what signal-safety(7) lists, as far as the filter permits that. A panic ends the process.
pub type TrapHandler = fn(&Trapped) -> TrapReply;

/// What the signal's handler needs, made beforehand: it can't allocate.
struct Traps {
    policy: Policy,
    handlers: BTreeMap<RuleId, TrapHandler>,
}

static TRAPS: OnceLock<Traps> = OnceLock::new();

/// Answers the trapped calls of this process from now on, once and for all; load the filter that `resolved` was compiled to afterwards.
///
/// A trap that no handler is for ends the process, as it would without this.
/// What the process executes has no handlers any more, so no supervisor can do this for a command.
///
/// # Errors
/// It was done before (`EALREADY`), or this is not x86-64, of whose registers alone it is known how a call is answered.
pub fn handle_traps(resolved: &Resolved, registry: &Registry) -> io::Result<()> {
    if !sys::KNOWS_REGISTERS {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let policy = resolved.policy.clone();
    let rules = policy.sections().iter().flat_map(|section| &section.rules);
    let handler = |id| {
        let custom = resolved.origin(id).custom.as_deref()?;
        registry.action(custom)?.trap_handler()
    };
    let handlers = rules
        .filter(|rule| matches!(rule.action, Action::Trap(_)))
        .filter_map(|rule| Some((rule.id, handler(rule.id)?)))
        .collect();
    if TRAPS.set(Traps { policy, handlers }).is_err() {
        return Err(Errno::ALREADY.into());
    }
    sys::handle_signal()
}

/// What a trapped call returns; none if no handler is for it. Called in a signal's handler: nothing is allocated.
fn answer(data: SeccompData) -> Option<i64> {
    let traps = TRAPS.get()?;
    let arch = Arch::of_call(data.arch, data.nr)?;
    let rule = traps.policy.decide(&data).rule?;
    let handler = traps.handlers.get(&rule)?;
    Some(match handler(&Trapped { data, arch }) {
        TrapReply::Value(value) => value,
        TrapReply::Errno(errno) => -i64::from(refusal(errno)),
    })
}
