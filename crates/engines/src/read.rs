//! Where reading begins: the engine that the target names.
//!
//! Apart from the engines, because each of them is a file that knows no other.

use callgate_profile::Profile;

use crate::resolved::{Refusal, Resolved};
use crate::target::{Arguments, Engine, Target};
use crate::{callgate, docker};

/// What a document means for a target.
///
/// # Errors
/// The target refuses the document: the reasons, each at its place.
pub fn read(profile: &Profile, target: &Target) -> Result<Resolved, Refusal> {
    let mut resolved = match target.engine {
        Engine::Callgate => callgate::read(profile, target),
        Engine::Docker { version, runtime } => docker::read(profile, target, version, runtime),
    }?;
    if target.arguments == Arguments::Typed {
        resolved.policy = resolved.policy.typed();
    }
    Ok(resolved)
}
