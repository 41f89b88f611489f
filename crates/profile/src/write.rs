//! Writing profiles: a document without places, and its one canonical text.
//!
//! Apart from [`Profile`], which is what somebody wrote: this is what callgate writes, complete and in order, so that two writings of the same differ nowhere.
//!
//! ```
//! use callgate_profile::write::{Document, Rule};
//! use callgate_profile::{ActionName, ArchName};
//! use callgate_syscalls::Arch;
//!
//! let mut document = Document::new(ActionName::Errno);
//! document.architectures = vec![ArchName::Known(Arch::X86_64)];
//! document.syscalls.push(Rule {
//!     comment: Some("recorded from whoami".to_owned()),
//!     ..Rule::new(ActionName::Allow, ["write", "read"])
//! });
//! let text = document.to_json();
//! assert!(text.contains("\"names\": [\n\t\t\t\t\"read\",\n\t\t\t\t\"write\"\n\t\t\t],"));
//! ```

use crate::document::{self, Profile};
use crate::names::{ActionName, ArchName, ConditionArch, FlagName, OpName};
use crate::span::Spanned;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// A profile to write.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// `x-extends`, which only callgate reads.
    #[serde(rename = "x-extends", skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// `defaultAction`; none where the base has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_action: Option<ActionName>,
    /// `defaultErrnoRet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_errno_ret: Option<u64>,
    /// `defaultErrno`, which only Podman reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_errno: Option<String>,
    /// `architectures`; left out when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub architectures: Vec<ArchName>,
    /// `archMap`, which only Docker and Podman read; left out when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arch_map: Vec<ArchMapEntry>,
    /// `flags`: none is not the same as an empty list, which turns a runtime's default off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<FlagName>>,
    /// `listenerPath`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener_path: Option<String>,
    /// `listenerMetadata`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener_metadata: Option<String>,
    /// `x-actions`, which only callgate reads; left out when empty.
    #[serde(rename = "x-actions", skip_serializing_if = "BTreeMap::is_empty")]
    pub x_actions: BTreeMap<String, CustomAction>,
    /// `syscalls`.
    pub syscalls: Vec<Rule>,
}

/// An entry of `archMap`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ArchMapEntry {
    /// `architecture`.
    pub architecture: ArchName,
    /// `subArchitectures`; left out when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sub_architectures: Vec<ArchName>,
}

/// An entry of `x-actions`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomAction {
    /// `answer`.
    pub answer: ActionName,
    /// `errnoRet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errno_ret: Option<u64>,
    /// `plugin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// `with`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<serde_json::Value>,
    /// `otherwise`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<ActionName>,
}

/// An entry of `syscalls`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// `comment`, which only Docker and Podman know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `names`.
    pub names: BTreeSet<String>,
    /// `action`.
    pub action: ActionName,
    /// `errnoRet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errno_ret: Option<u64>,
    /// `errno`, which only Podman reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errno: Option<String>,
    /// `args`; left out when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<Argument>,
    /// `includes`, which only Docker and Podman read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub includes: Option<Conditions>,
    /// `excludes`, which only Docker and Podman read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excludes: Option<Conditions>,
}

/// An entry of `args`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Argument {
    /// `index`.
    pub index: u64,
    /// `value`.
    pub value: u64,
    /// `valueTwo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_two: Option<u64>,
    /// `op`.
    pub op: OpName,
}

/// `includes` or `excludes`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Conditions {
    /// `caps`; left out when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<String>,
    /// `arches`; left out when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arches: Vec<ConditionArch>,
    /// `minKernel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_kernel: Option<String>,
}

impl Document {
    /// A document with this default action and nothing else.
    #[must_use]
    pub fn new(default_action: ActionName) -> Self {
        Self {
            default_action: Some(default_action),
            ..Self::extending(None)
        }
    }

    /// A document that says nothing that its base does not say.
    #[must_use]
    pub const fn extending(base: Option<String>) -> Self {
        Self {
            extends: base,
            default_action: None,
            default_errno_ret: None,
            default_errno: None,
            architectures: Vec::new(),
            arch_map: Vec::new(),
            flags: None,
            listener_path: None,
            listener_metadata: None,
            x_actions: BTreeMap::new(),
            syscalls: Vec::new(),
        }
    }

    /// What a profile says, to change it and write it again; `name` becomes `names`.
    ///
    /// None when not everything could be read: a value was missing or mistyped, or a list had a null.
    /// Of a profile that was read with its base, all that both say.
    #[must_use]
    pub fn of(profile: &Profile) -> Option<Self> {
        if !profile.mistyped.is_empty() || !profile.null_elements.is_empty() {
            return None;
        }
        if profile.default_action.is_none() && profile.extends.is_none() {
            return None;
        }
        Some(Self {
            extends: value(&profile.extends),
            default_action: value(&profile.default_action),
            default_errno_ret: value(&profile.default_errno_ret),
            default_errno: value(&profile.default_errno),
            architectures: values(&profile.architectures),
            arch_map: profile
                .arch_map
                .iter()
                .flat_map(|map| &map.value)
                .map(|entry| ArchMapEntry::of(entry))
                .collect::<Option<_>>()?,
            flags: profile.flags.as_ref().map(|_| values(&profile.flags)),
            listener_path: value(&profile.listener_path),
            listener_metadata: value(&profile.listener_metadata),
            x_actions: profile
                .x_actions
                .iter()
                .map(|(name, action)| Some((name.clone(), CustomAction::of(action)?)))
                .collect::<Option<_>>()?,
            syscalls: profile
                .rules()
                .iter()
                .map(|rule| Rule::of(rule))
                .collect::<Option<_>>()?,
        })
    }

    /// The text: names sorted and one a line, indented by tabs, ending with a newline.
    #[must_use]
    pub fn to_json(&self) -> String {
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
        let mut bytes = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
        self.serialize(&mut serializer)
            .expect("a document has only string keys, and a vector takes every byte");
        bytes.push(b'\n');
        String::from_utf8(bytes).expect("JSON is written as UTF-8")
    }
}

impl Rule {
    /// An unconditional rule for these calls.
    #[must_use]
    pub fn new<N: Into<String>>(action: ActionName, names: impl IntoIterator<Item = N>) -> Self {
        Self {
            comment: None,
            names: names.into_iter().map(Into::into).collect(),
            action,
            errno_ret: None,
            errno: None,
            args: Vec::new(),
            includes: None,
            excludes: None,
        }
    }

    fn of(rule: &document::SyscallRule) -> Option<Self> {
        Some(Self {
            comment: value(&rule.comment),
            names: rule.calls().map(|call| call.value.clone()).collect(),
            action: rule.action.as_ref()?.value.clone(),
            errno_ret: value(&rule.errno_ret),
            errno: value(&rule.errno),
            args: rule
                .arguments()
                .iter()
                .map(|argument| Argument::of(argument))
                .collect::<Option<_>>()?,
            includes: rule
                .includes
                .as_ref()
                .map(|includes| Conditions::of(includes)),
            excludes: rule
                .excludes
                .as_ref()
                .map(|excludes| Conditions::of(excludes)),
        })
    }
}

impl ArchMapEntry {
    fn of(entry: &document::ArchMapEntry) -> Option<Self> {
        Some(Self {
            architecture: value(&entry.architecture)?,
            sub_architectures: values(&entry.sub_architectures),
        })
    }
}

impl CustomAction {
    fn of(action: &document::CustomAction) -> Option<Self> {
        Some(Self {
            answer: value(&action.answer)?,
            errno_ret: value(&action.errno_ret),
            plugin: value(&action.plugin),
            with: value(&action.with),
            otherwise: value(&action.otherwise),
        })
    }
}

impl Argument {
    fn of(argument: &document::Argument) -> Option<Self> {
        Some(Self {
            index: value(&argument.index)?,
            value: value(&argument.value)?,
            value_two: value(&argument.value_two),
            op: value(&argument.op)?,
        })
    }
}

impl Conditions {
    fn of(conditions: &document::Conditions) -> Self {
        let plain = |spanned: &Spanned<String>| spanned.value.clone();
        Self {
            caps: conditions.caps.iter().map(plain).collect(),
            arches: conditions
                .arches
                .iter()
                .map(|arch| arch.value.clone())
                .collect(),
            min_kernel: conditions
                .min_kernel
                .as_ref()
                .map(|kernel| kernel.written.clone()),
        }
    }
}

fn value<T: Clone>(spanned: &Option<Spanned<T>>) -> Option<T> {
    spanned.as_ref().map(|spanned| spanned.value.clone())
}

fn values<T: Clone>(list: &Option<Spanned<Vec<Spanned<T>>>>) -> Vec<T> {
    let elements = list.iter().flat_map(|list| &list.value);
    elements.map(|element| element.value.clone()).collect()
}

macro_rules! serialize_as_written {
    ($($word:ty),*) => {
        $(impl Serialize for $word {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        })*
    };
}

serialize_as_written!(ActionName, ArchName, ConditionArch, FlagName, OpName);
