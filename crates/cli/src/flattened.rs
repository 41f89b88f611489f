//! A profile and its bases as one text, for readers that know no bases, proved to mean the same to them.
//!
//! Apart from decompiling, which writes what a profile comes to under some circumstances: here conditions and comments stay.

use callgate_engines::{Target, read};
use callgate_profile::write;
use callgate_profile::{Options, Profile, parse};
use callgate_prove::{Budget, Diagram};

use crate::failure::{Failure, Status};
use crate::reading::Reading;

/// The text of what was read; each custom action is the answer that it stands for.
pub(crate) fn flattened(reading: &Reading) -> Result<String, Failure> {
    let name = &reading.document.name;
    let refuse =
        |message: String| Failure::new(Status::Meaningless, format_args!("{name}: {message}"));
    let whole = write::Document::of(&reading.profile)
        .ok_or_else(|| refuse("not every value could be read".to_owned()))?;
    let whole = whole.lowered().map_err(|error| refuse(error.to_string()))?;
    let text = whole.to_json();
    let again = parse(text.as_bytes(), &Options::default()).profile;
    let again = again.expect("what is written is a profile");
    let meanings = [
        meaning(&reading.profile, &reading.target),
        meaning(&again, &reading.target),
    ];
    match meanings {
        [Ok(before), Ok(after)] if before == after => Ok(text),
        [Err(reason), _] | [_, Err(reason)] => Err(refuse(reason)),
        _ => Err(Failure::new(
            Status::Fault,
            format_args!("{name}: the profile and its bases mean something else as one text"),
        )),
    }
}

fn meaning(profile: &Profile, target: &Target) -> Result<Diagram, String> {
    let resolved = read(profile, target).map_err(|refusal| refusal.to_string())?;
    Diagram::of_policy(&resolved.policy, Budget::default()).map_err(|reason| reason.to_string())
}
