//! A program as text with comments: the calls, arguments, arches and actions that its numbers stand for.
//!
//! Apart from the plain text form, because this needs to know what the accumulator holds at each instruction.
//! It walks the program once from above, since jumps only go forward, and where paths meet it keeps what they agree on.

use std::fmt::Write;

use callgate_bpf::{Action, AluOp, Insn, JumpOp, Operand, Program, SeccompData, text};
use callgate_syscalls::{Arch, Endian, Syscall, X32_BIT};

use crate::words;

/// The text of a program, commented; it reads back to the same program.
///
/// `native` names calls where the program does not look at the arch, and says which half of an argument a load takes.
pub(crate) fn program(program: &Program, native: Arch) -> String {
    let comments = comments(program, native);
    let sources = sources(program);
    let labels: Vec<String> = (0..program.len()).map(|at| format!("l{at}:")).collect();
    let label_width = labels.last().map_or(0, String::len);
    let lines: Vec<String> = program
        .insns()
        .iter()
        .enumerate()
        .map(|(at, &insn)| text::insn(at, insn))
        .collect();
    let width = lines.iter().map(String::len).max().unwrap_or(0);
    let mut output = String::new();
    for (at, line) in lines.iter().enumerate() {
        let comment = match (comments[at].as_str(), from(at, &sources[at])) {
            ("", None) => String::new(),
            (comment, None) => format!("; {comment}"),
            ("", Some(from)) => format!("; ({from})"),
            (comment, Some(from)) => format!("; {comment}  ({from})"),
        };
        let row = format!("{:label_width$} {line:width$}  {comment}", labels[at]);
        let _ = writeln!(output, "{}", row.trim_end());
    }
    output
}

/// Those of its lines that these places name, in their order.
pub(crate) fn path(program: &Program, native: Arch, places: &[usize]) -> String {
    let whole = self::program(program, native);
    let lines: Vec<&str> = whole.lines().collect();
    let mut output = String::new();
    for &at in places {
        let _ = writeln!(output, "{}", lines[at]);
    }
    output
}

/// Which instructions jump to each.
fn sources(program: &Program) -> Vec<Vec<usize>> {
    let mut sources = vec![Vec::new(); program.len()];
    for (at, &insn) in program.insns().iter().enumerate() {
        match insn {
            Insn::Ja(skip) => sources[at + 1 + skip as usize].push(at),
            Insn::Jump { jt, jf, .. } => {
                sources[at + 1 + usize::from(jt)].push(at);
                if jt != jf {
                    sources[at + 1 + usize::from(jf)].push(at);
                }
            }
            _ => {}
        }
    }
    sources
}

/// Where a reader would have come from, unless from the line above alone.
fn from(at: usize, sources: &[usize]) -> Option<String> {
    /// As many as a line has room for.
    const SHOWN: usize = 3;
    if sources.iter().all(|&source| source + 1 == at) {
        return None;
    }
    let names: Vec<String> = sources.iter().map(|source| format!("l{source}")).collect();
    Some(match names.len().checked_sub(SHOWN) {
        None | Some(0) => format!("from {}", names.join(", ")),
        Some(more) => format!("from {} and {more} more", names[..SHOWN].join(", ")),
    })
}

/// What is known where an instruction is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    held: Held,
    /// The bits of it that were not masked away.
    mask: Option<u32>,
    /// The audit token.
    arch: Option<u32>,
    /// The smallest and the largest number that the call can have.
    numbers: (u32, u32),
}

/// What the accumulator holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Unknown,
    Number,
    Arch,
    Pointer(Half),
    Argument(u8, Half),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Low,
    High,
}

impl Known {
    const AT_START: Self = Self {
        held: Held::Unknown,
        mask: None,
        arch: None,
        numbers: (0, u32::MAX),
    };

    /// What both paths agree on.
    fn meet(self, other: Self) -> Self {
        let same = self.held == other.held && self.mask == other.mask;
        Self {
            held: if same { self.held } else { Held::Unknown },
            mask: if same { self.mask } else { None },
            arch: self.arch.filter(|_| self.arch == other.arch),
            numbers: (
                self.numbers.0.min(other.numbers.0),
                self.numbers.1.max(other.numbers.1),
            ),
        }
    }

    fn holding(self, held: Held) -> Self {
        Self {
            held,
            mask: None,
            ..self
        }
    }

    /// What else is known where a comparison of A with a constant holds.
    fn where_holds(self, op: JumpOp, k: u32) -> Self {
        if self.mask.is_some() {
            return self;
        }
        let (first, last) = self.numbers;
        match (self.held, op) {
            (Held::Arch, JumpOp::Eq) => Self {
                arch: Some(k),
                ..self
            },
            (Held::Number, JumpOp::Eq) => self.numbered(first.max(k), last.min(k)),
            (Held::Number, JumpOp::Ge) => self.numbered(first.max(k), last),
            (Held::Number, JumpOp::Gt) => self.numbered(first.max(k.saturating_add(1)), last),
            _ => self,
        }
    }

    /// What else is known where it does not.
    fn where_fails(self, op: JumpOp, k: u32) -> Self {
        if self.mask.is_some() {
            return self;
        }
        let (first, last) = self.numbers;
        match (self.held, op) {
            (Held::Number, JumpOp::Eq) if k == first => {
                self.numbered(first.saturating_add(1), last)
            }
            (Held::Number, JumpOp::Eq) if k == last => self.numbered(first, last.saturating_sub(1)),
            (Held::Number, JumpOp::Ge) => self.numbered(first, last.min(k.saturating_sub(1))),
            (Held::Number, JumpOp::Gt) => self.numbered(first, last.min(k)),
            _ => self,
        }
    }

    /// With these numbers; where there are none, the path is never taken, and the old ones stay.
    fn numbered(self, first: u32, last: u32) -> Self {
        if first > last {
            return self;
        }
        Self {
            numbers: (first, last),
            ..self
        }
    }

    /// The arch whose names numbers get.
    fn spoken(self, native: Arch) -> Arch {
        let token = self.arch.unwrap_or(native.audit());
        Arch::of_call(token, self.numbers.0).unwrap_or(native)
    }

    /// The call that it must be.
    fn call(self, native: Arch) -> Option<Syscall> {
        let (first, last) = self.numbers;
        (first == last)
            .then(|| call_of(self.arch, native, first))
            .flatten()
    }
}

fn comments(program: &Program, native: Arch) -> Vec<String> {
    let mut reached: Vec<Option<Known>> = vec![None; program.len()];
    reached[0] = Some(Known::AT_START);
    let mut comments = Vec::with_capacity(program.len());
    for (at, &insn) in program.insns().iter().enumerate() {
        let Some(known) = reached[at] else {
            comments.push("nothing leads here".to_owned());
            continue;
        };
        let known = known_word(known, insn, native);
        comments.push(comment(insn, reached[at].unwrap_or(known), known, native));
        let mut reach = |skip: usize, known: Known| {
            if let Some(place) = reached.get_mut(at + 1 + skip) {
                *place = Some(place.map_or(known, |other| other.meet(known)));
            }
        };
        match insn {
            Insn::RetK(_) | Insn::RetA => {}
            Insn::Ja(skip) => reach(skip as usize, known),
            Insn::Jump {
                op,
                operand: Operand::K(k),
                jt,
                jf,
            } => {
                reach(jt.into(), known.where_holds(op, k));
                reach(jf.into(), known.where_fails(op, k));
            }
            Insn::Jump { jt, jf, .. } => {
                reach(jt.into(), known);
                reach(jf.into(), known);
            }
            _ => reach(0, known),
        }
    }
    comments
}

/// What is known after an instruction, jumps aside.
fn known_word(known: Known, insn: Insn, native: Arch) -> Known {
    match insn {
        Insn::LdAbs(SeccompData::NR) => known.holding(Held::Number),
        Insn::LdAbs(SeccompData::ARCH) => known.holding(Held::Arch),
        Insn::LdAbs(offset) => {
            let endian = known.arch.map_or(native.endian(), Endian::of_audit);
            let first_is_low = endian == Endian::Little;
            let half = if offset.is_multiple_of(8) == first_is_low {
                Half::Low
            } else {
                Half::High
            };
            known.holding(match offset.checked_sub(SeccompData::ARGS) {
                None => Held::Pointer(half),
                Some(past) => Held::Argument((past / 8) as u8, half),
            })
        }
        Insn::Alu(AluOp::And, Operand::K(k)) => Known {
            mask: Some(known.mask.unwrap_or(u32::MAX) & k),
            ..known
        },
        Insn::LdImm(_) | Insn::LdMem(_) | Insn::LdLen | Insn::Txa | Insn::Neg | Insn::Alu(..) => {
            known.holding(Held::Unknown)
        }
        _ => known,
    }
}

/// What an instruction means, given what was known before it and what is known after.
fn comment(insn: Insn, before: Known, after: Known, native: Arch) -> String {
    match insn {
        Insn::LdAbs(_) => loaded(after, native),
        Insn::Alu(AluOp::And, Operand::K(k)) => match before.held {
            Held::Unknown => String::new(),
            held => format!(
                "{} & {}",
                name(held, before, native),
                value(held, before, native, k)
            ),
        },
        Insn::Jump {
            op,
            operand: Operand::K(k),
            ..
        } => compared(op, k, before, native),
        Insn::RetK(ret) => {
            let arch = before.arch.and_then(|token| Arch::of_call(token, 0));
            words::action(Action::from_ret(ret), arch.unwrap_or(native))
        }
        Insn::RetA if before.held != Held::Unknown => name(before.held, before, native),
        _ => String::new(),
    }
}

fn loaded(known: Known, native: Arch) -> String {
    match (known.held, known.call(native)) {
        (Held::Argument(..), Some(call)) => format!("{call}: {}", name(known.held, known, native)),
        (held, _) => name(held, known, native),
    }
}

/// What a comparison asks.
fn compared(op: JumpOp, k: u32, known: Known, native: Arch) -> String {
    let masked = |name: String| match known.mask {
        Some(mask) => format!("({name} & {mask:#x})"),
        None => name,
    };
    match (known.held, op) {
        (Held::Unknown, _) => String::new(),
        (Held::Arch, JumpOp::Eq) if known.mask.is_none() => Arch::of_call(k, 0)
            .map_or_else(|| "an unknown arch".to_owned(), |arch| arch.to_string()),
        (Held::Number, JumpOp::Eq) if known.mask.is_none() => call_of(known.arch, native, k)
            .map_or_else(|| "no call".to_owned(), |call| call.to_string()),
        (Held::Number, JumpOp::Ge) if is_x32_border(known, native, k) => {
            "x32 from here on".to_owned()
        }
        (held, JumpOp::Eq) => {
            let name = masked(name(held, known, native));
            format!("{name} == {}", value(held, known, native, k))
        }
        (held, JumpOp::Set) => {
            let name = masked(name(held, known, native));
            format!("{name} & {}", value(held, known, native, k))
        }
        (held, JumpOp::Ge) => format!(
            "{} >= {}",
            masked(name(held, known, native)),
            value(held, known, native, k)
        ),
        (held, JumpOp::Gt) => format!(
            "{} > {}",
            masked(name(held, known, native)),
            value(held, known, native, k)
        ),
    }
}

/// Whether a number is where x32's begin, under the token that x32 shares with x86_64.
fn is_x32_border(known: Known, native: Arch, k: u32) -> bool {
    let token = known.arch.unwrap_or(native.audit());
    k == X32_BIT && token == Arch::X86_64.audit() && known.mask.is_none()
}

/// The name of what A holds.
fn name(held: Held, known: Known, native: Arch) -> String {
    let half = |name: &str, half: Half| match half {
        Half::Low => name.to_owned(),
        Half::High => format!("{name} >> 32"),
    };
    match held {
        Held::Unknown => String::new(),
        Held::Number => "nr".to_owned(),
        Held::Arch => "arch".to_owned(),
        Held::Pointer(which) => half("instruction_pointer", which),
        Held::Argument(index, which) => {
            let param = known.call(native).and_then(|call| {
                call.params_on(known.spoken(native))?
                    .get(usize::from(index))
            });
            match param {
                Some(param) => half(param.name, which),
                None => half(&format!("args[{index}]"), which),
            }
        }
    }
}

/// A number that A is compared with, and what it stands for.
fn value(held: Held, known: Known, native: Arch, k: u32) -> String {
    let stands_for = match held {
        Held::Number => call_of(known.arch, native, k).map(|call| call.to_string()),
        Held::Argument(index, Half::Low) => known.call(native).and_then(|call| {
            words::constant(known.spoken(native), call, usize::from(index), k.into())
        }),
        _ => None,
    };
    match (held, stands_for) {
        (Held::Number, Some(name)) => format!("{k} {name}"),
        (Held::Number, None) => k.to_string(),
        (_, Some(name)) => format!("{k:#x} {name}"),
        (_, None) => format!("{k:#x}"),
    }
}

fn call_of(token: Option<u32>, native: Arch, nr: u32) -> Option<Syscall> {
    let arch = Arch::of_call(token.unwrap_or(native.audit()), nr)?;
    Syscall::by_number(arch, nr)
}
