//! The layer of an OCI artifact with a seccomp profile, for pods of Kubernetes (KEP-6061).
//!
//! Apart from the other dialects, because a runtime trusts no artifact: it refuses what loads slowly, or not alike everywhere,
//! and all that belongs to the node, such as a listener.

use std::collections::{BTreeMap, HashSet};

use callgate_profile::write::{Argument, Document, Rule};
use callgate_profile::{ActionName, OpName};

/// The most bytes of a layer that runtimes take of themselves.
const MOST_BYTES: usize = 1 << 20;
/// The most rules that may name one call.
const MOST_FOR_A_CALL: usize = 128;
/// The most rules that all calls together may have, a name each.
const MOST_OF_ALL: usize = 16_384;
/// The largest errno that a call can fail with.
const MOST_ERRNO: u64 = 4095;

/// The document without what asks a listener: there is none, and without one the call would be refused, too.
pub(super) fn without_listener(document: &Document) -> Document {
    let mut document = document.clone();
    let actions = document.syscalls.iter_mut().map(|rule| &mut rule.action);
    for action in actions.chain(&mut document.default_action) {
        if *action == ActionName::Notify {
            *action = ActionName::Errno;
        }
    }
    document
}

/// Whether runtimes take a document and its text.
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
    let mut by_name: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &document.syscalls {
        for name in &rule.names {
            by_name.entry(name).or_default().push(rule);
        }
    }
    if by_name.values().any(|rules| rules.len() > MOST_FOR_A_CALL) {
        return Err("an artifact has at most 128 rules for a call, and the filter takes more");
    }
    if by_name.values().map(Vec::len).sum::<usize>() > MOST_OF_ALL {
        return Err("an artifact has at most 16384 rules, and the filter takes more");
    }
    match by_name.values().all(|rules| is_alike_everywhere(rules)) {
        true => Ok(()),
        false => Err(
            "runtimes refuse an artifact with several answers for a call, unless each is for another value of one argument",
        ),
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

    #[test]
    fn a_call_has_few_rules() {
        let rules = |count: u64| (0..count).map(|value| rule(1, OpName::Eq, value));
        assert!(written(rules(128).collect()).is_ok());
        assert!(written(rules(129).collect()).is_err());
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
            let taken = written(vec![one.clone(), other.clone()]);
            assert_eq!(taken.is_ok(), is_taken, "{other:?}");
        }
    }
}
