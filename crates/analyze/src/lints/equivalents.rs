//! Calls that do what another one does, so that to refuse one of them alone refuses nothing.
//!
//! Apart from the lints that use it, which differ in their families.

use callgate_policy::Action;
use callgate_profile::Problem;
use callgate_syscalls::errno_by_name;

use super::listed::some_of;
use crate::call::Call;
use crate::lint::Lint;
use crate::subject::Subject;

/// Calls that do the same.
pub(super) struct Family {
    /// The calls of the family.
    pub(super) calls: &'static [&'static str],
    /// Calls of other families that do the same, too.
    pub(super) besides: &'static [&'static str],
}

/// The families of which a rule refuses a member whatever its arguments, while another one is made.
pub(super) fn gaps(subject: &Subject<'_>, lint: &Lint, families: &[Family]) -> Vec<Problem> {
    let arch = subject.target.native;
    let gap = |family: &Family| {
        let refused: Vec<Call> = family
            .calls
            .iter()
            .filter_map(|name| {
                let call = subject.never_made(arch, name)?;
                // Only a rule shows that it was meant, and ENOSYS sends the caller to a sibling on purpose.
                subject.name_of(call)?;
                let enosys = errno_by_name(arch, "ENOSYS")?;
                let is_meant = match subject.decide(call).action {
                    Action::Errno(errno) => errno != enosys,
                    Action::Notify | Action::Trace(_) => false,
                    _ => true,
                };
                is_meant.then_some(call)
            })
            .collect();
        let siblings = family.calls.iter().chain(family.besides);
        let made: Vec<(&str, Call)> = siblings
            .filter_map(|&name| Some((name, subject.made(arch, name)?)))
            .collect();
        let (&first, &(_, other)) = (refused.first()?, made.first()?);
        let names: Vec<&str> = made.iter().map(|&(name, _)| name).collect();
        let refused = first.syscall()?;
        let message = format!(
            "{refused} is refused, and {} can do the same",
            some_of(&names)
        );
        Some(
            lint.problem(subject.place_of(first), message)
                .note(subject.shown(first))
                .note(subject.shown(other)),
        )
    };
    families.iter().filter_map(gap).collect()
}
