//! Profiles that were written from filters: what is proved equal is equal, by a reading of one's own, and much is.

#[path = "../../compile/tests/support/mod.rs"]
mod support;

use callgate_analyze::decompile::{NoProfile, decompile};
use callgate_analyze::rules::Unwritable;
use callgate_engines::{Engine, Target, read};
use callgate_policy::{
    Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, Section, Test, strictest,
};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Syscall};

fn target() -> Target {
    Target::new(Engine::DOCKER)
}

fn meaning(text: &str, target: &Target) -> Policy {
    let parsed = callgate_profile::parse(text.as_bytes(), &callgate_profile::Options::default());
    let profile = parsed.profile.expect("a profile");
    read(&profile, target).expect("a meaning").policy
}

fn diagram(policy: &Policy) -> Diagram {
    Diagram::of_policy(policy, Budget::default()).expect("a small policy")
}

#[test]
fn the_built_in_profile_comes_back_for_every_docker() {
    for engine in ["docker@20.10", "docker@23", "docker@28"] {
        let target = Target::new(engine.parse().expect("an engine"));
        let given = meaning(callgate_profile::builtin::DOCKER_DEFAULT, &target);
        let written =
            decompile(&diagram(&given), &target, 1000, Budget::default()).expect("it can be said");
        assert_eq!(written.differences, [], "{engine}");
        let again = meaning(&written.text, &target);
        assert_eq!(diagram(&again), diagram(&given), "{engine}");
        for call in support::calls::interesting(&given) {
            assert_eq!(again.decide(&call).action, given.decide(&call).action);
        }
    }
}

#[test]
fn what_is_said_to_be_equal_is() {
    let calls = ["socket", "clone", "personality", "kill", "prctl"];
    let (mut equal, mut all) = (0, 0);
    arbtest::arbtest(|u| {
        let mut rules = Vec::new();
        for id in 0..u.int_in_range(0..=4)? {
            let call = Syscall::by_name(u.choose(&calls)?).expect("a call");
            let mut comparisons = Vec::new();
            for _ in 0..u.int_in_range(0..=2)? {
                comparisons.push(support::random::comparison(u)?);
            }
            rules.push(Rule {
                id: RuleId(id),
                numbers: Numbers::one(call.number(Arch::X86_64).expect("a number")),
                comparisons,
                action: *u.choose(&[Action::Errno(1), Action::Errno(9), Action::Log])?,
            });
        }
        strictest(&mut rules);
        let section = Section {
            arch: Arch::X86_64,
            rules,
        };
        let given = Policy::new(Action::Allow, Action::KillThread, vec![section]).expect("one");
        let means = diagram(&given);
        all += 1;
        match decompile(&means, &target(), 400, Budget::default()) {
            Ok(written) if written.differences.is_empty() => {
                equal += 1;
                assert_eq!(
                    diagram(&meaning(&written.text, &target())),
                    means,
                    "{given:#?}"
                );
            }
            Ok(written) => {
                let again = diagram(&meaning(&written.text, &target()));
                assert_ne!(again, means, "{given:#?}");
            }
            Err(NoProfile::Unwritable(Unwritable::TooMany { .. }) | NoProfile::Refused(_)) => {}
            Err(other) => panic!("{other}: {given:#?}"),
        }
        Ok(())
    })
    .budget_ms(5_000);
    assert!(equal * 2 > all, "{equal} of {all}");
}

#[test]
fn a_range_is_said_so_that_runtimes_read_it() {
    // Two comparisons of one argument would be alternatives to runc.
    let comparisons = [Test::Ge(16), Test::Le(47)].map(|test| Comparison::new(Arg::A1, test));
    let rule = Rule {
        id: RuleId(0),
        numbers: Numbers::one(
            Syscall::by_name("kill")
                .and_then(|call| call.number(Arch::X86_64))
                .expect("a number"),
        ),
        comparisons: comparisons.to_vec(),
        action: Action::Errno(22),
    };
    let section = Section {
        arch: Arch::X86_64,
        rules: vec![rule],
    };
    let given = Policy::new(Action::Allow, Action::KillThread, vec![section]).expect("one section");
    let written =
        decompile(&diagram(&given), &target(), 100, Budget::default()).expect("it can be said");
    assert_eq!(written.differences, []);
    // 16 to 31, and 32 to 47.
    assert_eq!(written.rules, 2, "{}", written.text);
}
