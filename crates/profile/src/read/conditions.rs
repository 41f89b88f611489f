//! `includes` and `excludes`: where a rule counts.
//!
//! Apart from the rule, because both fields have the same form, and each of its words has a trap of its own.

use super::fields::Reader;
use super::keys;
use crate::document::{Conditions, MinKernel};
use crate::faults::{self, quoted};
use crate::json::Value;
use crate::names::{ConditionArch, condition_name};
use crate::nearest::nearest;
use crate::problem::{Severity, codes};
use crate::span::Spanned;
use callgate_syscalls::{Arch, Capability, Release};
use std::borrow::Cow;

impl Reader<'_> {
    /// The conditions that one of the two fields states.
    pub(super) fn conditions(
        &mut self,
        holder: &keys::Holder,
        value: Value<'_>,
    ) -> Spanned<Conditions> {
        let [caps, arches, min_kernel] = self.fields(holder, value, keys::CONDITIONS);
        let caps = caps.and_then(|caps| {
            self.words("caps", caps.value, |reader, text| {
                reader.check_capability(&text);
                text.value.into_owned()
            })
        });
        let arches = arches.and_then(|arches| {
            self.words("arches", arches.value, |reader, text| {
                reader.condition_arch(&text)
            })
        });
        let min_kernel = min_kernel.and_then(|kernel| {
            let text = self.string("minKernel", kernel.value)?;
            Some(self.min_kernel(text))
        });
        let conditions = Conditions {
            caps: caps.map_or_else(Vec::new, |caps| caps.value),
            arches: arches.map_or_else(Vec::new, |arches| arches.value),
            min_kernel,
        };
        Spanned::new(conditions, value.span)
    }

    fn check_capability(&mut self, text: &Spanned<Cow<'_, str>>) {
        if Capability::from_name(text).is_some() {
            return;
        }
        let upper = text.to_ascii_uppercase();
        let meant = [upper.clone(), format!("CAP_{upper}")]
            .iter()
            .find_map(|name| Capability::from_name(name))
            .map(Capability::name);
        // One that a later kernel brings looks like all of them, and no process of this one has it.
        let severity = if meant.is_none() && text.starts_with("CAP_") {
            Severity::Warning
        } else {
            Severity::Error
        };
        self.problems
            .add_with(codes::CAPABILITY, severity, text.span, |problem| {
                let names = Capability::ALL.iter().map(|capability| capability.name());
                let near = meant.or_else(|| nearest(text, names));
                let problem = problem
                    .message(format!(
                        "{} is not the name of a capability, so no process has it",
                        quoted(text)
                    ))
                    .note("engines compare the exact name, upper case with CAP_");
                problem.meant(near)
            });
    }

    fn condition_arch(&mut self, text: &Spanned<Cow<'_, str>>) -> ConditionArch {
        let arch = ConditionArch::read(text);
        if let ConditionArch::Unknown(_) = arch {
            let lower = text.to_ascii_lowercase();
            let meant = Arch::ALL.iter().copied().find(|&arch| {
                [arch.name(), condition_name(arch)].contains(&lower.as_str())
                    || arch.scmp_name().eq_ignore_ascii_case(text)
            });
            // One that a later kernel brings is none that this one runs on.
            let severity = if meant.is_some() {
                Severity::Error
            } else {
                Severity::Warning
            };
            self.problems
                .add_with(codes::CONDITION_ARCH, severity, text.span, |problem| {
                    let names = Arch::ALL.iter().map(|&arch| condition_name(arch));
                    let near = meant
                        .map(condition_name)
                        .or_else(|| nearest(text, names.clone()));
                    let problem = problem
                        .message(format!(
                            "{} is no arch's name here, so it never matches",
                            quoted(text)
                        ))
                        .note(format!(
                            "engines compare with {}",
                            names.collect::<Vec<_>>().join(", ")
                        ));
                    problem.meant(near)
                });
        }
        arch
    }

    fn min_kernel(&mut self, text: Spanned<String>) -> Spanned<MinKernel> {
        let release = text.parse().ok().filter(|&Release { major, minor }| {
            let fits = major.max(minor) <= u16::from(u8::MAX);
            fits && (major, minor) != (0, 0)
        });
        if release.is_none() {
            self.problems
                .add_with(codes::MIN_KERNEL, Severity::Error, text.span, |_| {
                    faults::no_release(&text, text.span)
                });
        }
        let read = MinKernel {
            written: text.value,
            release,
        };
        Spanned::new(read, text.span)
    }
}
