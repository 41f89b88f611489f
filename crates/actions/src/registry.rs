//! Custom actions: a name, one of the kernel's answers, and perhaps a handler. An ordinary value: there are no globals.
//!
//! Apart from the serving, because a registry is made once and says by itself what is wrong with it.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use callgate_bpf::Action;

use crate::call::Call;
use crate::reply::{Reply, TraceReply};
use crate::trap::TrapHandler;

/// Answers calls in user space. One value answers many calls at once, each in a thread of its own.
pub trait NotifyHandler: Send + Sync {
    /// The reply to a call; an error, like a panic, gets the caller what the action's `otherwise` says.
    ///
    /// # Errors
    /// What kept the handler from an answer.
    fn handle(&self, call: &Call<'_>) -> io::Result<Reply>;

    /// There will be no more calls: ends what the handler started.
    fn close(&self) {}
}

/// Answers in user space the calls that a filter shows to a [tracer](crate::Tracer); several at once, as a [`NotifyHandler`] does.
pub trait TraceHandler: Send + Sync {
    /// The reply to a call; an error, like a panic, gets the caller what the action's `otherwise` says.
    ///
    /// # Errors
    /// What kept the handler from an answer.
    fn handle(&self, call: &Call<'_>) -> io::Result<TraceReply>;

    /// There will be no more calls: ends what the handler started.
    fn close(&self) {}
}

impl<F: Fn(&Call<'_>) -> io::Result<TraceReply> + Send + Sync> TraceHandler for F {
    fn handle(&self, call: &Call<'_>) -> io::Result<TraceReply> {
        self(call)
    }
}

impl<F: Fn(&Call<'_>) -> io::Result<Reply> + Send + Sync> NotifyHandler for F {
    fn handle(&self, call: &Call<'_>) -> io::Result<Reply> {
        self(call)
    }
}

/// An action that profiles can name.
pub struct CustomAction {
    name: String,
    answer: Action,
    handler: Handler,
    otherwise: Action,
}

/// Who answers in user space, by the way in which the kernel asks.
enum Handler {
    Nobody,
    Notified(Box<dyn NotifyHandler>),
    Traced(Box<dyn TraceHandler>),
    Trapped(TrapHandler),
}

impl CustomAction {
    /// Another name for one of the kernel's answers.
    #[must_use]
    pub fn alias(name: impl Into<String>, answer: Action) -> Self {
        Self {
            name: name.into(),
            answer,
            handler: Handler::Nobody,
            otherwise: Action::Errno(EPERM),
        }
    }

    /// An action that asks a handler; where that gives no answer, the call fails with `EPERM`.
    #[must_use]
    pub fn notify(name: impl Into<String>, handler: impl NotifyHandler + 'static) -> Self {
        Self {
            handler: Handler::Notified(Box::new(handler)),
            ..Self::alias(name, Action::Notify)
        }
    }

    /// An action that asks a handler by a [tracer](crate::Tracer); where that gives no answer, the call fails with `EPERM`.
    #[must_use]
    pub fn trace(name: impl Into<String>, handler: impl TraceHandler + 'static) -> Self {
        Self {
            handler: Handler::Traced(Box::new(handler)),
            ..Self::alias(name, Action::Trace(0))
        }
    }

    /// An action whose handler is called in the thread that makes the call.
    pub(crate) fn trapped(name: impl Into<String>, handler: TrapHandler) -> Self {
        Self {
            handler: Handler::Trapped(handler),
            ..Self::alias(name, Action::Trap(0))
        }
    }

    /// The same with another answer for when the handler has none.
    ///
    /// A kill is a signal from the supervisor, `SIGKILL` to the process; a trap is `SIGSYS`; `TRACE` is `ENOSYS`, as without a tracer.
    #[must_use]
    pub fn otherwise(self, action: Action) -> Self {
        Self {
            otherwise: action,
            ..self
        }
    }

    /// What profiles call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the kernel answers, and with that its precedence.
    #[must_use]
    pub const fn answer(&self) -> Action {
        self.answer
    }

    pub(crate) fn notified(&self) -> Option<&dyn NotifyHandler> {
        match &self.handler {
            Handler::Notified(handler) => Some(&**handler),
            _ => None,
        }
    }

    pub(crate) fn traced(&self) -> Option<&dyn TraceHandler> {
        match &self.handler {
            Handler::Traced(handler) => Some(&**handler),
            _ => None,
        }
    }

    pub(crate) const fn trap_handler(&self) -> Option<TrapHandler> {
        match self.handler {
            Handler::Trapped(handler) => Some(handler),
            _ => None,
        }
    }

    fn close(&self) {
        match &self.handler {
            Handler::Notified(handler) => handler.close(),
            Handler::Traced(handler) => handler.close(),
            Handler::Nobody | Handler::Trapped(_) => {}
        }
    }

    pub(crate) const fn when_there_is_no_answer(&self) -> Action {
        self.otherwise
    }
}

impl fmt::Debug for CustomAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomAction")
            .field("name", &self.name)
            .field("answer", &self.answer)
            .field("has_handler", &!matches!(self.handler, Handler::Nobody))
            .field("otherwise", &self.otherwise)
            .finish()
    }
}

/// The errno of a refusal.
pub(crate) const EPERM: u16 = 1;

/// Custom actions by name.
#[derive(Default)]
pub struct Registry {
    actions: BTreeMap<String, CustomAction>,
    refusals: Option<Box<dyn NotifyHandler>>,
}

/// Why an action was not registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryError {
    /// Not `x-` with letters, digits, `-` and `_`.
    Name(String),
    /// An action of this name is there.
    Taken(String),
    /// Without an answer there would be another notification.
    Otherwise(String),
}

impl Registry {
    /// Without any action.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an action.
    ///
    /// # Errors
    /// Its name is none, or taken, or its `otherwise` would ask again.
    pub fn register(&mut self, action: CustomAction) -> Result<(), RegistryError> {
        let name = action.name.clone();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let rest = name.strip_prefix("x-").unwrap_or_default();
        if rest.is_empty() || !rest.bytes().all(plain) {
            return Err(RegistryError::Name(name));
        }
        if action.otherwise == Action::Notify {
            return Err(RegistryError::Otherwise(name));
        }
        if self.actions.contains_key(&name) {
            return Err(RegistryError::Taken(name));
        }
        self.actions.insert(name, action);
        Ok(())
    }

    /// Lets a handler answer what the policy refuses, where the filter [asks](crate::asking) about that.
    ///
    /// Where it has no answer, the caller gets what the policy says.
    pub fn ask_about_refusals(&mut self, handler: impl NotifyHandler + 'static) {
        self.refusals = Some(Box::new(handler));
    }

    /// The action of a name.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&CustomAction> {
        self.actions.get(name)
    }

    /// Tells every handler that there will be no more calls, for who ends without dropping the registry.
    pub fn close(&self) {
        self.actions.values().for_each(CustomAction::close);
        if let Some(refusals) = &self.refusals {
            refusals.close();
        }
    }

    /// Who answers what the policy refuses.
    pub(crate) fn of_refusals(&self) -> Option<&dyn NotifyHandler> {
        self.refusals.as_deref()
    }

    /// All actions, by name.
    pub fn iter(&self) -> impl Iterator<Item = &CustomAction> {
        self.actions.values()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("actions", &self.actions)
            .field("asks_about_refusals", &self.refusals.is_some())
            .finish()
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(
                f,
                "{name:?} is not the name of a custom action, which is x- with letters, digits, `-` and `_`"
            ),
            Self::Taken(name) => write!(f, "there is a custom action {name} already"),
            Self::Otherwise(name) => write!(
                f,
                "{name}: what happens without an answer can't be SCMP_ACT_NOTIFY, which would ask again"
            ),
        }
    }
}

impl std::error::Error for RegistryError {}
