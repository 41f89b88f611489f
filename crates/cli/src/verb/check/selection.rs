//! Which problems are told and which of them make the answer a negative one: `--select`, `--ignore`, `--fail-on`.
//!
//! Apart from the finding, because what is found does not depend on it.

use std::str::FromStr;

use callgate_analyze::LINTS;
use callgate_profile::{Problem, Severity};
use clap::{Args, ValueEnum};

/// Which problems count.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Selection {
    /// Tell these problems only: codes or their beginnings, with commas between, such as CG2,CG601
    #[arg(
        long,
        value_name = "CODES",
        value_delimiter = ',',
        help_heading = "Which problems"
    )]
    select: Vec<Codes>,
    /// Do not tell these problems: codes or their beginnings
    #[arg(
        long,
        value_name = "CODES",
        value_delimiter = ',',
        help_heading = "Which problems"
    )]
    ignore: Vec<Codes>,
    /// The least severity for which the exit status is 1
    #[arg(
        long,
        value_name = "SEVERITY",
        default_value = "error",
        help_heading = "Which problems"
    )]
    fail_on: Least,
    /// Exit with status 0 whatever is found
    #[arg(long, help_heading = "Which problems")]
    exit_zero: bool,
}

/// A code, or the beginning that some have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Codes(String);

/// A severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Least {
    #[default]
    Error,
    Warning,
    Info,
    Style,
}

impl FromStr for Codes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.to_ascii_uppercase();
        match LINTS.iter().any(|lint| lint.id.starts_with(&text)) {
            true => Ok(Self(text)),
            false => Err("no code begins so; `callgate rule` lists them".to_owned()),
        }
    }
}

impl Selection {
    /// Whether problems of this code are told.
    ///
    /// Of two that fit the longer one counts; what is not read at all can't be deselected by another.
    pub(super) fn tells(&self, problem: &Problem) -> bool {
        let longest = |codes: &[Codes]| {
            let fitting = codes
                .iter()
                .filter(|Codes(start)| problem.code.starts_with(start.as_str()));
            fitting.map(|Codes(start)| start.len()).max()
        };
        let (selected, ignored) = (longest(&self.select), longest(&self.ignore));
        match (selected, ignored) {
            (Some(selected), Some(ignored)) => selected > ignored,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => self.select.is_empty(),
        }
    }

    /// Whether a problem of this severity makes the answer a negative one.
    pub(super) fn fails(&self, severity: Severity) -> bool {
        let least = match self.fail_on {
            Least::Error => Severity::Error,
            Least::Warning => Severity::Warning,
            Least::Info => Severity::Info,
            Least::Style => Severity::Style,
        };
        !self.exit_zero && severity >= least
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_profile::Span;

    #[test]
    fn the_longer_code_counts() {
        let codes = |texts: &[&str]| -> Vec<Codes> {
            texts
                .iter()
                .map(|text| text.parse().expect("codes"))
                .collect()
        };
        let tells = |select: &[&str], ignore: &[&str], code| {
            let selection = Selection {
                select: codes(select),
                ignore: codes(ignore),
                fail_on: Least::Error,
                exit_zero: false,
            };
            selection.tells(&Problem::error(code, Span::default(), "a message"))
        };
        assert!(tells(&[], &[], "CG204"));
        assert!(!tells(&["CG3"], &[], "CG204"));
        assert!(tells(&["cg2"], &[], "CG204"));
        assert!(!tells(&["CG2"], &["CG204"], "CG204"));
        assert!(tells(&["CG204"], &["CG2"], "CG204"));
        assert!(!tells(&[], &["CG"], "CG204"));
        assert!("CG999".parse::<Codes>().is_err());
    }
}
