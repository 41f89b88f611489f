//! Profiles merged as `callgate merge` does, for every engine: as that engine reads them, and as it reads what is written.
//!
//! Apart from the diagrams' own tests, which know no engine: here a runtime may read rules as alternatives, or refuse some.

#[path = "../../compile/tests/support/mod.rs"]
mod support;

use arbtest::arbitrary::{Result, Unstructured};
use callgate_analyze::decompile::decompile;
use callgate_engines::{Target, read};
use callgate_policy::{Action, Policy, SeccompData};
use callgate_prove::{Budget, Diagram};
use serde_json::{Value, json};

const ENGINES: [&str; 8] = [
    "callgate",
    "docker@20.10+runc@1.1.5",
    "docker@28",
    "podman",
    "crio",
    "containerd",
    "runc",
    "crun",
];

/// One of the two ways to merge: on diagrams, and on two answers.
struct Way {
    diagrams:
        fn(&Diagram, &Diagram, Budget) -> std::result::Result<Diagram, callgate_prove::Undecided>,
    answers: fn(Action, Action) -> Action,
}

const WAYS: [Way; 2] = [
    Way {
        diagrams: Diagram::milder_of,
        answers: Action::max,
    },
    Way {
        diagrams: Diagram::stricter_of,
        answers: Action::min,
    },
];

#[test]
fn merges_are_exact_for_every_engine_in_whichever_order() {
    let mut exact = [0; ENGINES.len()];
    let mut tried = 0;
    arbtest::arbtest(|u| {
        let default = *u.choose(&["SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW"])?;
        let mut document = || document(default, u);
        let documents = [document()?, document()?, document()?];
        tried += 1;
        for (engine, exact) in ENGINES.iter().zip(&mut exact) {
            let target = Target::new(engine.parse().expect("an engine"));
            let read: Option<Vec<Policy>> = documents
                .iter()
                .map(|text| meaning(text, &target))
                .collect();
            // An engine that refuses one of them has nothing to merge.
            let Some(policies) = read else { continue };
            for way in &WAYS {
                *exact += usize::from(holds(way, &policies, &target));
            }
        }
        Ok(())
    })
    .budget_ms(10_000);
    for (engine, exact) in ENGINES.iter().zip(exact) {
        assert!(
            exact * 2 > tried,
            "{engine}: {exact} of {tried} could be written"
        );
    }
}

/// Whether the merge could be written, when all that must hold of it does.
fn holds(way: &Way, policies: &[Policy], target: &Target) -> bool {
    let budget = Budget::default();
    let diagrams: Vec<Diagram> = policies
        .iter()
        .map(|policy| Diagram::of_policy(policy, budget).expect("a small policy"))
        .collect();
    let merged = |one: &Diagram, other: &Diagram| {
        (way.diagrams)(one, other, budget).expect("two small ones")
    };
    let [a, b, c] = &diagrams[..] else {
        unreachable!("three documents are read")
    };
    let all = merged(&merged(a, b), c);
    assert_eq!(all, merged(c, &merged(b, a)), "{policies:#?}");
    assert_eq!(all, merged(&all, b), "{policies:#?}");
    let calls = policies.iter().flat_map(support::calls::interesting);
    let calls: Vec<_> = calls.collect();
    let answer = |call: &SeccompData| {
        let answers = policies.iter().map(|policy| policy.decide(call).action);
        answers.reduce(way.answers).expect("three of them")
    };
    for call in &calls {
        assert_eq!(all.answer(call), answer(call), "{call:x?} {policies:#?}");
    }
    let Ok(written) = decompile(&all, target, 1000, budget) else {
        return false;
    };
    let again = meaning(&written.text, target).expect("what is written is read");
    let differs = |call: &SeccompData| again.decide(call).action != answer(call);
    match written.differences.is_empty() {
        true => {
            let wrong = calls.iter().find(|call| differs(call));
            assert_eq!(wrong, None, "{target} {policies:#?} {}", written.text);
            true
        }
        false => {
            let shown = written.differences.iter().flat_map(|each| &each.witnesses);
            let shown: Vec<_> = shown.collect();
            assert!(
                !shown.is_empty() && shown.into_iter().all(differs),
                "{target}"
            );
            false
        }
    }
}

fn meaning(text: &str, target: &Target) -> Option<Policy> {
    let parsed = callgate_profile::parse(text.as_bytes(), &callgate_profile::Options::default());
    let profile = parsed.profile.expect("a profile");
    Some(read(&profile, target).ok()?.policy)
}

fn document(default: &str, u: &mut Unstructured<'_>) -> Result<String> {
    let rules = (0..u.int_in_range(0..=4)?)
        .map(|_| rule(u))
        .collect::<Result<Vec<_>>>()?;
    let document = json!({
        "defaultAction": default,
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
        "syscalls": rules,
    });
    Ok(document.to_string())
}

fn rule(u: &mut Unstructured<'_>) -> Result<Value> {
    let actions = [
        json!({ "action": "SCMP_ACT_ALLOW" }),
        json!({ "action": "SCMP_ACT_ERRNO", "errnoRet": 7 }),
        json!({ "action": "SCMP_ACT_ERRNO", "errnoRet": 13 }),
        json!({ "action": "SCMP_ACT_KILL_PROCESS" }),
        json!({ "action": "SCMP_ACT_LOG" }),
    ];
    let mut rule = u.choose(&actions)?.clone();
    rule["names"] = json!([u.choose(&["socket", "personality", "chmod", "kill"])?]);
    if u.arbitrary()? {
        let op = u.choose(&["SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_GE", "SCMP_CMP_LT"])?;
        let (index, value) = (u.int_in_range(0..=1)?, u.int_in_range(0..=3)?);
        rule["args"] = json!([{ "index": index, "value": value, "op": op }]);
    }
    Ok(rule)
}
