//! Expectations of what calls get, held against a diagram: over all arguments that are left open, or with a call that shows otherwise.
//!
//! Apart from the verdict on one call, which needs every argument.

use std::fmt;
use std::str::FromStr;

use callgate_policy::{
    Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, SeccompData, Section, Test,
};
use callgate_prove::{Budget, Diagram, Fixed, Undecided};
use callgate_syscalls::{Arch, errno_by_name};

/// What calls are expected to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The call is made: `allow`, or logged.
    Allow,
    /// The call is not made, and nobody is asked: `deny`.
    Deny,
    /// The process or the thread ends: `kill`.
    Kill,
    /// An action of this name, whatever its data.
    Action(&'static str),
    /// The call fails with the errno of this name.
    Errno(String),
}

/// The actions that are expected by their names alone.
const ACTIONS: [Action; 7] = [
    Action::KillProcess,
    Action::KillThread,
    Action::Trap(0),
    Action::Errno(0),
    Action::Notify,
    Action::Trace(0),
    Action::Log,
];

/// A word that is no expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoExpectation;

impl Expected {
    /// Whether an answer to a call of an arch is as expected.
    #[must_use]
    pub fn holds(&self, action: Action, arch: Arch) -> bool {
        match self {
            Self::Allow => action.makes_the_call(),
            Self::Deny => action.strictness() < Action::Notify.strictness(),
            Self::Kill => matches!(action, Action::KillProcess | Action::KillThread),
            Self::Action(name) => action.name() == *name,
            Self::Errno(name) => errno_by_name(arch, name).map(Action::Errno) == Some(action),
        }
    }
}

impl FromStr for Expected {
    type Err = NoExpectation;

    fn from_str(word: &str) -> Result<Self, NoExpectation> {
        match word {
            "allow" => return Ok(Self::Allow),
            "deny" => return Ok(Self::Deny),
            "kill" => return Ok(Self::Kill),
            _ => {}
        }
        if let Some(action) = ACTIONS.iter().find(|action| action.name() == word) {
            return Ok(Self::Action(action.name()));
        }
        match errno_by_name(Arch::X86_64, word) {
            Some(_) => Ok(Self::Errno(word.to_owned())),
            None => Err(NoExpectation),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Kill => "kill",
            Self::Action(name) => name,
            Self::Errno(name) => name,
        })
    }
}

impl fmt::Display for NoExpectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("allowed are allow, deny, kill, the name of an action and the name of an errno")
    }
}

/// A call of a number, with the arguments that are not open, that gets anything else than expected; none where all get it.
///
/// An argument is as wide as the arch's registers: on one of 32 bits the lower half counts.
///
/// # Errors
/// The budget does not suffice for the diagram of these calls, which is small.
pub fn exception(
    diagram: &Diagram,
    arch: Arch,
    nr: u32,
    args: [Option<u64>; 6],
    expected: &Expected,
) -> Result<Option<SeccompData>, Undecided> {
    let bits = u64::MAX >> (64 - arch.bits());
    let fixed = Arg::ALL.into_iter().zip(args);
    let comparisons = fixed
        .filter_map(|(arg, value)| value.map(|value| Comparison::new(arg, Test::Eq(value & bits))));
    let rule = Rule {
        id: RuleId(0),
        numbers: Numbers::one(nr),
        comparisons: comparisons.collect(),
        action: Action::Allow,
    };
    let section = Section {
        arch,
        rules: vec![rule],
    };
    let these = Policy::new(Action::KillProcess, Action::KillProcess, vec![section]);
    let these = Diagram::of_policy(&these.expect("one section"), Budget::default())?;
    let is_exception =
        |answer: Action, this: Action| this == Action::Allow && !expected.holds(answer, arch);
    Ok(diagram.example(&these, Fixed::Number(arch.audit(), nr), is_exception))
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_engines::{Target, read};
    use callgate_syscalls::Syscall;

    /// `kill` is refused for the signals from 16 to 31, and `acct` with ENOSYS.
    fn diagram() -> Diagram {
        let text = r#"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": [
            {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": 240, "valueTwo": 16, "op": "SCMP_CMP_MASKED_EQ"}]},
            {"names": ["acct"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}"#;
        let parsed =
            callgate_profile::parse(text.as_bytes(), &callgate_profile::Options::default());
        let resolved = read(&parsed.profile.expect("a profile"), &Target::default());
        let policy = resolved.expect("a meaning").policy;
        Diagram::of_policy(&policy, Budget::default()).expect("a small policy")
    }

    #[test]
    fn what_holds_for_all_arguments_and_what_does_not() {
        let diagram = diagram();
        let signal = |value| [None, Some(value), None, None, None, None];
        for (name, args, expected, holds) in [
            ("acct", [None; 6], "ENOSYS", true),
            ("acct", [None; 6], "deny", true),
            ("acct", [None; 6], "errno", true),
            ("acct", [None; 6], "EPERM", false),
            ("acct", [None; 6], "kill", false),
            ("kill", [None; 6], "allow", false),
            ("kill", [None; 6], "deny", false),
            ("kill", signal(16), "EPERM", true),
            ("kill", signal(15), "allow", true),
            ("kill", signal(31), "allow", false),
            // The wide register of x86_64 is another value; x86 has no upper half.
            ("getpid", [None; 6], "allow", true),
        ] {
            for arch in [Arch::X86_64, Arch::X86] {
                let nr = Syscall::by_name(name)
                    .and_then(|call| call.number(arch))
                    .expect("a call");
                let expected: Expected = expected.parse().expect("an expectation");
                let found = exception(&diagram, arch, nr, args, &expected).expect("small");
                assert_eq!(
                    found.is_none(),
                    holds,
                    "{arch} {name} {expected}: {found:?}"
                );
                if let Some(call) = found {
                    assert_eq!((call.nr, call.arch), (nr, arch.audit()));
                    assert!(!expected.holds(diagram.answer(&call), arch));
                    let asked = args.iter().zip(call.args);
                    assert!(
                        asked
                            .clone()
                            .all(|(asked, arg)| asked.is_none_or(|asked| asked == arg))
                    );
                }
            }
        }
        assert!("ALLOW".parse::<Expected>().is_err());
    }
}
