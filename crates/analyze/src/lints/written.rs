//! What a document has in several places: its actions, and the comparisons with the calls that they are for.
//!
//! Apart from the lints that use it, so that none of them forgets a place.

use callgate_profile::{ActionName, Argument, Profile, Spanned, SyscallRule};
use callgate_syscalls::Syscall;

/// Every action that the document names: the default, those of rules, and the answers of its own.
pub(super) fn actions(profile: &Profile) -> impl Iterator<Item = &Spanned<ActionName>> {
    let rules = profile.rules().iter().map(|rule| &rule.value.action);
    let custom = profile.x_actions.values().map(|action| &action.answer);
    let default = [&profile.default_action].into_iter();
    default.chain(rules).chain(custom).flatten()
}

/// A comparison as written, with its rule.
#[derive(Clone, Copy)]
pub(super) struct Written<'p> {
    pub(super) rule: &'p SyscallRule,
    pub(super) argument: &'p Spanned<Argument>,
    /// Which argument it compares.
    pub(super) index: usize,
}

impl<'p> Written<'p> {
    /// The calls of its rule that the tables know.
    pub(super) fn calls(self) -> impl Iterator<Item = Syscall> + 'p {
        let names = self.rule.calls();
        names.filter_map(|name| Syscall::by_name(&name.value))
    }

    /// The number that it compares with.
    pub(super) fn value(self) -> Option<&'p Spanned<u64>> {
        self.argument.value.value.as_ref()
    }
}

/// Every comparison of an argument that calls have.
pub(super) fn comparisons(profile: &Profile) -> impl Iterator<Item = Written<'_>> {
    profile.rules().iter().flat_map(|rule| {
        let rule = &rule.value;
        rule.arguments().iter().filter_map(move |argument| {
            let index = usize::try_from(argument.value.index.as_ref()?.value).ok()?;
            (index < 6).then_some(Written {
                rule,
                argument,
                index,
            })
        })
    })
}
