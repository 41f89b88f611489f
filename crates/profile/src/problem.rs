//! What is wrong with a document: a code, a place, words.
//!
//! Apart from the readers, because engines and lints report in the same form, and because only this file keeps a million faults from costing a million messages.

use crate::span::Span;
use std::collections::BTreeMap;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A matter of style: it means the same either way.
    Style,
    /// Worth knowing.
    Info,
    /// The document means something, probably not what was meant.
    Warning,
    /// The document, or a part of it, has no meaning that one could rely on.
    Error,
}

/// One fault, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which kind of fault: `CG103`; see [`codes`].
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What was found and what is allowed: lower case, no full stop.
    pub message: String,
    /// A few words to stand under the place; may be empty.
    pub label: String,
    /// Other places that belong to it, with a few words each.
    pub related: Vec<(Span, String)>,
    /// Facts that explain why it matters.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// The same as changes of the document, where they are known.
    pub fix: Option<Fix>,
}

/// Changes of a document that mend a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in a few words: `write chmod`.
    pub does: String,
    /// What changes, at places that do not overlap.
    pub changes: Vec<Change>,
}

/// A change at one place of a document; values are in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// Something else stands for the value or the key there.
    Replace(Span, String),
    /// The element or the member goes whose value is there.
    Remove(Span),
    /// An element comes before the one that is there.
    Before(Span, String),
    /// A member of this key comes after the one whose value is there.
    After(Span, &'static str, String),
}

impl Change {
    /// Where it is.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::Replace(span, _)
            | Self::Remove(span)
            | Self::Before(span, _)
            | Self::After(span, ..) => *span,
        }
    }

    /// The same at another place.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        match self {
            Self::Replace(_, value) => Self::Replace(span, value),
            Self::Remove(_) => Self::Remove(span),
            Self::Before(_, value) => Self::Before(span, value),
            Self::After(_, key, value) => Self::After(span, key, value),
        }
    }
}

impl Problem {
    /// A problem without label, related places, notes and help.
    #[must_use]
    pub fn new(
        code: &'static str,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity,
            span,
            message: message.into(),
            label: String::new(),
            related: Vec::new(),
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// An [`Severity::Error`] without label, related places, notes and help.
    #[must_use]
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, span, message)
    }

    /// A [`Severity::Warning`] without label, related places, notes and help.
    #[must_use]
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, span, message)
    }

    /// The same with other words.
    #[must_use]
    pub(crate) fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The same with words under its place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same with one more place that belongs to it.
    #[must_use]
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.related.push((span, words.into()));
        self
    }

    /// The same with one more fact that explains it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with the word that was probably meant by the string at its place, if there is one.
    #[must_use]
    pub(crate) fn meant(self, word: Option<&str>) -> Self {
        let Some(word) = word else { return self };
        let written = serde_json::Value::from(word).to_string();
        let change = Change::Replace(self.span, written);
        self.help(format!("did you mean `{word}`?"))
            .fix(format!("write `{word}`"), vec![change])
    }

    /// The same with changes of the document that mend it.
    #[must_use]
    pub fn fix(mut self, does: impl Into<String>, changes: Vec<Change>) -> Self {
        let does = does.into();
        self.fix = Some(Fix { does, changes });
        self
    }
}

/// The codes of the problems that reading a document can find.
///
/// An engine decides by code what it tolerates: Go's decoder ignores an [`UNKNOWN_KEY`](codes::UNKNOWN_KEY) and stops at a [`WRONG_TYPE`](codes::WRONG_TYPE).
/// However many problems of a code there are, at least one is reported.
pub mod codes {
    /// Too large, too deep, too many entries, or not UTF-8.
    pub const UNREADABLE: &str = "CG100";
    /// Not strict JSON: a comment, a trailing comma, a byte order mark, text after the end.
    pub const SYNTAX: &str = "CG101";
    /// The same key twice in one object.
    pub const DUPLICATE_KEY: &str = "CG102";
    /// A key that no dialect has at this place.
    pub const UNKNOWN_KEY: &str = "CG103";
    /// A key in other than its usual case; Go accepts it, other parsers need not.
    pub const KEY_CASE: &str = "CG104";
    /// Nothing that makes it a profile: neither `defaultAction` nor `syscalls`.
    pub const NO_PROFILE: &str = "CG105";
    /// An action that is missing or unknown.
    pub const ACTION: &str = "CG106";
    /// Two fields that exclude each other: `name` and `names`, `architectures` and `archMap`.
    pub const EXCLUSIVE_KEYS: &str = "CG107";
    /// A comparison without meaning: operator, index or value missing, unknown or out of range.
    pub const COMPARISON: &str = "CG108";
    /// A rule that names no call.
    pub const NO_NAMES: &str = "CG109";
    /// A call that the tables do not know.
    pub const UNKNOWN_SYSCALL: &str = "CG110";
    /// A capability that does not exist under that name.
    pub const CAPABILITY: &str = "CG112";
    /// An arch in a condition that is none of the names that engines compare with.
    pub const CONDITION_ARCH: &str = "CG113";
    /// A `minKernel` that is not two numbers with a dot between.
    pub const MIN_KERNEL: &str = "CG114";
    /// An unknown arch or filter flag.
    pub const ARCH_OR_FLAG: &str = "CG115";
    /// An errno that does not fit.
    pub const ERRNO_RANGE: &str = "CG116";
    /// A JSON value of the wrong type: Go's decoder stops there.
    pub const WRONG_TYPE: &str = "CG117";
    /// `null` as an element of a list: Go's decoder makes a nil or a zero of it.
    pub const NULL_ELEMENT: &str = "CG118";
    /// A custom action that is not declared, or a declaration that does not hold.
    pub const CUSTOM_ACTION: &str = "CG119";
    /// `listenerMetadata` without `listenerPath`.
    pub const LISTENER: &str = "CG120";
    /// An errno name that no arch has, or that contradicts the number beside it.
    pub const ERRNO_NAME: &str = "CG121";
    /// A base that `x-extends` names and that could not be read.
    pub const EXTENDS: &str = "CG122";
}

/// The problems found so far, with a limit on how many of one code are kept.
#[derive(Default)]
pub(crate) struct Problems {
    kept: Vec<Problem>,
    counts: BTreeMap<(&'static str, Severity), Count>,
}

/// How many problems of one code and severity are kept; the rest is counted.
const KEPT: usize = 500;

struct Count {
    seen: usize,
    last: Span,
}

impl Problems {
    pub(crate) fn add(&mut self, problem: Problem) {
        let Problem {
            code,
            severity,
            span,
            ..
        } = problem;
        self.add_with(code, severity, span, |_| problem);
    }

    /// Adds what `describe` makes of an empty problem; it is not asked when there are enough of its code.
    pub(crate) fn add_with(
        &mut self,
        code: &'static str,
        severity: Severity,
        span: Span,
        describe: impl FnOnce(Problem) -> Problem,
    ) {
        let count = self.counts.entry((code, severity)).or_insert(Count {
            seen: 0,
            last: span,
        });
        count.seen += 1;
        count.last = span;
        if count.seen <= KEPT {
            let problem = describe(Problem::new(code, severity, span, ""));
            self.kept.push(problem);
        }
    }

    /// All problems in the order of their places, and one more for each code of which not all were kept.
    pub(crate) fn into_sorted(self) -> Vec<Problem> {
        let mut problems = self.kept;
        for ((code, severity), count) in self.counts {
            if count.seen > KEPT {
                let more = count.seen - KEPT;
                problems.push(
                    Problem::new(
                        code,
                        severity,
                        count.last,
                        format!("{more} more problems of this kind"),
                    )
                    .label("the last of them")
                    .note(format!("{} were found and {KEPT} are listed", count.seen)),
                );
            }
        }
        problems.sort_by_key(|problem| problem.span.start);
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_a_kind_are_counted_and_the_rare_kind_is_still_listed() {
        let mut problems = Problems::default();
        let mut asked = 0;
        for place in 0..10_000 {
            problems.add_with(
                codes::UNKNOWN_KEY,
                Severity::Error,
                Span::new(place, place),
                |problem| {
                    asked += 1;
                    problem
                },
            );
        }
        problems.add(Problem::warning(codes::KEY_CASE, Span::new(3, 4), "rare"));
        let sorted = problems.into_sorted();
        assert_eq!(asked, KEPT);
        assert_eq!(sorted.len(), KEPT + 2);
        assert_eq!(
            sorted.last().unwrap().message,
            "9500 more problems of this kind"
        );
        assert_eq!(sorted.last().unwrap().severity, Severity::Error);
        assert!(sorted.iter().any(|problem| problem.message == "rare"));
        assert!(sorted.is_sorted_by_key(|problem| problem.span.start));
    }
}
