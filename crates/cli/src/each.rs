//! An answer under each of several targets, one after another.
//!
//! Apart from the verbs, because a question to several targets is printed alike whatever it is.

use callgate_engines::Target;
use serde::Serialize;

use crate::failure::Failure;
use crate::output;
use crate::verb::Format;

/// What is to be said under one target.
pub(crate) struct Said<A> {
    /// Who reads.
    pub(crate) target: Target,
    /// The answer for people.
    pub(crate) page: String,
    /// The answer as a JSON document.
    pub(crate) document: A,
}

/// The JSON document of several.
#[derive(Serialize)]
struct Document<'s, A> {
    schema: &'static str,
    targets: Vec<TargetAnswer<'s, A>>,
}

#[derive(Serialize)]
struct TargetAnswer<'s, A> {
    target: String,
    answer: &'s A,
}

/// Prints one answer as it is, and several under the names of their targets.
pub(crate) fn put<A: Serialize>(format: Format, said: &[Said<A>]) -> Result<(), Failure> {
    match (format, said) {
        (Format::Human, [one]) => output::answer(&one.page),
        (Format::Json, [one]) => output::document(&one.document),
        (Format::Human, _) => {
            let pages = said
                .iter()
                .map(|said| format!("== {} ==\n{}", said.target, said.page));
            output::answer(&pages.collect::<Vec<_>>().join("\n"))
        }
        (Format::Json, _) => {
            let targets = said.iter().map(|said| TargetAnswer {
                target: said.target.to_string(),
                answer: &said.document,
            });
            output::document(&Document {
                schema: "callgate/each-target/v1",
                targets: targets.collect(),
            })
        }
    }
}
