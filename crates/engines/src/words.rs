//! What the words of a document stand for, where every reader agrees: actions with their data, and comparisons.
//!
//! Apart from the readers, so that one word has one meaning, and one message where it has none.

use callgate_policy::{Action, Arg, Test};
use callgate_profile::{
    ActionName, Argument, OpName, Problem, Profile, Span, Spanned, codes, faults,
};

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
        let problem = faults::index_out_of_range(index);
        Box::new(problem.expect("what is no argument is out of range"))
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
            return Err(faults::unknown_operator(word, op.span).into());
        }
    })
}

/// A field without which a document is not taken.
pub(crate) fn missing_field(field: &str, holder: Span) -> Problem {
    let code = if field == "names" {
        codes::NO_NAMES
    } else {
        codes::ACTION
    };
    Problem::error(
        code,
        holder,
        format!("required field `{field}` is not there"),
    )
}

/// What is wrong with a profile that has no default action.
pub(crate) fn no_default_action(profile: &Profile) -> Problem {
    match profile.syscalls {
        None => faults::no_profile(profile.span),
        Some(_) => faults::missing_action("defaultAction", profile.span),
    }
}
