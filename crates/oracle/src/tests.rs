//! The oracle's own promises; what libseccomp answers to many policies is held against ours in the member crate `tests`.

use super::*;
use callgate_bpf::{SeccompData, run};
use callgate_policy::{Arg, Numbers, RuleId};
use callgate_syscalls::{Syscall, X32_BIT};

fn rule(nr: u32, comparisons: &[(Arg, Test)], action: Action) -> Rule {
    let comparison = |&(arg, test)| Comparison::new(arg, test);
    Rule {
        id: RuleId(nr),
        numbers: Numbers::one(nr),
        comparisons: comparisons.iter().map(comparison).collect(),
        action,
    }
}

fn policy(sections: Vec<(Arch, Vec<Rule>)>) -> Policy {
    let section = |(arch, rules)| Section { arch, rules };
    let sections = sections.into_iter().map(section).collect();
    Policy::new(Action::Allow, Action::KillProcess, sections).expect("distinct arches")
}

fn answer(program: &Program, arch: Arch, nr: u32, args: [u64; 6]) -> Action {
    let call = SeccompData {
        nr,
        arch: arch.audit(),
        args,
        ..SeccompData::default()
    };
    run(program, &call).action
}

#[test]
fn a_rule_of_one_arch_stays_on_it() {
    let close = Syscall::by_name("close").expect("a call");
    let number = |arch| close.number(arch).expect("every arch has it");
    for level in Level::ALL {
        for arch in [Arch::X86_64, Arch::X86, Arch::X32] {
            let section = |each| {
                let rules = match each == arch {
                    true => vec![rule(
                        number(each),
                        &[(Arg::A0, Test::Eq(3))],
                        Action::Errno(7),
                    )],
                    false => vec![],
                };
                (each, rules)
            };
            let all = policy([Arch::X86_64, Arch::X86, Arch::X32].map(section).into());
            let program = compile(&all, level).expect("a program");
            for each in [Arch::X86_64, Arch::X86, Arch::X32] {
                let expected = if each == arch {
                    Action::Errno(7)
                } else {
                    Action::Allow
                };
                assert_eq!(
                    answer(&program, each, number(each), [3, 0, 0, 0, 0, 0]),
                    expected,
                    "{each}"
                );
                assert_eq!(
                    answer(&program, each, number(each), [4, 0, 0, 0, 0, 0]),
                    Action::Allow,
                    "{each}"
                );
            }
        }
    }
}

#[test]
fn foreign_arches_have_programs_too() {
    let getpid = Syscall::by_name("getpid").expect("a call");
    let mut built = 0;
    for &arch in Arch::ALL {
        let Some(nr) = getpid.number(arch) else {
            continue;
        };
        match compile(
            &policy(vec![(arch, vec![rule(nr, &[], Action::Errno(7))])]),
            Level::Linear,
        ) {
            Ok(program) => {
                built += 1;
                assert_eq!(
                    answer(&program, arch, nr, [0; 6]),
                    Action::Errno(7),
                    "{arch}"
                );
                assert_eq!(
                    answer(&program, arch, nr ^ 1, [0; 6]),
                    Action::Allow,
                    "{arch}"
                );
            }
            Err(error @ (OracleError::Arch { .. } | OracleError::Inexpressible { .. })) => {
                // Debian 12's 2.5.4 lacks four.
                let newer = [Arch::Loongarch64, Arch::M68k, Arch::Sh, Arch::Sheb];
                assert!(newer.contains(&arch), "{arch}: {error}");
            }
            Err(error) => panic!("{arch}: {error}"),
        }
    }
    assert!(built >= 18, "{built}");
}

#[test]
fn the_edges_of_the_arches_are_those_of_a_policy() {
    let program = compile(&policy(vec![(Arch::X86_64, vec![])]), Level::Linear).expect("a program");
    let of = |arch, nr| answer(&program, arch, nr, [0; 6]);
    assert_eq!(of(Arch::X86_64, 0), Action::Allow);
    assert_eq!(of(Arch::X32, X32_BIT), Action::KillProcess);
    assert_eq!(of(Arch::X86_64, u32::MAX), Action::Allow);
    assert_eq!(of(Arch::X86, 0), Action::KillProcess);
}

#[test]
fn a_rule_that_says_what_the_default_says_is_left_out() {
    let rules = vec![rule(3, &[(Arg::A0, Test::Eq(1))], Action::Allow)];
    let with = compile(&policy(vec![(Arch::X86_64, rules)]), Level::Linear).expect("a program");
    let without = compile(&policy(vec![(Arch::X86_64, vec![])]), Level::Linear).expect("a program");
    assert_eq!(with, without);
}

#[test]
fn what_libseccomp_has_no_words_for_is_said() {
    let range = Rule {
        numbers: Numbers {
            first: 400,
            last: 500,
        },
        ..rule(0, &[(Arg::A0, Test::Ge(1))], Action::Errno(38))
    };
    let twice = rule(
        3,
        &[(Arg::A0, Test::Ge(1)), (Arg::A0, Test::Le(2))],
        Action::Errno(1),
    );
    for (arch, rule) in [
        (Arch::X86_64, range),
        (Arch::X86_64, twice),
        (
            Arch::X86_64,
            rule(u32::MAX, &[(Arg::A0, Test::Ge(1))], Action::Errno(1)),
        ),
        (Arch::X86, rule(5000, &[], Action::Errno(1))),
    ] {
        let error =
            compile(&policy(vec![(arch, vec![rule])]), Level::Linear).expect_err("inexpressible");
        assert!(
            matches!(error, OracleError::Inexpressible { rule: Some(_), .. }),
            "{error}"
        );
    }
    let error = compile(&policy(vec![]), Level::Linear).expect_err("inexpressible");
    assert!(
        matches!(error, OracleError::Inexpressible { rule: None, .. }),
        "{error}"
    );
}

#[test]
fn a_ceiling_stands_before_the_program() {
    let ceiling = |first| Rule {
        numbers: Numbers {
            first,
            last: u32::MAX,
        },
        ..rule(first, &[], Action::Errno(38))
    };
    let policy = policy(vec![
        (
            Arch::X86_64,
            vec![ceiling(400), rule(3, &[], Action::Errno(1))],
        ),
        (Arch::X86, vec![ceiling(300)]),
    ]);
    for level in Level::ALL {
        let program = compile(&policy, level).expect("a program");
        for arch in [Arch::X86_64, Arch::X86] {
            for nr in [0, 3, 299, 300, 301, 399, 400, 401, X32_BIT - 1] {
                let call = SeccompData {
                    arch: arch.audit(),
                    nr,
                    ..SeccompData::default()
                };
                let expected = policy.decide(&call).action;
                assert_eq!(run(&program, &call).action, expected, "{arch} {nr}");
            }
        }
    }
}

#[test]
fn in_place_it_makes_what_it_makes_in_a_child() {
    let rules = |bit| {
        vec![
            rule(bit | 39, &[], Action::Errno(1)),
            rule(bit | 102, &[(Arg::A0, Test::Gt(7))], Action::Errno(2)),
        ]
    };
    let both = policy(vec![(Arch::X86_64, rules(0)), (Arch::X32, rules(X32_BIT))]);
    for level in Level::ALL {
        let expected = compile(&both, level).expect("a program");
        let in_place = InPlace::of(&both, level).expect("in its words");
        let program = in_place.compile().expect("a program");
        for nr in [38, 39, 40, 102, 103, X32_BIT | 39, X32_BIT | 102] {
            for argument in [7, 8, 1 << 32] {
                let call = SeccompData {
                    arch: Arch::X86_64.audit(),
                    nr,
                    args: [argument, 0, 0, 0, 0, 0],
                    ..SeccompData::default()
                };
                let [one, other] = [&expected, &program].map(|made| run(made, &call).action);
                assert_eq!(one, other, "{nr:#x}({argument:#x})");
            }
        }
    }
}

#[test]
fn what_libseccomp_refuses_names_the_rule() {
    let rules = vec![
        rule(3, &[(Arg::A0, Test::Eq(1))], Action::Errno(1)),
        rule(3, &[(Arg::A0, Test::Eq(1))], Action::Errno(2)),
    ];
    let error = compile(&policy(vec![(Arch::X86_64, rules)]), Level::Linear).expect_err("refused");
    assert!(
        matches!(
            error,
            OracleError::Rule {
                rule: RuleId(3),
                errno: libc::EEXIST
            }
        ),
        "{error}"
    );
    let both = policy(vec![(Arch::X86_64, vec![]), (Arch::S390x, vec![])]);
    let error = compile(&both, Level::Linear).expect_err("two byte orders");
    assert!(
        matches!(
            error,
            OracleError::Filter {
                errno: libc::EDOM,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_library_that_does_not_come_back_is_ended() {
    let rules = [Arg::A1, Arg::A2].map(|second| {
        rule(
            3,
            &[(Arg::A0, Test::Ne(3)), (second, Test::Eq(1))],
            Action::Errno(1),
        )
    });
    let error = compile(&policy(vec![(Arch::X86_64, rules.into())]), Level::Linear);
    // Known of 2.5.4 and 2.6.1; a release that mends it makes a program.
    match error {
        Err(error) => assert!(matches!(error, OracleError::WouldNotReturn), "{error}"),
        Ok(_) => assert!(
            version()
                > Version {
                    major: 2,
                    minor: 6,
                    micro: 1
                },
            "{}",
            version()
        ),
    }
}
