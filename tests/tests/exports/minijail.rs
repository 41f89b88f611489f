//! Policies for minijail: each read as its compiler reads it, and what the real one made of some held against the profile.
//!
//! Apart from the dialects, because no engine of ours reads them.
//! The programs in `minijail/` are what `compile_seccomp_policy` (Debian's python3-minijail) makes of the policies beside them:
//! `SNAPSHOTS=overwrite` writes both anew, and needs it.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use callgate_analyze::diff::{Subject, differences};
use callgate_analyze::export::{Listed, Tool, list};
use callgate_bpf::Program;
use callgate_engines::{Engine, Target};
use callgate_profile::builtin;
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Endian, Syscall};
use callgate_tests::minijail::read;
use serde_json::{Map, json};

use super::{all_documents, for_arch, meaning, profile_of};

/// The arches for which policies are written: of both word sizes, and all little-endian.
const ARCHES: [Arch; 4] = [Arch::X86_64, Arch::Aarch64, Arch::X86, Arch::Arm];

/// Profiles for the real compiler: every operator and answer, a default of each kind, and what people use.
const COMPILED: [(&str, &str); 4] = [
    (
        "every-operator",
        include_str!("../../profiles/every-operator.json"),
    ),
    (
        "every-answer",
        r#"{
            "defaultAction": "SCMP_ACT_TRAP",
            "syscalls": [
                { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" },
                { "names": ["close"], "action": "SCMP_ACT_LOG" },
                { "names": ["mount"], "action": "SCMP_ACT_NOTIFY" },
                { "names": ["bpf"], "action": "SCMP_ACT_KILL_THREAD" },
                { "names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS" },
                { "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_EQ" }] },
                { "names": ["fcntl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 22, "args": [{ "index": 1, "value": 7, "op": "SCMP_CMP_LE" }] },
                { "names": ["mmap"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 2, "value": 6, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ" }] },
                { "names": ["mmap"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 2, "value": 6, "valueTwo": 6, "op": "SCMP_CMP_MASKED_EQ" }] }
            ]
        }"#,
    ),
    (
        "deny-all",
        r#"{ "defaultAction": "SCMP_ACT_KILL_PROCESS", "syscalls": [{ "names": ["exit_group"], "action": "SCMP_ACT_ALLOW" }] }"#,
    ),
    ("docker-default", builtin::DOCKER_DEFAULT),
];

fn policy_for(given: &Diagram, arch: Arch) -> Listed {
    list(Tool::Minijail, &for_arch(given, &arch)).expect("a policy")
}

/// A target that reads every document as it stands, on a machine of an arch.
fn machine(engine: &str, arch: Arch) -> Target {
    let engine: Engine = engine.parse().expect("an engine");
    Target {
        native: arch,
        arches: Some(vec![arch]),
        ..Target::new(engine)
    }
}

/// Holds two meanings of a case against each other.
fn same(case: &str, one: &Diagram, other: &Diagram, arch: Arch) {
    let differ = differences(one, other, arch).expect("few runs");
    assert!(differ.is_empty(), "{case}: {differ:#?}");
}

#[test]
fn every_profile_comes_back_from_a_policy() {
    let mut exact = 0;
    for document in all_documents("every_profile_comes_back_from_a_policy") {
        for (engine, arch) in ["callgate", "docker@28"]
            .into_iter()
            .flat_map(|engine| ARCHES.map(|arch| (engine, arch)))
        {
            let case = format!("{} {engine} {arch}", document.name);
            let target = machine(engine, arch);
            let Some(given) = meaning(&profile_of(&document.text), &target) else {
                continue;
            };
            let listed = policy_for(&given, arch);
            let said = Diagram::of_policy(&listed.policy, Budget::default()).expect("small");
            let policy = read(arch, &listed.text);
            let means = Diagram::of_policy(&policy, Budget::default()).expect("small");
            same(&case, &said, &means, arch);
            assert_eq!(listed.wider, None, "{case}");
            for each in &listed.differences {
                match each.subject {
                    // runc answers newer calls than a profile names with ENOSYS, and a policy all that it does not name alike.
                    Subject::Numbers(..) if engine == "docker@28" => {}
                    // A trace has no message.
                    Subject::Call(_, call) if call.name() == "umask" => {}
                    _ => panic!("{case}: {each:?}"),
                }
            }
            exact += usize::from(listed.differences.is_empty());
        }
    }
    assert!(exact > 8, "{exact}");
}

/// The real compiler's program answers as the profile does; so does the policy as it is read here, with which others are read.
#[test]
fn the_compiler_makes_of_a_policy_what_was_said() {
    for (name, text) in COMPILED {
        for arch in [Arch::X86_64, Arch::Arm] {
            let case = format!("{name}.{arch}");
            let given = meaning(&profile_of(text.as_bytes()), &machine("callgate", arch));
            let listed = policy_for(&given.expect("a meaning"), arch);
            let kept = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("minijail")
                .join(&case);
            let [policy, program] = ["policy", "bpf"].map(|kind| kept.with_added_extension(kind));
            if env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
                fs::write(&policy, &listed.text).expect("written");
                compile(arch, &policy, &program);
            }
            let written = fs::read_to_string(&policy).expect("it is kept");
            assert_eq!(
                written, listed.text,
                "SNAPSHOTS=overwrite writes {case} anew"
            );
            let program = fs::read(program).expect("it is kept");
            let program = Program::from_bytes(&program, Endian::Little).expect("a program");
            let made = Diagram::of_program(&program, Budget::default()).expect("small");
            for policy in [&listed.policy, &read(arch, &written)] {
                let said = Diagram::of_policy(policy, Budget::default()).expect("small");
                same(&case, &said, &made, arch);
            }
        }
    }
}

/// Runs the command of the first line of a policy.
fn compile(arch: Arch, policy: &Path, program: &Path) {
    let numbers: Map<_, _> = Syscall::numbers(arch)
        .map(|(nr, call)| (call.name().to_owned(), json!(nr)))
        .collect();
    let facts = json!({
        "arch_nr": arch.audit(),
        "arch_name": arch.name(),
        "bits": arch.bits(),
        "syscalls": numbers,
        "constants": {},
    });
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::write(folder.join(format!("{arch}.json")), facts.to_string()).expect("written");
    let text = fs::read_to_string(policy).expect("it is kept");
    let command = text.lines().next().and_then(|line| line.strip_prefix("# "));
    let status = Command::new("sh")
        .args([
            "-c",
            &format!("{} \"$@\"", command.expect("a command")),
            "sh",
        ])
        .args([policy, program])
        .current_dir(folder)
        .status()
        .expect("a shell");
    assert!(status.success(), "{}", policy.display());
}
