//! A document without what changes nothing: names and rules that could go and every target would read the same.
//!
//! Apart from amendments, which change what a document means: here it may not change at all.

use callgate_engines::{Target, read};
use callgate_profile::edit::{Edit, Text};
use callgate_profile::{
    ActionName, ArchName, Extending, Options, Profile, Spanned, parse, parse_with,
};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Syscall};

use crate::amend::NotAmended;

/// A document after what changes nothing was taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minimal {
    /// Its text.
    pub text: String,
    /// How many rules went whole.
    pub rules: usize,
    /// How many names went out of rules that stayed.
    pub names: usize,
}

/// Takes out all rules, then all names, that no target needs; each is tried alone, the last first, on what is left.
///
/// Of a profile with a base, that goes as well which the base says, too.
///
/// A rule that counts under other circumstances only (`includes`, `excludes`) is kept, because no target here can say what it is for.
///
/// # Errors
/// A target does not take the document, or what it means is not decided.
pub fn minimal<'t>(
    text: impl Into<Extending<'t>>,
    targets: &[Target],
    budget: Budget,
) -> Result<Minimal, NotAmended> {
    let extending = text.into();
    let meaning = meanings(extending, targets, budget)?;
    let is_same =
        |text: &str| meanings(extending.instead(text), targets, budget).as_ref() == Ok(&meaning);
    let mut done = Minimal {
        text: extending.text.to_owned(),
        rules: 0,
        names: 0,
    };
    let count = profile(extending.text)?.rules().len();
    for rule in (0..count).rev() {
        let profile = profile(&done.text)?;
        if is_conditional(&profile, rule) {
            continue;
        }
        let without = without_rule(&done.text, &profile, rule).filter(|text| is_same(text));
        if let Some(text) = without {
            done.text = text;
            done.rules += 1;
            continue;
        }
        let names = profile.rules()[rule].value.names.as_ref();
        for name in (0..names.map_or(0, |names| names.value.len())).rev() {
            // A base may say the same of any name.
            if extending.bases.is_empty() && !may_go(&done.text, rule, name)? {
                continue;
            }
            if let Some(text) = without_name(&done.text, rule, name)?.filter(|text| is_same(text)) {
                done.text = text;
                done.names += 1;
            }
        }
    }
    Ok(done)
}

/// Whether it is worth a proof: another rule names the call, too, the rule says what the default does, or no arch has it.
fn may_go(text: &str, rule: usize, name: usize) -> Result<bool, NotAmended> {
    let profile = profile(text)?;
    let own = &profile.rules()[rule].value;
    let Some(name) = own.names.as_ref().and_then(|names| names.value.get(name)) else {
        return Ok(false);
    };
    let says = |action: &Option<Spanned<ActionName>>| action.as_ref().map(|it| it.value.clone());
    let mut all = profile.rules().iter().flat_map(|rule| rule.value.calls());
    let listed = |arch: &Arch| match &profile.architectures {
        Some(list) => list
            .value
            .iter()
            .any(|name| name.value == ArchName::Known(*arch)),
        None => true,
    };
    let call = Syscall::by_name(&name.value);
    let exists = call.is_some_and(|call| {
        let mut arches = Arch::ALL.iter().filter(|arch| listed(arch));
        arches.any(|&arch| call.number(arch).is_some())
    });
    let is_twice = all
        .by_ref()
        .filter(|other| other.value == name.value)
        .nth(1)
        .is_some();
    Ok(!exists || is_twice || says(&own.action) == says(&profile.default_action))
}

fn without_name(text: &str, rule: usize, name: usize) -> Result<Option<String>, NotAmended> {
    let profile = profile(text)?;
    let edited = || {
        let list = profile.rules()[rule].value.names.as_ref()?;
        // The last name of a rule goes with the rule alone.
        if list.value.len() < 2 {
            return None;
        }
        let read = Text::of(text.as_bytes())?;
        read.apply(&read.remove(list.span, &[name])).ok()
    };
    Ok(edited())
}

fn without_rule(text: &str, profile: &Profile, rule: usize) -> Option<String> {
    let read = Text::of(text.as_bytes())?;
    let rules = profile.syscalls.as_ref()?;
    let edits: Vec<Edit> = read.remove(rules.span, &[rule]);
    read.apply(&edits).ok()
}

fn is_conditional(profile: &Profile, rule: usize) -> bool {
    let rule = &profile.rules()[rule].value;
    rule.includes.is_some() || rule.excludes.is_some()
}

/// What a text means to each target.
pub(crate) fn meanings<'t>(
    text: impl Into<Extending<'t>>,
    targets: &[Target],
    budget: Budget,
) -> Result<Vec<Diagram>, NotAmended> {
    let Extending { text, bases } = text.into();
    let parsed = parse_with(text.as_bytes(), &Options::default(), bases);
    let profile = parsed.profile.ok_or(NotAmended::Unreadable)?;
    let meaning = |target: &Target| {
        let refused = |refusal| NotAmended::Refused(Box::new(target.clone()), refusal);
        let resolved = read(&profile, target).map_err(refused)?;
        Diagram::of_policy(&resolved.policy, budget).map_err(NotAmended::Undecided)
    };
    targets.iter().map(meaning).collect()
}

/// What a text says by itself, which is what can be edited.
fn profile(text: &str) -> Result<Profile, NotAmended> {
    let parsed = parse(text.as_bytes(), &Options::default());
    parsed.profile.ok_or(NotAmended::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_nothing_goes_and_the_rest_stays() {
        let text = r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["read", "write", "getpid", "chmod"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["mprotect"], "action": "SCMP_ACT_ERRNO" },
    { "names": ["getpid", "kill"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_BPF"] } }
  ]
}
"#;
        // A rule for a newer call than the others would stay: runc's ceiling, above which it answers ENOSYS, depends on it.
        let targets = [Target::default(), "docker@28".parse().expect("a target")];
        let done = minimal(text, &targets, Budget::default()).expect("it is read");
        assert_eq!((done.rules, done.names), (1, 1), "{}", done.text);
        let expected = text
            .replace(
                "    { \"names\": [\"mprotect\"], \"action\": \"SCMP_ACT_ERRNO\" },\n",
                "",
            )
            .replace("\"getpid\", \"kill\"", "\"kill\"");
        assert_eq!(done.text, expected);
        let again = minimal(&done.text, &targets, Budget::default()).expect("it is read");
        assert_eq!((again.rules, again.names), (0, 0));
        let docker = callgate_profile::builtin::DOCKER_DEFAULT;
        let done = minimal(docker, &targets[1..], Budget::default()).expect("it is read");
        let same = meanings(&done.text, &targets[1..], Budget::default());
        assert_eq!(same, meanings(docker, &targets[1..], Budget::default()));
    }
}
