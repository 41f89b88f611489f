//! The JSON Schema (draft 2020-12) of a profile, `x-actions` and `x-extends` included, for editors and for whoever checks documents without us.
//!
//! Apart from the reader, which says more: a schema knows no overlaps, engines or arguments of calls.
//! It is made of the tables that the reader uses, so that the two can't name different things.

use serde_json::{Map, Value, json};

use crate::names::{ActionName, FlagName, OpName, condition_name};
use crate::read::keys;
use callgate_syscalls::{Arch, Capability, Syscall};

/// The schema.
#[must_use]
pub fn schema() -> Value {
    let mut schema = object(&keys::PROFILE, &["defaultAction"]);
    // What a profile does not have, its base has.
    schema["required"] = json!([]);
    schema["anyOf"] = json!([{ "required": ["defaultAction"] }, { "required": [keys::EXTENDS] }]);
    let head = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A seccomp profile of Docker, Podman, Kubernetes or OCI",
    });
    let (Value::Object(head), Value::Object(body)) = (head, &mut schema) else {
        unreachable!("both are objects");
    };
    body.extend(head);
    body.insert(
        "$defs".to_owned(),
        json!({
            "action": {
                "anyOf": [
                    { "enum": ActionName::WORDS },
                    { "type": "string", "pattern": CUSTOM_NAME },
                ],
            },
            "answer": { "enum": ActionName::WORDS },
            "arch": { "enum": arches() },
            "call": {
                "anyOf": [
                    { "enum": Syscall::all().map(Syscall::name).collect::<Vec<_>>() },
                    { "type": "string" },
                ],
            },
            "archMapEntry": object(&keys::ARCH_MAP_ENTRY, &["architecture"]),
            "rule": rule(),
            "argument": object(&keys::ARGUMENT, &["index", "value", "op"]),
            "conditions": object(&keys::CONDITIONS, &[]),
            "customAction": object(&keys::CUSTOM_ACTION, &["answer"]),
        }),
    );
    schema
}

/// What a custom action is called.
const CUSTOM_NAME: &str = "^x-[A-Za-z0-9_-]+$";

/// An object that has these keys and no others.
fn object(keys: &[&str], required: &[&str]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| ((*key).to_owned(), property(key, required.contains(key))))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A rule names calls in one of two ways, and the kernel has no errno above 4095.
fn rule() -> Value {
    let mut rule = object(&keys::RULE, &["action"]);
    rule["anyOf"] = json!([{ "required": ["names"] }, { "required": ["name"] }]);
    rule["if"] = json!({ "properties": { "action": { "const": ActionName::Errno.as_str() } } });
    rule["then"] = json!({ "properties": { "errnoRet": { "maximum": crate::faults::MAX_ERRNO } } });
    rule
}

/// What stands under a key; `null` is the same as nothing, where that is allowed.
fn property(key: &str, required: bool) -> Value {
    let list = |of: Value| json!({ "type": "array", "items": of });
    let reference = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let number = |most: u64| json!({ "type": "integer", "minimum": 0, "maximum": most });
    let string = || json!({ "type": "string" });
    let (what, about) = match key {
        keys::EXTENDS => (
            string(),
            "callgate's: the base of which this says what differs, a file beside it or docker:default",
        ),
        "defaultAction" => (
            reference("answer"),
            "what happens to calls that no rule matches",
        ),
        "defaultErrnoRet" => (
            number(DATA),
            "the errno, or the tracer's message, of the default action",
        ),
        "defaultErrno" => (
            string(),
            "Podman's: the same by name or as a decimal string",
        ),
        "architectures" => (list(reference("arch")), "the arches that the rules are for"),
        "archMap" => (
            list(reference("archMapEntry")),
            "Docker's and Podman's: for each native arch, the arches that come with it",
        ),
        "flags" => (
            list(json!({ "enum": FlagName::WORDS })),
            "flags for loading the filter",
        ),
        "listenerPath" => (
            string(),
            "the socket that gets the descriptor for notifications",
        ),
        "listenerMetadata" => (string(), "words for whoever listens there"),
        "x-actions" => (
            json!({
                "type": "object",
                "patternProperties": { CUSTOM_NAME: reference("customAction") },
                "additionalProperties": false,
            }),
            "callgate's: the custom actions that rules may name",
        ),
        "syscalls" => (list(reference("rule")), "the rules"),
        "architecture" => (
            reference("arch"),
            "the native arch for which the entry counts",
        ),
        "subArchitectures" => (
            list(reference("arch")),
            "the arches that the native one runs as well",
        ),
        "name" => (reference("call"), "the old form: one call"),
        "names" => (list(reference("call")), "the calls that the rule is for"),
        "action" => (reference("action"), "what happens to the calls"),
        "errnoRet" => (number(DATA), "the errno, or the tracer's message"),
        "errno" => (
            string(),
            "Podman's: the same by name or as a decimal string",
        ),
        "args" => (
            list(reference("argument")),
            "the comparisons that must hold",
        ),
        "comment" => (string(), "words for people"),
        "includes" => (
            reference("conditions"),
            "the rule counts only where all of this holds",
        ),
        "excludes" => (
            reference("conditions"),
            "the rule does not count where any of this holds",
        ),
        "index" => (number(5), "which argument, from 0"),
        "value" => (
            number(u64::MAX),
            "what it is compared with; of SCMP_CMP_MASKED_EQ, the mask",
        ),
        "valueTwo" => (
            number(u64::MAX),
            "of SCMP_CMP_MASKED_EQ, the value under the mask",
        ),
        "op" => (json!({ "enum": OpName::WORDS }), "the comparison"),
        "caps" => (
            list(
                json!({ "enum": Capability::ALL.iter().map(|cap| cap.name()).collect::<Vec<_>>() }),
            ),
            "capabilities of the process",
        ),
        "arches" => (
            list(
                json!({ "enum": Arch::ALL.iter().map(|&arch| condition_name(arch)).collect::<Vec<_>>() }),
            ),
            "the machine's arch",
        ),
        "minKernel" => (
            json!({ "type": "string", "pattern": "^[0-9]+\\.[0-9]+" }),
            "the least release of the kernel",
        ),
        "answer" => (reference("answer"), "what the kernel answers"),
        "plugin" => (string(), "the name of the handler"),
        "with" => (json!({}), "what the handler is told"),
        "otherwise" => (
            reference("answer"),
            "what happens where the handler does not answer",
        ),
        other => unreachable!("the reader takes `{other}`, and the schema has nothing for it"),
    };
    let mut what = match required || what == json!({}) {
        true => what,
        false => json!({ "anyOf": [what, { "type": "null" }] }),
    };
    what["description"] = json!(about);
    what
}

/// The largest data of an action, which has sixteen bits.
const DATA: u64 = 0xffff;

fn arches() -> Vec<String> {
    let known = Arch::ALL.iter();
    let known = known.map(|&arch| crate::names::ArchName::Known(arch).as_str().to_owned());
    known
        .chain([crate::names::ArchName::Native.as_str().to_owned()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every object of the schema is made of the reader's keys, so that this walks all of them.
    #[test]
    fn every_key_that_the_reader_takes_is_described() {
        let schema = schema();
        let objects = [
            (&schema, &keys::PROFILE[..]),
            (&schema["$defs"]["rule"], &keys::RULE),
            (&schema["$defs"]["argument"], &keys::ARGUMENT),
            (&schema["$defs"]["conditions"], &keys::CONDITIONS),
            (&schema["$defs"]["customAction"], &keys::CUSTOM_ACTION),
            (&schema["$defs"]["archMapEntry"], &keys::ARCH_MAP_ENTRY),
        ];
        for (object, keys) in objects {
            for key in keys {
                assert!(
                    object["properties"][key]["description"].is_string(),
                    "{key}"
                );
            }
        }
    }
}
