//! What a policy answers to the calls of one number: the rules that can decide, in their order, and what is left.
//!
//! Apart from the verdict on one call, because this leaves the arguments open.

use callgate_policy::{Action, Decision, Policy, Rule};
use callgate_syscalls::{Arch, Syscall};

/// The answers to the calls of one number on an arch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers<'p> {
    /// The arch and the number.
    call: (Arch, u32),
    /// The rules with comparisons that come before the answer to all others, first those that are asked first.
    pub rules: Vec<&'p Rule>,
    /// The rule without comparisons that answers the others; none where no rule does.
    pub last: Option<&'p Rule>,
    /// What the others get.
    pub otherwise: Action,
}

impl Answers<'_> {
    /// The one answer that every call of this number gets; none where it depends on the arguments.
    #[must_use]
    pub fn always(&self) -> Option<Action> {
        let same = self.rules.iter().all(|rule| rule.action == self.otherwise);
        same.then_some(self.otherwise)
    }

    /// What a call with these arguments gets: the same as [`Policy::decide`] says, without a look at other calls' rules.
    #[must_use]
    pub fn decide(&self, args: &[u64; 6]) -> Decision {
        let (arch, nr) = self.call;
        let first = self.rules.iter().find(|rule| rule.matches(arch, nr, args));
        let rule = first.copied().or(self.last);
        Decision {
            action: rule.map_or(self.otherwise, |rule| rule.action),
            rule: rule.map(|rule| rule.id),
        }
    }

    /// The action of [`decide`](Self::decide).
    #[must_use]
    pub fn action(&self, args: &[u64; 6]) -> Action {
        self.decide(args).action
    }

    /// Whether some call of this number is made.
    #[must_use]
    pub fn may_make_the_call(&self) -> bool {
        let mut actions = self.rules.iter().map(|rule| rule.action);
        self.otherwise.makes_the_call() || actions.any(Action::makes_the_call)
    }
}

/// What a policy answers to the calls of a number; an x32 number has its bit set.
#[must_use]
pub fn answers(policy: &Policy, arch: Arch, nr: u32) -> Answers<'_> {
    let Some(owner) = Arch::of_call(arch.audit(), nr) else {
        return Answers::none(arch, nr, policy.bad_arch());
    };
    let (rules, otherwise) = policy.rules_of(owner);
    let mut answers = Answers::none(arch, nr, otherwise);
    for rule in rules.iter().filter(|rule| rule.numbers.contain(nr)) {
        answers.add(rule);
    }
    answers
}

/// What a policy answers to every call of an arch, in one pass over its rules.
pub(crate) fn all_answers(policy: &Policy, arch: Arch) -> Vec<(Syscall, Answers<'_>)> {
    let (rules, otherwise) = policy.rules_of(arch);
    let (numbers, calls): (Vec<u32>, Vec<Syscall>) = Syscall::numbers(arch).unzip();
    let none = |&nr| Answers::none(arch, nr, otherwise);
    let mut answers: Vec<Answers<'_>> = numbers.iter().map(none).collect();
    for rule in rules {
        let first = numbers.partition_point(|&nr| nr < rule.numbers.first);
        let last = numbers.partition_point(|&nr| nr <= rule.numbers.last);
        for answers in answers.get_mut(first..last).into_iter().flatten() {
            answers.add(rule);
        }
    }
    calls.into_iter().zip(answers).collect()
}

impl<'p> Answers<'p> {
    const fn none(arch: Arch, nr: u32, otherwise: Action) -> Self {
        Self {
            call: (arch, nr),
            rules: Vec::new(),
            last: None,
            otherwise,
        }
    }

    /// The next rule in the order of the policy; after one without comparisons no other has a say.
    fn add(&mut self, rule: &'p Rule) {
        if self.last.is_some() {
            return;
        }
        if rule.comparisons.is_empty() {
            self.last = Some(rule);
            self.otherwise = rule.action;
        } else {
            self.rules.push(rule);
        }
    }
}
