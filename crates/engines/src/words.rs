//! What the words of a document stand for, where every reader agrees: actions with their data, and comparisons.
//!
//! Apart from the readers, so that one word has one meaning, and one message where it has none.

use callgate_policy::{Action, Arg, Test};
use callgate_profile::{ActionName, Argument, OpName, Problem, Span, Spanned, codes};

use crate::resolved::Fault;

/// The errno of an action that states none: EPERM, on every arch.
pub(crate) const EPERM: u16 = 1;

/// The kernel's action of a name; none where the name is not one of the kernel's.
///
/// The data goes with errno and trace, and no other.
pub(crate) const fn kernel_action(name: &ActionName, data: u16) -> Option<Action> {
    Some(match name {
        ActionName::KillProcess => Action::KillProcess,
        ActionName::KillThread | ActionName::Kill => Action::KillThread,
        ActionName::Trap => Action::Trap(0),
        ActionName::Errno => Action::Errno(data),
        ActionName::Notify => Action::Notify,
        ActionName::Trace => Action::Trace(data),
        ActionName::Log => Action::Log,
        ActionName::Allow => Action::Allow,
        ActionName::Custom(_) | ActionName::Unknown(_) => return None,
    })
}

/// Which argument is compared.
pub(crate) fn arg(index: &Spanned<u64>) -> Result<Arg, Fault> {
    Arg::new(index.value).ok_or_else(|| {
        let message = format!(
            "argument index is {}, and the last of a call's six arguments is 5",
            index.value
        );
        Box::new(Problem::error(codes::COMPARISON, index.span, message))
    })
}

/// The test of an operator; values that are not stated are zero.
pub(crate) fn test(op: &Spanned<OpName>, argument: &Argument) -> Result<Test, Fault> {
    let number = |value: &Option<Spanned<u64>>| value.as_ref().map_or(0, |value| value.value);
    let value = number(&argument.value);
    Ok(match &op.value {
        OpName::Ne => Test::Ne(value),
        OpName::Lt => Test::Lt(value),
        OpName::Le => Test::Le(value),
        OpName::Eq => Test::Eq(value),
        OpName::Ge => Test::Ge(value),
        OpName::Gt => Test::Gt(value),
        OpName::MaskedEq => Test::MaskedEq {
            mask: value,
            value: number(&argument.value_two),
        },
        OpName::Unknown(word) => {
            let message = format!(
                "unknown operator `{word}`; known are {}",
                OpName::WORDS.join(" ")
            );
            return Err(Problem::error(codes::COMPARISON, op.span, message).into());
        }
    })
}

/// A field that the reader needs and the document does not have, or not in a form that can be read.
pub(crate) fn missing(code: &'static str, span: Span, what: &str) -> Problem {
    Problem::error(code, span, format!("{what} is missing"))
}
