//! The ENOSYS ceiling: runc answers ENOSYS for calls newer than any that the profile names, whatever the default action says.
//!
//! Apart from the reading, because it is a program of its own, which runc puts before libseccomp's (`patchbpf/enosys_linux.go`).

use callgate_policy::{Action, Numbers, Rule, Section};
use callgate_profile::{Spanned, SyscallRule};
use callgate_syscalls::{Arch, X32_BIT, errno_by_name};

use crate::libseccomp::is_multiplexed;
use crate::resolved::{How, Origins};
use crate::runtime::{Oci, newest_call_of, number_of};
use crate::target::Target;
use crate::version::Version;

/// The rules that stand before all others of an arch; none where the default action makes calls, or only tells about them.
pub(crate) fn rules(
    oci: &Oci<'_>,
    target: &Target,
    version: Version,
    arches: &[Arch],
    arch: Arch,
    default: Action,
    origins: &mut Origins,
) -> Vec<Rule> {
    if !stands_before(default) {
        return Vec::new();
    }
    let Some(highest) = highest(oci, target, version, arch) else {
        return Vec::new();
    };
    let above = |number: u32| number + 1;
    let ranges = match arch {
        Arch::X86_64 => {
            let own = Numbers {
                first: above(highest.number),
                last: X32_BIT - 1,
            };
            // Minus one has x32's bit, and is above x32's ceiling, where there is one.
            let x32 = arches
                .contains(&Arch::X32)
                .then(|| self::highest(oci, target, version, Arch::X32));
            let minus_one = x32.flatten().map(|_| Numbers::one(u32::MAX));
            [Some(own), minus_one]
        }
        Arch::X32 => [
            Some(Numbers {
                first: above(highest.number),
                last: u32::MAX - 1,
            }),
            None,
        ],
        // The kernel hands zero over for a number that is none.
        Arch::S390 | Arch::S390x => [Some(Numbers::one(0)), Some(past(highest.number))],
        _ => [Some(past(highest.number)), None],
    };
    let ranges = ranges.into_iter().flatten();
    answered(ranges, &highest, target, origins)
}

/// What stands before the rules of x32 where it is not listed, and x86_64 is: runc tells x32 by its bit, and above x86_64's ceiling
/// are numbers without it that lie among x32's.
pub(crate) fn beside(
    oci: &Oci<'_>,
    target: &Target,
    version: Version,
    arches: &[Arch],
    default: Action,
    origins: &mut Origins,
) -> Option<Section> {
    let is_alone = arches.contains(&Arch::X86_64) && !arches.contains(&Arch::X32);
    let stated = target.arches.as_ref();
    let is_asked_for = stated.is_none_or(|stated| stated.contains(&Arch::X32));
    if !(is_alone && is_asked_for && version.at_least(1, 1, 15) && stands_before(default)) {
        return None;
    }
    let highest = highest(oci, target, version, Arch::X86_64)?;
    let without_the_bit = Numbers {
        first: X32_BIT << 1,
        last: (X32_BIT << 1 | X32_BIT) - 1,
    };
    Some(Section {
        arch: Arch::X32,
        rules: answered([without_the_bit], &highest, target, origins),
    })
}

/// Whether there is a ceiling at all.
const fn stands_before(default: Action) -> bool {
    !matches!(default, Action::Allow | Action::Log | Action::Trace(_))
}

/// The rules that answer ENOSYS for these numbers.
fn answered(
    ranges: impl IntoIterator<Item = Numbers>,
    highest: &Highest<'_>,
    target: &Target,
    origins: &mut Origins,
) -> Vec<Rule> {
    // The number is that of the machine that runc was built for.
    let enosys = errno_by_name(target.native, "ENOSYS").unwrap_or(38);
    let id = origins.id(highest.rule, highest.name.span, How::Ceiling);
    let rule = |numbers| Rule {
        id,
        numbers,
        comparisons: Vec::new(),
        action: Action::Errno(enosys),
    };
    ranges.into_iter().map(rule).collect()
}

/// All numbers above one.
const fn past(number: u32) -> Numbers {
    Numbers {
        first: number + 1,
        last: u32::MAX,
    }
}

/// The highest number that the profile names.
struct Highest<'p> {
    number: u32,
    rule: &'p Spanned<SyscallRule>,
    name: &'p Spanned<String>,
}

/// The highest number of an arch over all rules, those included that are skipped later.
///
/// None where nothing but number zero is named; and for runc before 1.1.15 where the arch is not listed, not even the native one.
fn highest<'p>(
    oci: &Oci<'p>,
    target: &Target,
    version: Version,
    arch: Arch,
) -> Option<Highest<'p>> {
    let is_listed = oci
        .arches
        .iter()
        .any(|(name, _)| *name == callgate_profile::ArchName::Known(arch));
    if !is_listed && !version.at_least(1, 1, 15) {
        return None;
    }
    let newest = newest_call_of(target.libseccomp);
    let mut highest: Option<Highest<'p>> = None;
    for rule in &oci.rules {
        for &name in &rule.calls {
            let number = number_of(&name.value, arch, newest).unwrap_or(0);
            let is_higher = number > highest.as_ref().map_or(0, |highest| highest.number);
            // libseccomp gives no number of its own to what an arch multiplexes, though newer kernels do.
            if is_higher && !is_multiplexed(arch, &name.value) {
                highest = Some(Highest {
                    number,
                    rule: rule.rule,
                    name,
                });
            }
        }
    }
    highest
}
