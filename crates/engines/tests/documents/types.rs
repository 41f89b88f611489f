//! What real runtimes did with values of the wrong types, numbers out of range, `null`s and keys that stand twice, and what the models say.
//!
//! Apart from the cases about rules, because here the document's text is odd, and what decides is how a runtime's parser takes it.
//! Each line has runtimes, a document, and what came of it: it was refused, no filter was loaded, or what this filter answers
//! calls of x86_64 by their first argument, and all others.

use callgate_engines::{Target, read};
use callgate_policy::Action;
use callgate_profile::{Options, codes, parse};
use callgate_syscalls::{Arch, Syscall};

use crate::support;

const MEASURED: &str = include_str!("types.tsv");

/// How the lines ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ends {
    refused: usize,
    without_a_filter: usize,
    held: usize,
    /// The model says that it does not know.
    told: usize,
}

#[test]
fn runtimes_took_odd_types_as_the_models_say() {
    let mut ends = Ends::default();
    let mut wrong = Vec::new();
    for line in MEASURED.lines() {
        let [runtimes, document, outcome] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("a line has three columns: {line}");
        };
        for runtime in runtimes.split(',') {
            if let Err(found) = judge(runtime, document, outcome, &mut ends) {
                wrong.push(format!("{runtime}: {found}: {document}: {outcome}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all = Ends {
        refused: 258,
        without_a_filter: 9,
        held: 182,
        told: 13,
    };
    assert_eq!(ends, all);
}

fn judge(runtime: &str, document: &str, outcome: &str, ends: &mut Ends) -> Result<(), String> {
    let parsed = parse(document.as_bytes(), &Options::default());
    let profile = parsed.profile.ok_or("no profile")?;
    let target = Target::new(runtime.parse().expect("a runtime"));
    let resolved = match (read(&profile, &target), outcome) {
        (Err(_), "refused") => {
            ends.refused += 1;
            return Ok(());
        }
        (Err(refusal), _) => return Err(format!("refused: {refusal}")),
        (Ok(_), "refused") => return Err("not refused".to_owned()),
        (Ok(resolved), _) => resolved,
    };
    let mut problems = resolved.problems.iter();
    if problems.any(|problem| problem.code == codes::DUPLICATE_KEY) {
        ends.told += 1;
        return Ok(());
    }
    if outcome == "none" {
        ends.without_a_filter += 1;
        return match resolved.policy.sections() {
            [] => Ok(()),
            _ => Err("there is a filter".to_owned()),
        };
    }
    for answer in outcome.split(' ') {
        let (call, measured) = answer.split_once('=').expect("an answer");
        let (name, argument) = match call.split_once('(') {
            Some((name, rest)) => (name, rest.trim_end_matches(')')),
            // No document names it.
            None => ("uselib", "0x0"),
        };
        let number = Syscall::by_name(name).and_then(|call| call.number(Arch::X86_64));
        let first = u64::from_str_radix(argument.trim_start_matches("0x"), 16);
        let args = [first.expect("an argument"), 0, 0, 0, 0, 0];
        let said = support::action(&resolved, Arch::X86_64, number.expect("a call"), args);
        if said != action(measured) {
            return Err(format!("{call} gets {said}"));
        }
    }
    ends.held += 1;
    Ok(())
}

fn action(word: &str) -> Action {
    let data = |name: &str| word.strip_prefix(name).and_then(|data| data.parse().ok());
    match word {
        "allow" => Action::Allow,
        "log" => Action::Log,
        _ => data("errno")
            .map(Action::Errno)
            .or(data("trace").map(Action::Trace))
            .expect("an action"),
    }
}
