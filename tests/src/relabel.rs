//! A program whose every answer is an errno of its own, so that the kernel says which answer it came to and makes no call.

use callgate_bpf::{Action, Insn, MAX_ERRNO, Program};

/// A program with labels for answers.
#[derive(Clone, Debug)]
pub struct Relabelled {
    program: Program,
    words: Vec<u32>,
}

impl Relabelled {
    /// The program with the errnos 1, 2 and so on for the distinct words that it returns.
    ///
    /// # Panics
    /// It returns a computed word, or more different ones than there are errnos.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let mut words = Vec::new();
        let relabelled = program.insns().iter().map(|&insn| match insn {
            Insn::RetK(word) => Insn::RetK(Action::Errno(label(&mut words, word)).to_ret()),
            Insn::RetA => panic!("a computed answer has no label"),
            other => other,
        });
        let program = Program::new(relabelled.collect()).expect("its answers alone are others");
        Self { program, words }
    }

    /// The program to load.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// The word of the original that a returned value stands for; none for a value that is no label.
    #[must_use]
    pub fn word(&self, returned: i64) -> Option<u32> {
        let place = usize::try_from(-returned).ok()?.checked_sub(1)?;
        self.words.get(place).copied()
    }
}

fn label(words: &mut Vec<u32>, word: u32) -> u16 {
    let place = words
        .iter()
        .position(|&known| known == word)
        .unwrap_or_else(|| {
            words.push(word);
            words.len() - 1
        });
    let label = u16::try_from(place + 1).expect("a program has at most 4096 answers");
    assert!(label <= MAX_ERRNO, "more answers than errnos");
    label
}
