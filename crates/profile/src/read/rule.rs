//! One entry of `syscalls`, and of its `args`.
//!
//! Apart from the profile, because nearly everything that people write, and get wrong, is in the rules.

use super::fields::{Field, List, Reader};
use super::keys;
use crate::document::{Argument, CustomAction, Shape, SyscallRule};
use crate::faults::{self, HIGHEST_INDEX, quoted};
use crate::json::{Type, Value};
use crate::names::{ActionName, OpName};
use crate::nearest::nearest;
use crate::problem::{Problem, Severity, codes};
use crate::span::{Span, Spanned};
use callgate_syscalls::Syscall;
use std::collections::BTreeMap;

/// What a rule must know of the rest of the document.
pub(super) struct Context<'d> {
    /// Where the text has its rules.
    shape: Shape,
    /// Its custom actions; not known where a base that was not read may declare more.
    custom: Option<&'d BTreeMap<String, CustomAction>>,
    default: Option<Strictness>,
}

impl<'d> Context<'d> {
    pub(super) fn new(
        shape: Shape,
        custom: Option<&'d BTreeMap<String, CustomAction>>,
        default: Option<&Spanned<ActionName>>,
    ) -> Self {
        let mut context = Self {
            shape,
            custom,
            default: None,
        };
        context.default = default.and_then(|action| context.strictness(action));
        context
    }

    /// How strict an action is, if it is known and, for a custom one, its answer is.
    fn strictness(&self, action: &ActionName) -> Option<Strictness> {
        match action {
            ActionName::Custom(name) => {
                let answer = self.custom?.get(name)?.answer.as_ref()?;
                Strictness::of(answer)
            }
            action => Strictness::of(action),
        }
    }
}

/// How strict an action is: less is stricter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Strictness(usize);

impl Strictness {
    /// That of one of the kernel's actions.
    fn of(action: &ActionName) -> Option<Self> {
        // The list of words is in the kernel's order, in which KILL_THREAD and its old name are neighbours.
        let word = action.as_str();
        let place = ActionName::WORDS.iter().position(|&known| known == word);
        place.map(Self)
    }
}

impl Reader<'_> {
    /// A rule; none if it is not an object.
    pub(super) fn rule(
        &mut self,
        context: &Context<'_>,
        index: usize,
        value: Value<'_>,
    ) -> Option<SyscallRule> {
        self.rule = Some(index);
        let rule = self.rule_fields(context, index, value);
        self.rule = None;
        (value.json_type() == Type::Object).then_some(rule)
    }

    fn rule_fields(
        &mut self,
        context: &Context<'_>,
        index: usize,
        value: Value<'_>,
    ) -> SyscallRule {
        let [
            name,
            names,
            action,
            errno_ret,
            errno,
            args,
            comment,
            includes,
            excludes,
        ] = self.fields(&keys::Holder::RULE, value, keys::RULE);
        let opening = Span::new(value.span.start, value.span.start + 1);
        if value.json_type() == Type::Object {
            if name.is_none() && names.is_none() {
                self.no_names(opening);
            }
            if action.is_none() {
                self.missing_action("action", value.span);
            }
        }
        let action = action.and_then(|action| self.action("action", action.value));
        if let Some(action) = &action {
            self.check_declared(context, action);
        }
        let strictness = action
            .as_ref()
            .and_then(|action| context.strictness(action));
        // Leaving out a rule that is stricter than the default lets calls through.
        let severity = match (strictness, context.default) {
            (Some(rule), Some(default)) if rule >= default => Severity::Warning,
            _ => Severity::Error,
        };
        let (errno_ret, errno) = self.errno([("errnoRet", errno_ret), ("errno", errno)]);
        let action_name = action.as_ref().map(|action| &action.value);
        self.check_errno_range(errno_ret.as_ref(), action_name);
        self.check_errno_of_custom(action_name, errno_ret.as_ref());
        let rule = SyscallRule {
            index,
            shape: context.shape,
            name: name.and_then(|name| self.string("name", name.value)),
            names: names.and_then(|names| {
                self.words("names", names.value, |_, text| text.value.into_owned())
            }),
            action,
            errno_ret,
            errno,
            args: args.and_then(|args| self.arguments(args.value)),
            comment: comment.and_then(|comment| self.string("comment", comment.value)),
            includes: includes
                .map(|includes| Box::new(self.conditions(&keys::Holder::INCLUDES, includes.value))),
            excludes: excludes
                .map(|excludes| Box::new(self.conditions(&keys::Holder::EXCLUDES, excludes.value))),
        };
        self.check_names(&rule, severity);
        rule
    }

    fn no_names(&mut self, place: Span) {
        self.problems
            .add_with(codes::NO_NAMES, Severity::Error, place, |problem| {
                problem
                    .message("the rule has no `names`, so it is for no call")
                    .help("add \"names\" with a list of calls")
            });
    }

    fn check_names(&mut self, rule: &SyscallRule, severity: Severity) {
        let first = rule.calls().next();
        if first.is_none()
            && let Some(place) = rule
                .names
                .as_ref()
                .map(|names| names.span)
                .or(rule.name.as_ref().map(|name| name.span))
        {
            self.problems
                .add_with(codes::NO_NAMES, Severity::Warning, place, |problem| {
                    problem.message("the rule names no call, so it does nothing")
                });
        }
        if let (Some(name), Some(names)) = (&rule.name, &rule.names)
            && !name.value.is_empty()
            && !names.value.is_empty()
        {
            self.exclusive([("name", name.span), ("names", names.span)]);
        }
        for call in rule.calls() {
            if Syscall::by_name(call).is_none() {
                self.unknown_call(call, severity);
            }
        }
    }

    /// Reports two fields of which only one may be there.
    pub(super) fn exclusive(&mut self, fields: [(&str, Span); 2]) {
        self.problems.add(faults::exclusive(fields));
    }

    fn unknown_call(&mut self, call: &Spanned<String>, severity: Severity) {
        self.problems
            .add_with(codes::UNKNOWN_SYSCALL, severity, call.span, |problem| {
                let near = nearest(call, Syscall::all().map(Syscall::name));
                let problem = problem
                    .message(format!(
                        "{} is not a system call of any arch up to Linux {}",
                        quoted(call),
                        callgate_syscalls::KERNEL
                    ))
                    .note("engines leave the name out without a word");
                let problem = match severity {
                    Severity::Error => problem.note("without it the profile lets more through"),
                    _ => problem,
                };
                problem.meant(near)
            });
    }

    /// Reports a custom action that the document does not declare.
    pub(super) fn check_declared(&mut self, context: &Context<'_>, action: &Spanned<ActionName>) {
        let ActionName::Custom(name) = &action.value else {
            return;
        };
        let Some(custom) = context.custom.filter(|custom| !custom.contains_key(name)) else {
            return;
        };
        self.problems.add_with(
            codes::CUSTOM_ACTION,
            Severity::Error,
            action.span,
            |problem| {
                // As many as anybody declares; a million would be searched for each of the faults.
                let declared = custom.keys().take(1000);
                let near = nearest(name, declared.map(String::as_str));
                let problem =
                    problem.message(format!("`x-actions` does not declare {}", quoted(name)));
                problem.meant(near)
            },
        );
    }

    fn check_errno_of_custom(
        &mut self,
        action: Option<&ActionName>,
        errno_ret: Option<&Spanned<u64>>,
    ) {
        if let (Some(ActionName::Custom(name)), Some(errno_ret)) = (action, errno_ret) {
            let name = quoted(name);
            let message =
                format!("`errnoRet` beside {name}, whose answer is declared in `x-actions`");
            self.problems.add(
                Problem::error(codes::CUSTOM_ACTION, errno_ret.span, message)
                    .help("put it into the declaration, or declare another action"),
            );
        }
    }

    fn arguments(&mut self, value: Value<'_>) -> Option<List<Argument>> {
        self.list("args", value, |reader, _, item| {
            let argument = reader.argument(item);
            (item.json_type() == Type::Object).then_some(argument)
        })
    }

    fn argument(&mut self, item: Value<'_>) -> Argument {
        let [index, value, value_two, op] =
            self.fields(&keys::Holder::ARGUMENT, item, keys::ARGUMENT);
        if item.json_type() == Type::Object {
            let required = [("index", index), ("value", value), ("op", op)];
            for (field, _) in required.iter().filter(|(_, found)| found.is_none()) {
                let opening = Span::new(item.span.start, item.span.start + 1);
                self.problems
                    .add_with(codes::COMPARISON, Severity::Error, opening, |_| {
                        faults::missing_in_argument(field, item.span)
                    });
            }
        }
        let mut number = |name: &'static str, field: Option<Field<'_>>, largest| {
            field.and_then(|field| self.unsigned(codes::COMPARISON, name, field.value, largest))
        };
        let index = number("index", index, HIGHEST_INDEX);
        let value = number("value", value, u64::MAX);
        let value_two = number("valueTwo", value_two, u64::MAX);
        if let Some(problem) = index.as_ref().and_then(faults::index_out_of_range) {
            self.problems.add(problem);
        }
        Argument {
            index,
            value,
            value_two,
            op: op.and_then(|op| self.operator(op.value)),
        }
    }

    fn operator(&mut self, value: Value<'_>) -> Option<Spanned<OpName>> {
        let text = self.word("op", value)?;
        let op = OpName::read(&text);
        if let OpName::Unknown(_) = op {
            self.unknown_word(codes::COMPARISON, &text, faults::unknown_operator);
        }
        Some(Spanned::new(op, text.span))
    }
}
