//! A lint's example: a text with the problem, and one without it.
//!
//! Apart from the page, because it is held against the lint: `check` finds the one in the first text, and not in the second.

/// A text that has a problem, and what it becomes without.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What the file is called, by which `check` knows JSON from YAML.
    pub file: &'static str,
    /// What `check` is asked besides, as on its command line; empty where nothing is.
    pub options: &'static str,
    /// The text with the problem.
    pub wrong: &'static str,
    /// The text without it.
    pub right: &'static str,
    /// Whether `check --fix --write` makes the second text of the first.
    pub is_mended: bool,
}

impl Example {
    /// A profile with a problem that a person mends.
    pub(crate) const fn new(wrong: &'static str, right: &'static str) -> Self {
        Self {
            file: "seccomp.json",
            options: "",
            wrong,
            right,
            is_mended: false,
        }
    }

    /// The same, mended by `check --fix --write`.
    pub(crate) const fn mended(self) -> Self {
        Self {
            is_mended: true,
            ..self
        }
    }

    /// The same with more options for `check`.
    pub(crate) const fn asked(self, options: &'static str) -> Self {
        Self { options, ..self }
    }

    /// The same in a file of another name.
    pub(crate) const fn in_file(self, file: &'static str) -> Self {
        Self { file, ..self }
    }
}
