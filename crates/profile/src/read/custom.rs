//! `x-actions`: the declarations of custom actions.
//!
//! Apart from the profile, because it is our own dialect: each declaration must mean something without any plugin.

use super::fields::Reader;
use super::keys;
use crate::document::CustomAction;
use crate::faults::{MAX_ERRNO, quoted};
use crate::json::{Type, Value};
use crate::names::ActionName;
use crate::problem::{Problem, codes};
use crate::span::Spanned;
use std::collections::BTreeMap;

impl Reader<'_> {
    /// All declarations, by name; of a name that stands twice, the last.
    pub(super) fn custom_actions(&mut self, value: Value<'_>) -> BTreeMap<String, CustomAction> {
        let mut actions: BTreeMap<String, CustomAction> = BTreeMap::new();
        if value.json_type() != Type::Object {
            // Reports the type.
            self.fields(&keys::Holder::CUSTOM_ACTIONS, value, []);
            return actions;
        }
        for (key, declaration) in value.entries() {
            if !self.takes_entry(key.span) {
                break;
            }
            let name = Spanned::new(key.value.into_owned(), key.span);
            let action = self.custom_action(name, declaration);
            let before = actions
                .get(&action.name.value)
                .map(|before| before.name.span);
            self.duplicate_of(before, action.name.span);
            actions.insert(action.name.value.clone(), action);
        }
        actions
    }

    fn custom_action(&mut self, name: Spanned<String>, value: Value<'_>) -> CustomAction {
        let digits = name.strip_prefix("x-").unwrap_or_default();
        if !is_plain_name(digits) {
            let message = format!(
                "{} is not the name of a custom action, which is x- with letters, digits, `-` and `_`",
                quoted(&name)
            );
            self.problems
                .add(Problem::error(codes::CUSTOM_ACTION, name.span, message));
        }
        let [answer, errno_ret, plugin, with, otherwise] =
            self.fields(&keys::Holder::CUSTOM_ACTION, value, keys::CUSTOM_ACTION);
        if answer.is_none() && value.json_type() == Type::Object {
            self.missing_action("answer", value.span);
        }
        let answer = answer.and_then(|answer| self.kernel_action("answer", answer.value));
        let errno_ret = errno_ret
            .and_then(|errno| self.unsigned(codes::WRONG_TYPE, "errnoRet", errno.value, MAX_ERRNO));
        self.check_errno_range(
            errno_ret.as_ref(),
            answer.as_ref().map(|answer| &answer.value),
        );
        let plugin = plugin.and_then(|plugin| self.string("plugin", plugin.value));
        let with = with.map(|with| {
            let span = with.value.span;
            let json = serde_json::from_str(with.value.raw()).unwrap_or_else(|_| {
                let message = "`with` has a number that no double can hold";
                self.problems
                    .add(Problem::error(codes::CUSTOM_ACTION, span, message));
                serde_json::Value::Null
            });
            Spanned::new(json, span)
        });
        let otherwise =
            otherwise.and_then(|otherwise| self.kernel_action("otherwise", otherwise.value));
        let action = CustomAction {
            name,
            answer,
            errno_ret,
            plugin,
            with,
            otherwise,
        };
        self.check_custom_action(&action);
        action
    }

    fn check_custom_action(&mut self, action: &CustomAction) {
        let answer = action.answer.as_ref().map(|answer| &answer.value);
        if let Some(plugin) = &action.plugin {
            if !is_plain_name(plugin) {
                let message = format!(
                    "{} is not the name of a plugin: letters, digits, `-` and `_`, never a path",
                    quoted(plugin)
                );
                self.problems
                    .add(Problem::error(codes::CUSTOM_ACTION, plugin.span, message));
            }
            if let Some(answer) = answer.filter(|answer| !reaches_user_space(answer)) {
                let message = format!(
                    "no plugin is asked for `{answer}`, which the kernel answers by itself"
                );
                self.problems.add(
                    Problem::warning(codes::CUSTOM_ACTION, plugin.span, message)
                        .note("SCMP_ACT_NOTIFY, SCMP_ACT_TRACE and SCMP_ACT_TRAP reach user space"),
                );
            }
        } else if let Some(with) = &action.with {
            let message = "`with` is for a plugin, and none is named";
            self.problems
                .add(Problem::warning(codes::CUSTOM_ACTION, with.span, message));
        }
        let Some(otherwise) = &action.otherwise else {
            return;
        };
        if otherwise.value == ActionName::Notify {
            let message = "`otherwise` is what happens when nobody answers, and SCMP_ACT_NOTIFY would ask again";
            self.problems.add(Problem::error(
                codes::CUSTOM_ACTION,
                otherwise.span,
                message,
            ));
        } else if answer.is_some_and(|answer| *answer != ActionName::Notify) {
            let message = "`otherwise` is for SCMP_ACT_NOTIFY, and the answer is another";
            self.problems.add(Problem::warning(
                codes::CUSTOM_ACTION,
                otherwise.span,
                message,
            ));
        }
    }
}

/// Whether a handler in user space can hear of a call with this answer.
fn reaches_user_space(answer: &ActionName) -> bool {
    matches!(
        answer,
        ActionName::Notify
            | ActionName::Trace
            | ActionName::Trap
            | ActionName::Custom(_)
            | ActionName::Unknown(_)
    )
}

fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !name.is_empty() && name.bytes().all(plain)
}
