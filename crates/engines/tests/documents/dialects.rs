//! One document, several readers: which fields each of them reads, and what it makes of those.
//!
//! Apart from the measured cases, which are OCI documents alone: the dialects above them are known from their sources.

use callgate_engines::{Target, read};
use callgate_policy::Action;
use callgate_syscalls::{Arch, Syscall};

use crate::support;

/// What `getpgid(2)` gets of a document from a target; none where it is refused.
fn answer(text: &str, target: &str) -> Option<Action> {
    let target: Target = target.parse().expect("a target");
    let number = Syscall::by_name("getpgid").and_then(|call| call.number(Arch::X86_64));
    let resolved = read(&support::profile(text), &target).ok()?;
    let args = [2, 0, 0, 0, 0, 0];
    Some(support::action(
        &resolved,
        Arch::X86_64,
        number.expect("a number"),
        args,
    ))
}

fn document(fields: &str) -> String {
    format!(r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ {{ {fields} }} ] }}"#)
}

fn rule(fields: &str) -> String {
    document(&format!(
        r#""names": ["getpgid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 7, {fields}"#
    ))
}

const SEVEN: Option<Action> = Some(Action::Errno(7));
const ALLOW: Option<Action> = Some(Action::Allow);

#[test]
fn each_reader_has_its_fields() {
    let cases = [
        // A capability that Docker does not give: a straight reader applies the rule all the same.
        (
            rule(r#""includes": { "caps": ["CAP_SYS_ADMIN"] }"#),
            [ALLOW, ALLOW, ALLOW, SEVEN, SEVEN, SEVEN],
        ),
        // A release that there is not: only Docker's dialect asks for one.
        (
            rule(r#""includes": { "minKernel": "99.0" }"#),
            [ALLOW, SEVEN, SEVEN, SEVEN, SEVEN, SEVEN],
        ),
        // What is no release is refused by who decodes it.
        (
            rule(r#""includes": { "minKernel": "four" }"#),
            [None, SEVEN, SEVEN, SEVEN, SEVEN, SEVEN],
        ),
        // An errno by its name, which wins over the number.
        (
            rule(r#""errno": "ENOENT""#),
            [
                SEVEN,
                Some(Action::Errno(2)),
                Some(Action::Errno(2)),
                SEVEN,
                SEVEN,
                SEVEN,
            ],
        ),
        (
            rule(r#""errno": "12""#),
            [
                SEVEN,
                Some(Action::Errno(12)),
                Some(Action::Errno(12)),
                SEVEN,
                SEVEN,
                SEVEN,
            ],
        ),
        (
            rule(r#""errno": "ENOTHING""#),
            [SEVEN, None, None, SEVEN, SEVEN, SEVEN],
        ),
        // The old way to name a call; crun and youki demand the new one.
        (
            document(r#""name": "getpgid", "action": "SCMP_ACT_ERRNO", "errnoRet": 7"#),
            [SEVEN, SEVEN, SEVEN, ALLOW, None, None],
        ),
        // Both ways: refused by who knows both.
        (
            rule(r#""name": "getpgid""#),
            [None, None, None, SEVEN, SEVEN, SEVEN],
        ),
        // Keys in another case: Go does not mind, and the others do not see them.
        (
            document(r#""names": ["getpgid"], "action": "SCMP_ACT_ERRNO", "ERRNORET": 7"#),
            [
                SEVEN,
                SEVEN,
                SEVEN,
                SEVEN,
                Some(Action::Errno(1)),
                Some(Action::Errno(1)),
            ],
        ),
        // Operands that youki swaps.
        (
            rule(
                r#""args": [ { "index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": 2, "valueTwo": 2 } ]"#,
            ),
            [SEVEN; 6],
        ),
        (
            rule(
                r#""args": [ { "index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": 4, "valueTwo": 2 } ]"#,
            ),
            [SEVEN, SEVEN, SEVEN, SEVEN, SEVEN, ALLOW],
        ),
    ];
    let targets = ["docker", "podman", "crio", "containerd", "crun", "youki"];
    for (text, answers) in cases {
        for (target, answer) in targets.into_iter().zip(answers) {
            assert_eq!(self::answer(&text, target), answer, "{target}: {text}");
        }
    }
}

#[test]
fn a_runtime_below_an_engine_is_the_runtime() {
    // crun looks at six comparisons, and this one is the seventh.
    let never = r#"{ "index": 0, "op": "SCMP_CMP_EQ", "value": 9 }"#;
    let seventh = r#"{ "index": 0, "op": "SCMP_CMP_EQ", "value": 2 }"#;
    let text = rule(&format!(
        r#""args": [ {never}, {never}, {never}, {never}, {never}, {never}, {seventh} ]"#
    ));
    for (target, expected) in [
        ("docker+runc", SEVEN),
        ("docker+crun", ALLOW),
        ("docker+youki", SEVEN),
        ("podman", ALLOW),
        ("podman+runc", SEVEN),
        ("crio+crun", ALLOW),
        ("containerd", SEVEN),
        ("containerd+crun", ALLOW),
    ] {
        assert_eq!(answer(&text, target), expected, "{target}");
    }
}

#[test]
fn only_runc_puts_a_ceiling() {
    let text = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 9,
        "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [ { "names": ["getpgid"], "action": "SCMP_ACT_ALLOW" } ] }"#;
    for (target, errno) in [
        ("docker", 38),
        ("docker@20.10", 38),
        ("containerd", 38),
        ("runc@1.1.5", 38),
        ("podman+runc", 38),
        ("podman", 9),
        ("docker+crun", 9),
        ("crun", 9),
        ("youki", 9),
    ] {
        let resolved = support::resolved(text, &target.parse().expect("a target"));
        let answer = support::action(&resolved, Arch::X86_64, 440, [0; 6]);
        assert_eq!(answer, Action::Errno(errno), "{target}");
    }
}

#[test]
fn what_is_not_read_is_told() {
    let text = rule(r#""includes": { "caps": ["CAP_SYS_ADMIN"], "minKernel": "99.0" }"#);
    for (target, told) in [
        ("docker", None),
        (
            "podman",
            Some("Podman does not read `minKernel`: the rule applies on every kernel"),
        ),
        (
            "crio",
            Some("CRI-O does not read `minKernel`: the rule applies on every kernel"),
        ),
        (
            "containerd",
            Some("containerd does not read `includes`: the rule always applies"),
        ),
        (
            "crun",
            Some("crun does not read `includes`: the rule always applies"),
        ),
    ] {
        let resolved = support::resolved(&text, &target.parse().expect("a target"));
        let found = resolved
            .problems
            .iter()
            .find(|problem| problem.code == "CG223");
        assert_eq!(
            found.map(|problem| problem.message.as_str()),
            told,
            "{target}"
        );
    }
}
