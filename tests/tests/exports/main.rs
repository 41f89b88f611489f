//! Every profile through every format that is exact, and back: it means the same, or what differs is listed here.

mod dialects;
mod minijail;
mod seccompiler;
mod systemd;

use callgate_analyze::export::Request;
use callgate_engines::{Target, read};
use callgate_profile::{Options, Profile, builtin, parse};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::Arch;
use callgate_tests::{documents, left_out};

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

/// What is asked of a list for one arch.
fn for_arch<'a>(diagram: &'a Diagram, arch: &'a Arch) -> Request<'a> {
    Request {
        diagram,
        native: *arch,
        arches: Some(std::slice::from_ref(arch)),
        limit: 1000,
        budget: Budget::default(),
    }
}
