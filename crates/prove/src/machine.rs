//! What a program means, as a tree: it is run on all calls at once, with conditions in place of values.
//!
//! Trusted. One state is one place with one content of the registers and the memory;
//! states that are met again are not run again, so a program of shared parts takes no longer than its length.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use callgate_bpf::{AluOp, Insn, JumpOp, MEMORY_WORDS, Operand, Program, SeccompData};

use crate::budget::{MOST_RETURNED_BITS, Undecided};
use crate::forest::{Forest, Tree};
use crate::specification::Word;
use crate::stretches::{Set, Stretch, Stretches};
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
        plans: Vec::new(),
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

/// How a state is evaluated.
enum Plan {
    /// By a condition, with both ways on.
    Ask {
        condition: Tree,
        yes: Next,
        no: Next,
    },
    /// By the number of the call, whose stretches ascend and leave none out: so a tree of tests is run at once, not test by test.
    Part(Vec<(Stretch, Next)>),
}

impl State {
    /// Past this instruction and so many more.
    fn skipping(self, skip: u8) -> Self {
        Self {
            at: self.at + 1 + usize::from(skip),
            ..self
        }
    }
}

struct Machine<'a> {
    forest: &'a mut Forest,
    insns: &'a [Insn],
    values: Table<Value>,
    memories: Table<[u32; WORDS]>,
    states: Table<State>,
    /// How each state is evaluated, once it is looked at and until it is known.
    plans: Vec<Option<Plan>>,
    /// What the program answers from each state on, once it is known.
    trees: Vec<Option<Tree>>,
}

impl Machine<'_> {
    /// The tree of a state, after those of the states that it leads to.
    fn evaluate(&mut self, first: u32) -> Result<Tree, Undecided> {
        let mut todo = vec![first];
        while let Some(&state) = todo.last() {
            let plan = match self.plans[state as usize].take() {
                Some(plan) => plan,
                None => self.plan(state)?,
            };
            let before = todo.len();
            match &plan {
                Plan::Ask { yes, no, .. } => {
                    todo.extend([yes, no].into_iter().filter_map(|next| self.unknown(*next)));
                }
                Plan::Part(parts) => {
                    todo.extend(parts.iter().filter_map(|&(_, next)| self.unknown(next)));
                }
            }
            if todo.len() > before {
                self.plans[state as usize] = Some(plan);
                continue;
            }
            let tree = match plan {
                Plan::Ask { condition, yes, no } => {
                    let (yes, no) = (self.known(yes), self.known(no));
                    self.forest.choose(condition, yes, no)?
                }
                Plan::Part(parts) => {
                    let mut set = Set::new();
                    for (stretch, next) in parts {
                        set.add(stretch.first, stretch.last, self.known(next));
                    }
                    set.tree(self.forest, Word::At(SeccompData::NR))?
                }
            };
            self.trees[state as usize] = Some(tree);
            todo.pop();
        }
        Ok(self.trees[first as usize].expect("it was the last to be taken off"))
    }

    /// The state that is to be evaluated before, if there is one.
    fn unknown(&self, next: Next) -> Option<u32> {
        match next {
            Next::Fork(state) if self.trees[state as usize].is_none() => Some(state),
            Next::Fork(_) | Next::Answer(_) => None,
        }
    }

    /// The tree from there on.
    fn known(&self, next: Next) -> Tree {
        match next {
            Next::Answer(tree) => tree,
            Next::Fork(state) => self.trees[state as usize].expect("it was evaluated before"),
        }
    }

    /// How a state is evaluated.
    fn plan(&mut self, number: u32) -> Result<Plan, Undecided> {
        let state = self.states.values()[number as usize];
        match self.insns[state.at] {
            Insn::Jump {
                op,
                operand,
                jt,
                jf,
            } => {
                // A mask may part the numbers in as many stretches as there are numbers.
                if op != JumpOp::Set && self.asks_number(state) {
                    return self.parts(number).map(Plan::Part);
                }
                let (a, with) = (self.content(state.a), self.operand(state, operand));
                let condition = a.compare(self.forest, op, with)?;
                Ok(Plan::Ask {
                    condition,
                    yes: self.walk(state.skipping(jt))?,
                    no: self.walk(state.skipping(jf))?,
                })
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
                Ok(Plan::Ask {
                    condition,
                    yes: Next::Answer(self.forest.answer(0)?),
                    no: self.walk(after)?,
                })
            }
            insn => unreachable!("{insn:?} asks nothing"),
        }
    }

    /// Where the numbers of a call lead from a state on, as long as nothing else is asked.
    ///
    /// Jumps lead forward only, so that a state is looked at after all that lead to it.
    fn parts(&mut self, from: u32) -> Result<Vec<(Stretch, Next)>, Undecided> {
        let at = |machine: &Self, number: u32| machine.states.values()[number as usize].at;
        let mut ends = Vec::new();
        let mut pending = BTreeMap::from([((at(self, from), from), Stretches::all())]);
        while let Some(((_, number), stretches)) = pending.pop_first() {
            self.forest.spend()?;
            let state = self.states.values()[number as usize];
            let Insn::Jump {
                op,
                operand: Operand::K(k),
                jt,
                jf,
            } = self.insns[state.at]
            else {
                unreachable!("the number is asked by a jump");
            };
            let parted = stretches.parted(op, k);
            // What a mask would part in too many stretches is left to its condition.
            ends.extend(
                parted
                    .open
                    .into_iter()
                    .map(|open| (open, Next::Fork(number))),
            );
            for (stretches, skip) in [(parted.yes, jt), (parted.no, jf)] {
                if stretches.is_empty() {
                    continue;
                }
                match self.walk(state.skipping(skip))? {
                    Next::Fork(next) if self.asks_number(self.states.values()[next as usize]) => {
                        let known = pending.entry((at(self, next), next)).or_default();
                        known.join(stretches);
                    }
                    next => ends.extend(stretches.into_iter().map(|each| (each, next))),
                }
            }
        }
        ends.sort_unstable_by_key(|(stretch, _)| stretch.first);
        Ok(ends)
    }

    /// Whether a state compares the number of the call with a constant.
    fn asks_number(&self, state: State) -> bool {
        let by_constant = matches!(
            self.insns[state.at],
            Insn::Jump {
                operand: Operand::K(_),
                ..
            }
        );
        by_constant && self.content(state.a) == Value::Word(SeccompData::NR)
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
            self.plans.push(None);
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
