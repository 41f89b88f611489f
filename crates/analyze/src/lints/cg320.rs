//! CG320: a profile that no runtime takes from a registry.
//!
//! Apart from the other lints on readers, because here it is the way to the reader that is narrower.

use std::collections::BTreeMap;

use callgate_profile::{ActionName, FlagName, Problem, Severity, Span};

use super::written::actions;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::standard::Context;
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG320",
    title: "a profile that no runtime takes from a registry",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
Kubernetes may fetch a profile as an OCI artifact (KEP-6061), and the runtime intersects it with the node's own.
It takes none that has something to do with a listener, which is the node's affair, none with more than 128 entries for one call,
and by default none of more than 1 MiB: the pod fails.
The lint looks in `--context artifact` alone.
Take out what is about the listener, and write the rules of a call in fewer entries.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "listenerPath": "/run/agent.sock",
  "syscalls": [
    { "names": ["mount"], "action": "SCMP_ACT_NOTIFY" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["mount"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
)
.asked("--context artifact");

/// The most entries that one call may have.
const MOST_ENTRIES: usize = 128;

/// The most bytes that a profile may have, unless a runtime is told otherwise.
const MOST_BYTES: usize = 1024 * 1024;

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.standard.context != Context::Artifact {
        return Vec::new();
    }
    let of_listener = of_a_listener(subject).into_iter().map(|(span, what)| {
        let message = format!("a profile from a registry has no listener, and this has {what}");
        LINT.problem(span, message)
    });
    of_listener
        .chain(too_many_entries(subject))
        .chain(too_large(subject))
        .collect()
}

/// What of the document is about a listener.
fn of_a_listener(subject: &Subject<'_>) -> Vec<(Span, &'static str)> {
    let profile = subject.profile;
    let path = profile.listener_path.iter();
    let metadata = profile.listener_metadata.iter();
    let flags = profile.flags.iter().flat_map(|flags| &flags.value);
    let waits = flags.filter(|flag| flag.value == FlagName::WaitKillableRecv);
    let asks = actions(profile).filter(|action| action.value == ActionName::Notify);
    let fields = path
        .map(|path| (path.span, "`listenerPath`"))
        .chain(metadata.map(|metadata| (metadata.span, "`listenerMetadata`")));
    fields
        .chain(waits.map(|flag| (flag.span, "a flag for one")))
        .chain(asks.map(|action| (action.span, "SCMP_ACT_NOTIFY")))
        .collect()
}

fn too_many_entries(subject: &Subject<'_>) -> Vec<Problem> {
    let mut entries: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for rule in subject.rules() {
        for name in rule.value.calls() {
            entries.entry(&name.value).or_default().push(name.span);
        }
    }
    let problem = |(name, places): (&str, Vec<Span>)| {
        let first_too_many = *places.get(MOST_ENTRIES)?;
        let message = format!(
            "{name} has {} entries, and a runtime takes {MOST_ENTRIES}",
            places.len()
        );
        Some(LINT.problem(first_too_many, message))
    };
    entries.into_iter().filter_map(problem).collect()
}

fn too_large(subject: &Subject<'_>) -> Option<Problem> {
    let bytes = subject.profile.span.end;
    let message = format!("the profile has {bytes} bytes, and runtimes take {MOST_BYTES}");
    (bytes > MOST_BYTES).then(|| LINT.problem(subject.default_place(), message))
}

#[cfg(test)]
mod tests {
    use crate::Context;
    use crate::lints::testing::{document, messages_in, rule};

    fn found(text: &str) -> Vec<String> {
        assert!(messages_in(Context::Container, text, "containerd", "CG320").is_empty());
        messages_in(Context::Artifact, text, "containerd", "CG320")
    }

    fn compared(count: usize) -> String {
        let rule = |value| {
            format!(
                r#"{{ "names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [ {{ "index": 0, "value": {value}, "op": "SCMP_CMP_EQ" }} ] }}"#
            )
        };
        let rules: Vec<String> = (0..count).map(rule).collect();
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        document("SCMP_ACT_ERRNO", &rules)
    }

    #[test]
    fn what_is_about_a_listener() {
        let asks = document("SCMP_ACT_ALLOW", &[&rule(&["mount"], "SCMP_ACT_NOTIFY")]);
        let fields = r#"{ "listenerPath": "/run/agent", "listenerMetadata": "words", "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],"#;
        let messages = found(&asks.replacen('{', fields, 1));
        assert_eq!(messages.len(), 4, "{messages:#?}");
        assert!(found(&asks.replace("NOTIFY", "LOG")).is_empty());
    }

    #[test]
    fn one_entry_and_one_byte_too_many() {
        assert!(found(&compared(128)).is_empty());
        assert_eq!(
            found(&compared(129)),
            ["personality has 129 entries, and a runtime takes 128"]
        );
        let small = document("SCMP_ACT_ALLOW", &[]);
        let of_size = |bytes: usize| {
            let blanks = " ".repeat(bytes - small.len());
            small.replacen('{', &format!("{{{blanks}"), 1)
        };
        assert!(found(&of_size(1024 * 1024)).is_empty());
        assert_eq!(
            found(&of_size(1024 * 1024 + 1)),
            ["the profile has 1048577 bytes, and runtimes take 1048576"]
        );
    }
}
