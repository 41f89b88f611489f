//! Every profile through every dialect and back: what it means to an engine is written for that engine, and read as the same.
//!
//! Apart from the lists, because a dialect is read by an engine of ours.

use callgate_analyze::decompile::{NoProfile, decompile_as};
use callgate_analyze::dialect::Dialect;
use callgate_engines::{Engine, Target};
use callgate_policy::Action;
use callgate_prove::Budget;

use super::{all_documents, meaning, profile_of};

/// The dialects, each with its reader.
const DIALECTS: [(Dialect<'_>, &str); 10] = [
    (Dialect::Names, "docker@28"),
    (Dialect::OneName, "docker@28"),
    (Dialect::OneName, "docker@20.10"),
    (Dialect::Names, "runc"),
    (Dialect::Names, "crun"),
    (Dialect::Names, "podman"),
    (Dialect::Names, "containerd"),
    (Dialect::Artifact, "runc"),
    (Dialect::Artifact, "crun"),
    (
        Dialect::Spo {
            version: "v1",
            name: "profile",
        },
        "containerd",
    ),
];

/// What no profile of the dialect says, and why.
const DIFFER: [&str; 15] = [
    // A runtime that stands newer calls off with ENOSYS does so by the newest that the profile names: on an arch whose
    // newest call has no name on the others, there is no profile that moves one limit alone.
    "oci-config.json v1 containerd",
    "oci-config.json names containerd",
    "oci-config.json names docker@28",
    "oci-config.json names runc",
    "oci-config.json artifact runc",
    "oci-config.json one name docker@20.10",
    "oci-config.json one name docker@28",
    "podman-dialect.json one name docker@20.10",
    "moby-fixture-conditional-include.json one name docker@20.10",
    // Runtimes refuse an artifact with several answers for a call that look at more than one argument.
    "every-operator.json artifact crun",
    "every-operator.json artifact runc",
    "podman-dialect.json artifact crun",
    "podman-dialect.json artifact runc",
    // SeccompProfile has no defaultErrnoRet.
    "podman-dialect.json v1 containerd",
    "containers-common-2025-04.json v1 containerd",
];

fn words(dialect: Dialect<'_>) -> &'static str {
    match dialect {
        Dialect::Names => "names",
        Dialect::OneName => "one name",
        Dialect::Artifact => "artifact",
        Dialect::Spo { version, .. } => version,
    }
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
