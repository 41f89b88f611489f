//! What `constants.txt` says: which sets there are, where their names stand, and which arguments take them.
//!
//! Apart from the values, because both stages read it, and only the first has headers.

use super::parse_value;
use crate::Error;

const SPECIFICATION: &str = include_str!("../../sources/constants.txt");

/// A set as `constants.txt` describes it.
pub struct Set {
    /// Its name: `open-flags`.
    pub name: String,
    /// Which bits hold exactly one of the values: all for a choice, none for flags.
    pub choice: u64,
    /// The arguments that take it: call and index.
    pub arguments: Vec<(String, u8)>,
    pub(super) sources: Vec<Source>,
}

/// Where names stand, and which of those there.
pub(super) struct Source {
    pub(super) from: From,
    pub(super) patterns: Vec<String>,
}

/// Where names stand.
pub(super) enum From {
    Macros(Vec<String>),
    Enum { header: String, tag: String },
    Kernel(String),
}

/// The sets of `constants.txt`, by name.
///
/// # Errors
/// A line is not as the file's head explains.
pub fn sets() -> Result<Vec<Set>, Error> {
    let mut sets = Vec::<Set>::new();
    for line in SPECIFICATION.lines() {
        let wrong = || Error::new(format!("constants.txt: {line}"));
        let (head, patterns) = line.split_once(" : ").unwrap_or((line, ""));
        let patterns = patterns.split_whitespace().map(str::to_owned).collect();
        let words = head.split_whitespace().collect::<Vec<_>>();
        let source = |from| {
            let set = sets.last_mut().ok_or_else(wrong)?;
            set.sources.push(Source { from, patterns });
            Ok::<_, Error>(())
        };
        match words[..] {
            [] | ["#", ..] => {}
            ["set", name, kind] => sets.push(Set {
                name: name.to_owned(),
                choice: match kind {
                    "choice" => u64::MAX,
                    "flags" => 0,
                    mask => parse_value(mask).ok_or_else(wrong)?,
                },
                arguments: Vec::new(),
                sources: Vec::new(),
            }),
            ["macros", ref headers @ ..] => {
                source(From::Macros(
                    headers.iter().map(|&header| header.to_owned()).collect(),
                ))?;
            }
            ["enum", header, tag] => source(From::Enum {
                header: header.to_owned(),
                tag: tag.to_owned(),
            })?,
            ["kernel", file] => source(From::Kernel(file.to_owned()))?,
            ["of", ref arguments @ ..] => {
                let set = sets.last_mut().ok_or_else(wrong)?;
                for argument in arguments {
                    let (call, index) = argument.split_once(':').ok_or_else(wrong)?;
                    let index = index.parse().map_err(|_| wrong())?;
                    set.arguments.push((call.to_owned(), index));
                }
            }
            _ => return Err(wrong()),
        }
    }
    sets.sort_by(|one, two| one.name.cmp(&two.name));
    Ok(sets)
}

/// Whether `name` is one that the patterns choose: by any of them, and by none that begins with `-`.
pub(super) fn matches(name: &str, patterns: &[String]) -> bool {
    let is = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    };
    let (without, with): (Vec<&String>, Vec<_>) = patterns
        .iter()
        .partition(|pattern| pattern.starts_with('-'));
    with.iter().any(|pattern| is(pattern)) && !without.iter().any(|pattern| is(&pattern[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_choose() {
        let patterns = ["O_*", "FASYNC", "-O_ACC*", "-O_NDELAY"].map(str::to_owned);
        let chosen = ["O_CREAT", "O_ACCMODE", "FASYNC", "O_NDELAY", "PO_X"];
        assert_eq!(
            chosen.map(|name| matches(name, &patterns)),
            [true, false, true, false, false]
        );
    }

    #[test]
    fn the_specification_is_read() {
        let sets = sets().expect("constants.txt");
        let open = sets
            .iter()
            .find(|set| set.name == "open-flags")
            .expect("open-flags");
        assert_eq!(open.choice, 3);
        assert!(open.arguments.contains(&("openat".to_owned(), 2)));
    }
}
