//! What a profile and its base mean together: for the calls that the profile names, the profile alone, for all others the base alone.
//!
//! Apart from the documents with expected answers, because these are made up, and the answers are those of each part by itself.

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use callgate_engines::{Target, read};
use callgate_policy::{Policy, SeccompData};
use callgate_profile::{Base, Bases, Options, parse, parse_with};
use callgate_syscalls::{Arch, Syscall};

const CALLS: [&str; 4] = ["read", "kill", "clone", "personality"];

/// Rules for some of the calls, as JSON, and the calls that they name.
fn rules(source: &mut Unstructured<'_>) -> Result<(String, Vec<&'static str>)> {
    let mut rules = Vec::new();
    let mut named = Vec::new();
    for _ in 0..source.int_in_range(0..=4)? {
        let names: Vec<&str> = CALLS
            .into_iter()
            .filter(|_| source.ratio(1, 3).unwrap_or(false))
            .collect();
        if names.is_empty() {
            continue;
        }
        let action = source.choose(&["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_TRAP"])?;
        let args = match source.int_in_range(0..=2_u8)? {
            0 => String::new(),
            value => {
                format!(r#", "args": [ {{ "index": 0, "value": {value}, "op": "SCMP_CMP_EQ" }} ]"#)
            }
        };
        let caps = match source.int_in_range(0..=3_u8)? {
            0 => r#", "includes": { "caps": ["CAP_SYS_ADMIN"] }"#,
            1 => r#", "excludes": { "caps": ["CAP_SYS_ADMIN"] }"#,
            _ => "",
        };
        let list = names.join("\", \"");
        rules.push(format!(
            r#"{{ "names": ["{list}"], "action": "{action}"{args}{caps} }}"#
        ));
        named.extend(names);
    }
    Ok((rules.join(", "), named))
}

fn profile(head: &str, rules: &str) -> String {
    format!(r#"{{ {head}, "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [ {rules} ] }}"#)
}

/// What a target makes of a text; none where it refuses it.
fn policy(text: &str, bases: &Bases, target: &Target) -> Option<Policy> {
    let parsed = parse_with(text.as_bytes(), &Options::default(), bases);
    let resolved = read(&parsed.profile.expect("a profile"), target).ok()?;
    Some(resolved.policy)
}

#[test]
fn each_call_has_the_rules_of_one_text() {
    let targets = ["callgate", "docker@28", "crun@1.8.1"]
        .map(|name| -> Target { name.parse().expect("a target") });
    arbtest(|source| {
        let (own, named) = rules(source)?;
        let (others, _) = rules(source)?;
        let default = r#""defaultAction": "SCMP_ACT_LOG""#;
        let base = profile(default, &others);
        let text = format!(r#"{{ "x-extends": "base", "syscalls": [ {own} ] }}"#);
        let bases = Bases::find("mine", text.as_bytes(), &Options::default(), |name, _| {
            Ok(Base {
                name: name.to_owned(),
                text: base.clone().into_bytes(),
            })
        });
        let alone = profile(default, &own);
        for target in &targets {
            let parts = [&alone, &base].map(|part| policy(part, &Bases::default(), target));
            let Some(whole) = policy(&text, &bases, target) else {
                // Contradictions are within one part.
                assert!(parts.contains(&None), "{target}: {text}\n{base}");
                continue;
            };
            for name in CALLS {
                let part = if named.contains(&name) {
                    &parts[0]
                } else {
                    &parts[1]
                };
                let Some(part) = part else { continue };
                let nr = Syscall::by_name(name).and_then(|call| call.number(Arch::X86_64));
                for value in 0..4 {
                    let call = SeccompData {
                        arch: Arch::X86_64.audit(),
                        nr: nr.expect("x86_64 has it"),
                        args: [value, 0, 0, 0, 0, 0],
                        ..SeccompData::default()
                    };
                    assert_eq!(
                        whole.decide(&call).action,
                        part.decide(&call).action,
                        "{target}: {name}({value})\n{text}\n{base}"
                    );
                }
            }
        }
        Ok(())
    })
    .budget_ms(2_000);
}

#[test]
fn without_its_base_callgate_refuses_a_profile_and_engines_read_what_is_there() {
    let text = r#"{ "x-extends": "base", "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [] }"#;
    let parsed = parse(text.as_bytes(), &Options::default());
    let profile = parsed.profile.expect("a profile");
    let refusal = read(&profile, &Target::default()).expect_err("the base is not there");
    assert_eq!(
        refusal.to_string(),
        "the profile extends `base`, which was not read with it"
    );
    assert!(read(&profile, &"docker@28".parse().expect("a target")).is_ok());
}

#[test]
fn engines_refuse_a_profile_that_leaves_the_default_to_its_base() {
    let text = r#"{ "x-extends": "base", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ALLOW" } ] }"#;
    let profile = parse(text.as_bytes(), &Options::default())
        .profile
        .expect("a profile");
    for engine in [
        "docker@28",
        "docker@20.10",
        "podman",
        "podman+crun",
        "containerd",
        "crio",
        "runc",
        "crun",
        "youki",
    ] {
        let target: Target = engine.parse().expect("a target");
        assert!(read(&profile, &target).is_err(), "{engine}");
    }
}
