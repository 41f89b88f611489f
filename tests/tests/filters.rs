//! Filters that libseccomp made, the library of systemd, flatpak and the container runtimes: as profiles again, and in stacks.
//!
//! Here and not beside the decompiler, because the filters are not ours, and every answer is held against running them.

use callgate_analyze::decompile::decompile;
use callgate_analyze::rules;
use callgate_bpf::{Program, run};
use callgate_engines::{Engine, Target, read};
use callgate_oracle::Level;
use callgate_policy::{
    Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, Section, Test, of_stack,
};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Syscall};

/// Rules as `call, tests of its arguments, action`.
type Said<'a> = (&'a str, &'a [(Arg, Test)], Action);

const REFUSED: Action = Action::Errno(1);
const UNKNOWN: Action = Action::Errno(38);

/// A filter that allows everything but this, by libseccomp.
fn made(rules: &[Said<'_>], arches: &[Arch], level: Level) -> Program {
    let of_arch = |&arch: &Arch| Section {
        arch,
        rules: rules
            .iter()
            .zip(0..)
            .filter_map(|(&(name, tests, action), id)| {
                let comparison = |&(arg, test)| Comparison::new(arg, test);
                Some(Rule {
                    id: RuleId(id),
                    numbers: Numbers::one(Syscall::by_name(name)?.number(arch)?),
                    comparisons: tests.iter().map(comparison).collect(),
                    action,
                })
            })
            .collect(),
    };
    let sections = arches.iter().map(of_arch).collect();
    let policy = Policy::new(Action::Allow, Action::KillThread, sections).expect("no arch twice");
    callgate_oracle::compile(&policy, level).expect("libseccomp takes it")
}

fn lists() -> Vec<Vec<Said<'static>>> {
    let masked = |mask, value| Test::MaskedEq { mask, value };
    let namespaces: &'static [(Arg, Test)] =
        Vec::leak(vec![(Arg::A0, masked(0x1000_0000, 0x1000_0000))]);
    vec![
        vec![("acct", &[], REFUSED), ("keyctl", &[], UNKNOWN)],
        // What sandboxes refuse: a flag, a request, all values but some.
        vec![
            ("clone", namespaces, REFUSED),
            ("unshare", namespaces, REFUSED),
            ("ioctl", &[(Arg::A1, Test::Eq(0x5412))], REFUSED),
            ("personality", &[(Arg::A0, Test::Ne(0))], REFUSED),
        ],
        vec![
            ("kill", &[(Arg::A1, Test::Gt(40))], Action::Log),
            (
                "prctl",
                &[(Arg::A0, Test::Lt(9)), (Arg::A1, Test::Ge(1 << 40))],
                REFUSED,
            ),
        ],
    ]
}

#[test]
fn a_filter_of_libseccomp_is_written_as_a_profile_that_means_the_same() {
    let target = Target::new(Engine::DOCKER);
    for list in lists() {
        for arches in [&[Arch::X86_64][..], &[Arch::X86_64, Arch::Aarch64]] {
            for level in Level::ALL {
                let program = made(&list, arches, level);
                let diagram = Diagram::of_program(&program, Budget::default()).expect("decided");
                let written = decompile(&diagram, &target, 200, Budget::default());
                let written = written.unwrap_or_else(|reason| panic!("{reason}: {list:?}"));
                assert_eq!(written.differences, [], "{list:?} on {arches:?}");
                let options = callgate_profile::Options::default();
                let parsed = callgate_profile::parse(written.text.as_bytes(), &options);
                let profile = parsed.profile.expect("a profile");
                let policy = read(&profile, &target).expect("a meaning").policy;
                for call in diagram.examples() {
                    let ran = run(&program, &call).action;
                    assert_eq!(policy.decide(&call).action, ran, "{call:x?} {list:?}");
                }
            }
        }
    }
}

#[test]
fn a_stack_of_them_is_one_program_in_fewer_steps() {
    let programs: Vec<Program> = lists()
        .iter()
        .map(|list| made(list, &[Arch::X86_64], Level::Linear))
        .collect();
    let budget = Budget::default();
    let mut diagrams = programs
        .iter()
        .map(|program| Diagram::of_program(program, budget).expect("decided"));
    let first = diagrams.next().expect("there are three");
    let all = diagrams.fold(first, |all, newer| {
        all.beneath(&newer, budget).expect("small")
    });
    let policy = rules::policy(&all, 1000).expect("it can be said");
    let options = callgate_compile::Options::default();
    let one = callgate_compile::compile(&policy, &options).expect("a program");
    let (mut apart, mut together) = (0, 0);
    for call in all.examples() {
        let outcomes: Vec<_> = programs.iter().map(|program| run(program, &call)).collect();
        let counts = of_stack(outcomes.iter().map(|outcome| outcome.action));
        let outcome = run(&one, &call);
        assert_eq!(
            counts.map(|(_, action)| action),
            Some(outcome.action),
            "{call:x?}"
        );
        apart += outcomes.iter().map(|outcome| outcome.steps).sum::<u32>();
        together += outcome.steps;
    }
    assert!(together < apart, "{together} steps, and {apart} in three");
}
