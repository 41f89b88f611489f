//! What a caller can choose.

use callgate_prove::Budget;
use callgate_syscalls::{KERNEL, Release};

use crate::weights::Weights;

/// How to compile. No option changes what the program answers.
///
/// ```
/// use callgate_compile::{Options, Weights};
/// use callgate_syscalls::Syscall;
///
/// let read = Syscall::by_name("read").expect("every kernel has it");
/// let options = Options { weights: Weights::of_counts([(read, 1000)]), ..Options::default() };
/// # assert_ne!(options, Options::default());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The release of the kernel that will run the program; by default the newest that the tables know.
    ///
    /// Why change it: from 5.11 on, the kernel asks a program only once about a call that is always allowed,
    /// so the program is shaped for the others; before, it is asked every time.
    pub kernel: Release,
    /// How often each call is made; by default a mix of common programs.
    pub weights: Weights,
    /// Whether the program is proved before it is handed out; by default it is.
    pub proof: Proof,
}

/// Whether a program is proved to answer as its policy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It is, or there is no program; the budget bounds what that takes.
    Required(Budget),
    /// It is not.
    ///
    /// Why choose it: rules about masked bits of several arguments can take more than any budget to prove;
    /// or the proof is made elsewhere.
    Skipped,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kernel: KERNEL,
            weights: Weights::default(),
            proof: Proof::Required(Budget::default()),
        }
    }
}

impl Options {
    pub(crate) fn cache(&self) -> Cache {
        if self.kernel >= Release::new(5, 11) {
            Cache::Present
        } else {
            Cache::Absent
        }
    }
}

/// Whether the kernel remembers which calls are always allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cache {
    Present,
    Absent,
}
