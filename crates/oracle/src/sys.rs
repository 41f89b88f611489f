//! The calls into libseccomp, and the child process that makes them.
//!
//! Apart because it is the crate's one file with `unsafe`.

use std::ffi::{CStr, c_int, c_void};
use std::fs::File;
use std::hash::Hash;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::ptr;

use callgate_policy::RuleId;
use libseccomp_sys as scmp;

use crate::Version;

/// A policy in libseccomp's terms.
pub(crate) struct Recipe {
    pub(crate) default: u32,
    pub(crate) bad_arch: u32,
    pub(crate) optimize: u32,
    pub(crate) sections: Vec<Section>,
}

/// What becomes a context of its own.
pub(crate) struct Section {
    pub(crate) token: u32,
    pub(crate) rules: Vec<Rule>,
}

/// What one `seccomp_rule_add_array` says.
pub(crate) struct Rule {
    pub(crate) id: RuleId,
    pub(crate) action: u32,
    pub(crate) nr: c_int,
    pub(crate) comparisons: Vec<scmp::scmp_arg_cmp>,
}

impl Rule {
    /// What it says, whosever it is.
    pub(crate) fn key(&self) -> impl Hash + Eq + use<> {
        let words =
            |each: &scmp::scmp_arg_cmp| (each.arg, each.op as u32, each.datum_a, each.datum_b);
        let comparisons = self.comparisons.iter().map(words);
        (self.nr, self.action, comparisons.collect::<Vec<_>>())
    }
}

/// Where it ended; sections and rules by their place in the recipe.
pub(crate) enum Failure {
    Arch {
        section: usize,
    },
    Rule {
        section: usize,
        rule: usize,
        errno: i32,
    },
    Filter {
        step: &'static str,
        errno: i32,
    },
    OutOfTime,
    Signal(i32),
    Child(io::Error),
}

/// The processor time that a child has, in seconds: a large profile takes 15 ms.
const SECONDS: libc::rlim_t = 2;

/// What is asked of a filter as a whole; a child names one by its place here.
const STEPS: [&str; 4] = [
    "make a context",
    "set an attribute",
    "merge the arches",
    "export the program",
];

pub(crate) fn version() -> Version {
    // SAFETY: the library returns a pointer to a constant of its own.
    let version = unsafe { &*scmp::seccomp_version() };
    Version {
        major: version.major,
        minor: version.minor,
        micro: version.micro,
    }
}

pub(crate) fn is_native(token: u32) -> bool {
    // SAFETY: no argument, no state.
    token == unsafe { scmp::seccomp_arch_native() }
}

/// The number, perhaps a pseudo number, that the machine's own arch has for the name of another arch's number.
pub(crate) fn native_number(token: u32, nr: c_int) -> Option<c_int> {
    // SAFETY: the name is a C string that is ours to free, or null; nobody uses it after that.
    let number = unsafe {
        let name = scmp::seccomp_syscall_resolve_num_arch(token, nr);
        if name.is_null() {
            return None;
        }
        let number = scmp::seccomp_syscall_resolve_name(name);
        libc::free(name.cast_mut().cast::<c_void>());
        number
    };
    (number != scmp::__NR_SCMP_ERROR).then_some(number)
}

/// The exported bytes.
pub(crate) fn cook(recipe: &Recipe) -> Result<Vec<u8>, Failure> {
    let mut file = memory().map_err(Failure::Child)?;
    let status = in_a_child(recipe, &file).map_err(Failure::Child)?;
    if libc::WIFSIGNALED(status) {
        return Err(match libc::WTERMSIG(status) {
            libc::SIGXCPU | libc::SIGKILL => Failure::OutOfTime,
            signal => Failure::Signal(signal),
        });
    }
    let mut bytes = Vec::new();
    file.rewind()
        .and_then(|()| file.read_to_end(&mut bytes))
        .map_err(Failure::Child)?;
    if libc::WEXITSTATUS(status) == 0 {
        return Ok(bytes);
    }
    Err(Refusal::from_bytes(&bytes).map_or_else(
        || Failure::Child(io::Error::other("it left no report")),
        Refusal::into_failure,
    ))
}

/// A file in memory, for the child to write to: a pipe would block it.
fn memory() -> io::Result<File> {
    let name: &CStr = c"libseccomp";
    // SAFETY: the name is a C string; the descriptor is new and has no other owner.
    unsafe {
        let fd = libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(File::from_raw_fd(fd))
    }
}

/// Follows the recipe in a child; its wait status.
fn in_a_child(recipe: &Recipe, file: &File) -> io::Result<c_int> {
    // SAFETY: the child calls only libseccomp, which needs no more than malloc (glibc's works in the child of a threaded process),
    // and system calls; it never returns.
    unsafe {
        let child = libc::fork();
        if child < 0 {
            return Err(io::Error::last_os_error());
        }
        if child == 0 {
            let no_core = libc::rlimit {
                rlim_cur: 0,
                rlim_max: 0,
            };
            let limit = libc::rlimit {
                rlim_cur: SECONDS,
                rlim_max: SECONDS + 1,
            };
            libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core);
            libc::setrlimit(libc::RLIMIT_CPU, &raw const limit);
            libc::_exit(match follow(recipe, file.as_raw_fd()) {
                Ok(()) => 0,
                Err(refusal) => refusal.write_to(file),
            });
        }
        let mut status = 0;
        while libc::waitpid(child, &raw mut status, 0) < 0 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        Ok(status)
    }
}

/// # Safety
/// Called in a child process; what libseccomp allocates is left to its end.
unsafe fn follow(recipe: &Recipe, fd: RawFd) -> Result<(), Refusal> {
    let mut whole: scmp::scmp_filter_ctx = ptr::null_mut();
    for (place, section) in recipe.sections.iter().enumerate() {
        // SAFETY: a context that libseccomp made and that nobody released.
        unsafe {
            let context = scmp::seccomp_init(recipe.default);
            if context.is_null() {
                return Err(Refusal::of_step(0, -libc::EINVAL));
            }
            set_attributes(recipe, context)?;
            if !is_native(section.token) {
                checked(scmp::seccomp_arch_remove(context, scmp::SCMP_ARCH_NATIVE))
                    .and_then(|()| checked(scmp::seccomp_arch_add(context, section.token)))
                    .map_err(|_| Refusal::of_arch(place))?;
            }
            add_rules(place, section, context)?;
            if whole.is_null() {
                whole = context;
            } else {
                checked(scmp::seccomp_merge(whole, context))
                    .map_err(|code| Refusal::of_step(2, code))?;
            }
        }
    }
    // SAFETY: `whole` is the first context; the recipe has a section.
    checked(unsafe { scmp::seccomp_export_bpf(whole, fd) })
        .map_err(|code| Refusal::of_step(3, code))
}

/// The exported bytes, made in this process and in one context.
pub(crate) fn cook_in_place(recipe: &Recipe) -> Result<Vec<u8>, Failure> {
    let mut file = memory().map_err(Failure::Child)?;
    // SAFETY: the context is released once, by whoever it was made by, and not used after that.
    let followed = unsafe {
        let context = scmp::seccomp_init(recipe.default);
        if context.is_null() {
            return Err(Refusal::of_step(0, -libc::EINVAL).into_failure());
        }
        let followed = follow_in_place(recipe, context, file.as_raw_fd());
        scmp::seccomp_release(context);
        followed
    };
    followed.map_err(Refusal::into_failure)?;
    let mut bytes = Vec::new();
    file.rewind()
        .and_then(|()| file.read_to_end(&mut bytes))
        .map_err(Failure::Child)?;
    Ok(bytes)
}

/// # Safety
/// The context is one that libseccomp made, and nobody released it.
unsafe fn follow_in_place(
    recipe: &Recipe,
    context: scmp::scmp_filter_ctx,
    fd: RawFd,
) -> Result<(), Refusal> {
    // SAFETY: as the caller promises.
    unsafe {
        set_attributes(recipe, context)?;
        for (place, section) in recipe.sections.iter().enumerate() {
            if !is_native(section.token) {
                checked(scmp::seccomp_arch_add(context, section.token))
                    .map_err(|_| Refusal::of_arch(place))?;
            }
        }
        for (place, section) in recipe.sections.iter().enumerate() {
            add_rules(place, section, context)?;
        }
        checked(scmp::seccomp_export_bpf(context, fd)).map_err(|code| Refusal::of_step(3, code))
    }
}

/// # Safety
/// The context is one that libseccomp made, and nobody released it.
unsafe fn set_attributes(recipe: &Recipe, context: scmp::scmp_filter_ctx) -> Result<(), Refusal> {
    use scmp::scmp_filter_attr as attribute;
    for (name, value) in [
        (attribute::SCMP_FLTATR_ACT_BADARCH, recipe.bad_arch),
        (attribute::SCMP_FLTATR_CTL_OPTIMIZE, recipe.optimize),
    ] {
        // SAFETY: as the caller promises.
        checked(unsafe { scmp::seccomp_attr_set(context, name, value) })
            .map_err(|code| Refusal::of_step(1, code))?;
    }
    Ok(())
}

/// # Safety
/// The context is one that libseccomp made, and nobody released it.
unsafe fn add_rules(
    place: usize,
    section: &Section,
    context: scmp::scmp_filter_ctx,
) -> Result<(), Refusal> {
    for (at, rule) in section.rules.iter().enumerate() {
        let count = rule.comparisons.len() as u32;
        let comparisons = rule.comparisons.as_ptr();
        // SAFETY: as the caller promises, and the library reads so many comparisons.
        checked(unsafe {
            scmp::seccomp_rule_add_array(context, rule.action, rule.nr, count, comparisons)
        })
        .map_err(|code| Refusal::of_rule(place, at, code))?;
    }
    Ok(())
}

fn checked(code: c_int) -> Result<(), c_int> {
    if code < 0 { Err(code) } else { Ok(()) }
}

/// What the child writes instead of a program: what kind, where, and the negated errno.
struct Refusal([i32; 4]);

impl Refusal {
    const STEP: i32 = 0;
    const ARCH: i32 = 1;
    const RULE: i32 = 2;

    const fn of_step(step: i32, code: c_int) -> Self {
        Self([Self::STEP, step, 0, code])
    }

    const fn of_arch(section: usize) -> Self {
        Self([Self::ARCH, section as i32, 0, 0])
    }

    const fn of_rule(section: usize, rule: usize, code: c_int) -> Self {
        Self([Self::RULE, section as i32, rule as i32, code])
    }

    /// Writes it over the file; the exit status that says so.
    fn write_to(&self, mut file: &File) -> c_int {
        let mut bytes = [0; 16];
        for (place, number) in bytes.chunks_exact_mut(4).zip(self.0) {
            place.copy_from_slice(&number.to_ne_bytes());
        }
        let written = file
            .rewind()
            .and_then(|()| file.set_len(0))
            .and_then(|()| file.write_all(&bytes));
        if written.is_ok() { 1 } else { 2 }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (words, []) = bytes.as_chunks::<4>() else {
            return None;
        };
        let words: &[[u8; 4]; 4] = words.try_into().ok()?;
        Some(Self(words.map(i32::from_ne_bytes)))
    }

    fn into_failure(self) -> Failure {
        let [kind, first, second, code] = self.0;
        match kind {
            Self::ARCH => Failure::Arch {
                section: first as usize,
            },
            Self::RULE => Failure::Rule {
                section: first as usize,
                rule: second as usize,
                errno: -code,
            },
            _ => Failure::Filter {
                step: STEPS[first as usize],
                errno: -code,
            },
        }
    }
}
