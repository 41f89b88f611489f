//! Values of an argument that a rule lets through, of a list of them.
//!
//! Apart from the lints that use it, which differ in the call, its list and its words.

use callgate_profile::Problem;

use super::listed::some_of;
use crate::call::Call;
use crate::lint::Lint;
use crate::subject::Subject;

/// Values of an argument of a call, with their names.
pub(super) struct Values<'v, N> {
    pub(super) call: &'static str,
    /// Which argument.
    pub(super) index: usize,
    pub(super) values: &'v [(u64, N)],
}

/// One problem that names all values for which a rule makes the call and that are worth a word; none where there are none.
pub(super) fn made<N: AsRef<str>>(
    subject: &Subject<'_>,
    lint: &Lint,
    of: &Values<'_, N>,
    is_worth_a_word: impl Fn(Call, u64) -> bool,
    why: &str,
) -> Vec<Problem> {
    let found = subject.arches().find_map(|arch| {
        let made = of.values.iter().filter_map(|(value, name)| {
            let mut args = [0; 6];
            args[of.index] = *value;
            let call = subject.call(arch, of.call, &args)?;
            // A profile that refuses nothing is another lint's.
            subject.name_of(call)?;
            (is_worth_a_word(call, *value) && subject.makes(call)).then_some((call, name))
        });
        let made: Vec<(Call, &N)> = made.collect();
        (!made.is_empty()).then_some(made)
    });
    let problem = found.map(|made| {
        let names: Vec<&str> = made.iter().map(|(_, name)| name.as_ref()).collect();
        let (first, _) = made[0];
        let message = format!("{why} {}", some_of(&names));
        lint.problem(subject.place_of(first), message)
            .note(subject.shown(first))
    });
    problem.into_iter().collect()
}
