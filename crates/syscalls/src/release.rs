//! A kernel release, as far as profiles and tables tell them apart: two numbers.

use core::fmt;
use core::str::FromStr;

/// A kernel release such as 6.18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
}

impl Release {
    /// The release of these two numbers.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A text that is not a kernel release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseReleaseError;

impl fmt::Display for ParseReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a kernel release is two numbers with a dot between, such as 6.18")
    }
}

impl core::error::Error for ParseReleaseError {}

impl FromStr for Release {
    type Err = ParseReleaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (major, minor) = text.split_once('.').ok_or(ParseReleaseError)?;
        let number = |digits: &str| {
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(ParseReleaseError);
            }
            digits.parse().map_err(|_| ParseReleaseError)
        };
        Ok(Self::new(number(major)?, number(minor)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_and_nothing_else() {
        assert_eq!("6.18".parse(), Ok(Release::new(6, 18)));
        for text in [
            "", "6", "6.", ".1", "6.1.2", "+6.1", " 6.1", "6.1 ", "6.70000",
        ] {
            assert_eq!(text.parse::<Release>(), Err(ParseReleaseError), "{text}");
        }
        assert!(Release::new(5, 19) < Release::new(6, 0));
    }
}
