//! Where a PROFILE comes from: a file, standard input, or what is built in.
//!
//! Apart from the verbs, because all of them take the same references and the same limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use callgate_bpf::Program;
use callgate_profile::{Bases, Options, builtin};
use callgate_syscalls::{Arch, Endian};
use clap::Args;

use crate::bases;
use crate::failure::{Failure, Status};
use crate::live::Live;
use crate::words;

/// How much of a document is read.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct InputOptions {
    /// Refuse documents over this size: bytes, or with K, M or G
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "16M",
        global = true,
        help_heading = "Global options"
    )]
    pub(crate) max_size: Size,
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

/// What a PROFILE argument names.
pub(crate) enum Input {
    /// A document, not yet read as a profile.
    Document(Document),
    /// A raw program, from a file whose name ends in `.bpf`.
    Program(Program),
    /// Filters in force.
    Live(Live),
}

/// The text of a document, and what to call it.
#[derive(Clone)]
pub(crate) struct Document {
    /// Its path, `<stdin>` or `docker:default`.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) text: Vec<u8>,
    /// The texts that it is written against.
    pub(crate) bases: Arc<Bases>,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not a size such as 1048576, 512K, 16M or 1G");
        let (digits, unit) = match text.char_indices().next_back() {
            Some((at, 'K' | 'k')) => (&text[..at], 1 << 10),
            Some((at, 'M' | 'm')) => (&text[..at], 1 << 20),
            Some((at, 'G' | 'g')) => (&text[..at], 1 << 30),
            _ => (text, 1),
        };
        let number: u64 = digits.parse().map_err(|_| wrong())?;
        number.checked_mul(unit).map(Self).ok_or_else(wrong)
    }
}

impl InputOptions {
    /// The same as the reader of profiles takes it.
    pub(crate) fn limits(self) -> Options {
        Options {
            max_size: usize::try_from(self.max_size.0).unwrap_or(usize::MAX),
            ..Options::default()
        }
    }
}

impl Input {
    /// Reads what a PROFILE argument names; `native` is whose byte order a raw program has.
    pub(crate) fn read(
        reference: &str,
        options: InputOptions,
        native: Arch,
    ) -> Result<Self, Failure> {
        if let Some(live) = names_what_lives(reference)? {
            return Ok(Self::Live(live));
        }
        if names_a_program(reference) {
            let bytes = bytes_of(reference, options)?;
            return Ok(Self::Program(raw_program(
                reference,
                &bytes,
                Some(native.endian()),
            )?));
        }
        Document::read(reference, options).map(Self::Document)
    }
}

impl Document {
    /// A text of this name, and the bases that it names from there.
    pub(crate) fn new(name: String, text: Vec<u8>, options: InputOptions) -> Self {
        let bases = Arc::new(bases::of(&name, &text, options));
        Self { name, text, bases }
    }

    /// A text that stands alone.
    pub(crate) fn alone(name: String, text: Vec<u8>) -> Self {
        Self {
            name,
            text,
            bases: Arc::default(),
        }
    }

    /// Another text in its place.
    pub(crate) fn with_text(&self, text: Vec<u8>) -> Self {
        Self {
            text,
            ..self.clone()
        }
    }

    /// Whether it comes with callgate, so that its user can't mend it.
    pub(crate) fn is_built_in(&self) -> bool {
        builtin::by_name(&self.name).is_some()
    }

    /// Reads what a PROFILE argument names, where only a document will do.
    pub(crate) fn read(reference: &str, options: InputOptions) -> Result<Self, Failure> {
        if let Some(text) = builtin::by_name(reference) {
            return Ok(Self::alone(reference.to_owned(), text.as_bytes().to_vec()));
        }
        let there = Path::new(reference).exists();
        let kind = reference.split_once(':').map(|(kind, _)| kind);
        match (there, kind) {
            (false, Some("docker")) => return Err(unknown_reference(reference)),
            (false, Some("pid" | "container")) => return Err(no_document(reference)),
            _ => {}
        }
        let text = bytes_of(reference, options)?;
        Ok(Self::new(title(reference), text, options))
    }
}

/// The filters in force that a reference is to; a file of such a name goes first.
pub(crate) fn names_what_lives(reference: &str) -> Result<Option<Live>, Failure> {
    if Path::new(reference).exists() {
        return Ok(None);
    }
    Live::parse(reference)
}

/// Whether a reference is to a raw program, by the end of its name.
pub(crate) fn names_a_program(reference: &str) -> bool {
    Path::new(reference)
        .extension()
        .is_some_and(|end| end == "bpf")
}

/// Refuses a raw program where only a profile can be `done` something to.
pub(crate) fn no_profile(reference: &str, done: &str) -> Failure {
    Failure::input(format_args!(
        "{reference}: a program says nothing of itself, so only profiles are {done}"
    ))
    .help("`callgate dis` shows a program, `callgate sim` asks it")
}

fn unknown_reference(reference: &str) -> Failure {
    Failure::input(format_args!("profile reference `{reference}` is not known")).help(format_args!(
        "the built-in profiles are {}",
        builtin::names()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    ))
}

fn no_document(reference: &str) -> Failure {
    Failure::input(format_args!(
        "{reference}: filters in force are programs, and a profile is asked for"
    ))
    .help(format_args!(
        "`callgate dis {reference}` shows them, `callgate sim {reference}` asks them"
    ))
}

/// What to call a file in messages.
pub(crate) fn title(reference: &str) -> String {
    match reference {
        "-" => "<stdin>".to_owned(),
        path => words::harmless(path),
    }
}

/// The bytes of a file or, for `-`, of standard input.
pub(crate) fn bytes_of(reference: &str, options: InputOptions) -> Result<Vec<u8>, Failure> {
    let limit = options.max_size.0;
    let title = title(reference);
    let unreadable = |error: io::Error| {
        let failure = Failure::input(format_args!("{title}: {}", words::system_error(&error)));
        match error.kind() {
            io::ErrorKind::NotFound => failure.help(
                "a profile is a path, `-`, `docker:default`, `pid:N`, `container:NAME` or FILE.bpf",
            ),
            _ => failure,
        }
    };
    let too_long = |found: u64, or_more: &str| {
        Failure::input(format_args!(
            "{title}: {found} bytes{or_more}, and {limit} are the limit"
        ))
        .help("--max-size sets another")
    };
    let (mut source, size): (Box<dyn Read>, Option<u64>) = match reference {
        "-" => (Box::new(io::stdin().lock()), None),
        path => {
            let file = File::open(path).map_err(unreadable)?;
            let found = file.metadata().map_err(unreadable)?;
            (Box::new(file), found.is_file().then_some(found.len()))
        }
    };
    if let Some(size) = size.filter(|&size| size > limit) {
        return Err(too_long(size, ""));
    }
    let mut bytes = Vec::new();
    let read = source
        .by_ref()
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if read as u64 > limit {
        return Err(too_long(read as u64, " or more"));
    }
    Ok(bytes)
}

/// A program from the kernel's records.
///
/// Without a byte order it is this machine's, unless the bytes mean something only in the other.
pub(crate) fn raw_program(
    reference: &str,
    bytes: &[u8],
    endian: Option<Endian>,
) -> Result<Program, Failure> {
    let first = endian.unwrap_or(THIS_MACHINE);
    let error = match Program::from_bytes(bytes, first) {
        Ok(program) => return Ok(program),
        Err(error) => error,
    };
    let (other, words) = match first {
        Endian::Little => (Endian::Big, "big-endian"),
        Endian::Big => (Endian::Little, "little-endian"),
    };
    let reads_as_other = Program::from_bytes(bytes, other).ok();
    match (reads_as_other, endian) {
        (Some(program), None) => {
            crate::say!("{}: the program is {words}", title(reference));
            Ok(program)
        }
        (Some(_), Some(_)) => Err(
            Failure::input(format_args!("{}: {error}", title(reference))).help(format_args!(
                "the bytes are a {words} program; --native names the arch that it is for"
            )),
        ),
        (None, _) => Err(Failure::input(format_args!(
            "{}: {error}",
            title(reference)
        ))),
    }
}

const THIS_MACHINE: Endian = if cfg!(target_endian = "little") {
    Endian::Little
} else {
    Endian::Big
};

/// The host's arch; where callgate has no table for it, something must be said by the user.
pub(crate) fn host() -> Result<Arch, Failure> {
    Arch::of_this_build().ok_or_else(|| {
        Failure::new(
            Status::NotPossible,
            "no call table is known for this machine's arch",
        )
        .help("--native names another")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_with_and_without_a_unit() {
        for (text, size) in [
            ("0", Some(0)),
            ("512K", Some(512 << 10)),
            ("16M", Some(16 << 20)),
            ("1g", Some(1 << 30)),
            ("M", None),
            ("", None),
            ("-1", None),
            ("1T", None),
            ("99999999999999999999", None),
            ("18446744073709551615G", None),
        ] {
            assert_eq!(text.parse().ok(), size.map(Size), "{text}");
        }
    }
}
