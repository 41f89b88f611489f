//! The fuzz target with a fault planted behind the compiler: whoever runs it must find one, or finds none elsewhere.
//! Apart from the target itself, which has no place for faults.
#![no_main]

#[path = "../../crates/compile/tests/support/fuzzed.rs"]
mod fuzzed;
#[path = "../../crates/compile/tests/support/mod.rs"]
mod support;

use callgate_bpf::{Insn, JumpOp, Operand, Program};
use callgate_compile::{Options, compile};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(policy) = fuzzed::policy(bytes) else {
        return;
    };
    let program = compile(&policy, &Options::default()).expect("a small policy has a program");
    fuzzed::hold_program(bytes, &policy, &one_bit_less(&program));
});

/// The program without a look at the topmost bit, where a test of several bits looks at it: a slip of the kind that a
/// compiler makes, and that few policies show.
fn one_bit_less(program: &Program) -> Program {
    const TOP: u32 = 1 << 31;
    let changed = program.insns().iter().map(|&insn| match insn {
        Insn::Jump {
            op: JumpOp::Set,
            operand: Operand::K(k),
            jt,
            jf,
        } if k & TOP != 0 && k != TOP => Insn::jump(JumpOp::Set, k & !TOP, jt, jf),
        other => other,
    });
    Program::new(changed.collect()).expect("a test of fewer bits is a test")
}
