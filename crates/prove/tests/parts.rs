//! Stacks of diagrams and parts of them, held against the reference on the calls at every edge.

#[path = "../../compile/tests/support/mod.rs"]
mod support;

use callgate_policy::{Action, of_stack};
use callgate_prove::{Budget, Diagram, Fixed, Look};

#[test]
fn a_stack_answers_as_its_layers_do_together() {
    arbtest::arbtest(|u| {
        let policies = [
            support::random::policy(u, 4)?,
            support::random::policy(u, 4)?,
            support::random::policy(u, 2)?,
        ];
        let budget = Budget::default();
        let mut all: Option<Diagram> = None;
        let mut calls = Vec::new();
        for policy in &policies {
            let layer = Diagram::of_policy(policy, budget).expect("a small policy");
            calls.extend(support::calls::interesting(policy));
            all = Some(match all {
                None => layer,
                Some(older) => older.beneath(&layer, budget).expect("small policies"),
            });
        }
        let all = all.expect("there are three");
        calls.extend(all.examples());
        for call in calls {
            let answers = policies.iter().map(|policy| policy.decide(&call).action);
            let counts = of_stack(answers).map(|(_, action)| action);
            // Of an errno that is too large the kernel keeps what it can return.
            let counts = counts.map(|action| Action::from_ret(action.to_ret()));
            assert_eq!(Some(all.answer(&call)), counts, "{call:x?}\n{policies:#?}");
        }
        Ok(())
    })
    .budget_ms(4_000);
}

#[test]
fn neither_order_nor_repetition_matters_to_what_is_combined() {
    arbtest::arbtest(|u| {
        let budget = Budget::default();
        let policies = [
            support::random::policy(u, 4)?,
            support::random::policy(u, 3)?,
            support::random::policy(u, 2)?,
        ];
        let each = policies.each_ref();
        let [a, b, c] = each.map(|policy| Diagram::of_policy(policy, budget).expect("small"));
        type Combine = fn(&Diagram, &Diagram, Budget) -> Result<Diagram, callgate_prove::Undecided>;
        type Pick = fn(Action, Action) -> Action;
        let ways: [(Combine, Pick); 2] = [
            (Diagram::stricter_of, Ord::min),
            (Diagram::milder_of, Ord::max),
        ];
        for (combine, pick) in ways {
            let both = |one: &Diagram, other: &Diagram| combine(one, other, budget).expect("small");
            let all = both(&both(&a, &b), &c);
            assert_eq!(all, both(&a, &both(&b, &c)));
            assert_eq!(all, both(&c, &both(&b, &a)));
            assert_eq!(all, both(&all, &b));
            assert_eq!(both(&a, &a), a);
            let mut calls = all.examples();
            calls.extend(policies.iter().flat_map(support::calls::interesting));
            for call in calls {
                let answers = [&a, &b, &c].map(|diagram| diagram.answer(&call));
                let expected = answers.into_iter().reduce(pick);
                assert_eq!(Some(all.answer(&call)), expected, "{call:x?}");
            }
        }
        Ok(())
    })
    .budget_ms(4_000);
}

#[test]
fn a_part_holds_for_every_number_up_to_its_last() {
    arbtest::arbtest(|u| {
        let policy = support::random::policy(u, 6)?;
        let diagram = Diagram::of_policy(&policy, Budget::default()).expect("a small policy");
        for mut call in support::calls::interesting(&policy) {
            let (part, last) = diagram.part(Fixed::Number(call.arch, call.nr));
            for nr in [call.nr, last] {
                assert_eq!(diagram.part(Fixed::Number(call.arch, nr)), (part, last));
                call.nr = nr;
                if let Look::Answer(action) = diagram.look(part) {
                    assert_eq!(diagram.answer(&call), action, "{call:x?}\n{policy:#?}");
                }
            }
            let (token, last) = diagram.part(Fixed::Token(call.arch));
            assert_eq!(diagram.part(Fixed::Token(last)), (token, last));
        }
        Ok(())
    })
    .budget_ms(2_000);
}

#[test]
fn an_example_is_of_the_call_that_was_asked_for() {
    let (mut found, mut asked) = (0, 0);
    arbtest::arbtest(|u| {
        let policies = [
            support::random::policy(u, 4)?,
            support::random::policy(u, 4)?,
        ];
        let [one, other] = [&policies[0], &policies[1]]
            .map(|policy| Diagram::of_policy(policy, Budget::default()).expect("a small policy"));
        for call in support::calls::interesting(&policies[0]) {
            asked += 1;
            let fixed = Fixed::Number(call.arch, call.nr);
            match one.example(&other, fixed, |one, other| one != other) {
                Some(example) => {
                    found += 1;
                    assert_eq!((example.arch, example.nr), (call.arch, call.nr));
                    assert_ne!(one.answer(&example), other.answer(&example));
                }
                None => assert_eq!(one.answer(&call), other.answer(&call), "{call:x?}"),
            }
        }
        Ok(())
    })
    .budget_ms(2_000);
    assert!(found > 0 && found < asked, "{found} of {asked}");
}
