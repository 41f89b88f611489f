//! Where reading begins: the engine that the target names.
//!
//! Apart from the engines, because each of them is a file that knows no other.

use callgate_profile::Profile;

use crate::engine::{Engine, Kind};
use crate::resolved::{Refusal, Resolved};
use crate::target::{Arguments, Target};
use crate::{callgate, docker, oci, podman};

/// What a document means for a target.
///
/// # Errors
/// The target refuses the document: the reasons, each at its place.
pub fn read(profile: &Profile, target: &Target) -> Result<Resolved, Refusal> {
    let mut resolved = match target.engine {
        Engine::Callgate => callgate::read(profile, target),
        Engine::Container {
            kind,
            version,
            runtime,
        } => match kind {
            Kind::Docker => docker::read(profile, target, version, runtime),
            Kind::Podman | Kind::Crio => podman::read(profile, target, kind, runtime),
            Kind::Containerd => oci::through_containerd(profile, target, runtime),
        },
        Engine::Oci(runtime) => oci::read(profile, target, runtime),
    }?;
    if target.arguments == Arguments::Typed {
        resolved.policy = resolved.policy.typed();
    }
    Ok(resolved)
}
