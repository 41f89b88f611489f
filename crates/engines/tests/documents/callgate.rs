//! callgate's own reading of small documents: what they mean, and why some mean nothing.

use callgate_engines::{Target, read};
use callgate_policy::{Action, Policy};
use callgate_syscalls::{Arch, CapabilitySet, Release, Syscall};

use crate::support;

/// What getpgid gets on an arch, with this as its first argument.
fn getpgid(text: &str, target: &Target, arch: Arch, first: u64) -> Action {
    let nr = Syscall::by_name("getpgid")
        .and_then(|call| call.number(arch))
        .expect("a call");
    support::action(
        &support::resolved(text, target),
        arch,
        nr,
        [first, 0, 0, 0, 0, 0],
    )
}

fn document(rules: &str) -> String {
    format!(r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ {rules} ] }}"#)
}

/// A rule that kills, with more fields.
fn kill(fields: &str) -> String {
    format!(r#"{{ "names": ["getpgid"], "action": "SCMP_ACT_KILL_PROCESS", {fields} }}"#)
}

#[test]
fn conditions_hold_as_docker_has_them() {
    let all = Target {
        caps: CapabilitySet::ALL,
        ..Target::default()
    };
    let old = Target {
        kernel: Release::new(4, 7),
        ..Target::default()
    };
    let arm = Target {
        native: Arch::Aarch64,
        ..Target::default()
    };
    let targets = [Target::default(), all, old, arm];
    for (fields, kills) in [
        (r#""comment": "always""#, [true, true, true, true]),
        (
            r#""includes": {}, "excludes": {}"#,
            [true, true, true, true],
        ),
        (
            r#""includes": { "caps": ["CAP_CHOWN", "CAP_BPF"] }"#,
            [false, true, false, false],
        ),
        (
            r#""excludes": { "caps": ["CAP_BPF", "CAP_SYS_ADMIN"] }"#,
            [true, false, true, true],
        ),
        (
            r#""includes": { "caps": ["chown"] }"#,
            [false, false, false, false],
        ),
        (
            r#""includes": { "arches": ["amd64", "s390x"] }"#,
            [true, true, true, false],
        ),
        (
            r#""excludes": { "arches": ["arm64"] }"#,
            [true, true, true, false],
        ),
        (
            r#""includes": { "minKernel": "4.8" }"#,
            [true, true, false, true],
        ),
        (
            r#""excludes": { "minKernel": "4.8" }"#,
            [false, false, true, false],
        ),
        (
            r#""includes": { "minKernel": "" }"#,
            [true, true, true, true],
        ),
        (
            r#""excludes": { "minKernel": "" }"#,
            [false, false, false, false],
        ),
        (
            r#""includes": { "caps": ["CAP_CHOWN"], "minKernel": "4.8" }"#,
            [true, true, false, true],
        ),
        (
            r#""excludes": { "caps": ["CAP_BPF"], "arches": ["arm64"] }"#,
            [true, false, true, false],
        ),
    ] {
        let text = document(&kill(fields));
        let found = targets
            .each_ref()
            .map(|target| getpgid(&text, target, target.native, 0) == Action::KillProcess);
        assert_eq!(found, kills, "{fields}");
    }
}

#[test]
fn arches_are_those_that_are_listed() {
    let sections = |policy: &Policy| {
        policy
            .sections()
            .iter()
            .map(|section| section.arch)
            .collect::<Vec<_>>()
    };
    let map = r#""archMap": [ { "architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] } ]"#;
    let arm = Target {
        native: Arch::Aarch64,
        ..Target::default()
    };
    let stated = Target {
        arches: Some(vec![Arch::S390x, Arch::Arm]),
        ..Target::default()
    };
    for (field, target, arches) in [
        (r#""flags": []"#, Target::default(), vec![Arch::X86_64]),
        (
            r#""architectures": ["SCMP_ARCH_ARM", "SCMP_ARCH_ARM"]"#,
            Target::default(),
            vec![Arch::Arm],
        ),
        (
            r#""architectures": ["SCMP_ARCH_NATIVE"]"#,
            arm.clone(),
            vec![Arch::Aarch64],
        ),
        (
            map,
            Target::default(),
            vec![Arch::X86_64, Arch::X86, Arch::X32],
        ),
        (map, arm, vec![Arch::Aarch64]),
        (map, stated, vec![Arch::S390x, Arch::Arm]),
    ] {
        let text = format!(r#"{{ "defaultAction": "SCMP_ACT_ALLOW", {field} }}"#);
        let resolved = support::resolved(&text, &target);
        assert_eq!(sections(&resolved.policy), arches, "{field}");
        assert_eq!(resolved.policy.bad_arch(), Action::KillProcess);
    }
}

#[test]
fn actions_have_their_data() {
    let declared = r#""x-actions": { "x-nosys": { "answer": "SCMP_ACT_ERRNO", "errnoRet": 38 }, "x-ask": { "answer": "SCMP_ACT_NOTIFY", "plugin": "ask" } }"#;
    for (fields, x86_64, mips) in [
        (
            r#""action": "SCMP_ACT_ERRNO""#,
            Action::Errno(1),
            Action::Errno(1),
        ),
        (
            r#""action": "SCMP_ACT_ERRNO", "errnoRet": 4095"#,
            Action::Errno(4095),
            Action::Errno(4095),
        ),
        (
            r#""action": "SCMP_ACT_ERRNO", "errno": "ENOSYS""#,
            Action::Errno(38),
            Action::Errno(89),
        ),
        (
            r#""action": "SCMP_ACT_ERRNO", "errno": "13", "errnoRet": 7"#,
            Action::Errno(13),
            Action::Errno(13),
        ),
        (
            r#""action": "SCMP_ACT_TRACE", "errnoRet": 65535"#,
            Action::Trace(65535),
            Action::Trace(65535),
        ),
        (
            r#""action": "SCMP_ACT_TRAP", "errnoRet": 5"#,
            Action::Trap(0),
            Action::Trap(0),
        ),
        (
            r#""action": "SCMP_ACT_KILL""#,
            Action::KillThread,
            Action::KillThread,
        ),
        (
            r#""action": "x-nosys""#,
            Action::Errno(38),
            Action::Errno(38),
        ),
        (r#""action": "x-ask""#, Action::Notify, Action::Notify),
    ] {
        let text = format!(
            r#"{{ "defaultAction": "SCMP_ACT_ALLOW", {declared}, "syscalls": [ {{ "names": ["getpgid"], {fields} }} ] }}"#
        );
        for (native, action) in [(Arch::X86_64, x86_64), (Arch::Mips64, mips)] {
            let target = Target {
                native,
                ..Target::default()
            };
            assert_eq!(
                getpgid(&text, &target, native, 0),
                action,
                "{fields} on {native}"
            );
        }
    }
}

#[test]
fn comparisons_are_of_sixty_four_bits_and_all_hold() {
    let args = |args: &str| document(&kill(&format!(r#""args": [ {args} ]"#)));
    let from_two = r#"{ "index": 0, "value": 2, "op": "SCMP_CMP_GE" }"#;
    let to_four = r#"{ "index": 0, "value": 4, "op": "SCMP_CMP_LE" }"#;
    let range = args(&format!("{from_two}, {to_four}"));
    let large = args(r#"{ "index": 0, "value": 4294967297, "op": "SCMP_CMP_EQ" }"#);
    let outside = args(r#"{ "index": 0, "value": 1, "valueTwo": 3, "op": "SCMP_CMP_MASKED_EQ" }"#);
    let x86 = Target {
        native: Arch::X86,
        ..Target::default()
    };
    for (text, first, wide, narrow) in [
        (&range, 1, false, false),
        (&range, 2, true, true),
        (&range, 4, true, true),
        (&range, 5, false, false),
        (&large, 0x1_0000_0001, true, false),
        (&large, 1, false, false),
        (&outside, 3, false, false),
    ] {
        let kills =
            |target: &Target| getpgid(text, target, target.native, first) == Action::KillProcess;
        assert_eq!(
            (kills(&Target::default()), kills(&x86)),
            (wide, narrow),
            "{text} {first:#x}"
        );
    }
    let resolved = support::resolved(&outside, &Target::default());
    let codes: Vec<&str> = resolved
        .problems
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(codes, ["CG207"]);
}

#[test]
fn what_could_be_taken_in_two_ways_is_refused() {
    let ask = |name: &str, first: u64| {
        format!(
            r#"{{ "names": ["getpgid"], "action": "{name}", "args": [ {{ "index": 0, "value": {first}, "op": "SCMP_CMP_EQ" }} ] }}"#
        )
    };
    let two = |first: u64, second: u64| {
        format!(
            r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "x-actions": {{ "x-a": {{ "answer": "SCMP_ACT_NOTIFY" }}, "x-b": {{ "answer": "SCMP_ACT_NOTIFY" }} }},
            "syscalls": [ {}, {} ] }}"#,
            ask("x-a", first),
            ask("x-b", second)
        )
    };
    let refused = |text: &str| {
        let refusal = read(&support::profile(text), &Target::default()).err();
        refusal.map_or(Vec::new(), |refusal| {
            refusal
                .problems
                .iter()
                .map(|problem| problem.code)
                .collect()
        })
    };
    let rule = |fields: &str| document(&kill(fields));
    for (text, codes) in [
        (two(1, 1), vec!["CG119"]),
        (two(1, 2), vec![]),
        (r#"{ "syscalls": [] }"#.to_owned(), vec!["CG106"]),
        (r#"{ "defaultAction": "SCMP_ACT_ALOW" }"#.to_owned(), vec!["CG106"]),
        (r#"{ "defaultAction": "x-a" }"#.to_owned(), vec!["CG119"]),
        (rule(r#""name": "getpid""#), vec!["CG107"]),
        (rule(r#""args": [ { "index": 6, "value": 1, "op": "SCMP_CMP_EQ" } ]"#), vec!["CG108"]),
        (rule(r#""args": [ { "index": 0, "value": 1 } ]"#), vec!["CG108"]),
        (rule(r#""args": [ { "index": 0, "op": "SCMP_CMP_EQ" } ]"#), vec!["CG108"]),
        (rule(r#""args": [ { "index": 0, "value": -1, "op": "SCMP_CMP_EQ" } ]"#), vec!["CG108"]),
        (rule(r#""args": [ { "index": 1e400, "value": 1, "op": "SCMP_CMP_EQ" } ]"#), vec!["CG108"]),
        (document(r#"{ "names": ["getpgid"], "action": 5 }"#), vec!["CG117"]),
        ("{}".to_owned(), vec!["CG105"]),
        (rule(r#""args": [ { "index": 0, "value": 1, "valueTwo": "1", "op": "SCMP_CMP_MASKED_EQ" } ]"#), vec!["CG108"]),
        (rule(r#""args": [ null ]"#), vec!["CG118"]),
        (rule(r#""includes": { "minKernel": "4" }"#), vec!["CG114"]),
        (document(r#"{ "names": ["getpgid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 4096 }"#), vec!["CG116"]),
        (document(r#"{ "names": ["getpgid"], "action": "SCMP_ACT_ERRNO", "errno": "EWHAT" }"#), vec!["CG121"]),
        (document(r#"{ "names": ["getpgid"] }"#), vec!["CG106"]),
        (r#"{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_PDP11"] }"#.to_owned(), vec!["CG115"]),
        (
            r#"{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"], "archMap": [ { "architecture": "SCMP_ARCH_X86" } ] }"#.to_owned(),
            vec!["CG107"],
        ),
        // What is excluded need not mean anything.
        (rule(r#""excludes": { "caps": ["CAP_CHOWN"] }, "args": [ { "index": 9 } ]"#), vec![]),
    ] {
        assert_eq!(refused(&text), codes, "{text}");
    }
}
