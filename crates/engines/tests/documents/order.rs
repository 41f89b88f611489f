//! Under target `callgate` the order of a document's rules never matters.
//!
//! Documents are made at random from few calls, arguments and actions, so that most of their rules overlap.

use arbtest::arbitrary::{Result, Unstructured};
use callgate_engines::Target;
use callgate_syscalls::{Arch, Syscall};
use serde_json::{Value, json};

use crate::support;

const CALLS: [&str; 3] = ["getpgid", "setpgid", "socket"];

#[test]
fn the_order_of_rules_never_matters() {
    arbtest::arbtest(|u| {
        let mut rules: Vec<Value> = (0..u.int_in_range(1..=7)?)
            .map(|_| rule(u))
            .collect::<Result<_>>()?;
        let given = meaning(&rules);
        for at in (1..rules.len()).rev() {
            rules.swap(at, u.choose_index(at + 1)?);
        }
        let shuffled = meaning(&rules);
        for name in CALLS {
            for arch in [Arch::X86_64, Arch::X86] {
                let nr = Syscall::by_name(name)
                    .and_then(|call| call.number(arch))
                    .expect(name);
                for [a, b] in pairs() {
                    let args = [a, b, 0, 0, 0, 0];
                    let [one, two] = [&given, &shuffled]
                        .map(|resolved| support::action(resolved, arch, nr, args));
                    assert_eq!(one, two, "{arch} {name} {args:x?} {rules:?}");
                }
            }
        }
        Ok(())
    });
}

fn pairs() -> impl Iterator<Item = [u64; 2]> {
    const VALUES: [u64; 6] = [0, 1, 2, 3, 0x1_0000_0001, u64::MAX];
    VALUES.into_iter().flat_map(|a| VALUES.map(|b| [a, b]))
}

fn meaning(rules: &[Value]) -> callgate_engines::Resolved {
    let document = json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
        "x-actions": { "x-nosys": { "answer": "SCMP_ACT_ERRNO", "errnoRet": 38 } },
        "syscalls": rules,
    });
    support::resolved(&document.to_string(), &Target::default())
}

fn rule(u: &mut Unstructured<'_>) -> Result<Value> {
    let actions = [
        json!({ "action": "SCMP_ACT_ALLOW" }),
        json!({ "action": "SCMP_ACT_ERRNO", "errnoRet": 7 }),
        json!({ "action": "SCMP_ACT_ERRNO", "errno": "EACCES" }),
        json!({ "action": "SCMP_ACT_KILL" }),
        json!({ "action": "SCMP_ACT_KILL_PROCESS" }),
        json!({ "action": "SCMP_ACT_TRACE", "errnoRet": 3 }),
        json!({ "action": "SCMP_ACT_LOG" }),
        json!({ "action": "x-nosys" }),
    ];
    let mut rule = u.choose(&actions)?.clone();
    rule["names"] = json!([u.choose(&CALLS)?, u.choose(&CALLS)?]);
    let args = (0..u.int_in_range(0..=2)?)
        .map(|_| argument(u))
        .collect::<Result<Vec<_>>>()?;
    rule["args"] = Value::Array(args);
    Ok(rule)
}

fn argument(u: &mut Unstructured<'_>) -> Result<Value> {
    let op = u.choose(&["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"])?;
    let value: u64 = *u.choose(&[0, 1, 2, 3, 0x1_0000_0000])?;
    Ok(json!({
        "index": u.int_in_range(0..=1)?,
        "value": value,
        "valueTwo": u.int_in_range(0..=1)? & value,
        "op": format!("SCMP_CMP_{op}"),
    }))
}
