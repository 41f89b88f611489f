//! What execve would do with a file: which script starts which interpreter, and which ABI the program will use.
//!
//! Apart from launching so that a command line can say beforehand what a filter would make of a program.

mod image;
mod script;
mod search;

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use callgate_syscalls::Arch;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;

pub use image::{Image, Machine};
pub use script::Script;
pub use search::find;

/// What a file comes to when it is executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executable {
    /// The scripts on the way, outermost first; none if the file is a program.
    pub scripts: Vec<Script>,
    /// The program.
    pub program: Image,
    /// The file that loads it (`ld.so`), if it is linked dynamically: what it is, or why it can't be executed.
    pub loader: Option<Result<Image, InspectError>>,
}

/// Why a file can't be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a file that is to be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is none of that name.
    NotFound,
    /// Its mode, its directory, its mount or its being a directory forbids to execute it.
    NotExecutable,
    /// It may be executed and not read, so that nothing is known.
    Unreadable,
    /// It is neither ELF nor a script; an entry in binfmt_misc may know more.
    UnknownFormat,
    /// It is a damaged ELF file.
    Malformed(String),
    /// Too many interpreters are scripts themselves.
    TooManyScripts,
    /// Another error on reading.
    Io(i32),
}

/// The scripts that execve follows until it gives up with `ELOOP` (`exec_binprm` in `fs/exec.c`).
pub const MAX_SCRIPTS: usize = 5;

/// Follows a file as execve does: `#!` lines, then the ELF header, then the loader that it names.
///
/// # Errors
/// The first file on the way that can't be executed. A loader's fault is part of the result.
pub fn inspect(path: &Path) -> Result<Executable, InspectError> {
    let mut scripts = Vec::new();
    let mut path = path.to_owned();
    loop {
        let file = open(&path)?;
        let mut start = [0; script::START];
        let len = read(&file, &mut start, 0).map_err(|error| fault(&path, &error))?;
        if !start.starts_with(b"#!") {
            let program = image::read(&path, &file, &start[..len])?;
            let loader = program.interpreter.as_deref().map(load);
            return Ok(Executable {
                scripts,
                program,
                loader,
            });
        }
        if scripts.len() == MAX_SCRIPTS {
            return Err(error(&path, Problem::TooManyScripts));
        }
        let script =
            script::parse(&path, &start).ok_or_else(|| error(&path, Problem::UnknownFormat))?;
        path.clone_from(&script.interpreter);
        scripts.push(script);
    }
}

impl Executable {
    /// The ABIs whose calls its start makes, the program's first: without one of them in a profile it can't run.
    #[must_use]
    pub fn arches(&self) -> Vec<Arch> {
        let loader = self.loader.iter().flatten();
        let mut arches = Vec::new();
        for image in [&self.program].into_iter().chain(loader) {
            if let Some(arch) = image.arch
                && !arches.contains(&arch)
            {
                arches.push(arch);
            }
        }
        arches
    }
}

impl InspectError {
    /// The exit status that a shell or Docker gives: 127 where there is no file, else 126.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self.problem {
            Problem::NotFound => 127,
            _ => 126,
        }
    }
}

impl fmt::Display for InspectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.as_os_str().is_empty() {
            return write!(f, "'': {}", self.problem);
        }
        write!(f, "{}: {}", self.path.display(), self.problem)
    }
}

impl std::error::Error for InspectError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("no such file"),
            Self::NotExecutable => f.write_str("not executable"),
            Self::Unreadable => f.write_str("executable, but not readable"),
            Self::UnknownFormat => {
                f.write_str("neither an ELF program nor a script that names its interpreter")
            }
            Self::Malformed(what) => write!(f, "damaged ELF: {what}"),
            Self::TooManyScripts => write!(
                f,
                "a script after {MAX_SCRIPTS} scripts, and the kernel follows no more"
            ),
            Self::Io(errno) => io::Error::from_raw_os_error(*errno).fmt(f),
        }
    }
}

/// The loader of a program: an ELF file that the kernel maps beside it.
fn load(path: &Path) -> Result<Image, InspectError> {
    let file = open(path)?;
    let mut start = [0; script::START];
    let len = read(&file, &mut start, 0).map_err(|error| fault(path, &error))?;
    image::read(path, &file, &start[..len])
}

/// Opens a file that may be executed.
fn open(path: &Path) -> Result<File, InspectError> {
    // Asks with the effective ids, as execve does, and knows of mounts with noexec.
    if let Err(errno) = accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS) {
        return Err(error(
            path,
            match errno {
                Errno::NOENT | Errno::NOTDIR => Problem::NotFound,
                Errno::ACCESS => Problem::NotExecutable,
                errno => Problem::Io(errno.raw_os_error()),
            },
        ));
    }
    // A directory and a device may have the bit, too. Opening a pipe could wait forever, so the kind comes first.
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(error(path, Problem::NotExecutable)),
        Err(reason) => return Err(fault(path, &reason)),
    }
    File::open(path).map_err(|reason| match reason.kind() {
        io::ErrorKind::PermissionDenied => error(path, Problem::Unreadable),
        _ => fault(path, &reason),
    })
}

/// Reads as much as there is, up to the buffer's length.
fn read(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut len = 0;
    while len < buffer.len() {
        match file.read_at(&mut buffer[len..], offset + len as u64) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

fn error(path: &Path, problem: Problem) -> InspectError {
    InspectError {
        path: path.to_owned(),
        problem,
    }
}

fn fault(path: &Path, reason: &io::Error) -> InspectError {
    error(path, Problem::Io(reason.raw_os_error().unwrap_or(0)))
}
