//! The parts of a diagram: what the calls of one token, or of one number of it, get, as a function of the rest.
//!
//! Apart from the diagram, which answers questions itself: this is for those who walk it, to list, to compare or to write it down.

use callgate_bpf::{Action, SeccompData};

use crate::diagram::{Diagram, Node, place};
use crate::forest::level;

/// A part of a diagram, which means something to that diagram alone.
///
/// Two parts of one diagram are equal exactly if they answer alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part(pub(crate) u32);

/// What a part is at its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Every call that comes here gets this.
    Answer(Action),
    /// It depends on one bit of a word of the call.
    Ask {
        /// The word, by its offset in `struct seccomp_data`.
        offset: u32,
        /// The bit, counted from the lowest.
        bit: u32,
        /// Where it leads when the bit is clear.
        clear: Part,
        /// Where it leads when the bit is set.
        set: Part,
    },
}

/// What a walk down a diagram fixes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixed {
    /// The audit token.
    Token(u32),
    /// The audit token and the number.
    Number(u32, u32),
}

impl Diagram {
    /// All of it.
    #[must_use]
    pub const fn whole(&self) -> Part {
        Part(self.nodes.len() as u32 - 1)
    }

    /// What a part is at its root.
    ///
    /// Words are asked for in this order: the token, the number, the arguments each by its word at the lower address,
    /// then the instruction pointer; of a word the highest bit comes first.
    #[must_use]
    pub fn look(&self, part: Part) -> Look {
        match self.nodes[part.0 as usize] {
            Node::Answer(action) => Look::Answer(action),
            Node::Branch { level, clear, set } => {
                let (offset, bit) = place(level);
                Look::Ask {
                    offset,
                    bit,
                    clear: Part(clear),
                    set: Part(set),
                }
            }
        }
    }

    /// The part for calls of which so much is fixed, and up to which token, or number of the same token, it is so.
    #[must_use]
    pub fn part(&self, fixed: Fixed) -> (Part, u32) {
        let (Fixed::Token(audit) | Fixed::Number(audit, _)) = fixed;
        let (token, last) = self.by_word(self.whole(), SeccompData::ARCH, audit);
        match fixed {
            Fixed::Token(_) => (token, last),
            Fixed::Number(_, nr) => self.by_number(token, nr),
        }
    }

    /// Of the part for a token, that for a number, and up to which number it is so.
    #[must_use]
    pub fn by_number(&self, token: Part, nr: u32) -> (Part, u32) {
        self.by_word(token, SeccompData::NR, nr)
    }

    /// Where a part that asks for no earlier word leads by one, and up to which word it does.
    fn by_word(&self, part: Part, offset: u32, word: u32) -> (Part, u32) {
        let lowest = level(offset, 0);
        // The bits that were not asked for, which are the lowest.
        let mut free = u32::MAX;
        let mut at = part.0;
        while let Node::Branch { level, clear, set } = self.nodes[at as usize]
            && level <= lowest
        {
            let bit = 1 << (lowest - level);
            free = bit - 1;
            at = if word & bit == 0 { clear } else { set };
        }
        (Part(at), word | free)
    }

    /// A call of which so much is fixed, and whose answers here and there are such; none where there is no such call.
    #[must_use]
    pub fn example(
        &self,
        other: &Self,
        fixed: Fixed,
        wanted: impl Fn(Action, Action) -> bool,
    ) -> Option<SeccompData> {
        let mut words = [0; 16];
        match fixed {
            Fixed::Token(audit) => words[0] = audit,
            Fixed::Number(audit, nr) => (words[0], words[1]) = (audit, nr),
        }
        let parts = [self.part(fixed).0, other.part(fixed).0];
        self.pair(other, parts, words, wanted)
    }
}
