//! One call for every branch of a profile's diagram, put to all that can answer: the diagram, the reference, the program and the kernel.
//!
//! Apart from the calls at the edges of rules, because these are chosen by the prover: what it got wrong would show here.

use callgate_compile::{Options, compile};
use callgate_engines::{Resolved, Target};
use callgate_profile::{builtin, parse};
use callgate_prove::{Budget, Diagram};
use callgate_tests::documents::{self, Document};
use callgate_tests::kernel::Kernel;
use callgate_tests::{agree, left_out};

fn hold(document: &Document, target: &Target, kernel: &Kernel) -> usize {
    let what = format!("{} for {target}", document.name);
    let parsed = parse(&document.text, &callgate_profile::Options::default());
    let profile = parsed
        .profile
        .unwrap_or_else(|| panic!("{what}: no profile"));
    let Ok(Resolved { policy, .. }) = callgate_engines::read(&profile, target) else {
        return 0;
    };
    let program = compile(&policy, &Options::default()).unwrap_or_else(|e| panic!("{what}: {e}"));
    let budget = Budget::default();
    let meaning = Diagram::of_policy(&policy, budget).expect("compile had enough");
    let made = Diagram::of_program(&program, budget).expect("compile had enough");
    assert_eq!(meaning, made, "{what}");
    let calls = meaning.examples();
    for call in &calls {
        let expected = policy.decide(call).action;
        assert_eq!(
            meaning.answer(call),
            expected,
            "{what}: {}",
            agree::name(call)
        );
    }
    agree::with_reference(&what, &program, &policy, &calls);
    agree::with_kernel(&what, &program, &calls, kernel)
}

#[test]
fn every_branch_is_answered_alike() {
    let kernel = Kernel::by(env!("CARGO_BIN_EXE_callgate-probe"));
    let mut documents = documents::ours();
    documents.push(Document {
        name: "docker:default".into(),
        text: builtin::DOCKER_DEFAULT.into(),
    });
    match documents::of_others() {
        Some(others) => documents.extend(others),
        None => left_out(
            "tests::branches::profiles of others",
            "../shared is not beside the checkout",
        ),
    }
    let mut asked = 0;
    for document in &documents {
        for engine in ["callgate", "docker@28"] {
            let target: Target = engine.parse().expect("a known engine");
            asked += hold(document, &target, &kernel);
        }
    }
    println!("{asked} calls");
    assert!(asked > 1_000, "{asked} calls");
}
