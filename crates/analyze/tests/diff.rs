//! Differences by name: complete, since what is not listed answers alike, and true, since each witness shows what it claims.

#[path = "../../compile/tests/support/mod.rs"]
mod support;

use callgate_analyze::diff::{Change, Extent, Relation, Subject, differences, relation};
use callgate_policy::{
    Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, SeccompData, Section, Test,
};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Syscall};

fn diagram(policy: &Policy) -> Diagram {
    Diagram::of_policy(policy, Budget::default()).expect("a small policy")
}

#[test]
fn every_call_that_differs_is_listed_and_no_other() {
    let mut listed = 0;
    arbtest::arbtest(|u| {
        let policies = [
            support::random::policy(u, 4)?,
            support::random::policy(u, 4)?,
        ];
        let [one, other] = [diagram(&policies[0]), diagram(&policies[1])];
        let found = differences(&one, &other, Arch::X86_64).expect("few runs");
        listed += found.len();
        for difference in &found {
            for witness in &difference.witnesses {
                let answers = [one.answer(witness), other.answer(witness)];
                assert!(
                    covers(difference.subject, witness),
                    "{difference:?} {witness:x?}"
                );
                let [before, after] = answers.map(Action::strictness);
                match (difference.change, difference.witnesses.len()) {
                    (Change::Looser, _) => assert!(after > before),
                    (Change::Stricter, _) => assert!(after < before),
                    (Change::Sideways, 2) => assert_ne!(after, before),
                    (Change::Sideways, _) => {
                        assert_eq!(after, before);
                        assert_ne!(answers[0], answers[1]);
                    }
                }
            }
        }
        for call in policies.iter().flat_map(support::calls::interesting) {
            let answers = [one.answer(&call), other.answer(&call)];
            let covering: Vec<_> = found
                .iter()
                .filter(|difference| covers(difference.subject, &call))
                .collect();
            if answers[0] != answers[1] {
                assert!(!covering.is_empty(), "{call:x?} {answers:?}\n{policies:#?}");
            }
            if let [only] = covering[..]
                && only.extent == Extent::Every
                && only.subject != Subject::OtherArches
            {
                assert_ne!(answers[0], answers[1], "{call:x?}\n{policies:#?}");
            }
        }
        let related = relation(&one, &other).relation;
        assert_eq!(related == Relation::Equal, found.is_empty());
        Ok(())
    })
    .budget_ms(4_000);
    assert!(listed > 0);
}

fn covers(subject: Subject, call: &SeccompData) -> bool {
    let arch = Arch::of_call(call.arch, call.nr);
    match subject {
        Subject::Call(of, syscall) => arch == Some(of) && syscall.number(of) == Some(call.nr),
        Subject::Numbers(of, first, last) => arch == Some(of) && (first..=last).contains(&call.nr),
        Subject::Arch(of) => arch == Some(of),
        Subject::OtherArches => true,
    }
}

#[test]
fn names_neighbours_and_whole_arches() {
    let rule = |numbers, comparisons, action| Rule {
        id: RuleId(0),
        numbers,
        comparisons,
        action,
    };
    let policy = |bad_arch, rules| {
        let section = Section {
            arch: Arch::X86_64,
            rules,
        };
        Policy::new(Action::Allow, bad_arch, vec![section]).expect("one section")
    };
    let eperm = Action::Errno(1);
    let some = vec![Comparison::new(Arg::A0, Test::Eq(9))];
    let socket = Syscall::by_name("socket").expect("a call");
    let nr = socket.number(Arch::X86_64).expect("it has one");
    let one = policy(
        Action::KillThread,
        vec![rule(Numbers::one(nr), some, eperm)],
    );
    let far = Numbers {
        first: 100_000,
        last: 200_000,
    };
    let other = policy(Action::KillProcess, vec![rule(far, vec![], eperm)]);
    let found = differences(&diagram(&one), &diagram(&other), Arch::X86_64).expect("few runs");
    let told: Vec<_> = found
        .iter()
        .map(|each| (each.subject, each.change, each.extent))
        .collect();
    assert_eq!(
        told,
        [
            (
                Subject::Call(Arch::X86_64, socket),
                Change::Looser,
                Extent::Some
            ),
            (
                Subject::Numbers(Arch::X86_64, far.first, far.last),
                Change::Stricter,
                Extent::Every
            ),
            (Subject::Arch(Arch::X32), Change::Stricter, Extent::Every),
            (Subject::OtherArches, Change::Stricter, Extent::Every),
        ]
    );
    assert_eq!(found[0].witnesses[0].args[0], 9);
}

#[test]
fn numbers_without_end_are_not_listed() {
    let odd: callgate_bpf::Program =
        "ld [0]\njset #1, no, yes\nno: ret #0x50001\nyes: ret #0x7fff0000"
            .parse()
            .expect("a program");
    let odd = Diagram::of_program(&odd, Budget::default()).expect("a small program");
    let allow = Policy::new(Action::Allow, Action::Allow, vec![]).expect("no section");
    assert!(differences(&odd, &diagram(&allow), Arch::X86_64).is_err());
    assert_eq!(
        relation(&odd, &diagram(&allow)).relation,
        Relation::Stricter
    );
}
