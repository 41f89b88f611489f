//! Calls, rules and actions as the cases write them, a line each.
//!
//! Apart from the cases because a line must be readable before it can be run.

use callgate_policy::{Action, Arg, Comparison, Numbers, Rule, RuleId, SeccompData, Test, Width};
use callgate_syscalls::{Arch, Syscall};

/// `x86_64 getpgid 0x1 2`: arch, name or number, up to six arguments.
///
/// # Errors
/// What is wrong with the line.
pub fn call(line: &str) -> Result<SeccompData, String> {
    let mut words = line.split_whitespace();
    let (arch, nr) = subject(&mut words)?;
    let mut args = [0; 6];
    for (at, word) in words.enumerate() {
        *args
            .get_mut(at)
            .ok_or_else(|| format!("{line:?} has more than six arguments"))? = number(word)?;
    }
    Ok(SeccompData {
        nr: nr.first,
        arch: arch.audit(),
        instruction_pointer: 0,
        args,
    })
}

/// `x86_64 socket when a0 == 2 and a1 & 0xf == 1 -> errno(70)`: the number may be a range, `400..=500`.
///
/// # Errors
/// What is wrong with the line.
pub fn rule(id: RuleId, line: &str) -> Result<(Arch, Rule), String> {
    let (about, action_word) = line
        .rsplit_once("->")
        .ok_or_else(|| format!("{line:?} has no action"))?;
    let (subject_words, conditions) = match about.split_once(" when ") {
        Some((subject, conditions)) => {
            (subject, conditions.split(" and ").map(comparison).collect())
        }
        None => (about, Ok(Vec::new())),
    };
    let (arch, numbers) = subject(&mut subject_words.split_whitespace())?;
    Ok((
        arch,
        Rule {
            id,
            numbers,
            comparisons: conditions?,
            action: action(action_word.trim())?,
        },
    ))
}

/// `allow`, `errno(1)` and their like.
///
/// # Errors
/// What is wrong with the word.
pub fn action(word: &str) -> Result<Action, String> {
    let (name, data) = match word.strip_suffix(')').and_then(|word| word.split_once('(')) {
        Some((name, data)) => (
            name,
            u16::try_from(number(data)?).map_err(|_| format!("{data} is over 65535"))?,
        ),
        None => (word, 0),
    };
    let all = [
        Action::KillProcess,
        Action::KillThread,
        Action::Trap(data),
        Action::Errno(data),
        Action::Notify,
        Action::Trace(data),
        Action::Log,
        Action::Allow,
    ];
    let found = all
        .into_iter()
        .find(|action| action.to_string() == word || action.name() == name && word == name);
    found.ok_or_else(|| format!("{word:?} is no action"))
}

/// An arch and a name or numbers.
fn subject<'a>(words: &mut impl Iterator<Item = &'a str>) -> Result<(Arch, Numbers), String> {
    let (Some(arch), Some(name)) = (words.next(), words.next()) else {
        return Err("an arch and a call are wanted".into());
    };
    let arch: Arch = arch.parse().map_err(|error| format!("{arch:?}: {error}"))?;
    if let Some(call) = Syscall::by_name(name) {
        let nr = call
            .number(arch)
            .ok_or_else(|| format!("{arch} has no {name}"))?;
        return Ok((arch, Numbers::one(nr)));
    }
    let narrow = |word| u32::try_from(number(word)?).map_err(|_| format!("{word} is over 32 bits"));
    let (first, last) = name.split_once("..=").unwrap_or((name, name));
    Ok((
        arch,
        Numbers {
            first: narrow(first)?,
            last: narrow(last)?,
        },
    ))
}

fn comparison(text: &str) -> Result<Comparison, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (arg, test) = match *words {
        [arg, "&", mask, "==", value] => (
            arg,
            Test::MaskedEq {
                mask: number(mask)?,
                value: number(value)?,
            },
        ),
        [arg, op, value] => {
            let value = number(value)?;
            let test = match op {
                "!=" => Test::Ne(value),
                "<" => Test::Lt(value),
                "<=" => Test::Le(value),
                "==" => Test::Eq(value),
                ">=" => Test::Ge(value),
                ">" => Test::Gt(value),
                _ => return Err(format!("{op:?} is no comparison")),
            };
            (arg, test)
        }
        _ => return Err(format!("{text:?} is no comparison")),
    };
    let (name, width) = match arg.split_once(':') {
        None => (arg, Width::Whole),
        Some((name, "16")) => (name, Width::Short),
        Some((name, "32")) => (name, Width::Int),
        Some((_, bits)) => return Err(format!("{bits:?} is no width; 16 and 32 are")),
    };
    let index = name.strip_prefix('a').and_then(|index| index.parse().ok());
    let arg = index
        .and_then(Arg::new)
        .ok_or_else(|| format!("{name:?} is no argument; a0 to a5 are"))?;
    Ok(Comparison {
        width,
        ..Comparison::new(arg, test)
    })
}

/// Decimal or hexadecimal, with underscores.
fn number(word: &str) -> Result<u64, String> {
    let digits = word.replace('_', "");
    let number = match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    number.map_err(|error| format!("{word:?}: {error}"))
}
