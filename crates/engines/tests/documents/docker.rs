//! Docker's reading of small documents, where versions, arches and names make a difference that no edge case of runc shows.

use callgate_engines::{How, Resolved, Target, read};
use callgate_policy::Action;
use callgate_syscalls::{Arch, Syscall, X32_BIT};

use crate::support;

fn target(engine: &str) -> Target {
    engine.parse().expect("a target")
}

fn call(resolved: &Resolved, arch: Arch, name: &str, args: [u64; 6]) -> Action {
    let nr = Syscall::by_name(name)
        .and_then(|call| call.number(arch))
        .expect(name);
    support::action(resolved, arch, nr, args)
}

#[test]
fn the_versions_of_dockerd_differ() {
    let errno = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 7 }"#;
    let both_ways = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        { "name": "getpid", "names": ["getppid"], "action": "SCMP_ACT_TRAP", "excludes": { "caps": ["CAP_CHOWN"] } } ] }"#;
    let flags = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "flags": ["BOGUS"] }"#;
    let nothing = "{}";
    for (text, old, new) in [
        (errno, Some(Action::Errno(1)), Some(Action::Errno(7))),
        (both_ways, Some(Action::Allow), None),
        (flags, Some(Action::Allow), None),
        (nothing, Some(Action::Allow), Some(Action::Allow)),
    ] {
        for (engine, expected) in [
            ("docker@20.10", old),
            ("docker@23", new),
            ("docker@28", new),
        ] {
            let found = read(&support::profile(text), &target(engine)).ok();
            let found = found.map(|resolved| call(&resolved, Arch::X86_64, "getpgid", [0; 6]));
            assert_eq!(found, expected, "{engine} {text}");
        }
    }
}

#[test]
fn the_ceiling_is_the_highest_number_that_is_named() {
    let text = |arches: &str, default: &str| {
        format!(
            r#"{{ "defaultAction": "{default}", {arches} "syscalls": [ {{ "names": ["read", "futex_waitv"], "action": "SCMP_ACT_ALLOW" }} ] }}"#
        )
    };
    let native = "";
    let listed = r#""architectures": ["SCMP_ARCH_X86_64"],"#;
    let three = r#""architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],"#;
    let (errno, kill) = ("SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS");
    let (enosys, eperm) = (Action::Errno(38), Action::Errno(1));
    for (engine, arches, default, arch, nr, action) in [
        ("docker@28", native, errno, Arch::X86_64, 449, Action::Allow),
        ("docker@28", native, errno, Arch::X86_64, 448, eperm),
        ("docker@28", native, errno, Arch::X86_64, 450, enosys),
        ("docker@28", native, kill, Arch::X86_64, 450, enosys),
        (
            "docker@28",
            native,
            kill,
            Arch::X86_64,
            448,
            Action::KillProcess,
        ),
        (
            "docker@28",
            native,
            "SCMP_ACT_TRACE",
            Arch::X86_64,
            450,
            Action::Trace(1),
        ),
        // Before 1.1.15 only for arches that are listed.
        ("docker@20.10", native, errno, Arch::X86_64, 450, eperm),
        ("docker@20.10", listed, errno, Arch::X86_64, 450, enosys),
        (
            "docker@28+runc@1.1.14",
            native,
            errno,
            Arch::X86_64,
            450,
            eperm,
        ),
        (
            "docker@28+runc@1.1.15",
            native,
            errno,
            Arch::X86_64,
            450,
            enosys,
        ),
        ("docker@28", three, errno, Arch::X86, 450, enosys),
        (
            "docker@28",
            three,
            errno,
            Arch::X32,
            X32_BIT + 449,
            Action::Allow,
        ),
        ("docker@28", three, errno, Arch::X32, X32_BIT + 450, enosys),
        // Minus one is above x32's ceiling, where x32 is listed.
        ("docker@28", three, errno, Arch::X86_64, u32::MAX, enosys),
        ("docker@28", listed, errno, Arch::X86_64, u32::MAX, eperm),
        // runc tells x32 by its bit: where x32 is not listed, numbers above without it are above x86_64's ceiling.
        ("docker@28", listed, errno, Arch::X32, 2 * X32_BIT, enosys),
        (
            "docker@28",
            listed,
            errno,
            Arch::X32,
            3 * X32_BIT - 1,
            enosys,
        ),
        (
            "docker@28",
            listed,
            errno,
            Arch::X32,
            3 * X32_BIT,
            Action::KillThread,
        ),
        (
            "docker@28+runc@1.1.14",
            listed,
            errno,
            Arch::X32,
            2 * X32_BIT,
            Action::KillThread,
        ),
        // An arch that is not listed ends the thread.
        (
            "docker@28",
            listed,
            errno,
            Arch::X32,
            X32_BIT,
            Action::KillThread,
        ),
        ("docker@28", listed, errno, Arch::X86, 3, Action::KillThread),
    ] {
        let resolved = support::resolved(&text(arches, default), &target(engine));
        let found = support::action(&resolved, arch, nr, [0; 6]);
        assert_eq!(found, action, "{engine} {arches} {default} {arch} {nr}");
    }
}

#[test]
fn the_ceiling_says_which_name_made_it() {
    let text = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read", "futex_waitv"], "action": "SCMP_ACT_ALLOW" } ] }"#;
    let resolved = support::resolved(text, &target("docker"));
    let above = callgate_policy::SeccompData {
        nr: 450,
        arch: Arch::X86_64.audit(),
        ..callgate_policy::SeccompData::default()
    };
    let origin = resolved.origin(resolved.policy.decide(&above).rule.expect("a rule"));
    assert_eq!(origin.how, How::Ceiling);
    assert_eq!(origin.pointer(), "/syscalls/0");
    assert_eq!(
        &text[origin.name.start..origin.name.end],
        r#""futex_waitv""#
    );
}

#[test]
fn an_old_libseccomp_knows_fewer_names() {
    let text = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["futex_waitv", "fchmodat2"], "action": "SCMP_ACT_ALLOW" } ] }"#;
    let of = |libseccomp: &str| {
        let target = Target {
            libseccomp: Some(libseccomp.parse().expect("a version")),
            ..target("docker")
        };
        let resolved = support::resolved(text, &target);
        let told = resolved
            .problems
            .iter()
            .filter(|problem| problem.code == "CG312")
            .count();
        (call(&resolved, Arch::X86_64, "fchmodat2", [0; 6]), told)
    };
    // Above the ceiling, which the name itself would have raised.
    assert_eq!(of("2.5.4"), (Action::Errno(38), 1));
    assert_eq!(of("2.5.5"), (Action::Allow, 0));
}

#[test]
fn sockets_go_through_socketcall_too() {
    let text = |action: &str, arg: u8| {
        format!(
            r#"{{ "defaultAction": "SCMP_ACT_TRAP", "syscalls": [ {{ "names": ["socket"], "action": "{action}",
            "args": [ {{ "index": {arg}, "value": 38, "op": "SCMP_CMP_EQ" }} ] }} ] }}"#
        )
    };
    for (arch, multiplexes) in [
        (Arch::X86, true),
        (Arch::S390x, true),
        (Arch::Ppc64le, true),
        (Arch::X86_64, false),
        (Arch::Aarch64, false),
    ] {
        let target = Target {
            native: arch,
            ..target("docker")
        };
        let first = support::resolved(&text("SCMP_ACT_ALLOW", 0), &target);
        assert_eq!(
            call(&first, arch, "socket", [38, 0, 0, 0, 0, 0]),
            Action::Allow,
            "{arch}"
        );
        assert_eq!(
            call(&first, arch, "socket", [2, 0, 0, 0, 0, 0]),
            Action::Trap(0),
            "{arch}"
        );
        if !multiplexes {
            continue;
        }
        // Of the first argument nothing is left, the second is compared with the pointer to the arguments.
        for (args, action) in [
            ([1, 7, 0, 0, 0, 0], Action::Allow),
            ([2, 7, 0, 0, 0, 0], Action::Trap(0)),
        ] {
            assert_eq!(
                call(&first, arch, "socketcall", args),
                action,
                "{arch} {args:?}"
            );
        }
        let second = support::resolved(&text("SCMP_ACT_ALLOW", 1), &target);
        for (args, action) in [
            ([1, 7, 0, 0, 0, 0], Action::Trap(0)),
            ([1, 38, 0, 0, 0, 0], Action::Allow),
        ] {
            assert_eq!(
                call(&second, arch, "socketcall", args),
                action,
                "{arch} {args:?}"
            );
        }
    }
}

#[test]
fn a_call_without_a_number_must_not_come_first() {
    let semop = r#"{ "names": ["semop"], "action": "SCMP_ACT_TRAP" }"#;
    let plain = r#"{ "names": ["getpid"], "action": "SCMP_ACT_TRAP" }"#;
    let compared = r#"{ "names": ["getpid"], "action": "SCMP_ACT_TRAP", "args": [ { "index": 0, "value": 1, "op": "SCMP_CMP_EQ" } ] }"#;
    for (arch, rules, told) in [
        (Arch::X86, [semop, compared], true),
        (Arch::X86, [semop, plain], false),
        (Arch::X86, [compared, compared], false),
        (Arch::X86_64, [semop, compared], false),
    ] {
        let text = format!(
            r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ {} ] }}"#,
            rules.join(", ")
        );
        let target = Target {
            native: arch,
            ..target("docker")
        };
        let resolved = support::resolved(&text, &target);
        let found = resolved
            .problems
            .iter()
            .any(|problem| problem.code == "CG220");
        assert_eq!(found, told, "{arch} {rules:?}");
    }
}

#[test]
fn the_arch_map_is_found_by_dockers_own_names() {
    for (arch, finds) in [
        (Arch::X86_64, [true, true]),
        (Arch::S390x, [true, true]),
        (Arch::Riscv64, [false, true]),
        (Arch::Loongarch64, [false, false]),
        (Arch::Mipsel, [false, false]),
    ] {
        // Of the sub-arches one has the byte order of the machine.
        let sub = if arch == Arch::S390x {
            Arch::S390
        } else {
            Arch::Arm
        };
        let text = format!(
            r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "archMap": [ {{ "architecture": "{}", "subArchitectures": ["{}"] }} ] }}"#,
            arch.scmp_name(),
            sub.scmp_name()
        );
        let found = ["docker@20.10", "docker@28"].map(|engine| {
            let target = Target {
                native: arch,
                ..target(engine)
            };
            support::resolved(&text, &target)
                .policy
                .section(sub)
                .is_some()
        });
        assert_eq!(found, finds, "{arch}");
    }
}

#[test]
fn what_docker_refuses() {
    let rule = |fields: &str| {
        format!(
            r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ {{ "names": ["getpgid"], {fields} }} ] }}"#
        )
    };
    for (text, code) in [
        (rule(r#""action": "x-own""#), "CG106"),
        (rule(r#""action": "SCMP_ACT_NOTIFY""#), "CG702"),
        (
            rule(r#""action": "SCMP_ACT_TRAP", "includes": { "minKernel": "four" }"#),
            "CG114",
        ),
        (
            rule(r#""action": "SCMP_ACT_TRAP", "args": [ null ]"#),
            "CG118",
        ),
        (
            rule(r#""action": "SCMP_ACT_TRAP", "args": [ { "index": 1.5 } ]"#),
            "CG108",
        ),
        (
            r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ null ] }"#.to_owned(),
            "CG118",
        ),
        (
            r#"{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_PPC64"] }"#
                .to_owned(),
            "CG115",
        ),
    ] {
        let refusal = read(&support::profile(&text), &target("docker")).expect_err(&text);
        let codes: Vec<&str> = refusal
            .problems
            .iter()
            .map(|problem| problem.code)
            .collect();
        assert_eq!(codes, [code], "{text}");
    }
}
