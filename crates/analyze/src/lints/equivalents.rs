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

/// The families of which a member is refused on purpose, whatever its arguments, while another one is made.
pub(super) fn gaps(subject: &Subject<'_>, lint: &Lint, families: &[Family]) -> Vec<Problem> {
    let arch = subject.target.native;
    let is_a_shortened_list = is_a_shortened_list(subject);
    let gap = |family: &Family| {
        let siblings = family.calls.iter().chain(family.besides);
        let made: Vec<(&str, Call)> = siblings
            .filter_map(|&name| Some((name, subject.made(arch, name)?)))
            .collect();
        let newest_made = made
            .iter()
            .filter_map(|(_, call)| call.syscall())
            .max_by_key(|call| call.since())?;
        let refused = family.calls.iter().find_map(|name| {
            let call = subject.never_made(arch, name)?;
            let is_meant = if subject.name_of(call).is_some() {
                refuses_on_purpose(subject, call)
            } else {
                // A list may lack a call only because it is older.
                let syscall = call.syscall()?;
                is_a_shortened_list
                    && subject.standard.usually_made(arch, syscall)
                    && syscall.since() <= newest_made.since()
            };
            is_meant.then_some(call)
        })?;
        let &(_, other) = made.first()?;
        let place = subject.name_of(refused).unwrap_or(subject.place_of(other));
        let names: Vec<&str> = made.iter().map(|&(name, _)| name).collect();
        let message = format!(
            "{} is refused, and {} can do the same",
            refused.syscall()?,
            some_of(&names)
        );
        Some(
            lint.problem(place, message)
                .note(subject.shown(refused))
                .note(subject.shown(other)),
        )
    };
    families.iter().filter_map(gap).collect()
}

/// Whether a rule's answer is a refusal that was meant: ENOSYS sends the caller to a sibling.
fn refuses_on_purpose(subject: &Subject<'_>, call: Call) -> bool {
    let enosys = errno_by_name(subject.target.native, "ENOSYS");
    match subject.decide(call).action {
        Action::Errno(errno) => enosys.is_some_and(|enosys| errno != enosys),
        Action::Notify | Action::Trace(_) => false,
        _ => true,
    }
}

/// Whether it allows nine tenths of what Docker's default does, so that whoever wrote it has taken the rest out.
fn is_a_shortened_list(subject: &Subject<'_>) -> bool {
    let arch = subject.target.native;
    let usual = subject.standard.usual(arch);
    let made = usual
        .iter()
        .filter(|call| subject.made(arch, call.name()).is_some());
    made.count() * 10 >= usual.len() * 9
}
