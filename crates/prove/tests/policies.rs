//! The diagram of a policy answers as the policy does: on a call for every branch, and on the calls at the rules' edges.

#[path = "../../compile/tests/support/mod.rs"]
mod support;

use callgate_policy::{Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, Section, Test};
use callgate_prove::{Budget, Diagram, Undecided};
use callgate_syscalls::Arch;

#[test]
fn a_diagram_answers_as_its_policy_does() {
    arbtest::arbtest(|u| {
        let policy = support::random::policy(u, 6)?;
        let diagram = Diagram::of_policy(&policy, Budget::default()).expect("a small policy");
        let mut calls = support::calls::interesting(&policy);
        calls.extend(diagram.examples());
        for call in calls {
            let action = policy.decide(&call).action;
            assert_eq!(diagram.answer(&call), action, "{call:x?}\n{policy:#?}");
            let (always, up_to) = diagram.always_up_to(call.arch, call.nr);
            assert_eq!(diagram.always(call.arch, call.nr), always);
            assert_eq!(diagram.always(call.arch, up_to), always);
            if let Some(always) = always {
                assert_eq!(always, action, "{call:x?}\n{policy:#?}");
            }
        }
        Ok(())
    })
    .budget_ms(4_000);
}

#[test]
fn diagrams_are_equal_or_have_a_witness() {
    arbtest::arbtest(|u| {
        let one = support::random::policy(u, 3)?;
        let mut sections = one.sections().to_vec();
        // The same with one rule less, or two rules exchanged: often the same meaning.
        if let Some(section) = sections.first_mut()
            && section.rules.len() > 1
        {
            let at = u.choose_index(section.rules.len() - 1)?;
            if u.arbitrary()? {
                section.rules.remove(at);
            } else {
                section.rules.swap(at, at + 1);
            }
        }
        let two = Policy::new(one.default(), one.bad_arch(), sections)
            .and_then(|two| two.with_unnamed(one.unnamed().to_vec()))
            .expect("no arch twice");
        let [first, second] = [&one, &two]
            .map(|policy| Diagram::of_policy(policy, Budget::default()).expect("a small policy"));
        match first.witness(&second) {
            None => assert_eq!(first, second),
            Some(call) => {
                assert_ne!(first, second);
                assert_ne!(one.decide(&call).action, two.decide(&call).action);
            }
        }
        if let Some(call) = first.looser(&second) {
            assert!(one.decide(&call).action > two.decide(&call).action);
        }
        let both = first.looser(&second).is_none() && second.looser(&first).is_none();
        assert_eq!(both, first == second);
        Ok(())
    })
    .budget_ms(2_000);
}

#[test]
fn what_takes_too_long_is_not_decided() {
    let rules = (0..32).map(|bit| Rule {
        id: RuleId(bit),
        numbers: Numbers::one(1),
        comparisons: [Arg::A0, Arg::A1]
            .map(|arg| {
                let (mask, value) = (1 << bit, 1 << bit);
                let test = Test::MaskedEq { mask, value };
                Comparison::new(arg, test)
            })
            .to_vec(),
        action: Action::Allow,
    });
    let section = Section {
        arch: Arch::X86_64,
        rules: rules.collect(),
    };
    let policy =
        Policy::new(Action::Errno(1), Action::KillThread, vec![section]).expect("one section");
    let diagram = Diagram::of_policy(&policy, Budget::default());
    assert_eq!(diagram, Err(Undecided::Budget));
}

#[test]
fn very_many_values_of_an_argument_are_decided() {
    for arch in [Arch::X86_64, Arch::X86, Arch::S390x] {
        let rules = (0..170_000).map(|value| Rule {
            id: RuleId(0),
            numbers: Numbers::one(16),
            comparisons: vec![Comparison::new(Arg::A1, Test::Eq(value ^ 1))],
            action: Action::Allow,
        });
        let many = support::policy_of(arch, rules.collect());
        let one = Rule {
            id: RuleId(0),
            numbers: Numbers::one(16),
            comparisons: vec![Comparison::new(Arg::A1, Test::Lt(170_000))],
            action: Action::Allow,
        };
        let one = support::policy_of(arch, vec![one]);
        let [many, one] = [many, one].map(|policy| Diagram::of_policy(&policy, Budget::default()));
        assert_eq!(many.expect("a small diagram"), one.expect("a small policy"));
    }
}
