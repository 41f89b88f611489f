//! The verdict on one call: what it gets, which rule says so, why the others do not, and what would change it.
//!
//! Apart from the summary, because a verdict is about one call with its arguments, and about every rule that names it.

use std::collections::BTreeSet;

use callgate_engines::{Engine, How, Refusal, Resolved, Target, read};
use callgate_policy::{Action, Comparison, Decision, Rule};
use callgate_profile::{Conditions, Profile, Span, Spanned, SyscallRule, condition_name};
use callgate_syscalls::{Capability, Release, Syscall};

use crate::call::Call;

/// What becomes of a call, and why.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The call.
    pub call: Call,
    /// What it gets; the rule's place is that of its [`Origin`](callgate_engines::Origin).
    pub decision: Decision,
    /// The other rules of the document that name the call, in its order.
    pub bystanders: Vec<Bystander>,
    /// What would change the action.
    pub changes: Vec<Change>,
}

/// A rule that names the call and does not decide.
#[derive(Clone, Debug)]
pub struct Bystander {
    /// The rule.
    pub rule: Span,
    /// The name in it.
    pub name: Span,
    /// Why it does not decide.
    pub reason: Reason,
}

/// Why a rule that names a call does not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is there only with this capability, which the process does not have; none for a name that no capability has.
    NeedsCapability(Option<Capability>),
    /// It is not there with this capability, which the process has.
    ExcludesCapability(Capability),
    /// It is there on other machines only.
    OtherArch,
    /// It is there from this kernel on.
    NeedsKernel(Release),
    /// It is there before this kernel only.
    ExcludesKernel(Release),
    /// This comparison does not hold.
    Fails(Comparison),
    /// It matches, and the rule that decides goes first.
    Later,
    /// The engine has dropped it: skipped, swallowed by another rule, or for another arch than the call's.
    Dropped,
}

/// Something that would change what a call gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What would have to be different.
    pub circumstance: Circumstance,
    /// What the call would get then, or why the document would be refused.
    pub answer: Result<Action, Refusal>,
}

/// A part of a target that could be different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circumstance {
    /// The process has the capability.
    With(Capability),
    /// The process does not have it.
    Without(Capability),
    /// The kernel is this one.
    Kernel(Release),
    /// Another engine reads the document.
    Engine(Engine),
}

/// Decides a call and explains it.
#[must_use]
pub fn verdict(profile: &Profile, resolved: &Resolved, target: &Target, call: Call) -> Verdict {
    let decision = resolved.policy.decide(&call.data());
    let decider = decision.rule.map(|id| resolved.origin(id));
    let decider = decider
        .filter(|origin| origin.how != How::Ceiling)
        .map(|origin| origin.name);
    let named = naming(profile, call);
    let others = named.iter().filter(|(_, name)| Some(name.span) != decider);
    let bystanders = others.map(|(rule, name)| Bystander {
        rule: rule.span,
        name: name.span,
        reason: reason(rule, name, resolved, target, call),
    });
    Verdict {
        call,
        decision,
        bystanders: bystanders.collect(),
        changes: changes(profile, &named, target, call, decision.action),
    }
}

/// A rule, and the name in it that is the call's.
type Naming<'p> = (&'p Spanned<SyscallRule>, &'p Spanned<String>);

/// The rules that name a call; a name of the same number on its arch is the call's, too.
fn naming(profile: &Profile, call: Call) -> Vec<Naming<'_>> {
    let pairs = profile.rules().iter().flat_map(|rule| {
        let names = rule.value.calls();
        names.map(move |name| (rule, name))
    });
    let is_meant = |name: &str| {
        let number = Syscall::by_name(name).and_then(|named| named.number(call.arch));
        number == Some(call.nr)
    };
    pairs.filter(|(_, name)| is_meant(&name.value)).collect()
}

fn reason(
    rule: &Spanned<SyscallRule>,
    name: &Spanned<String>,
    resolved: &Resolved,
    target: &Target,
    call: Call,
) -> Reason {
    if let Some(reason) = unmet(&rule.value, target) {
        return reason;
    }
    let sections = resolved.policy.section(call.arch);
    let mut added = sections
        .iter()
        .flat_map(|section| &section.rules)
        .filter(|added| {
            added.numbers.contain(call.nr) && resolved.origin(added.id).name == name.span
        });
    let Some(first) = added.next() else {
        return Reason::Dropped;
    };
    let matches = |rule: &Rule| rule.matches(call.arch, call.nr, &call.args);
    if matches(first) || added.any(matches) {
        return Reason::Later;
    }
    let failing = first
        .comparisons
        .iter()
        .find(|each| !each.holds(call.arch, &call.args));
    failing.map_or(Reason::Dropped, |&comparison| Reason::Fails(comparison))
}

/// The first condition of a rule that does not hold.
fn unmet(rule: &SyscallRule, target: &Target) -> Option<Reason> {
    let includes = rule.includes.as_deref().map(|includes| &includes.value);
    let excludes = rule.excludes.as_deref().map(|excludes| &excludes.value);
    let has = |cap: &Spanned<String>| {
        Capability::from_name(&cap.value).filter(|&cap| target.caps.contains(cap))
    };
    let is_native = |conditions: &Conditions| {
        let native = condition_name(target.native);
        conditions
            .arches
            .iter()
            .any(|arch| arch.value.as_str() == native)
    };
    let kernel = |conditions: &Conditions| {
        conditions
            .min_kernel
            .as_ref()
            .and_then(|least| least.value.release)
    };
    if let Some(includes) = includes {
        if let Some(cap) = includes.caps.iter().find(|cap| has(cap).is_none()) {
            return Some(Reason::NeedsCapability(Capability::from_name(&cap.value)));
        }
        if !includes.arches.is_empty() && !is_native(includes) {
            return Some(Reason::OtherArch);
        }
        if let Some(least) = kernel(includes).filter(|&least| target.kernel < least) {
            return Some(Reason::NeedsKernel(least));
        }
    }
    let excludes = excludes?;
    if let Some(cap) = excludes.caps.iter().find_map(has) {
        return Some(Reason::ExcludesCapability(cap));
    }
    if is_native(excludes) {
        return Some(Reason::OtherArch);
    }
    let first = kernel(excludes).filter(|&first| target.kernel >= first);
    first.map(Reason::ExcludesKernel)
}

/// What would change the action: each capability and kernel that a rule for the call asks for, and the other engine.
fn changes(
    profile: &Profile,
    named: &[Naming<'_>],
    target: &Target,
    call: Call,
    action: Action,
) -> Vec<Change> {
    let conditions = || {
        let both = named
            .iter()
            .flat_map(|(rule, _)| [&rule.value.includes, &rule.value.excludes]);
        both.flatten().map(|conditions| &conditions.value)
    };
    let caps: BTreeSet<Capability> = conditions()
        .flat_map(|conditions| &conditions.caps)
        .filter_map(|name| Capability::from_name(&name.value))
        .collect();
    let kernels: BTreeSet<Release> = conditions()
        .filter_map(|conditions| conditions.min_kernel.as_ref()?.value.release)
        .collect();
    let caps = caps.into_iter().map(|cap| match target.caps.contains(cap) {
        true => Circumstance::Without(cap),
        false => Circumstance::With(cap),
    });
    let kernels = kernels
        .into_iter()
        .map(|least| match target.kernel >= least {
            true => Circumstance::Kernel(before(least)),
            false => Circumstance::Kernel(least),
        });
    let engines = Engine::ALL
        .into_iter()
        .filter(|engine| engine.name() != target.engine.name());
    let all = caps.chain(kernels).chain(engines.map(Circumstance::Engine));
    let changes = all.map(|circumstance| Change {
        circumstance,
        answer: read(profile, &circumstance.applied(target))
            .map(|resolved| resolved.policy.decide(&call.data()).action),
    });
    changes
        .filter(|change| change.answer != Ok(action))
        .collect()
}

impl Circumstance {
    /// The target with this difference.
    #[must_use]
    pub fn applied(self, target: &Target) -> Target {
        let mut target = target.clone();
        match self {
            Self::With(cap) => target.caps = target.caps.with(cap),
            Self::Without(cap) => target.caps = target.caps.without(cap),
            Self::Kernel(kernel) => target.kernel = kernel,
            Self::Engine(engine) => target.engine = engine,
        }
        target
    }
}

/// The release before another, as far as two numbers tell.
const fn before(release: Release) -> Release {
    match release.minor {
        0 => Release::new(release.major.saturating_sub(1), u16::MAX),
        minor => Release::new(release.major, minor - 1),
    }
}
