//! How two rules for a call, of which one has no effect, become a document that says what was meant.
//!
//! Apart from the report, because what is wrong is sure, and what was meant is taken to be the stricter of the two.

use callgate_profile::{Change, Fix, OpName, Problem, Span, Spanned};

use super::Converted;

/// A rule, and the name of the call in it.
#[derive(Clone, Copy)]
pub(super) struct Named<'r, 'p> {
    pub(super) rule: &'r Converted<'p>,
    pub(super) name: Span,
}

/// What becomes of the rule that had no effect, where its calls are taken out of the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It has one.
    Stays,
    /// The default action says the same.
    Goes,
}

/// A problem with the changes that mend it, where it can be mended.
///
/// `idle` has no effect because of `other`.
pub(super) fn mended(
    problem: Problem,
    idle: Named<'_, '_>,
    other: Named<'_, '_>,
    then: Then,
) -> Problem {
    match fix(idle, other, then) {
        Some(Fix { does, changes }) => problem.fix(does, changes),
        None => problem,
    }
}

fn fix(idle: Named<'_, '_>, other: Named<'_, '_>, then: Then) -> Option<Fix> {
    // Rules that count under some conditions only may never meet elsewhere.
    let counts_always = |named: Named<'_, '_>| {
        let rule = &named.rule.rule.value;
        rule.includes.is_none() && rule.excludes.is_none()
    };
    if !counts_always(idle) || !counts_always(other) {
        return None;
    }
    if idle.rule.action.strictness() >= other.rule.action.strictness() {
        return Some(Fix {
            does: "take the rule out that has no effect".to_owned(),
            changes: vec![without(idle)],
        });
    }
    if !other.rule.rule.value.arguments().is_empty() {
        return None;
    }
    if idle.rule.rule.value.arguments().is_empty() {
        return Some(Fix {
            does: "take the rule out that is less strict".to_owned(),
            changes: vec![without(other)],
        });
    }
    let mut changes = narrowed(idle, other)?;
    if then == Then::Goes {
        changes.push(without(idle));
    }
    Some(Fix {
        does: "let the other rule be about all else".to_owned(),
        changes,
    })
}

/// The rule without the call, or no rule where it has no other.
fn without(named: Named<'_, '_>) -> Change {
    let rule = named.rule.rule;
    match rule.value.calls().count() {
        1 => Change::Remove(rule.span),
        _ => Change::Remove(named.name),
    }
}

/// The changes by which a rule without comparisons is about what another one's comparisons leave.
fn narrowed(by: Named<'_, '_>, wide: Named<'_, '_>) -> Option<Vec<Change>> {
    let arguments = by.rule.rule.value.arguments();
    let opposites = arguments.iter().map(|argument| opposite(&argument.value));
    let opposites: Vec<String> = opposites.collect::<Option<_>>()?;
    let index = |at: usize| arguments[at].value.index.as_ref().map(|index| index.value);
    if (1..arguments.len()).any(|at| (0..at).any(|before| index(before) == index(at))) {
        return None;
    }
    let rule = &wide.rule.rule.value;
    let action = rule.action.as_ref()?;
    let errno = match (&rule.errno, &rule.errno_ret) {
        (Some(_), _) => return None,
        (None, Some(errno)) => format!(", \"errnoRet\": {}", errno.value),
        (None, None) => String::new(),
    };
    let call = rule.calls().find(|call| call.span == wide.name)?;
    let written = |opposite: &String| {
        format!(
            "{{ \"names\": [\"{}\"], \"action\": \"{}\"{errno}, \"args\": [{opposite}] }}",
            call.value, action.value
        )
    };
    let is_alone = rule.calls().count() == 1;
    let (own, others) = match is_alone {
        true => opposites.split_at(1),
        false => opposites.split_at(0),
    };
    let place = wide.rule.rule.span;
    let mut changes: Vec<Change> = others
        .iter()
        .map(|opposite| Change::Before(place, written(opposite)))
        .collect();
    changes.push(match (own.first(), &rule.args) {
        (None, _) => Change::Remove(wide.name),
        (Some(own), Some(args)) => Change::Replace(args.span, format!("[{own}]")),
        (Some(own), None) => Change::After(
            last(action, rule.errno_ret.as_ref()),
            "args",
            format!("[{own}]"),
        ),
    });
    Some(changes)
}

/// The later of two members.
fn last<A, B>(one: &Spanned<A>, two: Option<&Spanned<B>>) -> Span {
    let two = two.map(|two| two.span);
    two.filter(|two| two.start > one.span.start)
        .unwrap_or(one.span)
}

/// The comparison, as JSON, that holds where this one does not; none where there is no such.
fn opposite(argument: &callgate_profile::Argument) -> Option<String> {
    let index = argument.index.as_ref()?.value;
    let value = argument.value.as_ref()?.value;
    let two = argument.value_two.as_ref().map_or(0, |two| two.value);
    let (op, two) = match argument.op.as_ref()?.value {
        OpName::Eq => (OpName::Ne, None),
        OpName::Ne => (OpName::Eq, None),
        OpName::Lt => (OpName::Ge, None),
        OpName::Ge => (OpName::Lt, None),
        OpName::Le => (OpName::Gt, None),
        OpName::Gt => (OpName::Le, None),
        // Of one bit there are two values.
        OpName::MaskedEq if value.is_power_of_two() => (OpName::MaskedEq, Some(!two & value)),
        _ => return None,
    };
    let two = two.map_or_else(String::new, |two| format!(", \"valueTwo\": {two}"));
    Some(format!(
        "{{ \"index\": {index}, \"value\": {value}{two}, \"op\": \"{op}\" }}"
    ))
}
