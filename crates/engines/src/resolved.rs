//! What became of a document: its meaning for a target, where each rule came from, or why the target refuses it.
//!
//! Apart from the readers, because all of them answer in this form.

use std::fmt;

use callgate_policy::{Policy, RuleId};
use callgate_profile::{ActionName, Problem, Shape, Span, Spanned, SyscallRule};

/// What a document means for a target.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The meaning.
    pub policy: Policy,
    /// Where the rules came from: the rule of id n from the n-th of these.
    pub origins: Vec<Origin>,
    /// What the target does with the document that its author may not expect.
    pub problems: Vec<Problem>,
}

/// Where a rule of a policy came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The rule of the document.
    pub rule: Span,
    /// The name in it that makes the rule be about this call.
    pub name: Span,
    /// The index of the rule in `syscalls`.
    pub index: usize,
    /// The document's own name of the action, where it is one of `x-actions`.
    pub custom: Option<Box<str>>,
    /// How the rule came from there.
    pub how: How,
    shape: Shape,
}

/// How a rule of a policy came from a rule of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// It is what the document says of the call.
    Said,
    /// It is about the call that multiplexes the one that the document names: `socketcall` for `socket`.
    Multiplexed,
    /// No rule says it: the runtime answers ENOSYS above the highest number that the document names, which is this one.
    Ceiling,
}

/// Why a target does not take a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reasons, by place: at least one, each an error.
    pub problems: Vec<Problem>,
}

impl Resolved {
    /// Where the rule of this id came from.
    ///
    /// # Panics
    /// If the id is not one of this policy's.
    #[must_use]
    pub fn origin(&self, id: RuleId) -> &Origin {
        &self.origins[id.0 as usize]
    }
}

impl Origin {
    /// The JSON pointer of the rule in its text: `/syscalls/27`.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.shape.pointer(self.index)
    }
}

impl fmt::Display for Refusal {
    /// The first reason, and how many more there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, more)) = self.problems.split_first() else {
            return f.write_str("the document is refused");
        };
        f.write_str(&first.message)?;
        match more.len() {
            0 => Ok(()),
            1 => f.write_str(", and 1 more reason"),
            more => write!(f, ", and {more} more reasons"),
        }
    }
}

impl std::error::Error for Refusal {}

/// A reason to refuse, in a box because it is much larger than what there is otherwise.
pub(crate) type Fault = Box<Problem>;

/// Reasons to refuse, as they are found.
#[derive(Default)]
pub(crate) struct Reasons {
    problems: Vec<Problem>,
    /// How many were found when there were enough.
    more: usize,
}

/// As many reasons as are kept; the rest is counted.
const REASONS: usize = 500;

impl Reasons {
    pub(crate) fn add(&mut self, problem: Problem) {
        if self.problems.len() < REASONS {
            self.problems.push(problem);
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        problems.into_iter().for_each(|problem| self.add(problem));
    }

    /// The value, or what it is that made it a reason.
    pub(crate) fn take<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.add(*fault)).ok()
    }

    /// Forgets the others.
    pub(crate) fn keep(&mut self, is_kept: impl FnMut(&Problem) -> bool) {
        self.problems.retain(is_kept);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// A refusal if there was a reason.
    pub(crate) fn settle(self) -> Result<(), Refusal> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(self.refuse())
        }
    }

    /// The refusal, its reasons by place and each once.
    pub(crate) fn refuse(mut self) -> Refusal {
        let order = |problem: &Problem| (problem.span.start, problem.code);
        self.problems
            .sort_by(|one, two| (order(one), &one.message).cmp(&(order(two), &two.message)));
        self.problems.dedup();
        if let (Some(last), 1..) = (self.problems.last_mut(), self.more) {
            last.notes
                .push(format!("{} more reasons were found", self.more));
        }
        Refusal {
            problems: self.problems,
        }
    }
}

/// Where each id that was handed out came from.
pub(crate) struct Origins {
    list: Vec<Origin>,
}

impl Origins {
    /// None yet, with room for a number of them.
    pub(crate) fn new(room: usize) -> Self {
        Self {
            list: Vec::with_capacity(room),
        }
    }

    /// A new id for what comes from a name of a rule.
    pub(crate) fn id(&mut self, rule: &Spanned<SyscallRule>, name: Span, how: How) -> RuleId {
        let action = rule.value.action.as_ref().map(|action| &action.value);
        self.list.push(Origin {
            rule: rule.span,
            name,
            index: rule.value.index,
            custom: match action {
                Some(ActionName::Custom(custom)) => Some(custom.as_str().into()),
                _ => None,
            },
            how,
            shape: rule.value.shape,
        });
        let last = u32::try_from(self.list.len() - 1);
        RuleId(last.expect("a document has fewer than 2^32 names"))
    }

    pub(crate) fn get(&self, id: RuleId) -> &Origin {
        &self.list[id.0 as usize]
    }

    pub(crate) fn into_list(self) -> Vec<Origin> {
        self.list
    }
}
