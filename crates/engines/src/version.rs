//! A version of an engine, a runtime or a library: one to three numbers.
//!
//! Apart from the targets, because every model asks it whether a change had already come.

use std::fmt;
use std::str::FromStr;

/// A version such as 28, 20.10 or 1.1.5.
///
/// Numbers that are not stated stand for the newest: 1.1 is at least 1.1.15, and 23 at least 23.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    major: u16,
    minor: Option<u16>,
    patch: Option<u16>,
}

impl Version {
    /// The version of these numbers; without a minor one there is no patch.
    #[must_use]
    pub const fn new(major: u16, minor: Option<u16>, patch: Option<u16>) -> Self {
        let patch = match minor {
            Some(_) => patch,
            None => None,
        };
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Whether it is this version, or a later one.
    #[must_use]
    pub const fn at_least(self, major: u16, minor: u16, patch: u16) -> bool {
        if self.major != major {
            return self.major > major;
        }
        match self.minor {
            Some(own) if own != minor => return own > minor,
            _ => {}
        }
        match (self.minor, self.patch) {
            (Some(_), Some(own)) => own >= patch,
            _ => true,
        }
    }
}

impl Version {
    /// Whether it is of one of these lines, from a major and minor number to another; what is not stated fits.
    pub(crate) fn is_within(self, first: (u16, u16), last: (u16, u16)) -> bool {
        let minor = |unstated| self.minor.unwrap_or(unstated);
        (self.major, minor(u16::MAX)) >= first && (self.major, minor(0)) <= last
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        for number in [self.minor, self.patch].into_iter().flatten() {
            write!(f, ".{number}")?;
        }
        Ok(())
    }
}

/// A text that is not a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseVersionError;

impl fmt::Display for ParseVersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version is one to three numbers with dots between, such as 1.1.5")
    }
}

impl std::error::Error for ParseVersionError {}

impl FromStr for Version {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |digits: &str| {
            if digits.bytes().all(|byte| byte.is_ascii_digit()) {
                digits.parse().map_err(|_| ParseVersionError)
            } else {
                Err(ParseVersionError)
            }
        };
        let mut numbers = text.split('.').map(number);
        let major = numbers.next().ok_or(ParseVersionError)??;
        let minor = numbers.next().transpose()?;
        let patch = numbers.next().transpose()?;
        match numbers.next() {
            None => Ok(Self::new(major, minor, patch)),
            Some(_) => Err(ParseVersionError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_stated_is_the_newest() {
        for (text, asked, answer) in [
            ("1.1.5", (1, 1, 5), true),
            ("1.1.5", (1, 1, 15), false),
            ("1.1", (1, 1, 15), true),
            ("1.1", (1, 2, 0), false),
            ("1", (1, 2, 0), true),
            ("2", (1, 9, 9), true),
            ("20.10", (23, 0, 0), false),
            ("28", (23, 0, 0), true),
        ] {
            let version: Version = text.parse().expect("a version");
            let (major, minor, patch) = asked;
            assert_eq!(
                version.at_least(major, minor, patch),
                answer,
                "{text} {asked:?}"
            );
        }
    }

    #[test]
    fn versions_are_numbers_with_dots() {
        for text in ["28", "20.10", "1.1.5"] {
            assert_eq!(
                text.parse::<Version>().expect("a version").to_string(),
                text
            );
        }
        for text in ["", "v1", "1.", ".1", "1.2.3.4", "1.2-rc1", "+1", "70000"] {
            assert_eq!(text.parse::<Version>(), Err(ParseVersionError), "{text}");
        }
    }
}
