//! Rules over ranges of numbers that stand before all others: libseccomp has no words for them, and runc puts a program of its own before
//! libseccomp's, which this makes as well.
//!
//! Apart from what libseccomp is told, because it never hears of these.

use callgate_bpf::{Insn, JumpOp, MAX_INSNS, Program, ProgramError, SeccompData};
use callgate_policy::{Policy, Rule, Section};

/// The rules before the first that libseccomp is told: each over a range of numbers, and without comparisons.
pub(crate) fn of(section: &Section) -> &[Rule] {
    let is_range = |rule: &&Rule| {
        rule.comparisons.is_empty() && rule.numbers.first < rule.numbers.last
            || rule.comparisons.is_empty() && rule.numbers.last == u32::MAX
    };
    let count = section.rules.iter().take_while(is_range).count();
    &section.rules[..count]
}

/// The program behind those rules of all sections; without any, as it is.
pub(crate) fn before(policy: &Policy, program: Program) -> Result<Program, ProgramError> {
    let sections: Vec<&Section> = policy
        .all_sections()
        .map(|(section, _)| section)
        .filter(|section| !of(section).is_empty())
        .collect();
    if sections.is_empty() {
        return Ok(program);
    }
    // Each arch falls through to its rules or is skipped; x32 and x86_64 share a token and are one after the other.
    let mut insns = Vec::new();
    for section in sections {
        let rules = of(section);
        // A range takes three instructions: below it, above it, and the answer.
        let skip = u8::try_from(1 + 3 * rules.len()).map_err(|_| ProgramError::Length {
            given: MAX_INSNS + 3 * rules.len(),
        })?;
        insns.push(Insn::LdAbs(SeccompData::ARCH));
        insns.push(Insn::jump(JumpOp::Eq, section.arch.audit(), 0, skip));
        insns.push(Insn::LdAbs(SeccompData::NR));
        for rule in rules {
            insns.push(Insn::jump(JumpOp::Ge, rule.numbers.first, 0, 2));
            insns.push(Insn::jump(JumpOp::Gt, rule.numbers.last, 1, 0));
            insns.push(Insn::RetK(rule.action.to_ret()));
        }
    }
    insns.extend_from_slice(program.insns());
    Program::new(insns)
}
