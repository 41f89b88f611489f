//! The texts that a document is written against: the base that it names by `x-extends`, the base of that, and so on.
//!
//! Apart from reading, because who finds a text has files, and here nothing is opened.

use crate::read::{Options, keys, parse};

/// The most bases in a row.
pub const MOST: usize = 8;

/// One base: a text, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// What messages call it, by which a base that comes back is known, too.
    pub name: String,
    /// Its bytes.
    pub text: Vec<u8>,
}

/// The bases of a document, the nearest first; none where it names none.
///
/// Places in a document with bases are those of all texts one after the other, a byte between each: first its own, then the nearest base's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bases {
    texts: Vec<Base>,
    /// Why the last text has none, though it names one.
    missing: Option<String>,
}

/// A text, and those that it is written against.
#[derive(Clone, Copy, Debug)]
pub struct Extending<'t> {
    /// The text.
    pub text: &'t str,
    /// Its bases.
    pub bases: &'t Bases,
}

/// No bases, for texts that stand alone.
static NONE: Bases = Bases {
    texts: Vec::new(),
    missing: None,
};

impl Bases {
    /// Finds the bases of a text: `open` is given what `x-extends` says and the name of the text that says it.
    ///
    /// Bases that come back, and more than [`MOST`] in a row, are a problem at the place where it begins, as is what `open` has to say.
    ///
    /// ```
    /// use callgate_profile::{Base, Bases, Options, parse_with};
    ///
    /// let text = r#"{ "x-extends": "base.json", "syscalls": [ { "names": ["chmod"], "action": "SCMP_ACT_ERRNO" } ] }"#;
    /// let base = r#"{ "defaultAction": "SCMP_ACT_ALLOW" }"#;
    /// let bases = Bases::find("mine.json", text.as_bytes(), &Options::default(), |reference, beside| {
    ///     assert_eq!((reference, beside), ("base.json", "mine.json"));
    ///     Ok(Base { name: reference.to_owned(), text: base.into() })
    /// });
    /// let parsed = parse_with(text.as_bytes(), &Options::default(), &bases);
    /// assert!(parsed.problems.is_empty());
    /// assert_eq!(parsed.profile.unwrap().default_action.unwrap().as_str(), "SCMP_ACT_ALLOW");
    /// ```
    pub fn find(
        name: &str,
        text: &[u8],
        options: &Options,
        mut open: impl FnMut(&str, &str) -> Result<Base, String>,
    ) -> Self {
        let mut found = Self::default();
        loop {
            let (beside, last) = match found.texts.last() {
                Some(base) => (base.name.as_str(), base.text.as_slice()),
                None => (name, text),
            };
            let Some(reference) = reference_in(last, options) else {
                return found;
            };
            let base = match found.texts.len() {
                MOST => Err(format!("{MOST} bases in a row are the most")),
                _ => open(&reference, beside),
            };
            let comes_back = |base: &Base| {
                let mut before = found.texts.iter().map(|base| base.name.as_str());
                base.name == name || before.any(|before| before == base.name)
            };
            match base {
                Ok(base) if comes_back(&base) => {
                    found.missing = Some(format!("{} would be its own base", base.name));
                    return found;
                }
                Ok(base) => found.texts.push(base),
                Err(why) => {
                    found.missing = Some(why);
                    return found;
                }
            }
        }
    }

    /// These texts, the nearest first, of which the last has no base.
    #[must_use]
    pub const fn of(texts: Vec<Base>) -> Self {
        Self {
            texts,
            missing: None,
        }
    }

    /// The texts, the nearest first.
    #[must_use]
    pub fn texts(&self) -> &[Base] {
        &self.texts
    }

    /// Whether the document stands alone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Why the last text has no base, though it names one.
    pub(crate) fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Where each text begins, behind a document's own of this length.
    pub fn starts(&self, own: usize) -> impl Iterator<Item = usize> {
        self.texts.iter().scan(own + 1, |next, base| {
            let start = *next;
            *next += base.text.len() + 1;
            Some(start)
        })
    }
}

impl<'t> From<&'t str> for Extending<'t> {
    fn from(text: &'t str) -> Self {
        Self { text, bases: &NONE }
    }
}

impl<'t> From<&'t String> for Extending<'t> {
    fn from(text: &'t String) -> Self {
        Self::from(text.as_str())
    }
}

impl<'t> Extending<'t> {
    /// Another text in the same place.
    #[must_use]
    pub const fn instead(self, text: &'t str) -> Self {
        Self {
            text,
            bases: self.bases,
        }
    }
}

/// What a text says by `x-extends`, where that is a string.
fn reference_in(text: &[u8], options: &Options) -> Option<String> {
    // Most texts have none, and are not read twice.
    let key = keys::EXTENDS.as_bytes();
    let hyphens = (1..text.len()).filter(|&at| text[at] == b'-');
    let mut words = hyphens.filter_map(|at| text.get(at - 1..at - 1 + key.len()));
    words.find(|word| word.eq_ignore_ascii_case(key))?;
    let extends = parse(text, options).profile?.extends?;
    Some(extends.value)
}
