//! `x-extends`: the base that a profile names, and what the two say together.
//!
//! Apart from the profile, because it is our own dialect, and the only field that is about another text.

use std::collections::HashSet;

use super::fields::Reader;
use super::keys;
use crate::document::{MOST_MISTYPED, OddKey, Oddity, Profile, SyscallRule};
use crate::faults::quoted;
use crate::json::Value;
use crate::problem::{Problem, codes};
use crate::span::Spanned;

/// What became of the base of a text; nothing where nobody looked for it, or it could not be read.
#[derive(Clone, Copy, Default)]
pub(super) struct Below<'p> {
    /// What it says together with its own base.
    pub(super) profile: Option<&'p Profile>,
    /// Why it was not found.
    pub(super) missing: Option<&'p str>,
}

impl Reader<'_> {
    /// What names the base; reports why there is none.
    pub(super) fn extends(&mut self, value: Value<'_>) -> Option<Spanned<String>> {
        let base = self.string(keys::EXTENDS, value)?;
        if let Some(why) = self.below.missing {
            let message = format!("the base {} can't be read: {why}", quoted(&base));
            self.problems
                .add(Problem::error(codes::EXTENDS, base.span, message));
        }
        Some(base)
    }
}

impl Profile {
    /// What a profile and its base say together: see [`parse_with`](super::parse_with).
    pub(super) fn joined_with(mut self, base: &Self) -> Self {
        self.extends = None;
        if self.default_action.is_none() {
            self.default_action.clone_from(&base.default_action);
            if self.default_errno_ret.is_none() && self.default_errno.is_none() {
                self.default_errno_ret.clone_from(&base.default_errno_ret);
                self.default_errno.clone_from(&base.default_errno);
            }
        }
        if self.architectures.is_none() && self.arch_map.is_none() {
            self.architectures.clone_from(&base.architectures);
            self.arch_map.clone_from(&base.arch_map);
        }
        if self.flags.is_none() {
            self.flags.clone_from(&base.flags);
        }
        if self.listener_path.is_none() {
            self.listener_path.clone_from(&base.listener_path);
            self.listener_metadata = self
                .listener_metadata
                .or_else(|| base.listener_metadata.clone());
        }
        for (name, action) in &base.x_actions {
            let own = self.x_actions.entry(name.clone());
            own.or_insert_with(|| action.clone());
        }
        let inherited = inherited(&self, base);
        match &mut self.syscalls {
            Some(own) => own.value.extend(inherited),
            None => {
                self.syscalls = base
                    .syscalls
                    .as_ref()
                    .map(|rules| Spanned::new(inherited, rules.span));
            }
        }
        // How a key is written does not outlive the text that it stands in; what it may have hidden does.
        let hides = |key: &OddKey| matches!(key.oddity, Oddity::Duplicate(_));
        self.odd_keys.retain(hides);
        let hidden = base.odd_keys.iter().copied().filter(hides);
        self.odd_keys.extend(hidden);
        self.null_elements
            .extend(base.null_elements.iter().copied());
        self.mistyped.extend(base.mistyped.iter().cloned());
        self.mistyped.truncate(MOST_MISTYPED);
        self
    }
}

/// The rules of a base without the names that a profile has rules for.
fn inherited(own: &Profile, base: &Profile) -> Vec<Spanned<SyscallRule>> {
    let named: HashSet<&str> = own
        .rules()
        .iter()
        .flat_map(|rule| rule.value.calls())
        .map(|name| name.value.as_str())
        .collect();
    let is_inherited = |name: &Spanned<String>| !named.contains(name.value.as_str());
    let rules = base.rules().iter().cloned().filter_map(|mut rule| {
        let was_for_calls = rule.value.calls().next().is_some();
        rule.value.name = rule.value.name.take().filter(is_inherited);
        if let Some(names) = &mut rule.value.names {
            names.value.retain(is_inherited);
        }
        let is_for_calls = rule.value.calls().next().is_some();
        (is_for_calls || !was_for_calls).then_some(rule)
    });
    rules.collect()
}
