//! From a list of clauses to the diagram that answers the same, and back to the tests that it was made of.

use alloc::vec;
use alloc::vec::Vec;

use callgate_policy::Arg;

use crate::diagram::{Diagram, Diagrams, Full};
use crate::runs::{Clause, Meaning, Meanings};
use crate::values::{one_of, single_value};
use crate::words::{Branches, Half, Word, WordTest};

/// How many different tests of a word are remembered.
const MOST_ATOMS: usize = 12;

/// The tests that rules make of each word.
pub(crate) struct Atoms {
    by_rank: Vec<Vec<WordTest>>,
}

impl Atoms {
    /// The tests of the word of this rank, few of many.
    pub(crate) fn of_word(&self, rank: u16) -> impl Iterator<Item = WordTest> + '_ {
        self.by_rank[usize::from(rank)].iter().copied()
    }

    fn add(&mut self, rank: u16, test: WordTest) {
        let atoms = &mut self.by_rank[usize::from(rank)];
        if atoms.len() < MOST_ATOMS && !atoms.contains(&test) {
            atoms.push(test);
        }
    }
}

/// The function of a meaning: the first clause that holds answers.
pub(crate) fn function(
    diagrams: &mut Diagrams,
    meanings: &Meanings,
    meaning: &Meaning,
) -> Result<(Diagram, Atoms), Full> {
    let mut atoms = Atoms {
        by_rank: vec![Vec::new(); Arg::ALL.len() * 2],
    };
    let mut function = diagrams.leaf(meaning.otherwise.to_ret())?;
    let mut clauses = meaning
        .clauses
        .iter()
        .rev()
        .map(|&clause| &meanings.clauses()[clause as usize])
        .peekable();
    while let Some(clause) = clauses.next() {
        let mut conditions = Conditions {
            diagrams,
            atoms: &mut atoms,
            full: false,
        };
        let mut holds = Diagrams::ALWAYS;
        for test in clause.tests.iter().rev() {
            holds = test.branch(&mut conditions, holds, Diagrams::NEVER);
        }
        if conditions.full {
            return Err(Full);
        }
        // Clauses of one answer that ask for other values of the same argument.
        let mut values = Vec::new();
        if let Some((arg, bits, first)) = single_value(clause) {
            let is_alike = |next: &&Clause| {
                next.action == clause.action
                    && single_value(next).is_some_and(|(other, its, _)| (other, its) == (arg, bits))
            };
            while let Some(next) = clauses.next_if(is_alike) {
                values.extend(single_value(next).map(|(.., value)| value));
            }
            if !values.is_empty() {
                values.push(first);
                holds = one_of(diagrams, arg, bits, values.into_iter())?;
            }
        }
        let answer = diagrams.leaf(clause.action.to_ret())?;
        function = diagrams.choose(holds, answer, function)?;
    }
    Ok((function, atoms))
}

/// The word of a rank: the arguments in order, of each the low half first,
/// since most values are small and differ there.
pub(crate) fn word_of(rank: u16) -> Word {
    Word {
        arg: Arg::ALL[usize::from(rank / 2)],
        half: if rank.is_multiple_of(2) {
            Half::Low
        } else {
            Half::High
        },
    }
}

/// The rank of a word.
pub(crate) fn rank_of(word: Word) -> u16 {
    let half = match word.half {
        Half::Low => 0,
        Half::High => 1,
    };
    word.arg.index() as u16 * 2 + half
}

/// Builds conditions, and notes what they are made of.
struct Conditions<'a> {
    diagrams: &'a mut Diagrams,
    atoms: &'a mut Atoms,
    full: bool,
}

impl Branches for Conditions<'_> {
    type Node = Diagram;

    fn branch(&mut self, word: Word, test: WordTest, yes: Diagram, no: Diagram) -> Diagram {
        let rank = rank_of(word);
        self.atoms.add(rank, test);
        match self.try_branch(rank, test, yes, no) {
            Ok(diagram) => diagram,
            Err(Full) => {
                self.full = true;
                no
            }
        }
    }
}

impl Conditions<'_> {
    fn try_branch(
        &mut self,
        rank: u16,
        test: WordTest,
        yes: Diagram,
        no: Diagram,
    ) -> Result<Diagram, Full> {
        let first_later = (rank + 1) * crate::diagram::WORD_BITS;
        let is_later = |function| self.diagrams.level(function) >= first_later;
        if is_later(yes) && is_later(no) {
            return self.diagrams.test(rank, test, yes, no);
        }
        let holds = self
            .diagrams
            .test(rank, test, Diagrams::ALWAYS, Diagrams::NEVER)?;
        self.diagrams.choose(holds, yes, no)
    }
}
