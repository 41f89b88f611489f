//! Actions, arches, flags and errnos: words of closed lists, and what to say when one is not in its list.
//!
//! Apart from the readers of objects, because the same words stand in several of them.

use super::fields::{Field, List, Reader};
use crate::faults::{self, MAX_ERRNO, quoted};
use crate::json::Value;
use crate::names::{ActionName, ArchName, FlagName};
use crate::problem::{Problem, Severity, codes};
use crate::span::{Span, Spanned};
use callgate_syscalls::{Arch, constants, errno_by_name};
use std::borrow::Cow;
use std::collections::HashMap;

impl Reader<'_> {
    /// An action: one of the kernel's or a custom one.
    pub(super) fn action(
        &mut self,
        field: &'static str,
        value: Value<'_>,
    ) -> Option<Spanned<ActionName>> {
        let text = self.word(field, value)?;
        let action = ActionName::read(&text);
        if let ActionName::Unknown(_) = action {
            self.unknown_word(codes::ACTION, &text, faults::unknown_action);
        }
        Some(Spanned::new(action, text.span))
    }

    /// An action that must be one of the kernel's.
    pub(super) fn kernel_action(
        &mut self,
        field: &'static str,
        value: Value<'_>,
    ) -> Option<Spanned<ActionName>> {
        let action = self.action(field, value)?;
        if let ActionName::Custom(name) = &action.value {
            let message = format!(
                "`{field}` is the custom action {} and must be one of the kernel's",
                quoted(name)
            );
            self.problems
                .add(Problem::error(codes::CUSTOM_ACTION, action.span, message));
        }
        Some(action)
    }

    /// Reports a missing action of the object at this place.
    pub(super) fn missing_action(&mut self, field: &str, holder: Span) {
        let opening = Span::new(holder.start, holder.start + 1);
        self.problems
            .add_with(codes::ACTION, Severity::Error, opening, |_| {
                faults::missing_action(field, holder)
            });
    }

    /// A list of arches.
    pub(super) fn arches(
        &mut self,
        field: &'static str,
        value: Value<'_>,
    ) -> Option<List<ArchName>> {
        self.words(field, value, |reader, text| reader.arch_of(&text))
    }

    /// One arch.
    pub(super) fn arch(
        &mut self,
        field: &'static str,
        value: Value<'_>,
    ) -> Option<Spanned<ArchName>> {
        let text = self.word(field, value)?;
        Some(Spanned::new(self.arch_of(&text), text.span))
    }

    fn arch_of(&mut self, text: &Spanned<Cow<'_, str>>) -> ArchName {
        let arch = ArchName::read(text);
        if let ArchName::Unknown(_) = arch {
            self.unknown_word(codes::ARCH_OR_FLAG, text, faults::unknown_arch);
        }
        arch
    }

    /// A list of filter flags.
    pub(super) fn flags(
        &mut self,
        field: &'static str,
        value: Value<'_>,
    ) -> Option<List<FlagName>> {
        self.words(field, value, |reader, text| {
            let flag = FlagName::read(&text);
            if let FlagName::Unknown(_) = flag {
                reader.unknown_word(codes::ARCH_OR_FLAG, &text, faults::unknown_flag);
            }
            flag
        })
    }

    /// An errno by number, `errnoRet`, and by name, `errno`; checks each and both together.
    pub(super) fn errno(
        &mut self,
        [number, name]: [(&'static str, Option<Field<'_>>); 2],
    ) -> (Option<Spanned<u64>>, Option<Spanned<String>>) {
        let read_number = number
            .1
            .and_then(|field| self.unsigned(codes::WRONG_TYPE, number.0, field.value, MAX_ERRNO));
        let read_name = name
            .1
            .and_then(|field| self.string(name.0, field.value))
            .filter(|text| !text.value.is_empty());
        if let Some(text) = &read_name {
            self.check_errno_name(text, name.0, read_number.as_ref());
        }
        (read_number, read_name)
    }

    fn check_errno_name(
        &mut self,
        text: &Spanned<String>,
        field: &str,
        number: Option<&Spanned<u64>>,
    ) {
        let meanings = match text.parse() {
            Ok(decimal) => vec![decimal],
            Err(_) => self.errnos.meanings(text),
        };
        if meanings.is_empty() {
            let message = format!("{} is not the name of an errno", quoted(text));
            self.problems.add(
                Problem::error(codes::ERRNO_NAME, text.span, message)
                    .note("names are those of errno(3), such as EPERM and ENOSYS"),
            );
            return;
        }
        let Some(number) = number else { return };
        if !meanings.contains(&number.value) {
            let message = format!(
                "`{field}` says {} and the number beside it says {}",
                quoted(text),
                number.value
            );
            self.problems.add(
                Problem::warning(codes::ERRNO_NAME, text.span, message)
                    .related(number.span, "the number")
                    .note("Podman takes the name, Docker the number"),
            );
        }
    }

    /// Reports an errno that the kernel cuts.
    pub(super) fn check_errno_range(
        &mut self,
        number: Option<&Spanned<u64>>,
        action: Option<&ActionName>,
    ) {
        let problem = number.and_then(|number| faults::errno_out_of_range(number, action));
        if let Some(problem) = problem {
            self.problems.add(problem);
        }
    }

    /// Reports a text that is not in its list of words.
    pub(super) fn unknown_word(
        &mut self,
        code: &'static str,
        text: &Spanned<Cow<'_, str>>,
        unknown: fn(&str, Span) -> Problem,
    ) {
        self.problems
            .add_with(code, Severity::Error, text.span, |_| {
                unknown(text, text.span)
            });
    }
}

/// What each name of an errno is on some arch; made when the first is asked for.
#[derive(Default)]
pub(super) struct Errnos(Option<HashMap<&'static str, Vec<u64>>>);

impl Errnos {
    fn meanings(&mut self, name: &str) -> Vec<u64> {
        let table = self.0.get_or_insert_with(|| {
            let mut table: HashMap<&str, Vec<u64>> = HashMap::new();
            for &arch in Arch::ALL {
                let errnos = constants::by_name(arch, "errno").into_iter();
                for &(name, number) in errnos.flat_map(|errnos| errnos.values) {
                    table.entry(name).or_default().push(number);
                }
            }
            // A name of libc's that the tables have on few arches.
            let not_supported = |&arch| errno_by_name(arch, "ENOTSUP").map(u64::from);
            let numbers = Arch::ALL.iter().filter_map(not_supported).collect();
            table.insert("ENOTSUP", numbers);
            table
        });
        // libc's second name for one number.
        let name = if name == "ENOTSUP" {
            "EOPNOTSUPP"
        } else {
            name
        };
        table.get(name).cloned().unwrap_or_default()
    }
}
