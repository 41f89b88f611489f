//! What a program means, as a tree: it is run on all calls at once, with conditions in place of values.
//!
//! Trusted. One state is one place with one content of the registers and the memory;
//! states that are met again are not run again, so a program of shared parts takes no longer than its length.

use alloc::vec;
use alloc::vec::Vec;

use callgate_bpf::{AluOp, Insn, JumpOp, MEMORY_WORDS, Operand, Program, SeccompData};

use crate::budget::{MOST_RETURNED_BITS, Undecided};
use crate::forest::{Forest, Tree};
use crate::table::{Novelty, Table};
use crate::value::Value;

/// What a program answers.
pub(crate) fn program(forest: &mut Forest, program: &Program) -> Result<Tree, Undecided> {
    let mut machine = Machine {
        forest,
        insns: program.insns(),
        values: Table::new(),
        memories: Table::new(),
        states: Table::new(),
        forks: Vec::new(),
        trees: Vec::new(),
    };
    let nothing = machine.value(Value::Constant(0))?;
    let memory = machine.memories.number([nothing; WORDS]).0;
    let begin = State {
        at: 0,
        a: nothing,
        x: nothing,
        memory,
    };
    match machine.walk(begin)? {
        Next::Answer(tree) => Ok(tree),
        Next::Fork(fork) => machine.evaluate(fork),
    }
}

const WORDS: usize = MEMORY_WORDS as usize;

/// Where a program stands, and what it holds; values and memories by their numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct State {
    at: usize,
    a: u32,
    x: u32,
    memory: u32,
}

/// Where straight code ends.
#[derive(Clone, Copy)]
enum Next {
    Answer(Tree),
    /// At a state, by its number, where a condition has to be asked.
    Fork(u32),
}

/// A condition and both ways on.
#[derive(Clone, Copy)]
struct Fork {
    condition: Tree,
    yes: Next,
    no: Next,
}

struct Machine<'a> {
    forest: &'a mut Forest,
    insns: &'a [Insn],
    values: Table<Value>,
    memories: Table<[u32; WORDS]>,
    states: Table<State>,
    /// What is asked in each state, once it is looked at.
    forks: Vec<Option<Fork>>,
    /// What the program answers from each state on, once it is known.
    trees: Vec<Option<Tree>>,
}

impl Machine<'_> {
    /// The tree of a state, after those of the states that it leads to.
    fn evaluate(&mut self, first: u32) -> Result<Tree, Undecided> {
        let mut todo = vec![first];
        while let Some(&state) = todo.last() {
            let fork = self.fork(state)?;
            let (yes, no) = (self.known(fork.yes), self.known(fork.no));
            if let (Ok(yes), Ok(no)) = (yes, no) {
                let tree = self.forest.choose(fork.condition, yes, no)?;
                self.trees[state as usize] = Some(tree);
                todo.pop();
            } else {
                todo.extend([yes, no].into_iter().filter_map(Result::err));
            }
        }
        Ok(self.trees[first as usize].expect("it was the last to be taken off"))
    }

    /// The tree from there on, or the state that is to be evaluated first.
    fn known(&self, next: Next) -> Result<Tree, u32> {
        match next {
            Next::Answer(tree) => Ok(tree),
            Next::Fork(state) => self.trees[state as usize].ok_or(state),
        }
    }

    fn fork(&mut self, number: u32) -> Result<Fork, Undecided> {
        if let Some(fork) = self.forks[number as usize] {
            return Ok(fork);
        }
        let state = self.states.values()[number as usize];
        let fork = match self.insns[state.at] {
            Insn::Jump {
                op,
                operand,
                jt,
                jf,
            } => {
                let (a, with) = (self.content(state.a), self.operand(state, operand));
                let condition = a.compare(self.forest, op, with)?;
                let skipping = |skip: u8| State {
                    at: state.at + 1 + usize::from(skip),
                    ..state
                };
                Fork {
                    condition,
                    yes: self.walk(skipping(jt))?,
                    no: self.walk(skipping(jf))?,
                }
            }
            // A division by an X of zero ends the program.
            Insn::Alu(op, operand) => {
                let (a, by) = (self.content(state.a), self.operand(state, operand));
                let condition = by.compare(self.forest, JumpOp::Eq, Value::Constant(0))?;
                let quotient = a.apply(self.forest, op, by)?;
                let after = State {
                    at: state.at + 1,
                    a: self.value(quotient)?,
                    ..state
                };
                Fork {
                    condition,
                    yes: Next::Answer(self.forest.answer(0)?),
                    no: self.walk(after)?,
                }
            }
            insn => unreachable!("{insn:?} asks nothing"),
        };
        self.forks[number as usize] = Some(fork);
        Ok(fork)
    }

    /// Follows straight code to an answer, or to where something is asked.
    fn walk(&mut self, from: State) -> Result<Next, Undecided> {
        let mut state = from;
        loop {
            match self.insns[state.at] {
                Insn::LdAbs(offset) => state.a = self.value(Value::Word(offset))?,
                Insn::LdImm(k) => state.a = self.value(Value::Constant(k))?,
                Insn::LdMem(slot) => state.a = self.stored(state, slot),
                Insn::LdLen => state.a = self.value(Value::Constant(SeccompData::SIZE))?,
                Insn::LdxImm(k) => state.x = self.value(Value::Constant(k))?,
                Insn::LdxMem(slot) => state.x = self.stored(state, slot),
                Insn::LdxLen => state.x = self.value(Value::Constant(SeccompData::SIZE))?,
                Insn::St(slot) => state.memory = self.store(state, slot, state.a),
                Insn::Stx(slot) => state.memory = self.store(state, slot, state.x),
                Insn::Tax => state.x = state.a,
                Insn::Txa => state.a = state.x,
                Insn::Neg => {
                    let value = self.content(state.a).negated(self.forest)?;
                    state.a = self.value(value)?;
                }
                Insn::Alu(op, operand) => {
                    let by = self.operand(state, operand);
                    let divides = op == AluOp::Div;
                    if divides && !matches!(by, Value::Constant(1..)) {
                        return self.stop(state);
                    }
                    let value = self.content(state.a).apply(self.forest, op, by)?;
                    state.a = self.value(value)?;
                }
                Insn::Ja(skip) => state.at += skip as usize,
                Insn::Jump { .. } => return self.stop(state),
                Insn::RetK(ret) => return Ok(Next::Answer(self.forest.answer(ret)?)),
                Insn::RetA => {
                    let tree = self.returned(state)?;
                    return Ok(Next::Answer(tree));
                }
            }
            state.at += 1;
        }
    }

    fn stop(&mut self, state: State) -> Result<Next, Undecided> {
        let (number, novelty) = self.states.number(state);
        if novelty == Novelty::New {
            self.forest.spend()?;
            self.forks.push(None);
            self.trees.push(None);
        }
        Ok(Next::Fork(number))
    }

    /// The tree of an answer that was computed.
    fn returned(&mut self, state: State) -> Result<Tree, Undecided> {
        let bits = self.content(state.a).bits(self.forest)?;
        let varying = bits
            .iter()
            .filter(|&&bit| bit != Forest::NO && bit != Forest::YES);
        let count = varying.count() as u32;
        if count > MOST_RETURNED_BITS {
            return Err(Undecided::Returns {
                at: state.at,
                bits: count,
            });
        }
        self.answer_of(&bits, 0)
    }

    /// The answer whose upper bits are known, by those below; 32 calls deep.
    fn answer_of(&mut self, bits: &[Tree], upper: u32) -> Result<Tree, Undecided> {
        let Some((&bit, below)) = bits.split_last() else {
            return self.forest.answer(upper);
        };
        let value = 1 << below.len();
        match bit {
            Forest::NO => self.answer_of(below, upper),
            Forest::YES => self.answer_of(below, upper | value),
            _ => {
                let clear = self.answer_of(below, upper)?;
                let set = self.answer_of(below, upper | value)?;
                self.forest.choose(bit, set, clear)
            }
        }
    }

    fn operand(&self, state: State, operand: Operand) -> Value {
        match operand {
            Operand::K(k) => Value::Constant(k),
            Operand::X => self.content(state.x),
        }
    }

    fn value(&mut self, value: Value) -> Result<u32, Undecided> {
        let (number, novelty) = self.values.number(value);
        if novelty == Novelty::New {
            self.forest.spend()?;
        }
        Ok(number)
    }

    fn content(&self, number: u32) -> Value {
        self.values.values()[number as usize]
    }

    fn stored(&self, state: State, slot: u32) -> u32 {
        self.memories.values()[state.memory as usize][slot as usize]
    }

    fn store(&mut self, state: State, slot: u32, value: u32) -> u32 {
        let mut memory = self.memories.values()[state.memory as usize];
        memory[slot as usize] = value;
        self.memories.number(memory).0
    }
}
