//! A document read straight as the OCI's `linux.seccomp`: by runc, crun and youki themselves, and by containerd on their behalf.
//!
//! Apart from the dialects, of whose fields none counts here: `archMap`, `name`, `includes`, `excludes`, `minKernel` and the names of errnos.

use std::borrow::Cow;

use callgate_profile::{
    NullElement, OddKey, Oddity, Problem, Profile, Span, Spanned, SyscallRule, faults,
};

use crate::arches::stated_or;
use crate::crun::{Parsed, parsed};
use crate::engine::Runtime;
use crate::fields::{is_oci, is_oci_list, refuse_mistyped};
use crate::resolved::{Reasons, Refusal, Resolved};
use crate::runtime::{self, Oci, OciRule, Text};
use crate::target::Target;
use crate::twice::{self, Takes};

/// What containerd makes of a Localhost profile, and the runtime of that.
pub(crate) fn through_containerd(
    profile: &Profile,
    target: &Target,
    runtime: Runtime,
) -> Result<Resolved, Refusal> {
    strict(profile, Missing::IsZero)?;
    straight(profile, target, runtime, "containerd", Text::Rewritten)
}

/// What a runtime makes of a document that it is given itself.
pub(crate) fn read(
    profile: &Profile,
    target: &Target,
    runtime: Runtime,
) -> Result<Resolved, Refusal> {
    let profile = match runtime {
        Runtime::Runc(_) => {
            strict(profile, Missing::IsZero)?;
            Cow::Borrowed(profile)
        }
        Runtime::Youki(_) => {
            strict(profile, Missing::IsFault)?;
            as_spelt(profile)
        }
        Runtime::Crun(version) => match parsed(as_spelt(profile), version)? {
            Parsed::Document(profile) => *profile,
            Parsed::Nothing(reason) => return Ok(runtime::no_filter(reason)),
        },
    };
    straight(&profile, target, runtime, runtime.name(), Text::Written)
}

/// What an element that is `null` is to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    /// One whose fields are empty: so it is to Go, and what is wrong with it is not always looked at.
    IsZero,
    /// None that it takes.
    IsFault,
}

/// Refuses what a reader that minds types does not take.
fn strict(profile: &Profile, missing: Missing) -> Result<(), Refusal> {
    refuse_mistyped(profile, is_oci)?;
    let mut reasons = Reasons::default();
    // The comparisons of a rule for no call are not looked at.
    let is_idle = |null: &&NullElement| {
        let mut rules = profile.rules().iter();
        let rule = rules.find(|rule| Some(rule.value.index) == null.rule);
        let named = rule.and_then(|rule| rule.value.names.as_ref());
        null.list == "args" && named.is_none_or(|names| names.value.is_empty())
    };
    let nulls = profile.null_elements.iter();
    let nulls = nulls
        .filter(|null| is_oci_list(null.list))
        .filter(|null| missing == Missing::IsFault || !is_idle(null));
    reasons.extend(nulls.map(faults::null_element));
    reasons.settle()
}

fn straight(
    profile: &Profile,
    target: &Target,
    runtime: Runtime,
    reader: &str,
    text: Text,
) -> Result<Resolved, Refusal> {
    // Go has the empty text for an action that is missing; the others do not take the document.
    let is_go = text == Text::Rewritten || matches!(runtime, Runtime::Runc(_));
    if is_go && runtime::asks_for_nothing(profile) {
        return Ok(runtime::unconfined(profile));
    }
    let listed = profile.architectures.iter().flat_map(|list| &list.value);
    let listed = listed.map(|name| (name.value.clone(), name.span));
    let oci = Oci {
        profile,
        text,
        default_errno_ret: profile.default_errno_ret.clone(),
        arches: stated_or(target, profile.span, listed.collect()),
        flags: profile
            .flags
            .iter()
            .flat_map(|flags| &flags.value)
            .collect(),
        has_listener: profile
            .listener_path
            .as_ref()
            .is_some_and(|path| !path.value.is_empty()),
        rules: profile.rules().iter().map(entry).collect(),
    };
    let mut resolved = runtime::read(&oci, target, runtime)?;
    resolved.problems.extend(ignored(profile, reader));
    let takes = match runtime {
        _ if is_go => Takes::Both,
        Runtime::Crun(version) if version.at_least(1, 28, 0) => Takes::LastSpelt,
        Runtime::Crun(_) => Takes::First,
        _ => Takes::Unknown,
    };
    let twice = twice::problems(profile, reader, takes);
    resolved.problems.extend(twice);
    Ok(resolved)
}

fn entry(rule: &Spanned<SyscallRule>) -> OciRule<'_> {
    OciRule {
        rule,
        calls: rule.value.names.as_ref().map_or(&[], |names| &names.value),
        errno_ret: rule.value.errno_ret.clone(),
    }
}

/// As many fields that are not read are told; the rest is like them.
const TOLD: usize = 50;

/// The fields of dialects, which nobody reads here: with them a document means something else than its author wrote.
fn ignored(profile: &Profile, reader: &str) -> Vec<Problem> {
    let problem = |name: &str, span: Span, effect: &str| {
        let message = format!("{reader} does not read `{name}`: {effect}");
        Problem::warning("CG223", span, message)
    };
    let mut problems = Vec::new();
    if let Some(map) = &profile.arch_map {
        let effect = "the filter is for the native arch, and calls of others end the thread";
        problems.push(problem("archMap", map.span, effect));
    }
    if let Some(errno) = &profile.default_errno {
        problems.push(problem(
            "defaultErrno",
            errno.span,
            "the errno is that of the number beside it, else EPERM",
        ));
    }
    for rule in profile.rules() {
        let rule = &rule.value;
        let name = rule.name.as_ref().filter(|name| !name.value.is_empty());
        let fields = [
            (
                "includes",
                rule.includes.as_ref().map(|field| field.span),
                "the rule always applies",
            ),
            (
                "excludes",
                rule.excludes.as_ref().map(|field| field.span),
                "the rule always applies",
            ),
            (
                "name",
                name.map(|field| field.span),
                "the call is not named",
            ),
            (
                "errno",
                rule.errno.as_ref().map(|field| field.span),
                "the errno is that of the number beside it, else EPERM",
            ),
        ];
        for (name, span, effect) in fields {
            problems.extend(span.map(|span| problem(name, span, effect)));
        }
    }
    problems.truncate(TOLD);
    problems
}

/// The document without the fields whose keys are in another case than they should: only Go takes those.
///
/// Where the key stands twice, the other one may be spelt as it should, and the field stays.
fn as_spelt(profile: &Profile) -> Cow<'_, Profile> {
    let keys = profile.odd_keys.iter();
    let is_twice = |key: &&OddKey| {
        let with_another = |other: &OddKey| match other.oddity {
            Oddity::Duplicate(first) => [first, other.span].contains(&key.span),
            Oddity::Case => false,
        };
        profile.odd_keys.iter().any(with_another)
    };
    let odd: Vec<&OddKey> = keys
        .filter(|key| key.oddity == Oddity::Case && !is_twice(key))
        .collect();
    if odd.is_empty() {
        return Cow::Borrowed(profile);
    }
    let mut spelt = profile.clone();
    for key in odd {
        match key.rule {
            None => match key.field {
                "defaultAction" => spelt.default_action = None,
                "defaultErrnoRet" => spelt.default_errno_ret = None,
                "architectures" => spelt.architectures = None,
                "flags" => spelt.flags = None,
                "listenerPath" => spelt.listener_path = None,
                "syscalls" => spelt.syscalls = None,
                _ => {}
            },
            Some(index) => {
                let rules = spelt.syscalls.iter_mut().flat_map(|list| &mut list.value);
                for rule in rules.filter(|rule| rule.value.index == index) {
                    forget(&mut rule.value, key);
                }
            }
        }
    }
    Cow::Owned(spelt)
}

fn forget(rule: &mut SyscallRule, key: &OddKey) {
    match key.field {
        "names" => rule.names = None,
        "action" => rule.action = None,
        "errnoRet" => rule.errno_ret = None,
        "args" => rule.args = None,
        field => {
            let arguments = rule.args.iter_mut().flat_map(|args| &mut args.value);
            let here = |argument: &&mut Spanned<callgate_profile::Argument>| {
                argument.span.start <= key.span.start && key.span.end <= argument.span.end
            };
            for argument in arguments.filter(here) {
                match field {
                    "index" => argument.value.index = None,
                    "value" => argument.value.value = None,
                    "valueTwo" => argument.value.value_two = None,
                    "op" => argument.value.op = None,
                    _ => {}
                }
            }
        }
    }
}
