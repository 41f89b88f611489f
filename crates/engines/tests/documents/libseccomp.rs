//! Sets of rules for one call, with what the filters answer that libseccomp 2.5.4 makes of them.
//!
//! Made at random and measured for this project: each line has an arch, the rules in the order in which they were added,
//! and arguments with the errno that they got, or the rule that libseccomp did not take, or that it did not return.

use callgate_engines::{Target, read};
use callgate_policy::Action;
use callgate_syscalls::{Arch, Syscall};
use serde_json::{Value, json};

use crate::support;

const MEASURED: &str = include_str!("libseccomp-2.5.4.tsv");

#[test]
fn libseccomp_did_what_the_model_says() {
    let (mut held, mut unknown) = (0, 0);
    for line in MEASURED.lines() {
        match judge(line) {
            Verdict::Held => held += 1,
            Verdict::Unknown => unknown += 1,
        }
    }
    // What is not modelled is told, and is not the most of it.
    assert_eq!((held, unknown), (274, 0));
}

enum Verdict {
    Held,
    Unknown,
}

fn judge(line: &str) -> Verdict {
    let [arch, rules, outcome] = line.split('\t').collect::<Vec<_>>()[..] else {
        panic!("a line has three columns: {line}");
    };
    let native: Arch = arch.parse().expect("an arch");
    let rules: Vec<Value> = rules.split(" | ").map(rule).collect();
    let document = json!({ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules });
    let target = Target {
        native,
        ..Target::new("docker".parse().expect("an engine"))
    };
    let meaning = read(&support::profile(&document.to_string()), &target);
    let resolved = match meaning {
        Ok(resolved) => resolved,
        Err(refusal) => {
            let word = match refusal.problems[0].code {
                "CG222" => "endless",
                _ => "rejected",
            };
            assert!(outcome.starts_with(word), "{line}: {refusal}");
            return Verdict::Held;
        }
    };
    if resolved
        .problems
        .iter()
        .any(|problem| problem.code == "CG220")
    {
        return Verdict::Unknown;
    }
    let nr = Syscall::by_name("getpgid")
        .and_then(|call| call.number(native))
        .expect("a call");
    for pair in outcome.split(' ') {
        let (values, answer) = pair
            .split_once('=')
            .unwrap_or_else(|| panic!("not foreseen: {line}"));
        let mut args = [0; 6];
        for (place, value) in args.iter_mut().zip(values.split(',')) {
            *place = number(value);
        }
        let measured = match answer {
            "allow" => Action::Allow,
            errno => Action::Errno(errno.parse().expect("an errno")),
        };
        assert_eq!(
            support::action(&resolved, native, nr, args),
            measured,
            "{values} of {line}"
        );
    }
    Verdict::Held
}

/// A rule of `a0>=0x1 a1&0x3==0x1 -> 70`.
fn rule(text: &str) -> Value {
    let (comparisons, errno) = text.split_once(" -> ").expect("an errno");
    let comparisons = comparisons
        .split(' ')
        .filter(|&comparison| comparison != "all");
    let args: Vec<Value> = comparisons.map(argument).collect();
    let errno: u16 = errno.parse().expect("an errno");
    json!({ "names": ["getpgid"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno, "args": args })
}

fn argument(text: &str) -> Value {
    let index = number(&text[1..2]);
    let rest = &text[2..];
    if let Some(masked) = rest.strip_prefix('&') {
        let (mask, value) = masked.split_once("==").expect("a value");
        return json!({ "index": index, "op": "SCMP_CMP_MASKED_EQ", "value": number(mask), "valueTwo": number(value) });
    }
    let operators = [
        ("!=", "NE"),
        ("<=", "LE"),
        (">=", "GE"),
        ("==", "EQ"),
        ("<", "LT"),
        (">", "GT"),
    ];
    let found = operators
        .iter()
        .find_map(|(sign, op)| Some((op, rest.strip_prefix(sign)?)));
    let (op, value) = found.expect("an operator");
    json!({ "index": index, "op": format!("SCMP_CMP_{op}"), "value": number(value) })
}

fn number(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).expect(text),
        None => text.parse().expect(text),
    }
}
