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

/// The document without what runtimes refuse, and its text: what asks a listener, since without one the call would be refused, too;
/// numbers that are too large; and the conditions of calls that have too many of them, or not alike everywhere.
///
/// Where it is too large as a whole, the calls with the most rules lose their conditions until it is not.
pub(super) fn taken(document: &Document) -> (Document, String) {
    let mut document = document.clone();
    for rule in &mut document.syscalls {
        answerable(&mut rule.action, &mut rule.errno_ret);
    }
    if let Some(action) = &mut document.default_action {
        answerable(action, &mut document.default_errno_ret);
    }
    // With none for any call, the names that there are fit.
    for most in [MOST_FOR_A_CALL, 64, 32, 16, 8, 4, 2, 1] {
        let (narrowed, text) = with_at_most(&document, most);
        if fits(&narrowed, &text) {
            return (narrowed, text);
        }
    }
    with_at_most(&document, 0)
}

/// An answer that needs nobody but the kernel and the process, with a number that an artifact may have.
fn answerable(action: &mut ActionName, number: &mut Option<u64>) {
    let is_too_large = number.is_some_and(|number| number > MOST_ERRNO);
    match action {
        ActionName::Notify => *action = ActionName::Errno,
        // The kernel takes a larger errno for the largest.
        ActionName::Errno if is_too_large => *number = Some(MOST_ERRNO),
        // A tracer would be told something else.
        ActionName::Trace if is_too_large => (*action, *number) = (ActionName::Errno, None),
        _ => {}
    }
}

/// The document with conditions for calls that have at most as many rules, and the same answers everywhere.
fn with_at_most(document: &Document, most: usize) -> (Document, String) {
    let narrowed = narrow::without(document, |rules| {
        rules.len() > most || !is_alike_everywhere(rules)
    });
    let text = narrowed.to_json();
    (narrowed, text)
}

/// Whether runtimes take it as a whole.
fn fits(document: &Document, text: &str) -> bool {
    let names = document.syscalls.iter().map(|rule| rule.names.len());
    text.len() <= MOST_BYTES && names.sum::<usize>() <= MOST_OF_ALL
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
        taken(&given).0 == given
    }

    #[test]
    fn a_call_has_few_rules() {
        let rules = |count: u64| (0..count).map(|value| rule(1, OpName::Eq, value));
        assert!(is_kept(rules(128).collect()));
        assert!(!is_kept(rules(129).collect()));
        let text = written(rules(129).collect()).expect("a layer");
        assert!(!text.contains("args"), "{text}");
    }

    #[test]
    fn a_number_is_as_large_as_an_errno() {
        let (document, _) = taken(&Document {
            syscalls: vec![
                rule(4096, OpName::Eq, 9),
                Rule {
                    errno_ret: Some(4096),
                    ..Rule::new(ActionName::Trace, ["bind"])
                },
            ],
            ..document(9)
        });
        let answers = document.syscalls.iter();
        let answers = answers.map(|rule| (&rule.action, rule.errno_ret));
        assert_eq!(
            answers.collect::<Vec<_>>(),
            [(&ActionName::Errno, Some(4095)), (&ActionName::Errno, None)]
        );
    }

    #[test]
    fn what_is_too_large_keeps_the_conditions_of_calls_with_few() {
        let rules_of = |call: usize, count: u64| {
            (0..count).map(move |value| Rule {
                names: [format!("call{call}")].into(),
                ..rule(1, OpName::Eq, value)
            })
        };
        let few = rules_of(1000, 20);
        let (document, text) = taken(&Document {
            syscalls: (0..200)
                .flat_map(|call| rules_of(call, 100))
                .chain(few)
                .collect(),
            ..document(9)
        });
        assert!(text.len() <= MOST_BYTES);
        let conditional = document
            .syscalls
            .iter()
            .filter(|rule| !rule.args.is_empty());
        let names: HashSet<&String> = conditional.flat_map(|rule| &rule.names).collect();
        assert_eq!(names, [&"call1000".to_owned()].into());
        let refused = document.syscalls.iter().filter(|rule| rule.args.is_empty());
        assert_eq!(refused.map(|rule| rule.names.len()).sum::<usize>(), 200);
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
