//! Capabilities: the parts of root's power, which profiles ask for in `includes` and `excludes`.

use core::fmt;
use core::str::FromStr;

use crate::generated::capabilities::NAMES;

/// A capability of Linux, named and numbered by `linux/capability.h`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capability(u8);

impl Capability {
    /// Every capability, by number.
    pub const ALL: &'static [Self] = &{
        let mut all = [Self(0); NAMES.len()];
        let mut number = 0;
        while number < all.len() {
            all[number] = Self(number as u8);
            number += 1;
        }
        all
    };

    /// The capability of exactly this name: `CAP_CHOWN`.
    #[must_use]
    pub const fn from_name(name: &str) -> Option<Self> {
        let mut number = 0;
        while number < NAMES.len() {
            if equal(NAMES[number], name) {
                return Some(Self(number as u8));
            }
            number += 1;
        }
        None
    }

    /// Its name: `CAP_CHOWN`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        NAMES[self.0 as usize]
    }

    /// Its number, which is the place of its bit in the kernel's sets.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// Whether two texts are the same; `==` is not for constants.
const fn equal(one: &str, two: &str) -> bool {
    let (one, two) = (one.as_bytes(), two.as_bytes());
    if one.len() != two.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != two[index] {
            return false;
        }
        index += 1;
    }
    true
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of capabilities.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CapabilitySet(u64);

impl CapabilitySet {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// Every capability that this crate knows.
    pub const ALL: Self = Self((1 << NAMES.len()) - 1);

    /// The fourteen that Docker gives a container unless it is told otherwise.
    pub const DOCKER: Self = Self::of(&[
        "CAP_AUDIT_WRITE",
        "CAP_CHOWN",
        "CAP_DAC_OVERRIDE",
        "CAP_FOWNER",
        "CAP_FSETID",
        "CAP_KILL",
        "CAP_MKNOD",
        "CAP_NET_BIND_SERVICE",
        "CAP_NET_RAW",
        "CAP_SETFCAP",
        "CAP_SETGID",
        "CAP_SETPCAP",
        "CAP_SETUID",
        "CAP_SYS_CHROOT",
    ]);

    /// The set of these names, which must exist.
    const fn of(names: &[&str]) -> Self {
        let mut set = Self::EMPTY;
        let mut index = 0;
        while index < names.len() {
            match Capability::from_name(names[index]) {
                Some(capability) => set = set.with(capability),
                None => panic!("no such capability"),
            }
            index += 1;
        }
        set
    }

    /// Whether `capability` is in it.
    #[must_use]
    pub const fn contains(self, capability: Capability) -> bool {
        self.0 & (1 << capability.0) != 0
    }

    /// The set with `capability` in it.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self(self.0 | 1 << capability.0)
    }

    /// The set without `capability`.
    #[must_use]
    pub const fn without(self, capability: Capability) -> Self {
        Self(self.0 & !(1 << capability.0))
    }

    /// Its members, by number.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        let members = Capability::ALL.iter().copied();
        members.filter(move |&capability| self.contains(capability))
    }

    /// The kernel's form: bit n is the capability of number n.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The set of the kernel's form, without the bits of capabilities that are not known.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits & Self::ALL.0)
    }
}

impl FromIterator<Capability> for CapabilitySet {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        capabilities.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// What `--caps` takes and [`CapabilitySet::from_str`] reads: `docker`, `none`, `all`, or names with commas.
impl fmt::Display for CapabilitySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::EMPTY => return f.write_str("none"),
            Self::ALL => return f.write_str("all"),
            Self::DOCKER => return f.write_str("docker"),
            _ => {}
        }
        for (index, capability) in self.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            f.write_str(capability.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for CapabilitySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A text that is no set of capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseCapabilitySetError;

impl fmt::Display for ParseCapabilitySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "capabilities are `docker`, `none`, `all`, or names from {} to {} with commas between",
            NAMES[0],
            NAMES[NAMES.len() - 1]
        )
    }
}

impl core::error::Error for ParseCapabilitySetError {}

impl FromStr for CapabilitySet {
    type Err = ParseCapabilitySetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "docker" => Ok(Self::DOCKER),
            "none" => Ok(Self::EMPTY),
            "all" => Ok(Self::ALL),
            names => names
                .split(',')
                .map(|name| Capability::from_name(name).ok_or(ParseCapabilitySetError))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_everybody_knows() {
        for (name, number) in [
            ("CAP_CHOWN", 0),
            ("CAP_SYS_ADMIN", 21),
            ("CAP_CHECKPOINT_RESTORE", 40),
        ] {
            assert_eq!(
                Capability::from_name(name).map(Capability::number),
                Some(number)
            );
        }
        assert_eq!(Capability::from_name("CHOWN"), None);
    }

    #[test]
    fn docker_has_fourteen() {
        assert_eq!(CapabilitySet::DOCKER.iter().count(), 14);
        assert_eq!(CapabilitySet::DOCKER.bits(), 0xa804_25fb);
    }

    #[test]
    fn sets_read_back() {
        let admin = Capability::from_name("CAP_SYS_ADMIN").expect("a capability");
        let sets = [
            CapabilitySet::EMPTY,
            CapabilitySet::ALL,
            CapabilitySet::DOCKER,
            CapabilitySet::DOCKER.with(admin),
            CapabilitySet::EMPTY.with(admin),
            CapabilitySet::ALL.without(admin),
        ];
        for set in sets {
            let text = Text::of(set);
            assert_eq!(text.as_str().parse(), Ok(set));
        }
        for text in ["", "Docker", "CAP_CHOWN,", "CAP_CHOWN CAP_KILL", "chown"] {
            assert_eq!(text.parse::<CapabilitySet>(), Err(ParseCapabilitySetError));
        }
    }

    /// Room for the longest text, as there is no allocator here.
    struct Text([u8; 1024], usize);

    impl Text {
        fn of(set: CapabilitySet) -> Self {
            let mut text = Self([0; 1024], 0);
            fmt::write(&mut text, format_args!("{set}")).expect("room");
            text
        }

        fn as_str(&self) -> &str {
            core::str::from_utf8(&self.0[..self.1]).expect("text")
        }
    }

    impl fmt::Write for Text {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let end = self.1 + text.len();
            self.0
                .get_mut(self.1..end)
                .ok_or(fmt::Error)?
                .copy_from_slice(text.as_bytes());
            self.1 = end;
            Ok(())
        }
    }
}
