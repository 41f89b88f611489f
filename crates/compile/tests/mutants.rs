//! The checker is checked: programs with one instruction changed are refused, unless they answer alike.

mod support;

use callgate_bpf::{Program, SeccompData, run};
use callgate_compile::{Options, compile};
use callgate_policy::Policy;
use callgate_prove::{Agreement, Budget, Diagram};

#[test]
fn no_mutant_that_differs_is_called_equal() {
    let (mut refuted, mut equal) = (0, 0);
    arbtest::arbtest(|u| {
        let policy = support::random::policy(u, 5)?;
        let program = compile(&policy, &Options::default()).expect("a small policy has a program");
        let meaning = Diagram::of_policy(&policy, Budget::default()).expect("it was proved");
        let mut calls = support::calls::interesting(&policy);
        calls.extend(meaning.examples());
        for mutant in support::mutants::of(&program) {
            let Ok(diagram) = Diagram::of_program(&mutant, Budget::default()) else {
                continue;
            };
            let agreement = Agreement::of(&policy, &mutant, Budget::default());
            match agreement.expect("both are decided") {
                Ok(agreement) => {
                    assert_eq!(diagram, meaning, "{mutant}");
                    says_of_numbers(&agreement, &meaning, &calls);
                }
                Err(witness) => assert!(differs(&policy, &mutant, &witness), "{witness:x?}"),
            }
            match diagram.witness(&meaning) {
                Some(witness) => {
                    refuted += 1;
                    assert!(
                        differs(&policy, &mutant, &witness),
                        "{witness:x?}\n{mutant}"
                    );
                }
                None => {
                    equal += 1;
                    for call in &calls {
                        assert!(!differs(&policy, &mutant, call), "{call:x?}\n{mutant}");
                    }
                }
            }
        }
        Ok(())
    })
    .budget_ms(8_000);
    println!("{refuted} mutants refuted, {equal} equal");
    assert!(refuted > equal);
}

/// Of each number what the diagram says.
fn says_of_numbers(agreement: &Agreement, meaning: &Diagram, calls: &[SeccompData]) {
    for call in calls {
        let mut stretches = agreement.numbers(call.arch);
        let stretch = stretches.find(|&(last, _)| call.nr <= last);
        let (_, answer) = stretch.expect("no number is left out");
        assert_eq!(answer, meaning.always(call.arch, call.nr), "{call:x?}");
    }
}

fn differs(policy: &Policy, program: &Program, call: &SeccompData) -> bool {
    run(program, call).action != policy.decide(call).action
}
