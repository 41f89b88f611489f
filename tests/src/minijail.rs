//! A policy of minijail read as its `compile_seccomp_policy` reads it, in the words that callgate writes.
//!
//! Apart from what writes them, so that the two can't be wrong together. That this reader is right is shown by what the real
//! compiler made of the policies in `minijail/`.

use callgate_policy::{Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, Section, Test};
use callgate_syscalls::{Arch, Syscall};

/// A condition and what a call gets that fulfils it: comparisons that all have to hold, and of such several alternatives.
type Filter = (Vec<Vec<Comparison>>, Action);

/// What a policy means that is for one arch, compiled by the command that its first line names.
///
/// # Panics
/// It is not a policy, or has words that callgate does not write.
#[must_use]
pub fn read(arch: Arch, text: &str) -> Policy {
    let (command, rest) = text.split_once('\n').expect("a first line");
    let kill = match command.contains(" --use-kill-process") {
        true => Action::KillProcess,
        false => Action::KillThread,
    };
    let mut default = kill;
    let mut rules = Vec::new();
    let mut lines = rest.lines().peekable();
    if let Some(word) = lines.peek().and_then(|line| line.strip_prefix("@default ")) {
        default = action(word);
        assert!(
            default < Action::Log && !matches!(default, Action::Errno(_) | Action::Trace(_)),
            "a policy itself has no such default: {word}"
        );
        lines.next();
    }
    if let Some((_, word)) = command.split_once(" --default-action '") {
        default = action(word.strip_suffix('\'').expect("an end"));
    }
    for line in lines {
        let (name, answers) = line.split_once(": ").expect("a name and answers");
        let call = Syscall::by_name(name).expect("a call");
        let nr = call.number(arch).expect("one of the arch");
        rules.extend(rules_of(nr, answers, default));
    }
    let mut sections = vec![Section { arch, rules }];
    if arch == Arch::X86_64 {
        let rules = Vec::new();
        sections.push(Section {
            arch: Arch::X32,
            rules,
        });
    }
    Policy::new(default, kill, sections).expect("no arch twice")
}

/// The rules of a call, of which the first that holds answers.
fn rules_of(nr: u32, answers: &str, default: Action) -> Vec<Rule> {
    let within = answers
        .strip_prefix("{ ")
        .and_then(|rest| rest.strip_suffix(" }"));
    let mut filters: Vec<Filter> = match within {
        Some(all) => all.split(", ").map(filter).collect(),
        None => vec![filter(answers)],
    };
    if filters
        .last()
        .is_none_or(|(clauses, _)| !clauses.is_empty())
    {
        filters.push((Vec::new(), default));
    }
    // Where the last answer is to allow, the compiler allows the call and looks at nothing else.
    if filters
        .last()
        .is_some_and(|&(_, last)| last == Action::Allow)
    {
        filters.drain(..filters.len() - 1);
    }
    let rule = |comparisons, action| Rule {
        id: RuleId(0),
        numbers: Numbers::one(nr),
        comparisons,
        action,
    };
    let rules = filters.into_iter().flat_map(|(clauses, action)| {
        let clauses = match clauses.is_empty() {
            true => vec![Vec::new()],
            false => clauses,
        };
        clauses.into_iter().map(move |clause| rule(clause, action))
    });
    rules.collect()
}

fn filter(text: &str) -> Filter {
    if !text.starts_with("arg") {
        return (Vec::new(), action(text));
    }
    let (condition, answer) = match text.split_once("; ") {
        Some((condition, word)) => (condition, action(word)),
        None => (text, Action::Allow),
    };
    let clauses = condition
        .split(" || ")
        .map(|clause| clause.split(" && ").map(atom).collect());
    (clauses.collect(), answer)
}

fn atom(text: &str) -> Comparison {
    let [arg, op, value] = text.split(' ').collect::<Vec<_>>()[..] else {
        panic!("an atom has three words: {text}");
    };
    let index = arg.strip_prefix("arg").expect("an argument");
    let (op, value) = match (op, value.strip_prefix('~')) {
        ("in", Some(outside)) => ("none of", outside),
        _ => (op, value),
    };
    let digits = value.strip_prefix("0x").expect("a number");
    let value = u64::from_str_radix(digits, 16).expect("a number");
    let test = match op {
        "==" => Test::Eq(value),
        "!=" => Test::Ne(value),
        "<" => Test::Lt(value),
        "<=" => Test::Le(value),
        ">" => Test::Gt(value),
        ">=" => Test::Ge(value),
        "&" => {
            assert!(value.is_power_of_two(), "one bit at a time: {text}");
            Test::MaskedEq { mask: value, value }
        }
        "none of" => Test::MaskedEq {
            mask: value,
            value: 0,
        },
        other => panic!("an operator: {other}"),
    };
    let index = index.parse().ok().and_then(Arg::new);
    Comparison::new(index.expect("an argument"), test)
}

fn action(word: &str) -> Action {
    match word {
        "1" => Action::Allow,
        "kill-process" => Action::KillProcess,
        "kill-thread" => Action::KillThread,
        "trap" => Action::Trap(0),
        "trace" => Action::Trace(0),
        "log" => Action::Log,
        "user-notify" => Action::Notify,
        other => {
            let errno = other.strip_prefix("return ").expect("an action");
            Action::Errno(errno.parse().expect("an errno"))
        }
    }
}
