//! A policy that asks where another refuses: what it denies becomes a question to who listens.
//!
//! Apart from the serving, because the filter is made of this policy, and each call is decided by the other one still.

use callgate_policy::{Action, Policy, Rule, Section};

/// The policy of a filter that asks about the calls which this one refuses; arches that it does not name are refused as before.
///
/// Served with the policy that it was made of, and a handler for [refusals](crate::Registry::ask_about_refusals).
///
/// # Panics
/// Never: the arches are those of a policy.
#[must_use]
pub fn asking(policy: &Policy) -> Policy {
    let asked = |action| match is_refusal(action) {
        true => Action::Notify,
        false => action,
    };
    let section = |section: &Section| Section {
        arch: section.arch,
        rules: section
            .rules
            .iter()
            .map(|rule| Rule {
                action: asked(rule.action),
                ..rule.clone()
            })
            .collect(),
    };
    let named = policy.sections().iter().map(section).collect();
    Policy::new(asked(policy.default()), policy.bad_arch(), named)
        .and_then(|asking| asking.with_unnamed(policy.unnamed().to_vec()))
        .expect("the same arches as before, each once")
}

/// Whether a call is denied without anybody being asked; a tracer could still let it through.
pub(crate) const fn is_refusal(action: Action) -> bool {
    matches!(
        action,
        Action::KillProcess | Action::KillThread | Action::Trap(_) | Action::Errno(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_policy::{Numbers, RuleId, SeccompData};
    use callgate_syscalls::Arch;

    #[test]
    fn what_is_refused_is_asked_and_nothing_else() {
        let actions = [
            (Action::Allow, Action::Allow),
            (Action::Log, Action::Log),
            (Action::Trace(1), Action::Trace(1)),
            (Action::Notify, Action::Notify),
            (Action::Errno(13), Action::Notify),
            (Action::Trap(0), Action::Notify),
            (Action::KillThread, Action::Notify),
            (Action::KillProcess, Action::Notify),
        ];
        let rules = actions.iter().zip(0..).map(|(&(action, _), nr)| Rule {
            id: RuleId(nr),
            numbers: Numbers::one(nr),
            comparisons: Vec::new(),
            action,
        });
        let section = Section {
            arch: Arch::X86_64,
            rules: rules.collect(),
        };
        let policy = Policy::new(Action::Errno(1), Action::KillProcess, vec![section]);
        let asking = asking(&policy.expect("one arch"));
        let answer = |arch: Arch, nr| {
            let call = SeccompData {
                arch: arch.audit(),
                nr,
                ..SeccompData::default()
            };
            asking.decide(&call).action
        };
        for (nr, (action, expected)) in (0..).zip(actions) {
            assert_eq!(answer(Arch::X86_64, nr), expected, "{action}");
        }
        assert_eq!(answer(Arch::X86_64, 100), Action::Notify);
        assert_eq!(answer(Arch::Aarch64, 0), Action::KillProcess);
    }
}
