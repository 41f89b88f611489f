//! The checker is checked on whole profiles: their programs with one instruction changed are refused, unless they answer alike.
//!
//! Apart from the mutants of random policies, because real programs are long, and of several arches and both byte orders.

#[path = "../../crates/compile/tests/support/mutants.rs"]
mod mutants;

use callgate_bpf::run;
use callgate_compile::{Options, compile};
use callgate_engines::Target;
use callgate_policy::{Policy, SeccompData};
use callgate_profile::{builtin, parse};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::Arch;
use callgate_tests::documents::{self, Document};
use callgate_tests::left_out;

/// How many mutants of a program are tried, evenly spread.
const OF_EACH: usize = 150;

/// Refuted, and found equal.
#[derive(Default)]
struct Count {
    refuted: usize,
    equal: usize,
}

fn hold(policy: &Policy, count: &mut Count) {
    let program = compile(policy, &Options::default()).expect("it fits");
    let budget = Budget::default();
    let meaning = Diagram::of_policy(policy, budget).expect("it was proved");
    let calls = meaning.examples();
    let differs =
        |mutant, call: &SeccompData| run(mutant, call).action != policy.decide(call).action;
    let all: Vec<_> = mutants::of(&program).collect();
    for mutant in all.iter().step_by((all.len() / OF_EACH).max(1)) {
        let Ok(made) = Diagram::of_program(mutant, budget) else {
            continue;
        };
        match made.witness(&meaning) {
            Some(witness) => {
                count.refuted += 1;
                assert!(differs(mutant, &witness), "{witness:x?}\n{mutant}");
            }
            None => {
                count.equal += 1;
                for call in &calls {
                    assert!(!differs(mutant, call), "{call:x?}\n{mutant}");
                }
            }
        }
    }
}

#[test]
fn no_changed_program_of_a_profile_is_called_equal() {
    let mut documents = documents::ours();
    documents.push(Document {
        name: "docker:default".into(),
        text: builtin::DOCKER_DEFAULT.into(),
    });
    let others = documents::of_others();
    let all = others.is_some();
    match others {
        Some(others) => documents.extend(others),
        None => left_out(
            "tests::mutants::profiles of others",
            "../shared is not beside the checkout",
        ),
    }
    let mut count = Count::default();
    for document in &documents {
        let parsed = parse(&document.text, &callgate_profile::Options::default());
        let profile = parsed.profile.expect("a profile");
        for engine in ["callgate", "docker@28"] {
            for (native, arches) in [
                (Arch::X86_64, Some(vec![Arch::X86_64])),
                (Arch::X86_64, None),
                (Arch::S390x, None),
            ] {
                let target = Target {
                    native,
                    arches,
                    ..Target::new(engine.parse().expect("an engine"))
                };
                if let Ok(resolved) = callgate_engines::read(&profile, &target) {
                    hold(&resolved.policy, &mut count);
                }
            }
        }
    }
    let Count { refuted, equal } = count;
    println!("{refuted} mutants refuted, {equal} equal");
    assert!(refuted > equal);
    assert!(!all || refuted + equal >= 10_000, "{refuted} and {equal}");
}
