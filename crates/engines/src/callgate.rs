//! callgate's own reading: of all rules that match a call, the strictest action.
//!
//! Apart from the models of other engines, because it models nobody: it is what most people take a profile to mean, and it refuses what could be taken in two ways.

use std::collections::HashSet;

use callgate_policy::{Action, Comparison, Numbers, Policy, Rule, Section, Test, strictest};
use callgate_profile::{
    ActionName, Argument, Oddity, Problem, Profile, Spanned, SyscallRule, codes, condition_name,
    faults,
};
use callgate_syscalls::{Arch, Syscall, errno_by_name};

use crate::arches;
use crate::conditions::{Circumstances, releases_that_are_none};
use crate::custom;
use crate::fields::refuse_mistyped;
use crate::resolved::{Fault, How, Origins, Reasons, Refusal, Resolved};
use crate::target::Target;
use crate::words::{self, EPERM, kernel_action, no_default_action};

/// The meaning of a document for target `callgate`.
pub(crate) fn read(profile: &Profile, target: &Target) -> Result<Resolved, Refusal> {
    let mut reasons = Reasons::default();
    // A field of another type is not there, and would be called missing.
    refuse_mistyped(profile, |_| true)?;
    refuse_alone(profile)?;
    reasons.extend(faults_of(profile));
    reasons.extend(releases_that_are_none(profile.rules()));
    let arches = reasons.take(arches::listed(profile, target));
    let arches = arches.unwrap_or_default();
    let default = match &profile.default_action {
        None => Err(no_default_action(profile).into()),
        Some(name) => {
            let data = Data {
                number: profile.default_errno_ret.as_ref(),
                name: profile.default_errno.as_ref(),
            };
            action(profile, name, data, target.native)
        }
    };
    let default = reasons.take(default);
    let circumstances = Circumstances {
        arch: condition_name(target.native),
        caps: target.caps,
        kernel: target.kernel,
    };
    let mut problems = Vec::new();
    let names = profile.rules().iter().flat_map(|rule| rule.value.calls());
    let mut origins = Origins::new(names.count());
    let mut sections: Vec<Section> = arches
        .into_iter()
        .map(|arch| Section {
            arch,
            rules: Vec::new(),
        })
        .collect();
    for rule in profile.rules() {
        if !circumstances.keep(&rule.value) {
            continue;
        }
        let Some(comparisons) = comparisons(&rule.value, &mut reasons, &mut problems) else {
            continue;
        };
        let Some(actions) = actions(profile, rule, &sections, &mut reasons) else {
            continue;
        };
        let mut named = HashSet::new();
        for name in rule.value.calls() {
            let call = Syscall::by_name(&name.value);
            let Some(call) = call.filter(|&call| named.insert(call)) else {
                continue;
            };
            let id = origins.id(rule, name.span, How::Said);
            for (section, &action) in sections.iter_mut().zip(&actions) {
                if let Some(number) = call.number(section.arch) {
                    section.rules.push(Rule {
                        id,
                        numbers: Numbers::one(number),
                        comparisons: comparisons.clone(),
                        action,
                    });
                }
            }
        }
    }
    for section in &mut sections {
        strictest(&mut section.rules);
        reasons.extend(custom::conflicts(section, &origins));
    }
    reasons.settle()?;
    let default = default.expect("without a default action there is a reason to refuse");
    let policy = Policy::new(default, Action::KillProcess, sections);
    Ok(Resolved {
        policy: policy.expect("no arch is listed twice"),
        origins: origins.into_list(),
        problems,
    })
}

/// Refuses a document that says only what differs from a base, where the base was not read with it.
fn refuse_alone(profile: &Profile) -> Result<(), Refusal> {
    let mut reasons = Reasons::default();
    reasons.extend(profile.extends.iter().map(|base| {
        let message = format!(
            "the profile extends {}, which was not read with it",
            faults::quoted(base)
        );
        Problem::error(codes::EXTENDS, base.span, message)
    }));
    reasons.settle()
}

/// What the document does not hold though somebody wrote it, and what it holds in two forms.
fn faults_of(profile: &Profile) -> Vec<Problem> {
    let nulls = profile.null_elements.iter().map(faults::null_element);
    let twice = profile.odd_keys.iter().filter_map(|key| match key.oddity {
        Oddity::Duplicate(first) if key.field != "comment" => Some((key, first)),
        _ => None,
    });
    let twice = twice.map(|(key, first)| {
        let message = format!("`{}` stands twice in one object", key.field);
        Problem::error(codes::DUPLICATE_KEY, key.span, message)
            .label("again here")
            .related(first, "first here")
    });
    nulls.chain(twice).collect()
}

/// The data of an action, by number or by name.
#[derive(Clone, Copy)]
struct Data<'a> {
    number: Option<&'a Spanned<u64>>,
    name: Option<&'a Spanned<String>>,
}

impl Data<'_> {
    /// The sixteen bits; EPERM where nothing is stated. A name goes before a number, as Podman has it.
    fn bits(self, name: &ActionName, arch: Arch) -> Result<u16, Fault> {
        let limit = match name {
            ActionName::Errno => callgate_bpf::MAX_ERRNO,
            ActionName::Trace => u16::MAX,
            _ => return Ok(0),
        };
        let (value, span) = match (self.name, self.number) {
            (Some(text), _) => {
                let number = errno_by_name(arch, &text.value).map(u64::from);
                let value = number.or_else(|| text.value.parse().ok()).ok_or_else(|| {
                    let quoted = faults::quoted(&text.value);
                    let message = format!("{quoted} is no errno of {arch}");
                    Box::new(Problem::error(codes::ERRNO_NAME, text.span, message))
                })?;
                (value, text.span)
            }
            (None, Some(number)) => (number.value, number.span),
            (None, None) => return Ok(EPERM),
        };
        let bits = u16::try_from(value).ok().filter(|&bits| bits <= limit);
        bits.ok_or_else(|| {
            let number = Spanned::new(value, span);
            let problem = faults::errno_out_of_range(&number, Some(name));
            Box::new(problem.expect("what is past the limit of its action is out of range"))
        })
    }
}

/// What a name of an action stands for on an arch.
fn action(
    profile: &Profile,
    name: &Spanned<ActionName>,
    data: Data<'_>,
    arch: Arch,
) -> Result<Action, Fault> {
    let known = |name: &ActionName, data: Data<'_>| -> Result<Option<Action>, Fault> {
        Ok(kernel_action(name, data.bits(name, arch)?))
    };
    if let Some(action) = known(&name.value, data)? {
        return Ok(action);
    }
    let ActionName::Custom(custom) = &name.value else {
        return Err(faults::unknown_action(name.value.as_str(), name.span).into());
    };
    let Some(declared) = profile.x_actions.get(custom) else {
        let message = format!("`x-actions` does not declare {}", faults::quoted(custom));
        return Err(Problem::error(codes::CUSTOM_ACTION, name.span, message).into());
    };
    let Some(answer) = &declared.answer else {
        let span = declared.name.span;
        return Err(Problem::error(codes::CUSTOM_ACTION, span, "`answer` is missing").into());
    };
    let data = Data {
        number: declared.errno_ret.as_ref(),
        name: None,
    };
    known(&answer.value, data)?.ok_or_else(|| {
        let message = format!(
            "the answer of {} is {}, which is none of the kernel's",
            faults::quoted(custom),
            faults::quoted(answer.value.as_str())
        );
        Box::new(Problem::error(codes::CUSTOM_ACTION, answer.span, message))
    })
}

/// The action of a rule on each arch, since an errno's name has another number on some.
fn actions(
    profile: &Profile,
    rule: &Spanned<SyscallRule>,
    sections: &[Section],
    reasons: &mut Reasons,
) -> Option<Vec<Action>> {
    let Some(name) = &rule.value.action else {
        reasons.add(faults::missing_action("action", rule.span));
        return None;
    };
    let data = Data {
        number: rule.value.errno_ret.as_ref(),
        name: rule.value.errno.as_ref(),
    };
    let of = |section: &Section| action(profile, name, data, section.arch);
    reasons.take(sections.iter().map(of).collect())
}

/// The comparisons of a rule, all of which must hold.
fn comparisons(
    rule: &SyscallRule,
    reasons: &mut Reasons,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Comparison>> {
    if let (Some(name), Some(names)) = (&rule.name, &rule.names)
        && !names.value.is_empty()
    {
        reasons.add(faults::exclusive([
            ("name", name.span),
            ("names", names.span),
        ]));
        return None;
    }
    let mut all = Vec::with_capacity(rule.arguments().len());
    for argument in rule.arguments() {
        let comparison = reasons.take(comparison(argument))?;
        if let Test::MaskedEq { mask, value } = comparison.test
            && value & !mask != 0
        {
            problems.push(outside_of_the_mask(argument, mask, value));
        }
        all.push(comparison);
    }
    Some(all)
}

fn comparison(argument: &Spanned<Argument>) -> Result<Comparison, Fault> {
    let absent = |field| Box::new(faults::missing_in_argument(field, argument.span));
    let fields = &argument.value;
    let index = fields.index.as_ref().ok_or_else(|| absent("index"))?;
    let op = fields.op.as_ref().ok_or_else(|| absent("op"))?;
    if fields.value.is_none() {
        return Err(absent("value"));
    }
    Ok(Comparison::new(
        words::arg(index)?,
        words::test(op, fields)?,
    ))
}

fn outside_of_the_mask(argument: &Spanned<Argument>, mask: u64, value: u64) -> Problem {
    let span = argument
        .value
        .value_two
        .as_ref()
        .map_or(argument.span, |two| two.span);
    let message =
        format!("value {value:#x} has bits that mask {mask:#x} has not, so it never matches");
    Problem::warning("CG207", span, message).note(format!(
        "runc and crun ignore those bits, and compare with {:#x}",
        value & mask
    ))
}
