//! A diagram by itself: the one form of a meaning, which two filters share exactly if they answer alike.
//!
//! Trusted, as far as witnesses go; that equal diagrams mean equal filters rests on the forest that they grew in.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use callgate_bpf::{Action, Program, SeccompData};
use callgate_policy::Policy;
use callgate_syscalls::Endian;

use crate::budget::{Budget, Undecided};
use crate::forest::{BITS, Forest, ORDER, Root, Tree, level};
use crate::part::{Fixed, Look, Part};
use crate::{machine, specification};

/// What every possible call gets.
///
/// Two diagrams are equal exactly if no call is answered differently, whatever they were made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagram {
    /// Each after those that it leads to, the last is where to begin; in an order that only the meaning fixes.
    pub(crate) nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Answer(Action),
    Branch { level: u16, clear: u32, set: u32 },
}

/// The place of a tree that is not copied yet.
const NOWHERE: u32 = u32::MAX;

impl Diagram {
    /// The diagram of a policy.
    ///
    /// # Errors
    /// The budget does not suffice.
    pub fn of_policy(policy: &Policy, budget: Budget) -> Result<Self, Undecided> {
        let mut forest = Forest::new(budget);
        let tree = specification::policy(&mut forest, policy)?.tree(&mut forest)?;
        Ok(Self::cut(&forest, tree))
    }

    /// The diagram of a program, of whatever origin.
    ///
    /// Every instruction that seccomp accepts is understood.
    ///
    /// # Errors
    /// The budget does not suffice, or the program returns a word that it computed of too many bits.
    pub fn of_program(program: &Program, budget: Budget) -> Result<Self, Undecided> {
        let mut forest = Forest::new(budget);
        let tree = machine::program(&mut forest, program)?.tree(&mut forest)?;
        Ok(Self::cut(&forest, tree))
    }

    /// A call that the two answer differently; none where they are equal.
    #[must_use]
    pub fn witness(&self, other: &Self) -> Option<SeccompData> {
        if self == other {
            return None;
        }
        self.pair(other, [self.whole(), other.whole()], [0; 16], |one, two| {
            one != two
        })
    }

    /// A call that gets less strict an answer here than there; none where everything that is allowed here is allowed there.
    #[must_use]
    pub fn looser(&self, other: &Self) -> Option<SeccompData> {
        self.pair(other, [self.whole(), other.whole()], [0; 16], |one, two| {
            one > two
        })
    }

    /// A call whose action here is less strict than there, whatever their data; none where there is no such call.
    #[must_use]
    pub fn less_strict(&self, other: &Self) -> Option<SeccompData> {
        self.pair(other, [self.whole(), other.whole()], [0; 16], |one, two| {
            one.strictness() > two.strictness()
        })
    }

    /// What all calls of this audit token and number get, whatever else they have; none where that depends.
    #[must_use]
    pub fn always(&self, audit: u32, nr: u32) -> Option<Action> {
        self.always_up_to(audit, nr).0
    }

    /// The same, and a number up to which it is so, from this one on.
    #[must_use]
    pub fn always_up_to(&self, audit: u32, nr: u32) -> (Option<Action>, u32) {
        let (part, last) = self.part(Fixed::Number(audit, nr));
        match self.look(part) {
            Look::Answer(action) => (Some(action), last),
            Look::Ask { .. } => (None, last),
        }
    }

    /// What a call gets.
    #[must_use]
    pub fn answer(&self, call: &SeccompData) -> Action {
        let mut at = self.nodes.len() - 1;
        loop {
            match self.nodes[at] {
                Node::Answer(action) => return action,
                Node::Branch { level, clear, set } => {
                    let (offset, bit) = place(level);
                    let word = call
                        .word(offset)
                        .expect("diagrams ask for words of the call");
                    at = if word & 1 << bit == 0 { clear } else { set } as usize;
                }
            }
        }
    }

    /// How many nodes it has, answers included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// Calls that together take every branch of the diagram: tests hold the meaning against other tellings of it.
    #[must_use]
    pub fn examples(&self) -> Vec<SeccompData> {
        let mut seen = BTreeSet::new();
        let mut examples = Vec::new();
        self.walk(self.nodes.len() - 1, &mut [0; 16], &mut seen, &mut examples);
        examples
    }

    fn walk(
        &self,
        at: usize,
        words: &mut [u32; 16],
        seen: &mut BTreeSet<usize>,
        examples: &mut Vec<SeccompData>,
    ) {
        let is_new = seen.insert(at);
        match self.nodes[at] {
            Node::Branch { level, clear, set } if is_new => {
                let (word, bit) = (usize::from(level) / 32, 31 - level % 32);
                self.walk(clear as usize, words, seen, examples);
                words[word] |= 1 << bit;
                self.walk(set as usize, words, seen, examples);
                words[word] &= !(1 << bit);
            }
            _ => examples.push(call(words)),
        }
    }

    /// A call under two parts whose answers are such, with these words where no part asks; depth first, every pair once.
    pub(crate) fn pair(
        &self,
        other: &Self,
        [one, two]: [Part; 2],
        words: [u32; 16],
        wanted: impl Fn(Action, Action) -> bool,
    ) -> Option<SeccompData> {
        let mut seen = BTreeSet::new();
        let mut todo = Vec::from([(one.0 as usize, two.0 as usize, words)]);
        while let Some((one, two, words)) = todo.pop() {
            if !seen.insert((one, two)) {
                continue;
            }
            let level = match (self.nodes[one], other.nodes[two]) {
                (Node::Answer(one), Node::Answer(two)) if wanted(one, two) => {
                    return Some(call(&words));
                }
                (Node::Answer(_), Node::Answer(_)) => continue,
                (one, two) => one.level().min(two.level()),
            };
            let (one, two) = (self.parts(one, level), other.parts(two, level));
            let mut with_bit = words;
            with_bit[usize::from(level) / 32] |= 1 << (31 - level % 32);
            todo.push((one.1, two.1, with_bit));
            todo.push((one.0, two.0, words));
        }
        None
    }

    /// Where a node leads by the bit of a level, which it need not ask for.
    pub(crate) fn parts(&self, at: usize, level: u16) -> (usize, usize) {
        match self.nodes[at] {
            Node::Branch {
                level: own,
                clear,
                set,
            } if own == level => (clear as usize, set as usize),
            _ => (at, at),
        }
    }

    /// A tree out of its forest, its nodes in the order in which they are left.
    pub(crate) fn cut(forest: &Forest, tree: Tree) -> Self {
        let mut diagram = Self { nodes: Vec::new() };
        diagram.copy(forest, tree, &mut vec![NOWHERE; forest.count()]);
        diagram
    }

    /// As deep as a call has bits.
    fn copy(&mut self, forest: &Forest, tree: Tree, places: &mut [u32]) -> u32 {
        if places[tree.index()] != NOWHERE {
            return places[tree.index()];
        }
        let node = match forest.root(tree) {
            Root::Answer(ret) => Node::Answer(Action::from_ret(ret)),
            Root::Branch { level, clear, set } => Node::Branch {
                level,
                clear: self.copy(forest, clear, places),
                set: self.copy(forest, set, places),
            },
            Root::Truth(_) => unreachable!("what a filter means is no condition"),
        };
        let place = self.nodes.len() as u32;
        self.nodes.push(node);
        places[tree.index()] = place;
        place
    }
}

impl Node {
    pub(crate) fn level(self) -> u16 {
        match self {
            Self::Branch { level, .. } => level,
            Self::Answer(_) => u16::MAX,
        }
    }
}

/// The offset and the bit of a level.
pub(crate) fn place(level: u16) -> (u32, u32) {
    let level = u32::from(level);
    (ORDER[(level / BITS) as usize], BITS - 1 - level % BITS)
}

/// The call that has these words, in the order of diagrams.
fn call(words: &[u32; 16]) -> SeccompData {
    let at = |offset: u32| words[usize::from(level(offset, 0)) / 32];
    let arch = at(SeccompData::ARCH);
    let wide = |offset: u32| {
        let (first, second) = (u64::from(at(offset)), u64::from(at(offset + 4)));
        match Endian::of_audit(arch) {
            Endian::Little => second << 32 | first,
            Endian::Big => first << 32 | second,
        }
    };
    SeccompData {
        nr: at(SeccompData::NR),
        arch,
        instruction_pointer: wide(SeccompData::INSTRUCTION_POINTER),
        args: [16, 24, 32, 40, 48, 56].map(wide),
    }
}
