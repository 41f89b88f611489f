//! What `with` says, taken apart: every key is known, every value of its type, and all faults are told at once.
//!
//! Apart from the plugins, which name keys and never look at JSON themselves.

use std::fmt;
use std::time::Duration;

use callgate_syscalls::{Arch, errno_by_name};
use serde_json::{Map, Value};

/// What is wrong with a plugin's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, as a JSON pointer into `with`; empty for all of it.
    pub pointer: String,
    /// What.
    pub message: String,
}

/// The settings of a plugin while they are read.
pub(super) struct Config<'v> {
    fields: Option<&'v Map<String, Value>>,
    known: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl<'v> Config<'v> {
    /// Of what `with` says; without it, of nothing.
    pub(super) fn of(with: Option<&'v Value>) -> Self {
        let mut config = Self {
            fields: None,
            known: Vec::new(),
            faults: Vec::new(),
        };
        match with {
            None => {}
            Some(Value::Object(fields)) => config.fields = Some(fields),
            Some(_) => config.fault("", "`with` must be an object"),
        }
        config
    }

    pub(super) fn fault(&mut self, key: &str, message: impl Into<String>) {
        let pointer = match key {
            "" => String::new(),
            key => format!("/{key}"),
        };
        self.faults.push(Fault {
            pointer,
            message: message.into(),
        });
    }

    /// The settings, if nothing was wrong with them.
    pub(super) fn finish<T>(mut self, settings: T) -> Result<T, Vec<Fault>> {
        let unknown = self.fields.into_iter().flat_map(Map::keys);
        let unknown: Vec<&String> = unknown
            .filter(|key| !self.known.contains(&key.as_str()))
            .collect();
        let known = self.known.join(" ");
        for key in unknown {
            let message = match known.is_empty() {
                true => format!("unknown key `{key}`; this plugin has no settings"),
                false => format!("unknown key `{key}`; known are {known}"),
            };
            self.fault(key, message);
        }
        match self.faults.is_empty() {
            true => Ok(settings),
            false => Err(self.faults),
        }
    }

    fn value(&mut self, key: &'static str) -> Option<&'v Value> {
        self.known.push(key);
        self.fields?.get(key)
    }

    /// Whether there is such a setting.
    pub(super) fn has(&self, key: &str) -> bool {
        self.fields.is_some_and(|fields| fields.contains_key(key))
    }

    /// A number from 0 to a most.
    pub(super) fn number(&mut self, key: &'static str, most: u64) -> Option<u64> {
        let value = self.value(key)?;
        match value.as_u64() {
            Some(number) if number <= most => Some(number),
            _ => {
                self.fault(
                    key,
                    format!("`{key}` is {value}, and must be a number from 0 to {most}"),
                );
                None
            }
        }
    }

    /// A share from 0 to 1.
    pub(super) fn share(&mut self, key: &'static str) -> Option<f64> {
        let value = self.value(key)?;
        match value.as_f64() {
            Some(share) if (0.0..=1.0).contains(&share) => Some(share),
            _ => {
                self.fault(
                    key,
                    format!("`{key}` is {value}, and must be a number from 0 to 1"),
                );
                None
            }
        }
    }

    /// So many thousandths of a second, an hour at most.
    pub(super) fn milliseconds(&mut self, key: &'static str) -> Option<Duration> {
        self.number(key, 3_600_000).map(Duration::from_millis)
    }

    /// An errno by its name.
    pub(super) fn errno(&mut self, key: &'static str) -> Option<u16> {
        let value = self.value(key)?;
        let native = Arch::of_this_build().unwrap_or(Arch::X86_64);
        let errno = value
            .as_str()
            .and_then(|name| errno_by_name(native, name))
            .filter(|&errno| errno != 0);
        if errno.is_none() {
            self.fault(
                key,
                format!("`{key}` is {value}, and must be the name of an errno, such as \"EIO\""),
            );
        }
        errno
    }

    /// A list of texts, each of which becomes something or is told to be wrong.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(entries) = value.as_array() else {
            self.fault(key, format!("`{key}` must be a list of texts"));
            return Vec::new();
        };
        let mut list = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let read = match entry.as_str() {
                Some(text) => read(text),
                None => Err(format!("{entry} is not a text")),
            };
            match read {
                Ok(item) => list.push(item),
                Err(message) => self.fault(&format!("{key}/{at}"), message),
            }
        }
        list
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.message),
            pointer => write!(f, "with{pointer}: {}", self.message),
        }
    }
}

impl std::error::Error for Fault {}
