//! Policies that were written from diagrams mean the same: decided, and for stacks as well.

#[path = "../../compile/tests/support/mod.rs"]
mod support;

use callgate_analyze::rules::{Unwritable, policy};
use callgate_bpf::Program;
use callgate_policy::{Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, Section, Test};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::Arch;

fn diagram(policy: &Policy) -> Diagram {
    Diagram::of_policy(policy, Budget::default()).expect("a small policy")
}

#[test]
fn a_policy_is_written_back_as_it_was_meant() {
    let (mut written, mut all) = (0, 0);
    arbtest::arbtest(|u| {
        let given = support::random::policy(u, 4)?;
        let means = diagram(&given);
        all += 1;
        match policy(&means, 2_000) {
            Ok(again) => {
                for call in support::calls::interesting(&given) {
                    let said = Action::from_ret(given.decide(&call).action.to_ret());
                    assert_eq!(again.decide(&call).action, said, "{call:x?}\n{given:#?}");
                }
                // Of very many masks the proof can take more than its budget.
                if let Ok(proved) = Diagram::of_policy(&again, Budget::default()) {
                    written += 1;
                    assert_eq!(proved, means, "{given:#?}\n{again:#?}");
                }
            }
            Err(Unwritable::TooMany { .. }) => {}
            Err(other) => panic!("{other}: {given:#?}"),
        }
        Ok(())
    })
    .budget_ms(6_000);
    assert!(written * 10 > all * 8, "{written} of {all}");
}

#[test]
fn a_stack_is_written_as_one() {
    arbtest::arbtest(|u| {
        let layers = [
            support::random::policy(u, 3)?,
            support::random::policy(u, 3)?,
        ];
        let [older, newer] = [diagram(&layers[0]), diagram(&layers[1])];
        let means = older.beneath(&newer, Budget::default()).expect("small");
        // Layers of both byte orders are one meaning, too.
        let one = policy(&means, 2_000);
        if let Some(proved) = one
            .ok()
            .and_then(|one| Diagram::of_policy(&one, Budget::default()).ok())
        {
            assert_eq!(proved, means, "{layers:#?}");
        }
        Ok(())
    })
    .budget_ms(4_000);
}

#[test]
fn ranges_come_back_as_few_comparisons() {
    for (test, rules) in [
        (vec![Test::Ne(9)], 1),
        (vec![Test::Lt(1000)], 1),
        (vec![Test::Ge(0x1_0000_0001)], 1),
        (vec![Test::Ge(10), Test::Le(1000)], 1),
        (
            vec![Test::MaskedEq {
                mask: 0x7e02_0000,
                value: 0,
            }],
            1,
        ),
    ] {
        for arch in [Arch::X86_64, Arch::S390x] {
            let rule = Rule {
                id: RuleId(0),
                numbers: Numbers::one(56),
                comparisons: test
                    .iter()
                    .map(|&test| Comparison::new(Arg::A1, test))
                    .collect(),
                action: Action::Allow,
            };
            let section = Section {
                arch,
                rules: vec![rule],
            };
            let given =
                Policy::new(Action::Errno(1), Action::KillThread, vec![section]).expect("a policy");
            let again = policy(&diagram(&given), 1000).expect("writable");
            let count: usize = again.sections().iter().map(|each| each.rules.len()).sum();
            assert!(count <= rules + 1, "{test:?} on {arch}: {again:#?}");
            assert_eq!(diagram(&again), diagram(&given));
        }
    }
}

#[test]
fn what_no_rule_says() {
    for (text, reason) in [
        (
            "ld [4]\njeq #0xc000003e, own, bad\nown: ld [8]\njeq #1, bad, good\nbad: ret #0\ngood: ret #0x7fff0000",
            Unwritable::InstructionPointer { arch: Arch::X86_64 },
        ),
        (
            "ld [4]\njeq #0x40000003, own, bad\nown: ld [20]\njeq #1, bad, good\nbad: ret #0\ngood: ret #0x7fff0000",
            Unwritable::HighHalf { arch: Arch::X86 },
        ),
        (
            "ld [0]\njeq #1, bad, good\nbad: ret #0\ngood: ret #0x7fff0000",
            Unwritable::UnknownArches,
        ),
        (
            "ld [4]\njset #1, bad, good\nbad: ret #0\ngood: ret #0x7fff0000",
            Unwritable::Runs(callgate_analyze::diff::TooManyRuns),
        ),
    ] {
        let program: Program = text.parse().expect("a program");
        let diagram = Diagram::of_program(&program, Budget::default()).expect("small");
        assert_eq!(policy(&diagram, 1000), Err(reason), "{text}");
    }
}
