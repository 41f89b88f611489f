//! Filters of libseccomp's that answer otherwise than their rules say: the prover finds them, and the kernel confirms each.
//!
//! Apart from the suites in which libseccomp is right, because here a difference is what is looked for.
//! Rules are drawn from two classes that are known to go wrong in 2.5.4 and 2.6.1, and from one that never did.

use callgate_bpf::{Action, Program, SeccompData, run};
use callgate_compile::{CompileError, prove};
use callgate_oracle::{Level, OracleError, Version};
use callgate_policy::{Arg, Comparison, Numbers, Policy, Rule, RuleId, Section, Test};
use callgate_prove::Budget;
use callgate_syscalls::{Arch, Syscall};
use callgate_tests::agree;
use callgate_tests::kernel::Kernel;
use callgate_tests::random::Random;

/// Which rules are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// One argument, inequalities with values on both sides of 2^32.
    Inequalities,
    /// Two arguments, equalities and inequalities of small values.
    SeveralArguments,
    /// Values of one argument.
    Equalities,
}

/// How many policies are drawn of each class.
const DRAWN: usize = 120;

fn policy(random: &mut Random, class: Class) -> Policy {
    let nr = Syscall::by_name("getpgid").and_then(|call| call.number(Arch::X86_64));
    let rule = |at| Rule {
        id: RuleId(at),
        numbers: Numbers::one(nr.expect("a call of x86_64")),
        comparisons: comparisons(random, class),
        action: Action::Allow,
    };
    let section = Section {
        arch: Arch::X86_64,
        rules: (0..2).map(rule).collect(),
    };
    Policy::new(Action::Errno(1), Action::KillThread, vec![section]).expect("one section")
}

fn comparisons(random: &mut Random, class: Class) -> Vec<Comparison> {
    const HIGH: u64 = 1 << 32;
    let small = [0, 1, 2, 8, 16];
    let inequality = [Test::Lt, Test::Le, Test::Gt, Test::Ge];
    match class {
        Class::Inequalities => {
            let value = random.one_of(&small) + random.one_of(&[0, HIGH, 2 * HIGH]);
            vec![Comparison::new(Arg::A0, random.one_of(&inequality)(value))]
        }
        Class::SeveralArguments => {
            let any: [fn(u64) -> Test; 4] = [Test::Eq, Test::Ne, Test::Lt, Test::Gt];
            let mut all = vec![Comparison::new(
                Arg::A0,
                random.one_of(&any)(random.one_of(&small)),
            )];
            if random.below(2) == 0 {
                all.push(Comparison::new(
                    Arg::A1,
                    random.one_of(&any)(random.one_of(&small)),
                ));
            }
            all
        }
        Class::Equalities => vec![Comparison::new(
            Arg::A0,
            Test::Eq(random.one_of(&small) + random.one_of(&[0, HIGH])),
        )],
    }
}

/// Whether the kernel answers the witness as this program is simulated to, and not as the rules say.
fn confirmed(kernel: &Kernel, policy: &Policy, theirs: &Program, witness: SeccompData) -> bool {
    agree::with_kernel("libseccomp's program", theirs, &[witness], kernel);
    run(theirs, &witness).action != policy.decide(&witness).action
}

#[test]
fn the_prover_finds_what_libseccomp_gets_wrong() {
    let kernel = Kernel::by(env!("CARGO_BIN_EXE_callgate-probe"));
    let mended = callgate_oracle::version()
        > Version {
            major: 2,
            minor: 6,
            micro: 1,
        };
    for (class, goes_wrong) in [
        (Class::Inequalities, true),
        (Class::SeveralArguments, true),
        (Class::Equalities, false),
    ] {
        let mut random = Random::new(11);
        let (mut proved, mut refuted) = (0, 0);
        for at in 0..DRAWN {
            let policy = policy(&mut random, class);
            let theirs = match callgate_oracle::compile(&policy, Level::ALL[at % 2]) {
                Ok(theirs) => theirs,
                // Two rules of one condition, or a pair that it does not come back from.
                Err(OracleError::Rule { .. } | OracleError::WouldNotReturn) => continue,
                Err(error) => panic!("{class:?}: {error}"),
            };
            match prove(&policy, &theirs, Budget::default()) {
                // That it keeps a call from the cache is no other answer.
                Ok(()) | Err(CompileError::Cache { .. }) => proved += 1,
                Err(CompileError::Unproved { witness }) => {
                    refuted += 1;
                    assert!(
                        confirmed(&kernel, &policy, &theirs, witness),
                        "{class:?}: {witness:x?}\n{policy:#?}\n{theirs}"
                    );
                }
                Err(error) => panic!("{class:?}: {error}"),
            }
        }
        println!("{class:?}: {proved} proved, {refuted} refuted");
        assert!(proved > DRAWN / 2, "{class:?}: {proved} proved");
        if goes_wrong {
            assert!(refuted > 0 || mended, "{class:?}: none is refuted");
        } else {
            assert_eq!(refuted, 0, "{class:?}");
        }
    }
}
