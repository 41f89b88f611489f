//! The layer of an OCI artifact with a seccomp profile, for pods of Kubernetes (KEP-6061).
//!
//! Apart from the other dialects, because a runtime trusts no artifact: it refuses what loads slowly, or not alike everywhere,
//! and all that belongs to the node, such as a listener.

use std::collections::HashSet;

use callgate_profile::write::{Argument, Document, Rule};
use callgate_profile::{ActionName, OpName};

use super::narrow;

/// The most bytes of a layer that runtimes take of themselves.
const MOST_BYTES: usize = 1 << 20;
/// The most rules that may name one call.
const MOST_FOR_A_CALL: usize = 128;
/// The most rules that all calls together may have, a name each.
const MOST_OF_ALL: usize = 16_384;
/// The largest errno that a call can fail with.
const MOST_ERRNO: u64 = 4095;

/// The document without what runtimes refuse: what asks a listener, since without one the call would be refused, too, and the
/// conditions of calls that have too many of them, or not alike everywhere.
pub(super) fn taken(document: &Document) -> Document {
    let mut document = document.clone();
    let actions = document.syscalls.iter_mut().map(|rule| &mut rule.action);
    for action in actions.chain(&mut document.default_action) {
        if *action == ActionName::Notify {
            *action = ActionName::Errno;
        }
    }
    narrow::without(&document, |rules| {
        rules.len() > MOST_FOR_A_CALL || !is_alike_everywhere(rules)
    })
}

/// Whether runtimes take a document, which they might, and its text.
pub(super) fn fits(document: &Document, text: &str) -> Result<(), &'static str> {
    if text.len() > MOST_BYTES {
        return Err("an artifact has at most 1 MiB, and the profile has more");
    }
    let errnos = document.syscalls.iter().filter_map(|rule| rule.errno_ret);
    if errnos
        .chain(document.default_errno_ret)
        .any(|errno| errno > MOST_ERRNO)
    {
        return Err("a number that goes with an answer is at most 4095 in an artifact");
    }
    let rules = document.syscalls.iter().map(|rule| rule.names.len());
    match rules.sum::<usize>() > MOST_OF_ALL {
        true => Err("an artifact has at most 16384 rules, and the filter takes more"),
        false => Ok(()),
    }
}

/// Whether the rules of a call have one answer, or each a condition on the same argument of which no two can hold.
///
/// libseccomp has an order of its own for all others with several answers.
fn is_alike_everywhere(rules: &[&Rule]) -> bool {
    let are_alike =
        |one: &Rule, other: &Rule| one.action == other.action && one.errno_ret == other.errno_ret;
    if rules.iter().all(|rule| are_alike(rule, rules[0])) {
        return true;
    }
    let mut arguments = Vec::new();
    for rule in rules {
        let [argument] = &rule.args[..] else {
            return false;
        };
        arguments.push(argument);
    }
    are_other_values(&arguments)
        || matches!(arguments[..], [one, other] if are_opposite(one, other))
}

/// Equalities with values that differ in the half that arches of 32 bits compare.
fn are_other_values(arguments: &[&Argument]) -> bool {
    let mut halves = HashSet::new();
    arguments.iter().all(|argument| {
        argument.op == OpName::Eq
            && argument.index == arguments[0].index
            && halves.insert(argument.value as u32)
    })
}

fn are_opposite(one: &Argument, other: &Argument) -> bool {
    let opposite = match one.op {
        OpName::Eq => OpName::Ne,
        OpName::Ne => OpName::Eq,
        OpName::Lt => OpName::Ge,
        OpName::Ge => OpName::Lt,
        OpName::Le => OpName::Gt,
        OpName::Gt => OpName::Le,
        _ => return false,
    };
    other.op == opposite && (one.index, one.value) == (other.index, other.value)
}

#[cfg(test)]
mod tests {
    use super::super::Dialect;
    use super::super::tests::document;
    use super::*;

    /// A rule for `socket` alone.
    fn rule(errno: u64, op: OpName, value: u64) -> Rule {
        let argument = Argument {
            index: 0,
            value,
            value_two: None,
            op,
        };
        Rule {
            errno_ret: Some(errno),
            args: vec![argument],
            ..Rule::new(ActionName::Errno, ["socket"])
        }
    }

    fn written(rules: Vec<Rule>) -> Result<String, &'static str> {
        let document = Document {
            syscalls: rules,
            ..document(9)
        };
        Dialect::Artifact.text(&document).map(|text| text.written)
    }

    #[test]
    fn a_listener_is_not_asked() {
        let asks = Rule::new(ActionName::Notify, ["mount"]);
        let text = written(vec![asks]).expect("a layer");
        assert!(!text.contains("NOTIFY"), "{text}");
        assert!(text.contains("SCMP_ACT_ERRNO"), "{text}");
    }

    /// Whether the rules are written as they are.
    fn is_kept(rules: Vec<Rule>) -> bool {
        let given = Document {
            syscalls: rules,
            ..document(9)
        };
        taken(&given) == given
    }

    #[test]
    fn a_call_has_few_rules() {
        let rules = |count: u64| (0..count).map(|value| rule(1, OpName::Eq, value));
        assert!(is_kept(rules(128).collect()));
        assert!(!is_kept(rules(129).collect()));
        let text = written(rules(129).collect()).expect("a layer");
        assert!(!text.contains("args"), "{text}");
        let large = rule(4096, OpName::Eq, 9);
        assert!(written(vec![large]).is_err());
    }

    #[test]
    fn several_answers_need_values_apart() {
        let one = rule(1, OpName::Eq, 9);
        for (other, is_taken) in [
            (rule(2, OpName::Eq, 10), true),
            (rule(2, OpName::Ne, 9), true),
            (rule(2, OpName::Ne, 10), false),
            (rule(2, OpName::Eq, 9 + (1 << 32)), false),
            (rule(2, OpName::Gt, 9), false),
            (rule(1, OpName::Gt, 9), true),
            (Rule::new(ActionName::Kill, ["socket"]), false),
        ] {
            assert_eq!(
                is_kept(vec![one.clone(), other.clone()]),
                is_taken,
                "{other:?}"
            );
        }
        let both = vec![one, Rule::new(ActionName::Kill, ["socket"])];
        let text = written(both).expect("a layer");
        assert!(text.contains("KILL") && !text.contains("ERRNO"), "{text}");
    }
}
