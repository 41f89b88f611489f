//! One document looked at, for who shows problems where the text is written.
//!
//! Apart from the verb, which looks at files: here a text may be one that nobody has saved.

use callgate_analyze::Context;
use callgate_engines::Target;
use callgate_profile::{Fix, Problem, Profile, Span, parse};

use super::find;
use super::fix;
use super::found::Checked;
use super::manifest;
use super::readers::Readers;
use super::selection::Selection;
use crate::failure::Failure;
use crate::input::{Document, InputOptions};
use crate::reading::{self, TargetOptions};
use crate::yaml::Json;

/// How documents are looked at.
pub(crate) struct Looks {
    /// Who reads them.
    pub(crate) target: TargetOptions,
    /// Where they are used.
    pub(crate) context: Context,
    /// How large they may be.
    pub(crate) options: InputOptions,
}

/// A document, and what is wrong with it.
pub(crate) struct Look {
    readers: Readers,
    checked: Checked,
    options: InputOptions,
}

/// A place in a profile that stands in a YAML file.
pub(crate) struct Inner {
    /// The profile as JSON.
    pub(crate) json: Json,
    /// What it says.
    pub(crate) profile: Option<Profile>,
    /// The place, as a byte of the JSON.
    pub(crate) offset: usize,
}

impl Looks {
    /// Looks at a document; none where it does not look like a profile.
    pub(crate) fn at(&self, document: Document) -> Result<Option<Look>, Failure> {
        if !find::looks_like_profile(&document) {
            return Ok(None);
        }
        let readers = Readers::of(&self.target, self.context, std::slice::from_ref(&document))?;
        let checked = readers.check(vec![document], self.options, &Selection::default());
        Ok(checked.into_iter().next().map(|checked| Look {
            readers,
            checked,
            options: self.options,
        }))
    }
}

impl Look {
    /// What is wrong, by place.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.checked.problems
    }

    /// The document.
    pub(crate) const fn document(&self) -> &Document {
        &self.checked.document
    }

    /// Where it names its base.
    pub(crate) fn base(&self) -> Option<Span> {
        let own = parse(&self.document().text, &self.options.limits()).profile?;
        Some(own.extends?.span)
    }

    /// The profile in which a byte of a YAML file stands.
    pub(crate) fn in_yaml(&self, offset: usize) -> Option<Inner> {
        let document = &self.checked.document;
        let profiles = manifest::of(document)?.profiles.into_iter();
        let mut with_it =
            profiles.filter_map(|profile| Some((profile.json.offset(offset)?, profile.json)));
        let (offset, json) = with_it.next()?;
        let profile = manifest::document_of(&json, document, self.options);
        Some(Inner {
            profile: reading::parse(&profile, self.options).profile,
            json,
            offset,
        })
    }

    /// What it says, together with its bases.
    pub(crate) fn profile(&self) -> Option<Profile> {
        reading::parse(&self.checked.document, self.options).profile
    }

    /// Who reads the document.
    pub(crate) fn targets(&self) -> &[Target] {
        &self.checked.targets
    }

    /// The text after a fix, and whether that is proved to let no call through that is refused now.
    pub(crate) fn mended(&self, fix: &Fix) -> Option<(String, bool)> {
        let standards = self.readers.standards_of(0);
        let (text, is_proved) = fix::alone(&self.checked.document, self.options, &standards, fix)?;
        Some((String::from_utf8(text).ok()?, is_proved))
    }
}
