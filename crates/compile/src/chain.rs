//! An argument block as a chain: the clauses one after the other, each left for the next where it does not hold.
//!
//! It grows with the clauses and nothing else, so it serves where a diagram would grow too large.

use callgate_bpf::SeccompData;
use callgate_syscalls::Endian;

use crate::code::{Code, Node};
use crate::runs::{Meaning, Meanings};
use crate::words::{Branches, Half, Word, WordTest};

/// The code that answers by a meaning.
pub(crate) fn chain(
    code: &mut Code,
    endian: Endian,
    meanings: &Meanings,
    meaning: &Meaning,
) -> Node {
    let mut chain = Chain { code, endian };
    let mut next = chain.code.ret(meaning.otherwise.to_ret());
    for &clause in meaning.clauses.iter().rev() {
        let clause = &meanings.clauses()[clause as usize];
        let mut holds = chain.code.ret(clause.action.to_ret());
        for test in clause.tests.iter().rev() {
            holds = test.branch(&mut chain, holds, next);
        }
        next = holds;
    }
    next
}

/// The offset of a word.
pub(crate) const fn offset(word: Word, endian: Endian) -> u32 {
    let index = word.arg.index() as u32;
    match word.half {
        Half::Low => SeccompData::low_of_arg(index, endian),
        Half::High => SeccompData::high_of_arg(index, endian),
    }
}

/// Every node here is entered with any word loaded.
struct Chain<'a> {
    code: &'a mut Code,
    endian: Endian,
}

impl Branches for Chain<'_> {
    type Node = Node;

    fn branch(&mut self, word: Word, test: WordTest, yes: Node, no: Node) -> Node {
        let offset = offset(word, self.endian);
        self.code.branch(offset, test, yes, no)
    }
}
