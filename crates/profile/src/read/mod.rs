//! From text to a [`Profile`] and the list of its problems.
//!
//! Apart from the document, because reading is where faults are found; nothing is dropped without a word, and everything that can be read is.

mod conditions;
mod custom;
mod extends;
mod fields;
pub(crate) mod keys;
mod profile;
mod rule;
mod words;

use crate::bases::Bases;
use crate::document::Profile;
use crate::problem::{Problem, Problems};
use crate::syntax;
use extends::Below;
use fields::Reader;

/// How much of a document is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The most bytes that a document may have.
    pub max_size: usize,
    /// The most entries (rules, names, arguments, arches …) that its lists may have together.
    pub max_entries: usize,
}

impl Options {
    /// Documents up to a size, with an entry for each 16 bytes.
    ///
    /// ```
    /// use callgate_profile::{Options, parse};
    ///
    /// let parsed = parse(b"{ \"defaultAction\": \"SCMP_ACT_ALLOW\" }", &Options::up_to(32));
    /// assert_eq!(parsed.problems[0].message, "the document has 37 bytes and at most 32 are read");
    /// ```
    #[must_use]
    pub const fn up_to(max_size: usize) -> Self {
        Self {
            max_size,
            max_entries: max_size / 16,
        }
    }
}

impl Default for Options {
    /// 16 MiB and 1,048,576 entries.
    fn default() -> Self {
        Self::up_to(16 << 20)
    }
}

/// What became of a text.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The document; none when the text is not JSON or holds no profile.
    ///
    /// It is there beside problems, also beside errors: what could be read, for an engine that tolerates the rest.
    pub profile: Option<Profile>,
    /// Everything that is wrong with it, in the order of the places.
    ///
    /// Of many problems of one code the first 500 are listed, and one more says how many there are.
    pub problems: Vec<Problem>,
}

/// Reads a document, whichever of the dialects it is in.
///
/// Never panics and always ends: a text of the default size takes well under a second.
///
/// ```
/// use callgate_profile::{ActionName, Options, codes, line_column, parse};
///
/// let text = br#"{
///   "defaultAction": "SCMP_ACT_ALLOW",
///   "syscalls": [ { "names": ["chmodd"], "action": "SCMP_ACT_ERRNO" } ]
/// }"#;
/// let parsed = parse(text, &Options::default());
/// let profile = parsed.profile.expect("it is a profile");
/// assert_eq!(profile.default_action.unwrap().value, ActionName::Allow);
///
/// let problem = &parsed.problems[0];
/// assert_eq!(problem.code, codes::UNKNOWN_SYSCALL);
/// assert_eq!(line_column(text, problem.span.start), (3, 29));
/// assert_eq!(problem.help.as_deref(), Some("did you mean `chmod`?"));
/// ```
#[must_use]
pub fn parse(text: &[u8], options: &Options) -> Parsed {
    read(text, options, Below::default())
}

/// Reads a document together with its bases: what both say, and what is wrong with either.
///
/// - A call that a rule of the document names has the document's rules alone: none of the base's is for that name.
/// - Every other call has the base's rules.
/// - A field that the document has stands for the base's: `defaultAction` with its errno, `architectures` or `archMap`, `flags`,
///   `listenerPath` with its metadata, and each action of `x-actions`.
///
/// Places are as [`Bases`] says. The limits hold for each text by itself.
#[must_use]
pub fn parse_with(text: &[u8], options: &Options, bases: &Bases) -> Parsed {
    let starts: Vec<usize> = bases.starts(text.len()).collect();
    let mut problems = Vec::new();
    let mut below: Option<Profile> = None;
    let mut missing = bases.missing();
    for (base, start) in bases.texts().iter().zip(starts).rev() {
        // Space before a text moves its places to where they are to be.
        let moved = [&vec![b' '; start], &*base.text].concat();
        let options = Options {
            max_size: options.max_size.saturating_add(start),
            ..*options
        };
        let parsed = read(
            &moved,
            &options,
            Below {
                profile: below.as_ref(),
                missing: missing.take(),
            },
        );
        problems.extend(parsed.problems.into_iter().map(|mut problem| {
            // Of a blank text all is wrong, and the space before it is no part of it.
            problem.span.start = problem.span.start.max(start);
            problem
        }));
        below = parsed.profile;
    }
    let mut parsed = read(
        text,
        options,
        Below {
            profile: below.as_ref(),
            missing,
        },
    );
    parsed.problems.extend(problems);
    parsed.problems.sort_by_key(|problem| problem.span.start);
    parsed
}

/// Reads one text.
fn read(text: &[u8], options: &Options, below: Below<'_>) -> Parsed {
    let mut problems = Problems::default();
    let profile = syntax::strict(text, options.max_size, &mut problems).and_then(|document| {
        let mut reader = Reader::new(options.max_entries, below, &mut problems);
        profile::read(&mut reader, document.value())
    });
    Parsed {
        profile,
        problems: problems.into_sorted(),
    }
}
