//! How much work a proof may take, and what is said when that does not suffice.

use core::fmt;

/// How much a diagram may take to make.
///
/// Equality of filters is hard in general: a few dozen rules about masked bits can take more than any machine has.
/// No real profile comes near the default, which bounds memory to about 100 MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The nodes, and the questions about nodes, that may be looked at.
    pub nodes: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { nodes: 1 << 21 }
    }
}

impl Budget {
    pub(crate) fn spend(&mut self) -> Result<(), Undecided> {
        match self.nodes.checked_sub(1) {
            Some(left) => {
                self.nodes = left;
                Ok(())
            }
            None => Err(Undecided::Budget),
        }
    }
}

/// Why nothing is certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// The budget did not suffice.
    Budget,
    /// The program returns a computed word of more bits than are told apart.
    Returns {
        /// Where, counted from zero.
        at: usize,
        /// How many bits of it vary.
        bits: u32,
    },
}

/// The bits of a computed answer that are told apart: the data's.
pub(crate) const MOST_RETURNED_BITS: u32 = 16;

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Budget => f.write_str("the diagram needs more nodes than its budget grants"),
            Self::Returns { at, bits } => write!(
                f,
                "instruction {at} returns a computed word of which {bits} bits vary, and {MOST_RETURNED_BITS} are told apart"
            ),
        }
    }
}

impl core::error::Error for Undecided {}
