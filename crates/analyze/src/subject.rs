//! What a lint looks at: a document, its meaning, and what all lints ask of them, found once.
//!
//! Apart from the lints, because what one of them found out the next one need not.

use std::borrow::Cow;
use std::cell::OnceCell;

use callgate_engines::{Engine, How, Kind, Resolved, Runtime, Target, read};
use callgate_policy::{Action, Decision};
use callgate_profile::{Change, Profile, Span, Spanned, SyscallRule};
use callgate_syscalls::{Arch, Syscall};

use crate::answers::{Answers, all_answers};
use crate::call::Call;
use crate::standard::Standard;
use crate::witness;

/// What a lint looks at.
pub(crate) struct Subject<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) resolved: &'a Resolved,
    pub(crate) standard: &'a Standard,
    pub(crate) target: &'a Target,
    beside: &'a [(&'a Target, &'a Resolved)],
    docker: OnceCell<Option<Cow<'a, Resolved>>>,
    answers: OnceCell<Vec<OfArch<'a>>>,
}

/// An arch, and what each of its calls gets.
type OfArch<'a> = (Arch, Vec<(Syscall, Answers<'a>)>);

impl<'a> Subject<'a> {
    pub(crate) const fn new(
        profile: &'a Profile,
        resolved: &'a Resolved,
        standard: &'a Standard,
        beside: &'a [(&'a Target, &'a Resolved)],
    ) -> Self {
        Self {
            profile,
            resolved,
            standard,
            target: &standard.target,
            beside,
            docker: OnceCell::new(),
            answers: OnceCell::new(),
        }
    }

    /// What Docker makes of it; none where Docker is the target, or does not take it.
    pub(crate) fn docker(&self) -> Option<&Resolved> {
        let read = || {
            let target = Target {
                engine: Engine::DOCKER,
                ..self.target.clone()
            };
            let at_hand = self.beside.iter().find(|(reader, _)| **reader == target);
            match at_hand {
                Some(&(_, resolved)) => Some(Cow::Borrowed(resolved)),
                None => read(self.profile, &target).ok().map(Cow::Owned),
            }
        };
        match self.target.engine {
            Engine::Container {
                kind: Kind::Docker, ..
            } => None,
            _ => self.docker.get_or_init(read).as_deref(),
        }
    }

    /// What Docker makes of it, where callgate is the target and Docker takes it.
    pub(crate) fn docker_beside_callgate(&self) -> Option<&Resolved> {
        match self.target.engine {
            Engine::Callgate => self.docker(),
            Engine::Container { .. } | Engine::Oci(_) => None,
        }
    }

    /// The runtime that the target starts.
    pub(crate) const fn runtime(&self) -> Option<Runtime> {
        match self.target.engine {
            Engine::Callgate => None,
            Engine::Container { runtime, .. } | Engine::Oci(runtime) => Some(runtime),
        }
    }

    /// Arch by arch, what every call of it gets; the calls are sorted.
    pub(crate) fn answers(&self) -> &[OfArch<'a>] {
        let policy = &self.resolved.policy;
        self.answers.get_or_init(|| {
            let arches = policy.sections().iter().map(|section| section.arch);
            let sorted = |arch| {
                let mut all = all_answers(policy, arch);
                all.sort_by_key(|(call, _)| *call);
                (arch, all)
            };
            arches.map(sorted).collect()
        })
    }

    /// What a call of an arch gets; none where the arch has no such call or the policy does not name the arch.
    pub(crate) fn answers_to(&self, arch: Arch, call: Syscall) -> Option<&Answers<'a>> {
        let (_, all) = self.answers().iter().find(|(known, _)| *known == arch)?;
        let place = all.binary_search_by_key(&call, |(call, _)| *call).ok()?;
        Some(&all[place].1)
    }

    /// The arches that the policy names.
    pub(crate) fn arches(&self) -> impl Iterator<Item = Arch> + use<'a> {
        let sections = self.resolved.policy.sections().iter();
        sections.map(|section| section.arch)
    }

    /// Whether every call of an arch is refused.
    pub(crate) fn makes_nothing(&self, arch: Arch) -> bool {
        let of_arch = self.answers().iter().find(|(known, _)| *known == arch);
        of_arch.is_none_or(|(_, all)| !all.iter().any(|(_, answers)| answers.may_make_the_call()))
    }

    /// Whether the rule that decides a call asks for something, be it heard or not.
    pub(crate) fn is_conditional(&self, call: Call) -> bool {
        self.rule_of(call)
            .is_some_and(|rule| rule.includes.is_some())
    }

    /// The call with these first arguments.
    pub(crate) fn call(&self, arch: Arch, name: &str, first: &[u64]) -> Option<Call> {
        self.resolved.policy.section(arch)?;
        let nr = Syscall::by_name(name)?.number(arch)?;
        let mut args = [0; 6];
        args[..first.len()].copy_from_slice(first);
        Some(Call { arch, nr, args })
    }

    /// Whether a call is made.
    pub(crate) fn makes(&self, call: Call) -> bool {
        self.decide(call).action.makes_the_call()
    }

    /// Whether the baseline makes a call.
    pub(crate) fn usually_makes(&self, call: Call) -> bool {
        let usual = self.standard.usual_answer(call.arch, call.nr, &call.args);
        usual.is_some_and(Action::makes_the_call)
    }

    /// A call of an arch that is made; none where all are refused.
    pub(crate) fn made(&self, arch: Arch, name: &str) -> Option<Call> {
        self.some(arch, name, Action::makes_the_call)
    }

    /// The call with all arguments zero, where every call of that name is refused.
    pub(crate) fn never_made(&self, arch: Arch, name: &str) -> Option<Call> {
        let call = Syscall::by_name(name)?;
        let answers = self.answers_to(arch, call)?;
        let never = !answers.may_make_the_call();
        never.then_some(Call {
            arch,
            nr: call.number(arch)?,
            args: [0; 6],
        })
    }

    /// A call of that name whose action is as wanted.
    pub(crate) fn some(&self, arch: Arch, name: &str, wanted: fn(Action) -> bool) -> Option<Call> {
        let call = Syscall::by_name(name)?;
        let answers = self.answers_to(arch, call)?;
        let nr = call.number(arch)?;
        if answers.rules.is_empty() {
            let plain = Call {
                arch,
                nr,
                args: [0; 6],
            };
            return wanted(answers.otherwise).then_some(plain);
        }
        let sets = answers.rules.iter().map(|rule| &rule.comparisons[..]);
        let tried = witness::arguments(arch, sets);
        let found = tried
            .into_iter()
            .find(|args| wanted(answers.action(args)))?;
        Some(Call {
            arch,
            nr,
            args: found,
        })
    }

    /// What the profile says of a call.
    pub(crate) fn decide(&self, call: Call) -> Decision {
        let named = call.syscall();
        match named.and_then(|named| self.answers_to(call.arch, named)) {
            Some(answers) => answers.decide(&call.args),
            None => self.resolved.policy.decide(&call.data()),
        }
    }

    /// The name in the document that decides a call; none where no rule does.
    pub(crate) fn name_of(&self, call: Call) -> Option<Span> {
        let origin = self.resolved.origin(self.decide(call).rule?);
        (origin.how != How::Ceiling).then_some(origin.name)
    }

    /// The rule that decides a call; none where no rule does.
    pub(crate) fn rule_of(&self, call: Call) -> Option<&'a SyscallRule> {
        let origin = self.resolved.origin(self.decide(call).rule?);
        let mut rules = self.profile.rules().iter();
        rules
            .find(|rule| rule.span == origin.rule)
            .map(|rule| &rule.value)
    }

    /// Where the document says what a call gets.
    pub(crate) fn place_of(&self, call: Call) -> Span {
        self.name_of(call).unwrap_or_else(|| self.default_place())
    }

    /// The default action, or the whole document where it is missing.
    pub(crate) fn default_place(&self) -> Span {
        let default = self.profile.default_action.as_ref();
        default.map_or(self.profile.span, |action| action.span)
    }

    /// What the profile says of a call, as a note: `x86_64: getpid() gets errno(1)`.
    pub(crate) fn shown(&self, call: Call) -> String {
        format!("{}: {call} gets {}", call.arch, self.decide(call).action)
    }

    /// A change that refuses calls as if the kernel did not know them, by a rule before all others; none where there are no rules.
    pub(crate) fn as_unknown<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
        errno: u16,
    ) -> Vec<Change> {
        let Some(first) = self.rules().first() else {
            return Vec::new();
        };
        let names: Vec<String> = names
            .into_iter()
            .map(|name| format!("\"{name}\""))
            .collect();
        let rule = format!(
            "{{ \"names\": [{}], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": {errno} }}",
            names.join(", ")
        );
        vec![Change::Before(first.span, rule)]
    }

    /// The rules as written.
    pub(crate) fn rules(&self) -> &'a [Spanned<SyscallRule>] {
        self.profile.rules()
    }
}
