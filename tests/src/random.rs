//! Numbers that look random and are the same on every run, and programs made of them.
//!
//! Apart because two suites draw on them; a failure repeats without a seed to note.

use callgate_bpf::{AluOp, Insn, JumpOp, MEMORY_WORDS, Operand, Program, RawInsn, SeccompData};

/// A sequence of numbers (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is above zero.
    pub const fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// A word of a kind that filters and arithmetic trip over: small, large, a power of two, or any.
    pub fn word(&mut self) -> u32 {
        let any = self.next() as u32;
        match self.below(6) {
            0 => any % 4,
            1 => any % 64,
            2 => 1 << (any % 32),
            3 => u32::MAX - any % 4,
            4 => 0x7fff_ffff + any % 3,
            _ => any,
        }
    }

    /// A double word, each half such a word.
    pub fn double_word(&mut self) -> u64 {
        u64::from(self.word()) << 32 | u64::from(self.word())
    }

    /// A call of this arch and number with such arguments.
    pub fn call(&mut self, arch: u32, nr: u32) -> SeccompData {
        SeccompData {
            nr,
            arch,
            instruction_pointer: 0,
            args: std::array::from_fn(|_| self.double_word()),
        }
    }

    /// One to `most` instructions with at least half of their fields in order.
    pub fn nearly_a_program(&mut self, most: usize) -> Vec<RawInsn> {
        let len = 1 + self.below(most);
        let mut insns: Vec<RawInsn> = (0..len)
            .map(|at| self.insn(len - at - 1).to_raw())
            .collect();
        if self.below(8) != 0 {
            insns[len - 1] = self.one_of(&[Insn::RetK(0x7fff_0000), Insn::RetA]).to_raw();
        }
        for _ in 0..self.below(3) {
            let at = self.below(len);
            let insn = &mut insns[at];
            match self.below(5) {
                0 => insn.code = self.next() as u16 & 0xff,
                1 => insn.code ^= 1 << self.below(16),
                2 => insn.jt = self.next() as u8,
                3 => insn.jf = self.next() as u8,
                _ => insn.k = self.word(),
            }
        }
        insns
    }

    /// A program of `len` and some instructions whose answer depends on all that it did.
    ///
    /// It is an errno of twelve bits of the result: the last argument of the call says from which bit on.
    pub fn calculation(&mut self, len: usize) -> Program {
        let stores = (0..MEMORY_WORDS).flat_map(|slot| [Insn::LdImm(self.word()), Insn::St(slot)]);
        let mut insns: Vec<Insn> = stores.collect();
        insns.push(Insn::LdxImm(self.word()));
        insns.extend(
            (0..len)
                .map(|at| self.insn(len - at - 1))
                .map(|insn| match insn {
                    // An early end would hide what came before.
                    Insn::RetK(k) => Insn::LdImm(k),
                    Insn::RetA => Insn::Tax,
                    other => other,
                }),
        );
        insns.extend([
            Insn::Alu(AluOp::Xor, Operand::X),
            Insn::St(0),
            Insn::LdAbs(SeccompData::low_of_arg(
                5,
                callgate_syscalls::Endian::Little,
            )),
            Insn::Tax,
            Insn::LdMem(0),
            Insn::Alu(AluOp::Rsh, Operand::X),
            Insn::Alu(AluOp::And, Operand::K(0xfff)),
            Insn::Alu(AluOp::Or, Operand::K(0x0005_0000)),
            Insn::RetA,
        ]);
        Program::new(insns).expect("every field is in order")
    }

    /// An instruction of any kind, its fields in order where `rest` instructions follow it.
    fn insn(&mut self, rest: usize) -> Insn {
        let slot = self.next() as u32 % MEMORY_WORDS;
        let mut skip = || self.below(rest.clamp(1, 9)) as u8;
        let (jt, jf) = (skip(), skip());
        match self.below(24) {
            0..=2 => Insn::LdAbs((self.next() as u32 % SeccompData::SIZE) & !3),
            3 => Insn::LdImm(self.word()),
            4 => Insn::LdMem(slot),
            5 => self.one_of(&[Insn::LdLen, Insn::LdxLen]),
            6 => Insn::LdxImm(self.word()),
            7 => Insn::LdxMem(slot),
            8 => Insn::St(slot),
            9 => Insn::Stx(slot),
            10 => Insn::Tax,
            11 => self.one_of(&[Insn::Txa, Insn::Neg]),
            12..=17 => self.alu(),
            18..=21 if rest > 0 => {
                let operand = self.operand();
                Insn::Jump {
                    op: self.one_of(&JumpOp::ALL),
                    operand,
                    jt,
                    jf,
                }
            }
            22 if rest > 0 => Insn::Ja(jt.into()),
            23 => self.one_of(&[Insn::RetA, Insn::RetK(0x7fff_0000)]),
            _ => Insn::LdxImm(self.word()),
        }
    }

    fn alu(&mut self) -> Insn {
        let op = self.one_of(&AluOp::ALL);
        let operand = match (op, self.operand()) {
            (AluOp::Div, Operand::K(k)) => Operand::K(k.max(1)),
            (AluOp::Lsh | AluOp::Rsh, Operand::K(k)) => Operand::K(k % 32),
            (_, operand) => operand,
        };
        Insn::Alu(op, operand)
    }

    fn operand(&mut self) -> Operand {
        if self.below(3) == 0 {
            Operand::X
        } else {
            Operand::K(self.word())
        }
    }
}
