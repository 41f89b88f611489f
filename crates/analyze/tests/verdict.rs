//! Verdicts and summaries of documents, as a command would print them.

use callgate_analyze::{Call, Circumstance, Reason, Verdict, comparison, lint, summary, verdict};
use callgate_engines::{Resolved, Target, read};
use callgate_policy::Action;
use callgate_profile::builtin::DOCKER_DEFAULT;
use callgate_profile::{Options, Profile, Severity, parse};
use callgate_syscalls::{Arch, Capability, Release, Syscall};

/// A document with one rule for each reason not to decide.
const REASONS: &str = r#"{
    "defaultAction": "SCMP_ACT_ERRNO",
    "syscalls": [
        { "names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_PTRACE"] } },
        { "names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["SYS_PTRACE"] } },
        { "names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": { "arches": ["s390x"] } },
        { "names": ["ptrace"], "action": "SCMP_ACT_LOG", "includes": { "minKernel": "4.8" } },
        { "names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "excludes": { "caps": ["CAP_CHOWN"] } },
        { "names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "excludes": { "minKernel": "4.0" } },
        { "names": ["ptrace"], "action": "SCMP_ACT_TRAP", "args": [ { "index": 0, "value": 16, "op": "SCMP_CMP_EQ" } ] },
        { "names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "args": [ { "index": 1, "value": 0, "op": "SCMP_CMP_EQ" } ] }
    ]
}"#;

fn read_text(text: &str, target: &Target) -> (Profile, Resolved) {
    let profile = parse(text.as_bytes(), &Options::default())
        .profile
        .expect("a profile");
    let resolved = read(&profile, target).expect("a meaning");
    (profile, resolved)
}

fn asked(text: &str, target: &Target, name: &str, args: [u64; 6]) -> Verdict {
    let (profile, resolved) = read_text(text, target);
    let arch = target.native;
    let nr = Syscall::by_name(name)
        .and_then(|call| call.number(arch))
        .expect(name);
    verdict(&profile, &resolved, target, Call { arch, nr, args })
}

fn cap(name: &str) -> Capability {
    Capability::from_name(name).expect(name)
}

#[test]
fn every_reason_not_to_decide() {
    let target = Target::default();
    let found = asked(REASONS, &target, "ptrace", [1, 0, 0, 0, 0, 0]);
    assert_eq!(found.decision.action, Action::Log);
    let reasons: Vec<Reason> = found
        .bystanders
        .iter()
        .map(|bystander| bystander.reason)
        .collect();
    let [
        needs,
        none,
        arch,
        excluded,
        kernel,
        Reason::Fails(fails),
        Reason::Later,
    ] = reasons[..]
    else {
        panic!("{reasons:?}");
    };
    assert_eq!(needs, Reason::NeedsCapability(Some(cap("CAP_SYS_PTRACE"))));
    assert_eq!(none, Reason::NeedsCapability(None));
    assert_eq!(arch, Reason::OtherArch);
    assert_eq!(excluded, Reason::ExcludesCapability(cap("CAP_CHOWN")));
    assert_eq!(kernel, Reason::ExcludesKernel(Release::new(4, 0)));
    let ptrace = Syscall::by_name("ptrace");
    assert_eq!(
        comparison(Arch::X86_64, ptrace, fails),
        "request == PTRACE_ATTACH"
    );
}

#[test]
fn what_would_change_it() {
    let target = Target {
        kernel: Release::new(4, 7),
        ..Target::default()
    };
    let found = asked(REASONS, &target, "ptrace", [1, 5, 0, 0, 0, 0]);
    assert_eq!(found.decision.action, Action::Errno(1));
    let (engines, changes): (Vec<_>, Vec<_>) = found
        .changes
        .iter()
        .map(|change| (change.circumstance, change.answer.clone()))
        .partition(|(circumstance, _)| matches!(circumstance, Circumstance::Engine(_)));
    let engines: Vec<(&str, Action)> = engines
        .into_iter()
        .filter_map(|(circumstance, answer)| match circumstance {
            Circumstance::Engine(engine) => Some((engine.name(), answer.ok()?)),
            _ => None,
        })
        .collect();
    // Podman and CRI-O do not ask for the kernel, and straight readers for nothing.
    assert_eq!(
        engines,
        [
            ("podman", Action::Log),
            ("crio", Action::Log),
            ("containerd", Action::Allow),
            ("runc", Action::Allow),
            ("crun", Action::Allow),
            ("youki", Action::Allow),
        ]
    );
    assert_eq!(
        changes,
        [
            (Circumstance::Without(cap("CAP_CHOWN")), Ok(Action::Allow)),
            (Circumstance::With(cap("CAP_SYS_PTRACE")), Ok(Action::Allow)),
            (
                Circumstance::Kernel(Release::new(3, u16::MAX)),
                Ok(Action::Allow)
            ),
            (Circumstance::Kernel(Release::new(4, 8)), Ok(Action::Log)),
        ]
    );
}

#[test]
fn docker_default_summed_up() {
    let target = Target::default();
    let (profile, resolved) = read_text(DOCKER_DEFAULT, &target);
    let summary = summary(&profile, &resolved, &target);
    assert_eq!(summary.default, Action::Errno(1));
    let arches: Vec<Arch> = summary.arches.iter().map(|arch| arch.arch).collect();
    assert_eq!(arches, [Arch::X86_64, Arch::X86, Arch::X32]);
    let native = &summary.arches[0];
    assert_eq!(
        native.known,
        native.allowed + native.denied + native.partly.len()
    );
    let partly: Vec<&str> = native.partly.iter().map(|call| call.name()).collect();
    assert_eq!(partly, ["socket", "clone", "personality"]);
    let unlocked = |name| {
        let found = summary
            .capabilities
            .iter()
            .find(|unlocked| unlocked.capability == cap(name));
        found.map_or(Vec::new(), |unlocked| {
            unlocked.calls.iter().map(|call| call.name()).collect()
        })
    };
    assert_eq!(
        unlocked("CAP_SYS_MODULE"),
        ["init_module", "delete_module", "finit_module"]
    );
    assert!(unlocked("CAP_SYS_ADMIN").contains(&"mount"));
    assert!(unlocked("CAP_KILL").is_empty());
}

#[test]
fn a_ceiling_is_told_apart() {
    let target = "docker@28".parse().expect("a target");
    let (profile, resolved) = read_text(DOCKER_DEFAULT, &target);
    let ceiling = summary(&profile, &resolved, &target).arches[0]
        .ceiling
        .expect("a ceiling");
    let above = Call {
        arch: Arch::X86_64,
        nr: ceiling + 1,
        args: [0; 6],
    };
    let found = verdict(&profile, &resolved, &target, above);
    assert_eq!(found.decision.action, Action::Errno(38));
    let unshare = asked(
        DOCKER_DEFAULT,
        &target,
        "unshare",
        [0x1000_0000, 0, 0, 0, 0, 0],
    );
    assert_eq!(unshare.decision.action, Action::Errno(1));
    assert!(
        unshare
            .changes
            .iter()
            .any(|change| change.circumstance == Circumstance::With(cap("CAP_SYS_ADMIN")))
    );
}

#[test]
fn docker_default_has_one_known_weakness() {
    for engine in ["callgate", "docker@28"] {
        let target: Target = engine.parse().expect("a target");
        let (profile, resolved) = read_text(DOCKER_DEFAULT, &target);
        let mut problems = lint(&profile, &resolved, &target);
        // Remarks: numbers that stand for flags, and EPERM for calls of a later Linux where no ceiling of runc's is.
        problems.retain(|problem| problem.severity != Severity::Info);
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, ["CG204"], "{engine}");
        assert!(
            resolved.problems.is_empty(),
            "{engine}: {:?}",
            resolved.problems
        );
        // The two calls that the message shows, asked again.
        let socket = |family| Call {
            arch: Arch::X86_64,
            nr: 41,
            args: [family, 0, 0, 0, 0, 0],
        };
        let answers = [0x26, 0x1_0000_0026].map(|family| {
            assert!(problems[0].message.contains(&socket(family).to_string()));
            resolved.policy.decide(&socket(family).data()).action
        });
        assert_eq!(answers, [Action::Errno(1), Action::Allow]);
    }
}
