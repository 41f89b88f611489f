//! Keys that stand twice in an object: the document has the last of them, and a reader who makes something else of them is told of.
//!
//! Apart from the readers, because none of these ways is modelled: the document does not keep what it does not take.

use callgate_profile::{OddKey, Oddity, Problem, Profile, Span, codes};

/// What a reader takes of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// The last; but Go's decoder puts the elements of a list of objects, and the fields of an object, over those of the first.
    Both,
    /// The first.
    First,
    /// The last, where both are spelt alike.
    LastSpelt,
    /// It is not known.
    Unknown,
}

/// Where the meaning that is given may not be the reader's.
pub(crate) fn problems(profile: &Profile, reader: &str, takes: Takes) -> Vec<Problem> {
    let keys = profile.odd_keys.iter().filter_map(|key| match key.oddity {
        Oddity::Duplicate(first) if is_other(profile, key, first, takes) => Some((key, first)),
        _ => None,
    });
    let problem = |(key, first): (&OddKey, Span)| {
        let message = format!(
            "what {reader} makes of `{}` standing twice is not modelled",
            key.field
        );
        let related = match takes {
            Takes::Both => format!("not taken here, but {reader} keeps parts of it"),
            Takes::First => format!("not taken here, but {reader} takes this one"),
            Takes::LastSpelt | Takes::Unknown => "not taken here".to_owned(),
        };
        Problem::warning(codes::DUPLICATE_KEY, key.span, message)
            .label("taken here")
            .related(first, related)
    };
    keys.map(problem).collect()
}

/// Whether the reader may make something else of two keys than take the last.
fn is_other(profile: &Profile, key: &OddKey, first: Span, takes: Takes) -> bool {
    let has_objects = matches!(
        key.field,
        "syscalls" | "args" | "archMap" | "includes" | "excludes"
    );
    match takes {
        Takes::Both => has_objects,
        Takes::First | Takes::Unknown => true,
        Takes::LastSpelt => [key.span, first]
            .iter()
            .any(|&span| is_misspelt(profile, span)),
    }
}

fn is_misspelt(profile: &Profile, key: Span) -> bool {
    let mut odd = profile.odd_keys.iter();
    odd.any(|odd| odd.span == key && odd.oddity == Oddity::Case)
}
