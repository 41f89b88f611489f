//! The ENOSYS ceiling: runc answers ENOSYS for calls newer than any that the profile names, whatever the default action says.
//!
//! Apart from the reading, because it is a program of its own, which runc puts before libseccomp's (`patchbpf/enosys_linux.go`).

use callgate_policy::{Action, Numbers, Rule, Section};
use callgate_profile::{ArchName, Spanned, SyscallRule};
use callgate_syscalls::{Arch, X32_BIT, errno_by_name};

use crate::libseccomp::is_multiplexed;
use crate::resolved::{How, Origins};
use crate::runtime::{Converted, Oci};
use crate::target::Target;
use crate::version::Version;

/// What runc of a version finds the ceilings in.
#[derive(Clone, Copy)]
pub(crate) struct Ceiling<'a, 'p> {
    pub(crate) oci: &'a Oci<'p>,
    /// The rules of the document, those included that are skipped later.
    pub(crate) rules: &'a [Converted<'p>],
    pub(crate) target: &'a Target,
    pub(crate) version: Version,
    /// The arches of the filter.
    pub(crate) arches: &'a [Arch],
    pub(crate) default: Action,
}

/// The highest number that the profile names.
struct Highest<'p> {
    number: u32,
    rule: &'p Spanned<SyscallRule>,
    name: &'p Spanned<String>,
}

impl<'p> Ceiling<'_, 'p> {
    /// The rules that stand before all others of an arch; none where the default action makes calls, or only tells about them.
    pub(crate) fn rules(self, arch: Arch, origins: &mut Origins) -> Vec<Rule> {
        if !stands_before(self.default) {
            return Vec::new();
        }
        let Some(highest) = self.highest(arch) else {
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
                let is_listed = self.arches.contains(&Arch::X32);
                let x32 = is_listed.then(|| self.highest(Arch::X32));
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
        self.answered(ranges.into_iter().flatten(), &highest, origins)
    }

    /// What stands before the rules of x32 where it is not listed, and x86_64 is: runc tells x32 by its bit, and above x86_64's ceiling
    /// are numbers without it that lie among x32's.
    pub(crate) fn beside(self, origins: &mut Origins) -> Option<Section> {
        let is_alone = self.arches.contains(&Arch::X86_64) && !self.arches.contains(&Arch::X32);
        let stated = self.target.arches.as_ref();
        let is_asked_for = stated.is_none_or(|stated| stated.contains(&Arch::X32));
        let is_new = self.version.at_least(1, 1, 15);
        if !(is_alone && is_asked_for && is_new && stands_before(self.default)) {
            return None;
        }
        let highest = self.highest(Arch::X86_64)?;
        let without_the_bit = Numbers {
            first: X32_BIT << 1,
            last: (X32_BIT << 1 | X32_BIT) - 1,
        };
        Some(Section {
            arch: Arch::X32,
            rules: self.answered([without_the_bit], &highest, origins),
        })
    }

    /// The rules that answer ENOSYS for these numbers.
    fn answered(
        self,
        ranges: impl IntoIterator<Item = Numbers>,
        highest: &Highest<'_>,
        origins: &mut Origins,
    ) -> Vec<Rule> {
        // The number is that of the machine that runc was built for.
        let enosys = errno_by_name(self.target.native, "ENOSYS").unwrap_or(38);
        let id = origins.id(highest.rule, highest.name.span, How::Ceiling);
        let rule = |numbers| Rule {
            id,
            numbers,
            comparisons: Vec::new(),
            action: Action::Errno(enosys),
        };
        ranges.into_iter().map(rule).collect()
    }

    /// The highest number of an arch over all rules.
    ///
    /// None where nothing but number zero is named; and for runc before 1.1.15 where the arch is not listed, not even the native one.
    fn highest(self, arch: Arch) -> Option<Highest<'p>> {
        let listed = ArchName::Known(arch);
        let is_listed = self.oci.arches.iter().any(|(name, _)| *name == listed);
        if !is_listed && !self.version.at_least(1, 1, 15) {
            return None;
        }
        let mut highest: Option<Highest<'p>> = None;
        for rule in self.rules {
            for &(name, call) in &rule.calls {
                let number = call.number(arch).unwrap_or(0);
                let is_higher = number > highest.as_ref().map_or(0, |highest| highest.number);
                // libseccomp gives no number of its own to what an arch multiplexes, though newer kernels do.
                if is_higher && !is_multiplexed(arch, call) {
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
}

/// Whether there is a ceiling at all.
const fn stands_before(default: Action) -> bool {
    !matches!(default, Action::Allow | Action::Log | Action::Trace(_))
}

/// All numbers above one.
const fn past(number: u32) -> Numbers {
    Numbers {
        first: number + 1,
        last: u32::MAX,
    }
}
