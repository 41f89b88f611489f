//! What a program means, as a tree: it is run on all calls at once, with conditions in place of values.
//!
//! Trusted. One state is one place with one content of the registers and the memory;
//! states that are met again are not run again, so a program of shared parts takes no longer than its length.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;

use callgate_bpf::{AluOp, Insn, JumpOp, MEMORY_WORDS, Operand, Program, SeccompData};

use crate::budget::{MOST_RETURNED_BITS, Undecided};
use crate::forest::{Forest, Tree};
use crate::meaning::{Meaning, Numbers};
use crate::specification::Word;
use crate::stretches::Stretches;
use crate::table::{Novelty, Table};
use crate::value::Value;

/// What a program answers.
pub(crate) fn program(forest: &mut Forest, program: &Program) -> Result<Meaning, Undecided> {
    let mut machine = Machine {
        forest,
        insns: program.insns(),
        memories: Table::with_room(1),
        states: Table::with_room(64),
        plans: Vec::new(),
        trees: Vec::new(),
    };
    let nothing = Value::Constant(0);
    let memory = machine.memories.number([nothing; WORDS]).0;
    let begin = State {
        at: 0,
        a: nothing,
        x: nothing,
        memory,
    };
    machine.meaning(begin)
}

const WORDS: usize = MEMORY_WORDS as usize;

/// Where a program stands, and what it holds; the memory by its number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct State {
    at: usize,
    a: Value,
    x: Value,
    memory: u32,
}

/// Where straight code ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    /// By the word at an offset: so a tree of tests is run at once, not test by test.
    Part(u32, Stretches<Next>),
}

impl State {
    /// Past this instruction and so many more.
    fn skipping(self, skip: u8) -> Self {
        Self {
            at: self.at + 1 + usize::from(skip),
            ..self
        }
    }

    const fn operand(self, operand: Operand) -> Value {
        match operand {
            Operand::K(k) => Value::Constant(k),
            Operand::X => self.x,
        }
    }
}

/// Whether a mask parts a stretch of so many values in few.
fn parts_in_few(mask: u32, values: u32) -> bool {
    let parts = values.checked_shr(mask.trailing_zeros());
    parts.is_none_or(|parts| parts < 64)
}

/// So many tests of one value of a word cost one of the budget.
const FREE: usize = 16;

struct Machine<'a> {
    forest: &'a mut Forest,
    insns: &'a [Insn],
    memories: Table<[Value; WORDS]>,
    states: Table<State>,
    /// How each state is evaluated, once it is looked at and until it is known.
    plans: Vec<Option<Plan>>,
    /// What the program answers from each state on, once it is known.
    trees: Vec<Option<Tree>>,
}

impl Machine<'_> {
    /// What is answered from a state on: by the token and by the number, where these are asked first.
    fn meaning(&mut self, begin: State) -> Result<Meaning, Undecided> {
        let begin = self.walk(begin)?;
        let mut tokens = Stretches::new();
        let mut known: BTreeMap<Next, Rc<Numbers>> = BTreeMap::new();
        for token in self.parts(begin, SeccompData::ARCH)?.iter() {
            let numbers = match known.get(&token.then) {
                Some(numbers) => Rc::clone(numbers),
                None => {
                    let mut numbers = Numbers::new();
                    for number in self.parts(token.then, SeccompData::NR)?.iter() {
                        numbers.push(number.last, self.tree(number.then)?);
                    }
                    let numbers = Rc::new(numbers);
                    known.insert(token.then, Rc::clone(&numbers));
                    numbers
                }
            };
            tokens.push(token.last, numbers);
        }
        Ok(Meaning(tokens))
    }

    /// The tree from there on.
    fn tree(&mut self, next: Next) -> Result<Tree, Undecided> {
        if let Some(state) = self.unknown(next) {
            self.evaluate(state)?;
        }
        Ok(self.known(next))
    }

    /// Evaluates a state, after those of those that it leads to.
    fn evaluate(&mut self, first: u32) -> Result<(), Undecided> {
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
                Plan::Part(_, parts) => {
                    todo.extend(parts.iter().filter_map(|part| self.unknown(part.then)));
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
                Plan::Part(offset, parts) => {
                    let mut trees = Stretches::new();
                    for part in parts.iter() {
                        trees.push(part.last, self.known(part.then));
                    }
                    trees.tree(self.forest, Word::At(offset))?
                }
            };
            self.trees[state as usize] = Some(tree);
            todo.pop();
        }
        Ok(())
    }

    /// The state that is to be evaluated before, if there is one.
    fn unknown(&self, next: Next) -> Option<u32> {
        match next {
            Next::Fork(state) if self.trees[state as usize].is_none() => Some(state),
            Next::Fork(_) | Next::Answer(_) => None,
        }
    }

    /// The tree from there on, which was asked for before.
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
                // A mask alone may part a word in as many stretches as there are values.
                if op != JumpOp::Set
                    && let (Value::Word(offset), Operand::K(_)) = (state.a, operand)
                {
                    let parts = self.parts(Next::Fork(number), offset)?;
                    return Ok(Plan::Part(offset, parts));
                }
                let with = state.operand(operand);
                let condition = state.a.compare(self.forest, op, with)?;
                Ok(Plan::Ask {
                    condition,
                    yes: self.walk(state.skipping(jt))?,
                    no: self.walk(state.skipping(jf))?,
                })
            }
            // A division by an X of zero ends the program.
            Insn::Alu(op, operand) => {
                let by = state.operand(operand);
                let condition = by.compare(self.forest, JumpOp::Eq, Value::Constant(0))?;
                let after = State {
                    at: state.at + 1,
                    a: state.a.apply(self.forest, op, by)?,
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

    /// Where the values of a word lead from there on, as long as nothing else is asked.
    fn parts(&mut self, from: Next, offset: u32) -> Result<Stretches<Next>, Undecided> {
        let Next::Fork(from) = from else {
            return Ok(Stretches::all(from));
        };
        let from = self.states.values()[from as usize];
        let mut parts = Stretches::new();
        let mut value = 0;
        loop {
            let (end, last) = self.follow(from, offset, value)?;
            parts.push(last, self.walk(end)?);
            match last.checked_add(1) {
                Some(next) => value = next,
                None => return Ok(parts),
            }
        }
    }

    /// Where one value of a word leads from a state on, until something else is asked or done, and up to which value all lead there.
    fn follow(&mut self, from: State, offset: u32, value: u32) -> Result<(State, u32), Undecided> {
        let (mut state, mut last) = (from, u32::MAX);
        for step in 0.. {
            if step % FREE == 0 {
                self.forest.spend()?;
            }
            state = match self.insns[state.at] {
                Insn::Ja(skip) => State {
                    at: state.at + 1 + skip as usize,
                    ..state
                },
                Insn::LdAbs(loaded) => State {
                    at: state.at + 1,
                    a: Value::Word(loaded),
                    ..state
                },
                Insn::Jump {
                    op,
                    operand: Operand::K(k),
                    jt,
                    jf,
                } if state.a == Value::Word(offset)
                    && (op != JumpOp::Set || parts_in_few(k, last - value)) =>
                {
                    last = last.min(op.alike_up_to(value, k));
                    state.skipping(if op.holds(value, k) { jt } else { jf })
                }
                _ => break,
            };
        }
        Ok((state, last))
    }

    /// Follows straight code to an answer, or to where something is asked.
    fn walk(&mut self, from: State) -> Result<Next, Undecided> {
        let mut state = from;
        loop {
            match self.insns[state.at] {
                Insn::LdAbs(offset) => state.a = Value::Word(offset),
                Insn::LdImm(k) => state.a = Value::Constant(k),
                Insn::LdMem(slot) => state.a = self.stored(state, slot),
                Insn::LdLen => state.a = Value::Constant(SeccompData::SIZE),
                Insn::LdxImm(k) => state.x = Value::Constant(k),
                Insn::LdxMem(slot) => state.x = self.stored(state, slot),
                Insn::LdxLen => state.x = Value::Constant(SeccompData::SIZE),
                Insn::St(slot) => state.memory = self.store(state, slot, state.a),
                Insn::Stx(slot) => state.memory = self.store(state, slot, state.x),
                Insn::Tax => state.x = state.a,
                Insn::Txa => state.a = state.x,
                Insn::Neg => state.a = state.a.negated(self.forest)?,
                Insn::Alu(op, operand) => {
                    let by = state.operand(operand);
                    let divides = op == AluOp::Div;
                    if divides && !matches!(by, Value::Constant(1..)) {
                        return self.stop(state);
                    }
                    state.a = state.a.apply(self.forest, op, by)?;
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
        let bits = state.a.bits(self.forest)?;
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

    fn stored(&self, state: State, slot: u32) -> Value {
        self.memories.values()[state.memory as usize][slot as usize]
    }

    fn store(&mut self, state: State, slot: u32, value: Value) -> u32 {
        let mut memory = self.memories.values()[state.memory as usize];
        memory[slot as usize] = value;
        self.memories.number(memory).0
    }
}
