//! Places the nodes of a graph one after the other, from the last to the first, so that every jump is forward.
//!
//! Apart, because only here distances count: a comparison reaches 255 instructions, `ja` any.
//! What is entered more than once stands once; a return that is too far away is written again,
//! which costs nothing to run, and anything else that is too far is reached through a `ja`.

use alloc::vec;
use alloc::vec::Vec;

use callgate_bpf::{Insn, JumpOp};

use crate::code::{Code, Node, Step, Test};

/// How many instructions a comparison can skip.
const REACH: usize = u8::MAX as usize;

/// The instructions of everything that `entry` leads to, which is where they begin.
pub(crate) fn layout(code: &Code, entry: Node) -> Vec<Insn> {
    let sizes = sizes(code);
    let mut layout = Layout {
        code,
        backwards: Vec::new(),
        places: vec![None; code.steps().len()],
    };
    // What is still to be placed, innermost last; children before their parents.
    let mut todo = vec![(entry, Stage::Children)];
    while let Some((node, stage)) = todo.pop() {
        if layout.places[node.index()].is_some() {
            continue;
        }
        if stage == Stage::Itself {
            layout.place(node);
            continue;
        }
        todo.push((node, Stage::Itself));
        match code.step(node) {
            Step::Ret(_) => {}
            Step::Load { next, .. } | Step::And { next, .. } => todo.push((next, Stage::Children)),
            Step::Test { yes, no, .. } => {
                // The larger comes first, so it ends up farther away.
                let (large, small) = if sizes[yes.index()] > sizes[no.index()] {
                    (yes, no)
                } else {
                    (no, yes)
                };
                todo.push((small, Stage::Children));
                todo.push((large, Stage::Children));
            }
        }
    }
    layout.adjoin(entry);
    layout.backwards.reverse();
    layout.backwards
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Children,
    Itself,
}

struct Layout<'a> {
    code: &'a Code,
    /// The instructions from the last to the first.
    backwards: Vec<Insn>,
    /// How many instructions stand from here to the end, this one included: the nearest place of each node.
    places: Vec<Option<usize>>,
}

impl Layout<'_> {
    /// Writes a node whose children are written.
    fn place(&mut self, node: Node) {
        let insn = match self.code.step(node) {
            Step::Ret(ret) => Insn::RetK(ret),
            Step::Load { offset, next } => {
                self.adjoin(next);
                Insn::LdAbs(offset)
            }
            Step::And { mask, next } => {
                self.adjoin(next);
                Insn::Alu(callgate_bpf::AluOp::And, callgate_bpf::Operand::K(mask))
            }
            Step::Test { test, yes, no } => self.test(test, yes, no),
        };
        self.write(node, insn);
    }

    /// Sees to it that what is written next runs into a node.
    fn adjoin(&mut self, node: Node) {
        let skip = self.skip(node);
        if skip == 0 {
            return;
        }
        let insn = match self.code.step(node) {
            Step::Ret(ret) => Insn::RetK(ret),
            Step::Test { test, yes, no } if self.skip(yes) <= REACH && self.skip(no) <= REACH => {
                self.test(test, yes, no)
            }
            _ => Insn::Ja(u32::try_from(skip).expect("a layout is shorter than 2^32")),
        };
        self.write(node, insn);
    }

    /// A comparison, after whatever makes both of its targets reachable.
    fn test(&mut self, test: Test, yes: Node, no: Node) -> Insn {
        // Whatever is written to bring one nearer moves the other away; then that one is brought nearer, too.
        loop {
            let far = [yes, no].into_iter().find(|&to| self.skip(to) > REACH);
            let Some(far) = far else { break };
            self.adjoin(far);
        }
        let (op, k) = match test {
            Test::Eq(k) => (JumpOp::Eq, k),
            Test::Ge(k) => (JumpOp::Ge, k),
            Test::Set(k) => (JumpOp::Set, k),
        };
        let reach = |to| u8::try_from(self.skip(to)).expect("it was brought near");
        Insn::jump(op, k, reach(yes), reach(no))
    }

    /// How many instructions stand between what is written next and a node.
    fn skip(&self, node: Node) -> usize {
        let place = self.places[node.index()].expect("children are written before their parents");
        self.backwards.len() - place
    }

    fn write(&mut self, node: Node, insn: Insn) {
        self.backwards.push(insn);
        self.places[node.index()] = Some(self.backwards.len());
    }
}

/// About how many instructions each node leads to; shared ones count as often as they are met.
fn sizes(code: &Code) -> Vec<u64> {
    let mut sizes = vec![0u64; code.steps().len()];
    for (index, step) in code.steps().iter().enumerate() {
        sizes[index] = match *step {
            Step::Ret(_) => 1,
            Step::Load { next, .. } | Step::And { next, .. } => {
                sizes[next.index()].saturating_add(1)
            }
            Step::Test { yes, no, .. } => sizes[yes.index()]
                .saturating_add(sizes[no.index()])
                .saturating_add(1),
        };
    }
    sizes
}
