//! Every profile through every dialect and back: what it means to an engine is written for that engine, and read as the same.

use callgate_analyze::decompile::{NoProfile, decompile_as};
use callgate_analyze::dialect::Dialect;
use callgate_analyze::diff::differences;
use callgate_analyze::export::{Request, Tool, list};
use callgate_bpf::{Insn, Program, RawInsn, SeccompData};
use callgate_engines::{Engine, Target, read};
use callgate_policy::Action;
use callgate_profile::{Options, Profile, builtin, parse};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Release, Syscall};
use callgate_tests::{documents, left_out};
use seccompiler::TargetArch;

/// The dialects, each with its reader.
const DIALECTS: [(Dialect<'_>, &str); 8] = [
    (Dialect::Names, "docker@28"),
    (Dialect::OneName, "docker@28"),
    (Dialect::OneName, "docker@20.10"),
    (Dialect::Names, "runc"),
    (Dialect::Names, "crun"),
    (Dialect::Names, "podman"),
    (Dialect::Names, "containerd"),
    (
        Dialect::Spo {
            version: "v1",
            name: "profile",
        },
        "containerd",
    ),
];

/// What no profile of the dialect says, and why.
const DIFFER: [&str; 10] = [
    // A runtime that stands newer calls off with ENOSYS does so by the newest that the profile names: on an arch whose
    // newest call has no name on the others, there is no profile that moves one limit alone.
    "oci-config.json v1 containerd",
    "oci-config.json names containerd",
    "oci-config.json names docker@28",
    "oci-config.json names runc",
    "oci-config.json one name docker@20.10",
    "oci-config.json one name docker@28",
    "podman-dialect.json one name docker@20.10",
    "moby-fixture-conditional-include.json one name docker@20.10",
    // SeccompProfile has no defaultErrnoRet.
    "podman-dialect.json v1 containerd",
    "containers-common-2025-04.json v1 containerd",
];

fn words(dialect: Dialect<'_>) -> &'static str {
    match dialect {
        Dialect::Names => "names",
        Dialect::OneName => "one name",
        Dialect::Spo { version, .. } => version,
    }
}

fn profile_of(text: &[u8]) -> Profile {
    let parsed = parse(text, &Options::default());
    parsed.profile.expect("a profile")
}

fn meaning(profile: &Profile, target: &Target) -> Option<Diagram> {
    let resolved = read(profile, target).ok()?;
    Some(Diagram::of_policy(&resolved.policy, Budget::default()).expect("a small policy"))
}

/// The documents that the suites read, and how many of them are other people's.
fn all_documents(test: &str) -> Vec<documents::Document> {
    let mut all = documents::ours();
    all.push(documents::Document {
        name: "docker:default".into(),
        text: builtin::DOCKER_DEFAULT.into(),
    });
    match documents::of_others() {
        Some(others) => all.extend(others),
        None => left_out(
            &format!("tests::exports::{test}"),
            "../shared is not beside the checkout",
        ),
    }
    all
}

/// A list without the names that this release of seccompiler does not know, which are of newer kernels; and those.
///
/// It refuses the whole list for one of them.
fn without_the_unknown(text: &str) -> (String, Vec<Syscall>) {
    let mut unknown = Vec::new();
    let mut kept = Vec::new();
    for line in text.lines() {
        let name = line.trim_start().strip_prefix("{ \"syscall\": \"");
        let name = name.and_then(|rest| rest.split('"').next());
        if let Some(name) = name {
            let alone = format!(
                "{{\"main\": {{\"mismatch_action\": \"allow\", \"match_action\": \"log\", \"filter\": [{{\"syscall\": \"{name}\"}}]}}}}"
            );
            let known = seccompiler::compile_from_json(alone.as_bytes(), TargetArch::x86_64);
            if known.is_err() {
                let call = Syscall::by_name(name).expect("a call of ours");
                let newest = Release::new(6, 12);
                assert!(call.since().is_some_and(|since| since > newest), "{name}");
                unknown.push(call);
                continue;
            }
        }
        kept.push(line);
    }
    (kept.join("\n").replace(",\n    ]", "\n    ]"), unknown)
}

/// The real seccompiler compiles every list, and its program means what the list was said to mean.
#[test]
fn seccompiler_makes_of_a_list_what_was_said() {
    let target = Target::new(Engine::DOCKER);
    let mut compiled = 0;
    for document in all_documents("seccompiler_makes_of_a_list_what_was_said") {
        let Some(given) = meaning(&profile_of(&document.text), &target) else {
            continue;
        };
        let request = Request {
            diagram: &given,
            native: Arch::X86_64,
            arches: Some(&[Arch::X86_64]),
            limit: 1000,
            budget: Budget::default(),
        };
        let listed = match list(Tool::Seccompiler, &request) {
            Ok(listed) => listed,
            Err(reason) => panic!("{}: {reason}", document.name),
        };
        let (text, unknown) = without_the_unknown(&listed.text);
        let made = seccompiler::compile_from_json(text.as_bytes(), TargetArch::x86_64);
        let made = made.unwrap_or_else(|error| panic!("{}: {error}", document.name));
        let insns = made["main"].iter().map(|insn| {
            let raw = RawInsn {
                code: insn.code,
                jt: insn.jt,
                jf: insn.jf,
                k: insn.k,
            };
            Insn::from_raw(raw).expect("an instruction")
        });
        let program = Program::new(insns.collect()).expect("a program");
        let made = Diagram::of_program(&program, Budget::default()).expect("a small program");
        let said = Diagram::of_policy(&listed.policy, Budget::default()).expect("a small policy");
        let is_unknown = |call: &SeccompData| {
            let call = Syscall::by_number(Arch::X86_64, call.nr);
            call.is_some_and(|call| unknown.contains(&call))
        };
        let differ = differences(&said, &made, Arch::X86_64).expect("few runs");
        let witnesses = differ.iter().flat_map(|each| &each.witnesses);
        let wrong: Vec<_> = witnesses.filter(|call| !is_unknown(call)).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", document.name);
        compiled += 1;
    }
    assert!(compiled > 5, "{compiled}");
}

#[test]
fn every_profile_comes_back_from_every_dialect() {
    let all = all_documents("every_profile_comes_back_from_every_dialect");
    let (mut exact, mut refused, mut differ) = (0, Vec::new(), Vec::new());
    for document in &all {
        let profile = profile_of(&document.text);
        for (dialect, reader) in DIALECTS {
            let target = Target::new(reader.parse::<Engine>().expect("an engine"));
            let case = format!("{} {} {reader}", document.name, words(dialect));
            let Some(given) = meaning(&profile, &target) else {
                refused.push(case);
                continue;
            };
            match decompile_as(dialect, &given, &target, 1000, Budget::default()) {
                Ok(written) => {
                    let again = meaning(&profile_of(written.json.as_bytes()), &target);
                    let again = again.expect("what was read once is read again");
                    assert_eq!(written.differences.is_empty(), again == given, "{case}");
                    for call in again.examples().iter().chain(&given.examples()) {
                        let [before, after] = [given.answer(call), again.answer(call)];
                        let is_wider =
                            after > before && after.strictness() >= Action::Notify.strictness();
                        assert!(!is_wider || written.wider.is_some(), "{case}: {call:?}");
                    }
                    match again == given {
                        true => exact += 1,
                        false => differ.push(case),
                    }
                }
                Err(NoProfile::NoWords(_)) => differ.push(case),
                Err(reason) => panic!("{case}: {reason}"),
            }
        }
    }
    differ.retain(|case| !DIFFER.contains(&case.as_str()));
    assert_eq!(differ, [""; 0], "{exact} are exact");
    assert!(
        exact > 3 * refused.len(),
        "{exact} are exact, refused {refused:#?}"
    );
}
