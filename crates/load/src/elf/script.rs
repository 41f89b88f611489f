//! The `#!` line, by the kernel's rules.
//!
//! Apart because they are rules of their own: one argument at most, 256 bytes, no quoting (`fs/binfmt_script.c`).

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The bytes of a file that execve looks at (`BINPRM_BUF_SIZE`, since Linux 5.1).
pub(super) const START: usize = 256;

/// A file that names the program to run it with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The file.
    pub path: PathBuf,
    /// The program that it names; a relative path is one from the working directory.
    pub interpreter: PathBuf,
    /// What follows the name, blanks included, as one argument.
    pub argument: Option<OsString>,
}

/// The script whose file begins so, with zeros past its end; none where the kernel sees no name.
pub(super) fn parse(path: &Path, start: &[u8; START]) -> Option<Script> {
    let blank = |byte: u8| byte == b' ' || byte == b'\t';
    let rest = &start[2..];
    // The kernel's strnchr stops at a zero.
    let newline = rest
        .iter()
        .take_while(|&&byte| byte != 0)
        .position(|&byte| byte == b'\n');
    let line = match newline {
        Some(end) => &rest[..end],
        None => {
            let name = rest.iter().position(|&byte| !blank(byte))?;
            // A name that fills the rest may go on in the file: the kernel refuses to guess.
            rest[name..]
                .iter()
                .position(|&byte| blank(byte) || byte == 0)?;
            // The kernel's line ends at the last byte, which it does not look at.
            &rest[..rest.len() - 1]
        }
    };
    let line = trim(line, blank);
    let name_len = line
        .iter()
        .position(|&byte| blank(byte) || byte == 0)
        .unwrap_or(line.len());
    let (name, after) = line.split_at(name_len);
    if name.is_empty() {
        return None;
    }
    // A zero ends the name and the line; a blank only the name.
    let argument = match after.first() {
        Some(&byte) if blank(byte) => {
            let argument = trim(after, blank);
            let len = argument
                .iter()
                .position(|&byte| byte == 0)
                .unwrap_or(argument.len());
            Some(&argument[..len])
        }
        _ => None,
    };
    let text = |bytes: &[u8]| OsStr::from_bytes(bytes).to_owned();
    Some(Script {
        path: path.to_owned(),
        interpreter: text(name).into(),
        argument: argument.map(text),
    })
}

fn trim(line: &[u8], blank: impl Fn(u8) -> bool) -> &[u8] {
    let start = line
        .iter()
        .position(|&byte| !blank(byte))
        .unwrap_or(line.len());
    let end = line
        .iter()
        .rposition(|&byte| !blank(byte))
        .map_or(start, |last| last + 1);
    &line[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &[u8]) -> Option<(String, Option<String>)> {
        let mut start = [0; START];
        let len = text.len().min(START);
        start[..len].copy_from_slice(&text[..len]);
        let script = parse(Path::new("x"), &start)?;
        let lossy = |text: &OsStr| text.to_string_lossy().into_owned();
        Some((
            lossy(script.interpreter.as_os_str()),
            script.argument.as_deref().map(lossy),
        ))
    }

    #[test]
    fn lines_are_read_as_the_kernel_reads_them() {
        let long = [b"#!".as_slice(), &[b'a'; 300]].concat();
        let long_argument = [b"#!/bin/sh ".as_slice(), &[b'a'; 300]].concat();
        for (text, expected) in [
            (b"#!/bin/sh\n".as_slice(), Some(("/bin/sh", None))),
            (b"#!/bin/sh", Some(("/bin/sh", None))),
            (b"#! \t/bin/sh \t\n", Some(("/bin/sh", None))),
            (
                b"#!/usr/bin/env -S a  b\t\n",
                Some(("/usr/bin/env", Some("-S a  b"))),
            ),
            (b"#!/bin/sh -e\r\n", Some(("/bin/sh", Some("-e\r")))),
            (b"#!/bin/sh\0 -e\n", Some(("/bin/sh", None))),
            // Only a newline makes blanks at the end go away.
            (b"#!/bin/sh -e ", Some(("/bin/sh", Some("-e ")))),
            (b"#!/bin/sh ", Some(("/bin/sh", Some("")))),
            (b"#!\n/bin/sh\n", None),
            (b"#!   ", None),
            (b"#!", None),
            (&long, None),
        ] {
            let expected = expected.map(|(name, argument): (&str, Option<&str>)| {
                (name.to_owned(), argument.map(str::to_owned))
            });
            assert_eq!(parsed(text), expected, "{}", text.escape_ascii());
        }
        let (_, argument) = parsed(&long_argument).expect("the name is whole");
        assert_eq!(
            argument.map(|argument| argument.len()),
            Some(START - 1 - "#!/bin/sh ".len())
        );
    }
}
