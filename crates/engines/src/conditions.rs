//! Whether a rule is there at all: `includes` and `excludes`, which ask for capabilities, the machine's arch and its kernel.
//!
//! Apart from the engines, because callgate's own reading honours them exactly as Docker does, under names that Docker's tables can spoil.

use callgate_profile::{Conditions, MinKernel, Problem, Spanned, SyscallRule, faults};
use callgate_syscalls::{Capability, CapabilitySet, Release};

/// The machine and the rights that conditions ask about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances<'a> {
    /// The machine's arch, by the name that conditions use.
    pub(crate) arch: &'a str,
    pub(crate) caps: CapabilitySet,
    pub(crate) kernel: Release,
}

impl Circumstances<'_> {
    /// Whether the rule is there: all that it includes holds, and nothing that it excludes.
    pub(crate) fn keep(self, rule: &SyscallRule) -> bool {
        let includes = rule.includes.as_deref().map(|includes| &includes.value);
        let excludes = rule.excludes.as_deref().map(|excludes| &excludes.value);
        includes.is_none_or(|includes| self.meet_all(includes))
            && !excludes.is_some_and(|excludes| self.meet_any(excludes))
    }

    /// The same for a reader that does not look at `minKernel`.
    pub(crate) fn keep_but_for_kernel(self, rule: &SyscallRule) -> bool {
        let without = |conditions: &Option<Box<Spanned<Conditions>>>| {
            let conditions = conditions.as_deref()?;
            Some(Conditions {
                min_kernel: None,
                ..conditions.value.clone()
            })
        };
        let (includes, excludes) = (without(&rule.includes), without(&rule.excludes));
        includes.is_none_or(|includes| self.meet_all(&includes))
            && !excludes.is_some_and(|excludes| self.meet_any(&excludes))
    }

    fn meet_all(self, conditions: &Conditions) -> bool {
        (conditions.arches.is_empty() || self.has_arch(conditions))
            && conditions.caps.iter().all(|cap| self.has_cap(&cap.value))
            && conditions
                .min_kernel
                .as_ref()
                .is_none_or(|least| self.has_kernel(&least.value))
    }

    fn meet_any(self, conditions: &Conditions) -> bool {
        self.has_arch(conditions)
            || conditions.caps.iter().any(|cap| self.has_cap(&cap.value))
            || conditions
                .min_kernel
                .as_ref()
                .is_some_and(|least| self.has_kernel(&least.value))
    }

    fn has_arch(self, conditions: &Conditions) -> bool {
        let mut arches = conditions.arches.iter();
        arches.any(|arch| arch.value.as_str() == self.arch)
    }

    fn has_cap(self, name: &str) -> bool {
        Capability::from_name(name).is_some_and(|cap| self.caps.contains(cap))
    }

    fn has_kernel(self, least: &MinKernel) -> bool {
        least.release.is_none_or(|release| self.kernel >= release)
    }
}

/// The releases that are none, of every rule: Docker decodes them all before it asks which rules are there.
///
/// An empty text is one, and older than every kernel.
pub(crate) fn releases_that_are_none(rules: &[Spanned<SyscallRule>]) -> Vec<Problem> {
    let conditions = rules.iter().flat_map(|rule| {
        let rule = &rule.value;
        [&rule.includes, &rule.excludes].into_iter().flatten()
    });
    conditions
        .filter_map(|conditions| conditions.value.min_kernel.as_ref())
        .filter(|least| least.value.release.is_none() && !least.value.written.is_empty())
        .map(|least| faults::no_release(&least.value.written, least.span))
        .collect()
}
