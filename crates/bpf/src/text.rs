//! The text form of a program, as the kernel's own `bpf_asm` and `bpf_dbg` write it; it reads back to the same program.
//!
//! ```text
//! l0: ld [4]
//! l1: jeq #0xc000003e, l2, l3   ; a comment
//! l2: ret #0x7fff0000
//! l3: ret #0x80000000
//! ```
//!
//! One instruction a line, a label before it where one is wanted; numbers are decimal or hexadecimal.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::insn::{AluOp, Insn, JumpOp, Operand};
use crate::program::{Program, ProgramError};

/// The text of one instruction at a place; jumps name the place that they reach as `l7`.
#[must_use]
pub fn insn(at: usize, insn: Insn) -> String {
    let target = |skip: u32| at + 1 + skip as usize;
    match insn {
        Insn::LdAbs(offset) => alloc::format!("ld [{offset}]"),
        Insn::LdImm(k) => alloc::format!("ld #{k:#x}"),
        Insn::LdMem(slot) => alloc::format!("ld M[{slot}]"),
        Insn::LdLen => "ld #len".to_string(),
        Insn::LdxImm(k) => alloc::format!("ldx #{k:#x}"),
        Insn::LdxMem(slot) => alloc::format!("ldx M[{slot}]"),
        Insn::LdxLen => "ldx #len".to_string(),
        Insn::St(slot) => alloc::format!("st M[{slot}]"),
        Insn::Stx(slot) => alloc::format!("stx M[{slot}]"),
        Insn::Tax => "tax".to_string(),
        Insn::Txa => "txa".to_string(),
        Insn::Alu(op, operand) => alloc::format!("{} {}", alu_name(op), operand_text(operand)),
        Insn::Neg => "neg".to_string(),
        Insn::Ja(skip) => alloc::format!("ja l{}", target(skip)),
        Insn::Jump {
            op,
            operand,
            jt,
            jf,
        } => alloc::format!(
            "{} {}, l{}, l{}",
            jump_name(op),
            operand_text(operand),
            target(jt.into()),
            target(jf.into())
        ),
        Insn::RetK(ret) => alloc::format!("ret #{ret:#x}"),
        Insn::RetA => "ret a".to_string(),
    }
}

/// One line an instruction, each with its label.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, &each) in self.insns().iter().enumerate() {
            writeln!(f, "l{at}: {}", insn(at, each))?;
        }
        Ok(())
    }
}

impl FromStr for Program {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (lines, labels) = lines(text)?;
        let insns = lines.iter().enumerate().map(|(at, line)| {
            let target = |label: &str| match labels.get(label) {
                Some(&target) if target > at => Ok((target - at - 1) as u32),
                Some(_) => Err(line.error(TextFault::Backward(label.to_string()))),
                None => Err(line.error(TextFault::UnknownLabel(label.to_string()))),
            };
            line.insn(target)
        });
        Self::new(insns.collect::<Result<Vec<_>, _>>()?).map_err(TextError::Program)
    }
}

/// One instruction of a text, without its label and comment.
struct Line<'t> {
    number: usize,
    text: &'t str,
}

/// The instructions of a text, and the place of each label.
fn lines(text: &str) -> Result<(Vec<Line<'_>>, BTreeMap<&str, usize>), TextError> {
    let mut lines = Vec::new();
    let mut labels = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let mut rest = line.split(';').next().unwrap_or_default().trim();
        while let Some((label, after)) = rest.split_once(':') {
            let label = label.trim();
            if labels.insert(label, lines.len()).is_some() {
                return Err(TextError::Line {
                    number,
                    fault: TextFault::LabelTwice(label.to_string()),
                });
            }
            rest = after.trim();
        }
        if !rest.is_empty() {
            lines.push(Line { number, text: rest });
        }
    }
    Ok((lines, labels))
}

impl Line<'_> {
    fn error(&self, fault: TextFault) -> TextError {
        TextError::Line {
            number: self.number,
            fault,
        }
    }

    fn insn(&self, target: impl Fn(&str) -> Result<u32, TextError>) -> Result<Insn, TextError> {
        let (name, rest) = self
            .text
            .split_once(char::is_whitespace)
            .unwrap_or((self.text, ""));
        let operands: Vec<&str> = match rest.trim() {
            "" => Vec::new(),
            rest => rest.split(',').map(str::trim).collect(),
        };
        let unknown = || self.error(TextFault::UnknownInstruction(self.text.to_string()));
        let number = |digits: &str| {
            number(digits).ok_or_else(|| self.error(TextFault::Number(digits.to_string())))
        };
        let short = |label: &str| {
            let skip = target(label)?;
            u8::try_from(skip).map_err(|_| {
                self.error(TextFault::Far {
                    label: label.to_string(),
                    skip,
                })
            })
        };
        let operand = |text: &str| match text.strip_prefix('#') {
            Some(digits) => number(digits).map(Operand::K),
            None if text == "x" => Ok(Operand::X),
            None => Err(unknown()),
        };
        match (name, operands.as_slice()) {
            ("ld", ["#len"]) => Ok(Insn::LdLen),
            ("ldx", ["#len"]) => Ok(Insn::LdxLen),
            ("ld" | "ldx" | "st" | "stx", [text]) => {
                let place = bracketed(text, "M[").map(number).transpose()?;
                let offset = bracketed(text, "[").map(number).transpose()?;
                let constant = text.strip_prefix('#').map(number).transpose()?;
                match (name, place, offset, constant) {
                    ("ld", Some(slot), ..) => Ok(Insn::LdMem(slot)),
                    ("ldx", Some(slot), ..) => Ok(Insn::LdxMem(slot)),
                    ("st", Some(slot), ..) => Ok(Insn::St(slot)),
                    ("stx", Some(slot), ..) => Ok(Insn::Stx(slot)),
                    ("ld", None, Some(offset), _) => Ok(Insn::LdAbs(offset)),
                    ("ld", None, None, Some(k)) => Ok(Insn::LdImm(k)),
                    ("ldx", None, None, Some(k)) => Ok(Insn::LdxImm(k)),
                    _ => Err(unknown()),
                }
            }
            ("tax", []) => Ok(Insn::Tax),
            ("txa", []) => Ok(Insn::Txa),
            ("neg", []) => Ok(Insn::Neg),
            ("ret", ["a"]) => Ok(Insn::RetA),
            ("ret", [text]) => match operand(text)? {
                Operand::K(ret) => Ok(Insn::RetK(ret)),
                Operand::X => Err(unknown()),
            },
            ("ja", [label]) => Ok(Insn::Ja(target(label)?)),
            (name, [text]) => match AluOp::ALL.into_iter().find(|&op| alu_name(op) == name) {
                Some(op) => Ok(Insn::Alu(op, operand(text)?)),
                None => Err(unknown()),
            },
            (name, [text, holds, fails]) => {
                match JumpOp::ALL.into_iter().find(|&op| jump_name(op) == name) {
                    Some(op) => Ok(Insn::Jump {
                        op,
                        operand: operand(text)?,
                        jt: short(holds)?,
                        jf: short(fails)?,
                    }),
                    None => Err(unknown()),
                }
            }
            _ => Err(unknown()),
        }
    }
}

fn bracketed<'t>(text: &'t str, open: &str) -> Option<&'t str> {
    text.strip_prefix(open)?.strip_suffix(']')
}

fn number(digits: &str) -> Option<u32> {
    match digits.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    }
}

fn operand_text(operand: Operand) -> String {
    match operand {
        Operand::K(k) => alloc::format!("#{k:#x}"),
        Operand::X => "x".to_string(),
    }
}

const fn alu_name(op: AluOp) -> &'static str {
    match op {
        AluOp::Add => "add",
        AluOp::Sub => "sub",
        AluOp::Mul => "mul",
        AluOp::Div => "div",
        AluOp::And => "and",
        AluOp::Or => "or",
        AluOp::Xor => "xor",
        AluOp::Lsh => "lsh",
        AluOp::Rsh => "rsh",
    }
}

const fn jump_name(op: JumpOp) -> &'static str {
    match op {
        JumpOp::Eq => "jeq",
        JumpOp::Gt => "jgt",
        JumpOp::Ge => "jge",
        JumpOp::Set => "jset",
    }
}

/// Why a text is not a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextError {
    /// A line that means nothing; lines count from one.
    Line {
        /// Which.
        number: usize,
        /// What is wrong with it.
        fault: TextFault,
    },
    /// Instructions that make no program.
    Program(ProgramError),
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// No instruction that seccomp knows, or not with these operands.
    UnknownInstruction(String),
    /// Not a number of 32 bits.
    Number(String),
    /// A label that stands nowhere.
    UnknownLabel(String),
    /// A label that stands twice.
    LabelTwice(String),
    /// A jump to its own place or before.
    Backward(String),
    /// A comparison that jumps over more than 255 instructions.
    Far {
        /// Where to.
        label: String,
        /// How many it would skip.
        skip: u32,
    },
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { number, fault } => write!(f, "line {number}: {fault}"),
            Self::Program(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for TextFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownInstruction(text) => {
                write!(f, "`{text}` is no instruction of a seccomp filter")
            }
            Self::Number(digits) => write!(
                f,
                "`{digits}` is not a decimal or hexadecimal number of 32 bits"
            ),
            Self::UnknownLabel(label) => write!(f, "no line has the label `{label}`"),
            Self::LabelTwice(label) => write!(f, "the label `{label}` stands twice"),
            Self::Backward(label) => write!(
                f,
                "`{label}` is not further down, and jumps only go forward"
            ),
            Self::Far { label, skip } => {
                write!(
                    f,
                    "`{label}` is {skip} instructions away, and a comparison skips 255 at most"
                )
            }
        }
    }
}

impl core::error::Error for TextError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn every_instruction_reads_back() {
        let mut insns = vec![
            Insn::LdAbs(4),
            Insn::LdImm(7),
            Insn::St(3),
            Insn::LdMem(3),
            Insn::LdLen,
            Insn::LdxImm(0xffff_ffff),
            Insn::Stx(15),
            Insn::LdxMem(15),
            Insn::LdxLen,
            Insn::Tax,
            Insn::Txa,
            Insn::Neg,
            Insn::Ja(1),
        ];
        for op in AluOp::ALL {
            insns.push(Insn::Alu(op, Operand::K(9)));
            insns.push(Insn::Alu(op, Operand::X));
        }
        for op in JumpOp::ALL {
            insns.push(Insn::jump(op, 5, 0, 1));
            insns.push(Insn::Jump {
                op,
                operand: Operand::X,
                jt: 1,
                jf: 0,
            });
        }
        insns.extend([Insn::RetK(0x7fff_0000), Insn::RetA]);
        let program = Program::new(insns).expect("a program");
        assert_eq!(program.to_string().parse(), Ok(program));
    }

    #[test]
    fn labels_comments_and_blank_lines() {
        let text = "start:\n ld [0] ; the number\n\n jeq #39, deny, allow\ndeny: ret #0x50001\nallow:\nlast: ret #0x7fff0000\n";
        let program: Program = text.parse().expect("a program");
        assert_eq!(program.insns()[1], Insn::jeq(39, 0, 1));
        assert_eq!(program.len(), 4);
    }

    #[test]
    fn what_is_no_program_says_where_and_why() {
        let far = alloc::format!(
            "jeq #0, far, near\nnear: {}far: ret a\n",
            "tax\n".repeat(256)
        );
        let cases = [
            (
                "ret #1\nmod #3\nret #1",
                2,
                "`mod #3` is no instruction of a seccomp filter",
            ),
            ("ret x", 1, "`ret x` is no instruction of a seccomp filter"),
            (
                "ret #0x1ffffffff",
                1,
                "`0x1ffffffff` is not a decimal or hexadecimal number of 32 bits",
            ),
            ("ja end", 1, "no line has the label `end`"),
            (
                "l: tax\nja l\nret a",
                2,
                "`l` is not further down, and jumps only go forward",
            ),
            ("l: tax\nl: ret a", 2, "the label `l` stands twice"),
            (
                &far,
                1,
                "`far` is 256 instructions away, and a comparison skips 255 at most",
            ),
        ];
        for (text, line, message) in cases {
            let error = text.parse::<Program>().expect_err(text);
            assert_eq!(error.to_string(), alloc::format!("line {line}: {message}"));
        }
        assert_eq!(
            "tax".parse::<Program>(),
            Err(TextError::Program(ProgramError::NoReturn))
        );
    }
}
