//! Amendments on small profiles and on Docker's default, under several targets.
//!
//! Apart from the proof, because the judge here is what each target decides for single calls.

use callgate_engines::{Target, read};
use callgate_policy::{Action, Arg, Comparison, SeccompData, Test};
use callgate_profile::{Base, Bases, Extending, Options, builtin, parse, parse_with};
use callgate_prove::Budget;
use callgate_syscalls::{Arch, Syscall};

use super::*;

fn subject(name: &str, comparisons: &[Comparison]) -> Subject {
    Subject {
        call: Syscall::by_name(name).expect("a call"),
        comparisons: comparisons.to_vec(),
    }
}

fn first_is(value: u64) -> Comparison {
    let mask = 0xffff_ffff;
    Comparison::new(Arg::A0, Test::MaskedEq { mask, value })
}

fn answer(text: &str, target: &Target, name: &str, first: u64) -> Action {
    let parsed = parse(text.as_bytes(), &Options::default());
    let profile = parsed.profile.expect("a profile");
    let resolved = read(&profile, target).expect("the target takes it");
    resolved.policy.decide(&call(name, first)).action
}

fn call(name: &str, first: u64) -> SeccompData {
    let call = Syscall::by_name(name).expect("a call");
    SeccompData {
        arch: Arch::X86_64.audit(),
        nr: call.number(Arch::X86_64).expect("x86_64 has it"),
        args: [first, 0, 0, 0, 0, 0],
        ..SeccompData::default()
    }
}

fn targets() -> Vec<Target> {
    let names = ["callgate", "docker@28", "containerd", "crun@1.8.1"];
    let read = |name: &&str| name.parse().expect("a target");
    names.iter().map(read).collect()
}

const SMALL: &str = r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 8, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#;

#[test]
fn a_name_joins_the_rule_that_says_it() {
    let subjects = [subject("getpid", &[])];
    let done = amend(
        SMALL,
        &subjects,
        Answer::Allow,
        &targets(),
        Budget::default(),
    );
    let text = done.expect("an edit").text;
    assert_eq!(text, SMALL.replace("[\"read\"", "[\"getpid\", \"read\""));
    let again = amend(
        &text,
        &subjects,
        Answer::Allow,
        &targets(),
        Budget::default(),
    );
    assert_eq!(again.expect("nothing to do").text, text);
}

#[test]
fn a_name_leaves_the_rule_that_allowed_it() {
    let subjects = [subject("write", &[]), subject("personality", &[])];
    let done = amend(
        SMALL,
        &subjects,
        Answer::Deny(1),
        &targets(),
        Budget::default(),
    );
    let text = done.expect("an edit").text;
    let start = text.find(",\n    { \"names\": [\"personality").is_some();
    assert!(
        !start && text.contains("{ \"names\": [\"read\"], \"action\""),
        "{text}"
    );
    for target in targets() {
        assert_eq!(answer(&text, &target, "write", 0), Action::Errno(1));
        assert_eq!(answer(&text, &target, "personality", 8), Action::Errno(1));
        assert_eq!(answer(&text, &target, "read", 0), Action::Allow);
    }
}

#[test]
fn arguments_are_allowed_and_denied_alone() {
    let subjects = [subject("personality", &[first_is(0x4_0000)])];
    let done = amend(
        SMALL,
        &subjects,
        Answer::Allow,
        &targets(),
        Budget::default(),
    );
    let text = done.expect("an edit").text;
    for target in targets() {
        assert_eq!(
            answer(&text, &target, "personality", 0x4_0000),
            Action::Allow
        );
        assert_eq!(answer(&text, &target, "personality", 8), Action::Allow);
        assert_eq!(answer(&text, &target, "personality", 9), Action::Errno(1));
    }
    let subjects = [subject("read", &[first_is(7)])];
    let done = amend(
        SMALL,
        &subjects,
        Answer::Deny(13),
        &targets(),
        Budget::default(),
    );
    let text = done.expect("an edit").text;
    for target in targets() {
        assert_eq!(
            answer(&text, &target, "read", 7),
            Action::Errno(13),
            "{target} {text}"
        );
        assert_eq!(
            answer(&text, &target, "read", 1 << 32 | 7),
            Action::Errno(13)
        );
        assert_eq!(answer(&text, &target, "read", 8), Action::Allow);
    }
}

#[test]
fn what_is_killed_is_denied_and_never_loosened() {
    let text = SMALL.replace("SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS");
    let subjects = [subject("getpid", &[])];
    let done = amend(
        &text,
        &subjects,
        Answer::Deny(1),
        &targets(),
        Budget::default(),
    );
    assert_eq!(done.expect("nothing to do").text, text);
    let subjects = [subject("personality", &[])];
    let done = amend(
        &text,
        &subjects,
        Answer::Deny(1),
        &targets(),
        Budget::default(),
    );
    assert!(matches!(done, Err(NotAmended::Opens(..))), "{done:?}");
}

#[test]
fn the_default_of_docker_is_amended_in_one_place() {
    let text = builtin::DOCKER_DEFAULT;
    let subjects = ["chmod", "fchmod", "fchmodat", "fchmodat2"].map(|name| subject(name, &[]));
    let docker = ["docker@28".parse().expect("a target")];
    let done = amend(text, &subjects, Answer::Deny(1), &docker, Budget::default());
    let after = done.expect("an edit").text;
    let gone: Vec<&str> = text.lines().filter(|line| !after.contains(line)).collect();
    assert_eq!(gone.len(), 4, "{gone:?}");
    assert_eq!(text.lines().count() - after.lines().count(), 4);
    assert_eq!(answer(&after, &docker[0], "chmod", 0), Action::Errno(1));
}

/// runc skips rules of the default's action, and takes two comparisons of an argument for alternatives: so the rule that allows it,
/// which has conditions, is said in others that leave the value out.
#[test]
fn a_value_is_denied_out_of_what_a_rule_with_conditions_allows() {
    let forking = Comparison::new(Arg::A0, Test::Eq(17));
    let docker: Target = "docker@28".parse().expect("a target");
    let amended = amend(
        builtin::DOCKER_DEFAULT,
        &[subject("clone", &[forking])],
        Answer::Deny(1),
        std::slice::from_ref(&docker),
        Budget::default(),
    );
    let text = amended.expect("there is an edit").text;
    for (first, action) in [
        (17, Action::Errno(1)),
        (16, Action::Allow),
        (19, Action::Allow),
        (0x3d_0f00, Action::Allow),
        (0x1000_0000, Action::Errno(1)),
        (0x1000_0011, Action::Errno(1)),
    ] {
        assert_eq!(answer(&text, &docker, "clone", first), action, "{first:#x}");
    }
    // Under other conditions it is as before.
    let admin = Target {
        caps: callgate_syscalls::CapabilitySet::ALL,
        ..docker
    };
    assert_eq!(answer(&text, &admin, "clone", 0x1000_0000), Action::Allow);
}

#[test]
fn only_the_profile_is_edited_and_its_base_counts() {
    let base = builtin::DOCKER_DEFAULT;
    let text = "{\n  \"x-extends\": \"docker:default\",\n  \"syscalls\": [\n    { \"names\": [\"chmod\"], \"action\": \"SCMP_ACT_ERRNO\" }\n  ]\n}\n";
    let bases = Bases::find("mine", text.as_bytes(), &Options::default(), |name, _| {
        Ok(Base {
            name: name.to_owned(),
            text: base.into(),
        })
    });
    let docker = ["docker@28".parse().expect("a target")];
    let answer = |text: &str, name: &str, first: u64| {
        let parsed = parse_with(text.as_bytes(), &Options::default(), &bases);
        let resolved = read(&parsed.profile.expect("a profile"), &docker[0]).expect("a meaning");
        resolved.policy.decide(&call(name, first)).action
    };
    let amended = |text: &str, subject: Subject, answer| {
        let extending = Extending {
            text,
            bases: &bases,
        };
        let done = amend(extending, &[subject], answer, &docker, Budget::default());
        let done = done.unwrap_or_else(|reason| panic!("{reason}"));
        assert_eq!(done.also, [Vec::new()], "{}", done.text);
        done.text
    };
    // What the base lets through is refused by a rule of the profile, and comes back without it.
    let denied = amended(text, subject("fchmod", &[]), Answer::Deny(1));
    let expected = text.replace("[\"chmod\"]", "[\"chmod\", \"fchmod\"]");
    assert_eq!(
        denied.replace(", \"errnoRet\": 1", ""),
        expected.replace(", \"errnoRet\": 1", "")
    );
    assert_eq!(
        amended(text, subject("chmod", &[]), Answer::Allow)
            .matches("chmod")
            .count(),
        0
    );
    // Of a call of which a part changes, the base's rules are taken over, conditions and all.
    let once = amended(
        text,
        subject("personality", &[first_is(0x40000)]),
        Answer::Allow,
    );
    for (value, action) in [
        (0x40000, Action::Allow),
        (8, Action::Allow),
        (0x40001, Action::Errno(1)),
    ] {
        assert_eq!(answer(&once, "personality", value), action, "{once}");
    }
    let twice = amended(&once, subject("clone", &[first_is(0x11)]), Answer::Deny(13));
    assert!(twice.contains("CAP_SYS_ADMIN"), "{twice}");
    for (value, action) in [
        (0x11, Action::Errno(13)),
        (0, Action::Allow),
        (0x1000_0000, Action::Errno(1)),
    ] {
        assert_eq!(answer(&twice, "clone", value), action, "{twice}");
    }
}
