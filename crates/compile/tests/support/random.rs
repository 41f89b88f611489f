//! Random policies: several arches of one byte order, every test, every action, rules that overlap.

use arbtest::arbitrary::{Result, Unstructured};
use callgate_policy::{
    Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, Section, Test, Width,
};
use callgate_syscalls::{Arch, Endian, X32_BIT};

/// A policy with up to `rules` rules for each of up to four arches, the last of which it may not name.
pub(crate) fn policy(u: &mut Unstructured<'_>, rules: usize) -> Result<Policy> {
    let endian = *u.choose(&[Endian::Little, Endian::Little, Endian::Big])?;
    let mut sections: Vec<Section> = Vec::new();
    for _ in 0..u.int_in_range(0..=4)? {
        let arch = arch(u, endian)?;
        if sections.iter().all(|section| section.arch != arch) {
            let rules = section_rules(u, arch, rules)?;
            sections.push(Section { arch, rules });
        }
    }
    let unnamed = match u.ratio(1, 4)? {
        true => sections.pop(),
        false => None,
    };
    let policy = Policy::new(action(u)?, action(u)?, sections)
        .and_then(|policy| policy.with_unnamed(unnamed.into_iter().collect()));
    Ok(policy.expect("no arch twice"))
}

fn arch(u: &mut Unstructured<'_>, endian: Endian) -> Result<Arch> {
    if endian == Endian::Little && u.arbitrary()? {
        return Ok(*u.choose(&[Arch::X86_64, Arch::X32, Arch::X86])?);
    }
    let arches: Vec<Arch> = Arch::ALL
        .iter()
        .copied()
        .filter(|arch| arch.endian() == endian)
        .collect();
    Ok(*u.choose(&arches)?)
}

fn section_rules(u: &mut Unstructured<'_>, arch: Arch, most: usize) -> Result<Vec<Rule>> {
    let base = if arch == Arch::X32 { X32_BIT } else { 0 };
    let spread = *u.choose(&[2, 8, 64])?;
    let most_comparisons = *u.choose(&[0, 1, 2, 4])?;
    let mut rules = Vec::new();
    for id in 0..u.int_in_range(0..=most)? {
        let mut comparisons = Vec::new();
        for _ in 0..u.int_in_range(0..=most_comparisons)? {
            comparisons.push(comparison(u)?);
        }
        rules.push(Rule {
            id: RuleId(id as u32),
            numbers: numbers(u, base, spread)?,
            comparisons,
            action: action(u)?,
        });
    }
    Ok(rules)
}

fn numbers(u: &mut Unstructured<'_>, base: u32, spread: u32) -> Result<Numbers> {
    let first = base + u.int_in_range(0..=spread)?;
    Ok(match u.int_in_range(0..=9)? {
        0 => Numbers::ALL,
        1 => Numbers {
            first,
            last: u32::MAX,
        },
        2 => Numbers {
            first: 0,
            last: first,
        },
        3 => Numbers {
            first: u.arbitrary()?,
            last: u.arbitrary()?,
        },
        4 | 5 => Numbers {
            first,
            last: first + u.int_in_range(0..=4)?,
        },
        _ => Numbers::one(first),
    })
}

/// A comparison of one of three arguments, mostly with values that others have, too.
pub(crate) fn comparison(u: &mut Unstructured<'_>) -> Result<Comparison> {
    let arg = Arg::ALL[*u.choose(&[0, 0, 1, 5])?];
    let value = value(u)?;
    let test = match u.int_in_range(0..=8)? {
        0 => Test::Ne(value),
        1 => Test::Lt(value),
        2 => Test::Le(value),
        3 | 4 => Test::Eq(value),
        5 => Test::Ge(value),
        6 => Test::Gt(value),
        7 => {
            let mask = self::value(u)?;
            Test::MaskedEq {
                mask,
                value: value & mask,
            }
        }
        _ => Test::MaskedEq {
            mask: self::value(u)?,
            value,
        },
    };
    let width = *u.choose(&[Width::Whole, Width::Whole, Width::Int, Width::Short])?;
    Ok(Comparison {
        width,
        ..Comparison::new(arg, test)
    })
}

fn value(u: &mut Unstructured<'_>) -> Result<u64> {
    Ok(match u.int_in_range(0..=7)? {
        0..=2 => u.int_in_range(0..=4)?,
        3 => *u.choose(&[
            0x2_0000,
            0x2_0008,
            0x7e02_0000,
            0xffff_ffff,
            0x1_0000_0000,
            0x1_0000_0001,
            0xffff_ffff_0000_0000,
            0xffff_ffff_ffff_fffe,
            u64::MAX,
        ])?,
        4 => 1 << u.int_in_range(0..=63)?,
        5 => u.arbitrary::<u32>()?.into(),
        6 => u.int_in_range(0..=4u64)? << 32 | u.int_in_range(0..=4)?,
        _ => u.arbitrary()?,
    })
}

/// Any action, and often one of two, so that rules agree.
pub(crate) fn action(u: &mut Unstructured<'_>) -> Result<Action> {
    Ok(match u.int_in_range(0..=15)? {
        0 => Action::KillProcess,
        1 => Action::KillThread,
        2 => Action::Trap(u.arbitrary()?),
        3 => Action::Notify,
        4 => Action::Trace(u.arbitrary()?),
        5 => Action::Log,
        6 => Action::Errno(u.int_in_range(0..=4095)?),
        7..=10 => Action::Errno(1),
        _ => Action::Allow,
    })
}
