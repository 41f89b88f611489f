//! The manifests of examples/kubernetes held against what an API server takes, and against what callgate writes today.
//!
//! Apart from the operator's resources that are exported, because these are shipped as they are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::{callgate, folder, left_out, operator};

fn example(name: &str) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/kubernetes");
    examples.join(name).display().to_string()
}

/// What knows the API's schemas, where `cargo xtask test` installs it.
fn validator() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?;
    let validator = target.join("python/bin/kubernetes-validate");
    validator.exists().then_some(validator)
}

fn validate(validator: &Path, manifest: &str) -> Output {
    let mut validator = Command::new(validator);
    validator
        .args(["--strict", manifest])
        .output()
        .expect("it starts")
}

#[test]
fn an_api_server_takes_the_agent_and_its_pods() {
    let Some(validator) = validator() else {
        let name = "exports::kubernetes::an_api_server_takes_the_agent_and_its_pods";
        return left_out::left_out(name, "kubernetes-validate is not installed");
    };
    let folder = folder("kubernetes");
    for (name, right, wrong) in [
        ("agent.yaml", "hostPID: true", "hostPid: true"),
        (
            "pod.yaml",
            "localhostProfile: callgate.json",
            "localhostProfile: [callgate.json]",
        ),
    ] {
        let taken = validate(&validator, &example(name));
        assert!(taken.status.success(), "{name}: {taken:?}");
        let text = fs::read_to_string(example(name)).expect("it is shipped");
        assert!(text.contains(right), "{name}");
        let broken = folder.join(name);
        fs::write(&broken, text.replace(right, wrong)).expect("written");
        let refused = validate(&validator, &broken.display().to_string());
        assert!(!refused.status.success(), "{wrong}: {refused:?}");
    }
}

#[test]
fn the_operator_takes_the_profile_that_is_exported() {
    if let Some(reason) = operator::lacking() {
        let name = "exports::kubernetes::the_operator_takes_the_profile_that_is_exported";
        return left_out::left_out(name, reason);
    }
    let resource = fs::read(example("seccompprofile.yaml")).expect("it is shipped");
    let (errors, spec) = operator::read(&resource);
    assert_eq!(errors, [""; 0]);
    let profile = example("profile.json");
    let listener = spec["listenerPath"].as_str().expect("it asks an agent");
    let words = [
        "export", "oci", &profile, "--target", "runc", "--native", "x86_64",
    ];
    let exported = callgate(&[&words[..], &["--listener", listener]].concat());
    assert!(exported.status.success(), "{exported:?}");
    let exported: Value = serde_json::from_slice(&exported.stdout).expect("JSON");
    assert_eq!(spec, exported);
}

/// The init container writes what the pod names, for the socket at which the agent listens.
#[test]
fn the_agent_listens_where_the_profile_asks() {
    let agent = fs::read_to_string(example("agent.yaml")).expect("it is shipped");
    let pod = fs::read_to_string(example("pod.yaml")).expect("it is shipped");
    let socket = "/run/callgate/agent.sock";
    assert!(agent.contains(&format!("- --listener\n            - {socket}\n")));
    assert!(agent.contains(&format!("agent, --socket, {socket}]")));
    assert!(agent.contains("- /seccomp/callgate.json\n"));
    assert!(pod.contains("localhostProfile: callgate.json\n"));
}
