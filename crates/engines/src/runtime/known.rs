//! Which names of a document are calls for a libseccomp, each name looked up once.
//!
//! Apart from the runtimes, which all ask it, and from libseccomp's database, which takes calls and no names.

use callgate_profile::{Span, Spanned};
use callgate_syscalls::{Release, Syscall};

use crate::version::Version;

/// The calls that a libseccomp knows, and what was named besides.
pub(crate) struct Known {
    /// The kernel whose calls it knows; none where it knows all that the tables know.
    newest: Option<Release>,
    /// The calls of newer kernels that were named.
    newer: Vec<(Span, Syscall)>,
}

impl Known {
    pub(crate) fn to(libseccomp: Option<Version>) -> Self {
        Self {
            newest: libseccomp.map(newest_call_of),
            newer: Vec::new(),
        }
    }

    /// The calls of a rule that it knows, each once.
    pub(crate) fn calls<'p>(
        &mut self,
        names: &'p [Spanned<String>],
    ) -> Vec<(&'p Spanned<String>, Syscall)> {
        let mut calls = Vec::with_capacity(names.len());
        let mut is_named = [false; Syscall::COUNT];
        for name in names {
            let Some(call) = Syscall::by_name(&name.value) else {
                continue;
            };
            if self.is_newer(call) {
                self.newer.push((name.span, call));
            } else if !std::mem::replace(&mut is_named[call.index()], true) {
                calls.push((name, call));
            }
        }
        calls
    }

    /// The newest kernel whose calls it knows, and the calls of newer ones that were named, in their order.
    pub(super) fn newer(&self) -> Option<(Release, &[(Span, Syscall)])> {
        Some((self.newest?, &self.newer))
    }

    fn is_newer(&self, call: Syscall) -> bool {
        match (self.newest, call.since()) {
            (Some(newest), Some(since)) => since > newest,
            _ => false,
        }
    }
}

/// The kernel whose calls a version of libseccomp knows, as its release notes have it; a distribution may have added some.
fn newest_call_of(libseccomp: Version) -> Release {
    let kernels = [
        ((2, 6, 0), Release::new(6, 13)),
        ((2, 5, 5), Release::new(6, 7)),
        ((2, 5, 4), Release::new(5, 17)),
        ((2, 5, 3), Release::new(5, 15)),
        ((2, 5, 2), Release::new(5, 14)),
        ((2, 5, 1), Release::new(5, 10)),
        ((2, 5, 0), Release::new(5, 8)),
        ((2, 4, 0), Release::new(5, 4)),
        ((2, 3, 3), Release::new(4, 15)),
        ((2, 3, 2), Release::new(4, 10)),
    ];
    let found = kernels
        .into_iter()
        .find(|&((major, minor, patch), _)| libseccomp.at_least(major, minor, patch));
    found.map_or(Release::new(4, 5), |(_, kernel)| kernel)
}
