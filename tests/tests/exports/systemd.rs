//! Lists for units of systemd: whatever a profile says, the nearest list opens nothing.
//!
//! Apart from the other lists: what systemd makes of one is libseccomp's, and the exports of the command run under systemd itself.

use callgate_analyze::decompile::NoProfile;
use callgate_analyze::export::{Request, Tool, list};
use callgate_engines::Target;
use callgate_syscalls::Arch;

use super::{all_documents, for_arch, meaning, profile_of};

#[test]
fn no_list_for_systemd_opens_anything() {
    let (mut listed, mut wider) = (0, Vec::new());
    for document in all_documents("no_list_for_systemd_opens_anything") {
        let profile = profile_of(&document.text);
        for reader in ["callgate", "docker@28", "runc", "crun"] {
            for native in [Arch::X86_64, Arch::Aarch64] {
                let case = format!("{} {reader} {native}", document.name);
                let target = Target {
                    native,
                    ..Target::new(reader.parse().expect("an engine"))
                };
                let Some(given) = meaning(&profile, &target) else {
                    continue;
                };
                let request = Request {
                    arches: None,
                    ..for_arch(&given, &native)
                };
                match list(Tool::Systemd, &request) {
                    Ok(found) if found.wider.is_none() => listed += 1,
                    Ok(found) => wider.push(format!("{case}: {:?}", found.wider)),
                    // It is for x86 alone.
                    Err(NoProfile::NoWords(_)) if native == Arch::Aarch64 => {}
                    Err(reason) => panic!("{case}: {reason}"),
                }
            }
        }
    }
    assert_eq!(wider, [""; 0], "{listed} are listed");
    assert!(listed > 20, "{listed}");
}
