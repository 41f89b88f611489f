//! The document: what somebody wrote, field by field, each with its place.
//!
//! Apart from the readers, because this is what engines and lints look at, and it has no meaning of its own:
//! a field that one dialect has and another ignores stands here as written, and an engine decides.

use crate::names::{ActionName, ArchName, ConditionArch, FlagName, OpName};
use crate::problem::Problem;
use crate::span::{Span, Spanned};
use callgate_syscalls::Release;
use std::collections::BTreeMap;

/// Which text the profile stood in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The document is the profile, as for Docker, Podman and Kubernetes.
    Profile,
    /// The document is a whole OCI `config.json`, and the profile is its `linux.seccomp`.
    OciConfig,
}

impl Shape {
    /// The JSON pointer (RFC 6901) of the rule of an index.
    #[must_use]
    pub fn pointer(self, index: usize) -> String {
        match self {
            Self::Profile => format!("/syscalls/{index}"),
            Self::OciConfig => format!("/linux/seccomp/syscalls/{index}"),
        }
    }
}

/// A profile as written.
///
/// Absent and `null` fields are `None`; so are fields whose value has the wrong JSON type, which are reported as problems:
/// look at [`Profile::mistyped`] before taking what is not here for what was not written.
/// Of a key that stands twice, the last is taken, and [`Profile::odd_keys`] says so.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Which text it stood in.
    pub shape: Shape,
    /// The object that is the profile.
    pub span: Span,
    /// `x-extends`, ours: the base of which this says what differs.
    ///
    /// None as well where the base is read, and this is what both say together: see [`parse_with`](crate::parse_with).
    pub extends: Option<Spanned<String>>,
    /// `defaultAction`: what happens to calls that no rule matches.
    pub default_action: Option<Spanned<ActionName>>,
    /// `defaultErrnoRet`: the errno, or the tracer's message, of the default action.
    pub default_errno_ret: Option<Spanned<u64>>,
    /// `defaultErrno`, Podman's: the same by name or as a decimal string.
    pub default_errno: Option<Spanned<String>>,
    /// `architectures`: the arches that the rules are for.
    pub architectures: Option<Spanned<Vec<Spanned<ArchName>>>>,
    /// `archMap`, Docker's: for each native arch, the arches that come with it.
    pub arch_map: Option<Spanned<Vec<Spanned<ArchMapEntry>>>>,
    /// `flags`: flags for loading the filter.
    pub flags: Option<Spanned<Vec<Spanned<FlagName>>>>,
    /// `listenerPath`: the socket that gets the descriptor for notifications.
    pub listener_path: Option<Spanned<String>>,
    /// `listenerMetadata`: opaque words for whoever listens there.
    pub listener_metadata: Option<Spanned<String>>,
    /// `x-actions`, ours: the custom actions that rules may name.
    pub x_actions: BTreeMap<String, CustomAction>,
    /// `syscalls`: the rules that could be read as objects.
    pub syscalls: Option<Spanned<Vec<Spanned<SyscallRule>>>>,
    /// Keys that were taken though a stricter parser would not take them.
    pub odd_keys: Vec<OddKey>,
    /// `null` where an element of a list should stand; the lists here are without them.
    pub null_elements: Vec<NullElement>,
    /// Values whose JSON type is not their field's, which are not here: the first [`MOST_MISTYPED`] of them.
    pub mistyped: Vec<Mistyped>,
}

/// As many values of another type than their field's are kept; where there are so many, there may be more.
pub const MOST_MISTYPED: usize = 100;

/// A value whose JSON type is not its field's.
///
/// Go's decoder refuses the whole document for it if it reads the field; a reader in C may take it for absent.
#[derive(Clone, Debug)]
pub struct Mistyped {
    /// The index of the rule that it stands in, or is; none outside the rules.
    pub rule: Option<usize>,
    /// The field that it is the value of, or an element of.
    pub field: &'static str,
    /// Which of both.
    pub part: Part,
    /// The number as written, where a number is due and this one is negative, has a fraction or is too large.
    pub number: Option<Box<str>>,
    /// What is said of it; its place is the value's.
    pub problem: Problem,
}

/// What of a field a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole value.
    Value,
    /// An element of the list that should be its value, or of the object.
    Element,
}

/// One entry of `archMap`.
#[derive(Clone, Debug)]
pub struct ArchMapEntry {
    /// `architecture`: the native arch for which the entry counts.
    pub architecture: Option<Spanned<ArchName>>,
    /// `subArchitectures`: the arches that the native one runs as well.
    pub sub_architectures: Option<Spanned<Vec<Spanned<ArchName>>>>,
}

/// One entry of `syscalls`.
#[derive(Clone, Debug)]
pub struct SyscallRule {
    /// Its place in the list of its text, from 0; the list may have had entries that are not rules.
    pub index: usize,
    /// Where its text has that list; of a base, which may be another than the profile's.
    pub shape: Shape,
    /// `name`, the old form: one call.
    pub name: Option<Spanned<String>>,
    /// `names`: the calls that the rule is for.
    pub names: Option<Spanned<Vec<Spanned<String>>>>,
    /// `action`: what happens to them.
    pub action: Option<Spanned<ActionName>>,
    /// `errnoRet`: the errno, or the tracer's message.
    pub errno_ret: Option<Spanned<u64>>,
    /// `errno`, Podman's: the same by name or as a decimal string.
    pub errno: Option<Spanned<String>>,
    /// `args`: the comparisons that must hold.
    pub args: Option<Spanned<Vec<Spanned<Argument>>>>,
    /// `comment`, Docker's: words for people.
    pub comment: Option<Spanned<String>>,
    /// `includes`, Docker's and Podman's: the rule counts only where all of this holds.
    pub includes: Option<Box<Spanned<Conditions>>>,
    /// `excludes`, Docker's and Podman's: the rule does not count where any of this holds.
    pub excludes: Option<Box<Spanned<Conditions>>>,
}

impl SyscallRule {
    /// Every call that it names: by `name`, where an empty one counts as absent, and by `names`.
    pub fn calls(&self) -> impl Iterator<Item = &Spanned<String>> {
        let name = self.name.iter().filter(|name| !name.value.is_empty());
        let names = self.names.iter().flat_map(|names| names.value.iter());
        name.chain(names)
    }

    /// The JSON pointer (RFC 6901) of the rule in its text: `/syscalls/27`.
    ///
    /// It takes the key as spelt here; [`Profile::odd_keys`] says when the text spells it otherwise.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.shape.pointer(self.index)
    }

    /// Its comparisons; none when `args` is absent.
    #[must_use]
    pub fn arguments(&self) -> &[Spanned<Argument>] {
        self.args.as_ref().map_or(&[], |args| &args.value)
    }
}

/// One entry of `args`: a comparison of one argument.
#[derive(Clone, Debug)]
pub struct Argument {
    /// `index`: which argument, from 0; at most 5 means something.
    pub index: Option<Spanned<u64>>,
    /// `value`: what it is compared with; of `SCMP_CMP_MASKED_EQ`, the mask.
    pub value: Option<Spanned<u64>>,
    /// `valueTwo`: of `SCMP_CMP_MASKED_EQ`, the value under the mask.
    pub value_two: Option<Spanned<u64>>,
    /// `op`: the operator.
    pub op: Option<Spanned<OpName>>,
}

/// `includes` or `excludes` of a rule.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// `caps`: capabilities by name, exactly as engines compare them.
    pub caps: Vec<Spanned<String>>,
    /// `arches`: the native arches, by the names that engines compare them with.
    pub arches: Vec<Spanned<ConditionArch>>,
    /// `minKernel`: a kernel release, as text, with what it reads as.
    pub min_kernel: Option<Spanned<MinKernel>>,
}

/// A `minKernel` as written and as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinKernel {
    /// The text.
    pub written: String,
    /// The release, when the text is one: two numbers of at most 255 with a dot between.
    pub release: Option<Release>,
}

/// One entry of `x-actions`: an action of our own, and what the kernel answers for it.
#[derive(Clone, Debug)]
pub struct CustomAction {
    /// The key: `x-connect`.
    pub name: Spanned<String>,
    /// `answer`: one of the kernel's actions, never another custom one.
    pub answer: Option<Spanned<ActionName>>,
    /// `errnoRet`: the errno, or the tracer's message, of the answer.
    pub errno_ret: Option<Spanned<u64>>,
    /// `plugin`: the name of the handler.
    pub plugin: Option<Spanned<String>>,
    /// `with`: what the handler is told, any JSON.
    pub with: Option<Spanned<serde_json::Value>>,
    /// `otherwise`: the kernel's action when the handler does not answer.
    pub otherwise: Option<Spanned<ActionName>>,
}

/// A key that was taken for a field though it is not written, or not written once, as that field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OddKey {
    /// The index of the rule that it stands in; none outside the rules.
    pub rule: Option<usize>,
    /// Where the key stands.
    pub span: Span,
    /// The field that it was taken for.
    pub field: &'static str,
    /// What is odd about it.
    pub oddity: Oddity,
}

/// What is odd about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// Upper and lower case differ: Go takes it for the field, crun and youki do not.
    Case,
    /// The field stood before in the same object, there; Go takes the last, and merges lists of objects.
    Duplicate(Span),
}

/// A `null` where an element of a list should stand: a nil that Docker stumbles on, or a zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NullElement {
    /// The index of the rule that it stands in, or is; none outside the rules.
    pub rule: Option<usize>,
    /// Where it stands.
    pub span: Span,
    /// The field whose list it stands in: `syscalls`, `names`, `args`.
    pub list: &'static str,
}

impl Profile {
    /// The rules; none when `syscalls` is absent.
    #[must_use]
    pub fn rules(&self) -> &[Spanned<SyscallRule>] {
        self.syscalls.as_ref().map_or(&[], |rules| &rules.value)
    }
}
