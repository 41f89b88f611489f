//! What the tests of whole documents share: files from beside the checkout, and what to say where they are not there.
//!
//! Apart from the tests, because each of those is data and one function.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::{env, fs};

use callgate_engines::{Resolved, Target, read};
use callgate_policy::{Action, SeccompData};
use callgate_profile::{Options, Profile, parse};
use callgate_syscalls::Arch;

/// A file of `../shared`; none, and said so, where that folder is not there.
pub(crate) fn shared(test: &str, file: &str) -> Option<String> {
    let folder = env::var_os("CALLGATE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    if !folder.is_dir() {
        left_out(test, "../shared is not beside the checkout");
        return None;
    }
    Some(fs::read_to_string(folder.join(file)).expect(file))
}

fn left_out(test: &str, reason: &str) {
    let line = format!("left out: callgate-engines::{test}: {reason}");
    assert!(
        env::var_os("CALLGATE_COMPLETE").is_none_or(|value| value != "1"),
        "{line}"
    );
    match env::var_os("CALLGATE_LEFT_OUT").filter(|path| !path.is_empty()) {
        Some(path) => {
            let file = OpenOptions::new().create(true).append(true).open(path);
            let mut file = file.expect("the list of what is left out can be written");
            file.write_all(format!("{line}\n").as_bytes())
                .expect("it can be written");
        }
        None => eprintln!("{line}"),
    }
}

/// The document of a text.
pub(crate) fn profile(text: &str) -> Profile {
    let parsed = parse(text.as_bytes(), &Options::default());
    parsed
        .profile
        .unwrap_or_else(|| panic!("no profile: {:?}", parsed.problems))
}

/// The meaning of a text for a target.
pub(crate) fn resolved(text: &str, target: &Target) -> Resolved {
    read(&profile(text), target)
        .unwrap_or_else(|refusal| panic!("{target}: {:#?}", refusal.problems))
}

/// What a call gets.
pub(crate) fn action(resolved: &Resolved, arch: Arch, nr: u32, args: [u64; 6]) -> Action {
    let call = SeccompData {
        nr,
        arch: arch.audit(),
        instruction_pointer: 0,
        args,
    };
    resolved.policy.decide(&call).action
}
